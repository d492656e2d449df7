"""Ids sort by time, and nobody can guess the next one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.kernel.clock import CHINA
from hefu.kernel.ids import NIL, new_id, read_id

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def milliseconds(uid: UUID) -> int:
    return uid.int >> 80


def test_the_time_in_it_is_the_one_of_the_rfc_example() -> None:
    # RFC 9562 appendix A.6: 22 February 2022, 14:22:22.00 in UTC-5.
    at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    assert milliseconds(new_id(at)) == 0x017F22E279B0


@given(INSTANTS)
def test_it_is_a_version_7_uuid_that_keeps_its_millisecond(at: datetime) -> None:
    uid = new_id(at)
    assert (uid.version, uid.variant) == (7, "specified in RFC 4122")
    assert milliseconds(uid) == (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(INSTANTS, st.integers(1, 10**9))
def test_a_later_millisecond_sorts_after_as_number_as_text_and_as_bytes(at: datetime, gap: int) -> None:
    early, late = new_id(at), new_id(at + timedelta(milliseconds=gap))
    assert early < late
    assert str(early) < str(late)
    assert early.bytes < late.bytes


def test_the_zone_of_the_clock_does_not_show() -> None:
    at = datetime(2026, 1, 5, 8, 30, tzinfo=CHINA)
    assert milliseconds(new_id(at)) == milliseconds(new_id(at.astimezone(UTC)))


def test_a_hundred_thousand_ids_of_one_instant_all_differ_in_every_random_bit() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    ids = [new_id(at).int for _ in range(100_000)]
    assert len(set(ids)) == len(ids)
    ones, both = 0, (1 << 128) - 1
    for value in ids:
        ones |= value
        both &= value
    varying = ones & ~both
    assert varying.bit_count() == 74


def test_an_instant_without_a_zone_gives_no_id() -> None:
    with pytest.raises(TypeError):
        new_id(datetime(2026, 1, 5))  # noqa: DTZ001 - the mistake under test


def test_text_from_an_address_is_an_id_or_nothing() -> None:
    uid = new_id(datetime(2026, 1, 5, tzinfo=UTC))
    assert read_id(str(uid)) == uid
    assert read_id(uid) == uid
    assert read_id("../etc") == NIL
    assert read_id("") == NIL
