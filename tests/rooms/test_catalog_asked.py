"""What the law of a place asks of an entry beyond the national list: Guangdong wants a text behind conditions."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hefu.kernel.actor import Role
from hefu.law.terms import Rank
from hefu.rooms.bases import services as bases
from hefu.rooms.bases.terms import TextFacts
from hefu.rooms.catalog import errors, queries, services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import BasisKind, ShareType, Status
from tests.builders import (
    CONDITIONS_REST_ON,
    NOON,
    a_content,
    a_department,
    a_draft,
    an_actor,
    the_authority,
)

pytestmark = pytest.mark.django_db

NO_BASIS: dict[str, Any] = {"basis_kind": None, "basis_title": "", "basis_article": ""}
OLD = "某旧数据规定"
KEPT_BACK: dict[str, Any] = {
    "share_type": ShareType.NONE,
    "share_condition": "",
    "share_scope": "",
    "noshare_reason": "法律禁止",
    "basis_kind": BasisKind.LAW,
    "basis_title": OLD,
    "basis_article": "第九条",
}


def hand_in(row: Entry) -> Entry:
    return services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)


def an_ended_text(rank: Rank = Rank.LAW) -> None:
    facts = TextFacts(title=OLD, rank=rank, holds_from=date(2000, 1, 1), holds_until=date(2025, 12, 31))
    bases.register_text(facts=facts, actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON)


@pytest.mark.clause("GD2018-18e")
def test_in_guangdong_conditions_need_a_law_a_regulation_or_a_rule_and_elsewhere_none() -> None:
    row = a_draft(a_department(place="440100"), **NO_BASIS)
    with pytest.raises(errors.EntryIncomplete) as refused:
        hand_in(row)
    assert set(refused.value.problems) == {"basis_kind", "basis_title", "basis_article"}
    internal = a_content(**CONDITIONS_REST_ON | {"basis_kind": BasisKind.INTERNAL_RULE, "basis_title": "某局规定"})
    services.change_entry(entry_id=row.pk, content=internal, actor=an_actor(row.provider), clock=NOON)
    with pytest.raises(errors.ConditionsWithoutBasis) as unfit:
        hand_in(row)
    assert unfit.value.citation.document == "guangdong-2018-50"
    rule = a_content(**CONDITIONS_REST_ON | {"basis_kind": BasisKind.LOCAL_RULE})
    services.change_entry(entry_id=row.pk, content=rule, actor=an_actor(row.provider), clock=NOON)
    assert hand_in(row).status == Status.IN_REVIEW
    assert hand_in(a_draft(a_department(place="511700"), **NO_BASIS)).status == Status.IN_REVIEW


@pytest.mark.clause("GD2018-18e")
def test_in_guangdong_data_without_a_basis_is_shared_unconditionally() -> None:
    free = {"share_type": ShareType.UNCONDITIONAL, "share_condition": "", "share_scope": ""}
    assert hand_in(a_draft(a_department(place="440100"), **NO_BASIS | free)).status == Status.IN_REVIEW


@pytest.mark.clause("GZ2020-10b")
def test_in_guizhou_base_data_is_shared_without_conditions_and_elsewhere_as_its_department_says() -> None:
    row = a_draft(a_department(place="520100"), class_code="101")
    with pytest.raises(errors.EntryIncomplete) as refused:
        hand_in(row)
    assert set(refused.value.problems) == {"share_type"}
    free = {"share_type": ShareType.UNCONDITIONAL, "share_condition": "", "share_scope": ""}
    services.change_entry(entry_id=row.pk, content=a_content(**free), actor=an_actor(row.provider), clock=NOON)
    assert hand_in(row).status == Status.IN_REVIEW
    for place, code in (("520100", "302"), ("511700", "101"), ("440100", "101")):
        assert hand_in(a_draft(a_department(place=place), class_code=code)).status == Status.IN_REVIEW


def test_one_item_of_base_data_under_conditions_is_no_better() -> None:
    one = replace(a_content().items[0], share_type=ShareType.CONDITIONAL)
    free = {"share_type": ShareType.UNCONDITIONAL, "share_condition": "", "share_scope": "", "items": (one,)}
    row = a_draft(a_department(place="520100"), class_code="101", **free)
    assert queries.lacking(queries.content_of(row), place="520100", on=date(2026, 3, 11)) == ("share_type",)
    assert queries.lacking(queries.content_of(row), place="520100", on=date(2020, 11, 30)) == ()


def test_what_is_asked_is_the_law_of_the_day() -> None:
    content = a_content()
    asked = queries.asked_of(content, place="440100", on=date(2018, 12, 31))
    assert asked.conditions is None
    now = queries.asked_of(content, place="440100", on=date(2019, 1, 1))
    assert now.conditions is not None
    assert BasisKind.INTERNAL_RULE not in now.conditions.bases
    assert queries.asked_of(content, place="511700", on=date(2026, 3, 11)).conditions is None


def test_an_entry_kept_back_by_a_text_that_has_ended_is_not_taken() -> None:
    an_ended_text()
    row = a_draft(**KEPT_BACK)
    with pytest.raises(errors.BasisEnded, match=r"2025-12-31"):
        hand_in(row)
    new = a_content(**KEPT_BACK | {"basis_title": "中华人民共和国统计法"})
    services.change_entry(entry_id=row.pk, content=new, actor=an_actor(row.provider), clock=NOON)
    assert hand_in(row).status == Status.IN_REVIEW


def test_an_ended_text_behind_conditions_matters_where_the_law_asks_for_one() -> None:
    an_ended_text()
    named = CONDITIONS_REST_ON | {"basis_title": OLD}
    with pytest.raises(errors.BasisEnded):
        hand_in(a_draft(a_department(place="440100"), **named))
    assert hand_in(a_draft(a_department(place="511700"), **named)).status == Status.IN_REVIEW
