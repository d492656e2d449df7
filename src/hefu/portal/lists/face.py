"""What every list shows and how its address reads, wherever its rows are held."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Generic

from django.http import QueryDict
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from hefu.portal.http import PortalRequest
from hefu.portal.lists.columns import Column, Row
from hefu.portal.lists.filters import Chip, Facet, Filter, Option
from hefu.portal.words import say

#: Rows on a page.
SIZES = (25, 50, 100)
#: Names in the address that are not filters.
PLACE = ("after", "before")


@dataclass(frozen=True)
class Empty:
    """What an empty list says: what would be here, and the first step."""

    sentence: str
    #: Marked word on the button of the first step.
    step: str = ""
    #: Where it leads.
    address: str = ""


@dataclass(frozen=True)
class Heading:
    """One column's head: label, sorting state, and where a click leads."""

    column: Column[Any]
    label: str
    #: `ascending`, `descending`, or empty.
    sorted: str
    address: str


@dataclass(frozen=True)
class FilterState:
    """One filter with its options, as the template shows it."""

    filter: Filter
    label: str
    options: list[Option]
    chips: list[Chip]
    chosen: str = ""
    first: str = ""
    last: str = ""
    #: Rows that pass all other filters.
    total: int = 0

    @property
    def key(self) -> str:
        """Return the filter's name in the address."""
        return self.filter.key


class Face(ABC, Generic[Row]):
    """A list as the template asks it: a kind of list says how rows are found, a subclass of it what they are."""

    #: Stable name: id on the page, file name of exports, key of remembered choices.
    name: ClassVar[str] = ""
    #: Marked word for the table's caption and the export's file name.
    title: ClassVar[str] = ""
    #: Marked word in the search field; without it there is no search.
    search_word: ClassVar[str] = ""
    #: Key of the column sorted by at first, `-` before it for descending.
    order: ClassVar[str] = ""
    #: Whether the facets stand beside the list with their counts, where there is room for them.
    aside: ClassVar[bool] = False

    def __init__(self, request: PortalRequest) -> None:
        """Read what the address asks for."""
        self.request = request
        self.asked: QueryDict = request.GET

    # What a list says of itself

    @abstractmethod
    def columns(self) -> Sequence[Column[Row]]:
        """Return every column that this reader may see."""

    @abstractmethod
    def empty(self) -> Empty:
        """Return what is said when there is nothing at all."""

    def row_class(self, row: Row) -> str:
        """Return a class for the whole row, such as one that marks it as ended."""
        return ""

    # What a kind of list says

    @property
    @abstractmethod
    def states(self) -> list[FilterState]:
        """Every filter with its options and counts."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many rows pass; one more than is counted when there are more."""

    @property
    @abstractmethod
    def counted_all(self) -> bool:
        """Whether `count` is exact."""

    @property
    @abstractmethod
    def page(self) -> list[Row]:
        """The rows of this page."""

    @property
    @abstractmethod
    def next_address(self) -> str:
        """Where the next page is, or nothing."""

    @property
    @abstractmethod
    def previous_address(self) -> str:
        """Where the page before is, or nothing."""

    @abstractmethod
    def export_rows(self) -> Iterator[list[Any]]:
        """Yield every row that passes, as plain values of the columns shown; the language is kept from now."""

    # What the template asks

    @cached_property
    def search(self) -> str:
        """The search text."""
        return self.asked.get("q", "").replace("\x00", "").strip()[:200] if self.search_word else ""

    @cached_property
    def size(self) -> int:
        """Rows on a page."""
        asked = self.asked.get("rows", "")
        return int(asked) if asked in map(str, SIZES) else SIZES[0]

    @property
    def sizes(self) -> list[tuple[int, str]]:
        """The choices of rows on a page and their addresses."""
        return [(size, self.address(rows=str(size))) for size in SIZES]

    @cached_property
    def sort_key(self) -> str:
        """The sort in force, as the address writes it."""
        asked = self.asked.get("sort", "")
        sortable = {column.key for column in self.columns() if column.sort}
        return asked if asked.removeprefix("-") in sortable else self.order

    @property
    def tabs(self) -> list[tuple[FilterState, str, list[tuple[Option, str]]]]:
        """The facets shown as tabs: the address of all rows, and each option with its address."""
        return [
            (
                state,
                self.address(**{state.key: ""}),
                [(option, self.address(**{state.key: option.value})) for option in state.options],
            )
            for state in self.states
            if state.filter.tabs
        ]

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the address holds besides the fields, so that narrowing keeps it."""
        names = ["sort", "rows", *(state.key for state in self.states if state.filter.tabs)]
        return [(name, value) for name in names if (value := self.asked.get(name, ""))]

    @property
    def beside(self) -> list[tuple[FilterState, list[tuple[Option, str]]]]:
        """The facets shown beside the list, each value with the address that chooses it or lets it go."""
        return [
            (
                state,
                [
                    (option, self.address(**{state.key: "" if option.chosen else option.value}))
                    for option in state.options
                    if option.count or option.chosen
                ],
            )
            for state in self.states
            if isinstance(state.filter, Facet) and not state.filter.tabs
        ]

    @property
    def fields(self) -> list[FilterState]:
        """The filters shown as fields."""
        return [state for state in self.states if not state.filter.tabs]

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters in force, the search among them, each with the address without it."""
        found = [chip for state in self.states for chip in state.chips]
        if self.search:
            found.insert(0, Chip(say("Search"), self.search, ("q",)))
        return [replace(chip, without=self.address(**dict.fromkeys(chip.names, ""))) for chip in found]

    @cached_property
    def shown(self) -> list[Column[Row]]:
        """The columns shown: those the reader chose before, else the usual ones."""
        chosen = self.request.session.get("columns", {}).get(self.name)
        columns = list(self.columns())
        if not chosen:
            return [column for column in columns if column.shown]
        return [column for at, column in enumerate(columns) if at == 0 or column.key in chosen]

    @property
    def choice(self) -> list[tuple[Column[Row], str, bool]]:
        """Every column but the first with its label and whether it is shown."""
        shown = {column.key for column in self.shown}
        return [(column, column.heading, column.key in shown) for column in list(self.columns())[1:]]

    @property
    def headings(self) -> list[Heading]:
        """The heads of the columns shown."""
        key, down = self.sort_key.removeprefix("-"), self.sort_key.startswith("-")
        return [
            Heading(
                column,
                column.heading,
                ("descending" if down else "ascending") if column.key == key else "",
                self.address(sort=f"-{column.key}" if column.key == key and not down else column.key)
                if column.sort
                else "",
            )
            for column in self.shown
        ]

    @property
    def table(self) -> SafeString:
        """The rows of this page, the first cell of each its head.

        Drawn here and not in the template, which would ask five questions of every cell.
        """
        opened = [_opened(column) for column in self.shown]
        drawn = []
        for row in self.page:
            css = self.row_class(row)
            drawn.append(f'<tr role="row" class="{escape(css)}">' if css else '<tr role="row">')
            for place, (column, begin) in enumerate(zip(self.shown, opened, strict=True)):
                cell = conditional_escape(column.cell(row))
                drawn.append(f"{begin}{cell}</span></td>" if place else f'<th scope="row" role="rowheader">{cell}</th>')
            drawn.append("</tr>\n")
        return mark_safe("".join(drawn))  # noqa: S308 - each part is escaped above

    @property
    def narrowing(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.chips)

    @property
    def has_exports(self) -> bool:
        """Whether there is anything to take out."""
        return self.count > 0

    def address(self, **changes: str) -> str:
        """Return this list's address from its first page on, with `changes`; an empty value takes a name out."""
        asked = self.asked.copy()
        for name in ("format", *PLACE):
            asked.pop(name, None)
        for name, value in changes.items():
            asked[name] = value
        for name in [name for name, value in asked.items() if not value]:
            del asked[name]
        written = asked.urlencode()
        return f"{self.request.path}?{written}" if written else self.request.path

    @property
    def csv_address(self) -> str:
        """Where the list is as CSV."""
        return self.address(format="csv")

    @property
    def xlsx_address(self) -> str:
        """Where the list is as a workbook."""
        return self.address(format="xlsx")

    def exported(self, form: str) -> None:
        """Called before a list leaves as a file, so that a subclass can put it on record."""


def _opened(column: Column[Any]) -> str:
    """Return how a cell of a column begins: the label is what a phone shows before it."""
    css = " ".join(
        name
        for name, on in ((column.align, True), ("nowrap", not column.wraps), ("not-phone", not column.phone))
        if name and on
    )
    return f'<td role="cell" data-label="{escape(column.heading)}" class="{css}"><span>'
