"""Identifiers that sort by time and cannot be guessed."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(at: datetime) -> UUID:
    """Return a version 7 UUID for the instant `at`: 48 bits of milliseconds, then 74 random bits.

    Args:
        at: An aware instant, from 1970 on.

    Source: RFC 9562 section 5.7.
    """
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1) & ((1 << 48) - 1)
    noise = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80
    value |= 0x7 << 76
    value |= ((noise >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= noise & ((1 << 62) - 1)
    return UUID(int=value)


#: The id that nothing has (RFC 9562 section 5.9).
NIL = UUID(int=0)


def read_id(text: UUID | str) -> UUID:
    """Return the id that `text` writes; `NIL` when it writes none, because an address may say anything."""
    try:
        return UUID(str(text))
    except ValueError:
        return NIL
