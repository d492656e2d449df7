"""PostgreSQL as a source: one moment in time, seen by as many sessions as the run needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hefu.dataplane.addresses import Addresses, tid_array
from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, PostgresConnection
from hefu.dataplane.connectors.postgres.inspection import OLDEST_MAJOR, no_table, table_facts, too_old
from hefu.dataplane.connectors.postgres.session import ArrowSession, Session
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused


@dataclass(frozen=True)
class PostgresSource:
    """A provider's PostgreSQL database."""

    connection: PostgresConnection


#: Name of a staged row's number inside queries.
ROW = "hefu row"


@dataclass(frozen=True)
class Chunk:
    """One part of a table: a range of its pages, or the whole."""

    number: int
    first_page: int = 0
    #: First page that is out; None for an open end.
    end_page: int | None = None
    #: The whole relation, whose rows have no lasting address.
    whole: bool = False
    #: Rows of a staging file: the numbers are its rows' and not pages.
    staged: bool = False
    #: Borders of a range of a key, sealed: they are values of rows that a consumer may have no right to.
    bounds: str = ""

    @property
    def condition(self) -> str:
        """Return the SQL condition of the chunk's rows; the server reads its pages only."""
        if self.whole:
            return "true"
        if self.staged:
            return f'"{ROW}" >= {self.first_page} and "{ROW}" < {self.end_page}'
        end = "" if self.end_page is None else f" and ctid < '({self.end_page},0)'::tid"
        return f"ctid >= '({self.first_page},0)'::tid{end}"


def not_among(rejected: Addresses) -> str:
    """Return the condition that leaves out rejected rows; hashed by the server, so long lists are fine."""
    return f"not (ctid = any({tid_array(rejected)}))" if len(rejected) else "true"


@dataclass(frozen=True)
class Moment:
    """What the source looked like when the run began."""

    facts: TableFacts
    #: Whether a row can be found again by its page: a plain heap table or a materialized view.
    addressable: bool
    pages: int
    #: Changes whenever the table's file is written anew, and names the table within the server.
    file: str
    #: Every transaction before this one had ended.
    oldest_running: int


@dataclass(eq=False)
class Snapshot:
    """One table under one exported snapshot; closing it lets the server clean up again."""

    source: PostgresSource
    policy: AddressPolicy
    schema: str
    table: str
    dialect: Dialect = field(default=Dialect.POSTGRES, init=False)
    holder: Session = field(init=False)
    name: str = field(init=False)
    moment: Moment = field(init=False)

    def __post_init__(self) -> None:
        """Open the holding session, export its snapshot and look at the table.

        Raises:
            DataPlaneRefusal: The server cannot be reached, is too old, or has no such table to read.
        """
        self.holder = Session(self.source.connection, "source", self.policy)
        try:
            if self.holder.raw.server_version < OLDEST_MAJOR * 10000:
                raise SideRefused("source", too_old())
            self.holder.run("set transaction isolation level repeatable read, read only")
            self.name = self.holder.run("select pg_export_snapshot()")[0][0]
            self.moment = self._look()
        except BaseException:
            self.holder.close()
            raise

    def _look(self) -> Moment:
        with self.holder.plainly():
            facts = table_facts(self.holder.raw, self.schema, self.table)
        if facts is None:
            user = self.source.connection.user
            raise SideRefused("source", no_table(f"{self.schema}.{self.table}", user))
        row = self.holder.run(_MOMENT, (self.relation,))[0]
        return Moment(facts, row[0], row[1], row[2], row[3])

    @property
    def relation(self) -> str:
        """Return what a plan's queries read."""
        return self.dialect.name_of(self.schema, self.table)

    @property
    def facts(self) -> TableFacts:
        """Return the table's columns and keys."""
        return self.moment.facts

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return no checks: a database holds its types itself."""
        return ()

    @property
    def written(self) -> frozenset[str]:
        """Return no columns: values are what they are."""
        return frozenset()

    def load(self, arrived: Callable[[int], None]) -> None:
        """Do nothing: rows are read where they are."""

    def judge(self, granted: str, flags: str) -> None:
        """Do nothing: checks are asked of the rows where they are."""

    def parts(self, size: int | None) -> tuple[Chunk, ...]:
        """Return the parts in which the table is read; `size` fixes their pages, for tests."""
        return chunks_of(self.moment, size)

    @property
    def state(self) -> tuple[str, int]:
        """Return what the table's file is called now, and the oldest transaction that had not ended."""
        return self.moment.file, self.moment.oldest_running

    def session(self) -> Session:
        """Return another session that sees the same moment."""
        session = Session(self.source.connection, "source", self.policy)
        try:
            session.run("set transaction isolation level repeatable read, read only")
            session.run("set transaction snapshot %s", (self.name,))
        except BaseException:
            session.close()
            raise
        return session

    def stream(self) -> ArrowSession:
        """Return an Arrow session that sees the same moment."""
        return ArrowSession(self.source.connection, self.policy, self.name)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a small query."""
        return self.holder.run(query)

    def cancel(self) -> None:
        """End the running statement."""
        self.holder.cancel()

    def cut(self) -> None:
        """Shut the socket."""
        self.holder.cut()

    def close(self) -> None:
        """Let the snapshot go."""
        self.holder.close()


# A row keeps its page for as long as our snapshot sees it, unless the table's file is rewritten. That
# holds for the heap only; a parent of others gives several rows the same address; and under row security
# or in a foreign table the server may not read by page.
_MOMENT = """
select c.relkind in ('r', 'm') and not c.relhassubclass and coalesce(a.amname = 'heap', false),
       case when c.relkind in ('r', 'm')
            then (pg_relation_size(c.oid) / current_setting('block_size')::int)::int else 0 end,
       concat(c.oid, ':', pg_relation_filenode(c.oid)),
       pg_snapshot_xmin(pg_current_snapshot())::text::bigint
from pg_class c left join pg_am a on a.oid = c.relam where c.oid = %s::regclass
"""

#: Fewest and most pages of a chunk: 8 MiB keeps progress and restarts lively, 64 MiB keeps commits rare.
SMALLEST, LARGEST = 1024, 8192


def chunks_of(moment: Moment, pages: int | None = None) -> tuple[Chunk, ...]:
    """Return the parts in which the source is read; `pages` fixes their size, for tests."""
    if not moment.addressable:
        return (Chunk(0, whole=True),)
    size = pages or min(LARGEST, max(SMALLEST, moment.pages // 12))
    starts = range(0, max(1, moment.pages), size)
    # The last one is open: the count of pages may have been taken before the last row.
    return tuple(
        Chunk(number, start, start + size if number < len(starts) - 1 else None) for number, start in enumerate(starts)
    )
