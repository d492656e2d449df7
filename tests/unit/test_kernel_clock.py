"""The day depends on the place where it is counted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hefu.kernel.clock import CHINA, FixedClock, SystemClock, at_noon


def test_late_on_a_utc_day_the_chinese_day_has_already_changed() -> None:
    clock = FixedClock(datetime(2026, 2, 28, 16, 0, tzinfo=UTC))
    assert clock.today() == date(2026, 3, 1)
    assert clock.today(ZoneInfo("UTC")) == date(2026, 2, 28)
    assert FixedClock(datetime(2026, 2, 28, 15, 59, 59, tzinfo=UTC)).today() == date(2026, 2, 28)


def test_a_fixed_clock_tells_its_instant_in_utc() -> None:
    clock = FixedClock(datetime(2026, 1, 5, 8, 30, tzinfo=CHINA))
    assert clock.now() == datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    assert clock.now().utcoffset() == timedelta(0)


def test_a_fixed_clock_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        FixedClock(datetime(2026, 1, 5, 8, 30))  # noqa: DTZ001 - the mistake under test


def test_noon_is_noon_where_the_day_is_counted() -> None:
    clock = at_noon(date(2026, 10, 1))
    assert clock.today() == date(2026, 10, 1)
    assert clock.now() == datetime(2026, 10, 1, 4, 0, tzinfo=UTC)


def test_the_machine_clock_is_aware_and_moves_forward() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert first <= second
    assert abs((clock.today() - first.astimezone(CHINA).date()).days) <= 1
