"""The events of a binary log, version 4, as bytes that a server sends: what they say, and nothing about values.

The library for it, mysql-replication, was read and is not used: it gives a day 0000-00-00 and an empty set as NULL, and
leaves out a MariaDB's compressed events without a word.

Source: MySQL Internals Manual, "Binary Log"; MariaDB Knowledge Base, "Replication Protocol".
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final, NamedTuple

#: Kinds of events that something is done about.
QUERY, STOP, ROTATE, FORMAT, XID, TABLE_MAP = 2, 3, 4, 15, 16, 19
HEARTBEAT, XA_PREPARE, TRANSACTION_PAYLOAD, HEARTBEAT_V2 = 27, 38, 40, 41
QUERY_COMPRESSED: Final = 165
#: Kinds of events with rows → what became of them, and whether their header is of the second version.
INSERTED, UPDATED, DELETED = "inserted", "updated", "deleted"
ROWS: Final = {
    23: (INSERTED, False), 24: (UPDATED, False), 25: (DELETED, False),
    30: (INSERTED, True), 31: (UPDATED, True), 32: (DELETED, True), 39: (UPDATED, True),
    166: (INSERTED, False), 167: (UPDATED, False), 168: (DELETED, False),
    169: (INSERTED, True), 170: (UPDATED, True), 171: (DELETED, True),
}  # fmt: skip
#: An update that tells parts of a document alone.
PARTIAL: Final = 39
_COMPRESSED = frozenset(range(166, 172))
#: First position in a log after its four magic bytes.
FIRST: Final = 4
#: Most bytes that a compressed event may unfold to.
_UNFOLDED = 256 << 20

_HEADER = struct.Struct("<IBIIIH")


class Garbled(ValueError):
    """The bytes are cut off, or of a form that is not known."""


class Header(NamedTuple):
    """What stands before every event."""

    #: Seconds since 1970 at which the statement began; 0 in events that the server makes up.
    at: int
    kind: int
    server: int
    size: int
    #: Where the next event begins, its lower 32 bits; 0 in events that the server makes up.
    end: int
    flags: int


@dataclass(frozen=True)
class Statement:
    """A statement that is logged as a text."""

    #: Database that names without one mean.
    schema: str
    text: str


@dataclass(frozen=True)
class Column:
    """A column as a log describes it before rows."""

    name: str
    #: The server's number of its type.
    kind: int
    #: What the type is told with: a length, digits, signs after the comma.
    meta: int
    unsigned: bool = False
    #: Number of the collation; 63 is that of bytes; 0 where there is none.
    collation: int = 0
    #: Words of an enum or a set.
    words: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class TableMap:
    """What the rows of a table look like from here on."""

    table_id: int
    schema: str
    table: str
    #: Empty when the log does not name them.
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Rows:
    """An event with rows, not yet read."""

    table_id: int
    became: str
    #: Which columns the rows before and after tell, as bits; before is meant where there is one image alone.
    before: int
    after: int
    width: int
    body: bytes


def header(event: bytes) -> Header:
    """Return what stands before an event.

    Raises:
        Garbled: It is cut off.
    """
    if len(event) < _HEADER.size:
        raise Garbled(f"an event of {len(event)} bytes")
    return Header(*_HEADER.unpack_from(event))


def is_summed(event: bytes) -> bool:
    """Return whether a sum over the event stands at its end and is right."""
    return len(event) > _HEADER.size + 4 and zlib.crc32(event[:-4]) == int.from_bytes(event[-4:], "little")


def sums(event: bytes) -> bool:
    """Return whether the events after the first of a log, which this is, end with a sum."""
    return len(event) > _HEADER.size + 62 and event[-5] == 1


def rotate(event: bytes) -> tuple[str, int]:
    """Return the log that goes on, and where."""
    (position,) = struct.unpack_from("<Q", event, 19)
    return event[27:].decode("utf-8", "replace"), position


def statement(event: bytes, kind: int) -> Statement:
    """Return a statement.

    Raises:
        Garbled: It is cut off.
    """
    try:
        length, _error, status = struct.unpack_from("<BHH", event, 27)
        at = 32 + status
        schema, text = event[at : at + length], event[at + length + 1 :]
        return Statement(_text(schema), _text(_unfolded(text) if kind == QUERY_COMPRESSED else text))
    except (struct.error, IndexError, zlib.error) as error:
        raise Garbled(f"a statement: {error}") from None


def table_id(event: bytes) -> int:
    """Return which table an event with rows, or the description of a table, is about."""
    return int.from_bytes(event[19:25], "little")


def rows(event: bytes, kind: int) -> Rows:
    """Return an event with rows.

    Raises:
        Garbled: It is cut off.
    """
    became, second = ROWS[kind]
    try:
        at = 27
        if second:
            at += struct.unpack_from("<H", event, at)[0]
        width, at = _count(event, at)
        size = (width + 7) // 8
        before = after = int.from_bytes(event[at : at + size], "little")
        at += size
        if became == UPDATED:
            after = int.from_bytes(event[at : at + size], "little")
            at += size
        body = event[at:]
        return Rows(table_id(event), became, before, after, width, _unfolded(body) if kind in _COMPRESSED else body)
    except (struct.error, IndexError, zlib.error) as error:
        raise Garbled(f"rows: {error}") from None


def table_map(event: bytes) -> TableMap:
    """Return the description of a table.

    Raises:
        Garbled: It is cut off.
    """
    try:
        schema, table, at = _named(event)
        width, at = _count(event, at)
        kinds = event[at : at + width]
        length, at = _count(event, at + width)
        metas = _metas(kinds, event[at : at + length])
        at += length + (width + 7) // 8
        return TableMap(table_id(event), schema, table, _described(metas, event, at))
    except (struct.error, IndexError) as error:
        raise Garbled(f"a table: {error}") from None


def names(event: bytes) -> tuple[str, str]:
    """Return the database and the table that a description is about."""
    return _named(event)[:2]


def _named(event: bytes) -> tuple[str, str, int]:
    length = event[27]
    schema = event[28 : 28 + length]
    at = 29 + length
    length = event[at]
    return _text(schema), _text(event[at + 1 : at + 1 + length]), at + 2 + length


#: Types: those with a text, with a sign or none, and those whose description has a length of so many bytes.
_STRING, _VARCHAR, _VAR_STRING, _BLOB, ENUM, SET = 254, 15, 253, 252, 247, 248
_NUMBERS = frozenset({1, 2, 3, 4, 5, 8, 9, 246})
_YEAR = 13
_META = {_VARCHAR: 2, _VAR_STRING: 2, 141: 2, 246: 2, 16: 2, _STRING: 2, ENUM: 2, SET: 2} | dict.fromkeys(
    (4, 5, 17, 18, 19, 140, 245, 249, 250, 251, _BLOB, 255), 1
)


def _metas(kinds: bytes, data: bytes) -> list[tuple[int, int]]:
    found, at = [], 0
    for kind in kinds:
        size = _META.get(kind, 0)
        if at + size > len(data):
            raise IndexError("the types are cut off")
        if kind == _STRING:
            found.append(_string(data[at], data[at + 1]))
        elif kind == 246:
            found.append((kind, data[at] << 8 | data[at + 1]))
        elif kind == 16:
            found.append((kind, data[at + 1] * 8 + data[at]))
        else:
            found.append((kind, int.from_bytes(data[at : at + size], "little")))
        at += size
    return found


def _string(first: int, second: int) -> tuple[int, int]:
    """Return the real type and the length of what is told as a fixed text: its two bytes hold both."""
    if first & 0x30 != 0x30:
        return first | 0x30, second | ((first & 0x30) ^ 0x30) << 4
    return first, second


#: What a description may say beyond the types, by number.
_SIGNS, _DEFAULT_COLLATION, _COLLATIONS, _NAMES, _SET_WORDS, _ENUM_WORDS, _DEFAULT_WORDS, _WORDS = (
    1, 2, 3, 4, 5, 6, 10, 11,
)  # fmt: skip


def _described(metas: list[tuple[int, int]], event: bytes, at: int) -> tuple[Column, ...]:
    told: dict[int, bytes] = {}
    while at < len(event):
        kind = event[at]
        length, at = _count(event, at + 1)
        if at + length > len(event):
            raise IndexError("what is told of the columns is cut off")
        told[kind] = event[at : at + length]
        at += length
    if _NAMES not in told:
        return ()
    named = [text.decode("utf-8", "replace") for text in _texts(told[_NAMES])]
    if len(named) != len(metas):
        raise IndexError("not every column is named")
    signs = _signs(metas, told.get(_SIGNS, b""))
    collations = _collations(
        [place for place, (kind, _) in enumerate(metas) if kind in (_STRING, _VARCHAR, _VAR_STRING, _BLOB, 140, 141)],
        told.get(_DEFAULT_COLLATION), told.get(_COLLATIONS),
    )  # fmt: skip
    collations |= _collations(
        [place for place, (kind, _) in enumerate(metas) if kind in (ENUM, SET)],
        told.get(_DEFAULT_WORDS), told.get(_WORDS),
    )  # fmt: skip
    words: dict[int, tuple[bytes, ...]] = {}
    for wanted, kind in ((ENUM, _ENUM_WORDS), (SET, _SET_WORDS)):
        places = [place for place, (of, _) in enumerate(metas) if of == wanted]
        words |= zip(places, _lists(told.get(kind, b"")), strict=False)
    return tuple(
        Column(name, kind, meta, place in signs, collations.get(place, 0), words.get(place, ()))
        for place, (name, (kind, meta)) in enumerate(zip(named, metas, strict=True))
    )


def _signs(metas: list[tuple[int, int]], data: bytes) -> set[int]:
    """Return the places of columns without negative values; MariaDB counts years among the numbers, MySQL does not."""
    bits = len(data) * 8
    places = [place for place, (kind, _) in enumerate(metas) if kind in _NUMBERS or kind == _YEAR]
    plain = [place for place in places if metas[place][0] != _YEAR]
    if (len(places) + 7) // 8 * 8 != bits or _plain_years(metas, places, data):
        places = plain
    return {place for number, place in enumerate(places) if data[number // 8] >> (7 - number % 8) & 1}


def _plain_years(metas: list[tuple[int, int]], places: list[int], data: bytes) -> bool:
    """Return whether the signs cannot be told with the years among them: a year is never told to be negative."""
    return any(
        metas[place][0] == _YEAR and not data[number // 8] >> (7 - number % 8) & 1
        for number, place in enumerate(places)
    )


def _collations(places: list[int], default: bytes | None, each: bytes | None) -> dict[int, int]:
    if each is not None:
        numbers, at = [], 0
        while at < len(each):
            number, at = _count(each, at)
            numbers.append(number)
        return dict(zip(places, numbers, strict=True))
    if default is None:
        return {}
    usual, at = _count(default, 0)
    found = dict.fromkeys(places, usual)
    while at < len(default):
        place, at = _count(default, at)
        found[places[place]], at = _count(default, at)
    return found


def _texts(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        length, at = _count(data, at)
        found.append(data[at : at + length])
        at += length
    return found


def _lists(data: bytes) -> list[tuple[bytes, ...]]:
    found, at = [], 0
    while at < len(data):
        count, at = _count(data, at)
        words = []
        for _word in range(count):
            length, at = _count(data, at)
            words.append(data[at : at + length])
            at += length
        found.append(tuple(words))
    return found


def _count(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of the protocol's own length, and where it ends."""
    first = data[at]
    if first < 251:
        return first, at + 1
    size = {252: 2, 253: 3, 254: 8}[first] if first in (252, 253, 254) else 0
    if not size or at + 1 + size > len(data):
        raise IndexError("a number is cut off")
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def _unfolded(data: bytes) -> bytes:
    """Return what MariaDB compressed: a byte for how, the length in so many bytes, and a stream of zlib."""
    if (data[0] & 0x70) >> 4:
        raise zlib.error(f"compressed by an unknown way {data[0]:#x}")
    size = data[0] & 0x07
    length = int.from_bytes(data[1 : 1 + size], "big")
    if length > _UNFOLDED:
        raise zlib.error("more than any packet holds")
    plain = zlib.decompressobj().decompress(data[1 + size :], length + 1)
    if len(plain) != length:
        raise zlib.error("not of the length that is told")
    return plain


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
