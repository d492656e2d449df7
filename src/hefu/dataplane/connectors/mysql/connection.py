"""How to reach a MySQL or MariaDB database; every session of theirs is opened here.

The driver is PyMySQL: pure Python, MIT, kept up for fifteen years, and it takes a socket that is open already,
so that the address which was allowed is the address that is spoken to.
"""

import contextlib
import re
import socket
import ssl
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pymysql
import pymysql.cursors
from pymysql.constants import CLIENT

from hefu.dataplane.connectors.address import AddressPolicy, default_policy, open_socket
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Seconds until an unreachable server counts as lost.
CONNECT_SECONDS = 10
#: Seconds for which a server waits for us to take more rows while the other side is slow.
SLOW_READER = 3600
#: Bytes of a statement that any server takes.
_SURE = 256 << 10

#: What every session is set to, whatever the server's own settings: texts are escaped by doubling quotes alone,
#: a value that does not fit is an error, times are told in UTC.
_SESSION = (
    "set session sql_mode = 'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', "
    "time_zone = '+00:00', sql_select_limit = default, group_concat_max_len = 1048576, "
    f"net_write_timeout = {SLOW_READER}, wait_timeout = 28800, innodb_lock_wait_timeout = 30"
)


@dataclass(frozen=True)
class MysqlConnection:
    """One database; its repr never shows the password."""

    #: Name or address.
    host: str
    port: int
    dbname: str
    user: str
    password: str = field(default="", repr=False)
    #: As for PostgreSQL: disable, prefer, require, verify-ca, verify-full.
    sslmode: str = "prefer"
    #: File with the certificates that verify-ca and verify-full trust; empty for those of the system.
    sslrootcert: str = ""

    @property
    def key(self) -> str:
        """What is the same for two connections to one database: for locks and messages."""
        return f"mysql {self.host}:{self.port}/{self.dbname}"


def quoted(*parts: str) -> str:
    """Return a quoted identifier: `` `database`.`table` `` from its parts; right under every sql_mode."""
    return ".".join("`" + part.replace("`", "``") + "`" for part in parts)


def text(value: str) -> str:
    """Return a text literal in hexadecimal, which means the same whatever the server escapes."""
    return f"_utf8mb4 x'{value.encode().hex()}'" if value else "_utf8mb4 ''"


class MysqlSession:
    """One session of one side; errors are told in plain words, without values of rows."""

    def __init__(
        self, connection: MysqlConnection, side: str, policy: AddressPolicy = default_policy, *, reads: bool = False
    ) -> None:
        """Connect.

        Args:
            connection: Where.
            side: source, target or named: what messages call it.
            policy: Which addresses may be reached.
            reads: Whether the session may only read.

        Raises:
            AddressRefused: The address policy says no.
            SideLost: The server cannot be reached now.
            SideRefused: The server refuses us.
        """
        self.connection, self.side, self.policy = connection, side, policy
        self._most = 0
        with self.plainly():
            self.raw = _connected(connection, policy)
            try:
                self.run(_SESSION)
                if side == "target":  # what an administrator may have set for people who type their statements
                    with contextlib.suppress(SideRefused):
                        self.run("set session sql_safe_updates = 0, completion_type = 0")
                if reads:
                    self.run("set session transaction read only")
            except BaseException:
                self.close()
                raise
        self.thread: int = self.raw.thread_id()  # type: ignore[no-untyped-call]

    def run(self, query: str, values: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows, none where it has none.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly(), self.raw.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall()) if cursor.description else []

    def require_room(self, statement: bytes) -> None:
        """See that the server takes a statement of this size; it answers one that is longer by hanging up.

        Raises:
            SideLost: The connection is gone.
            SideRefused: It does not.
        """
        if len(statement) < _SURE:
            return
        if not self._most:
            self._most = int(self.run("select @@max_allowed_packet")[0][0])
        if len(statement) >= self._most:
            text_ = _(
                "a row takes {size} bytes on its way and the server takes no more than {most} at once; raise its "
                "max_allowed_packet"
            )
            raise SideRefused(self.side, Sentence(text_, code="side.packet", size=len(statement), most=self._most))

    def streamed(self, query: str, size: int) -> Generator[list[tuple[Any, ...]]]:
        """Yield a query's rows, `size` at a time, without holding the rest in memory.

        Whoever does not read to the end loses the session: the driver would read all that is left to keep it.

        Raises:
            SideLost: The connection is gone.
            SideRefused: The server refused.
        """
        with self.plainly():
            cursor = self.raw.cursor(pymysql.cursors.SSCursor)
            try:
                cursor.execute(query)
                while rows := cursor.fetchmany(size):
                    yield list(rows)
                cursor.close()
            except BaseException:
                self._abandon(cursor)
                raise

    def _abandon(self, cursor: pymysql.cursors.SSCursor) -> None:
        """Close the session in the middle of a result, leaving unread what is left of it."""
        result = getattr(cursor, "_result", None)
        if result is not None:
            result.unbuffered_active, result.connection = False, None
        vars(cursor).update(connection=None, _result=None)
        vars(self.raw).update(_result=None)
        self.raw._force_close()  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def plainly(self) -> Iterator[None]:
        """Tell a driver's error in plain words."""
        try:
            yield
        except (pymysql.Error, OSError, RuntimeError) as error:
            if isinstance(error, DataPlaneRefusal):
                raise
            raise translated(error, self.side, self.connection) from None

    def commit(self) -> None:
        """Commit."""
        with self.plainly():
            self.raw.commit()

    def rollback(self) -> None:
        """Roll back."""
        with self.plainly():
            self.raw.rollback()

    def cancel(self) -> None:
        """Ask the server to end the running statement; a session that is gone needs no cancelling."""
        with (
            contextlib.suppress(DataPlaneRefusal),
            contextlib.closing(MysqlSession(self.connection, self.side, self.policy)) as other,
        ):
            other.run(f"kill query {self.thread}")

    def cut(self) -> None:
        """Shut the socket under the session, so that a blocked call returns at once."""
        held = getattr(self.raw, "_sock", None)
        if isinstance(held, socket.socket):
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; what was not committed is gone."""
        with contextlib.suppress(pymysql.Error, OSError):
            self.raw.close()


class _NoPlainPassword:
    """Stands for ways of signing in that would send the password as it is to whatever server asks for it."""

    def __init__(self, connection: object) -> None:
        """Take no notice of the connection."""

    def authenticate(self, packet: object) -> object:
        """Refuse.

        Raises:
            OperationalError: Always.
        """
        raise pymysql.OperationalError(1045, "the server asks for the password in plain text, which is not sent")


def _connected(connection: MysqlConnection, policy: AddressPolicy) -> "pymysql.Connection[Any]":
    made: pymysql.Connection[Any] = pymysql.Connection(
        host=connection.host,
        port=connection.port,
        user=connection.user,
        password=connection.password,
        database=connection.dbname,
        charset="utf8mb4",
        use_unicode=True,
        autocommit=False,
        local_infile=False,
        client_flag=CLIENT.FOUND_ROWS,
        read_default_file=None,
        defer_connect=True,
        read_timeout=CONNECT_SECONDS,
        write_timeout=CONNECT_SECONDS,
        auth_plugin_map={"mysql_clear_password": _NoPlainPassword, "dialog": _NoPlainPassword},
        **_tls(connection),
    )
    opened = open_socket(connection.host, connection.port, policy, CONNECT_SECONDS)
    try:
        made.connect(opened)
    except BaseException:
        opened.close()
        raise
    # A statement may take long before its first row; a dead peer is noticed by the socket itself.
    vars(made).update(_read_timeout=None, _write_timeout=None)
    return made


def _tls(connection: MysqlConnection) -> dict[str, Any]:
    """Return the driver's words for a TLS mode; from `require` on it never falls back to plain text."""
    if connection.sslmode == "disable":
        return {"ssl_disabled": True}
    if connection.sslmode == "prefer":
        return {}
    context = ssl.create_default_context(cafile=connection.sslrootcert or None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # offices' own authorities are often not that strict
    context.check_hostname = connection.sslmode == "verify-full"
    context.verify_mode = ssl.CERT_NONE if connection.sslmode == "require" else ssl.CERT_REQUIRED
    return {"ssl": context}


#: Numbers of errors after which the same run may succeed by itself: gone, restarting, full of connections, locks, a
#: table whose definition changed since the moment was taken.
_TRANSIENT = frozenset({1040, 1053, 1152, 1158, 1159, 1160, 1161, 1205, 1213, 1317, 1927, 1928, 2002, 2003, 2006, 2013})
_TRANSIENT |= frozenset({1412, 1969, 3024, 4031})
#: Numbers of errors whose texts quote values of rows.
_QUOTES_VALUES = {
    1062: _("a row repeats a unique key of the table"),
    1586: _("a row repeats a unique key of the table"),
    1264: _("a value is outside the range of its column"),
    1265: _("a value does not fit its column"),
    1292: _("a value does not fit its column"),
    1366: _("a value does not fit its column"),
    1406: _("a text is longer than its column"),
    1411: _("a value does not fit its column"),
    1452: _("a row points to another table where there is none"),
    4025: _("a row breaks a constraint of the table"),
    3819: _("a row breaks a constraint of the table"),
}


#: How such a text ends, where it is about one column; a value may stand before that.
_COLUMN = re.compile(r"[`'.]([^`'.]+)[`'] at row \d+$")


def translated(error: BaseException, side: str, connection: MysqlConnection) -> DataPlaneRefusal:
    """Return what a driver's error means to people: lost (run again) or refused (mend first)."""
    number = error.args[0] if isinstance(error, pymysql.Error) and error.args else 0
    cause = error.__context__
    if isinstance(cause, ssl.SSLError) or isinstance(error, ssl.SSLError):
        return SideRefused(side, plain_words(cause if isinstance(cause, ssl.SSLError) else error, connection))
    if number in _QUOTES_VALUES:
        code = f"side.mysql_{number}"
        said = Sentence(_QUOTES_VALUES[number], code=code)
        # Of a table at the source its consumer need not know a column that it is not granted.
        if side == "target" and (found := _COLUMN.search(str(error.args[-1]))):
            said = Sentence(_("{what}: {column}"), code=code, what=said, column=found[1])
        return SideRefused(side, said, str(number))
    words = plain_words(error, connection)
    if number in _TRANSIENT or isinstance(error, OSError | pymysql.InterfaceError) or not number:
        return SideLost(side, words)
    return SideRefused(side, words, str(number))


def plain_words(error: BaseException, connection: MysqlConnection) -> str:
    """Return the first sentence of a server's error without secrets."""
    told = error.args[1] if isinstance(error, pymysql.Error) and len(error.args) > 1 else str(error)
    words = " ".join(str(told).split("\n")[0].split()) or type(error).__name__
    if connection.password:
        words = words.replace(connection.password, "***")
    return re.sub(r"(password=)\S+", r"\1***", words)[:300]
