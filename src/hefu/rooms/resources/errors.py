"""Refusals of the resources room."""

from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _


class AddressNotAllowed(Refusal):
    """Connectors reach only what the operator allowed."""

    code = "resources.address_not_allowed"
    text = _("{address} is not among what this node may reach ({reason}). Ask the system administrator to allow it.")
    status = 403


class NameTaken(Refusal):
    """Names are unique within a department."""

    code = "resources.name_taken"
    text = _("{department} already has {name}. Choose another name, or open the one that is there.")


class PlaceInUse(Refusal):
    """A source that an entry is mounted on cannot be closed."""

    code = "resources.place_in_use"
    text = _("{name} still carries {entries}. Unmount it there first.")


class AlreadyMounted(Refusal):
    """An entry is mounted on one resource."""

    code = "resources.already_mounted"
    text = _("Entry {entry} is already mounted on {table}. Unmount that one first.")


class NotMounted(Refusal):
    """The entry has no resource."""

    code = "resources.not_mounted"
    text = _("Entry {entry} is not mounted on a table or file yet. Ask its department to mount it.")


class WrongDepartment(Refusal):
    """An entry is mounted on its own department's source."""

    code = "resources.wrong_department"
    text = _("{source} belongs to {owner}, and entry {entry} to {provider}. Choose a source of the entry's department.")


class NoSuchTable(Refusal):
    """The source has no such table or file."""

    code = "resources.no_such_table"
    text = _(
        "{source} has no {table} that its account can read. Choose one from its list, or grant the account access."
    )
    status = 422


class RulesRefused(Refusal):
    """A check rule names what is not there, or cannot be read."""

    code = "resources.rules_refused"
    text = _("The rules cannot be used: {reason}. Correct them and save again.")
    status = 422


class NoSecret(Refusal):
    """A place whose password nobody has given."""

    code = "resources.no_secret"
    text = _("{name} has no password yet. Its department or the system administrator must give one.")


class NotSketched(Refusal):
    """Values of this kind of source are not compared."""

    code = "resources.not_sketched"
    text = _("Values of {source} cannot be compared: that is done for PostgreSQL databases and folders of files.")
    status = 422
