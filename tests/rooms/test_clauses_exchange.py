"""Clauses about asking, answering and sharing, each shown on a real case. The ids are those of the list of duties."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, Refusal
from hefu.law.terms import Rank
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.clocks import services as clock_services
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.requests import errors, queries, services
from hefu.rooms.requests.terms import Answer, GroundDocument, NoticeKind, Status, Verdict
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.models import Secret, Source
from tests.builders import (
    NOON,
    SYSTEM,
    a_case,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_source,
    a_target,
    an_actor,
    an_application,
    an_entry,
    publish,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db


class TestAsking:
    @pytest.mark.clause("GZ2020-04")
    @pytest.mark.parametrize("lack", ["purpose", "basis"])
    def test_in_guizhou_a_request_names_its_lawful_purpose_or_is_not_taken_in(self, lack: str) -> None:
        row = an_entry(a_department(place="520000"))
        without: dict[str, Any] = {lack: "" if lack == "purpose" else None}
        application = replace(an_application(row), **without)
        with pytest.raises(errors.Incomplete):
            a_case(row, application=application)

    @pytest.mark.clause("GZ2020-04")
    def test_in_guizhou_what_the_duty_does_not_need_is_not_given(self) -> None:
        case = a_case(an_entry(a_department(place="520000")))
        refusal = Answer(Verdict.REFUSE, "申请的数据项超出职责需要", ground="not_needed_for_duties")
        chief = an_actor(case.provider, Role.CHIEF)
        assert services.decide_request(number=case.number, answer=refusal, actor=chief, clock=NOON).status == "refused"

    @pytest.mark.clause("D809-02")
    @pytest.mark.clause("GZ2020-03b")
    def test_data_is_shared_between_departments_and_with_nobody_else(self) -> None:
        row = an_entry()
        outsider = Actor("person:1", "某人", None, frozenset({Role.OFFICER}), of_authority=False)
        with pytest.raises(Refusal):
            services.draft_request(entry=row.pk, application=an_application(row), actor=outsider, clock=NOON)
        assert a_case(row).status == "received"

    @pytest.mark.clause("NAT2022-4.1a")
    def test_requests_to_every_department_are_taken_in_and_followed_in_one_place(self) -> None:
        consumer = a_department()
        cases = [a_case(an_entry(), consumer) for _ in range(2)]
        seen = queries.requests(viewer=an_actor(consumer))
        assert {case.number for case in cases} == set(seen.values_list("number", flat=True))
        assert len({case.provider_id for case in cases}) == 2

    @pytest.mark.clause("GD2018-18g")
    @pytest.mark.parametrize("place", ["440000", "440300", "230102", "511702"])
    def test_a_department_of_another_region_or_level_asks_like_any_other(self, place: str) -> None:
        case = a_case(an_entry(a_department(place="440100")), a_department(place=place))
        assert case.status == "received"
        chief = an_actor(case.provider, Role.CHIEF)
        with pytest.raises(errors.GroundNotAllowed):
            services.decide_request(
                number=case.number, answer=Answer(Verdict.REFUSE, "外地部门"), actor=chief, clock=NOON
            )

    @pytest.mark.clause("AH-06g")
    def test_in_anhui_the_user_asks_the_supplier_answers_and_the_authority_sees_to_it(self) -> None:
        authority = the_authority()
        case = a_case(an_entry(a_department(place="340000")))
        reviewer = an_actor(authority, Role.REVIEWER)
        with pytest.raises(errors.NotADecider):
            services.decide_request(number=case.number, answer=Answer(Verdict.GRANT), actor=reviewer, clock=NOON)
        clock_services.sweep(clock=at_noon(date(2026, 3, 26)))
        told = queries.notices(viewer=SYSTEM, number=case.number).filter(kind=NoticeKind.OVERDUE)
        assert authority.pk in {notice.to_id for notice in told}
        chief = an_actor(case.provider, Role.CHIEF)
        answered = services.decide_request(
            number=case.number, answer=Answer(Verdict.GRANT), actor=chief, clock=at_noon(date(2026, 3, 26))
        )
        assert answered.status == Status.GRANTED


class TestRefusing:
    """Sharing is the rule: a refusal needs a ground that the law of the place names, and a text of enough rank."""

    @pytest.mark.parametrize(
        "place",
        [
            pytest.param("340000", marks=pytest.mark.clause("AH-06c")),
            pytest.param("140000", marks=pytest.mark.clause("SX2020-08a")),
            pytest.param("120000", marks=pytest.mark.clause("TJ2018-15a")),
            pytest.param("460000", marks=pytest.mark.clause("HN2019-15b")),
            pytest.param("630000", marks=pytest.mark.clause("NAT2016-05a")),
        ],
    )
    @pytest.mark.parametrize("rank", [Rank.NORMATIVE_DOCUMENT, Rank.RULE, Rank.LOCAL_REGULATION])
    def test_a_refusal_without_a_ground_or_on_a_lesser_text_is_not_taken(self, place: str, rank: Rank) -> None:
        case = a_case(an_entry(a_department(place=place)))
        chief = an_actor(case.provider, Role.CHIEF)
        for answer, refused in (
            (Answer(Verdict.REFUSE, "不便提供"), errors.GroundNotAllowed),
            (
                Answer(Verdict.REFUSE, "另有规定", ground="barred_by_law", document=GroundDocument(rank, "某文件")),
                errors.DocumentNotEnough,
            ),
        ):
            with pytest.raises(refused):
                services.decide_request(number=case.number, answer=answer, actor=chief, clock=NOON)
        barred = Answer(Verdict.REFUSE, "法律禁止", ground="barred_by_law", document=GroundDocument(Rank.LAW, "统计法"))
        done = services.decide_request(number=case.number, answer=barred, actor=chief, clock=NOON)
        assert done.status == Status.REFUSED


@pytest.mark.django_db(transaction=True)
class TestSharing:
    @pytest.fixture
    def grant(self, make_database: Callable[[], Database]) -> tuple[Grant, Database, Database]:
        source, target = make_database(), make_database()
        a_population(source, 5)
        consumer = a_department(place="440103")  # a county's department asks at the city's node
        row = a_mounted_entry(a_department(), source)
        return a_grant(row, consumer, target=a_target(consumer, target)), source, target

    @pytest.mark.clause("NX-06c")
    @pytest.mark.clause("AH-05d")
    @pytest.mark.clause("TJ2018-13a")
    @pytest.mark.clause("GD2024-g")
    @pytest.mark.clause("GD2018-20a")
    @pytest.mark.clause("TJ2018-08d")
    @pytest.mark.clause("TJ2018-11b")
    @pytest.mark.clause("NX-06b")
    @pytest.mark.clause("GD2018-15f")
    @pytest.mark.clause("NX-05b")
    @pytest.mark.clause("NX-07a")
    @pytest.mark.clause("NX-07b")
    @pytest.mark.clause("NAT2016-04d")
    @pytest.mark.clause("NAT2016-04e")
    @pytest.mark.clause("DZ-20c")
    @pytest.mark.clause("GD2018-19g")
    @pytest.mark.clause("CANDR-05a")
    @pytest.mark.clause("GD2008-06a")
    @pytest.mark.clause("GD2008D-06a")
    def test_catalogued_data_goes_over_the_platform_as_the_supplier_holds_it_and_leaves_one_trail(
        self, grant: tuple[Grant, Database, Database]
    ) -> None:
        given, source, target = grant
        entry = catalog.entry(given.entry_id, viewer=SYSTEM)
        supplied = resources.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert supplied is not None
        source.run(
            "INSERT INTO population (id_number, name, birth_date) VALUES ('99', '新人', '2026-03-11') RETURNING 1"
        )
        delivery = _carried(given)
        assert (delivery.status, delivery.rows_written) == (DeliveryStatus.DONE, 6)
        columns = "SELECT id_number, name, birth_date FROM population ORDER BY 1"
        assert target.run(columns) == source.run(columns) != []
        assert delivery.digest_source == delivery.digest_target != ""
        kinds = {entry.kind for entry in _trail(given)}
        steps = {"request.received", "request.vote_given", "request.decided", "grant.issued", "delivery.done"}
        assert steps <= kinds
        done = next(entry for entry in _trail(given) if entry.kind == "delivery.done")
        assert (done.body["provider"], done.body["consumer"]) == (
            given.provider.credit_code,
            given.consumer.credit_code,
        )

    @pytest.mark.clause("GD2008-22b")
    @pytest.mark.clause("GD2008-22c")
    @pytest.mark.clause("GD2018-28e")
    def test_what_was_agreed_goes_the_agreed_way_and_stays_on_file_for_the_authority_and_the_auditor(
        self, grant: tuple[Grant, Database, Database]
    ) -> None:
        given, _source, _target = grant
        signed = grants.ticket_in_force(given.pk)
        assert signed is not None
        assert grants.read(signed.token).channel == Channel.TABLE
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        assert grants.grant(given.number, viewer=reviewer).number == given.number
        decided = [entry for entry in history(given.request, viewer=reviewer) if entry.kind == "request.decided"]
        assert len(decided) == 1
        auditor = an_actor(a_department(), Role.AUDITOR)
        trail = list(history(given.request, viewer=auditor))
        assert [entry.at for entry in trail] == sorted(entry.at for entry in trail)
        assert all(entry.by for entry in trail)
        for act in (lambda: Evidence.objects.update(subject="x"), lambda: Evidence.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                act()
        with pytest.raises(Forbidden):
            services.draft_request(
                entry=given.entry_id,
                application=an_application(catalog.entry(given.entry_id, viewer=SYSTEM)),
                actor=auditor,
                clock=NOON,
            )

    @pytest.mark.clause("NAT2022-1.2b")
    @pytest.mark.clause("AH-10b")
    def test_unconditional_data_is_asked_answered_and_served_without_anybody_in_between(
        self, make_database: Callable[[], Database]
    ) -> None:
        source, target, consumer = make_database(), make_database(), a_department()
        a_population(source, 3)
        row = a_mounted_entry(a_department(place="340000"), source)
        content = replace(
            catalog.content_of(row), share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope=""
        )
        _publish_change(row, content)
        wanted = an_application(row, target_id=a_target(consumer, target).pk)
        case = a_case(catalog.entry(row.pk, viewer=SYSTEM), consumer, application=wanted)
        assert (case.status, case.deciders) == (Status.GRANTED, [])
        given = grants.grant_of_request(case.number, viewer=SYSTEM)
        assert given is not None
        assert _carried(given).rows_written == 3


@pytest.mark.clause("GD2018-28c")
def test_passwords_are_kept_sealed_and_nobody_comes_in_without_signing_in(a_database: Database) -> None:
    source = a_source(a_department(), a_database)
    sealed = Secret.objects.get(place=source.pk).sealed
    assert a_database.password
    assert a_database.password not in sealed
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, '') FROM {Source._meta.db_table} t")
        assert a_database.password not in cursor.fetchone()[0]
    assert Client().get("/deliveries/").status_code == 302


def _carried(given: Grant) -> Delivery:
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=given.number).latest("number")
    carry(delivery.pk, clock=NOON)
    delivery.refresh_from_db()
    return delivery


def _trail(given: Grant) -> list[Any]:
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=given.number).latest("number")
    subjects = (given.request, given.number, delivery.number)
    return [entry for subject in subjects for entry in history(subject, viewer=SYSTEM)]


def _publish_change(row: Any, content: Any) -> None:
    change = catalog_services.change_entry(entry_id=row.pk, content=content, actor=an_actor(row.provider), clock=NOON)
    publish(change)
