"""What the command of holdings reads from its options."""

import pytest

from hefu.cli.holdings import _instant
from hefu.kernel.clock import CHINA


@pytest.mark.parametrize("day", ["2026-11-22", "9999-12-31"])
def test_a_day_means_as_it_ended_also_the_last_there_is(day: str) -> None:
    found = _instant(day)
    assert found is not None
    assert (found.isoformat(), found.tzinfo) == (f"{day}T23:59:59.999999+08:00", CHINA)
