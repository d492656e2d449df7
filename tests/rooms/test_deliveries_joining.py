"""A consumer has two departments' grants joined: delivered, counted, on record for all, ended by either."""

from collections.abc import Callable
from datetime import time, timedelta
from threading import Thread
from time import monotonic, sleep
from uuid import UUID

import pytest
from django.db import connection

from hefu.dataplane.checks import NotNull
from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.join import Joining, JoinKind
from hefu.kernel.actor import Role
from hefu.kernel.clock import CHINA, FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.deliveries import errors, queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.timetable import Closed
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import queries as grant_queries
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_target,
    an_actor,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db(transaction=True)

BY_NUMBER = Joining(JoinKind.LEFT, (("id_number", "id_number"),), "joined_people")


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def ours(make_database: Callable[[], Database]) -> Database:
    return make_database()


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    """What the second department holds."""
    return make_database()


@pytest.fixture
def pair(
    make_database: Callable[[], Database], theirs: Database, consumer: Department, ours: Database
) -> tuple[Grant, Grant]:
    """Grants of two departments: 30 people there, the first 20 of them here, every tenth without a name."""
    target = a_target(consumer, ours)
    found = []
    for name, rows, database in (("市公安局", 30, make_database()), ("市卫健委", 20, theirs)):
        provider = a_department(name)
        a_population(database, rows=rows)
        grant = a_grant(a_mounted_entry(provider, database, checks=[NotNull("name")]), consumer, target=target)
        first = queries.deliveries(viewer=SYSTEM, grant=grant.number).get()
        carry(first.pk, clock=NOON)
        found.append(grant)
    return found[0], found[1]


def test_a_joined_delivery_arrives_counted_by_sides_and_is_on_record_for_all_three(
    pair: tuple[Grant, Grant], consumer: Department, ours: Database
) -> None:
    left, right = pair
    officer = an_actor(consumer)
    row = services.join_grants(left=left.number, right=right.number, joining=BY_NUMBER, actor=officer, clock=NOON)
    carry(row.pk, clock=NOON)
    row.refresh_from_db()
    assert row.status == DeliveryStatus.DONE, row.error
    assert row.rows_written == 27
    columns = "count(*), count(name_2), count(*) filter (where name = name_2)"
    assert ours.run(f"select {columns} from joined_people") == [(27, 18, 18)]
    told = queries.joined_of(row)
    assert told is not None
    assert told["sides"] is not None
    assert [told["sides"][side]["rows_read"] for side in ("left", "right")] == [30, 20]
    assert told["sides"]["right"]["rejected"] == {"not_null(name)": 2}
    # Both grants' own tables are as they were, and both were used.
    assert sum(count for table in (left, right) for (count,) in ours.run(
        f'select count(*) from "{grant_queries.grant(table.number, viewer=SYSTEM).target_table}"')) == 45  # fmt: skip
    for grant in pair:
        kinds = [entry.kind for entry in history(grant.number, viewer=an_actor(grant.provider))]
        assert "grant.joined" in kinds
        assert "entry.joined" in [entry.kind for entry in history(grant.entry_code, viewer=an_actor(grant.provider))]
    done = queries.done_entry(row, viewer=an_actor(right.provider))
    assert done is not None
    assert done.body["joined"]["right"]["grant"] == right.number
    # The second provider sees it whole and among its grant's deliveries, has its receipt, and nothing more to do with
    # the first one's source; its own source bears it too.
    theirs = an_actor(right.provider)
    assert queries.deliveries(viewer=theirs, grant=right.number).filter(pk=row.pk).exists()
    assert history(row.number, viewer=theirs)[0].kind == "delivery.asked"
    receipt = services.receipt_of(number=row.number, viewer=theirs, clock=NOON)
    assert verify_receipt(receipt, trusted=public_keys(KeyPurpose.LOG)).entry["subject"] == row.number
    may = queries.actions(row, viewer=theirs)
    assert ("deliveries.cancel" in may, "deliveries.spare" in may, "deliveries.see_rejects" in may) == (
        True,
        False,
        False,
    )
    with pytest.raises(Forbidden):
        services.spare_source(number=row.number, most_followers=1, most_held_bytes=1 << 30, actor=theirs, clock=NOON)
    day = NOON.now() - timedelta(days=1)
    for grant, rows in zip(pair, (27 + 27, 18 + 18), strict=True):
        signed = grant_queries.ticket_in_force(grant.pk)
        assert signed is not None
        source = UUID(grant_queries.read(signed.token).resource.source)
        for viewer in (SYSTEM, an_actor(grant.provider)):
            borne = queries.burden(source, viewer=viewer, since=day)
            assert (borne.ended, borne.rows) == (2, rows)
        (flow,) = [one for one in queries.flows(viewer=SYSTEM, since=day) if one.provider_id == grant.provider_id]
        assert (flow.deliveries, flow.rows) == (2, rows // 2 + 27)
    # A departure of rows under the second grant counts for it as well, and no comparison takes it for the first's.
    with pytest.raises(errors.NothingToCompare):
        services.ask_comparison(number=row.number, actor=officer, clock=NOON)
    # By the clock as well it is the grant's own table that is compared, and the grant's own delivery that begins.
    own = queries.deliveries(viewer=SYSTEM, grant=left.number).exclude(pk=row.pk).get()
    services.set_comparing_times(grant=left.number, text="每天 02:00", actor=officer, clock=NOON)
    later = FixedClock(NOON.now() + timedelta(days=1))
    assert services.start_due_comparisons(clock=later) == [own.number]
    Delivery.objects.filter(pk=own.pk).update(grant=right)
    assert services.begin_terms(actor=SYSTEM, clock=NOON) == [f"D2026-{int(row.number[-6:]) + 1:06d}"]
    Delivery.objects.filter(pk=own.pk).update(grant=left)
    carry(queries.deliveries(viewer=SYSTEM, grant=left.number).latest("number").pk, clock=NOON)
    # Asked again, it replaces the table; another pair, or a grant's own table, does not get the name.
    again = services.join_grants(left=left.number, right=right.number, joining=BY_NUMBER, actor=officer, clock=NOON)
    carry(again.pk, clock=NOON)
    again.refresh_from_db()
    assert (again.status, again.rows_written) == (DeliveryStatus.DONE, 27)
    with pytest.raises(errors.TableTaken):
        services.join_grants(left=right.number, right=left.number, joining=BY_NUMBER, actor=officer, clock=NOON)

    # By the clock, set by the consumer alone: once when it is due, told to both grants' sides when it cannot be.
    for text in ("* * * * *", "归集之后", "\0", "x" * 500):
        with pytest.raises(InputsRejected):
            services.set_join_times(number=row.number, text=text, actor=officer, clock=NOON)
    with pytest.raises(Forbidden):
        services.set_join_times(number=row.number, text="每天 02:00", actor=theirs, clock=NOON)
    for number in (own.number, "D2026-999999"):
        with pytest.raises(NotFound):
            services.set_join_times(number=number, text="每天 02:00", actor=officer, clock=NOON)
    services.set_join_times(number=row.number, text="每天 03:00", actor=officer, clock=NOON)
    services.set_join_times(number=again.number, text="每天 02:00", actor=officer, clock=NOON)  # of one table, one
    two = NOON.now().astimezone(CHINA).replace(hour=2, minute=0, second=0, microsecond=0)
    due, late, over = (FixedClock(two + timedelta(days=day)) for day in (1, 2, 3))
    assert services.start_due_joins(clock=FixedClock(due.now() - timedelta(minutes=1))) == []
    (number,) = services.start_due_joins(clock=due)
    assert services.start_due_joins(clock=due) == []
    times = queries.join_times_of(row, clock=due)
    assert times is not None
    assert (times.last_delivery, times.missed, times.next_times[0]) == (number, 0, late.now())
    assert services.start_due_joins(clock=late) == []  # the one before still waits
    times = queries.join_times_of(row, clock=late)
    assert times is not None
    assert (times.missed, "still under way" in times.missed_because) == (1, True)
    for grant in pair:
        told_of = requests.notices(viewer=an_actor(grant.provider)).filter(kind=NoticeKind.RUN_MISSED)
        assert told_of.count() == 1
        kinds = [entry.kind for entry in history(grant.number, viewer=an_actor(grant.provider))]
        assert (kinds.count("grant.join_times_set"), kinds.count("grant.run_missed")) == (2, 1)
        ((_other, table, shown),) = queries.joined_by_the_clock(grant, clock=late)
        assert (table, shown) == ("joined_people", times)
    grants.revoke_grant(number=right.number, reason="不再需要", actor=an_actor(right.provider, Role.CHIEF), clock=late)
    assert queries.delivery(number, viewer=theirs).status == DeliveryStatus.STOPPED
    times = queries.join_times_of(row, clock=late)
    assert times is not None
    assert times.next_times == ()
    assert services.start_due_joins(clock=over) == []
    with pytest.raises(InputsRejected) as rejected:
        services.set_join_times(number=row.number, text="每天 02:00", actor=officer, clock=over)
    assert "grants is over" in rejected.value.problems["text"]
    services.drop_join_times(number=row.number, actor=officer, clock=over)
    assert queries.join_times_of(row, clock=over) is None


def test_who_may_join_is_the_consumer_of_both_and_either_grant_ends_it(
    pair: tuple[Grant, Grant], consumer: Department, theirs: Database
) -> None:
    left, right = pair

    def ask(**changes: object) -> object:
        wanted = {"left": left.number, "right": right.number, "joining": BY_NUMBER, "actor": an_actor(consumer)}
        return services.join_grants(**wanted | changes, clock=NOON)  # type: ignore[arg-type]

    with pytest.raises(NotFound):
        ask(actor=an_actor(a_department("市税务局")))
    for stranger in (an_actor(left.provider), an_actor(right.provider), an_actor(the_authority(), Role.CHIEF)):
        with pytest.raises((Forbidden, NotFound)):
            ask(actor=stranger)
    with pytest.raises(PlanRefused, match="itself"):
        ask(right=left.number)
    with pytest.raises(PlanRefused, match="not granted"):
        ask(joining=Joining(JoinKind.INNER, (("id_number", "secret"),), "joined_people"))
    for table in ("population", "joined_", 'joined_"x', "joined_\0", "JOINED_x", "joined_" + "x" * 51):
        with pytest.raises(InputsRejected):
            ask(joining=Joining(JoinKind.INNER, BY_NUMBER.on, table))
    # At an hour in which a source is not read it is not asked, and the delivery waits; what words tell is told at once.
    own = queries.deliveries(viewer=SYSTEM, grant=right.number).get()
    services.spare_source(
        number=own.number,
        most_followers=1,
        most_held_bytes=1 << 30,
        closed=Closed(time(8), time(18)),
        actor=an_actor(right.provider),
        clock=NOON,
    )
    theirs.run("alter table population rename to away")
    with pytest.raises(PlanRefused, match="not granted"):
        ask(joining=Joining(JoinKind.INNER, (("id_number", "secret"),), "joined_people"))
    ask()
    row = queries.deliveries(viewer=SYSTEM, grant=left.number).latest("number")
    carry(row.pk, clock=NOON)
    theirs.run("alter table away rename to population")
    row.refresh_from_db()
    opens_at = NOON.now().astimezone(CHINA).replace(hour=18, minute=0, second=0, microsecond=0)
    assert (row.status, row.next_try_at) == (DeliveryStatus.WAITING, opens_at)
    carry(row.pk, clock=FixedClock(opens_at))
    row.refresh_from_db()
    assert (row.status, row.rows_written) == (DeliveryStatus.DONE, 27)
    ask()
    row = queries.deliveries(viewer=SYSTEM, grant=left.number).latest("number")
    with pytest.raises(errors.DeliveryOpen):
        ask()
    # The second grant ends while its source is slow to answer.
    theirs.run("alter table population rename to away")
    theirs.run("create view population as select * from away where pg_sleep(30) is not null")

    def work() -> None:
        try:
            carry(row.pk, clock=FixedClock(opens_at))
        finally:
            connection.close()

    worker = Thread(target=work)
    worker.start()
    try:
        asleep = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"
        until = monotonic() + 60
        while theirs.run(asleep) == [(0,)]:
            assert monotonic() < until, "the source was not asked"
            sleep(0.05)
        grants.revoke_grant(
            number=right.number, reason="不再需要", actor=an_actor(right.provider, Role.CHIEF), clock=NOON
        )
        told_at = monotonic()
    finally:
        worker.join(timeout=60)
    assert monotonic() - told_at < 2
    row.refresh_from_db()
    assert (row.status, row.rows_written) == (DeliveryStatus.STOPPED, None)
