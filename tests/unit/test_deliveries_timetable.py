"""When whole copies are taken, in cron's form and in an office's words; and when a source is left alone."""

from datetime import date, datetime, time, timedelta

import pytest

from hefu.kernel.clock import CHINA
from hefu.kernel.timetable import After, NoTimetable, Timetable, read, ring, stated
from hefu.rooms.deliveries.terms.timetable import Closed

#: National Day 2026: 1–7 October are off, Saturday 10 October is worked.
OFF = {date(2026, 10, day) for day in range(1, 8)}


def works(day: date) -> bool:
    return day == date(2026, 10, 10) or (day not in OFF and day.isoweekday() < 6)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("said", "now", "due"),
    [
        ("每天 02:00", "2026-09-30 02:00", "2026-10-01 02:00"),
        ("每天 02:00", "2026-09-30 01:59", "2026-09-30 02:00"),
        ("每个工作日 02:00", "2026-09-30 02:00", "2026-10-08 02:00"),
        ("every working day 02:00", "2026-10-09 09:00", "2026-10-10 02:00"),  # a Saturday that is worked
        ("每个休息日 3:05", "2026-09-30 12:00", "2026-10-01 03:05"),
        ("每周一、三 08:30", "2026-09-29 12:00", "2026-09-30 08:30"),
        ("every Monday and Wednesday at 08:30", "2026-09-30 08:30", "2026-10-05 08:30"),
        ("每月31日 00:00", "2026-10-31 00:00", "2026-12-31 00:00"),
        ("every month on 1 at 04:00", "2026-09-30 04:00", "2026-10-01 04:00"),
        ("每小时", "2026-09-30 23:00", "2026-10-01 00:00"),
        ("30 2 * * *", "2026-09-30 02:30", "2026-10-01 02:30"),
        ("*/15 8-10 * * 1-5", "2026-09-30 10:45", "2026-10-01 08:00"),
        ("0 0 29 2 *", "2026-09-30 00:00", "2028-02-29 00:00"),
        ("0 0 13 * 5", "2026-09-30 00:00", "2026-10-02 00:00"),  # either the day or the weekday, as in cron
        ("0 6 * * 0", "2026-09-30 00:00", "2026-10-04 06:00"),
    ],
)
def test_the_next_time_is_what_an_office_expects(said: str, now: str, due: str) -> None:
    assert read(said).next_after(at(now), works) == at(due)


@pytest.mark.parametrize(
    "said",
    [
        "", "每天", "25:00", "每天 24:00", "有空的时候", "* * * * *", "*/5 * * * *", "0,55 * * * *", "61 * * * *",
        "0 0 * *", "0 0 0 * *", "5-1 * * * *", "0 0 * * 1-9", "每月32日 00:00", "every Fooday 08:00", "*/0 * * * *",
    ],
)  # fmt: skip
def test_what_says_no_times_or_too_many_is_refused(said: str) -> None:
    with pytest.raises(NoTimetable):
        read(said)


def test_a_day_that_never_comes_has_no_next_time() -> None:
    assert read("0 0 31 2 *").next_after(at("2026-01-01 00:00"), works) is None


def test_the_next_times_follow_each_other() -> None:
    assert read("每个工作日 02:00").next_times(at("2026-09-29 12:00"), works, 3) == [
        at("2026-09-30 02:00"), at("2026-10-08 02:00"), at("2026-10-09 02:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("closed", "now", "opens"),
    [
        (Closed(time(8), time(18)), "2026-09-30 08:00", "2026-09-30 18:00"),
        (Closed(time(8), time(18)), "2026-09-30 07:59", None),
        (Closed(time(8), time(18)), "2026-09-30 18:00", None),
        (Closed(time(22), time(6)), "2026-09-30 23:00", "2026-10-01 06:00"),
        (Closed(time(22), time(6)), "2026-10-01 05:59", "2026-10-01 06:00"),
        (Closed(time(8), time(18), working_days=True), "2026-10-03 12:00", None),
        (Closed(time(8), time(18), working_days=True), "2026-10-10 12:00", "2026-10-10 18:00"),
        (Closed(), "2026-09-30 12:00", None),
        (Closed(time(8), time(8)), "2026-09-30 08:00", None),
    ],
)
def test_a_source_is_left_alone_while_it_is_closed(closed: Closed, now: str, opens: str | None) -> None:
    assert closed.opens_at(at(now), works) == (at(opens) if opens else None)


def test_utc_instants_are_understood() -> None:
    utc = at("2026-09-30 02:00") - timedelta(minutes=1)
    assert read("每天 02:00").next_after(utc, works) == at("2026-09-30 02:00")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("after G2026-000001", "G2026-000001"),
        ("After  g2026-000001", "G2026-000001"),
        ("在H2026-000012之后", "H2026-000012"),
        ("L2026-000003 后", "L2026-000003"),
        ("归集后", ""),
        ("after its collection", ""),
    ],
)
def test_what_is_waited_for_is_named_by_its_number(said: str, number: str) -> None:
    assert stated(said) == After(number)


@pytest.mark.parametrize(
    "said", ["after", "after lunch", "after G1", "G2026-000001", "之后", "after G2026-000001 02:00"]
)
def test_what_waits_for_nothing_known_is_refused(said: str) -> None:
    with pytest.raises(NoTimetable):
        stated(said)


def test_times_are_stated_as_ever() -> None:
    assert isinstance(stated("每天 02:00"), Timetable)


def test_what_would_wait_for_itself_is_named_along_the_way() -> None:
    waits = {"B": "C", "C": "D", "X": "Y", "Y": "X"}
    assert ring("A", "B", waits) == ()
    assert ring("D", "B", waits) == ("D", "B", "C", "D")
    assert ring("A", "A", waits) == ("A", "A")
    assert ring("A", "X", waits) == (), "a ring of others ends the looking"
