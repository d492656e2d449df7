"""The same question put to PostgreSQL: slower, without sounds and spellings, but always there and never behind."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.rooms.catalog.access import visible
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.searching.documents import LEVELS, kinds, level_and_places
from hefu.search.pieces import pieces
from hefu.search.terms import FURTHEST, MOST_VALUES, Count, Found, Question, Sort

#: Entries that are counted by facet at most; beyond, counting would take longer than anybody waits.
_COUNTED = 50_000
_ORDERS: dict[Sort, tuple[Any, ...]] = {
    Sort.RELEVANCE: (F("published_at").desc(nulls_last=True), "code"),
    Sort.NEWEST: (F("published_at").desc(nulls_last=True), "code"),
    Sort.NAME: ("name", "code"),
    Sort.USES: (F("use__grants").desc(nulls_last=True), "code"),
}
#: Facet → column.
_PLAIN = {
    "status": "status",
    "share_type": "share_type",
    "theme": "theme",
    "open_type": "open_type",
    "update_cycle": "update_cycle",
    "format": "format_class",
    "grade": "grade",
}
_READ = ("provider_id", "provider__place", "class_code", "channels", "gaps", *_PLAIN.values())


def ask(question: Question, *, viewer: Actor) -> Found:
    """Answer a question within what `viewer` may read."""
    found = matching(question, viewer=viewer)
    begin = min(question.offset, FURTHEST)
    ids = tuple(found.values_list("pk", flat=True)[begin : begin + question.limit])
    total = found.order_by().count()
    counts: dict[str, tuple[Count, ...]] = dict.fromkeys(question.counted, ())
    if total <= _COUNTED:
        counts = _counts(found, question.counted)
    for name, values in question.chosen:
        if values and name in question.counted:
            counts[name] = _counts(matching(question, viewer=viewer, but=name), [name])[name]
    return Found(ids, total, counts)


def matching(question: Question, *, viewer: Actor, but: str = "") -> QuerySet[Entry]:
    """Return the rows that match, in order; the facet `but` is left free."""
    found = Entry.objects.filter(visible(viewer), changes_to__isnull=True).select_related("provider")
    for name, values in question.chosen:
        if values and name != but:
            found = found.filter(_any(_condition(name, value) for value in values))
    if question.after:
        found = found.filter(published_at__gt=question.after)
    asked = pieces(question.text)
    if question.text.strip() and not asked:
        found = found.none()
    for piece in asked:
        told = _any(Q(words__contains=form) for form in piece.forms)
        found = found.filter(told | Q(code__startswith=piece.forms[0]) | Q(provider__short_name__in=piece.forms))
    return found.defer("words", "original").order_by(*_ORDERS[question.sort])


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        found |= condition
    return found


def _condition(name: str, value: str) -> Q:
    if name in _PLAIN:
        return Q(**{_PLAIN[name]: value})
    conditions: dict[str, Callable[[], Q]] = {
        "provider": lambda: Q(provider_id=_uuid(value)),
        "channel": lambda: Q(channels__contains=[value]),
        "kind": lambda: Q(class_code__startswith=value),
        "quality": lambda: Q(gaps=[]) if value == "complete" else ~Q(gaps=[]),
        "place": lambda: Q(provider__place__startswith=value) if value.isdigit() else Q(pk__in=[]),
        "level": lambda: Q(provider__place__in=_places(value)),
    }
    return conditions[name]()


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        return UUID(int=0)


def _places(level: str) -> list[str]:
    """Return the places of a level that departments are in."""
    known = Entry.objects.order_by().values_list("provider__place", flat=True).distinct()
    return [place for place in known if level_and_places(place)[0] == level and level in LEVELS.values()]


def _counts(found: QuerySet[Entry], names: Sequence[str]) -> dict[str, tuple[Count, ...]]:
    made: dict[str, Counter[str]] = {name: Counter() for name in names}
    if names:
        for row in found.order_by().values(*_READ)[:_COUNTED]:
            for name in names:
                made[name].update(value for value in _values(name, row) if value)
    return {
        name: tuple(Count(value, count) for value, count in counter.most_common(MOST_VALUES))
        for name, counter in made.items()
    }


def _values(name: str, row: dict[str, Any]) -> Sequence[str]:
    if name in _PLAIN:
        return (row[_PLAIN[name]],)
    match name:
        case "provider":
            return (str(row["provider_id"]),)
        case "channel":
            return tuple(row["channels"])
        case "kind":
            return kinds(row["class_code"])
        case "quality":
            return ("gaps" if row["gaps"] else "complete",)
        case "place":
            return level_and_places(row["provider__place"])[1]
        case _:
            return (level_and_places(row["provider__place"])[0],)
