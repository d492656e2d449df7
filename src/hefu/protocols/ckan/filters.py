"""CKAN's filter query as its clients send it, understood as far as what we tell has the fields; the rest is refused.

Understood: `field:value`, `field:"two words"`, `field:(a OR b)`, `field:*`, `field:begin*`, `field:[from TO to]` for
days, `AND`, `OR`, `NOT`, `&&`, `||`, `!`, `+a:b -c:d`, parentheses, and clauses side by side, which all have to hold.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from django.db.models import Q
from django.utils.dateparse import parse_date, parse_datetime

from hefu.rooms.catalog.terms import OpenType

#: Signs, words and depth of one filter query.
LONGEST, MOST, DEEPEST = 4000, 200, 20

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<sign>&&|\|\||[()!+:]|-)
      | (?P<range>[\[{][^\]}]*[\]}])
      | "(?P<quoted>(?:[^"\\]|\\.)*)"
      | (?P<word>(?:[^\s()"\\:\[\]{}!+]|\\.)+)
    )""",
    re.VERBOSE | re.DOTALL,
)
_RANGE = re.compile(r"([\[{])\s*(\S+)\s+TO\s+(\S+)\s*([\]}])", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
#: Every entry, and none. An empty filter would vanish beside another one.
_ALL, _NONE = Q(pk__isnull=False), Q(pk__in=[])
#: What ends a row of clauses that all have to hold.
_ENDS = (("sign", ")"), ("word", "OR"), ("sign", "||"))


class NotUnderstood(Exception):
    """The query says what cannot be looked for here; the text says what."""


@dataclass(frozen=True)
class _Word:
    """One value as it was written."""

    text: str
    quoted: bool = False

    @property
    def anything(self) -> bool:
        return self.text == "*" and not self.quoted

    @property
    def begins(self) -> str | None:
        """Return what a value begins with, where only that is said."""
        return self.text[:-1] if self.text.endswith("*") and not self.quoted else None


def _value(*paths: str) -> Callable[[_Word], Q]:
    """Return the filter of a field with one value, which is the same as the word at one of the paths."""

    def chosen(word: _Word) -> Q:
        made = Q()
        for path in paths:
            if word.anything:
                made |= ~Q(**{path: ""})
            elif word.begins is not None:
                made |= Q(**{f"{path}__istartswith": word.begins})
            else:
                made |= Q(**{path: word.text})
        return made

    return chosen


def _members(path: str, *, lower: bool = False) -> Callable[[_Word], Q]:
    """Return the filter of a list that has the word."""

    def chosen(word: _Word) -> Q:
        if word.anything:
            return ~Q(**{path: []})
        if word.begins is not None:
            raise NotUnderstood(f"{word.text}: no beginnings of words in lists")
        return Q(**{f"{path}__contains": [word.text.lower() if lower else word.text]})

    return chosen


def _organization(word: _Word) -> Q:
    if word.anything:
        return _ALL
    if word.begins is not None:
        return Q(provider__credit_code__istartswith=word.begins)
    return Q(provider__credit_code=word.text.upper()) | _by_id("provider_id", word)


def _by_id(path: str, word: _Word) -> Q:
    try:
        return Q(**{path: UUID(word.text)})
    except ValueError:
        return _NONE


def _name(word: _Word) -> Q:
    return _ALL if word.anything else _by_id("pk", word)


def _formats(word: _Word) -> Q:
    return _members("format_types", lower=True)(word) | (Q(format_types=[]) & _value("format_other")(word))


def _constant(value: str) -> Callable[[_Word], Q]:
    """Return the filter of a field that is the same for all that is told."""

    def chosen(word: _Word) -> Q:
        begins = word.begins is not None and value.startswith(word.begins)
        return _ALL if word.anything or begins or word.text.casefold() == value else _NONE

    return chosen


def _is_open(word: _Word) -> Q:
    if word.text.casefold() not in ("true", "false", "*"):
        raise NotUnderstood(f"isopen:{word.text}")
    if word.anything:
        return _ALL
    return (
        Q(open_type=OpenType.UNCONDITIONAL) if word.text.casefold() == "true" else ~Q(open_type=OpenType.UNCONDITIONAL)
    )


#: CKAN's field → filter.
_FIELDS: dict[str, Callable[[_Word], Q]] = {
    "organization": _organization,
    "owner_org": _organization,
    "groups": _value("theme"),
    "tags": _members("tags"),
    "res_format": _formats,
    "license_id": _constant("notspecified"),
    "id": _name,
    "name": _name,
    "title": _value("name"),
    "isopen": _is_open,
    "type": _constant("dataset"),
    "dataset_type": _constant("dataset"),
    "state": _constant("active"),
    "private": _constant("false"),
    "capacity": _constant("public"),
}
#: CKAN's field with moments → ours.
_MOMENTS = {"metadata_modified": "changed_at", "metadata_created": "published_at"}


def understood(asked: str) -> Q:
    """Return the filter of entries that a filter query says.

    Raises:
        NotUnderstood: It says something else than what stands above, or too much.
    """
    if len(asked) > LONGEST:
        raise NotUnderstood(f"longer than {LONGEST} signs")
    return _Reader(asked).whole()


class _Reader:
    """Reads one filter query."""

    def __init__(self, asked: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, asked = 0, asked.rstrip()
        while at < len(asked):
            found = _TOKEN.match(asked, at)
            if found is None:
                raise NotUnderstood(asked[at : at + 100].strip())
            kind = str(found.lastgroup)
            self._tokens.append((kind, found.group(kind)))
            at = found.end()
        if len(self._tokens) > MOST * 4:
            raise NotUnderstood(f"more than {MOST} clauses")
        self._at = 0

    def whole(self) -> Q:
        made = self._either(0) if self._tokens else _ALL
        if self._at < len(self._tokens):
            raise NotUnderstood(self._rest())
        return made

    def _rest(self) -> str:
        return " ".join(text for _kind, text in self._tokens[self._at : self._at + 8]) or "the end"

    def _next(self, *texts: str) -> bool:
        """Go on when one of these stands next."""
        if self._at >= len(self._tokens):
            return False
        kind, text = self._tokens[self._at]
        stands = kind in ("sign", "word") and text in texts
        self._at += stands
        return stands

    def _either(self, depth: int) -> Q:
        made = self._each(depth)
        while self._next("OR", "||"):
            made = made | self._each(depth)
        return made

    def _each(self, depth: int) -> Q:
        made = self._one(depth)
        while self._at < len(self._tokens) and self._tokens[self._at] not in _ENDS:
            self._next("AND", "&&")
            made = made & self._one(depth)
        return made

    def _one(self, depth: int) -> Q:
        if depth > DEEPEST:
            raise NotUnderstood(f"nested deeper than {DEEPEST}")
        if self._next("-", "!", "NOT"):
            return ~self._one(depth + 1)
        if self._next("+"):
            return self._one(depth + 1)
        if self._next("("):
            made = self._either(depth + 1)
            self._needs(")")
            return made
        return self._clause(depth)

    def _needs(self, text: str) -> None:
        if not self._next(text):
            raise NotUnderstood(self._rest())

    def _clause(self, depth: int) -> Q:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "word":
            raise NotUnderstood(self._rest())
        name = self._tokens[self._at][1]
        if self._tokens[self._at + 1 : self._at + 2] != [("sign", ":")]:
            raise NotUnderstood(f"{self._rest()}: a field and a colon stand before each value")
        self._at += 2
        if name == "*" and self._next("*"):
            return _ALL
        if name in _MOMENTS:
            return self._moments(name)
        if name not in _FIELDS:
            raise NotUnderstood(f"no field {name[:60]}")
        return self._values(_FIELDS[name], depth)

    def _values(self, field: Callable[[_Word], Q], depth: int) -> Q:
        """Read one value, or several in parentheses."""
        if depth > DEEPEST:
            raise NotUnderstood(f"nested deeper than {DEEPEST}")
        if self._next("-", "!", "NOT"):
            return ~self._values(field, depth + 1)
        if self._next("+"):
            return self._values(field, depth + 1)
        if not self._next("("):
            return field(self._word())
        made = self._values(field, depth + 1)
        while not self._next(")"):
            if self._next("OR", "||"):
                made = made | self._values(field, depth + 1)
            else:
                self._next("AND", "&&")
                made = made & self._values(field, depth + 1)
        return made

    def _word(self) -> _Word:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] not in ("word", "quoted"):
            raise NotUnderstood(self._rest())
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "quoted":
            return _Word(_ESCAPED.sub(r"\1", text), quoted=True)
        if re.search(r"(?<!\\)[?~^]|(?<!\\)\*(?!\Z)", text):
            raise NotUnderstood(f"{text[:60]}: only a star at the end stands for more")
        return _Word(_ESCAPED.sub(r"\1", text), quoted=text.endswith(r"\*"))

    def _moments(self, name: str) -> Q:
        path = _MOMENTS[name]
        kind, text = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        found = _RANGE.fullmatch(text) if kind == "range" else None
        if found is None:
            raise NotUnderstood(f"{name}: [from TO to], each a day, a moment or *")
        self._at += 1
        opens, begin, end, closes = found.groups()
        made = Q()
        if begin != "*":
            made &= Q(**{f"{path}__{'gte' if opens == '[' else 'gt'}": _moment(begin, time.min)})
        if end != "*":
            made &= Q(**{f"{path}__{'lte' if closes == ']' else 'lt'}": _moment(end, time.max)})
        return made


def _moment(text: str, on_its_day: time) -> datetime:
    try:
        day = parse_date(text)
        if day is not None:
            return datetime.combine(day, on_its_day, UTC)
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise NotUnderstood(f"{text[:60]}: no day or moment")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
