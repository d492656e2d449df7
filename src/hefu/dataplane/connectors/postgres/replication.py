"""The replication protocol of PostgreSQL: what a source needs for it, its slot, and the stream of messages.

A slot makes the server keep its log until we say that it was taken over, so whoever makes one has to see
that somebody reads it, and drops it when nobody will.

Source: PostgreSQL documentation, chapters "Logical Decoding" and "Streaming Replication Protocol".
"""

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg2
import psycopg2.errors
import psycopg2.extras

from hefu.dataplane.connectors.postgres.connection import (
    AddressPolicy,
    PostgresConnection,
    allowed_address,
    cancel_statement,
    translated,
)
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideLost, SideRefused
from hefu.kernel.words import Sentence, _

_NAME = Dialect.POSTGRES.name_of

#: How the walsender prints values: as every session of ours does.
_PRINTED = "-c datestyle=ISO,YMD -c timezone=UTC -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex"
#: Making a slot waits for transactions as for locks; however long they take, beginning anew would only take longer.
_PATIENT = "-c lock_timeout=0"
#: Seconds for which a slot that another connection still holds is waited for: a server notices a dead peer by then.
_HELD = 30.0
#: Seconds between two looks whether a slot that is being made is still wanted.
_LOOK = 0.5
#: Seconds between two words to the server about how far we are.
_FEEDBACK_EVERY = 1.0
#: Seconds of our silence after which the driver speaks by itself, of all that it has seen: longer than we are silent,
#: shorter than a server waits by its own settings.
_SILENT = 30
#: Seconds without any word of a server that was asked for one, after which the connection counts as dead.
_DEAF = 20.0
#: Messages between two looks at when the server spoke last, while it speaks.
_SELDOM = 200
#: Seconds after which a reader that was away, writing, has to listen anew before it calls the server silent.
_AWAY = 2.0

_READY = """
select current_setting('wal_level') = 'logical',
       (select rolreplication or rolsuper from pg_roles where rolname = current_user)
"""


def require_logical(session: Session) -> None:
    """See that the server hands out changes at all, and to this user.

    Raises:
        SideRefused: It does not; the sentence says what its administrator has to set.
    """
    logical, may = session.run(_READY)[0]
    if not logical:
        raise SideRefused(
            "source",
            Sentence(
                _("the server keeps no changes to follow; set wal_level = logical and restart it"),
                code="side.wal_level",
            ),
        )
    if not may:
        raise SideRefused(
            "source",
            Sentence(
                _("{user} may not read changes; have an administrator run: alter role {role} replication"),
                code="side.replication",
                user=session.connection.user,
                role=_NAME(session.connection.user),
            ),
        )


_PUBLISHED = """
select exists (select from pg_publication where pubname = %s),
       exists (select from pg_publication_tables where pubname = %s and schemaname = %s and tablename = %s)
"""


def ensure_publication(session: Session, name: str, schema: str, table: str) -> None:
    """See that the table is published under `name`; make the publication where we may; commits.

    Raises:
        SideRefused: There is none and this user may not make it; the sentence is the statement to run.
    """
    there, covers = session.run(_PUBLISHED, (name, name, schema, table))[0]
    wanted = f"create publication {_NAME(name)} for table {_NAME(schema, table)} with (publish_via_partition_root)"
    if not covers:
        try:
            if there:
                session.run(f"drop publication {_NAME(name)}")
            session.run(wanted)
        except SideRefused as refusal:
            session.rollback()
            if refusal.sqlstate != "42501":  # insufficient privilege
                raise
            raise SideRefused(
                "source",
                Sentence(
                    _("{user} may not publish {table}; have its owner run: {statement}"),
                    code="side.publication",
                    user=session.connection.user,
                    table=f"{schema}.{table}",
                    statement=wanted,
                ),
            ) from None
    session.commit()


def slot_position(session: Session, name: str) -> str | None:
    """Return from where a slot still has the changes, or None when there is no slot that can be read, or not yet."""
    rows = session.run(
        "select confirmed_flush_lsn::text from pg_replication_slots "
        "where slot_name = %s and database = current_database() and coalesce(wal_status, '') <> 'lost' "
        "and confirmed_flush_lsn is not null",
        (name,),
    )
    session.commit()
    return str(rows[0][0]) if rows else None


def make_slot(session: Session, name: str) -> str:
    """Make the slot, an unusable one of the name dropped first, and return where it begins; commits.

    Waits until every transaction of the server has ended that has written anything by now, however long that takes;
    cancelled meanwhile, it leaves no slot.

    Raises:
        SideRefused: The server has no slot left, or another database has one of this name.
    """
    session.commit()  # a slot is not made inside a transaction that has written
    drop_slot(session, name)
    session.run("set local lock_timeout = 0")  # anew after half a minute, it would wait for later ones as well
    made = session.run("select lsn::text from pg_create_logical_replication_slot(%s, 'pgoutput')", (name,))[0][0]
    session.commit()
    return str(made)


def drop_slot(session: Session, name: str) -> None:
    """Let the server forget the slot, if it has it; a connection that reads it is ended; commits."""
    found = session.run("select active_pid from pg_replication_slots where slot_name = %s", (name,))
    if found:
        if found[0][0] is not None:
            session.run("select pg_terminate_backend(%s)", (found[0][0],))
        _patiently(lambda: session.run("select pg_drop_replication_slot(%s)", (name,)), session.rollback, lambda: None)
    session.commit()


def advance_slot(session: Session, name: str, lsn: str) -> None:
    """Let the server forget what came before `lsn`, through a slot that nobody reads; commits.

    Raises:
        SideRefused: Somebody reads it, or it is gone.
    """
    try:
        session.run(
            "select pg_replication_slot_advance(slot_name, %s) from pg_replication_slots "
            "where slot_name = %s and confirmed_flush_lsn < %s::pg_lsn and active_pid is null",
            (lsn, name, lsn),
        )
    finally:
        session.commit()


@dataclass(frozen=True)
class SlotNow:
    """What a slot costs the source's server."""

    #: Bytes of the log that it keeps, and that it has still to hand out.
    held: int
    behind: int
    #: Whether somebody reads it.
    active: bool
    #: Whether the server gave up keeping its changes.
    lost: bool


def slots_now(session: Session, names: Sequence[str]) -> dict[str, SlotNow]:
    """Return the slots among `names` that the server has."""
    rows = session.run(
        "select slot_name::text, coalesce(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), restart_lsn), 0)::bigint, "
        "coalesce(pg_wal_lsn_diff(pg_current_wal_insert_lsn(), confirmed_flush_lsn), 0)::bigint, active, "
        "coalesce(wal_status, '') = 'lost' from pg_replication_slots where slot_name = any(%s)",
        (list(names),),
    )
    session.commit()
    return {name: SlotNow(held, behind, active, lost) for name, held, behind, active, lost in rows}


def drop_publication(session: Session, name: str) -> None:
    """Drop a publication, if it is there; commits."""
    session.run(f"drop publication if exists {_NAME(name)}")
    session.commit()


def _patiently(act: Callable[[], Any], again: Callable[[], None], look: Callable[[], None]) -> None:
    """Do what needs the slot free, for as long as a dead connection may hold it."""
    until = time.monotonic() + _HELD
    while True:
        try:
            act()
            return
        except SideRefused as refusal:
            if refusal.sqlstate != "55006" or time.monotonic() > until:  # object in use
                raise
            again()
            look()
            time.sleep(0.1)


@contextlib.contextmanager
def _unless(
    raw: Any, look: Callable[[], None], connection: PostgresConnection, policy: AddressPolicy
) -> Iterator[None]:
    """Have the server end what it is at once `look` raises; it may wait there for transactions of others."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK):
            try:
                look()
            except Exception:  # noqa: BLE001 - whatever it is, nobody waits for the server any more
                cancel_statement(raw, connection, "source", policy)

    watching = threading.Thread(target=watch, name="slot-wanted", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()


class ChangeStream:
    """The messages of one slot. Not to be used by two threads, but for `cut`."""

    #: How many read together; here one reads alone.
    together = 0

    def __init__(
        self,
        connection: PostgresConnection,
        policy: AddressPolicy,
        *,
        slot: str,
        publication: str | Sequence[str],
        look: Callable[[], None],
        temporary: bool = False,
    ) -> None:
        """Connect and ask for the messages from where the slot stands.

        Args:
            connection: Of the source.
            policy: Which addresses may be reached.
            slot: Whose messages.
            publication: Of which tables; one publication or several.
            temporary: Make the slot now, for as long as the connection lasts.
            look: Called while a slot that is still held, or that is made, is waited for; may raise to give up.

        Raises:
            DataPlaneRefusal: As `open_session`, or the slot is not there.
        """
        self.connection = connection
        self._told = 0.0
        self._raw: Any = None
        #: When the server last said anything, and since when it has been listened to, on the monotonic clock.
        self.heard = self._since = self._listened = time.monotonic()
        self._spoken: Any = None
        self._reads = 0
        #: Where a temporary slot begins.
        self.begin = 0
        published = (publication,) if isinstance(publication, str) else publication

        def open_anew() -> None:
            self._raw, self._cursor = self._opened(policy, slot, published, temporary, look)

        _patiently(open_anew, lambda: None, look)

    def _opened(
        self, policy: AddressPolicy, slot: str, published: Sequence[str], temporary: bool, look: Callable[[], None]
    ) -> tuple[Any, Any]:
        parameters = self.connection.parameters(allowed_address(self.connection, policy))
        try:
            raw: Any = psycopg2.connect(
                None, psycopg2.extras.LogicalReplicationConnection, None, **parameters, options=f"{_PRINTED} {_PATIENT}"
            )
        except psycopg2.Error as error:
            raise translated(error, "source", self.connection) from None
        try:
            cursor = raw.cursor()
            if temporary:
                with _unless(raw, look, self.connection, policy):
                    cursor.execute(
                        f"CREATE_REPLICATION_SLOT {_NAME(slot)} TEMPORARY LOGICAL pgoutput NOEXPORT_SNAPSHOT"
                    )
                high, low = cursor.fetchone()[1].split("/")
                self.begin = int(high, 16) << 32 | int(low, 16)
            cursor.start_replication(
                slot_name=slot,
                decode=False,
                status_interval=_SILENT,
                options={"proto_version": "1", "publication_names": ", ".join(map(_NAME, published))},
            )
        except psycopg2.Error as error:
            raw.close()
            raise translated(error, "source", self.connection) from None
        return raw, cursor

    def read(self, wait: float) -> bytes | None:
        """Return the next message, or None when there is none within `wait` seconds.

        Raises:
            SideLost: The connection is gone, or dead: the server says nothing although it is asked.
        """
        try:
            message = self._cursor.read_message()
            if message is None and wait > 0:
                select.select([self._cursor], [], [], wait)
                message = self._cursor.read_message()
        except (psycopg2.Error, OSError, ValueError) as error:
            if isinstance(error, ValueError) and not self._raw.closed:
                raise
            raise self._lost(error) from None
        self._reads += 1
        if message is None:
            self._listen()
            return None
        if not self._reads % _SELDOM:
            self._listen()
        return bytes(message.payload)

    def _listen(self) -> None:
        now, spoken = time.monotonic(), self._cursor.io_timestamp
        if spoken != self._spoken:
            self._spoken, self.heard = spoken, now
        if now - self._listened > _AWAY:
            self._since = now
        self._listened = now
        if now - max(self.heard, self._since) > _DEAF:
            text = _("it has said nothing for {seconds} s")
            raise SideLost("source", Sentence(text, code="side.deaf", seconds=round(now - self.heard)))

    @property
    def seen(self) -> int:
        """How far the server's log had grown when it last spoke."""
        return int(self._cursor.wal_end)

    def confirm(self, lsn: int, *, now: bool = False, asking: bool = False) -> None:
        """Tell the server that everything before `lsn` was taken over: about once a second.

        Args:
            lsn: The position.
            now: Not only once a second, but at once.
            asking: Let the server answer, which tells a quiet source from a dead connection.

        Raises:
            SideLost: The connection is gone.
        """
        if not now and time.monotonic() - self._told < _FEEDBACK_EVERY:
            return
        self._told = time.monotonic()
        try:
            self._cursor.send_feedback(write_lsn=lsn, flush_lsn=lsn, apply_lsn=lsn, force=True, reply=now or asking)
        except psycopg2.Error as error:
            raise self._lost(error) from None

    def _lost(self, error: BaseException) -> SideLost:
        told = translated(error, "source", self.connection)
        # A walsender that ends says so without a state; the slot keeps what was not taken over.
        return told if isinstance(told, SideLost) else SideLost("source", str(error).split("\n", 1)[0][:200])

    def cancel(self) -> None:
        """Nothing to do: `read` never waits long."""

    def cut(self) -> None:
        """Shut the socket, so that a blocked read returns at once."""
        with contextlib.suppress(OSError, psycopg2.Error), socket.socket(fileno=os.dup(self._raw.fileno())) as twin:
            twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; the slot stays."""
        with contextlib.suppress(psycopg2.Error):
            self._raw.close()
