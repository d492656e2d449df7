"""What PostgreSQL says of a transaction: the messages of its plugin `pgoutput`, protocol 1, values as text.

The plugin comes with every server, so nothing has to be installed at a department. Values stay the bytes that
came (UTF-8): most go over as they are, and a table that was busy over night is a hundred million of them.

Source: PostgreSQL documentation, "Logical Replication Message Formats" and "Message Data Types".
"""

import struct
from enum import Enum
from typing import Final, NamedTuple


class Gap(Enum):
    """Stands where the server sends no value."""

    #: A long value that the update left as it was, and that the server therefore does not send.
    UNCHANGED = "unchanged"


UNCHANGED: Final = Gap.UNCHANGED

#: One value as UTF-8 text, NULL, or not sent.
Value = bytes | None | Gap
#: The values of a row, in the order of its relation's columns.
Row = tuple[Value, ...]


class Begin(NamedTuple):
    """A transaction begins. Transactions come whole and in the order of their commits."""

    #: Where its commit stands.
    lsn: int


class Commit(NamedTuple):
    """The transaction is complete."""

    #: The first position after it: what has been taken over when it has.
    end: int
    #: When it was committed, in microseconds since 2000-01-01 UTC.
    at: int


class Relation(NamedTuple):
    """What the rows of a table look like from here on; comes before its first row and after a change of it."""

    oid: int
    schema: str
    table: str
    #: d: by primary key; i: by an index; f: by the whole row; n: not at all.
    identity: str
    columns: tuple[str, ...]
    #: Columns that the old row of a change is told with.
    key: tuple[str, ...]


class Insert(NamedTuple):
    """A new row."""

    oid: int
    new: Row


class Update(NamedTuple):
    """A row that became another; `old` when its key changed or the whole row is told."""

    oid: int
    old: Row | None
    new: Row


class Delete(NamedTuple):
    """A row that is gone, told by its key or in full; what is not told is None."""

    oid: int
    old: Row


class Truncate(NamedTuple):
    """Tables that were emptied."""

    oids: tuple[int, ...]


Message = Begin | Commit | Relation | Insert | Update | Delete | Truncate


class Garbled(ValueError):
    """The bytes are no message of the protocol asked for."""


def decode(data: bytes) -> Message | None:
    """Return the message in `data`, or None for one that says nothing about rows.

    Raises:
        Garbled: The bytes are cut off, or of an unknown kind.
    """
    try:
        # What there is most of comes first.
        kind = data[0]
        if kind == 0x49:  # I
            return Insert(_oid(data), _row(data, 6)[0])
        if kind == 0x55:  # U
            old, at = _row(data, 6) if data[5] in b"KO" else (None, 5)
            return Update(_oid(data), old, _row(data, at + 1)[0])
        if kind == 0x44:  # D
            return Delete(_oid(data), _row(data, 6)[0])
        return _decode(data)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Garbled(f"a {data[:1]!r} message of {len(data)} bytes: {error}") from None


def _decode(data: bytes) -> Message | None:
    match data[:1]:
        case b"B":
            return Begin(*_LSN.unpack_from(data, 1))
        case b"C":
            return Commit(*_COMMIT.unpack_from(data, 10))
        case b"R":
            return _relation(data)
        case b"T":
            (count,) = _COUNT32.unpack_from(data, 1)
            return Truncate(struct.unpack_from(f">{count}I", data, 6))
        case b"O" | b"Y" | b"M":  # origin, type, message of an application
            return None
    raise Garbled(f"an unknown message {data[:1]!r}")


_LSN = struct.Struct(">Q")
_COMMIT = struct.Struct(">Qq")
_OID = struct.Struct(">I")
_COUNT16 = struct.Struct(">H")
_COUNT32 = struct.Struct(">I")


def _oid(data: bytes) -> int:
    return int(_OID.unpack_from(data, 1)[0])


def _row(data: bytes, at: int) -> tuple[Row, int]:
    """Return the row that begins at `at`, and where it ends."""
    (count,) = _COUNT16.unpack_from(data, at)
    at += 2
    values: list[Value] = []
    for _column in range(count):
        kind = data[at]
        if kind == 0x74:  # t: text follows
            end = at + 5 + _COUNT32.unpack_from(data, at + 1)[0]
            values.append(data[at + 5 : end])
            at = end
            continue
        at += 1
        if kind == 0x6E:  # n: null
            values.append(None)
        elif kind == 0x75:  # u: as it was
            values.append(UNCHANGED)
        else:
            raise Garbled(f"an unknown kind of value {kind:#x}")
    if at > len(data):
        raise IndexError("a value is cut off")
    return tuple(values), at


def _relation(data: bytes) -> Relation:
    schema, at = _text(data, 5)
    table, at = _text(data, at)
    identity = chr(data[at])
    (count,) = _COUNT16.unpack_from(data, at + 1)
    at += 3
    columns, key = [], []
    for _column in range(count):
        flags = data[at]
        name, at = _text(data, at + 1)
        at += 8  # oid and modifier of the type: the catalogue of the source says them in words
        columns.append(name)
        if flags & 1:
            key.append(name)
    if at > len(data):
        raise IndexError("a column is cut off")
    return Relation(_oid(data), schema or "pg_catalog", table, identity, tuple(columns), tuple(key))


def _text(data: bytes, at: int) -> tuple[str, int]:
    end = data.index(b"\0", at) if b"\0" in data[at:] else len(data) + 1
    if end > len(data):
        raise IndexError("a name is cut off")
    return data[at:end].decode(), end + 1


def lsn_text(lsn: int) -> str:
    """Return a position in the log as the server writes it.

    >>> lsn_text(0x16B374D848)
    '16/B374D848'
    """
    return f"{lsn >> 32:X}/{lsn & 0xFFFFFFFF:X}"


def lsn_number(text: str) -> int:
    """Return the number of a position as the server writes it.

    >>> lsn_number("16/B374D848") == 0x16B374D848
    True
    """
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)
