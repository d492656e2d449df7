"""Whether a database can be used: does it answer, and is it one that the platform runs on."""

import re
from dataclasses import dataclass
from datetime import datetime

import psycopg

from hefu.node.binaries import OLDEST
from hefu.node.errors import DatabaseAway, DatabaseClosed, DatabaseUnfit


@dataclass(frozen=True)
class Server:
    """What a database server says of itself."""

    #: Such as `18.6`.
    version: str
    major: int
    database: str
    encoding: str
    #: What time its machine says it is.
    now: datetime
    #: As whom we entered.
    user: str
    #: Where the tables lie or would be made.
    schema: str
    #: Whether new tables can be made there.
    open: bool


def reach(url: str, *, way_on: str) -> Server:
    """Connect once and return what the server says.

    Args:
        url: Its address.
        way_on: What a person can do when it does not answer.

    Raises:
        DatabaseAway: No answer, or no entry.
        DatabaseUnfit: Too old, or not in UTF-8.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version_num')::int, current_setting('server_version'),"
                " current_database()::text, current_setting('server_encoding'), clock_timestamp(), current_user::text,"
                " coalesce(current_schema(), 'public'), current_schema() IS NOT NULL"
                " AND has_schema_privilege(current_schema(), 'CREATE')"
                " AND current_setting('transaction_read_only') = 'off'"
            ).fetchone()
    except psycopg.OperationalError as error:
        reason = re.sub(r"\s+", " ", str(error)).strip().rstrip(".")
        raise DatabaseAway(reason=reason, way_on=way_on) from None
    if row is None:
        raise DatabaseAway(reason="it answered nothing", way_on=way_on)
    server = Server(str(row[1]).split()[0], int(row[0]) // 10_000, *row[2:])
    if server.major < OLDEST or server.encoding != "UTF8":
        raise DatabaseUnfit(version=server.version, encoding=server.encoding, oldest=OLDEST)
    return server


def require_open(server: Server) -> None:
    """See that tables can be made on `server`.

    Raises:
        DatabaseClosed: They cannot; the sentence says what its owner can do.
    """
    if not server.open:
        raise DatabaseClosed(user=server.user, database=server.database, schema=server.schema)
