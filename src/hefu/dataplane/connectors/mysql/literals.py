"""Texts that PostgreSQL prints as literals of MySQL's statements: the same values that a copy writes."""

from collections.abc import Sequence

import numpy as np

from hefu.dataplane.errors import SideRefused
from hefu.dataplane.types import Kind, SqlType
from hefu.kernel.words import Sentence, _

_NULL = b"null"
#: A sign that no text of PostgreSQL has, and one that some sessions take for the beginning of an escape.
_BETWEEN, _ESCAPE = b"\0", b"\\"


def literals(values: Sequence[bytes | None], of: SqlType) -> list[bytes]:
    """Return what stands for the values in a statement, whether or not the session heeds backslashes.

    Args:
        values: UTF-8 texts as a session of ours has PostgreSQL print them: ISO dates, instants in UTC, bytes in hex.
        of: Their type there.

    Raises:
        SideRefused: A number that MySQL has none for.
    """
    match of.kind:
        case Kind.INTEGER:
            return [_NULL if value is None else value for value in values]
        case Kind.BOOLEAN:
            return [_NULL if value is None else b"1" if value[:1] == b"t" else b"0" for value in values]
        case Kind.FLOAT:
            return [_float(value, narrow=of.name == "real") for value in values]
        case Kind.INSTANT:  # kept as the time in UTC, for MySQL has no instants beyond the year 2038
            return _quoted([value and value.removesuffix(b"+00") for value in values])
    if of.name == "bytea" and not of.array:
        return [_NULL if value is None else b"x'" + value[2:] + b"'" for value in values]
    if of.name == "character" and not of.array:  # blanks that fill it up are no part of the value
        return _quoted([value and value.rstrip(b" ") for value in values])
    return _quoted(values)


def _quoted(values: Sequence[bytes | None]) -> list[bytes]:
    r"""Return texts in quotes, or in hexadecimal where a backslash stands in them.

    >>> _quoted([b"it's", None, b"\\"])
    [b"'it''s'", b'null', b"_utf8mb4 x'5c'"]
    """
    if None not in values:
        together = _BETWEEN.join(values)  # type: ignore[arg-type]
        if together.count(_BETWEEN) == len(values) - 1 and _ESCAPE not in together:
            return (b"'" + together.replace(b"'", b"''").replace(_BETWEEN, b"'\0'") + b"'").split(_BETWEEN)
    return [_NULL if value is None else _text(value) for value in values]


def _text(value: bytes) -> bytes:
    if _ESCAPE in value:
        return b"_utf8mb4 x'" + value.hex().encode() + b"'"
    return b"'" + value.replace(b"'", b"''") + b"'"


def _float(value: bytes | None, *, narrow: bool) -> bytes:
    """Return a number; one of four bytes as the number of eight that it is, as a copy writes it.

    >>> _float(b"0.1", narrow=True), _float(b"1e+20", narrow=False)
    (b'0.10000000149011612e0', b'1e+20')
    """
    if value is None:
        return _NULL
    if value in (b"NaN", b"Infinity", b"-Infinity"):
        shown = value.decode()
        raise SideRefused("target", Sentence(_("MySQL has no number for {value}"), code="side.float", value=shown))
    number = float(np.float32(float(value))) if narrow else float(value)
    return (repr(number) if "e" in repr(number) else f"{number!r}e0").encode()
