"""Clauses about free sharing, statutory use and county rules, each shown by a pure decision."""

from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.ticket import Channel, Ticket
from hefu.kernel.citation import Citation
from hefu.law import load
from hefu.law.calendar import calendar_for
from hefu.law.rules import chain, rules_for
from hefu.law.terms import Unit
from hefu.rooms.catalog import decide as catalog
from hefu.rooms.catalog import errors as catalog_errors
from hefu.rooms.catalog.terms import RANKS, BasisKind, Content, ItemType, KeepingBack, ShareType
from hefu.rooms.requests import decide, errors
from hefu.rooms.requests.terms import Answer, Application, GrantedItem, LegalBasis, OfferedItem, Side, Status, Verdict
from hefu.rooms.requests.terms import BasisKind as RequestBasis

BEFORE = date(2025, 7, 31)
DAZHOU = date(2024, 9, 2)
NAME = OfferedItem(UUID(int=2), "name", "姓名", ItemType.TEXT)
CASE = decide.CaseFacts("R2026-000001", Status.RECEIVED, (NAME,), EVERY_ROW, deciders=(Side.PROVIDER,))
#: What a supplier might want in return.
RETURNS = ("payment", "fee", "exchange_of_data", "added_conditions")


def refusable(place: str, on: date, ground: str) -> bool:
    grounds = rules_for(place).grounds("requests.refusal_grounds", on=on)
    try:
        decide.check_answer(CASE, Answer(Verdict.REFUSE, "须先付费", ground=ground), grounds=grounds)
    except errors.GroundNotAllowed:
        return False
    return True


@pytest.mark.parametrize(
    ("place", "on"),
    [
        pytest.param("44", BEFORE, marks=pytest.mark.clause("GD2018-16a")),
        pytest.param("4401", date(2015, 6, 1), marks=pytest.mark.clause("CAN75-04b")),
        pytest.param("4401", BEFORE, marks=pytest.mark.clause("CAN2016-04d")),
        pytest.param("14", date(2026, 3, 11), marks=pytest.mark.clause("SX2020-08c")),
        pytest.param("63", date(2026, 3, 11), marks=pytest.mark.clause("NAT2016-05c")),
        pytest.param("5117", date(2026, 3, 11), marks=pytest.mark.clause("DZ-16")),
    ],
)
def test_data_is_given_free_nothing_in_return_can_be_asked_or_refused_for(place: str, on: date) -> None:
    assert [ground for ground in RETURNS if refusable(place, on, ground)] == []
    given = decide.check_answer(
        CASE, Answer(Verdict.GRANT), grounds=rules_for(place).grounds("requests.refusal_grounds", on=on)
    )
    assert given.items == (GrantedItem("name", "姓名"),)
    stated = {field.name for kind in (Application, Answer, Ticket, Content) for field in fields(kind)}
    assert not {name for name in stated if any(word in name for word in ("price", "fee", "charge", "cost", "pay"))}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("14", marks=pytest.mark.clause("SX2020-08c")),
        pytest.param("63", marks=pytest.mark.clause("NAT2016-05c")),
    ],
)
def test_promptly_is_counted_by_the_days_of_the_nation_where_a_place_names_none(place: str) -> None:
    period = rules_for(place).period("requests.answer_conditional", on=date(2026, 3, 11))
    assert (period.amount, period.unit, period.source.document) == (10, Unit.WORKING_DAY, "decree-809")
    assert period.count_from(date(2026, 3, 11)).due_on == date(2026, 3, 25)


@pytest.mark.parametrize(
    ("place", "field", "application"),
    [
        pytest.param("4401", "basis_title", {"basis": None}, marks=pytest.mark.clause("CAN2016-04d")),
        pytest.param("4401", "basis_title", {"basis": None}, marks=pytest.mark.clause("CANDR-04a")),
        pytest.param("44", "purpose", {"purpose": " "}, marks=pytest.mark.clause("GD2018-16d")),
        pytest.param("5117", "purpose", {"purpose": ""}, marks=pytest.mark.clause("DZ-21b")),
    ],
)
def test_a_request_names_the_duty_it_serves_or_is_not_taken_in(
    place: str, field: str, application: dict[str, Any]
) -> None:
    on = date(2026, 3, 11)
    wanted = rules_for(place).listing("requests.must_state", on=on).ids
    whole = Application(
        purpose="核对",
        scenario="办理低保",
        basis=LegalBasis(RequestBasis.LAW, "社会救助暂行办法"),
        item_ids=(NAME.item_id,),
        channel=Channel.TABLE,
        term_from=on,
        term_until=on,
    )
    assert decide.missing(whole, wanted, today=on) == {}
    assert field in decide.missing(replace(whole, **application), wanted, today=on)


@pytest.mark.clause("DZ-16")
@pytest.mark.parametrize(
    ("kind", "enough"),
    [
        (BasisKind.LAW, True),
        (BasisKind.LOCAL_REGULATION, True),
        (BasisKind.STATE_COUNCIL_DECISION, True),
        (BasisKind.LOCAL_RULE, False),
        (BasisKind.INTERNAL_RULE, False),
    ],
)
def test_in_dazhou_only_a_law_a_regulation_or_central_policy_keeps_data_out(kind: BasisKind, enough: bool) -> None:
    permitted = rules_for("5117").grounds("catalog.not_shared_grounds", on=DAZHOU)
    ranks = {rank for ground in permitted.permitted for rank in ground.ranks}
    law = KeepingBack(frozenset(kind for kind, rank in RANKS.items() if rank in ranks), permitted.source)
    content = Content("统计资料", share_type=ShareType.NONE, basis_kind=kind, basis_title="某规定", basis_article="1")
    if enough:
        catalog.refuse_unlawful(content, law)
    else:
        with pytest.raises(catalog_errors.BasisNotEnough):
            catalog.refuse_unlawful(content, law)


@pytest.mark.clause("DZ-34")
def test_a_county_may_have_rules_of_its_own_under_those_of_its_city() -> None:
    (city,) = (pack for pack in load.shipped() if pack.ref.id == "cn-5117")
    cited = Citation("county-rules", "3", "某县公共数据办法")
    document = replace(next(iter(city.documents.values())), id="county-rules")
    answer = city.parameters["requests.answer_conditional"]
    shorter = replace(answer, values=(replace(answer.values[0], source=cited, amount=4),))
    county = replace(
        city,
        ref=replace(city.ref, id="cn-511702"),
        place="511702",
        documents={document.id: document},
        parameters={"requests.answer_conditional": shorter},
    )
    packs, calendar = (*load.shipped(), county), calendar_for("5117")
    here = chain("511702", packs, calendar).period("requests.answer_conditional", on=DAZHOU)
    assert (here.amount, here.source, here.pack.id) == (4, cited, "cn-511702")
    assert [other.pack.id for other in here.also] == ["cn-5117"]
    assert chain("511703", packs, calendar).period("requests.answer_conditional", on=DAZHOU).amount == 10
