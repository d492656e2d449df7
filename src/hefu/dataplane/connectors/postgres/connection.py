"""How to reach a PostgreSQL database; every session the data plane opens is opened here."""

import contextlib
import re
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import psycopg2
import psycopg2.extensions

from hefu.dataplane.connectors import address
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused

__all__ = [
    "AddressPolicy",
    "PgSession",
    "PostgresConnection",
    "allowed_address",
    "cancel_statement",
    "default_policy",
    "open_session",
    "plain_words",
    "translated",
]  # fmt: skip

PgSession = psycopg2.extensions.connection

#: Seconds until an unreachable server counts as lost.
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class PostgresConnection:
    """One database; its repr never shows the password."""

    #: Name, address, or the folder of a Unix socket when it starts with `/`.
    host: str
    port: int
    dbname: str
    user: str
    password: str = field(default="", repr=False)
    #: libpq's word: disable, prefer, require, verify-ca, verify-full.
    sslmode: str = "prefer"
    #: File with the certificates that verify-ca and verify-full trust.
    sslrootcert: str = ""

    @property
    def key(self) -> str:
        """What is the same for two connections to one database: for locks and messages."""
        return f"{self.host}:{self.port}/{self.dbname}"

    def parameters(self, hostaddr: str = "") -> dict[str, str | int]:
        """Return libpq's parameters, with the time limits that notice a dead peer."""
        wanted: dict[str, str | int] = {
            "host": self.host,
            "hostaddr": hostaddr,
            "port": self.port,
            "dbname": self.dbname,
            "user": self.user,
            "password": self.password,
            "sslmode": self.sslmode,
            "sslrootcert": self.sslrootcert,
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 20_000,
            "application_name": "hefu",
            "client_encoding": "UTF8",
        }
        return {name: value for name, value in wanted.items() if value != ""}

    def uri(self, hostaddr: str = "") -> str:
        """Return the same as a URI, for the Arrow driver. It holds the password: never show it."""
        return f"postgresql:///?{urlencode(self.parameters(hostaddr), quote_via=quote)}"


def allowed_address(connection: PostgresConnection, policy: AddressPolicy = default_policy) -> str:
    """Return the address to connect to, checked, so that a name cannot resolve elsewhere afterwards.

    Raises:
        AddressRefused: The policy says no to the host or to any address behind it.
        SideLost: The name does not resolve.
    """
    if connection.host.startswith("/"):
        return ""
    return address.allowed_address(connection.host, connection.port, policy)


#: Every session prints values alike, and its server notices within a second that we are gone.
SESSION = (
    "set datestyle = 'ISO, YMD'; set timezone = 'UTC'; set intervalstyle = 'postgres'; "
    "set extra_float_digits = 1; set bytea_output = 'hex'; set standard_conforming_strings = on; "
    "set statement_timeout = 0; set lock_timeout = '30s'; set idle_in_transaction_session_timeout = 0; "
    "set search_path = pg_catalog"
)


def open_session(connection: PostgresConnection, side: str, policy: AddressPolicy = default_policy) -> PgSession:
    """Return a new session of `connection`, printing values in the house's form.

    Raises:
        AddressRefused: The address policy says no.
        SideLost: The server cannot be reached now.
        SideRefused: The server refuses us.
    """
    hostaddr = allowed_address(connection, policy)
    try:
        session: PgSession = psycopg2.connect(None, None, None, **connection.parameters(hostaddr))
    except psycopg2.Error as error:
        raise translated(error, side, connection) from None
    try:
        session.autocommit = True
        with session.cursor() as cursor:
            cursor.execute(SESSION)
            if session.server_version >= 140000:
                cursor.execute("set client_connection_check_interval = '1s'")
        session.autocommit = False
    except psycopg2.Error as error:
        session.close()
        raise translated(error, side, connection) from None
    return session


def cancel_statement(
    session: PgSession, connection: PostgresConnection, side: str, policy: AddressPolicy = default_policy
) -> None:
    """Have the server end what `session` runs now, if it can be reached.

    It is asked through a session of its own: the driver's way of cancelling holds the whole process, every other
    delivery with it, for as long as the network is silent.
    """
    with contextlib.suppress(psycopg2.Error, DataPlaneRefusal):
        pid = session.info.backend_pid
        try:
            asking = open_session(connection, side, policy)
        except DataPlaneRefusal as refusal:
            if _FULL.search(str(refusal)):  # who says so is not silent
                session.cancel()
            return
        with contextlib.closing(asking), asking.cursor() as cursor:
            cursor.execute("select pg_cancel_backend(%s)", (pid,))
            if cursor.fetchone() != (True,):  # a pooler, or a server that numbers its sessions in a way of its own
                session.cancel()


_FULL = re.compile("too many (clients|connections)|connection slots", re.IGNORECASE)

#: SQLSTATEs after which the same run may succeed by itself.
TRANSIENT = re.compile(r"08...|57P0[1235]|53300|40001|40P01|55P03|25P03")

#: What libpq says, without an SQLSTATE, when the server as such said no.
_NO = re.compile(
    r"password|authentication|no pg_hba\.conf|does not exist|not permitted|support SSL|requires SSL|certificate",
    re.IGNORECASE,
)


def translated(error: BaseException, side: str, connection: PostgresConnection) -> DataPlaneRefusal:
    """Return what a driver's error means to people: lost (run again) or refused (mend first)."""
    state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or ""
    text = plain_words(error, connection)
    if isinstance(error, DataPlaneRefusal):
        return error
    if state:
        return SideLost(side, text) if TRANSIENT.fullmatch(state) else SideRefused(side, text, state)
    refused = _NO.search(text) and "starting up" not in text and "Connection refused" not in text
    return SideRefused(side, text) if refused else SideLost(side, text)


def plain_words(error: BaseException, connection: PostgresConnection) -> str:
    """Return the first sentence of a server's error without secrets and without values of rows."""
    diagnosis = getattr(error, "diag", None)
    text = getattr(diagnosis, "message_primary", None) or str(error) or type(error).__name__
    text = " ".join(text.split("\n")[0].split())
    # A DETAIL or CONTEXT line may quote a row; only the first line is kept. A DSN may sit in it too.
    spellings = {connection.password, quote(connection.password), quote(connection.password, safe="")}
    for secret in spellings - {""}:
        text = text.replace(secret, "***")
    return re.sub(r"(password=)\S+", r"\1***", text)[:300]
