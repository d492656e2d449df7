"""What a column of a list is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.utils.html import format_html
from django.utils.safestring import SafeString

from hefu.portal import shows
from hefu.portal.words import say

Row = TypeVar("Row")


class Align(StrEnum):
    """Where a cell's text stands."""

    START = "start"
    END = "end"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: what it holds, how it is shown, whether it sorts."""

    #: Stable name, in addresses and in the remembered choice of columns.
    key: str
    #: Marked word over the column, or a name when `named` is set.
    label: str
    #: The plain value of a row: what is exported, and shown unless `show` is set.
    value: Callable[[Row], Any]
    #: ORM path that sorts it; empty for a column that does not sort.
    sort: str = ""
    #: How the page shows a row, when plain text is not enough.
    show: Callable[[Row], str] | None = None
    #: Where the cell leads.
    link: Callable[[Row], str] | None = None
    align: Align = Align.START
    #: Whether it is shown before anybody chose.
    shown: bool = True
    #: Whether the label is a name of the data, which no language changes.
    named: bool = False
    #: Whether a phone has room for it.
    phone: bool = True
    #: Whether the text may break; codes and dates may not.
    wraps: bool = True

    @property
    def heading(self) -> str:
        """Return what stands over the column, in the reader's language."""
        return self.label if self.named else say(self.label)

    def cell(self, row: Row) -> SafeString | str:
        """Return what the page shows for `row`."""
        inner = self.show(row) if self.show else shows.value(self.value(row))
        if self.link and inner:
            return format_html('<a href="{}">{}</a>', self.link(row), inner)
        return inner

    def plain(self, row: Row) -> str | int | float | date | datetime | None:
        """Return what an export holds for `row`."""
        value = self.value(row)
        if value is None or (isinstance(value, int | float | date) and not isinstance(value, bool)):
            return value
        if isinstance(value, bool):
            return say("yes") if value else say("no")
        if isinstance(value, list | tuple | set | frozenset):
            return "、".join(say(str(part)) for part in value)
        return say(str(value))
