"""Clauses of the regulations, each shown by what becomes of a real case. The ids are those of the list of duties."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.law.rules import rules_for
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.errors import EntryIncomplete
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import BasisKind, ShareType, Verdict
from hefu.rooms.deliveries import errors as delivery_errors
from hefu.rooms.deliveries import services as deliveries
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.errors import NotNarrower
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import errors as request_errors
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests import services as request_services
from hefu.rooms.requests.terms import Answer, Status
from hefu.rooms.requests.terms import Verdict as Word
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.terms import Network
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_case,
    a_content,
    a_department,
    a_draft,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
    an_actor,
    an_application,
    an_entry,
    publish,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

KEPT_BACK = {
    "share_type": ShareType.NONE,
    "share_condition": "",
    "share_scope": "",
    "channels": (),
    "basis_kind": BasisKind.LAW,
    "basis_title": "中华人民共和国统计法",
    "basis_article": "第九条",
    "noshare_reason": "原始统计资料不得提供",
}
#: What decree 809 article 13 wants stated → an entry that leaves it out. Its provider is a column that is never empty.
LEFT_OUT: dict[str, dict[str, Any]] = {
    "items": {"items": ()},
    "format": {"format_class": None},
    "update_frequency": {"update_cycle": None},
    "sharing_type": {"share_type": None},
    "sharing_mode": {"channels": ()},
    "use_conditions": {"use_condition": ""},
    "classification": {"grade": None},
}
#: What the same article wants done before: the two assessments.
NOT_DONE: tuple[dict[str, Any], ...] = ({"secrecy_note": ""}, {"assessed_on": None})


class TestCatalogue:
    @pytest.mark.clause("D809-13")
    def test_an_entry_that_leaves_out_what_the_decree_asks_is_not_handed_in_and_its_head_signs_it(self) -> None:
        asked = set(rules_for("00").listing("catalog.must_state", on=TODAY).ids)
        assert asked == {*LEFT_OUT, "name", "provider"}
        assert not Entry._meta.get_field("provider").null
        with pytest.raises(InputsRejected):
            a_draft(name=" ")
        office = a_department()
        chief = an_actor(office, Role.CHIEF)
        row = a_draft(office)
        for changes in (*LEFT_OUT.values(), *NOT_DONE):
            catalog_services.change_entry(
                entry_id=row.pk, content=a_content(**changes), actor=an_actor(office), clock=NOON
            )
            with pytest.raises(EntryIncomplete):
                catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        catalog_services.change_entry(entry_id=row.pk, content=a_content(), actor=an_actor(office), clock=NOON)
        with pytest.raises(Forbidden):
            catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(office), clock=NOON)
        catalog_services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)

    @pytest.mark.clause("D809-16")
    def test_the_authority_approves_an_entry_before_all_departments_read_it(self) -> None:
        row, reader = a_draft(), an_actor(a_department())
        catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        assert not catalog.published(viewer=reader).filter(pk=row.pk).exists()
        with pytest.raises(NotFound):
            catalog_services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=reader, clock=NOON)
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        catalog_services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=reviewer, clock=NOON)
        for department in (a_department(), a_department()):
            assert catalog.published(viewer=an_actor(department)).filter(pk=row.pk).exists()

    @pytest.mark.clause("NAT2022-2.2a")
    def test_an_entry_is_registered_found_traced_to_its_place_and_asked_for(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = a_mounted_entry(a_department(), a_database)
        officer = an_actor(a_department())
        assert [found.pk for found in catalog.published(viewer=officer, search=row.name)] == [row.pk]
        assert catalog.entry(row.code, viewer=officer).provider_id == row.provider_id
        mounted = resources.resource_for_entry(row.pk, viewer=SYSTEM)
        assert mounted is not None
        assert mounted.table == "population"
        drafted = request_services.draft_request(
            entry=row.code, application=an_application(row), actor=officer, clock=NOON
        )
        assert drafted.entry_id == row.pk

    @pytest.mark.clause("NAT2022-2.2c")
    def test_an_entry_is_linked_to_the_resource_it_describes(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = an_entry()
        assert resources.resource_for_entry(row.pk, viewer=SYSTEM) is None
        linked = a_mounted_entry(row.provider, a_database)
        found = resources.resource_for_entry(linked.pk, viewer=SYSTEM)
        assert found is not None
        assert found.entry_id == linked.pk
        assert set(found.columns.values()) == {"id_number", "name", "birth_date"}

    @pytest.mark.clause("GD2024-n")
    def test_an_information_system_is_registered_and_counted_by_the_authority(self) -> None:
        office = a_department()
        resource_services.register_system(
            department_id=office.pk,
            name="人口管理信息系统",
            network=Network.EXTRANET,
            actor=an_actor(office),
            clock=NOON,
        )
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        (system,) = resources.systems(viewer=reviewer)
        assert (system.name, system.department_id) == ("人口管理信息系统", office.pk)

    @pytest.mark.clause("GD2024-i")
    def test_a_withdrawn_resource_is_offered_to_nobody_any_more(self) -> None:
        row = an_entry()
        catalog_services.withdraw_entry(
            entry_id=row.pk, reason="职责调整", actor=an_actor(row.provider, Role.CHIEF), clock=NOON
        )
        assert not catalog.published(viewer=an_actor(a_department())).filter(pk=row.pk).exists()
        with pytest.raises(request_errors.EntryNotInForce):
            a_case(row)


class TestRequests:
    @pytest.mark.clause("NAT2016-05b")
    @pytest.mark.parametrize("field", ["purpose", "scenario"])
    def test_a_need_and_its_use_are_stated_or_the_request_is_not_taken_in(self, field: str) -> None:
        row = an_entry()
        with pytest.raises(request_errors.Incomplete) as refused:
            a_case(row, application=replace(an_application(row), **{field: " "}))
        assert set(refused.value.problems) == {field}

    @pytest.mark.clause("GD2008-20")
    def test_under_guangdongs_trial_measures_unconditional_data_is_taken_directly(self) -> None:
        row = an_entry(
            a_department(place="440100"), share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope=""
        )
        case = a_case(row, clock=at_noon(date(2015, 3, 11)))
        assert (case.status, case.deciders) == (Status.GRANTED, [])

    @pytest.mark.clause("GD2018-18b")
    def test_unconditional_data_goes_to_whichever_department_asks(self) -> None:
        row = an_entry(
            a_department(place="440100"), share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope=""
        )
        for _consumer in range(3):
            assert a_case(row, a_department()).status == Status.GRANTED

    @pytest.mark.clause("GD2018-18d")
    def test_what_is_not_shared_goes_to_no_other_department(self) -> None:
        row = an_entry(a_department(place="440100"), **KEPT_BACK)
        for role in (Role.OFFICER, Role.CHIEF):
            with pytest.raises(request_errors.NotShared):
                request_services.draft_request(
                    entry=row.pk, application=an_application(row), actor=an_actor(a_department(), role), clock=NOON
                )

    @pytest.mark.clause("NAT2022-1.2c")
    @pytest.mark.parametrize("ground", ["", "inconvenient", "internal_rules", "incomplete_papers"])
    def test_a_duty_based_need_is_not_refused_without_a_statutory_ground(self, ground: str) -> None:
        case = a_case()
        answer = Answer(Word.REFUSE, reason="不便提供", ground=ground)
        with pytest.raises(request_errors.GroundNotAllowed):
            request_services.decide_request(
                number=case.number, answer=answer, actor=an_actor(case.provider, Role.CHIEF), clock=NOON
            )
        assert requests.request(case.number, viewer=SYSTEM).status == Status.RECEIVED

    @pytest.mark.clause("GD2018-16c")
    def test_a_guangdong_department_does_not_refuse_by_its_internal_rules(self) -> None:
        case = a_case(an_entry(a_department(place="440100")))
        answer = Answer(Word.REFUSE, reason="本局内部规定不得提供", ground="internal_rules")
        with pytest.raises(request_errors.GroundNotAllowed) as refused:
            request_services.decide_request(
                number=case.number, answer=answer, actor=an_actor(case.provider, Role.CHIEF), clock=NOON
            )
        assert refused.value.citation is not None
        assert (refused.value.citation.document, refused.value.citation.article) == ("guangdong-2018-50", "16")


class TestGrants:
    @pytest.fixture
    def grant(self, make_database: Callable[[], Database]) -> Any:
        source, target, consumer = make_database(), make_database(), a_department()
        a_population(source, 3)
        row = a_mounted_entry(a_department(place="440100"), source)
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        case = a_case(row, consumer, application=an_application(row, target_id=a_target(consumer, target).pk))
        assert grants.grant_of_request(case.number, viewer=SYSTEM) is None
        for actor in (an_actor(row.provider, Role.CHIEF), reviewer):
            request_services.decide_request(number=case.number, answer=Answer(Word.GRANT), actor=actor, clock=NOON)
        return grants.grant_of_request(case.number, viewer=SYSTEM)

    @pytest.mark.clause("GD2018-19e")
    def test_approval_opens_the_right_at_once_and_nothing_before_it_does(self, grant: Any) -> None:
        ticket = grants.ticket_in_force(grant.pk)
        assert ticket is not None
        assert grants.read(ticket.token).grant == grant.number

    @pytest.mark.clause("GD2018-16d")
    @pytest.mark.clause("DZ-21b")
    @pytest.mark.clause("AH-06e")
    def test_data_moves_only_by_the_mode_within_the_scope_and_the_term_of_the_grant(self, grant: Any) -> None:
        signed = grants.ticket_in_force(grant.pk)
        assert signed is not None
        ticket = grants.read(signed.token)
        assert (ticket.channel, [item.name for item in ticket.items]) == (
            "table",
            ["id_number", "name", "birth_date"],
        )
        assert ticket.purpose == grant.purpose != ""
        assert ticket.basis
        officer = an_actor(grant.consumer)
        after = at_noon(grant.term_until + timedelta(days=1))
        with pytest.raises(delivery_errors.TermOver):
            deliveries.start_delivery(grant=grant.number, actor=officer, clock=after)
        with pytest.raises(NotNarrower):
            grant_services.narrow_grant(
                number=grant.number,
                wanted=Wanted(items=frozenset({"id_number", "address"})),
                reason="x",
                actor=an_actor(grant.provider, Role.CHIEF),
                clock=NOON,
            )


class TestAccess:
    @pytest.mark.clause("GD2008-31a")
    def test_nobody_comes_in_without_signing_in(self) -> None:
        for address in (
            "/",
            "/catalog/",
            "/requests/",
            "/grants/",
            "/deliveries/",
            "/resources/",
            "/evidence/",
            "/law/",
        ):
            answer = Client().get(address)
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/signin/"), address

    @pytest.mark.clause("GD2008-31b")
    def test_nobody_reaches_beyond_the_seat_they_hold(self) -> None:
        case = a_case()
        stranger = an_actor(a_department(), Role.CHIEF)
        with pytest.raises(NotFound):
            requests.request(case.number, viewer=stranger)
        with pytest.raises(NotFound):
            request_services.decide_request(number=case.number, answer=Answer(Word.GRANT), actor=stranger, clock=NOON)
        with pytest.raises(Forbidden):
            request_services.decide_request(
                number=case.number, answer=Answer(Word.GRANT), actor=an_actor(case.provider), clock=NOON
            )

    @pytest.mark.clause("GD2008-31c")
    def test_what_was_done_by_whom_stays_on_a_trail_that_nobody_changes(self) -> None:
        case = a_case()
        chief = an_actor(case.provider, Role.CHIEF)
        request_services.decide_request(number=case.number, answer=Answer(Word.GRANT), actor=chief, clock=NOON)
        trail = history(case.number, viewer=SYSTEM)
        assert [one.kind for one in trail][:2] == ["request.drafted", "request.received"]
        decided = next(one for one in trail if one.kind == "request.decided")
        assert (decided.by, decided.at) == (chief.id, NOON.now())
        for act in (decided.delete, lambda: Evidence.objects.filter(pk=decided.pk).update(by="person:x")):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()

    @pytest.mark.clause("AH-02b")
    def test_a_department_seats_its_chief_representative_and_staff(self) -> None:
        office = a_department("市民政局")
        chief, officer = a_person(seats={office.pk: [Role.CHIEF]}), a_person(seats={office.pk: [Role.OFFICER]})
        seats = parties.colleagues(office.pk, viewer=an_actor(office))
        assert {(seat.person_id, seat.role) for seat in seats} >= {(chief.pk, Role.CHIEF), (officer.pk, Role.OFFICER)}

    @pytest.mark.clause("AH-01d")
    def test_one_department_supplies_its_data_and_states_its_own_needs(self) -> None:
        office = a_department("市民政局", DepartmentRole.PROVIDER, DepartmentRole.CONSUMER)
        own = publish(a_draft(office))
        assert catalog.entries_of(office.pk, viewer=SYSTEM).filter(pk=own.pk).exists()
        assert a_grant(an_entry(), office).consumer_id == office.pk
