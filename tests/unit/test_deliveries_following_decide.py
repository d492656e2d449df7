"""How a follower fares, when alarm is raised for it, and what becomes of it; without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hefu.dataplane.ticket import Channel
from hefu.portal.deliveries.chart import HEIGHT, WIDTH, draw
from hefu.rooms.deliveries import decide, errors
from hefu.rooms.deliveries.decide.following import alarm, next_drop, pulse, window_is_due
from hefu.rooms.deliveries.terms import MOVES, OPEN, DeliveryFacts, DeliveryStatus
from hefu.rooms.deliveries.terms.following import (
    ALONE_AFTER,
    BEATS,
    DROP_RETRIES,
    IN_STEP_WITHIN,
    LEASE,
    RED,
    RED_AFTER,
    RETRIES,
    TOLD_AFTER,
    WINDOW,
    Beat,
    Pulse,
    PulseFacts,
)  # fmt: skip
from hefu.rooms.grants import decide as grants
from hefu.rooms.grants.errors import FilesAreNotFollowed, FollowHasNoLimit, FollowNotGranted, GrantMoveRefused
from hefu.rooms.grants.terms import GrantFacts, GrantStatus, Way

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RUNNING = PulseFacts(
    status="running", phase="follow", heartbeat_at=NOW, heard_at=NOW, in_step_at=NOW, moved_at=NOW, next_try_at=None
)
FOLLOWER = DeliveryFacts("D2026-000001", DeliveryStatus.RUNNING, mode=Way.FOLLOW)


@pytest.mark.parametrize(
    ("facts", "felt"),
    [
        (RUNNING, Pulse.IN_STEP),
        # A quiet source stays in step for as long as its server answers.
        (replace(RUNNING, moved_at=NOW - timedelta(days=9)), Pulse.IN_STEP),
        (replace(RUNNING, in_step_at=NOW - IN_STEP_WITHIN), Pulse.CATCHING_UP),
        (replace(RUNNING, in_step_at=NOW - timedelta(hours=1), moved_at=NOW - 29 * SECOND), Pulse.CATCHING_UP),
        (replace(RUNNING, in_step_at=NOW - timedelta(hours=1), moved_at=NOW - RED_AFTER), Pulse.STILL),
        (replace(RUNNING, in_step_at=NOW - RED_AFTER, moved_at=None, heard_at=NOW - RED_AFTER), Pulse.DEAF),
        (replace(RUNNING, heartbeat_at=NOW - LEASE), Pulse.SILENT),
        (replace(RUNNING, heartbeat_at=None), Pulse.SILENT),
        (replace(RUNNING, phase="copy", in_step_at=None), Pulse.COPYING),
        (replace(RUNNING, phase="copy", in_step_at=None, moved_at=NOW - RED_AFTER), Pulse.STILL),
        (replace(RUNNING, phase="prepare", waits_since=NOW - 29 * SECOND), Pulse.HELD),
        (replace(RUNNING, phase="prepare", waits_since=NOW - RED_AFTER), Pulse.HELD_UP),
        (replace(RUNNING, status="waiting", next_try_at=NOW, pauses=1), Pulse.TRYING),
        (replace(RUNNING, status="waiting", next_try_at=NOW - SECOND), Pulse.CATCHING_UP),
        (replace(RUNNING, status="waiting", next_try_at=NOW - ALONE_AFTER), Pulse.ALONE),
        (replace(RUNNING, status="waiting", next_try_at=NOW - ALONE_AFTER, crowded=True), Pulse.CROWDED),
        (replace(RUNNING, status="paused"), Pulse.AT_REST),
        (replace(RUNNING, status="failed"), Pulse.AT_REST),
    ],
)
def test_a_follower_lives_by_what_moves_and_not_by_what_it_says(facts: PulseFacts, felt: Pulse) -> None:
    assert pulse(facts, now=NOW) is felt


def test_running_while_nothing_moves_is_red_and_told_within_a_minute() -> None:
    assert timedelta(minutes=1) > RED_AFTER + TOLD_AFTER
    assert timedelta(minutes=1) > LEASE + TOLD_AFTER
    assert timedelta(minutes=1) > ALONE_AFTER + TOLD_AFTER


@pytest.mark.parametrize("felt", list(Pulse))
def test_alarm_is_raised_once_and_cleared_once_and_never_for_a_moment(felt: Pulse) -> None:
    lasting, fresh = NOW - TOLD_AFTER, NOW - TOLD_AFTER + SECOND
    red = felt in RED
    assert alarm(felt, raised=None, changed_at=lasting, now=NOW) is (True if red else None)
    assert alarm(felt, raised=None, changed_at=fresh, now=NOW) is None
    assert alarm(felt, raised=Pulse.STILL, changed_at=lasting, now=NOW) is (None if red else False)
    at_once = felt is Pulse.AT_REST  # what has ended needs no more waiting
    assert alarm(felt, raised=Pulse.STILL, changed_at=fresh, now=NOW) is (False if at_once else None)


def test_a_window_is_put_on_record_when_something_changed_and_not_more_often_than_said() -> None:
    assert window_is_due(opened_at=NOW - WINDOW, changed=True, now=NOW)
    assert not window_is_due(opened_at=NOW - WINDOW, changed=False, now=NOW)
    assert not window_is_due(opened_at=NOW - WINDOW + SECOND, changed=True, now=NOW)


def test_a_slot_is_dropped_again_and_again_for_ever() -> None:
    assert [next_drop(tries) for tries in (1, 2, 99)] == [DROP_RETRIES[0], DROP_RETRIES[1], DROP_RETRIES[-1]]


@pytest.mark.parametrize("pauses", [0, 5, 5000])
def test_a_follower_that_lost_a_side_is_never_given_up(pauses: int) -> None:
    following = decide.after_failure(replace(FOLLOWER, pauses=pauses), transient=True)
    assert (following.status, following.pause) == (DeliveryStatus.WAITING, RETRIES[min(pauses, 5)])
    assert decide.after_failure(FOLLOWER, transient=False).status is DeliveryStatus.FAILED
    assert decide.after_failure(replace(FOLLOWER, pause_asked=True), transient=True).status is DeliveryStatus.PAUSED
    assert decide.after_failure(replace(FOLLOWER, ticket_in_force=False), transient=True).status is (
        DeliveryStatus.STOPPED
    )


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_only_a_follower_that_goes_on_can_rest(status: DeliveryStatus) -> None:
    if status in OPEN:
        asked = decide.pause(replace(FOLLOWER, status=status))
        assert asked is (status if status is DeliveryStatus.RUNNING else DeliveryStatus.PAUSED)
    else:
        with pytest.raises(errors.DeliveryMoveRefused):
            decide.pause(replace(FOLLOWER, status=status))
    with pytest.raises(errors.NotAFollower):
        decide.pause(replace(FOLLOWER, status=status, mode=Way.WHOLE))


@pytest.mark.parametrize("status", list(DeliveryStatus))
def test_a_failed_follower_can_be_ended_a_failed_copy_has_ended(status: DeliveryStatus) -> None:
    follower = replace(FOLLOWER, status=status)
    if DeliveryStatus.CANCELLED in MOVES[status]:
        decide.cancel(follower)
    if status is DeliveryStatus.FAILED:
        with pytest.raises(errors.DeliveryMoveRefused):
            decide.cancel(replace(follower, mode=Way.WHOLE))


GRANT = GrantFacts(
    number="G2026-000001", status=GrantStatus.ACTIVE, channel=Channel.TABLE, items=(), rows=(),
    term_from=NOW.date(), term_until=NOW.date(), has_target=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"channel": Channel.FILE}, FilesAreNotFollowed),
        ({"may_follow": False}, FollowNotGranted),
        ({"quota_rows": 5}, FollowHasNoLimit),
        ({"quota_deliveries": 5}, FollowHasNoLimit),
        ({"status": GrantStatus.REVOKED}, GrantMoveRefused),
    ],
)
def test_the_grant_says_whether_it_can_be_followed(changes: dict[str, object], refusal: type[Exception]) -> None:
    assert grants.choose_way(GRANT, Way.FOLLOW) is Way.FOLLOW
    with pytest.raises(refusal):
        grants.choose_way(replace(GRANT, **changes), Way.FOLLOW)  # type: ignore[arg-type]


def test_a_limit_that_following_cannot_keep_ends_the_way() -> None:
    followed = replace(GRANT, way=Way.FOLLOW)
    assert grants.narrow(followed, grants.Wanted(term_until=NOW.date(), may_follow=False)).way is Way.WHOLE
    assert grants.narrow(followed, grants.Wanted(quota_rows=9)).way is Way.WHOLE


def test_the_chart_shows_the_last_quarter_of_an_hour_and_nothing_older() -> None:
    beats = [
        Beat(NOW - timedelta(seconds=10 * BEATS), 9999, timedelta(0)),
        Beat(NOW - timedelta(seconds=10), 50, timedelta(seconds=2)),
        Beat(NOW, 100, timedelta(0)),
    ]
    chart = draw(beats, now=NOW)
    assert (chart.changes, chart.most, len(chart.bars)) == (150, 10.0, 2)
    last = chart.bars[-1]
    assert float(last.x) + float(last.width) <= WIDTH
    assert float(last.y) + float(last.height) == pytest.approx(HEIGHT)
    assert [minute.changes for minute in chart.minutes] == [100, 50]
    assert draw([], now=NOW).bars == ()
