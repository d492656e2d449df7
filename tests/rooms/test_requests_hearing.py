"""Whoever uses an entry hears when it leaves the catalogue or is shared on other terms."""

from dataclasses import replace

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from tests.builders import NOON, a_case, a_department, a_grant, an_actor, an_entry, publish

pytestmark = pytest.mark.django_db


def told(office: Department, *kinds: NoticeKind) -> list[dict[str, object]]:
    found = requests.notices(viewer=an_actor(office))
    return [one.facts for one in found if one.kind in kinds and one.to_id == office.pk]


def withdraw(row: Entry) -> None:
    catalog_services.withdraw_entry(
        entry_id=row.pk, reason="系统停用", actor=an_actor(row.provider, Role.CHIEF), clock=NOON
    )


@pytest.mark.clause("GD2024-i")
def test_the_users_of_a_withdrawn_entry_are_told_by_their_open_requests_and_running_grants() -> None:
    row, asking, using, stranger = an_entry(), a_department(), a_department(), a_department()
    case = a_case(row, asking)
    grant = a_grant(row, using)
    withdraw(row)
    [open_case] = told(asking, NoticeKind.ENTRY_WITHDRAWN)
    assert (open_case["number"], open_case["code"], open_case["reason"]) == (case.number, row.code, "系统停用")
    [granted] = told(using, NoticeKind.ENTRY_WITHDRAWN)
    assert granted["number"] == grant.request
    assert told(stranger, NoticeKind.ENTRY_WITHDRAWN) == []


def test_where_the_law_keeps_withdrawn_data_available_both_sides_read_until_when() -> None:
    row, using = an_entry(a_department(place="230100")), a_department()
    a_grant(row, using)
    withdraw(row)
    assert [facts["until"] for facts in told(using, NoticeKind.DATA_KEPT)] == ["2026-09-11"]
    assert len(told(row.provider, NoticeKind.DATA_KEPT)) == 1


def test_no_law_no_date() -> None:
    row, using = an_entry(), a_department()
    a_grant(row, using)
    withdraw(row)
    assert told(using, NoticeKind.DATA_KEPT) == []


def test_other_terms_of_sharing_are_told_to_both_sides_of_an_open_request() -> None:
    row, asking = an_entry(), a_department()
    case = a_case(row, asking)
    content = replace(catalog.content_of(row), share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
    change = catalog_services.change_entry(entry_id=row.pk, content=content, actor=an_actor(row.provider), clock=NOON)
    publish(change)
    for office in (asking, row.provider):
        [facts] = told(office, NoticeKind.TERMS_CHANGED)
        assert (facts["number"], facts["version"]) == (case.number, 2)
