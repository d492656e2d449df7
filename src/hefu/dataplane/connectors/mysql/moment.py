"""One moment of a table for several connections at once.

`start transaction with consistent snapshot` gives each connection a moment of its own; between two of them a row may
move from one range into another and be read twice, or never. So the moments are all taken while nobody can write: the
table is locked against writing by one connection more, for as long as it takes the others to begin, some milliseconds.
Where the account may not lock it (`LOCK TABLES`), where the lock is not had within a second, or where the server is
one that only pretends to lock, one connection reads all of the ranges in its own moment. The server lets go of the
lock by itself when the run does not say so within seconds; then too one connection reads, for the moments may differ.
"""

import contextlib
from collections.abc import Sequence

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.errors import SideLost, SideRefused

#: Seconds to wait for whoever writes to the table just now; other writers wait behind us that long.
_PATIENCE = 1
#: Seconds after which the server itself takes back the lock of a run that stands still or is out of reach.
_HELD = 5
_BEGIN = "start transaction with consistent snapshot, read only"
#: Servers that take LOCK TABLES for a word without a meaning.
_PRETEND = ("tidb", "oceanbase")


def begin(session: MysqlSession) -> None:
    """Let a session see this moment from now on."""
    session.run("set session transaction isolation level repeatable read")
    session.run(_BEGIN)


def joined(
    first: MysqlSession, connection: MysqlConnection, policy: AddressPolicy, relation: str, wanted: int
) -> list[MysqlSession]:
    """Return sessions that all see one moment of `relation`: at most `wanted`, `first` always among them.

    Raises:
        SideLost: The connection is gone.
        SideRefused: The server refused.
    """
    more: list[MysqlSession] = []
    if wanted > 1 and _locks(first):
        try:
            for _ in range(wanted - 1):
                more.append(MysqlSession(connection, "source", policy, reads=True))
            _together([first, *more], connection, policy, relation)
        except (SideLost, SideRefused):
            for session in more:
                session.close()
            more = []
            first.rollback()
    if not more:
        begin(first)
    return [first, *more]


def _locks(session: MysqlSession) -> bool:
    """Return whether the server's locks hold off every writer: no pretender, and no cluster that writes elsewhere."""
    version, comment = session.run("select version(), @@version_comment")[0]
    if any(name in f"{version} {comment}".lower() for name in _PRETEND):
        return False
    found = session.run("show variables like 'wsrep_on'")
    return not found or str(found[0][1]).upper() == "OFF"


def _together(
    sessions: Sequence[MysqlSession], connection: MysqlConnection, policy: AddressPolicy, relation: str
) -> None:
    with contextlib.closing(MysqlSession(connection, "source", policy)) as gate:
        gate.run(f"set session lock_wait_timeout = {_PATIENCE}, innodb_lock_wait_timeout = {_PATIENCE}")
        gate.run(f"set session wait_timeout = {_HELD}")
        gate.run(f"lock tables {relation} read")
        for session in sessions:
            begin(session)
        gate.run("unlock tables")
