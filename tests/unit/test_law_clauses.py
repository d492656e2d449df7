"""Clauses of the regulations shown one by one: each test names the clause whose own effect it asserts.

Only pure decisions are put to the question here; what needs a database is shown beside its room.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.ticket import Channel as TicketChannel
from hefu.kernel.actor import Actor, Role
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import InputsRejected
from hefu.law import load
from hefu.law.answers import Grounds
from hefu.law.errors import RuleNotYetInForce
from hefu.law.model import Pack, Value
from hefu.law.rules import rules_for
from hefu.law.terms import Rank, Unit
from hefu.rooms.catalog import decide as catalog
from hefu.rooms.catalog import errors as catalog_errors
from hefu.rooms.catalog.attribute import Attribute
from hefu.rooms.catalog.terms import (
    MOVES,
    RANKS,
    BasisKind,
    Channel,
    Content,
    EntryFacts,
    FormatClass,
    Grade,
    ItemContent,
    ItemType,
    KeepingBack,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareType,
    Status,
    UpdateCycle,
)
from hefu.rooms.catalog.terms import (
    Verdict as Review,
)
from hefu.rooms.requests import decide as requests
from hefu.rooms.requests import errors as request_errors
from hefu.rooms.requests.terms import (
    DECIDERS,
    Answer,
    Application,
    GrantedItem,
    GroundDocument,
    LegalBasis,
    OfferedItem,
    Side,
    Verdict,
)
from hefu.rooms.requests.terms import (
    BasisKind as RequestBasis,
)
from hefu.rooms.requests.terms import Status as RequestStatus

DECREE = date(2025, 8, 1)
BEFORE = date(2025, 7, 31)
DAZHOU = date(2024, 9, 2)
OLD_GUANGDONG = date(2015, 6, 1)
NAME = OfferedItem(UUID(int=2), "name", "姓名", ItemType.TEXT)
INCOME = OfferedItem(UUID(int=4), "income", "收入", ItemType.MONEY)


def an_entry(**changes: object) -> Content:
    whole = Content(
        name="人口基础信息",
        abstract="户籍人口的基本登记信息",
        format_class=FormatClass.DATABASE,
        format_types=("postgresql",),
        share_type=ShareType.CONDITIONAL,
        share_condition="仅用于办理政务服务事项",
        share_scope="公安、民政；核验身份",
        channels=(Channel.TABLE,),
        open_type=OpenType.CLOSED,
        update_cycle=UpdateCycle.DAILY,
        grade=next(iter(Grade)),
        use_condition="不得另作他用",
        secrecy=Secrecy.NONE,
        secrecy_note="不涉密",
        personal_info=PersonalInfo.NONE,
        assessed_on=date(2025, 9, 1),
        system_name="人口信息系统",
        business_item="户籍登记",
        items=(ItemContent("姓名", "name", ItemType.TEXT, length=50),),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def kept_back(**changes: object) -> Content:
    facts: dict[str, object] = {
        "share_type": ShareType.NONE,
        "noshare_reason": "统计调查资料不得用于统计以外的目的",
        "basis_kind": BasisKind.LAW,
        "basis_title": "统计法",
        "basis_article": "25",
    }
    return an_entry(**facts | changes)


def facts(content: Content, status: Status = Status.DRAFT) -> EntryFacts:
    permitted = rules_for("00").grounds("catalog.not_shared_grounds", on=DECREE)
    ranks = {rank for ground in permitted.permitted for rank in ground.ranks}
    held_back = KeepingBack(frozenset(kind for kind, rank in RANKS.items() if rank in ranks), permitted.source)
    return EntryFacts(
        "101/000001",
        status,
        content,
        UUID(int=8),
        False,
        "seat:1",
        "seat:2",
        UUID(int=8),
        keeping_back=held_back if catalog.keeps_back(content) else None,
    )


def a_case(*deciders: Side, **changes: object) -> requests.CaseFacts:
    return replace(
        requests.CaseFacts("R2026-000001", RequestStatus.RECEIVED, (NAME, INCOME), EVERY_ROW, deciders=deciders),
        **changes,  # type: ignore[arg-type]
    )


def grounds(place: str, on: date) -> Grounds:
    return rules_for(place).grounds("requests.refusal_grounds", on=on)


@pytest.mark.clause("D809-44")
def test_the_decree_holds_from_its_first_day_and_not_on_the_day_before() -> None:
    assert rules_for("00").period("requests.delivery", on=DECREE).source.document == "decree-809"
    with pytest.raises(RuleNotYetInForce):
        rules_for("00").period("requests.delivery", on=BEFORE)


@pytest.mark.clause("D809-03")
@pytest.mark.clause("GD2018-02")
@pytest.mark.clause("GZ2020-02")
@pytest.mark.clause("GD290-02c")
@pytest.mark.parametrize("secrecy", [secrecy for secrecy in Secrecy if secrecy is not Secrecy.NONE])
def test_what_is_secret_does_not_get_into_the_catalogue(secrecy: Secrecy) -> None:
    catalog.refuse_unlawful(an_entry(), None)
    with pytest.raises(catalog_errors.SecretRefused):
        catalog.refuse_unlawful(an_entry(secrecy=secrecy), None)
    with pytest.raises(catalog_errors.SecretRefused):
        catalog.submit(facts(an_entry(secrecy=secrecy)))


#: Our word → the word of the packs.
TYPES = {ShareType.UNCONDITIONAL: "unconditional", ShareType.CONDITIONAL: "conditional", ShareType.NONE: "not_shared"}


@pytest.mark.parametrize(
    ("place", "on"),
    [
        pytest.param("00", DECREE, marks=pytest.mark.clause("D809-14")),
        pytest.param("46", BEFORE, marks=pytest.mark.clause("HN2019-15a")),
        pytest.param("12", BEFORE, marks=pytest.mark.clause("TJ2018-15b")),
        pytest.param("44", BEFORE, marks=pytest.mark.clause("GD2018-18a")),
        pytest.param("44", OLD_GUANGDONG, marks=[pytest.mark.clause("GD2008-04a"), pytest.mark.clause("GD2008D-04a")]),
        pytest.param("5117", DAZHOU, marks=pytest.mark.clause("DZ-17")),
    ],
)
def test_an_entry_has_one_of_the_three_types_of_the_place_and_cannot_go_without(place: str, on: date) -> None:
    assert set(TYPES) == set(ShareType)
    assert rules_for(place).listing("catalog.sharing_types", on=on).ids == tuple(TYPES.values())
    assert "share_type" in catalog.missing(an_entry(share_type=None))
    assert "share_type" not in catalog.missing(an_entry())


class TestBasis:
    """What may be kept back, and what a conditional entry must say."""

    @pytest.mark.clause("D809-15")
    @pytest.mark.clause("HN2019-15c")
    @pytest.mark.parametrize("kind", BasisKind)
    def test_only_a_law_an_administrative_regulation_or_the_state_council_keeps_data_back(
        self, kind: BasisKind
    ) -> None:
        enough = kind in (BasisKind.LAW, BasisKind.ADMINISTRATIVE_REGULATION, BasisKind.STATE_COUNCIL_DECISION)
        if enough:
            assert catalog.submit(facts(kept_back(basis_kind=kind))) is Status.IN_REVIEW
        else:
            with pytest.raises(catalog_errors.BasisNotEnough):
                catalog.submit(facts(kept_back(basis_kind=kind)))

    @pytest.mark.clause("D809-15")
    @pytest.mark.clause("HN2019-15c")
    @pytest.mark.parametrize("field", ["noshare_reason", "basis_kind", "basis_title", "basis_article"])
    def test_not_sharing_gives_its_reason_and_names_its_basis(self, field: str) -> None:
        empty = None if field == "basis_kind" else " "
        with pytest.raises(catalog_errors.EntryIncomplete) as caught:
            catalog.submit(facts(kept_back(**{field: empty})))
        assert set(caught.value.problems) == {field}

    @pytest.mark.clause("DZ-18e")
    def test_data_that_is_not_shared_is_catalogued_with_its_reason(self) -> None:
        assert catalog.submit(facts(kept_back())) is Status.IN_REVIEW
        assert set(catalog.missing(kept_back(noshare_reason=""))) == {"noshare_reason"}

    @pytest.mark.clause("D809-15")
    @pytest.mark.parametrize("field", ["share_condition", "share_scope"])
    def test_a_conditional_entry_lists_its_conditions_scope_and_purpose(self, field: str) -> None:
        assert set(catalog.missing(an_entry(**{field: " "}))) == {field}

    @pytest.mark.clause("GD2018-18f")
    @pytest.mark.clause("DZ-18b")
    def test_the_provider_states_the_concrete_conditions_in_the_catalogue(self) -> None:
        with pytest.raises(catalog_errors.EntryIncomplete) as caught:
            catalog.submit(facts(an_entry(share_condition="")))
        assert set(caught.value.problems) == {"share_condition"}

    @pytest.mark.clause("D809-15")
    def test_conditions_that_the_entry_does_not_state_are_no_ground_for_a_refusal(self) -> None:
        with pytest.raises(request_errors.GroundNotAllowed) as caught:
            requests.check_answer(
                a_case(Side.PROVIDER),
                Answer(Verdict.REFUSE, "须另签协议", ground="added_conditions"),
                grounds=grounds("00", DECREE),
            )
        assert caught.value.citation == Citation("decree-809", "15", "政务数据共享条例")


@pytest.mark.clause("DZ-12a")
@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("class_code", ""),
        ("format_class", None),
        ("share_type", None),
        ("open_type", None),
        ("update_cycle", None),
    ],
)
def test_an_entry_without_class_format_attributes_or_cycle_is_not_taken(field: str, empty: object) -> None:
    wanted = rules_for("5117").listing("catalog.must_state", on=DAZHOU).ids
    assert wanted == ("classification", "format", "sharing_type", "open_type", "update_frequency")
    with pytest.raises(catalog_errors.EntryIncomplete) as caught:
        catalog.submit(facts(an_entry(**{field: empty})))
    assert field in caught.value.problems


#: What a guide may ask → how an entry leaves it out.
UNSAID: dict[str, dict[str, object]] = {
    "class_code": {"class_code": ""},
    "grade": {"grade": None},
    "format_class": {"format_class": None},
    "update_cycle": {"update_cycle": None},
    "share_type": {"share_type": None},
    "channels": {"channels": ()},
    "use_condition": {"use_condition": " "},
}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("44", marks=pytest.mark.clause("GD2018-08b")),
        pytest.param("34", marks=pytest.mark.clause("AH-03a")),
    ],
)
def test_an_entry_states_the_eight_fields_of_the_guide_its_responsible_party_among_them(place: str) -> None:
    wanted = rules_for(place).listing("catalog.must_state", on=BEFORE).ids
    assert len(wanted) == 8
    assert {"attribute", "provider"} < set(wanted)
    fields = {field for one in wanted for field in catalog.STATED_IN[one]}
    assert fields == set(UNSAID)
    catalog.submit(facts(an_entry()))
    for field, unsaid in UNSAID.items():
        with pytest.raises(catalog_errors.EntryIncomplete) as caught:
            catalog.submit(facts(an_entry(**unsaid)))
        assert set(caught.value.problems) == {field}
    assert isinstance(facts(an_entry()).provider_id, UUID)


@pytest.mark.clause("DZ-11a")
@pytest.mark.parametrize(
    ("code", "held_for"),
    [("101", Attribute.BASE), ("2", Attribute.THEME), ("302001", Attribute.DEPARTMENT), ("4", None), ("", None)],
)
def test_a_resource_is_a_base_a_theme_or_a_department_resource(code: str, held_for: Attribute | None) -> None:
    content = an_entry(class_code=code)
    assert catalog.attribute(content) is held_for
    assert ("class_code" in catalog.faults(content)) is (held_for is None)


def test_every_field_that_a_shipped_pack_asks_of_an_entry_has_its_place_in_the_form() -> None:
    asked = {
        item.id
        for pack in load.shipped()
        if "catalog.must_state" in pack.parameters
        for value in pack.parameters["catalog.must_state"].values
        for item in value.items
    }
    assert asked <= set(catalog.STATED_IN)
    assert {field for fields in catalog.STATED_IN.values() for field in fields} <= set(Content.__dataclass_fields__)


@pytest.mark.clause("DZ-19a")
def test_a_channel_fits_the_nature_of_the_data() -> None:
    assert "channels" in catalog.missing(an_entry(channels=()))
    assert "channels" not in catalog.missing(an_entry())
    document = an_entry(format_class=FormatClass.DOCUMENT, format_types=("pdf",))
    assert "channels" in catalog.missing(document)
    assert "channels" not in catalog.missing(replace(document, channels=(Channel.FILE,)))


class TestReview:
    """Who lets an entry into the catalogue."""

    REVIEWER = Actor("seat:9", "审核员", UUID(int=1), frozenset({Role.REVIEWER}), of_authority=True)

    @pytest.mark.clause("GZ2020-09e")
    @pytest.mark.clause("TJ2018-10e")
    @pytest.mark.clause("HN2019-14c")
    def test_nothing_is_published_that_the_authority_has_not_reviewed(self) -> None:
        assert {old for old, after in MOVES.items() if Status.PUBLISHED in after} == {Status.IN_REVIEW}
        waiting = facts(an_entry(), Status.IN_REVIEW)
        assert catalog.review(waiting, verdict=Review.APPROVE, reasons="", reviewer=self.REVIEWER) is Status.PUBLISHED
        for place in ("52", "12"):
            assert rules_for(place).choice("catalog.reviewers", on=BEFORE).value == "authority"

    @pytest.mark.clause("GZ2020-09e")
    def test_who_signed_an_entry_does_not_review_it(self) -> None:
        waiting = facts(an_entry(), Status.IN_REVIEW)
        with pytest.raises(catalog_errors.OwnWork):
            catalog.review(
                waiting, verdict=Review.APPROVE, reasons="", reviewer=replace(self.REVIEWER, id=waiting.signed_by)
            )


class TestStating:
    """What a request must say, by place and day."""

    def missing(self, place: str, on: date, application: Application) -> set[str]:
        wanted = rules_for(place).listing("requests.must_state", on=on).ids
        return set(requests.missing(application, wanted, today=on))

    def whole(self, on: date) -> Application:
        return Application(
            purpose="核对",
            scenario="办理低保",
            basis=LegalBasis(RequestBasis.LAW, "社会救助暂行办法"),
            item_ids=(NAME.item_id,),
            channel=TicketChannel.TABLE,
            term_from=on,
            term_until=on,
            pledge=True,
        )

    @pytest.mark.clause("SX2020-08b")
    def test_in_shanxi_a_request_states_its_need_and_the_use(self) -> None:
        whole = self.whole(BEFORE)
        assert self.missing("14", BEFORE, whole) == set()
        assert self.missing("14", BEFORE, replace(whole, scenario="", purpose="")) == {"scenario", "purpose"}

    @pytest.mark.clause("AH-06d")
    def test_in_anhui_a_request_states_the_concrete_scenario(self) -> None:
        whole = self.whole(BEFORE)
        assert self.missing("34", BEFORE, whole) == set()
        assert self.missing("34", BEFORE, replace(whole, scenario=" ")) == {"scenario"}


class TestDeciding:
    """Who answers a request, and on what a refusal may rest."""

    def only_the_provider(self, place: str, on: date) -> None:
        choice = rules_for(place).choice("requests.deciders", on=on)
        case = a_case(*DECIDERS[choice.value])
        assert case.deciders == (Side.PROVIDER,)
        requests.check_decider(case, Side.PROVIDER, deciders=choice.option.words, source=choice.source)
        with pytest.raises(request_errors.NotADecider):
            requests.check_decider(case, Side.AUTHORITY, deciders=choice.option.words, source=choice.source)

    @pytest.mark.clause("DZ-18c")
    def test_in_dazhou_the_supplying_unit_is_asked_and_answers_alone(self) -> None:
        self.only_the_provider("5117", DAZHOU)

    @pytest.mark.clause("GD2008-21a")
    def test_in_the_guangdong_of_2008_the_supplying_agency_is_asked_and_answers_alone(self) -> None:
        self.only_the_provider("44", OLD_GUANGDONG)

    @pytest.mark.clause("GD2008-22d")
    def test_in_the_guangdong_of_2008_a_refusal_is_written_with_its_reason(self) -> None:
        allowed = grounds("44", OLD_GUANGDONG)
        with pytest.raises(InputsRejected) as caught:
            requests.check_answer(
                a_case(Side.PROVIDER), Answer(Verdict.REFUSE, " ", ground="outside_conditions"), grounds=allowed
            )
        assert set(caught.value.problems) == {"reason"}

    @pytest.mark.clause("GD2018-16b")
    @pytest.mark.parametrize(
        ("rank", "enough"), [(Rank.RULE, True), (Rank.LOCAL_REGULATION, True), (Rank.NORMATIVE_DOCUMENT, False)]
    )
    def test_in_guangdong_a_refusal_rests_on_a_law_a_regulation_or_a_rule(self, rank: Rank, enough: bool) -> None:
        answer = Answer(Verdict.REFUSE, "另有规定", ground="barred_by_law", document=GroundDocument(rank, "某规定"))
        if enough:
            assert requests.check_answer(a_case(Side.PROVIDER), answer, grounds=grounds("44", BEFORE)).document
        else:
            with pytest.raises(request_errors.DocumentNotEnough):
                requests.check_answer(a_case(Side.PROVIDER), answer, grounds=grounds("44", BEFORE))

    @pytest.mark.clause("GD2018-18c")
    def test_part_of_the_data_may_be_given(self) -> None:
        part = Answer(Verdict.GRANT_PART, "其余非必要", (GrantedItem("name"),))
        settled = requests.settle(
            a_case(
                Side.PROVIDER,
                votes=(
                    (Side.PROVIDER, requests.check_answer(a_case(Side.PROVIDER), part, grounds=grounds("44", BEFORE))),
                ),
            )
        )
        assert settled is not None
        assert settled.status is RequestStatus.PARTLY_GRANTED
        assert [item.code for item in settled.items] == ["name"]


@pytest.mark.parametrize(
    ("place", "on", "amount", "due_on"),
    [
        pytest.param("5117", DAZHOU, 10, date(2024, 9, 14), marks=pytest.mark.clause("DZ-18d")),
        pytest.param("44", OLD_GUANGDONG, 15, date(2015, 6, 23), marks=pytest.mark.clause("GD2008-22a")),
        pytest.param("44", BEFORE, 10, date(2025, 8, 14), marks=pytest.mark.clause("GD2018-19d")),
    ],
)
def test_the_time_to_answer_runs_from_the_day_of_receipt(place: str, on: date, amount: int, due_on: date) -> None:
    period = rules_for(place).period("requests.answer_conditional", on=on)
    assert (period.amount, period.unit, period.counts_from) == (amount, Unit.WORKING_DAY, "request.received")
    assert period.count_from(on).due_on == due_on


def test_every_pack_that_lists_sharing_types_lists_the_three() -> None:
    lists = [
        tuple(item.id for item in value.items)
        for pack in load.shipped()
        for rule, parameter in pack.parameters.items()
        for value in parameter.values
        if rule == "catalog.sharing_types" and value.items
    ]
    assert len(lists) == 6
    assert set(lists) == {tuple(TYPES.values())}


@pytest.mark.clause("D809-23")
def test_a_local_limit_may_be_shorter_than_the_national_one_and_never_binds_where_it_is_longer() -> None:
    on = date(2026, 3, 11)
    for rule in ("requests.answer_conditional", "catalog.update", "corrections.answer"):
        national = rules_for("00").period(rule, on=on).amount
        local = {pack.place: rules_for(pack.place).period(rule, on=on).amount for pack in load.shipped()}
        assert max(local.values()) == national, rule
    assert rules_for("610100").period("requests.answer_conditional", on=on).amount == 5
    assert rules_for("230000").period("catalog.update", on=on).amount == 3
    stated = load.shipped()
    assert any(value.amount == 15 for pack in stated if pack.ref.id == "cn-44" for value in _updates(pack))
    assert rules_for("440000").period("catalog.update", on=on).amount == 10


def _updates(pack: Pack) -> tuple[Value, ...]:
    return pack.parameters["catalog.update"].values


@pytest.mark.parametrize(
    ("place", "on"),
    [
        pytest.param("44", OLD_GUANGDONG, marks=[pytest.mark.clause("GD2008-04d"), pytest.mark.clause("GD2008D-04d")]),
        pytest.param("4401", BEFORE, marks=[pytest.mark.clause("CAN165-04a"), pytest.mark.clause("CAN2016-04a")]),
    ],
)
@pytest.mark.parametrize(
    ("kind", "enough"),
    [
        (BasisKind.LAW, True),
        (BasisKind.ADMINISTRATIVE_REGULATION, True),
        (BasisKind.LOCAL_RULE, True),
        (BasisKind.INTERNAL_RULE, False),
    ],
)
def test_data_is_kept_back_only_on_a_law_a_regulation_or_a_rule(
    place: str, on: date, kind: BasisKind, enough: bool
) -> None:
    permitted = rules_for(place).grounds("catalog.not_shared_grounds", on=on)
    ranks = {rank for ground in permitted.permitted for rank in ground.ranks}
    law = KeepingBack(frozenset(kind for kind, rank in RANKS.items() if rank in ranks), permitted.source)
    content = kept_back(basis_kind=kind)
    if enough:
        catalog.refuse_unlawful(content, law)
    else:
        with pytest.raises(catalog_errors.BasisNotEnough):
            catalog.refuse_unlawful(content, law)
    assert "basis_title" in catalog.missing(replace(content, basis_title=""))
    with pytest.raises(catalog_errors.SecretRefused):
        catalog.refuse_unlawful(replace(content, secrecy=Secrecy.STATE_SECRET), law)
