"""A small supervisor of one PostgreSQL cluster that belongs to this node alone.

The programs come from `binaries`; everything else is ours: the user, the lock, the socket in a private
folder, the password, and what happens after a crash. A cluster is one folder:

    data/           written by PostgreSQL
    hefu.conf       our settings, written at each start
    local.conf      yours, read after ours, never touched
    run/            the socket
    postgres.log    what the server said
    lock            held by whoever looks after the cluster
"""

import contextlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from hefu.kernel.words import _
from hefu.node import binaries, processes
from hefu.node.account import Account, database_account
from hefu.node.aftermath import ZOMBIE_SECONDS, clear_earlier_run, postmaster_of
from hefu.node.binaries import Binaries
from hefu.node.errors import (
    AlreadyRunning,
    DatabaseBlindToChinese,
    DatabaseWillNotStart,
    PrivateFolderTaken,
)
from hefu.node.locks import FileLock
from hefu.node.making import make_data, server_environment, write_settings
from hefu.node.private import read_or_make, write_private
from hefu.node.sentence import Say, Sentence

#: Owns the cluster; nothing of the platform works under this name.
SUPERUSER = "postgres"
#: The role that the platform works as: makes databases and roles, replicates, never leaves the database.
ROLE = "hefu"
#: The platform's own database.
DATABASE = "hefu"
#: Names the socket; a TCP port only when one is asked for.
SOCKET_PORT = 5432
#: Where a cluster and its programs live when root's own folders are closed to the database's user.
SHARED_STORE = Path("/var/lib/hefu")

_STOP_SECONDS = 30.0
#: Recovery after a crash replays the log; on a slow disk that takes minutes.
_READY_SECONDS = 600.0
_LOG_LIMIT = 10 * 2**20
#: The kernel's limit for a socket's path is 107 bytes.
_SOCKET_PATH_LIMIT = 100


@dataclass(frozen=True)
class Status:
    """What is known about a cluster without talking to it."""

    #: Whether a live postmaster works in the data folder.
    running: bool
    pid: int | None
    #: Version that wrote the data, such as `18`; None before the first start.
    version: str | None
    folder: Path


@dataclass
class Cluster:
    """One PostgreSQL cluster in one folder.

    `start` may be called again after `stop`. Not for several threads at once.
    """

    #: See the module's docstring. A symbolic link when the cluster had to move where its user can enter.
    folder: Path
    #: Where the two passwords are kept; mode 0700.
    secrets: Path
    #: Folder of programs that HEFU_PG_BIN names.
    programs: Path | None = None
    #: Listen on 127.0.0.1 at this port as well; None: the socket alone.
    tcp_port: int | None = None
    #: Settings over ours, such as `fsync`: `off` for tests.
    settings: Mapping[str, str] = field(default_factory=dict)
    #: Told in a sentence whatever a person should know.
    say: Say = lambda sentence: None
    store: Path = SHARED_STORE

    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False, repr=False)
    _lock: FileLock | None = field(default=None, init=False, repr=False)

    # -- what callers do ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server, making or repairing the cluster first, and return when it takes connections.

        Raises:
            AlreadyRunning: Another supervisor holds this cluster.
            NoDatabasePrograms: There is no PostgreSQL here.
            DatabaseOfOtherVersion: The data was written by another major version.
            DatabaseWillNotStart: The server gave up; the reason is its own last words.
            DatabaseBlindToChinese: The cluster was made with a character type that breaks searching.
        """
        account = database_account()
        self._settle(account)
        self._take_lock()
        try:
            programs = binaries.reachable_by(account, self._find_programs(), store=self.store)
            clear_earlier_run(self._data, self.say)
            if not (self._data / "PG_VERSION").exists():
                self._make(account, programs)
            write_settings(
                self._place,
                programs,
                socket_folder=self._socket_folder(),
                port=self.tcp_port or SOCKET_PORT,
                tcp=self.tcp_port is not None,
                over=self.settings,
            )
            if not self._password_file(SUPERUSER).exists():
                self._reset_superuser_password(account, programs)
            self._launch(account, programs)
            self._prepare()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and let go of the cluster; does nothing when it is not running."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)  # fast: ends sessions, writes a checkpoint
                try:
                    self._process.wait(_STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    self.say(
                        Sentence(
                            _("The database did not stop in time; stopping it at once. Its next start recovers it.")
                        )
                    )
                    self._process.send_signal(signal.SIGQUIT)
                    self._process.wait()
            self._process = None
            if (outside := self._socket_folder()).parent != self._place:
                with contextlib.suppress(OSError):
                    outside.rmdir()  # made anew at the next start
        if self._lock is not None:
            self._lock.give_back()
            self._lock = None

    def status(self) -> Status:
        """Return what can be seen from outside, whoever started the server."""
        version = None
        with contextlib.suppress(OSError):
            version = (self._data / "PG_VERSION").read_text(encoding="ascii").strip()
        pid = postmaster_of(self._data)
        return Status(pid is not None, pid, version, self._place)

    def url(self, database: str = DATABASE, *, superuser: bool = False, tcp: bool = False) -> str:
        """Return the address of a database, password included: keep it out of logs.

        Before the first start there is no password yet.

        Args:
            database: Its name.
            superuser: As the owner of the cluster, not as the platform's role.
            tcp: By 127.0.0.1 rather than by the socket; needs `tcp_port`.
        """
        role = SUPERUSER if superuser else ROLE
        who = role
        if self._password_file(role).exists():
            who += f":{quote(self._password(role), safe='')}"
        if tcp:
            if self.tcp_port is None:
                raise ValueError("this cluster listens on its socket alone; give it a tcp_port")
            return f"postgresql://{who}@127.0.0.1:{self.tcp_port}/{quote(database, safe='')}"
        host = quote(str(self._socket_folder()), safe="")
        return f"postgresql://{who}@/{quote(database, safe='')}?host={host}&port={self.tcp_port or SOCKET_PORT}"

    def create_database(self, name: str) -> bool:
        """Make the database `name`, owned by the platform's role, and return whether it was new."""
        with self._connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(name), sql.Identifier(ROLE)))
            return known is None

    def held_by(self) -> int | None:
        """Return the process that looks after this cluster now, or None."""
        return FileLock(self._place / "lock").holder()

    def returncode(self) -> int | None:
        """Return how the server ended, or None while it runs or was never started here."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int | None:
        """The server's process, when it was started here."""
        return None if self._process is None else self._process.pid

    @property
    def log(self) -> Path:
        """The server's log."""
        return self._place / "postgres.log"

    # -- where things are -----------------------------------------------------------------------------

    @property
    def _place(self) -> Path:
        return self.folder.resolve()

    @property
    def _data(self) -> Path:
        return self._place / "data"

    def _password_file(self, role: str) -> Path:
        return self.secrets / f"database-{role}.password"

    def _socket_folder(self) -> Path:
        inside = self._place / "run"
        if len(str(inside)) + len("/.s.PGSQL.5432") <= _SOCKET_PATH_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"hefu-{sha256(str(self._place).encode()).hexdigest()[:16]}"

    def _settle(self, account: Account) -> None:
        """Make the folder, and move it where `account` can enter when it cannot enter here."""
        if not self.folder.is_symlink():
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o711)
        if not account.may_enter(self._place):
            mark = sha256(str(self.folder.absolute()).encode()).hexdigest()[:8]
            elsewhere = self.store / f"{self.folder.absolute().parent.name}-{mark}"
            self.store.mkdir(parents=True, exist_ok=True, mode=0o755)
            self.say(
                Sentence(
                    _("The database runs as the user {user}, who cannot enter {closed}; its folder is {folder}."),
                    user=account.name,
                    closed=self.folder.parent,
                    folder=elsewhere,
                )
            )
            if elsewhere.exists():
                self.folder.rmdir()  # an earlier link was lost; the cluster is still there
            else:
                shutil.move(self.folder, elsewhere)
                elsewhere.chmod(0o711)
            self.folder.symlink_to(elsewhere)
        self.secrets.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._settle_socket_folder(account)

    def _settle_socket_folder(self, account: Account) -> None:
        folder = self._socket_folder()
        try:
            folder.mkdir(mode=0o700)
            account.give(folder)
        except FileExistsError:
            # Outside our own folder somebody else may have made it first, to listen in.
            there = folder.lstat()
            if folder.is_symlink() or there.st_uid not in (account.uid, 0) or there.st_mode & 0o077:
                raise PrivateFolderTaken(folder=folder, account=account.name) from None
            account.give(folder)

    def _take_lock(self) -> None:
        lock = FileLock(self._place / "lock")
        if not lock.take():
            raise AlreadyRunning(folder=self.folder, pid=lock.holder())
        self._lock = lock

    # -- before the start -----------------------------------------------------------------------------

    def _find_programs(self) -> Binaries:
        written_by = self.status().version
        return binaries.find(
            self.programs,
            major=int(written_by) if written_by else None,
            data=self._data if written_by else None,
        )

    def _make(self, account: Account, programs: Binaries) -> None:
        text = _("Making a database with PostgreSQL {version} ({source}).")
        self.say(Sentence(text, version=programs.version, source=programs.source))
        with self._readable_by(account, self._password(SUPERUSER)) as file:
            fault = make_data(
                self._data,
                account,
                programs,
                superuser=SUPERUSER,
                password_file=file,
                sync=self.settings.get("fsync") != "off",
            )
        if fault:
            raise DatabaseWillNotStart(folder=self._place, reason=fault, log=self.log)

    # -- the start ------------------------------------------------------------------------------------

    def _launch(self, account: Account, programs: Binaries) -> None:
        """Start the server and wait for it; while a killed one is still a zombie, try again."""
        _shorten(self.log)
        until = time.monotonic() + ZOMBIE_SECONDS
        while True:
            begin = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [programs.program("postgres"), "-D", str(self._data)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=server_environment(),
                    start_new_session=True,  # Ctrl-C goes to the supervisor, which ends things in order
                    preexec_fn=processes.ends_with_parent(signal.SIGINT),
                    **account.switch(),
                )
            if self._wait_until_ready():
                return
            self._process = None
            said = self._said_since(begin)
            if re.search(r"lock file .* already exists|shared memory block .* in use", said) is None:
                break
            if time.monotonic() > until:
                break
            time.sleep(0.5)
        raise DatabaseWillNotStart(folder=self._place, reason=_reason(said), log=self.log)

    def _wait_until_ready(self) -> bool:
        """Return True when the server takes connections, False when it ended."""
        process = self._process
        if process is None:
            return False
        note = self._data / "postmaster.pid"
        begin = told = time.monotonic()
        while process.poll() is None:
            with contextlib.suppress(OSError):
                lines = note.read_text(encoding="utf-8").split("\n")
                if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                    return True
            now = time.monotonic()
            if now - told > 15:
                told = now
                text = _("The database is still recovering after {seconds:.0f} s; its log is {log}.")
                self.say(Sentence(text, seconds=now - begin, log=self.log))
            if now - begin > _READY_SECONDS:
                process.send_signal(signal.SIGQUIT)
                process.wait()
                return False
            time.sleep(0.02)
        return False

    def _said_since(self, position: int) -> str:
        with self.log.open("rb") as file:
            file.seek(position)
            return file.read(64 * 1024).decode("utf-8", "replace")

    # -- after the start ------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make the platform's role and database where missing, and see that Chinese can be searched."""
        kept = self._password_file(ROLE).exists()
        with self._connect("postgres") as connection:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
            if known is None or not kept:
                password = sql.Literal(self._password(ROLE))
                verb = sql.SQL("CREATE ROLE {}" if known is None else "ALTER ROLE {}").format(sql.Identifier(ROLE))
                rights = sql.SQL(" LOGIN CREATEDB CREATEROLE REPLICATION PASSWORD ")
                connection.execute(verb + rights + password)
        self.create_database(DATABASE)
        see_chinese(self.url())

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self.url(database, superuser=True), autocommit=True, connect_timeout=10)

    def _password(self, role: str) -> str:
        """Return the role's password; whoever asks first makes it, even before the cluster exists."""
        return read_or_make(self._password_file(role), secrets.token_urlsafe(24))

    def _reset_superuser_password(self, account: Account, programs: Binaries) -> None:
        """Set a new password in single-user mode: whoever owns the files owns the cluster."""
        self.say(Sentence(_("The database's password file was gone; a new password is set.")))
        password = self._password(SUPERUSER)
        done = subprocess.run(
            [programs.program("postgres"), "--single", "-D", str(self._data), "postgres"],
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n",
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=server_environment(),
            **account.switch(),
        )
        if done.returncode != 0:
            self._password_file(SUPERUSER).unlink()
            raise DatabaseWillNotStart(folder=self._place, reason=_reason(done.stderr), log=self.log)

    @contextlib.contextmanager
    def _readable_by(self, account: Account, text: str) -> Iterator[Path]:
        path = self._place / f"once-{secrets.token_hex(8)}"
        write_private(path, text + "\n")
        try:
            account.give(path)
            yield path
        finally:
            path.unlink()


def see_chinese(url: str) -> None:
    """See that the database at `url` knows Chinese characters as letters; no extension is needed for that.

    Raises:
        DatabaseBlindToChinese: It does not: patterns, cases and indexes of words would pass over Chinese text.
    """
    with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT '数据目录' ~ '^[[:alpha:]]{4}$', current_database(), datctype"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    if row is None or not row[0]:
        raise DatabaseBlindToChinese(database=row and row[1], ctype=row and row[2])


def _shorten(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))


def _reason(said: str) -> str:
    """Return the server's own last serious words."""
    serious = [line for line in said.splitlines() if re.search(r"\b(FATAL|PANIC|ERROR):", line)]
    line = (serious or said.splitlines() or ["it ended without a word"])[-1]
    return re.sub(r"^.*?(FATAL|PANIC|ERROR):\s*", "", line).rstrip(".")
