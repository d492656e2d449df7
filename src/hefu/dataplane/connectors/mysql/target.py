"""MySQL as a target: parts are staged with their position, and one transaction of InnoDB makes them the table's rows.

Where PostgreSQL renames tables inside a transaction, MySQL cannot, so the rows are written a second time: the old
ones are deleted, the staged ones inserted and the position closed in one commit. The consumer's table keeps its
identity, with indexes, grants, triggers and foreign keys.
"""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import native_table
from hefu.dataplane.connectors.mysql.types import key_type, made_types
from hefu.dataplane.connectors.mysql.types import landing as lands_as
from hefu.dataplane.connectors.postgres.position import Position, chunks_json
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.digest import KeyTally
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Output
from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence, _

#: Columns of a staging table beside the delivered ones: the part a row came in, and its place in it.
PART, ROW = "hefu part", "hefu row"
#: Unique key that finds a row again where new rows alone are brought.
KEY = "hefu_key"
#: The table that fills a name of ours; InnoDB is what makes exactly once true.
_INNODB = "engine = InnoDB default character set utf8mb4 collate utf8mb4_bin"

_TABLES = (
    f"""create table if not exists hefu_position (
    delivery varchar(64) not null primary key comment 'one line per delivery: what it reads and how far it is',
    target varchar(200) not null, ticket char(36) not null, plan char(64) not null, source_file varchar(200) not null,
    oldest_running bigint not null, chunks longtext not null, staging varchar(64) not null,
    started_at timestamp(6) not null default current_timestamp(6), published_at timestamp(6) null, outcome longtext
    ) {_INNODB}""",
    f"""create table if not exists hefu_position_chunk (
    delivery varchar(64) not null, chunk int not null, granted bigint not null, `rows` bigint not null,
    total decimal(20,0) not null comment 'one line per finished part, committed with its rows',
    primary key (delivery, chunk)
    ) {_INNODB}""",
    f"""create table if not exists hefu_increment (
    target varchar(200) not null primary key comment 'one line per table that new rows come to: how far they are',
    plan varchar(64) not null, watermark text, delivery varchar(64) not null, runs bigint not null default 1,
    moved_at timestamp(6) not null default current_timestamp(6)
    ) {_INNODB}""",
)


@dataclass(frozen=True)
class MysqlTarget:
    """A table of a consumer's MySQL database. A delivery replaces all of its rows at once."""

    connection: MysqlConnection
    table: str
    #: Id of the place, as the ticket names it.
    place: str

    @property
    def name(self) -> str:
        """Return what the position table and messages call it."""
        return f"{self.connection.dbname}.{self.table}"


def ensure_tables(session: MysqlSession) -> None:
    """Make the position tables where they are missing; commits by itself."""
    for statement in _TABLES:
        session.run(statement)


def take_locks(session: MysqlSession, delivery: str, target: MysqlTarget, *, wait: int = 0) -> str | None:
    """Lock the delivery and the table for the life of the session; return what another holds for `wait` seconds."""
    for name in (f"delivery {delivery}", f"table {target.name}"):
        digest = hashlib.sha256(f"{target.connection.dbname} {name}".encode()).hexdigest()[:40]
        if session.run(f"select get_lock('hefu {digest}', {wait})")[0][0] != 1:
            return name
    return None


def existing_columns(session: MysqlSession, target: MysqlTarget) -> Sequence[ColumnFacts] | None:
    """Return the table's columns, or None when there is no such table yet; the caller commits.

    Raises:
        SideRefused: The name is taken by something else, or the table knows no transactions.
    """
    found = native_table(session, target.connection.dbname, target.table, exact=True)
    if found is None:
        return None
    if found.facts.kind != "table":
        raise SideRefused(
            "target",
            Sentence(
                _("{table} is no plain table that {user} may read"),
                code="side.no_plain_table",
                table=target.name,
                user=target.connection.user,
            ),
        )
    if found.engine != "InnoDB":
        text_ = _("{table} is kept by {engine}, which has no transactions; alter it to InnoDB first")
        raise SideRefused("target", Sentence(text_, code="side.engine", table=target.name, engine=found.engine))
    return found.facts.columns


class MysqlReceiver:
    """One session of the consumer's database."""

    def __init__(self, target: MysqlTarget, policy: AddressPolicy) -> None:
        """Connect.

        Raises:
            DataPlaneRefusal: The server cannot be reached or refuses us.
        """
        self._target, self._policy = target, policy
        self._session = MysqlSession(target.connection, "target", policy)
        #: Columns by which a table that is made here finds its rows again.
        self.keyed: Sequence[Output] = ()

    @property
    def session(self) -> MysqlSession:
        """Return the session that holds the run's locks."""
        return self._session

    @staticmethod
    def landing(of: SqlType) -> SqlType:
        """Return what a type becomes there."""
        return lands_as(of)

    def lock(self, delivery: str) -> str | None:
        """Lock the delivery and the table; the server lets go of both when the session ends."""
        return take_locks(self._session, delivery, self._target)

    def prepare(self) -> None:
        """Make the position tables."""
        ensure_tables(self._session)

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns."""
        try:
            return existing_columns(self._session, self._target)
        finally:
            self._session.commit()

    def earlier(self, delivery: str) -> Position | None:
        """Return the delivery's position."""
        rows = self._session.run(
            "select ticket, plan, source_file, oldest_running, chunks, staging, outcome from hefu_position "
            f"where delivery = {text(delivery)}"
        )
        done = self._session.run(
            f"select chunk, granted, `rows`, total from hefu_position_chunk where delivery = {text(delivery)}"
        )
        self._session.commit()
        if not rows:
            return None
        ticket, plan, source_file, oldest, chunks, staging, outcome = rows[0]
        return Position(
            ticket,
            plan,
            source_file,
            oldest,
            tuple(Chunk(number, *parts) for number, parts in enumerate(json.loads(chunks))),
            staging,
            json.loads(outcome) if outcome else None,
            {chunk: (granted, KeyTally.of(count, total)) for chunk, granted, count, total in done},
        )

    def refuse_foreign_rows(self) -> None:
        """Refuse to replace rows that no delivery of ours put there."""
        ours = self._session.run(
            f"select 1 from hefu_position where target = {text(self._target.name)} and published_at is not null limit 1"
        )
        strange = not ours and self._session.run(f"select 1 from {self._table} limit 1")
        self._session.commit()
        if strange:
            raise SideRefused(
                "target",
                Sentence(
                    _(
                        "{table} holds rows that were not delivered here and would be replaced; rename or empty that "
                        "table first, or receive into another schema"
                    ),
                    code="side.foreign_rows",
                    table=self._target.name,
                ),
            )

    @property
    def _table(self) -> str:
        return quoted(self._target.connection.dbname, self._target.table)

    def staging_name(self, delivery: str) -> str:
        """Return the name of the delivery's staging table."""
        return f"hefu_stage_{hashlib.sha256(f'{delivery} {self._target.name}'.encode()).hexdigest()[:16]}"

    def staging_stands(self, staging: str, rows: int) -> bool:
        """Return whether the staging table is there with the rows that finished parts put in it."""
        there = self._session.run(
            f"select 1 from information_schema.tables where table_schema = {text(self._target.connection.dbname)} "
            f"and table_name = {text(staging)}"
        )
        stands = bool(there) and self._session.run(f"select count(*) from {quoted(staging)}")[0][0] == rows
        self._session.commit()
        return stands

    def begin(self, delivery: str, position: Position, outputs: Sequence[Output], *, exists: bool) -> None:
        """Make the empty staging table and write a fresh position; the table itself is made empty where it is missing.

        Defining tables commits by itself in MySQL, so that all of it stands before the first row is written.
        """
        stage = quoted(position.staging)
        names = [quoted(output.name) for output in outputs]
        self._session.run(f"drop table if exists {stage}")
        if exists:
            # Shaped like the target without its keys: a generated column or an index there is no matter of staging.
            chosen = ", ".join(f"{name} as {name}" for name in names)
            self._session.run(
                f"create table {stage} ({quoted(PART)} int not null default 0, "
                f"{quoted(ROW)} bigint not null default 0, primary key ({quoted(PART)}, {quoted(ROW)})) {_INNODB} "
                f"as select {chosen} from {self._table} where false"
            )
        else:
            kinds = made_types([output.type for output in outputs])
            for output in self.keyed:
                kinds[outputs.index(output)] = key_type(output.type, output.mask)
            columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
            key = ", ".join(quoted(output.name) for output in self.keyed)
            unique = f", unique key {quoted(KEY)} ({key})" if key else ""
            self._session.run(
                f"create table {stage} ({quoted(PART)} int not null, {quoted(ROW)} bigint not null, {columns}, "
                f"primary key ({quoted(PART)}, {quoted(ROW)})) {_INNODB}"
            )
            self._session.run(f"create table {self._table} ({columns}{unique}) {_INNODB}")
        self._forget(delivery)
        values = (
            delivery,
            self._target.name,
            position.ticket,
            position.plan,
            position.source_file,
            position.oldest_running,
            chunks_json(position.chunks),
            position.staging,
        )
        self._session.run(
            "insert into hefu_position (delivery, target, ticket, plan, source_file, oldest_running, chunks, staging) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            values,
        )
        self._session.commit()

    def publish(self, outcome: Outcome, staging: str, outputs: Sequence[Output]) -> str:
        """Put the staged rows in place of the table's."""
        columns = ", ".join(quoted(output.name) for output in outputs)
        stored = self._session.run(f"select count(*) from {quoted(staging)}")[0][0]
        if stored != outcome.rows_written:
            raise NotReconciled(what="rows in the staging table", source=outcome.rows_written, target=stored)
        # No watermark stands for rows that another ticket's copy replaces.
        self._session.run(
            f"update hefu_increment as held set plan = '' where target = {text(self._target.name)} and not exists "
            "(select 1 from hefu_position as p where p.delivery = held.delivery "
            f"and p.ticket = {text(outcome.ticket)})"
        )
        self._session.run(f"delete from {self._table}")
        self._session.run(f"insert into {self._table} ({columns}) select {columns} from {quoted(staging)}")
        held = self._session.run(f"select count(*) from {self._table}")[0][0]
        if held != outcome.rows_written:
            raise NotReconciled(what="rows in the refilled table", source=outcome.rows_written, target=held)
        return "refilled"

    def note(self, outcome: Outcome) -> None:
        """Note what the delivery gave."""
        self._session.run(
            "update hefu_position set published_at = current_timestamp(6), outcome = %s where delivery = %s",
            (json.dumps(outcome.as_json(), ensure_ascii=False), outcome.delivery),
        )

    def commit(self) -> None:
        """Commit."""
        self._session.commit()

    def tidy(self, staging: str) -> None:
        """Remove the staging table; dropping it is no part of the transaction."""
        self._session.run(f"drop table if exists {quoted(staging)}")

    def discard(self, delivery: str) -> None:
        """Remove what a revoked run had staged; this session was cancelled."""
        with contextlib.closing(MysqlSession(self._target.connection, "target", self._policy)) as session:
            session.run(f"drop table if exists {quoted(self.staging_name(delivery))}")
            _forget(session, delivery)
            session.commit()

    def _forget(self, delivery: str) -> None:
        _forget(self._session, delivery)

    def cancel(self) -> None:
        """End the running statement."""
        self._session.cancel()

    def cut(self) -> None:
        """End the connection."""
        self._session.cut()

    def close(self) -> None:
        """Let go of the session and with it of its locks."""
        self._session.close()


def _forget(session: MysqlSession, delivery: str) -> None:
    for table in ("hefu_position_chunk", "hefu_position"):
        session.run(f"delete from {table} where delivery = {text(delivery)}")


def finish_chunk(session: MysqlSession, delivery: str, chunk: int, granted: int, tally: KeyTally) -> None:
    """Write one finished part; the caller commits it together with the rows."""
    values: tuple[Any, ...] = (delivery, chunk, granted, tally.rows, tally.total)
    session.run("insert into hefu_position_chunk values (%s, %s, %s, %s, %s)", values)
