"""One value has one byte form, in every language that follows RFC 8785."""

import json
from datetime import UTC, date, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.kernel.canonical import NotCanonical, canonical, plain
from hefu.kernel.hashing import digest, sha256

SAFE = 2**53 - 1
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    TWO = 2


class Kind(Enum):
    TABLE = "table"


def test_keys_sort_by_utf16_code_units_as_the_rfc_shows() -> None:
    # RFC 8785 section 3.2.3: the emoji is a surrogate pair (0xD83D…) and comes before U+FB33.
    value = {
        "\u20ac": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\x80": "Control",
        "\u00f6": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(canonical(value)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


def test_text_is_escaped_as_the_rfc_shows_and_in_no_other_way() -> None:
    assert canonical('€$\x0f\nA\'B"\\\\"/\x7f 中') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f 中"'.encode()
    assert canonical("\b\t\f\r\x00\x1f") == b'"\\b\\t\\f\\r\\u0000\\u001f"'


def test_there_is_no_space_and_order_of_insertion_does_not_show() -> None:
    assert canonical({"b": [1, True, None], "a": {}}) == b'{"a":{},"b":[1,true,null]}'
    assert canonical({"a": {}, "b": (1, True, None)}) == canonical({"b": [1, True, None], "a": {}})


def test_dates_ids_and_enums_become_text_before_they_are_hashed() -> None:
    value = {
        Colour.RED: Kind.TABLE,
        "at": datetime(2026, 1, 5, 8, 30, tzinfo=UTC),
        "day": date(2026, 1, 5),
        "id": UUID(int=1),
        "level": Level.TWO,
    }
    assert canonical(value) == (
        b'{"at":"2026-01-05T08:30:00+00:00","day":"2026-01-05",'
        b'"id":"00000000-0000-0000-0000-000000000001","level":2,"red":"table"}'
    )
    assert {type(key) for key in plain(value)} == {str}
    assert type(plain(Colour.RED)) is str


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.0, "float"),
        ({"a": [float("nan")]}, "float"),
        (2**53, "not exact"),
        (-(2**53), "not exact"),
        ({1: "a"}, "not text"),
        ({None: "a"}, "not text"),
        (b"bytes", "bytes"),
        ({"a": {1, 2}}, "set"),
        ("\ud800", "surrogate"),
        ({"\udc00": 1}, "surrogate"),
    ],
)
def test_what_another_language_could_read_otherwise_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(NotCanonical, match=reason):
        canonical(value)


def test_the_largest_exact_integers_are_taken() -> None:
    assert canonical([SAFE, -SAFE, 0]) == b"[9007199254740991,-9007199254740991,0]"


@given(VALUES)
def test_reading_it_back_and_writing_it_again_changes_nothing(value: Any) -> None:
    once = canonical(value)
    assert json.loads(once) == plain(value)
    assert canonical(json.loads(once)) == once


@given(st.dictionaries(TEXT, st.integers(0, 9), max_size=8))
def test_keys_are_in_the_order_of_their_utf16_bytes(value: dict[str, int]) -> None:
    keys = [key.encode("utf-16-be") for key in json.loads(canonical(value))]
    assert keys == sorted(keys)


def test_the_digest_is_the_sha256_of_the_canonical_bytes() -> None:
    assert digest({}) == sha256(b"{}") == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": "1"})
