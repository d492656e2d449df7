"""Values of rows as a log holds them, read as the very texts that a copy reads from the table.

Source: MySQL Internals Manual, "Binary Log", "Table Map Event" and "Date and Time Data Type Representation".
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hefu.dataplane.capture.binlog.events import ENUM, SET, Column, Garbled
from hefu.dataplane.capture.pgoutput import UNCHANGED, Row, Value

#: Reads the value at a place; returns it and where it ends.
Read = Callable[[bytes, int], tuple[Value, int]]

#: Character set of the server → codec; what is not here is not followed.
CODECS: Mapping[str, str] = {
    "utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "ascii": "ascii", "latin1": "cp1252", "gbk": "gbk",
    "gb2312": "gb2312", "gb18030": "gb18030", "big5": "big5", "ucs2": "utf-16-be", "utf16": "utf-16-be",
    "utf16le": "utf-16-le", "utf32": "utf-32-be",
}  # fmt: skip
#: The collation of what is bytes.
BINARY = 63
#: Types that a log holds in a form that is not read: documents of MySQL, compressed columns, spots, old times.
UNREAD = {245: "json", 140: "blob compressed", 141: "varchar compressed", 255: "geometry", 7: "timestamp",
          11: "time", 12: "datetime"}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """How the rows of a table are read, from a description of it on."""

    columns: tuple[Column, ...]
    #: Names of the columns that are wanted, in the order in which their values are given.
    wanted: tuple[str, ...]
    #: Those of the row before a change that are wanted: its key.
    key: tuple[str, ...]
    #: Collation → character set.
    charsets: Mapping[int, str]

    def __post_init__(self) -> None:
        """Prepare what reads each column.

        Raises:
            KeyError: A wanted column is not there.
            Garbled: A wanted column is of a type, or in a character set, that is not read.
        """
        places = {column.name: place for place, column in enumerate(self.columns)}
        reads = [
            reader(column, self.charsets) if column.name in self.wanted else skipper(column) for column in self.columns
        ]
        skips = [
            read if column.name in self.key else skipper(column)
            for column, read in zip(self.columns, reads, strict=True)
        ]
        vars(self).update(
            _reads=list(enumerate(reads)),
            _skips=list(enumerate(skips)),
            _chosen=[places[name] for name in self.wanted],
            _all=(1 << len(self.columns)) - 1,
        )

    def rows(self, body: bytes, told: int, *, key_only: bool = False) -> "Reading":
        """Return what reads rows of which the columns `told` are there.

        Args:
            body: The rows, one after the other.
            told: Columns as bits.
            key_only: Whether other columns than the key may be left unread.
        """
        reads: list[tuple[int, Read]] = vars(self)["_skips" if key_only else "_reads"]
        chosen: list[int] = vars(self)["_chosen"]
        if told != vars(self)["_all"]:
            reads = [(place, read) for place, read in reads if told >> place & 1]
        return Reading(body, reads, chosen, len(self.columns))


class Reading:
    """Reads one row after the other; the rows before and after a change share the body."""

    def __init__(self, body: bytes, reads: Sequence[tuple[int, Read]], chosen: Sequence[int], width: int) -> None:
        """Read with `reads` the columns that are told, and give those `chosen`."""
        self._body, self._reads, self._chosen = body, reads, chosen
        self._nulls, self._width = (len(reads) + 7) // 8, width

    def row(self, at: int) -> tuple[Row, int]:
        """Return the row at a place of the body, and where it ends.

        Raises:
            Garbled: It is cut off.
        """
        body = self._body
        nulls = int.from_bytes(body[at : at + self._nulls], "little")
        at += self._nulls
        values: list[Value] = [UNCHANGED] * self._width
        try:
            for number, (place, read) in enumerate(self._reads):
                if nulls >> number & 1:
                    values[place] = None
                else:
                    values[place], at = read(body, at)
        except (struct.error, IndexError, ValueError) as error:
            raise Garbled(f"a row: {error}") from None
        if at > len(body):
            raise Garbled("a row is cut off")
        return tuple([values[place] for place in self._chosen]), at


def skipper(column: Column) -> Read:
    """Return what passes over a value."""
    size = _FIXED.get(column.kind) or _by_meta(column)
    if size is not None:
        return lambda data, at: (None, at + size)
    prefix = _prefix(column)
    return lambda data, at: (None, at + prefix + int.from_bytes(data[at : at + prefix], "little"))


#: Type → bytes of a value.
_FIXED = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 7: 4, 8: 8, 9: 3, 10: 3, 11: 3, 12: 8, 13: 1, 14: 3}
#: Bytes of what follows after the comma of seconds, by its digits.
_FRACTION = (0, 1, 1, 2, 2, 3, 3)
#: Bytes of so many decimal digits.
_DIGITS = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)


def _by_meta(column: Column) -> int | None:
    match column.kind:
        case 17:
            return 4 + _FRACTION[column.meta]
        case 18:
            return 5 + _FRACTION[column.meta]
        case 19:
            return 3 + _FRACTION[column.meta]
        case 16:
            return (column.meta + 7) // 8
        case 246:
            precision, scale = divmod(column.meta, 256)
            return _decimal_size(precision - scale) + _decimal_size(scale)
        case 247 | 248:
            return column.meta
    return None


def _decimal_size(digits: int) -> int:
    return digits // 9 * 4 + _DIGITS[digits % 9]


def _prefix(column: Column) -> int:
    """Return the bytes of the length before a value."""
    if column.kind in (15, 253, 254, 141):
        return 1 if column.meta < 256 else 2
    if column.kind in (252, 140, 245, 249, 250, 251, 255):
        return column.meta
    raise Garbled(f"a column of an unknown type {column.kind}")


def reader(column: Column, charsets: Mapping[int, str]) -> Read:
    """Return what reads the values of a column.

    Raises:
        Garbled: Its type, or its character set, is not read.
    """
    if column.kind in UNREAD:
        raise Garbled(f"column {column.name} is of type {UNREAD[column.kind]}")
    if column.kind in _NUMBERS:
        return _number(*_NUMBERS[column.kind][column.unsigned])
    if column.kind in _PLAIN:
        return _PLAIN[column.kind](column.meta)
    convert = _converted(column, charsets)
    if column.kind == ENUM:
        return _enum(column, convert)
    if column.kind == SET:
        return _set(column, convert)
    if column.kind == 254 and column.collation == BINARY:
        return _padded(_prefix(column), column.meta)
    return _text(_prefix(column), convert)


_NUMBERS: dict[int, tuple[tuple[int, bool], tuple[int, bool]]] = {
    kind: ((size, True), (size, False)) for kind, size in ((1, 1), (2, 2), (9, 3), (3, 4), (8, 8))
}


def _number(size: int, signed: bool) -> Read:
    def read(data: bytes, at: int) -> tuple[Value, int]:
        return b"%d" % int.from_bytes(data[at : at + size], "little", signed=signed), at + size

    return read


def _floating(form: struct.Struct) -> Read:
    return lambda data, at: (repr(form.unpack_from(data, at)[0]).encode(), at + form.size)


def _year(data: bytes, at: int) -> tuple[Value, int]:
    return b"%04d" % (data[at] + 1900 if data[at] else 0), at + 1


def _date(data: bytes, at: int) -> tuple[Value, int]:
    packed = data[at] | data[at + 1] << 8 | data[at + 2] << 16
    return b"%04d-%02d-%02d" % (packed >> 9, packed >> 5 & 15, packed & 31), at + 3


def _fraction(data: bytes, at: int, digits: int) -> tuple[bytes, int]:
    """Return what follows after the comma of seconds."""
    if not digits:
        return b"", at
    size = _FRACTION[digits]
    parts = int.from_bytes(data[at : at + size], "big") * 100 ** (3 - size)
    return b".%s" % (b"%06d" % parts)[:digits], at + size


def _timestamp(digits: int) -> Read:
    def read(data: bytes, at: int) -> tuple[Value, int]:
        seconds = int.from_bytes(data[at : at + 4], "big")
        fraction, end = _fraction(data, at + 4, digits)
        if not seconds:
            return b"0000-00-00 00:00:00" + fraction, end
        days, rest = divmod(seconds, 86_400)
        year, month, day = _day(days)
        clock = (rest // 3600, rest // 60 % 60, rest % 60)
        return b"%04d-%02d-%02d %02d:%02d:%02d" % (year, month, day, *clock) + fraction, end

    return read


def _day(days: int) -> tuple[int, int, int]:
    """Return the day that is so many days after 1970-01-01.

    Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    """
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


def _datetime(digits: int) -> Read:
    def read(data: bytes, at: int) -> tuple[Value, int]:
        packed = int.from_bytes(data[at : at + 5], "big") - (1 << 39)
        months, day, hour = packed >> 22, packed >> 17 & 31, packed >> 12 & 31
        year, month = divmod(months, 13)
        fraction, end = _fraction(data, at + 5, digits)
        parts = (year, month, day, hour, packed >> 6 & 63, packed & 63)
        return b"%04d-%02d-%02d %02d:%02d:%02d" % parts + fraction, end

    return read


def _time(digits: int) -> Read:
    size = 3 + _FRACTION[digits]
    shift = 8 * _FRACTION[digits]

    def read(data: bytes, at: int) -> tuple[Value, int]:
        packed = int.from_bytes(data[at : at + size], "big") - (1 << 23 + shift)
        sign, packed = (b"-", -packed) if packed < 0 else (b"", packed)
        whole, parts = packed >> shift, packed & (1 << shift) - 1
        text = b"%s%02d:%02d:%02d" % (sign, whole >> 12 & 1023, whole >> 6 & 63, whole & 63)
        if digits:
            text += b".%s" % (b"%06d" % (parts * 100 ** (3 - _FRACTION[digits])))[:digits]
        return text, at + size

    return read


def _bits(width: int) -> Read:
    size = (width + 7) // 8

    def read(data: bytes, at: int) -> tuple[Value, int]:
        number = int.from_bytes(data[at : at + size], "big")
        return (b"%d" % number if width == 1 else f"{number:0{width}b}".encode()), at + size

    return read


def _decimal(precision: int, scale: int) -> Read:
    whole, size = precision - scale, _decimal_size(precision - scale) + _decimal_size(scale)
    first, last = whole % 9, scale % 9
    sizes = [(_DIGITS[first], first)] if first else []
    sizes += [(4, 9)] * (whole // 9)
    before = len(sizes)
    sizes += [(4, 9)] * (scale // 9)
    sizes += [(_DIGITS[last], last)] if last else []

    def read(data: bytes, at: int) -> tuple[Value, int]:
        raw = bytearray(data[at : at + size])
        negative = not raw[0] & 0x80
        raw[0] ^= 0x80
        if negative:
            raw = bytearray(~byte & 0xFF for byte in raw)
        parts, place = [], 0
        for length, digits in sizes:
            parts.append(b"%0*d" % (digits, int.from_bytes(raw[place : place + length], "big")))
            place += length
        number = b"".join(parts[:before]).lstrip(b"0") or b"0"
        if scale:
            number += b"." + b"".join(parts[before:])
        return (b"-" + number if negative else number), at + size

    return read


#: Type → what reads its values, from what its description tells.
_PLAIN: dict[int, Callable[[int], Read]] = {
    4: lambda _: _floating(struct.Struct("<f")),
    5: lambda _: _floating(struct.Struct("<d")),
    10: lambda _: _date,
    13: lambda _: _year,
    14: lambda _: _date,
    16: _bits,
    17: _timestamp,
    18: _datetime,
    19: _time,
    246: lambda meta: _decimal(*divmod(meta, 256)),
}

#: Turns what is held into UTF-8; None where it is UTF-8, or where it is bytes.
_Convert = Callable[[bytes], bytes] | None


def _converted(column: Column, charsets: Mapping[int, str]) -> _Convert:
    if column.collation == BINARY:
        return lambda held: b"\\x" + held.hex().encode()
    name = charsets.get(column.collation, "")
    if name not in CODECS:
        raise Garbled(f"column {column.name} is in character set {name or column.collation}")
    codec = CODECS[name]
    if codec == "utf-8":
        return None
    # What is no sign of the character set, a server hands out as a question mark.
    return lambda held: held.decode(codec, "replace").replace("\ufffd", "?").encode()


def _text(prefix: int, convert: _Convert) -> Read:
    def read(data: bytes, at: int) -> tuple[Value, int]:
        begin = at + prefix
        end = begin + int.from_bytes(data[at:begin], "little")
        held = data[begin:end]
        return (held if convert is None else convert(held)), end

    return read


def _padded(prefix: int, length: int) -> Read:
    """Return what reads bytes of a fixed length: a log leaves out zeros at their end."""

    def read(data: bytes, at: int) -> tuple[Value, int]:
        begin = at + prefix
        end = begin + int.from_bytes(data[at:begin], "little")
        return b"\\x" + data[begin:end].ljust(length, b"\0").hex().encode(), end

    return read


def _enum(column: Column, convert: _Convert) -> Read:
    words = [b"", *(word if convert is None else convert(word) for word in column.words)]

    def read(data: bytes, at: int) -> tuple[Value, int]:
        return words[int.from_bytes(data[at : at + column.meta], "little")], at + column.meta

    return read


def _set(column: Column, convert: _Convert) -> Read:
    words = [word if convert is None else convert(word) for word in column.words]

    def read(data: bytes, at: int) -> tuple[Value, int]:
        bits = int.from_bytes(data[at : at + column.meta], "little")
        if bits >> len(words):
            raise Garbled(f"column {column.name} holds a word that was not told")
        chosen = [word for place, word in enumerate(words) if bits >> place & 1]
        return b",".join(chosen), at + column.meta

    return read
