"""Grants on PostgreSQL: issued from decisions, signed, held, narrowed, ended."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import ClassVar

import pytest
from django.db import DatabaseError, connection, transaction

from hefu.dataplane.checks import NotNull
from hefu.dataplane.filters import Between, RowFilter
from hefu.dataplane.masks import Cover, Null
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog.models import Entry
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import errors, queries, services
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.models import Grant, UseRecord
from hefu.rooms.grants.terms import MOVES, GrantStatus
from hefu.rooms.parties.models import Department
from hefu.rooms.requests.terms import Answer, GrantedItem, Verdict
from hefu.rooms.resources import services as resources
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_source,
    a_target,
    an_actor,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Department:
    return a_department("市公安局")


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def entry(provider: Department, a_database: Database) -> Entry:
    a_population(a_database, rows=20)
    return a_mounted_entry(provider, a_database, checks=[NotNull("name")])


@pytest.fixture
def grant(entry: Entry, consumer: Department, make_database: Callable[[], Database]) -> Grant:
    return a_grant(entry, consumer, target=a_target(consumer, make_database()))


def chief(grant: Grant) -> Actor:
    return an_actor(grant.provider, Role.CHIEF)


def security() -> Actor:
    return an_actor(a_department("市政务服务中心"), Role.SECURITY)


class TestIssuing:
    def test_a_decision_on_mounted_data_is_an_active_grant_with_a_ticket_in_the_tables_own_columns(
        self, entry: Entry, consumer: Department, make_database: Callable[[], Database]
    ) -> None:
        answer = Answer(
            Verdict.GRANT_PART,
            reason="够用即可",
            items=(GrantedItem("id_number", mask=Cover(first=6)), GrantedItem("name")),
            rows=RowFilter((Between("birth_date", date(1950, 1, 5), None),)),
        )
        grant = a_grant(entry, consumer, target=a_target(consumer, make_database()), answer=answer)
        assert grant.status == GrantStatus.ACTIVE
        ticket = queries.read(queries.tickets(grant.number, viewer=SYSTEM)[0].jws)
        assert [(item.column, item.name, item.mask) for item in ticket.items] == [
            ("id_number", "id_number", Cover(first=6)),
            ("name", "name", None),
        ]
        assert ticket.filter.conditions == (Between("birth_date", date(1950, 1, 5), None),)
        assert ticket.checks == (NotNull("name"),)
        assert (ticket.resource.schema, ticket.resource.table) == ("public", "population")
        assert (ticket.grant, ticket.request) == (grant.number, grant.request)
        assert (ticket.provider.credit_code, ticket.consumer.credit_code) == (
            entry.provider.credit_code,
            consumer.credit_code,
        )
        assert grant.target_table == "population"

    def test_issuing_twice_is_one_grant(self, grant: Grant) -> None:
        again = Grant.objects.filter(request=grant.request)
        assert [row.number for row in again] == [grant.number]

    def test_without_a_mount_and_a_target_the_grant_waits_and_says_for_what(
        self, provider: Department, consumer: Department
    ) -> None:
        grant = a_grant(an_entry(provider), consumer)
        assert (grant.status, grant.missing) == (GrantStatus.WAITING, ["resource", "target"])
        assert queries.tickets(grant.number, viewer=SYSTEM) == []
        assert len(queries.lacks(grant)) == 2

    def test_a_waiting_grant_opens_when_what_it_waits_for_is_there(
        self, provider: Department, consumer: Department, make_database: Callable[[], Database]
    ) -> None:
        entry = an_entry(provider)
        grant = a_grant(entry, consumer)
        database = make_database()
        a_population(database)
        resources.mount(
            entry_id=entry.pk,
            source_id=a_source(provider, database).pk,
            schema="public",
            table="population",
            actor=an_actor(provider),
            clock=NOON,
        )
        services.open_waiting(actor=SYSTEM, clock=NOON)
        grant.refresh_from_db()
        assert (grant.status, grant.missing) == (GrantStatus.WAITING, ["target"])
        target = a_target(consumer, make_database())
        grant = services.choose_target(number=grant.number, target_id=target.pk, actor=an_actor(consumer), clock=NOON)
        assert (grant.status, grant.missing) == (GrantStatus.ACTIVE, [])
        assert queries.ticket_in_force(grant.pk) is not None

    def test_rows_arrive_at_the_consumers_own_place_alone(
        self, grant: Grant, make_database: Callable[[], Database]
    ) -> None:
        foreign = a_target(a_department(), make_database())
        with pytest.raises(InputsRejected, match="target"):
            services.choose_target(
                number=grant.number, target_id=foreign.pk, actor=an_actor(grant.consumer), clock=NOON
            )

    def test_a_request_that_names_anothers_place_or_one_of_another_kind_names_none(
        self, entry: Entry, consumer: Department, make_database: Callable[[], Database]
    ) -> None:
        foreign = a_target(a_department(), make_database())
        assert a_grant(entry, consumer, target=foreign).missing == ["target"]
        own = a_target(consumer, make_database())
        assert a_grant(entry, consumer, target=own, channel=Channel.FILE, purpose="另一用途").target_id is None

    def test_two_grants_never_deliver_into_one_table(
        self, entry: Entry, consumer: Department, make_database: Callable[[], Database]
    ) -> None:
        target = a_target(consumer, make_database())
        first = a_grant(entry, consumer, target=target)
        second = a_grant(entry, consumer, target=target, purpose="另一用途")
        assert (first.target_table, second.target_table) == ("population", "population_2")
        with pytest.raises(errors.TableTaken):
            services.choose_target(
                number=second.number,
                target_id=target.pk,
                table="population",
                actor=an_actor(consumer),
                clock=NOON,
            )

    def test_a_file_needs_no_place(self, entry: Entry, consumer: Department) -> None:
        grant = a_grant(entry, consumer, channel=Channel.FILE)
        assert (grant.status, grant.target_table) == (GrantStatus.ACTIVE, "")
        actor = an_actor(consumer)
        with pytest.raises(errors.ChannelNeedsNoTarget):
            services.choose_target(number=grant.number, target_id=grant.pk, table="t", actor=actor, clock=NOON)
        with pytest.raises(InputsRejected, match="target"):
            services.choose_target(number=grant.number, target_id=grant.pk, actor=actor, clock=NOON)


class TestHolding:
    def test_a_suspended_ticket_holds_no_more_and_a_resumed_grant_gets_a_new_one(self, grant: Grant) -> None:
        before = queries.ticket_in_force(grant.pk)
        assert before is not None
        services.suspend_grant(number=grant.number, reason="疑似泄露", actor=security(), clock=NOON)
        assert not queries.is_in_force(before.id)
        assert before.id in queries.revoked_ticket_ids()
        assert queries.ticket_in_force(grant.pk) is None
        services.resume_grant(
            number=grant.number, reason="已查清", actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON
        )
        after = queries.ticket_in_force(grant.pk)
        assert after is not None
        assert (after.serial, after.id != before.id) == (2, True)
        assert not queries.is_in_force(before.id)

    def test_the_provider_cannot_lift_what_security_holds(self, grant: Grant) -> None:
        services.suspend_grant(number=grant.number, reason="疑似泄露", actor=security(), clock=NOON)
        with pytest.raises(errors.HoldIsAnothers):
            services.resume_grant(number=grant.number, reason="无事", actor=chief(grant), clock=NOON)

    def test_a_reason_is_needed(self, grant: Grant) -> None:
        with pytest.raises(InputsRejected, match="reason"):
            services.suspend_grant(number=grant.number, reason="  ", actor=chief(grant), clock=NOON)

    def test_a_revoked_grant_stays_revoked(self, grant: Grant) -> None:
        services.revoke_grant(number=grant.number, reason="用途不符", actor=chief(grant), clock=NOON)
        with pytest.raises(errors.GrantMoveRefused, match="revoked"):
            services.resume_grant(number=grant.number, reason="重来", actor=chief(grant), clock=NOON)

    def test_the_database_never_revives_a_ticket(self, grant: Grant) -> None:
        services.suspend_grant(number=grant.number, reason="检查", actor=chief(grant), clock=NOON)
        with pytest.raises(DatabaseError, match="Cannot update"), connection.cursor() as cursor:
            cursor.execute("UPDATE grants_signedticket SET ended_at = NULL")

    def test_the_term_ends_grants_of_yesterday_and_spares_those_of_today(self, grant: Grant) -> None:
        assert services.expire_due(actor=SYSTEM, clock=at_noon(grant.term_until)) == []
        after = at_noon(date(2027, 1, 1))
        assert services.expire_due(actor=SYSTEM, clock=after) == [grant.number]
        assert services.expire_due(actor=SYSTEM, clock=after) == []
        grant.refresh_from_db()
        assert grant.status == GrantStatus.EXPIRED
        assert queries.ticket_in_force(grant.pk) is None


class TestNarrowing:
    def test_a_narrowed_grant_is_signed_anew_and_the_old_ticket_holds_no_more(self, grant: Grant) -> None:
        before = queries.ticket_in_force(grant.pk)
        assert before is not None
        services.narrow_grant(
            number=grant.number,
            wanted=Wanted(items=frozenset({"id_number", "name"}), masks=(GrantedItem("name", mask=Null()),)),
            reason="最小必要",
            actor=chief(grant),
            clock=NOON,
        )
        after = queries.ticket_in_force(grant.pk)
        assert after is not None
        assert after.serial == 2
        assert [(item.name, item.mask) for item in queries.read(after.token).items] == [
            ("id_number", None),
            ("name", Null()),
        ]
        assert not queries.is_in_force(before.id)

    @pytest.mark.clause("D809-25")
    def test_nobody_widens_a_grant(self, grant: Grant) -> None:
        with pytest.raises(errors.NotNarrower):
            services.narrow_grant(
                number=grant.number,
                wanted=Wanted(term_until=date(2028, 1, 1)),
                reason="延长",
                actor=chief(grant),
                clock=NOON,
            )


class TestMounts:
    def test_a_changed_mount_gives_a_new_ticket_and_an_unchanged_one_none(
        self, grant: Grant, entry: Entry, provider: Department
    ) -> None:
        assert services.mount_changed(entry_id=entry.pk, actor=SYSTEM, clock=NOON) == []
        resources.set_rules(entry_id=entry.pk, rules=[], actor=an_actor(provider), clock=NOON)
        services.mount_changed(entry_id=entry.pk, actor=SYSTEM, clock=NOON)
        ticket = queries.ticket_in_force(grant.pk)
        assert ticket is not None
        assert ticket.serial == 2
        assert queries.read(ticket.token).checks == ()

    def test_a_grant_waits_again_when_its_resource_is_taken_off(
        self, grant: Grant, entry: Entry, provider: Department
    ) -> None:
        resources.unmount(entry_id=entry.pk, reason="系统下线", actor=an_actor(provider), clock=NOON)
        services.mount_changed(entry_id=entry.pk, actor=SYSTEM, clock=NOON)
        grant.refresh_from_db()
        assert (grant.status, grant.missing) == (GrantStatus.WAITING, ["resource"])
        assert queries.ticket_in_force(grant.pk) is None


class TestAccess:
    def test_another_department_finds_no_grant_even_by_its_number(self, grant: Grant) -> None:
        stranger = an_actor(a_department(), Role.OFFICER, Role.CHIEF)
        with pytest.raises(NotFound):
            queries.grant(grant.number, viewer=stranger)
        with pytest.raises(NotFound):
            services.revoke_grant(number=grant.number, reason="试试", actor=stranger, clock=NOON)
        assert not queries.grants(viewer=stranger).exists()

    def test_an_officer_sees_but_does_not_stop(self, grant: Grant) -> None:
        for side in (grant.consumer, grant.provider):
            officer = an_actor(side)
            assert queries.grant(grant.number, viewer=officer) == grant
            with pytest.raises(Forbidden):
                services.suspend_grant(number=grant.number, reason="试试", actor=officer, clock=NOON)

    def test_security_stops_but_never_gives(self, grant: Grant) -> None:
        guard = security()
        with pytest.raises(Forbidden):
            services.narrow_grant(
                number=grant.number, wanted=Wanted(quota_rows=1), reason="试试", actor=guard, clock=NOON
            )
        with pytest.raises(Forbidden):
            services.revoke_grant(number=grant.number, reason="试试", actor=guard, clock=NOON)
        assert services.suspend_grant(number=grant.number, reason="泄露", actor=guard, clock=NOON).held_by == "security"

    def test_the_system_administrator_sees_no_grant(self, grant: Grant) -> None:
        with pytest.raises(NotFound):
            queries.grant(grant.number, viewer=an_actor(a_department(), Role.OPERATOR))


@pytest.mark.parametrize(
    ("place", "on", "word", "document"),
    [
        pytest.param(
            "511700", date(2026, 3, 11), "with_provider_consent", "decree-809", marks=pytest.mark.clause("D809-25")
        ),
        pytest.param("511700", date(2024, 9, 2), "never", "dazhou-old", marks=pytest.mark.clause("DZ-21c")),
        pytest.param("340000", date(2026, 3, 11), "never", "anhui-2020-77", marks=pytest.mark.clause("AH-06f")),
        pytest.param(
            "440100",
            date(2015, 6, 1),
            "never",
            "guangzhou-detailed",
            marks=[pytest.mark.clause("CANDR-04b"), pytest.mark.clause("CANDR-04c")],
        ),
    ],
)
def test_what_the_law_says_of_passing_on_binds_whoever_gets_the_data(
    place: str, on: date, word: str, document: str
) -> None:
    told = queries.passing_on(place, on=on)
    assert told is not None
    assert (told.value, told.source.document) == (word, document)


@pytest.mark.clause("D809-25")
@pytest.mark.clause("DZ-21c")
@pytest.mark.clause("AH-06f")
@pytest.mark.clause("CANDR-04b")
@pytest.mark.clause("CANDR-04c")
@pytest.mark.parametrize(("place", "word"), [("511700", "with_provider_consent"), ("340000", "never")])
def test_a_grant_is_issued_with_the_ban_on_passing_on_in_its_record(place: str, word: str) -> None:
    row = a_grant(an_entry(a_department(place=place)), a_department())
    (issued,) = (entry for entry in history(row.number, viewer=an_actor(row.consumer)) if entry.kind == "grant.issued")
    assert issued.body["passing_on"]["may"] == word
    told = queries.passing_on(place, on=date(2026, 3, 11))
    assert told is not None
    assert issued.body["passing_on"]["source"] == told.source.as_json()


class TestMisuse:
    BY = date(2026, 3, 20)

    @pytest.mark.clause("D809-27")
    @pytest.mark.clause("GD2008-40c")
    @pytest.mark.parametrize("side", ["provider", "authority"])
    @pytest.mark.clause("GD2018-21c")
    def test_who_misuses_is_held_and_has_until_a_day_to_put_it_right_or_loses_the_grant(
        self, grant: Grant, side: str
    ) -> None:
        holder = chief(grant) if side == "provider" else an_actor(the_authority(), Role.REVIEWER)
        held = services.suspend_grant(
            number=grant.number, reason="转给第三方", mend_by=self.BY, actor=holder, clock=NOON
        )
        assert (held.status, held.mend_by, queries.ticket_in_force(grant.pk)) == ("suspended", self.BY, None)
        told = list(history(grant.number, viewer=an_actor(grant.consumer)))[-1]
        assert (told.kind, told.body["mend_by"]) == ("grant.suspended", "2026-03-20")
        assert [one["document"] for one in told.basis] == ["decree-809"]
        assert services.end_unmended(actor=SYSTEM, clock=at_noon(self.BY)) == []
        assert services.end_unmended(actor=SYSTEM, clock=at_noon(date(2026, 3, 21))) == [grant.number]
        assert services.end_unmended(actor=SYSTEM, clock=at_noon(date(2026, 3, 21))) == []
        grant.refresh_from_db()
        assert (grant.status, grant.reason) == (GrantStatus.REVOKED, "转给第三方")

    def test_a_text_that_ends_meanwhile_takes_nobody_the_day(self, grant: Grant) -> None:
        services.suspend_grant(number=grant.number, reason="核查", mend_by=self.BY, actor=chief(grant), clock=NOON)
        held = services.hold_grant(number=grant.number, reason="依据已失效", actor=SYSTEM, clock=NOON)
        assert (held.reason, held.mend_by) == ("依据已失效", self.BY)
        assert services.end_unmended(actor=SYSTEM, clock=at_noon(date(2026, 3, 21))) == [grant.number]

    @pytest.mark.clause("D809-27")
    def test_what_was_put_right_in_time_goes_on_and_no_service_ends_without_a_reason_on_record(
        self, grant: Grant
    ) -> None:
        for act in (services.suspend_grant, services.revoke_grant):
            with pytest.raises(InputsRejected):
                act(number=grant.number, reason=" ", actor=chief(grant), clock=NOON)
        with pytest.raises(InputsRejected) as past:
            services.suspend_grant(
                number=grant.number, reason="x", mend_by=date(2026, 3, 11), actor=chief(grant), clock=NOON
            )
        assert set(past.value.problems) == {"mend_by"}
        services.suspend_grant(number=grant.number, reason="核查", mend_by=self.BY, actor=chief(grant), clock=NOON)
        mended = services.resume_grant(number=grant.number, reason="已整改", actor=chief(grant), clock=NOON)
        assert (mended.status, mended.mend_by) == (GrantStatus.ACTIVE, None)
        assert services.end_unmended(actor=SYSTEM, clock=at_noon(date(2026, 4, 1))) == []
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        kinds = [entry.kind for entry in history(grant.number, viewer=reviewer)]
        assert {"grant.suspended", "grant.resumed"} <= set(kinds)


class TestTellingOfUse:
    TOLD: ClassVar[dict[str, str]] = {
        "scenario": "低保审核",
        "process": "逐户比对",
        "effect": "核减 12 户",
        "storage": "存于政务云专区",
        "destruction": "尚无",
    }

    @pytest.mark.clause("D809-29")
    @pytest.mark.clause("GD2018-21b")
    @pytest.mark.clause("DZ-21a")
    @pytest.mark.clause("AH-09b")
    def test_the_consumer_records_scenario_process_effect_storage_and_destruction_and_it_stays(self) -> None:
        row = a_grant(an_entry(), a_department())
        officer = an_actor(row.consumer)
        for item in self.TOLD:
            with pytest.raises(InputsRejected) as refused:
                services.record_use(number=row.number, told=self.TOLD | {item: " "}, actor=officer, clock=NOON)
            assert set(refused.value.problems) == {item}
        kept = services.record_use(number=row.number, told=self.TOLD, actor=officer, clock=NOON)
        assert (kept.told, kept.kept_until) == (self.TOLD, date(2029, 3, 11))
        assert [one.pk for one in queries.uses(queries.grant(row.number, viewer=chief(row)))] == [kept.pk]
        last = list(history(row.number, viewer=SYSTEM))[-1]
        assert (last.kind, last.body["told"]) == ("grant.use_recorded", list(self.TOLD))
        assert "核减" not in str(last.body)
        for act in (kept.delete, lambda: UseRecord.objects.update(told={})):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

    @pytest.mark.clause("D809-27")
    def test_only_the_consumer_tells_also_when_the_grant_is_over(self) -> None:
        row = a_grant(an_entry(), a_department())
        with pytest.raises(Forbidden):
            services.record_use(number=row.number, told=self.TOLD, actor=chief(row), clock=NOON)
        services.revoke_grant(number=row.number, reason="用毕", actor=chief(row), clock=NOON)
        services.record_use(
            number=row.number, told=self.TOLD | {"destruction": "已全部删除"}, actor=an_actor(row.consumer), clock=NOON
        )
        assert queries.uses(row).count() == 1


def test_where_the_law_is_silent_on_passing_on_the_grant_says_nothing_of_it() -> None:
    assert queries.passing_on("440300", on=date(2015, 6, 1)) is None


def test_the_evidence_of_a_grant_replays_to_where_its_row_is(grant: Grant) -> None:
    services.suspend_grant(number=grant.number, reason="检查", actor=chief(grant), clock=NOON)
    services.resume_grant(number=grant.number, reason="无事", actor=chief(grant), clock=NOON)
    services.revoke_grant(number=grant.number, reason="用途不符", actor=chief(grant), clock=NOON)
    grant.refresh_from_db()
    steps = [GrantStatus(e.body["status"]) for e in history(grant.number, viewer=SYSTEM)]
    for old, new in pairwise(steps):
        assert old is new or new in MOVES[old]
    assert steps[-1] == grant.status == GrantStatus.REVOKED
