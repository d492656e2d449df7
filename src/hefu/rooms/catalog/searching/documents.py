"""Entries as the index takes them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hefu.kernel.identifiers import division_code
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.rooms.catalog.models import Entry, Item
from hefu.search.terms import Document

#: Entries read by one statement.
_AT_ONCE = 2000
_COLUMNS = (
    *("id", "code", "outside_code", "name", "abstract", "status", "share_type", "open_type", "channels"),
    *("update_cycle", "format_class", "grade", "theme", "tags", "system_name", "business_item", "class_code"),
    *("gaps", "published_at", "provider_id", "provider__name", "provider__short_name", "provider__place"),
    "use__grants",
)
#: Significant digits of a place → level of government.
LEVELS = {0: "nation", 2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}


def every_document(progress: Callable[[int], None] = lambda done: None) -> Iterator[Document]:
    """Yield all entries, whoever may read them, in the order of their ids.

    Args:
        progress: Told how many were yielded, once in a while.
    """
    last, done = UUID(int=0), 0
    while rows := list(_rows().filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        yield from _documents(rows)
        last = rows[-1]["id"]
        done += len(rows)
        progress(done)


def documents(ids: Sequence[UUID]) -> Iterator[Document]:
    """Yield those of these entries that there are."""
    for start in range(0, len(ids), _AT_ONCE):
        yield from _documents(list(_rows().filter(pk__in=ids[start : start + _AT_ONCE])))


def _rows() -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = Entry.objects.filter(changes_to__isnull=True).order_by().values(*_COLUMNS)
    return rows


def _documents(rows: list[dict[str, Any]]) -> Iterator[Document]:
    items: dict[UUID, list[tuple[str, str]]] = {}
    told = Item.objects.filter(entry_id__in=[row["id"] for row in rows]).order_by()
    for entry_id, name, code in told.values_list("entry_id", "name", "code").iterator(chunk_size=10_000):
        items.setdefault(entry_id, []).append((name, code))
    for row in rows:
        yield _document(row, items.get(row["id"], []))


def _document(row: dict[str, Any], items: list[tuple[str, str]]) -> Document:
    level, places = level_and_places(row["provider__place"])
    facets = {
        "status": (row["status"],),
        "share_type": (row["share_type"],),
        "provider": (str(row["provider_id"]),),
        "level": (level,),
        "place": places,
        "theme": (row["theme"],),
        "kind": kinds(row["class_code"]),
        "open_type": (row["open_type"],),
        "channel": tuple(row["channels"]),
        "update_cycle": (row["update_cycle"],),
        "format": (row["format_class"],),
        "grade": (row["grade"],),
        "quality": ("gaps" if row["gaps"] else "complete",),
    }
    return Document(
        id=row["id"],
        name=row["name"],
        codes=tuple(filter(None, (row["code"], row["outside_code"]))),
        abstract=row["abstract"],
        providers=tuple(dict.fromkeys((row["provider__name"], row["provider__short_name"]))),
        items=tuple(name for name, _code in items),
        item_codes=tuple(code for _name, code in items),
        others=tuple(filter(None, (row["theme"], *row["tags"], row["system_name"], row["business_item"]))),
        facets={name: tuple(filter(None, values)) for name, values in facets.items()},
        published_at=row["published_at"],
        uses=row["use__grants"] or 0,
    )


def level_and_places(place: str) -> tuple[str, tuple[str, ...]]:
    """Return the level of government of a division code, and it with every place above it.

    >>> level_and_places("511700")
    ('city', ('51', '5117'))
    """
    try:
        code = division_code.significant(place)
    except IdentifierFault:
        return "", ()
    while 2 < len(code) <= 6 and code.endswith("00"):
        code = code[:-2]
    if code == "00":
        return LEVELS[0], ()
    return LEVELS.get(len(code), ""), (*division_code.parents(code), code)


def kinds(class_code: str) -> tuple[str, ...]:
    """Return a class code and the codes above it: kind, then 2 and 3 digits more.

    >>> kinds("101002")
    ('1', '101', '101002')
    """
    return tuple(class_code[:length] for length in (1, 3, 6) if len(class_code) >= length)
