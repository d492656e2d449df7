"""A list whose rows are no table of the database: the same furniture over rows that are held in memory."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from django.utils.translation import get_language, override

from hefu.portal.lists.columns import Row
from hefu.portal.lists.face import Face, FilterState
from hefu.portal.lists.filters import Chip, Option
from hefu.portal.words import say


@dataclass(frozen=True)
class Choice:
    """One of several values of a row, with the number of rows beside each."""

    key: str
    label: str
    #: The value of a row.
    of: Callable[[Any], str]
    #: Makes a word of a value.
    word: Callable[[str], str] = say
    tabs: bool = False

    kind: ClassVar[str] = "facet"


class HeldListing(Face[Row]):
    """A list of a few thousand rows at most; a subclass says which, and what a search finds."""

    @abstractmethod
    def held(self) -> Sequence[Row]:
        """Return every row that the reader may see, in the order that holds without a sort."""

    @abstractmethod
    def found(self, row: Row, search: str) -> bool:
        """Return whether the search finds `row`."""

    def choices(self) -> Sequence[Choice]:
        """Return the filters, in the order in which they stand."""
        return ()

    @cached_property
    def _searched(self) -> list[Row]:
        rows = self.held()
        return [row for row in rows if self.found(row, self.search)] if self.search else list(rows)

    def _chosen(self, one: Choice) -> str:
        return self.asked.get(one.key, "").replace("\x00", "")

    def _passing(self, but: str = "") -> list[Row]:
        wanted = [(one, self._chosen(one)) for one in self.choices() if one.key != but]
        return [row for row in self._searched if all(not value or one.of(row) == value for one, value in wanted)]

    @cached_property
    def _sorted(self) -> list[Row]:
        rows = self._passing()
        key = self.sort_key.removeprefix("-")
        column = next((one for one in self.columns() if one.key == key and one.sort), None)
        if column is None:
            return rows
        reader = column.value
        return sorted(rows, key=lambda row: _comparable(reader(row)), reverse=self.sort_key.startswith("-"))

    @cached_property
    def states(self) -> list[FilterState]:
        """Every filter with its options and counts."""
        return [self._state(one) for one in self.choices()]

    def _state(self, one: Choice) -> FilterState:
        rows, chosen = self._passing(but=one.key), self._chosen(one)
        counts: dict[str, int] = {}
        for row in self.held():
            counts.setdefault(one.of(row), 0)
        for row in rows:
            counts[one.of(row)] += 1
        options = [Option(value, one.word(value), count, value == chosen) for value, count in counts.items() if value]
        word = next((option.word for option in options if option.chosen), chosen)
        chips = [Chip(say(one.label), word, (one.key,))] if chosen else []
        return FilterState(one, say(one.label), options, chips, chosen, total=len(rows))  # type: ignore[arg-type]

    @cached_property
    def count(self) -> int:
        """How many rows pass."""
        return len(self._sorted)

    @property
    def counted_all(self) -> bool:
        """Always: the rows are held."""
        return True

    @property
    def _first(self) -> int:
        asked = self.asked.get("after", "")
        return int(asked) if asked.isdecimal() and len(asked) < 9 else 0

    @property
    def page(self) -> list[Row]:
        """The rows of this page."""
        return self._sorted[self._first : self._first + self.size]

    @property
    def next_address(self) -> str:
        """Where the next page is, or nothing."""
        after = self._first + self.size
        return self.address(after=str(after)) if after < self.count else ""

    @property
    def previous_address(self) -> str:
        """Where the page before is, or nothing."""
        before = max(0, self._first - self.size)
        return self.address(after=str(before) if before else "") if self._first else ""

    def export_rows(self) -> Iterator[list[Any]]:
        """Yield every row that passes, as plain values of the columns shown; the language is kept from now."""
        language, readers = get_language() or "", [column.plain for column in self.shown]
        rows = iter(self._sorted)
        while batch := list(islice(rows, 1000)):
            with override(language):
                lines = [[read(row) for read in readers] for row in batch]
            yield from lines


def _comparable(value: Any) -> tuple[bool, Any]:
    """Return a key that puts rows without a value last and compares texts by their letters."""
    if value is None:
        return (True, "")
    return (False, "、".join(map(str, value)) if isinstance(value, list | tuple) else value)
