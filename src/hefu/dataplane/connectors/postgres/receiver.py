"""A PostgreSQL table as the place where a run's rows arrive."""

import contextlib
from collections.abc import Sequence

from hefu.dataplane.connectors.postgres import position
from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.increments import leave_line
from hefu.dataplane.connectors.postgres.position import Position
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.target import (
    PostgresTarget,
    create_staging,
    drop_staging,
    existing_columns,
    refuse_foreign_rows,
    staging_name,
    staging_stands,
    swap,
    take_locks,
)
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import NotReconciled
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.plan import Output


class PostgresReceiver:
    """One session of the consumer's database."""

    #: The source casts to the target's own types.
    landing = None

    def __init__(self, target: PostgresTarget, policy: AddressPolicy) -> None:
        """Connect.

        Raises:
            DataPlaneRefusal: The server cannot be reached or refuses us.
        """
        self._target, self._policy = target, policy
        self._session = Session(target.connection, "target", policy)

    @property
    def session(self) -> Session:
        """Return the session, for what is written in the transaction that publishes."""
        return self._session

    def lock(self, delivery: str) -> str | None:
        """Lock the delivery and the table."""
        return take_locks(self._session, delivery, self._target)

    def prepare(self) -> None:
        """Make the position tables."""
        position.ensure_tables(self._session)

    def columns(self) -> Sequence[ColumnFacts] | None:
        """Return the table's columns."""
        columns = existing_columns(self._session, self._target)
        self._session.commit()
        return columns

    def earlier(self, delivery: str) -> Position | None:
        """Return the delivery's position."""
        found = position.load(self._session, delivery)
        self._session.commit()
        return found

    def refuse_foreign_rows(self) -> None:
        """Refuse to replace rows that no delivery of ours put there."""
        refuse_foreign_rows(self._session, self._target)
        self._session.commit()

    def staging_name(self, delivery: str) -> str:
        """Return the name of the delivery's staging table."""
        return staging_name(delivery, self._target)

    def staging_stands(self, staging: str, rows: int) -> bool:
        """Return whether the staging table is there with the rows that finished parts put in it."""
        return staging_stands(self._session, self._target, staging, rows)

    def begin(self, delivery: str, position_: Position, outputs: Sequence[Output], *, exists: bool) -> None:
        """Make the empty staging table and write a fresh position."""
        create_staging(self._session, self._target, position_.staging, outputs, exists)
        position.begin(self._session, delivery, self._target.name, position_)
        self._session.commit()

    def publish(self, outcome: Outcome, staging: str, outputs: Sequence[Output]) -> str:
        """Make the staging table the consumer's table."""
        stage = Dialect.POSTGRES.name_of(self._target.schema, staging)
        stored = self._session.run(f"select count(*) from {stage}")[0][0]
        if stored != outcome.rows_written:
            raise NotReconciled(what="rows in the staging table", source=outcome.rows_written, target=stored)
        leave_line(self._session, self._target, outcome.ticket)
        return swap(self._session, self._target, staging, outputs, outcome.rows_written)

    def note(self, outcome: Outcome) -> None:
        """Note what the delivery gave."""
        position.publish(self._session, outcome.delivery, outcome.as_json())

    def commit(self) -> None:
        """Commit."""
        self._session.commit()

    def tidy(self, staging: str) -> None:
        """Do nothing: the staging table went with the transaction."""

    def discard(self, delivery: str) -> None:
        """Remove what a revoked run had staged; this session was cancelled."""
        with contextlib.closing(Session(self._target.connection, "target", self._policy)) as session:
            drop_staging(session, self._target, staging_name(delivery, self._target))
            position.forget(session, delivery)
            session.commit()

    def cancel(self) -> None:
        """End the running statement."""
        self._session.cancel()

    def cut(self) -> None:
        """End the connection."""
        self._session.cut()

    def close(self) -> None:
        """Let go of the session and with it of its locks."""
        self._session.close()
