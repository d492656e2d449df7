"""A list over a table of the database: counted, sorted and paged there."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language, override

from hefu.portal.lists.columns import Row
from hefu.portal.lists.face import Empty, Face, FilterState, Heading
from hefu.portal.lists.filters import Between, Filter
from hefu.portal.lists.keyset import Mark, Order
from hefu.portal.words import say

__all__ = ["COUNTED", "Empty", "FilterState", "Heading", "Listing", "batched"]

#: Rows are counted up to here; beyond, "more than" is said.
COUNTED = 10_000


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """Yield `rows` in lists of `size`, the last one shorter."""
    while batch := list(islice(rows, size)):
        yield batch


class Listing(Face[Row]):
    """A list of one kind of row. A subclass declares it and says where the rows come from."""

    @abstractmethod
    def rows(self, search: str) -> QuerySet[Any]:
        """Return what the reader may see, narrowed by the search text when there is one."""

    def filters(self) -> Sequence[Filter]:
        """Return the filters, in the order in which they stand."""
        return ()

    def prepare(self, rows: list[Row]) -> None:
        """Fetch at once what the columns need besides the rows themselves."""

    @cached_property
    def _order(self) -> Order:
        key = self.sort_key.removeprefix("-")
        path = next((column.sort for column in self.columns() if column.key == key), "pk")
        return Order(path, self.sort_key.startswith("-"))

    @cached_property
    def _all(self) -> QuerySet[Any]:
        return self.rows(self.search)

    @cached_property
    def narrowed(self) -> QuerySet[Any]:
        """The rows that pass every filter."""
        rows = self._all
        for narrowing in self.filters():
            rows = narrowing.narrow(rows, self.asked)
        return rows

    @cached_property
    def states(self) -> list[FilterState]:
        """Every filter with its options and counts."""
        return [self._filter_state(one) for one in self.filters()]

    def _filter_state(self, one: Filter) -> FilterState:
        if isinstance(one, Between):
            first, last = one.ends(self.asked)
            return FilterState(
                one,
                say(one.label),
                [],
                one.chips(self.asked, []),
                first=first.isoformat() if first else "",
                last=last.isoformat() if last else "",
            )
        rows = self._all
        for other in self.filters():
            if other.key != one.key:
                rows = other.narrow(rows, self.asked)
        options = one.options(rows, self.asked)
        total = rows.order_by().count() if one.tabs else 0
        return FilterState(
            one, say(one.label), options, one.chips(self.asked, options), one.chosen(self.asked), total=total
        )

    @cached_property
    def count(self) -> int:
        """How many rows there are, counted up to `COUNTED` and one more."""
        return int(self.narrowed.order_by()[: COUNTED + 1].count())

    @property
    def counted_all(self) -> bool:
        """Whether `count` is exact."""
        return self.count <= COUNTED

    @cached_property
    def _page(self) -> tuple[list[Row], bool, bool]:
        """Rows of this page, whether there are earlier ones, whether there are later ones."""
        order = self._order
        before = Mark.read(self.asked.get("before", ""), order)
        after = Mark.read(self.asked.get("after", ""), order) if before is None else None
        rows = order.of(self.narrowed, backwards=before is not None)
        if before:
            rows = rows.filter(order.beyond(before, backwards=True))
        elif after:
            rows = rows.filter(order.beyond(after))
        found = list(rows[: self.size + 1])
        more = len(found) > self.size
        found = found[: self.size]
        if before:
            found.reverse()
        self.prepare(found)
        return found, (more if before else after is not None), (True if before else more)

    @property
    def page(self) -> list[Row]:
        """The rows of this page."""
        return self._page[0]

    @property
    def next_address(self) -> str:
        """Where the next page is, or nothing."""
        rows, _, later = self._page
        return self._turn("after", rows[-1]) if rows and later else ""

    @property
    def previous_address(self) -> str:
        """Where the page before is, or nothing."""
        rows, earlier, _ = self._page
        return self._turn("before", rows[0]) if rows and earlier else ""

    def _turn(self, way: str, row: Row) -> str:
        return self.address(**{way: Mark.of(row, self._order).write(self._order)})

    def export_rows(self) -> Iterator[list[Any]]:
        """Yield every narrowed row in the order in force, as plain values of the columns shown.

        The rows are written after the page's own work is over, so the language is kept from now.
        """
        language = get_language() or ""
        rows = self._order.of(self.narrowed).iterator(chunk_size=1000)
        return (line for batch in batched(rows, 1000) for line in self._plain(batch, language))

    def _plain(self, batch: list[Row], language: str) -> list[list[Any]]:
        with override(language):
            self.prepare(batch)
            readers: list[Callable[[Row], Any]] = [column.plain for column in self.shown]
            return [[read(row) for read in readers] for row in batch]
