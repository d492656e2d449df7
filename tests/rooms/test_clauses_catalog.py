"""Clauses about catalogues, each shown by what becomes of a real entry. The ids are those of the list of duties."""

from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.kernel.identifiers import credit_code
from hefu.kernel.refusal import Forbidden
from hefu.rooms.catalog import errors, queries, services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Cause, Channel, FormatClass, Secrecy, Verdict
from hefu.rooms.clocks.models import CaseClock
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.errors import AdministratorsApart
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.resources import queries as resources
from tests.builders import (
    NOON,
    SYSTEM,
    TODAY,
    a_case,
    a_content,
    a_department,
    a_draft,
    a_mounted_entry,
    a_person,
    a_population,
    an_actor,
    an_entry,
    publish,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

_serials = count(90_000_000)


def refused_fields(row: Entry, **changes: Any) -> set[str]:
    """Return what the department is told is missing when it hands the entry in with these changes."""
    services.change_entry(entry_id=row.pk, content=a_content(**changes), actor=an_actor(row.provider), clock=NOON)
    with pytest.raises(errors.EntryIncomplete) as refused:
        services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
    return set(refused.value.problems)


class TestOneCatalogue:
    @pytest.mark.clause("D809-12")
    @pytest.mark.clause("GD2018-08a")
    @pytest.mark.clause("GZ2020-09f")
    def test_entries_of_all_departments_stand_in_one_catalogue_under_codes_of_their_own(self) -> None:
        rows = [an_entry(a_department(place="440100")), an_entry(a_department(place="520000"))]
        found = queries.published(viewer=an_actor(a_department()))
        assert {row.pk for row in rows} <= set(found.values_list("pk", flat=True))
        assert len({row.code for row in rows}) == 2

    @pytest.mark.clause("GD2018-09a")
    @pytest.mark.clause("NX-08a")
    @pytest.mark.clause("HN2019-14a")
    def test_a_department_compiles_and_maintains_its_own_catalogue_here_and_no_other_department_does(self) -> None:
        row, other = an_entry(), a_department()
        for role in (Role.OFFICER, Role.CHIEF):
            with pytest.raises(Forbidden):
                services.draft_entry(
                    provider_id=row.provider_id, content=a_content(), actor=an_actor(other, role), clock=NOON
                )
            with pytest.raises(Forbidden):
                services.change_entry(entry_id=row.pk, content=a_content(), actor=an_actor(other, role), clock=NOON)
        change = services.change_entry(
            entry_id=row.pk, content=a_content(name=row.name), actor=an_actor(row.provider), clock=NOON
        )
        assert publish(change).version == 2

    @pytest.mark.clause("GZP-2c")
    def test_a_new_version_replaces_the_old_which_stays_readable_with_the_difference(self) -> None:
        row, reader = an_entry(), an_actor(a_department())
        content = replace(queries.content_of(row), abstract="依新法修订")
        change = services.change_entry(entry_id=row.pk, content=content, actor=an_actor(row.provider), clock=NOON)
        publish(change)
        assert [one.number for one in queries.versions(queries.entry(row.pk, viewer=reader))] == [2, 1]
        changed = {one.field: (one.old, one.new) for one in queries.difference(row.pk, 1, 2, viewer=reader)}
        assert changed == {"abstract": (queries.content_of(row).abstract, "依新法修订")}

    @pytest.mark.clause("GD290-03b")
    def test_every_entry_has_one_source_department_and_keeps_it(self) -> None:
        row = an_entry()
        assert not Entry._meta.get_field("provider").null
        change = services.change_entry(
            entry_id=row.pk, content=a_content(name=row.name), actor=an_actor(row.provider), clock=NOON
        )
        assert publish(change).provider_id == row.provider_id

    @pytest.mark.clause("GD2024-d")
    @pytest.mark.clause("GD2024-e")
    @pytest.mark.parametrize("channel", list(Channel))
    def test_tables_files_and_interfaces_are_published_and_found_as_such(self, channel: Channel) -> None:
        row, other = an_entry(channels=(channel,)), an_entry(channels=tuple(set(Channel) - {channel})[:1])
        found = queries.published(viewer=an_actor(a_department()), channel=channel.value)
        assert row.pk in set(found.values_list("pk", flat=True))
        assert other.pk not in set(found.values_list("pk", flat=True))

    @pytest.mark.clause("XX-03")
    @pytest.mark.parametrize(
        ("format_class", "format_type"),
        [
            (FormatClass.DATABASE, "postgresql"),
            (FormatClass.SPREADSHEET, "xlsx"),
            (FormatClass.DOCUMENT, "pdf"),
            (FormatClass.IMAGE, "tiff"),
            (FormatClass.MEDIA, "mp4"),
        ],
    )
    def test_structured_and_unstructured_data_is_catalogued(self, format_class: FormatClass, format_type: str) -> None:
        row = an_entry(format_class=format_class, format_types=(format_type,), channels=(Channel.FILE,))
        assert (row.status, row.format_class) == ("published", format_class)


class TestBeforeItIsHandedIn:
    @pytest.mark.clause("NAT2022-2.2b")
    @pytest.mark.clause("NAT2022-2.2d")
    @pytest.mark.clause("NAT2022-3.2h")
    @pytest.mark.clause("GD2018-27e")
    @pytest.mark.clause("DZ-14c")
    @pytest.mark.clause("DZ-12b")
    def test_source_attributes_grade_and_assessments_are_stated_or_the_authority_does_not_get_it(self) -> None:
        row = a_draft()
        for field, empty in {
            "business_item": "",
            "system_name": "",
            "share_type": None,
            "open_type": None,
            "grade": None,
            "secrecy": None,
            "personal_info": None,
            "assessed_on": None,
        }.items():
            assert field in refused_fields(row, **{field: empty}), field
        assert row.class_code
        row.refresh_from_db()
        assert row.status == "draft"

    @pytest.mark.clause("DZ-26a")
    @pytest.mark.clause("XX-02")
    @pytest.mark.parametrize("found", [Secrecy.STATE_SECRET, Secrecy.WORK_SECRET])
    def test_what_the_secrecy_review_finds_secret_is_not_catalogued_and_none_goes_without_review(
        self, found: Secrecy
    ) -> None:
        row = a_draft()
        assert {"secrecy", "secrecy_note"} <= refused_fields(row, secrecy=None, secrecy_note="")
        with pytest.raises(errors.SecretRefused):
            a_draft(secrecy=found)

    @pytest.mark.clause("AH-11a")
    def test_the_head_of_the_department_answers_for_what_is_handed_in(self) -> None:
        row = a_draft(a_department(place="340000"))
        with pytest.raises(Forbidden):
            services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider), clock=NOON)
        chief = an_actor(row.provider, Role.CHIEF)
        handed_in = services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        assert (handed_in.signed_by, handed_in.signed_for) == (chief.id, row.provider_id)

    @pytest.mark.clause("NAT2022-2.1c")
    def test_the_authority_of_the_area_reviews_and_takes_in_or_sends_back(self) -> None:
        sent_back, taken = a_draft(), a_draft()
        reviewer, reader = an_actor(the_authority(), Role.REVIEWER), an_actor(a_department())
        for row in (sent_back, taken):
            services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        services.review_entry(
            entry_id=sent_back.pk, verdict=Verdict.RETURN, reasons="数据项不全", actor=reviewer, clock=NOON
        )
        services.review_entry(entry_id=taken.pk, verdict=Verdict.APPROVE, actor=reviewer, clock=NOON)
        found = set(queries.published(viewer=reader).values_list("pk", flat=True))
        assert (taken.pk in found, sent_back.pk in found) == (True, False)


class TestKeepingUp:
    @pytest.mark.parametrize(
        ("place", "on", "due_on", "also"),
        [
            pytest.param("511700", date(2024, 9, 2), date(2024, 9, 14), (), marks=pytest.mark.clause("DZ-13")),
            pytest.param("520000", TODAY, date(2026, 3, 25), ("cn-52",), marks=pytest.mark.clause("GZ2020-09h")),
            pytest.param(
                "640000",
                date(2026, 11, 23),
                date(2026, 12, 7),
                ("cn-64",),
                marks=pytest.mark.clause("NX-08b"),
            ),
            pytest.param("120000", TODAY, date(2026, 3, 25), (), marks=pytest.mark.clause("TJ2018-10c")),
        ],
    )
    def test_a_change_of_law_starts_the_time_to_update_of_the_place(
        self, place: str, on: date, due_on: date, also: tuple[str, ...]
    ) -> None:
        row = an_entry(a_department(place=place))
        now = max(on, TODAY)
        services.note_cause(
            entry_id=row.pk,
            cause=Cause.LAW,
            on=on,
            note="新法施行",
            actor=an_actor(row.provider),
            clock=at_noon(now),
        )
        clock = CaseClock.objects.get(subject=row.code, rule="catalog.update")
        assert (clock.started_on, clock.due_on) == (on, due_on)
        assert tuple(other.pack.id for other in clock.counted.also) == also

    @pytest.mark.clause("NAT2022-2.3b")
    def test_a_change_of_duties_starts_it_too_and_the_next_version_meets_it(self) -> None:
        row = an_entry()
        officer = an_actor(row.provider)
        services.note_cause(entry_id=row.pk, cause=Cause.DUTIES, on=TODAY, note="三定调整", actor=officer, clock=NOON)
        change = services.change_entry(entry_id=row.pk, content=a_content(name=row.name), actor=officer, clock=NOON)
        services.submit_entry(entry_id=change.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        assert CaseClock.objects.get(subject=row.code, rule="catalog.update").state == "met"

    @pytest.mark.clause("NAT2022-2.3d")
    def test_linking_a_resource_registers_it_in_the_same_moment(self, a_database: Database) -> None:
        a_population(a_database, 3)
        row = a_mounted_entry(a_department(), a_database)
        assert resources.resource_for_entry(row.pk, viewer=SYSTEM) is not None
        mounted = [entry for entry in history(row.code, viewer=SYSTEM) if entry.kind == "resource.mounted"]
        assert [entry.at.date() for entry in mounted] == [TODAY]


class TestWhoIsResponsible:
    @pytest.mark.clause("GZ2020-13a")
    def test_a_department_names_who_does_its_catalogue_and_nobody_else_may(self) -> None:
        office, person = a_department(place="520000"), a_person()
        stranger = parties.actor_for(a_person(seats={a_department().pk: [Role.OFFICER]}), None)
        with pytest.raises(Forbidden):
            services.draft_entry(provider_id=office.pk, content=a_content(), actor=stranger, clock=NOON)
        party_services.give_seat(
            person_id=person.pk, department_id=office.pk, role=Role.OFFICER, actor=SYSTEM, clock=NOON
        )
        named = parties.actor_for(person, office.pk)
        row = services.draft_entry(provider_id=office.pk, content=a_content(), actor=named, clock=NOON)
        assert row.author == named.id
        assert _seat_is_on_record(office)

    @pytest.mark.clause("NAT2022-5.2b")
    def test_what_a_person_may_do_hangs_on_the_department_and_the_seat(self) -> None:
        mine, theirs = a_department(), a_department()
        person = a_person(seats={mine.pk: [Role.CHIEF], theirs.pk: [Role.OFFICER]})
        row, other = a_draft(mine), a_draft(theirs)
        with pytest.raises(Forbidden):
            services.submit_entry(entry_id=other.pk, actor=parties.actor_for(person, theirs.pk), clock=NOON)
        chief = parties.actor_for(person, mine.pk)
        assert services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON).status == "in_review"

    @pytest.mark.clause("GD2018-28a")
    def test_operation_security_and_audit_are_never_in_one_hand(self) -> None:
        office = a_department()
        powers = (Role.OPERATOR, Role.SECURITY, Role.AUDITOR)
        for held in powers:
            person = a_person(seats={office.pk: [held]})
            for wanted in set(powers) - {held}:
                with pytest.raises(AdministratorsApart):
                    party_services.give_seat(
                        person_id=person.pk, department_id=office.pk, role=wanted, actor=SYSTEM, clock=NOON
                    )


def _seat_is_on_record(office: Department) -> bool:
    given = Evidence.objects.filter(kind="seat.given", body__department=office.credit_code, body__role="officer")
    return given.exists()


#: An invented body of each kind that follows the rules by reference → the class of its credit code.
BODIES = {
    "市委组织部": "11",
    "市中级人民法院": "11",
    "市税务局": "11",
    "市第一医院": "12",
    "市第一中学": "12",
    "市总工会": "81",
    "市自来水公司": "91",
}


class TestWhoTakesPart:
    @pytest.mark.clause("CAN2016-02a")
    @pytest.mark.clause("CAN2016-02b")
    @pytest.mark.clause("GD290-02a")
    @pytest.mark.clause("NAT2022-3.1f")
    @pytest.mark.clause("D809-02")
    @pytest.mark.clause("D809-43")
    @pytest.mark.clause("DZ-32")
    @pytest.mark.clause("CAN165-02a")
    @pytest.mark.clause("CAN165-02b")
    @pytest.mark.clause("CANDR-02")
    @pytest.mark.clause("CAN75-02")
    @pytest.mark.parametrize("name", list(BODIES))
    def test_bodies_that_follow_by_reference_supply_and_ask_like_departments(self, name: str) -> None:
        body = f"{BODIES[name]}510000{next(_serials):08d}X"
        office = party_services.register_department(
            credit_code=body + credit_code.check_digit(body),
            name=name,
            short_name=name,
            place="440100",
            roles=frozenset({DepartmentRole.PROVIDER, DepartmentRole.CONSUMER}),
            parent_id=None,
            actor=SYSTEM,
            clock=NOON,
        )
        assert an_entry(office).status == "published"
        assert a_case(an_entry(), office).status == "received"


class TestTheAuthority:
    @pytest.mark.clause("GD2018-09b")
    @pytest.mark.clause("CANDR-06a")
    @pytest.mark.clause("AH-03b")
    def test_leads_the_catalogue_by_reviewing_asking_for_revision_and_taking_out(self) -> None:
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        row = an_entry(a_department(place="440100"))
        assert row.reviewed_by
        services.note_cause(entry_id=row.pk, cause=Cause.DUTIES, on=TODAY, note="职责划转", actor=reviewer, clock=NOON)
        owed = CaseClock.objects.get(subject=row.code, rule="catalog.update")
        assert owed.responsible_id == row.provider_id
        services.withdraw_entry(entry_id=row.pk, reason="已由他局编目", actor=reviewer, clock=NOON)
        assert not queries.published(viewer=an_actor(a_department())).filter(pk=row.pk).exists()
