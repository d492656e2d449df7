"""What narrows a list. Each filter reads the address, narrows the rows, counts and names itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_date

from hefu.portal.words import say


@dataclass(frozen=True)
class Option:
    """One value that a facet offers."""

    value: str
    word: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Chip:
    """One filter in force, as it is read aloud."""

    label: str
    word: str
    #: Names in the address that taking it off removes.
    names: tuple[str, ...]
    #: The address without it.
    without: str = ""


@dataclass(frozen=True)
class Facet:
    """One of several values, with the number of rows beside each."""

    key: str
    label: str
    #: ORM path of the value.
    path: str
    #: Value → marked word, when the values are known beforehand; their order is kept.
    words: Mapping[Any, str] | None = None
    #: ORM path of the value's name, when they are not.
    name_field: str = ""
    #: Value → condition, where a value is not simply equal to the field.
    conditions: Mapping[str, Q] = field(default_factory=dict)
    #: Makes a word of a value when neither `words` nor `name_field` does.
    word: Callable[[str], str] = field(default=say)
    #: Shown as tabs above the list instead of a field beside the search.
    tabs: bool = False

    kind: ClassVar[str] = "facet"

    def chosen(self, asked: QueryDict) -> str:
        """Return the value asked for, or nothing."""
        value = asked.get(self.key, "").replace("\x00", "")
        return value if self.words is None or value in self.words else ""

    def narrow(self, rows: QuerySet[Any], asked: QueryDict) -> QuerySet[Any]:
        """Return the rows that have the chosen value; none when it cannot be one."""
        value = self.chosen(asked)
        try:
            return rows.filter(self._condition(value)) if value else rows
        except (ValidationError, ValueError):
            return rows.none()

    def options(self, rows: QuerySet[Any], asked: QueryDict) -> list[Option]:
        """Return the values with their numbers among `rows`, which the other filters have narrowed."""
        chosen = self.chosen(asked)
        plain = rows.model._default_manager.filter(pk__in=rows.order_by().values("pk"))
        if self.words is None:
            return self._found(plain, chosen)
        counts = plain.aggregate(
            **{f"n{at}": Count("pk", filter=self._condition(value)) for at, value in enumerate(self.words)}
        )
        return [
            Option(value, say(word), counts[f"n{at}"], value == chosen)
            for at, (value, word) in enumerate(self.words.items())
        ]

    def _condition(self, value: str) -> Q:
        return self.conditions[value] if value in self.conditions else Q(**{self.path: value})

    def _found(self, rows: QuerySet[Any], chosen: str) -> list[Option]:
        fields = [self.path, *([self.name_field] if self.name_field else [])]
        groups = rows.order_by().values_list(*fields).annotate(number=Count("pk", distinct=True))
        found = [
            Option(
                str(group[0]),
                str(group[1]) if self.name_field else self.word(str(group[0])),
                group[-1],
                str(group[0]) == chosen,
            )
            for group in groups
            if group[0] not in (None, "")
        ]
        return sorted(found, key=lambda option: (-option.count, option.word))

    def chips(self, asked: QueryDict, options: list[Option]) -> list[Chip]:
        """Return the chosen value in words."""
        value = self.chosen(asked)
        if not value:
            return []
        word = next((option.word for option in options if option.chosen), value)
        return [Chip(say(self.label), word, (self.key,))]


@dataclass(frozen=True)
class Between:
    """A span of days, both ends included."""

    key: str
    label: str
    #: ORM path of an instant, or of a date with `instant` off.
    path: str
    instant: bool = True

    kind: ClassVar[str] = "between"
    tabs: ClassVar[bool] = False

    def ends(self, asked: QueryDict) -> tuple[date | None, date | None]:
        """Return the first and the last day asked for."""
        return _day(asked.get(f"{self.key}_from", "")), _day(asked.get(f"{self.key}_until", ""))

    def narrow(self, rows: QuerySet[Any], asked: QueryDict) -> QuerySet[Any]:
        """Return the rows within the span."""
        first, last = self.ends(asked)
        path = f"{self.path}__date" if self.instant else self.path
        if first:
            rows = rows.filter(**{f"{path}__gte": first})
        if last:
            rows = rows.filter(**{f"{path}__lte": last})
        return rows

    def chips(self, asked: QueryDict, options: list[Option]) -> list[Chip]:
        """Return the span in words."""
        del options
        first, last = self.ends(asked)
        if not first and not last:
            return []
        word = f"{first.isoformat() if first else ''} – {last.isoformat() if last else ''}"
        return [Chip(say(self.label), word, (f"{self.key}_from", f"{self.key}_until"))]


Filter = Facet | Between


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
