"""An entry's content as plain JSON and back: what versions keep, files carry and digests cover."""

import dataclasses
import json
import types
import typing
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

from hefu.kernel.hashing import sha256
from hefu.rooms.catalog.terms import Content, Extra, ItemContent


def to_json(content: Content) -> dict[str, Any]:
    """Return `content` as plain JSON; empty fields stay in, so that every snapshot has every field."""
    made = _told(content)
    made["items"] = [_told(item) for item in content.items]
    return made


def _told(part: Content | ItemContent) -> dict[str, Any]:
    """Return the fields as JSON; texts, which most are, need not be asked what they are."""
    return {
        name: value if value is None or type(value) is str else _plain(value)
        for name, value in vars(part).items()
        if name != "items"
    }


def digest_of(snapshot: dict[str, Any]) -> str:
    """Return the digest of what `to_json` made: that of its canonical form, which here the standard encoder writes.

    A snapshot has ASCII names and no floats, so sorting names as text is sorting them by UTF-16; an import
    of ten thousand entries need not walk each of them twice.
    """
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass"))


def _plain(value: Any) -> Any:
    match value:
        case str():
            return str(value)  # of a word as well as of a text
        case None | int():
            return value
        case tuple():
            return [_plain(part) for part in value]
        case date():
            return value.isoformat()
        case Extra():
            return dataclasses.asdict(value)
        case _:
            return str(value)


def from_json(snapshot: dict[str, Any]) -> Content:
    """Return the content of a snapshot. Fields that a later release added get their defaults.

    Raises:
        ValueError: A value that the field cannot have.
        TypeError: The name is missing.
        KeyError: A field that no release ever had.
    """
    values = {name: _read(_CONTENT[name], value) for name, value in snapshot.items() if name != "items"}
    return Content(**values, items=tuple(item_from_json(item) for item in snapshot.get("items") or ()))


def item_from_json(snapshot: dict[str, Any]) -> ItemContent:
    """Return one item of a snapshot.

    Raises:
        ValueError, TypeError, KeyError: As `from_json`.
    """
    return ItemContent(**{name: _read(_ITEM[name], value) for name, value in snapshot.items()})


def _read(kind: Any, value: Any) -> Any:
    if typing.get_origin(kind) is types.UnionType:
        if value is None or value == "":
            return None
        kind = next(part for part in typing.get_args(kind) if part is not type(None))
    if typing.get_origin(kind) is tuple:
        part = typing.get_args(kind)[0]
        return tuple(_read(part, one) for one in value or ())
    if kind is UUID:
        return UUID(value)
    if kind is Extra:
        return Extra(**value)
    if kind is date:
        return date.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return kind(value) if value is not None else kind()


_CONTENT = typing.get_type_hints(Content)
_ITEM = typing.get_type_hints(ItemContent)
