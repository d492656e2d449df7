"""What an imported row says, written over what an entry says: only what the file speaks of, and only what differs."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.rows import Reading
from hefu.rooms.catalog.profiles import Table
from hefu.rooms.catalog.rows import node_profile, tidy
from hefu.rooms.catalog.terms import Content, Extra, ItemContent

#: What an item says beside its name and code; where the file is silent on it, the item keeps it.
_OF_ITEMS = ("type", "length", "description", "share_type", "grade", "open_type")


def overlaid(content: Content, reading: Reading, *, coded: str = "") -> Content:
    """Return `content` with what the file speaks of written over it.

    A value that differs only in spacing, in the order of a list, or in what the node's profile has no word for,
    stays as people wrote it.

    Args:
        content: What the entry says.
        reading: What the file says.
        coded: The entry's own code, when the file knows the entry by it; its code elsewhere is then another one.
    """
    names = {one.name for one in dataclasses.fields(Content)} & reading.told
    tables = node_profile().tables
    told: dict[str, Any] = {}
    for name in names - {"items", "extension", "outside_code"}:
        was, now = getattr(content, name), getattr(reading.content, name)
        told[name] = was if _alike(was, now, tables.get(name)) else now
    if coded and reading.code == coded:
        told["outside_code"] = content.outside_code if reading.origin_code is None else reading.origin_code
    elif "outside_code" in names:
        told["outside_code"] = reading.content.outside_code
    if "extension" in names:
        told["extension"] = _extension(content.extension, reading.content.extension)
    if "items" in names:
        told["items"] = _items(content.items, tidy(reading.content).items, reading.item_told, tables)
    return dataclasses.replace(content, **told)


def _alike(was: Any, now: Any, table: Table | None) -> bool:
    if was == now:
        return True
    if isinstance(was, str) and isinstance(now, str) and table is None:
        return values.line(was) == values.line(now)
    if isinstance(was, tuple) and isinstance(now, tuple):
        return {values.line(one).casefold() for one in was} == {values.line(one).casefold() for one in now}
    # A profile that writes two of our values alike cannot tell them apart when it reads.
    return bool(table and was and now and table.name(was) == table.name(now))


def _extension(was: tuple[Extra, ...], now: tuple[Extra, ...]) -> tuple[Extra, ...]:
    told = {one.key: one.value for one in was} | {one.key: one.value for one in now}
    return tuple(Extra(key, value) for key, value in told.items())


def _items(
    was: tuple[ItemContent, ...], now: tuple[ItemContent, ...], told: frozenset[str], tables: Mapping[str, Table]
) -> tuple[ItemContent, ...]:
    by_code = {one.code.casefold(): one for one in was if one.code}
    by_name = {values.line(one.name): one for one in was}
    made = []
    for item in now:
        known = (by_code.get(item.code.casefold()) if "code" in told else None) or by_name.get(values.line(item.name))
        made.append(_item(known, item, told, tables) if known else item)
    return tuple(made)


def _item(was: ItemContent, now: ItemContent, told: frozenset[str], tables: Mapping[str, Table]) -> ItemContent:
    said: dict[str, Any] = {}
    for name in ("name", "code", *_OF_ITEMS):
        before, after = getattr(was, name), getattr(now, name)
        table = tables.get("item_type" if name == "type" else name)
        if (name in told and not _alike(before, after, table)) or (name == "name" and not _alike(before, after, None)):
            said[name] = after
    return dataclasses.replace(was, **said)
