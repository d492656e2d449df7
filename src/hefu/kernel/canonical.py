"""One byte form for one JSON value, so that it can be hashed and signed."""

import json
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID


class NotCanonical(ValueError):
    """The value has no canonical form: a float, a non-text key, or a type JSON does not have."""


def canonical(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON with sorted keys, no spaces and no floats.

    Dates, instants, UUIDs and enums are written as text first. Keys sort by UTF-16 code units.

    Raises:
        NotCanonical: A float (its printing differs between languages), a key that is not text, a
            lone surrogate, an integer of ±2⁵³ or beyond, or a type outside JSON.

    Source: RFC 8785, without floating point numbers; the range of integers is that of RFC 7493.
    """
    return encoded(plain(value))


def encoded(value: Any) -> bytes:
    """Return the bytes of what `plain` returned: the second half of `canonical`.

    Raises:
        NotCanonical: A lone surrogate.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("text with a lone surrogate has no UTF-8 form") from error


def plain(value: Any) -> Any:
    """Return `value` made of plain JSON types with sorted keys, ready to be stored and hashed.

    Raises:
        NotCanonical: As for `canonical`.
    """
    match value:
        case None | bool():
            return value
        case Enum():
            return plain(value.value)
        case str():
            return str(value)
        case int():
            if abs(value) >= 2**53:
                raise NotCanonical(f"integer {value} is not exact in every JSON reader; write it as text")
            return int(value)
        case datetime():
            return value.isoformat()
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case dict():
            return {plain(key): plain(value[key]) for key in sorted(value, key=_utf16)}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            raise NotCanonical(f"{type(value).__name__} {value!r} has no canonical JSON form")


def _utf16(key: Any) -> bytes:
    if not isinstance(key, str):
        raise NotCanonical(f"key {key!r} is not text")
    return key.encode("utf-16-be", "surrogatepass")
