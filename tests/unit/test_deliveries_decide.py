"""Decisions about deliveries, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from hefu.dataplane.ticket import Channel
from hefu.kernel.refusal import Refusal
from hefu.rooms.deliveries import decide, errors
from hefu.rooms.deliveries.terms import MOST_TAKEOVERS, MOVES, PAUSES, DeliveryFacts, DeliveryStatus, GrantNow, Quiet
from hefu.rooms.grants.terms import GrantStatus

GRANT = GrantNow(
    number="G2026-000001",
    status=GrantStatus.ACTIVE,
    channel=Channel.TABLE,
    term_from=date(2026, 3, 1),
    term_until=date(2026, 12, 31),
    quota_deliveries=None,
    open_delivery="",
    started=0,
    arrived=0,
)
TODAY = date(2026, 3, 11)
RUNNING = DeliveryFacts("D2026-000001", DeliveryStatus.RUNNING)
NOW = datetime(2026, 3, 11, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("grant", "today", "refusal"),
    [
        (replace(GRANT, status=GrantStatus.WAITING), TODAY, errors.GrantNotActive),
        (replace(GRANT, status=GrantStatus.SUSPENDED), TODAY, errors.GrantNotActive),
        (replace(GRANT, status=GrantStatus.REVOKED), TODAY, errors.GrantNotActive),
        (GRANT, date(2026, 2, 28), errors.TermNotBegun),
        (GRANT, date(2027, 1, 1), errors.TermOver),
        (replace(GRANT, open_delivery="D2026-000009"), TODAY, errors.DeliveryOpen),
        (replace(GRANT, quota_deliveries=2, started=2), TODAY, errors.QuotaUsed),
    ],
)
def test_nothing_starts_but_under_a_grant_in_force_in_its_term_and_quota(
    grant: GrantNow, today: date, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        decide.start(grant, today=today)
    assert not decide.starts_itself(grant, today=today)


@pytest.mark.parametrize("today", [date(2026, 3, 1), date(2026, 12, 31)])
def test_first_and_last_day_of_the_term_are_in_time(today: date) -> None:
    decide.start(GRANT, today=today)
    assert decide.starts_itself(GRANT, today=today)


def test_the_last_delivery_of_the_quota_still_starts() -> None:
    decide.start(replace(GRANT, quota_deliveries=2, started=1), today=TODAY)


def test_a_lifted_hold_does_not_send_rows_again_that_arrived() -> None:
    assert decide.starts_itself(GRANT, today=TODAY, resumed=True)
    assert not decide.starts_itself(replace(GRANT, arrived=1), today=TODAY, resumed=True)
    assert decide.starts_itself(replace(GRANT, arrived=1), today=TODAY)


@pytest.mark.parametrize(("old", "new"), list(product(DeliveryStatus, DeliveryStatus)))
def test_a_delivery_moves_only_as_the_table_says(old: DeliveryStatus, new: DeliveryStatus) -> None:
    delivery = replace(RUNNING, status=old)
    if new in MOVES[old]:
        assert decide.move(delivery, new) is new
    else:
        with pytest.raises(errors.DeliveryMoveRefused):
            decide.move(delivery, new)


@pytest.mark.parametrize("status", [s for s in DeliveryStatus if s not in ("waiting", "running")])
def test_a_worker_leaves_alone_what_has_ended(status: DeliveryStatus) -> None:
    assert decide.take_up(replace(RUNNING, status=status)).status is status


@pytest.mark.parametrize("status", [DeliveryStatus.WAITING, DeliveryStatus.RUNNING])
def test_a_worker_takes_up_what_waits_and_what_lost_its_worker(status: DeliveryStatus) -> None:
    delivery = replace(RUNNING, status=status)
    assert decide.take_up(delivery).status is DeliveryStatus.RUNNING
    assert decide.take_up(replace(delivery, ticket_in_force=False)).status is DeliveryStatus.STOPPED
    assert decide.take_up(replace(delivery, cancel_asked=True)).status is DeliveryStatus.CANCELLED


def test_a_delivery_that_kills_every_worker_is_given_to_a_person() -> None:
    assert decide.take_up(replace(RUNNING, takeovers=MOST_TAKEOVERS - 1)).status is DeliveryStatus.RUNNING
    assert decide.take_up(replace(RUNNING, takeovers=MOST_TAKEOVERS)).status is DeliveryStatus.FAILED


def test_what_may_pass_by_itself_is_tried_again_with_growing_pauses_and_then_given_to_a_person() -> None:
    pauses = [
        decide.after_failure(replace(RUNNING, pauses=times), transient=True).pause for times in range(len(PAUSES))
    ]
    assert pauses == sorted(PAUSES)
    last = decide.after_failure(replace(RUNNING, pauses=len(PAUSES)), transient=True)
    assert (last.status, last.pause) == (DeliveryStatus.FAILED, None)


def test_what_a_person_must_mend_fails_at_once() -> None:
    assert decide.after_failure(RUNNING, transient=False).status is DeliveryStatus.FAILED


@pytest.mark.parametrize("transient", [True, False])
def test_a_try_that_was_told_to_stop_does_not_count_as_failed(transient: bool) -> None:
    cancelled = replace(RUNNING, cancel_asked=True)
    assert decide.after_failure(cancelled, transient=transient).status is DeliveryStatus.CANCELLED
    stopped = replace(cancelled, ticket_in_force=False)
    assert decide.after_failure(stopped, transient=transient).status is DeliveryStatus.STOPPED


@pytest.mark.parametrize("transient", [True, False])
def test_a_ticket_that_ended_on_the_way_stops_the_delivery_for_good(transient: bool) -> None:
    following = decide.after_failure(RUNNING, transient=transient, ticket_over=True)
    assert following.status is DeliveryStatus.STOPPED


def test_a_waiting_delivery_is_cancelled_now_and_a_running_one_by_its_worker() -> None:
    assert decide.cancel(replace(RUNNING, status=DeliveryStatus.WAITING)) is DeliveryStatus.CANCELLED
    assert decide.cancel(RUNNING) is DeliveryStatus.RUNNING
    with pytest.raises(errors.DeliveryMoveRefused):
        decide.cancel(replace(RUNNING, status=DeliveryStatus.DONE))


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_only_what_failed_rests_or_was_cancelled_goes_on(status: DeliveryStatus) -> None:
    delivery = replace(RUNNING, status=status)
    if status in (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED, DeliveryStatus.PAUSED):
        assert decide.retry(delivery) is DeliveryStatus.WAITING
        with pytest.raises(errors.TicketReplaced):
            decide.retry(replace(delivery, ticket_in_force=False))
    else:
        with pytest.raises(errors.DeliveryMoveRefused):
            decide.retry(delivery)


@pytest.mark.parametrize(
    ("heartbeat_ago", "row_ago", "expected"),
    [(1, 1, Quiet.MOVING), (1, 29, Quiet.MOVING), (1, 30, Quiet.STILL), (20, 20, Quiet.SILENT), (21, 90, Quiet.SILENT)],
)
def test_alive_means_that_data_moved(heartbeat_ago: int, row_ago: int, expected: Quiet) -> None:
    state, _since = decide.quiet(
        now=NOW,
        heartbeat_at=NOW - timedelta(seconds=heartbeat_ago),
        last_row_at=NOW - timedelta(seconds=row_ago),
    )
    assert state is expected


def test_the_time_left_follows_the_rate_so_far() -> None:
    assert decide.time_left(rows=250, expected=1000, elapsed=timedelta(seconds=10)) == timedelta(seconds=30)
    assert decide.time_left(rows=1200, expected=1000, elapsed=timedelta(seconds=10)) == timedelta(0)
    assert decide.time_left(rows=0, expected=1000, elapsed=timedelta(seconds=10)) is None
    assert decide.time_left(rows=10, expected=None, elapsed=timedelta(seconds=10)) is None


def test_far_fewer_rows_are_taken_only_from_a_delivery_that_is_held_for_them() -> None:
    held = replace(RUNNING, status=DeliveryStatus.FAILED, held=True)
    decide.take_fewer(held)
    with pytest.raises(errors.NothingHeld):
        decide.take_fewer(replace(held, held=False))
