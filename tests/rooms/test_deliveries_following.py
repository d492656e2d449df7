"""Deliveries that keep a table in step: asked for, carried, watched, ended, and put on record."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from django.db.models.functions import Now

from hefu.dataplane.errors import PlanRefused
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.ledger.receipt import verify_receipt
from hefu.portal.requests.told import notice_in_words
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.models import Delivery, Following
from hefu.rooms.deliveries.terms import MOVES, DeliveryStatus
from hefu.rooms.deliveries.terms.following import Pulse, SlotState
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.errors import FollowHasNoLimit, FollowNotGranted
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import Way
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from tests.builders import SYSTEM, a_department, an_actor
from tests.conftest import Database
from tests.followers import NOW, a_grant_to_follow, another_of, begun, following, in_step, slots, together, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    """The provider's database."""
    return make_database()


@pytest.fixture
def ours(make_database: Callable[[], Database]) -> Database:
    """The consumer's database."""
    return make_database()


@pytest.fixture
def grant(consumer: Department, theirs: Database, ours: Database) -> Iterator[Grant]:
    yield a_grant_to_follow(consumer, theirs, ours)
    with theirs.connect() as session:  # what a failed test leaves must not keep the server's log
        session.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
            " WHERE database = current_database() AND active"
        )


def chief_of(grant: Grant) -> Actor:
    return an_actor(grant.provider, Role.CHIEF)


def status(row: Delivery) -> str:
    row.refresh_from_db()
    return row.status


def publications(database: Database) -> int:
    return int(str(database.run("SELECT count(*) FROM pg_publication")[0][0]))


def kinds(row: Delivery) -> list[str]:
    return [entry.kind for entry in history(row.number, viewer=SYSTEM)]


class TestFromBeginningToEnd:
    @staticmethod
    def waits_and_rests(row: Delivery, actor: Actor, theirs: Database) -> None:
        """See that a follower says what its source makes it wait for, and rests at once; it is asked to go on."""
        until(lambda: queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).waits)
        now, seen = (queries.follow_now(row.number, viewer=viewer, clock=NOW) for viewer in (SYSTEM, actor))
        assert now.waits is not None
        assert seen.waits is not None
        assert now.pulse in (Pulse.HELD, Pulse.HELD_UP)
        assert (now.waits.transactions > 0, bool(now.waits.since)) == (True, True)
        assert bool(now.waits.user and now.waits.database)
        assert (seen.waits.user, seen.waits.application, seen.waits.database) == ("", "", "")
        services.pause_delivery(number=row.number, actor=actor, clock=NOW)
        assert until(lambda: status(row) == DeliveryStatus.PAUSED) < 5
        assert slots(theirs) == 0
        services.retry_delivery(number=row.number, actor=actor, clock=NOW)

    def test_it_copies_keeps_in_step_rests_goes_on_and_leaves_nothing_behind(
        self, grant: Grant, consumer: Department, theirs: Database, ours: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("hefu.dataplane.capture.waiting.EVERY", 0.2)
        row, actor = begun(grant), an_actor(consumer)
        same = "SELECT count(*), md5(string_agg(id_number || name || birth_date, ';' ORDER BY id_number)) FROM {}"
        with following():
            with ours.connect() as elsewhere:  # another database of that server
                elsewhere.execute("BEGIN; CREATE TABLE opened AS SELECT 1")
                self.waits_and_rests(row, actor, theirs)
            until(lambda: in_step(row))
            assert ours.run("SELECT count(*) FROM population") == [(90,)]
            theirs.run("UPDATE population SET name = '李四' WHERE id_number = lpad('7', 18, '0')")
            theirs.run("DELETE FROM population WHERE id_number = lpad('8', 18, '0')")
            theirs.run("INSERT INTO population VALUES ('000000000000001001', '王五', '2000-01-01'), ('x', NULL, NULL)")
            granted = theirs.run(same.format("(SELECT * FROM population WHERE name IS NOT NULL) t"))
            until(lambda: ours.run(same.format("population")) == granted)
            until(lambda: queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).changes == 4)
            row.refresh_from_db()
            assert (row.rows_rejected, row.rejected, row.rejects_kept) == (11, {"not_null(name)": 11}, 11)

            services.pause_delivery(number=row.number, actor=actor, clock=NOW)
            until(lambda: status(row) == DeliveryStatus.PAUSED)
            theirs.run("UPDATE population SET name = '赵六' WHERE id_number = lpad('9', 18, '0')")
            assert slots(theirs) == 1
            with pytest.raises(errors.DeliveryOpen):
                services.start_delivery(grant=grant.number, actor=actor, clock=NOW)
            services.retry_delivery(number=row.number, actor=actor, clock=NOW)
            until(lambda: ours.run("SELECT name FROM population WHERE id_number = lpad('9', 18, '0')") == [("赵六",)])

            services.cancel_delivery(number=row.number, actor=actor, clock=NOW)
            until(lambda: status(row) == DeliveryStatus.CANCELLED)
            until(lambda: Following.objects.get(pk=row.pk).slot_state == SlotState.NONE)
            assert (slots(theirs), publications(theirs)) == (0, 0)
        grant.refresh_from_db()
        assert grant.way == Way.WHOLE

        closed = list(queries.windows(row).order_by("number"))
        assert [(w.inserted, w.updated, w.deleted, w.rejected, w.copy) for w in closed] == [
            (1, 1, 1, 1, 1), (0, 1, 0, 0, 1),
        ]  # fmt: skip
        assert closed[0].lsn_to == closed[1].lsn_from
        proof = services.window_receipt_of(number=row.number, which=1, viewer=actor, clock=NOW)
        body = verify_receipt(proof, trusted=public_keys(KeyPurpose.LOG)).entry["body"]
        assert (body["rows_inserted"], body["rows_deleted"], body["position_to"]) == (1, 1, closed[0].lsn_to)
        copied = services.receipt_of(number=row.number, viewer=actor, clock=NOW)
        assert verify_receipt(copied, trusted=public_keys(KeyPurpose.LOG)).entry["body"]["rows_written"] == 90
        states = [entry.body["status"] for entry in history(row.number, viewer=SYSTEM)]
        assert all(after == before or after in MOVES[DeliveryStatus(before)] for before, after in pairwise(states))
        assert kinds(row)[-1] == "delivery.slot_dropped"

    def test_a_change_arrives_within_a_second_and_the_lag_says_so(
        self, grant: Grant, theirs: Database, ours: Database
    ) -> None:
        row = begun(grant)
        with following():
            until(lambda: in_step(row))
            took = []
            for number in range(6):
                day = f"date '2001-01-01' + {number}"
                theirs.run(f"UPDATE population SET birth_date = {day} WHERE id_number = lpad('7', 18, '0')")
                arrived = f"SELECT 1 FROM population WHERE birth_date = {day}"
                took.append(until(partial(ours.run, arrived)))
            assert sorted(took)[2] < 1.0  # a busy machine is late now and then
            now = queries.follow_now(row.number, viewer=SYSTEM, clock=NOW)
            assert now.behind is not None
            assert now.behind < timedelta(seconds=5)
            assert now.beats
            services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
            until(lambda: slots(theirs) == 0)


class TestWhoMay:
    def test_the_consumer_chooses_within_what_the_grant_allows(self, grant: Grant, consumer: Department) -> None:
        for other in (an_actor(grant.provider), an_actor(grant.provider, Role.CHIEF)):
            with pytest.raises(Forbidden):
                services.follow_grant(grant=grant.number, actor=other, clock=NOW)
        with pytest.raises(NotFound):
            services.follow_grant(grant=grant.number, actor=an_actor(a_department()), clock=NOW)
        chief = chief_of(grant)
        grants.narrow_grant(number=grant.number, wanted=Wanted(quota_rows=10), reason="少", actor=chief, clock=NOW)
        with pytest.raises(FollowHasNoLimit):
            begun(grant)
        grants.narrow_grant(number=grant.number, wanted=Wanted(may_follow=False), reason="全量", actor=chief, clock=NOW)
        with pytest.raises(FollowNotGranted):
            begun(grant)
        assert Delivery.objects.filter(mode=Way.FOLLOW).count() == 0
        grant.refresh_from_db()
        assert grant.way == Way.WHOLE

    def test_what_the_source_cannot_tell_is_refused_before_anything_begins(
        self, grant: Grant, theirs: Database
    ) -> None:
        theirs.run("ALTER TABLE population DROP CONSTRAINT population_pkey")
        with pytest.raises(PlanRefused, match="primary key"):
            begun(grant)
        grant.refresh_from_db()
        assert (grant.way, slots(theirs)) == (Way.WHOLE, 0)

    def test_only_what_follows_can_rest(self, grant: Grant, consumer: Department) -> None:
        whole = services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOW)
        with pytest.raises(errors.NotAFollower):
            services.pause_delivery(number=whole.number, actor=an_actor(consumer), clock=NOW)
        with pytest.raises(NotFound):
            services.pause_delivery(number=whole.number, actor=an_actor(a_department()), clock=NOW)

    def test_the_provider_says_how_far_its_source_is_burdened(self, grant: Grant, consumer: Department) -> None:
        row = begun(grant)
        with pytest.raises(Forbidden):
            services.spare_source(
                number=row.number, most_followers=1, most_held_bytes=1 << 30, actor=an_actor(consumer), clock=NOW
            )
        officer = an_actor(grant.provider)
        with pytest.raises(InputsRejected):
            services.spare_source(number=row.number, most_followers=0, most_held_bytes=5, actor=officer, clock=NOW)
        services.spare_source(number=row.number, most_followers=2, most_held_bytes=1 << 30, actor=officer, clock=NOW)
        assert queries.sparing(Following.objects.get(pk=row.pk).source_id).most_followers == 2


class TestAlarms:
    def test_alarm_is_raised_once_on_both_desks_and_cleared_once(self, grant: Grant, consumer: Department) -> None:
        row, began = begun(grant), NOW.now()

        def told(kind: NoticeKind) -> list[int]:
            sides = (an_actor(consumer), an_actor(grant.provider))
            return [requests.notices(viewer=side).filter(kind=kind).count() for side in sides]

        def feel(seconds: int) -> list[str]:
            return services.watch_followers(clock=FixedClock(began + timedelta(seconds=seconds)))

        changed = [feel(seconds) for seconds in range(0, 300, 5)]  # nobody runs that would carry it
        assert [one for one in changed if one] == [[row.number]]
        assert next(5 * at for at, one in enumerate(changed) if one) <= 60
        assert told(NoticeKind.FOLLOW_STALLED) == [1, 1]
        assert queries.alarmed(viewer=an_actor(consumer)).get() == row
        assert queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).alarm is Pulse.ALONE
        notice = requests.notices(viewer=an_actor(consumer)).get(kind=NoticeKind.FOLLOW_STALLED)
        assert "没有进程承接" in notice_in_words(notice)

        sound = began + timedelta(seconds=400)
        Delivery.objects.filter(pk=row.pk).update(status="running", phase="follow", heartbeat_at=sound)
        Following.objects.filter(pk=row.pk).update(in_step_at=sound, heard_at=sound)
        assert feel(400) == []  # it may be for a moment only
        later = began + timedelta(seconds=420)
        Delivery.objects.filter(pk=row.pk).update(heartbeat_at=later)
        Following.objects.filter(pk=row.pk).update(in_step_at=later)
        assert [feel(420), feel(425)] == [[row.number], []]
        assert (told(NoticeKind.FOLLOW_GOES_ON), told(NoticeKind.FOLLOW_STALLED)) == ([1, 1], [1, 1])
        assert [kind for kind in kinds(row) if "alarm" in kind] == ["delivery.alarm_raised", "delivery.alarm_cleared"]
        assert not queries.alarmed(viewer=SYSTEM).exists()
        Delivery.objects.filter(pk=row.pk).update(status="waiting")
        services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)

    def test_a_source_bears_only_so_many_at_once_whoever_carries_them(
        self, grant: Grant, consumer: Department, theirs: Database, make_database: Callable[[], Database]
    ) -> None:
        first = begun(grant)
        second = begun(another_of(grant, a_department("市教育局"), make_database()))
        services.spare_source(
            number=first.number, most_followers=1, most_held_bytes=1 << 30, actor=an_actor(grant.provider), clock=NOW
        )
        one, two = (services.sign_on(host="h", pid=pid, clock=NOW) for pid in (1, 2))
        assert [held.number for held in services.claim(holder=one, most=9, clock=NOW)] == [first.number]
        assert services.claim(holder=two, most=9, clock=NOW) == []
        assert queries.follow_now(second.number, viewer=SYSTEM, clock=NOW).pulse is Pulse.CROWDED
        for minutes in (5, -5):  # a host's clock that is wrong takes nothing from anybody, and keeps nothing
            wrong = FixedClock(NOW.now() + timedelta(minutes=minutes))
            assert services.claim(holder=two, most=9, clock=wrong) == []
        Following.objects.filter(pk=first.pk).update(lease_until=Now() - timedelta(seconds=1))
        assert [held.number for held in services.claim(holder=two, most=9, clock=wrong)] == [second.number]
        for row in (first, second):
            services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)


class TestEnds:
    def test_a_grant_taken_back_ends_it_and_takes_the_slot_away_and_no_other_that_reads_with_it(
        self, grant: Grant, theirs: Database, ours: Database, make_database: Callable[[], Database]
    ) -> None:
        row, others = begun(grant), make_database()
        other = begun(another_of(grant, a_department("市教育局"), others))
        with following():
            until(lambda: together(row) == together(other) == 2)
            now = queries.follow_now(other.number, viewer=an_actor(other.consumer), clock=NOW)
            assert now.together is None  # that somebody else has it too is not theirs to know
            grants.revoke_grant(
                number=grant.number, reason="撤回", actor=an_actor(grant.provider, Role.CHIEF), clock=NOW
            )
            assert until(lambda: status(row) == DeliveryStatus.STOPPED, 10) < 2.5
            theirs.run("UPDATE population SET name = '后' WHERE id_number = lpad('7', 18, '0')")
            changed = "SELECT count(*) FROM population WHERE name = '后'"
            until(lambda: others.run(changed) == [(1,)] and slots(theirs) == 1 and together(other) == 0)
            assert ours.run(changed) == [(0,)]
            services.cancel_delivery(number=other.number, actor=SYSTEM, clock=NOW)
            until(lambda: slots(theirs) == 0)

    def test_one_that_rests_ends_with_its_grant_as_well(self, grant: Grant, theirs: Database) -> None:
        row = begun(grant)
        with following():
            until(lambda: in_step(row))
            services.pause_delivery(number=row.number, actor=SYSTEM, clock=NOW)
            until(lambda: status(row) == DeliveryStatus.PAUSED)
            grants.suspend_grant(
                number=grant.number, reason="查", actor=an_actor(grant.provider, Role.CHIEF), clock=NOW
            )
            assert status(row) == DeliveryStatus.STOPPED
            until(lambda: slots(theirs) == 0)
            # A lifted hold goes on in the way that was chosen, under a new ticket.
            grants.resume_grant(number=grant.number, reason="好", actor=chief_of(grant), clock=NOW)
            again = queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
            assert (again.mode, again.number) > (Way.FOLLOW, row.number)
            until(lambda: in_step(again))
            services.cancel_delivery(number=again.number, actor=SYSTEM, clock=NOW)
            until(lambda: slots(theirs) == 0)

    def test_a_slot_that_cannot_be_dropped_is_shown_and_tried_until_it_is(self, grant: Grant, theirs: Database) -> None:
        row = begun(grant)
        with following():
            until(lambda: in_step(row))
        services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
        port = theirs.port
        Source = type(grant.entry)._meta.apps.get_model("resources", "Source")  # noqa: N806
        Source.objects.update(port=1)
        with following():
            until(lambda: Following.objects.get(pk=row.pk).drop_tries > 0)
            now = queries.follow_now(row.number, viewer=SYSTEM, clock=NOW)
            assert now.slot_state is SlotState.LEAVING
            assert "source" in now.drop_error
            assert slots(theirs) == 1
            Source.objects.update(port=port)
            until(lambda: slots(theirs) == 0)
            until(lambda: Following.objects.get(pk=row.pk).slot_state == SlotState.NONE)

    def test_a_slot_that_holds_back_too_much_log_is_dropped_and_both_sides_are_told(
        self,
        grant: Grant,
        consumer: Department,
        theirs: Database,
        ours: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("hefu.rooms.deliveries.services.slots.LOOK_AT_SLOTS", timedelta(seconds=1))
        row = begun(grant)

        def allow(held: int) -> None:
            provider = an_actor(grant.provider)
            services.spare_source(number=row.number, most_followers=1, most_held_bytes=held, actor=provider, clock=NOW)

        with following():
            until(lambda: in_step(row))
            services.pause_delivery(number=row.number, actor=SYSTEM, clock=NOW)
            until(lambda: status(row) == DeliveryStatus.PAUSED)
            allow(1 << 20)
            theirs.run("CREATE TABLE other AS SELECT repeat(md5(n::text), 40) FROM generate_series(1, 5000) n")
            until(lambda: status(row) == DeliveryStatus.FAILED, 40)
            assert row.error_code == "deliveries.log_held"
            until(lambda: slots(theirs) == 0)
            told = requests.notices(viewer=an_actor(consumer)).filter(kind=NoticeKind.DELIVERY_FAILED)
            assert told.count() == 1
            theirs.run("UPDATE population SET name = '新' WHERE id_number = lpad('7', 18, '0')")
            allow(1 << 34)  # the server's other databases write as well
            services.retry_delivery(number=row.number, actor=SYSTEM, clock=NOW)
            until(lambda: in_step(row))
            assert ours.run("SELECT name FROM population WHERE id_number = lpad('7', 18, '0')") == [("新",)]
            now = queries.follow_now(row.number, viewer=SYSTEM, clock=NOW)
            assert (now.copies, "no more" in now.copied_because) == (2, True)
            assert requests.notices(viewer=an_actor(consumer)).filter(kind=NoticeKind.FOLLOW_ANEW).count() == 1
            services.cancel_delivery(number=row.number, actor=SYSTEM, clock=NOW)
            until(lambda: slots(theirs) == 0)
