"""An interface's rows as a source: read page after page when a run begins, then asked here."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from hefu.dataplane.checks import Typed
from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.folder.source import typed_text
from hefu.dataplane.connectors.interface.asking import Asker, HttpConnection
from hefu.dataplane.connectors.interface.paging import Row, rows_of
from hefu.dataplane.connectors.interface.stated import Interface
from hefu.dataplane.connectors.profile import LOOKED_AT, ColumnProfile, profile_cells
from hefu.dataplane.connectors.relation import ColumnFacts, TableFacts, TableSummary
from hefu.dataplane.connectors.staged import StagedView, faults_told
from hefu.dataplane.connectors.staging import Stage, checks_of
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind, SqlType, duckdb_type
from hefu.kernel.words import Sentence, _

_NAME = Dialect.DUCKDB.name_of
#: Rows of a batch.
_ROWS = 500
#: A day and a time with their zone.
_INSTANT = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))"
)


@dataclass(frozen=True)
class HttpSource:
    """A provider's server with interfaces."""

    connection: HttpConnection
    interfaces: tuple[Interface, ...]
    #: Encoding of answers in CSV: utf-8 or gb18030.
    encoding: str = "utf-8"

    @property
    def codec(self) -> str:
        """Return Python's name of the encoding."""
        return {"utf-8": "utf-8-sig"}.get(self.encoding, self.encoding)

    def interface(self, name: str, side: str) -> Interface:
        """Return the interface of a name.

        Raises:
            SideRefused: None is stated.
        """
        found = next((one for one in self.interfaces if one.name == name), None)
        if found is None:
            text = _("no interface {name} is stated")
            raise SideRefused(side, Sentence(text, code="side.http_unknown", name=name))
        return found


def facts_of(interface: Interface) -> TableFacts:
    """Return an interface as a table."""
    columns = tuple(ColumnFacts(one.name, one.type, comment=one.comment) for one in interface.columns)
    return TableFacts("", interface.name, "interface", interface.comment, columns=columns, primary_key=interface.key)


@dataclass(eq=False)
class HttpView(StagedView):
    """One interface, read when the run begins."""

    source: HttpSource
    policy: AddressPolicy
    ticket: Ticket

    def __post_init__(self) -> None:
        """Look at what is stated; the server is asked by `load`.

        Raises:
            SideRefused: No such interface is stated.
        """
        self._interface = self.source.interface(self.ticket.resource.table, "source")
        self._types = {one.name: one.type for one in self._interface.columns}
        self._asker = Asker(self.source.connection, self._interface, "source", self.policy)

    def load(self, arrived: Callable[[int], None]) -> None:
        """Read the rows, telling `arrived` how many came.

        Raises:
            DataPlaneRefusal: As `paging.rows_of`.
        """
        self._stage = Stage(lambda: faults_told(self._interface.name))
        with faults_told(self._interface.name):
            self._stage.fill(list(self._types), self._batches(lambda: arrived(0)), arrived)
        values = {name: _value(name, of) for name, of in self._types.items()}
        self._written = self._stage.spoiled(values)
        self._stage.open(values, self._written)

    def _batches(self, passed: Callable[[], None]) -> Iterator[pa.RecordBatch]:
        schema = pa.schema([(name, pa.string()) for name in self._types])
        for page in rows_of(self._asker, self.source.codec, passed):
            # In small batches, and each row let go once it is in one: a page is large, and lies here several times.
            page.reverse()
            while page:
                cells = zip(*(page.pop() for _ in range(min(_ROWS, len(page)))), strict=True)
                yield pa.RecordBatch.from_arrays([pa.array(one, pa.string()) for one in cells], schema=schema)

    @property
    def facts(self) -> TableFacts:
        """Return the interface as a table."""
        return facts_of(self._interface)

    @property
    def checks(self) -> tuple[Typed, ...]:
        """Return the checks that keep back rows with values that are none of the stated type."""
        return checks_of(self._types, self._written)

    def cancel(self) -> None:
        """End what is under way."""
        self._asker.cut()
        super().cancel()

    def cut(self) -> None:
        """End what is under way."""
        self.cancel()

    def close(self) -> None:
        """Let go; may be called twice."""
        self._asker.close()
        super().close()


def _value(name: str, of: SqlType) -> str:
    """Return the expression of a written text as a value of the stated type; NULL where it is none."""
    column = _NAME(name)
    if of.kind is Kind.TEXT:
        # The sign NUL is no text in PostgreSQL.
        limit = f" or length({column}) > {of.modifiers[0]}" if of.modifiers else ""
        return f"case when contains({column}, chr(0)){limit} then null else {column} end"
    if of.kind is Kind.INSTANT:
        return f"case when regexp_full_match({column}, '{_INSTANT}') then try_cast({column} as TIMESTAMPTZ) end"
    if duckdb_type(of) is None:
        raise ValueError(f"{of} is not in the table of types")
    return typed_text(column, of)


def list_interfaces(source: HttpSource, policy: AddressPolicy) -> tuple[TableSummary, ...]:
    """Return what is stated, once the first interface was seen to answer.

    Raises:
        AddressRefused, SideLost, SideRefused: As `first_page`.
    """
    first_page(source, source.interfaces[0], policy)
    return tuple(TableSummary("", one.name, "interface", one.comment) for one in source.interfaces)


def first_page(source: HttpSource, interface: Interface, policy: AddressPolicy) -> list[Row]:
    """Return the rows of the first page.

    Raises:
        AddressRefused, SideLost, SideRefused: The interface cannot be asked, or answers otherwise than stated.
    """
    with contextlib.closing(Asker(source.connection, interface, "named", policy)) as asker:
        return next(rows_of(asker, source.codec), [])


def inspect_interface(source: HttpSource, name: str, policy: AddressPolicy = default_policy) -> TableFacts:
    """Return what is stated of an interface, once its first page was seen to be so.

    Raises:
        AddressRefused, SideLost, SideRefused: As `first_page`, or none of that name is stated.
    """
    interface = source.interface(name, "named")
    first_page(source, interface, policy)
    return facts_of(interface)


def profile_interface(
    source: HttpSource, name: str, policy: AddressPolicy = default_policy
) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column over the first rows.

    Raises:
        AddressRefused, SideLost, SideRefused: As `first_page`, or none of that name is stated.
    """
    interface = source.interface(name, "named")
    with contextlib.closing(Asker(source.connection, interface, "named", policy)) as asker:
        pages = itertools.chain.from_iterable(rows_of(asker, source.codec))
        rows: Sequence[Row] = list(itertools.islice(pages, LOOKED_AT))
    cells = list(zip(*rows, strict=True)) or [()] * len(interface.columns)
    return tuple(
        profile_cells(one.name, [(cell or "").strip() for cell in found])
        for one, found in zip(interface.columns, cells, strict=True)
    )
