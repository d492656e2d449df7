"""The authority's desk: what the machine found, one word on many entries."""

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ItemContent, ItemType, Status, Verdict
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms import Check
from tests.builders import NOON, SYSTEM, a_department, a_draft, an_actor, an_entry, the_authority

pytestmark = pytest.mark.django_db


def handed_in(office: Department | None = None, **changes: object) -> Entry:
    row = a_draft(office, **changes)
    return catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)


@pytest.mark.clause("NAT2022-2.2b")
def test_what_reviewers_send_back_is_listed_before_the_entry_is_handed_in() -> None:
    office = a_department()
    an_entry(office, name="低保对象信息1")
    row = a_draft(office, name="低保对象信息2", format_types=("xlsx",))
    found = {one.check for one in queries.findings_of(row.pk, viewer=an_actor(office))}
    assert {Check.COUNTS_UP, Check.FORMAT_TYPE, Check.CODE_SHORT} == found


def test_another_departments_names_are_no_neighbours() -> None:
    an_entry(name="低保对象信息1")
    row = a_draft(name="低保对象信息2")
    assert Check.COUNTS_UP not in {one.check for one in queries.findings_of(row.pk, viewer=SYSTEM)}


def test_one_word_on_many_leaves_each_its_own_version_and_record() -> None:
    rows = [handed_in() for _one in range(3)]
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    results = services.review_together(
        entry_ids=[row.pk for row in rows], verdict=Verdict.APPROVE, actor=reviewer, clock=NOON
    )
    assert [one.refused for one in results] == [None, None, None]
    for row in rows:
        assert catalog.entry(row.pk, viewer=SYSTEM).status == Status.PUBLISHED
        assert "entry.published" in [entry.kind for entry in history(row.code, viewer=SYSTEM)]


def test_what_cannot_be_reviewed_stays_and_the_others_go_on() -> None:
    good, draft = handed_in(), a_draft()
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    results = services.review_together(
        entry_ids=[draft.pk, good.pk], verdict=Verdict.RETURN, reasons="摘要过短", actor=reviewer, clock=NOON
    )
    assert [bool(one.refused) for one in results] == [True, False]
    good.refresh_from_db()
    draft.refresh_from_db()
    assert (good.status, good.reasons, draft.status) == (Status.RETURNED, "摘要过短", Status.DRAFT)


def test_entries_go_back_only_with_reasons() -> None:
    row = handed_in()
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    [result] = services.review_together(
        entry_ids=[row.pk], verdict=Verdict.RETURN, reasons=" ", actor=reviewer, clock=NOON
    )
    assert result.refused is not None
    assert result.refused.code == "catalog.reasons_needed"


def test_nobody_but_the_reviewer_gives_the_word_and_nothing_chosen_is_said() -> None:
    row = handed_in()
    with pytest.raises(Forbidden):
        services.review_together(
            entry_ids=[row.pk], verdict=Verdict.APPROVE, actor=an_actor(row.provider, Role.CHIEF), clock=NOON
        )
    with pytest.raises(InputsRejected):
        services.review_together(
            entry_ids=[], verdict=Verdict.APPROVE, actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON
        )


@pytest.mark.clause("GZ2020-12a")
@pytest.mark.clause("GZ2020-12b")
@pytest.mark.parametrize(
    ("place", "expected"), [("520100", {Check.NO_CITIZEN_ID, Check.NO_CREDIT_CODE}), ("511700", set())]
)
def test_in_guizhou_people_and_organisations_named_without_their_numbers_are_found(
    place: str, expected: set[Check]
) -> None:
    items = (ItemContent("姓名", "name", ItemType.TEXT, 50), ItemContent("单位名称", "office", ItemType.TEXT, 100))
    row = a_draft(a_department(place=place), class_code="302001", items=items)
    found = {one.check for one in queries.findings_of(row.pk, viewer=an_actor(row.provider))}
    assert found - {Check.NOT_HEARD} == expected
