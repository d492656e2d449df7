"""Between rows of the catalogue's tables and the frozen content that decisions read."""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import F

from hefu.kernel.ids import new_id
from hefu.rooms.catalog import decide, itemcodes, snapshots
from hefu.rooms.catalog.errors import CodesUsedUp, ProfileUnusable
from hefu.rooms.catalog.models import CodeCounter, Entry, Item
from hefu.rooms.catalog.profiles import CodeFacts, CodeRule, Profile, profile
from hefu.rooms.catalog.terms import Content, EntryFacts, Extra, ItemContent, KeepingBack, Status

Part = TypeVar("Part", Content, ItemContent)

#: Columns of an entry that hold its content.
COLUMNS = tuple(field.name for field in dataclasses.fields(Content) if field.name != "items")
#: Columns in which "not said" is NULL; in the others it is an empty text.
_NULLABLE = frozenset({"assessed_on", "length"})
_ITEM_COLUMNS = tuple(field.name for field in dataclasses.fields(ItemContent) if field.name != "id")


def content_of(entry: Entry) -> Content:
    """Return what a row says. Items bear the id by which they live on through versions."""
    told = {name: _told(getattr(entry, name)) for name in COLUMNS}
    items = [
        {name: _told(getattr(item, name)) for name in _ITEM_COLUMNS} | {"id": str(item.stands_for or item.pk)}
        for item in entry.items.all()
    ]
    return snapshots.from_json(told | {"items": items})


def facts_of(
    entry: Entry, content: Content, *, namesake: str = "", keeping_back: KeepingBack | None = None
) -> EntryFacts:
    """Return the row as a decision sees it; its provider must have been read with it."""
    return EntryFacts(
        code=entry.code,
        status=Status(entry.status),
        content=content,
        provider_id=entry.provider_id,
        provider_is_authority=entry.provider.is_authority,
        author=entry.author,
        signed_by=entry.signed_by,
        signed_for=entry.signed_for,
        namesake=namesake,
        keeping_back=keeping_back,
    )


def fill(entry: Entry, content: Content, *, provider_name: str, at: datetime) -> None:
    """Write `content` into the row's columns, gaps and search words; items and saving are the caller's."""
    for name, value in columns_of(tidy(content), provider_name=provider_name, at=at).items():
        setattr(entry, name, value)


def columns_of(tidied: Content, *, provider_name: str, at: datetime) -> dict[str, Any]:
    """Return column → value of what a row says, with its gaps and search words."""
    told = vars(tidied)
    made = {name: value if type(value := told[name]) is str else _stored(name, value) for name in COLUMNS}
    made["gaps"] = list(decide.gaps(tidied))
    made["words"] = search_words(tidied, provider_name)
    made["changed_at"] = at
    return made


def tidy(content: Content) -> Content:
    """Return `content` with every text stripped and every item coded."""
    if not content.items:
        return _stripped(content)
    codes = itemcodes.completed((item.name, item.code) for item in content.items)
    items = tuple(
        dataclasses.replace(_stripped(item), code=code) for item, code in zip(content.items, codes, strict=True)
    )
    return dataclasses.replace(_stripped(content), items=items)


def _stripped(part: Part) -> Part:
    texts: dict[str, Any] = {
        name: text
        for name, value in vars(part).items()
        if value and type(value) is str and (text := value.replace("\x00", "").strip()) != value
    }
    return dataclasses.replace(part, **texts) if texts else part


def search_words(content: Content, provider_name: str) -> str:
    """Return the text in which a search finds the entry, folded."""
    parts = [content.name, content.abstract, provider_name, content.theme, *content.tags, content.system_name]
    parts += [word for item in content.items for word in (item.name, item.code)]
    return "\n".join(part.casefold() for part in parts if part)


def write_items(entry: Entry, items: Iterable[ItemContent], *, at: datetime, adopt: bool = False) -> None:
    """Make the entry's items those given, in their order; an item that goes on keeps its row and id.

    Args:
        entry: A saved row.
        items: What it is to have.
        at: For new ids.
        adopt: Take over ids the entry does not know yet, when a change is copied onto its entry.
    """
    unclaimed = list(entry.items.all())
    stood_for = {row.stands_for for row in unclaimed}
    in_force = [row for row in entry.changes_to.items.all() if row.pk not in stood_for] if entry.changes_to else []
    kept = []
    for position, item in enumerate(items):
        row = _claim(unclaimed, item)
        fresh = row is None
        if row is None:
            row = Item(id=item.id if adopt and item.id else new_id(at), entry=entry)
            goes_on = _claim(in_force, item)
            row.stands_for = goes_on.pk if goes_on else None
        _fill_item(row, position, item)
        row.save(force_insert=fresh)
        kept.append(row.pk)
    entry.items.exclude(pk__in=kept).delete()


def item_row(entry: Entry, position: int, item: ItemContent, *, at: datetime) -> Item:
    """Return an unsaved row for a new item."""
    row = Item(id=new_id(at), entry_id=entry.pk)
    _fill_item(row, position, item)
    return row


def _fill_item(row: Item, position: int, item: ItemContent) -> None:
    row.position = position
    for name in _ITEM_COLUMNS:
        setattr(row, name, _stored(name, getattr(item, name)))


def _claim(unclaimed: list[Item], item: ItemContent) -> Item | None:
    """Take the row that `item` goes on from: the same id, else the same code, else the same name."""
    tests: tuple[Callable[[Item], bool], ...] = (
        lambda row: item.id is not None and item.id in (row.pk, row.stands_for),
        lambda row: item.id is None and bool(item.code) and row.code == item.code,
        lambda row: item.id is None and row.name == item.name,
    )
    for test in tests:
        for row in unclaimed:
            if test(row):
                unclaimed.remove(row)
                return row
    return None


def code_facts(content: Content, *, place: str, credit_code: str) -> CodeFacts:
    """Return what an entry's code is made from."""
    return CodeFacts(content.class_code, place, credit_code, content.format_class)


def stem(facts: CodeFacts) -> str:
    """Return what the node's profile writes before the number of a code."""
    return _rule().stem(facts)


def next_codes(facts: CodeFacts, count: int = 1) -> list[str]:
    """Take `count` codes as the node's profile numbers entries.

    Raises:
        CodesUsedUp: The profile's counter has no more digits.
    """
    begins = stem(facts)
    CodeCounter.objects.get_or_create(stem=begins, defaults={"last": 0})
    counter = CodeCounter.objects.select_for_update().get(stem=begins)
    first = counter.last + 1
    try:
        made = list(_rule().codes(facts, range(first, first + count)))
    except OverflowError:
        raise CodesUsedUp(stem=begins) from None
    CodeCounter.objects.filter(stem=begins).update(last=F("last") + count)
    return made


def node_profile() -> Profile:
    """Return the profile that this node is set to.

    Raises:
        ProfileUnusable: The setting names none that can number entries.
    """
    name = settings.HEFU.catalog_profile
    found = profile(name)
    if found.code is None:
        raise ProfileUnusable(name=name, reason="it gives no codes")
    return found


def _rule() -> CodeRule:
    rule = node_profile().code
    assert rule is not None  # noqa: S101 - `node_profile` saw to it
    return rule


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _stored(name: str, value: Any) -> Any:
    match value:
        case None if name not in _NULLABLE:
            return ""
        case Enum():
            return value.value
        case tuple():
            return [_stored("", part) for part in value]
        case Extra():
            return dataclasses.asdict(value)
        case _:
            return value
