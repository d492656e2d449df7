"""Where followed changes arrive: one session of the consumer's database, in whose transactions rows and position are
committed together, whatever database it is."""

from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Literal, Protocol

import pyarrow as pa

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql import followed as in_mysql
from hefu.dataplane.connectors.mysql import increments as keys_of_mysql
from hefu.dataplane.connectors.mysql import target as mysql
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.types import landing as lands_as
from hefu.dataplane.connectors.mysql.writing import literals_of
from hefu.dataplane.connectors.postgres import followed as in_postgres
from hefu.dataplane.connectors.postgres import target as postgres
from hefu.dataplane.connectors.postgres.copy import from_batches, pump
from hefu.dataplane.connectors.postgres.followed import Counts, Followed
from hefu.dataplane.connectors.postgres.position import ensure_tables
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled
from hefu.dataplane.lanes.query import as_carried, names_of
from hefu.dataplane.plan import Landing, Output, Plan
from hefu.dataplane.sides import Table

#: What is staged: keys that were touched, or rows as they became.
Staged = Literal["touched", "fresh"]


class Batches(Protocol):
    """What gives a query's rows in batches."""

    def batches(self, query: str) -> Generator[pa.RecordBatch]:
        """Yield them."""
        ...

    def cancel(self) -> None:
        """End the running statement."""
        ...

    def cut(self) -> None:
        """End it without asking."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Arrival(Protocol):
    """The consumer's side of a follower. Nothing is committed but where that is said."""

    @property
    def landing(self) -> Landing | None:
        """Return what a type becomes there when values are converted on the way; else the source casts them."""
        ...

    def ensure(self) -> None:
        """Make the position tables where they are missing; commits."""
        ...

    def load(self, delivery: str) -> Followed | None:
        """Return how far the delivery is, or None when it does not follow yet; commits."""
        ...

    def interrupted(self, delivery: str, *, any_copy: bool) -> str | None:
        """Return the number of the last copy made for the delivery that is unfinished, or of any; commits."""
        ...

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns, None when there is no such table yet.

        Raises:
            SideRefused: Nothing can be brought there.
        """
        ...

    def require_keyable(self, plan: Plan) -> None:
        """See that the table finds a row by its delivered key, or can be made to; commits.

        Raises:
            PlanRefused: It cannot.
        """
        ...

    def before_copy(self, plan: Plan) -> None:
        """Take away what would stand in the way of a copy made anew; commits."""
        ...

    def make_key(self, plan: Plan) -> None:
        """See that the table has each delivered key only once; commits.

        Raises:
            SideRefused: Two rows bear the same key.
        """
        ...

    def lock(self, delivery: str) -> str | None:
        """Lock the delivery and the table for the life of the session; return what another run holds, or None."""
        ...

    def begin(self, delivery: str, now: Followed) -> None:
        """Note from where the delivery follows."""
        ...

    def move(self, delivery: str, lsn: str, more: Counts, at: datetime | None = None) -> None:
        """Note that everything before `lsn` is in, and what that was."""
        ...

    def stamp(self, delivery: str, stamp: str) -> None:
        """Note which log the position stands in."""
        ...

    def prepare(self, plan: Plan) -> None:
        """Create the session's staging tables."""
        ...

    def carry(self, source: Batches, query: str, outputs: tuple[Output, ...], into: Staged) -> int:
        """Stage the rows of a query; return how many.

        Raises:
            NotReconciled: Not every row that left arrived.
        """
        ...

    def merge(self, plan: Plan, *, emptied: bool, touched: int, fresh: int) -> Counts:
        """Bring so many staged changes into the table and empty the staging; return what that did.

        Raises:
            NotReconciled: Not every row is in.
        """
        ...

    def carried(self, plan: Plan) -> Plan:
        """Return the plan as batches of its rows travel there."""
        ...

    def rows(self) -> int:
        """Count the table's rows as they stand in the open transaction."""
        ...

    def commit(self) -> None:
        """Commit."""
        ...

    def cancel(self) -> None:
        """End the running statement."""
        ...

    def cut(self) -> None:
        """End the connection."""
        ...

    def close(self) -> None:
        """Let go of the session and with it of its locks."""
        ...


class PostgresArrival:
    """In PostgreSQL: rows are staged by COPY."""

    landing: Landing | None = None

    def __init__(self, target: PostgresTarget, policy: AddressPolicy) -> None:
        """Connect.

        Raises:
            DataPlaneRefusal: The server cannot be reached or refuses us.
        """
        self.target = target
        self.session = Session(target.connection, "target", policy)
        self.commit, self.cancel = self.session.commit, self.session.cancel
        self.cut, self.close = self.session.cut, self.session.close

    def ensure(self) -> None:
        """Make the position tables."""
        in_postgres.ensure_followed(self.session)

    def load(self, delivery: str) -> Followed | None:
        """Return how far the delivery is."""
        if not self.session.run("select to_regclass('hefu.hefu_followed') is not null")[0][0]:
            return None
        in_postgres.ensure_followed(self.session)  # where it is of an earlier version
        return in_postgres.load_followed(self.session, delivery)

    def interrupted(self, delivery: str, *, any_copy: bool) -> str | None:
        """Return the number of the last copy."""
        ensure_tables(self.session)
        rows = self.session.run(
            "select delivery from hefu.hefu_position where left(delivery, %s) = %s "
            "and (published_at is null or %s) order by started_at desc limit 1",
            (len(delivery) + 1, f"{delivery}@", any_copy),
        )
        self.session.commit()
        return rows[0][0] if rows else None

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns."""
        return postgres.existing_columns(self.session, self.target)

    def require_keyable(self, plan: Plan) -> None:
        """Do nothing: every type that is a key there is one here."""

    def before_copy(self, plan: Plan) -> None:
        """Do nothing: a copy is a table of its own until it stands."""

    def make_key(self, plan: Plan) -> None:
        """See that each key is there only once."""
        in_postgres.ensure_key(self.session, self.target, plan.key)

    def lock(self, delivery: str) -> str | None:
        """Lock; a session that has just ended may still hold what it held for a moment."""
        return postgres.take_locks(self.session, delivery, self.target, wait=2)

    def begin(self, delivery: str, now: Followed) -> None:
        """Note from where it follows."""
        in_postgres.begin_followed(self.session, delivery, self.target, now)

    def move(self, delivery: str, lsn: str, more: Counts, at: datetime | None = None) -> None:
        """Note how far it is."""
        in_postgres.move(self.session, delivery, lsn, more, at)

    def stamp(self, delivery: str, stamp: str) -> None:
        """Note which log."""
        self.session.run(
            "update hefu.hefu_followed set slot = %s where delivery = %s and slot <> %s", (stamp, delivery, stamp)
        )

    def prepare(self, plan: Plan) -> None:
        """Create the staging tables."""
        in_postgres.prepare_merge(self.session, self.target, plan)

    def carry(self, source: Batches, query: str, outputs: tuple[Output, ...], into: Staged) -> int:
        """Stage rows by COPY."""
        table = in_postgres.TOUCHED if into == "touched" else in_postgres.FRESH
        out, arrived = pump(
            from_batches(source, query),
            self.session,
            f"copy {table} ({names_of(outputs, Dialect.POSTGRES.name_of)}) from stdin (format csv)",
            lambda passed: None,
        )
        if out != arrived:
            raise NotReconciled(what="changed rows", source=out, target=arrived)
        return arrived

    def merge(self, plan: Plan, *, emptied: bool, touched: int, fresh: int) -> Counts:
        """Merge."""
        return in_postgres.merge(self.session, self.target, plan, emptied=emptied, touched=touched, fresh=fresh)

    def carried(self, plan: Plan) -> Plan:
        """Return the plan as it is: the server reads every type from its text."""
        return plan

    def rows(self) -> int:
        """Count the table's rows."""
        table = Dialect.POSTGRES.name_of(self.target.schema, self.target.table)
        return int(self.session.run(f"select count(*) from {table}")[0][0])


class MysqlArrival:
    """In MySQL: rows are staged by statements of many rows."""

    landing: Landing | None = staticmethod(lands_as)

    def __init__(self, target: mysql.MysqlTarget, policy: AddressPolicy) -> None:
        """Connect.

        Raises:
            DataPlaneRefusal: The server cannot be reached or refuses us.
        """
        self.target = target
        self.session = MysqlSession(target.connection, "target", policy)
        self.commit, self.cancel = self.session.commit, self.session.cancel
        self.cut, self.close = self.session.cut, self.session.close

    def ensure(self) -> None:
        """Make the position tables."""
        mysql.ensure_tables(self.session)
        in_mysql.ensure_followed(self.session)

    def load(self, delivery: str) -> Followed | None:
        """Return how far the delivery is."""
        there = self.session.run(
            "select 1 from information_schema.tables where table_name = 'hefu_followed' "
            f"and table_schema = {text(self.target.connection.dbname)}"
        )
        self.session.commit()
        return in_mysql.load_followed(self.session, delivery) if there else None

    def interrupted(self, delivery: str, *, any_copy: bool) -> str | None:
        """Return the number of the last copy."""
        rows = self.session.run(
            "select delivery from hefu_position where left(delivery, %s) = %s "
            "and (published_at is null or %s) order by started_at desc limit 1",
            (len(delivery) + 1, f"{delivery}@", any_copy),
        )
        self.session.commit()
        return rows[0][0] if rows else None

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns."""
        return mysql.existing_columns(self.session, self.target)

    def require_keyable(self, plan: Plan) -> None:
        """See that every column of the key has a length that a key may have."""
        keys_of_mysql.require_keyable(self.session, self.target, plan)

    def before_copy(self, plan: Plan) -> None:
        """Take away a key of ours over other columns."""
        if self.columns() is not None:
            keys_of_mysql.drop_old_key(self.session, self.target, plan)
        self.session.commit()

    def make_key(self, plan: Plan) -> None:
        """See that each key is there only once."""
        keys_of_mysql.make_key(self.session, self.target, plan)

    def lock(self, delivery: str) -> str | None:
        """Lock; a session that has just ended may still hold what it held for a moment."""
        return mysql.take_locks(self.session, delivery, self.target, wait=5)

    def begin(self, delivery: str, now: Followed) -> None:
        """Note from where it follows."""
        in_mysql.begin_followed(self.session, delivery, self.target, now)

    def move(self, delivery: str, lsn: str, more: Counts, at: datetime | None = None) -> None:
        """Note how far it is."""
        in_mysql.move(self.session, delivery, lsn, more, at)

    def stamp(self, delivery: str, stamp: str) -> None:
        """Note which log."""
        in_mysql.note_stamp(self.session, delivery, stamp)

    def prepare(self, plan: Plan) -> None:
        """Create the staging tables."""
        in_mysql.prepare_merge(self.session, self.target, plan)

    def carry(self, source: Batches, query: str, outputs: tuple[Output, ...], into: Staged) -> int:
        """Stage rows by statements."""
        table = in_mysql.TOUCHED if into == "touched" else in_mysql.FRESH
        out = arrived = 0
        with closing(source.batches(query)) as batches:
            for batch in batches:
                columns = literals_of(self.session, outputs, batch)
                encoded = [[value.encode() for value in values] for values in columns]
                arrived += in_mysql.stage(self.session, table, outputs, encoded)
                out += batch.num_rows
        if out != arrived:
            raise NotReconciled(what="changed rows", source=out, target=arrived)
        return arrived

    def merge(self, plan: Plan, *, emptied: bool, touched: int, fresh: int) -> Counts:
        """Merge."""
        return in_mysql.merge(self.session, self.target, plan, emptied=emptied, touched=touched, fresh=fresh)

    def carried(self, plan: Plan) -> Plan:
        """Return the plan with the types that batches carry."""
        return as_carried(plan)

    def rows(self) -> int:
        """Count the table's rows."""
        table = quoted(self.target.connection.dbname, self.target.table)
        return int(self.session.run(f"select count(*) from {table}")[0][0])


def arrival_at(target: Table, policy: AddressPolicy) -> PostgresArrival | MysqlArrival:
    """Return a session of the place where changes arrive.

    Raises:
        DataPlaneRefusal: It cannot be reached or refuses us.
    """
    return PostgresArrival(target, policy) if isinstance(target, PostgresTarget) else MysqlArrival(target, policy)
