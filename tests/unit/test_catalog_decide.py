"""Decisions of the catalogue on frozen facts: what is missing, who decides, what changed."""

import dataclasses
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.kernel.actor import Actor, Role
from hefu.kernel.citation import Citation
from hefu.rooms.catalog import decide, errors, itemcodes, snapshots
from hefu.rooms.catalog.terms import (
    CHANNELS_OF,
    MOVES,
    BasisKind,
    Channel,
    Content,
    EntryFacts,
    Extra,
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
    Verdict,
)

DEPARTMENT, AUTHORITY = uuid4(), uuid4()
REVIEWER = Actor("person:r", "审核员", AUTHORITY, frozenset({Role.REVIEWER}), of_authority=True)
LAW = KeepingBack(frozenset({BasisKind.LAW}), Citation("decree-809", "15"))

WHOLE = Content(
    name="人口基础信息",
    abstract="户籍人口",
    class_code="101",
    format_class=FormatClass.DATABASE,
    format_types=("postgresql",),
    share_type=ShareType.UNCONDITIONAL,
    channels=(Channel.TABLE,),
    open_type=OpenType.CLOSED,
    update_cycle=UpdateCycle.DAILY,
    grade=Grade.GENERAL,
    use_condition="依法履职",
    secrecy=Secrecy.NONE,
    secrecy_note="不涉密",
    personal_info=PersonalInfo.NONE,
    assessed_on=date(2026, 3, 2),
    system_name="人口系统",
    business_item="户籍登记",
    items=(ItemContent("姓名", "name", ItemType.TEXT, 50),),
)


def facts(**changes: Any) -> EntryFacts:
    told: dict[str, Any] = {
        "code": "101/000001",
        "status": Status.DRAFT,
        "content": WHOLE,
        "provider_id": DEPARTMENT,
        "provider_is_authority": False,
        "author": "person:a",
    }
    return EntryFacts(**told | changes)


class TestMissing:
    def test_a_whole_entry_lacks_nothing(self) -> None:
        assert decide.missing(WHOLE) == {}
        assert decide.submit(facts()) is Status.IN_REVIEW

    @pytest.mark.parametrize(
        ("changes", "lacking"),
        [
            ({"abstract": " "}, "abstract"),
            ({"use_condition": ""}, "use_condition"),
            ({"format_class": None}, "format_class"),
            ({"format_types": ()}, "format_types"),
            ({"share_type": None}, "share_type"),
            ({"channels": ()}, "channels"),
            ({"open_type": None}, "open_type"),
            ({"open_type": OpenType.CONDITIONAL}, "open_condition"),
            ({"update_cycle": None}, "update_cycle"),
            ({"grade": None}, "grade"),
            ({"secrecy": None}, "secrecy"),
            ({"secrecy_note": ""}, "secrecy_note"),
            ({"personal_info": None}, "personal_info"),
            ({"personal_info": PersonalInfo.SENSITIVE}, "impact_note"),
            ({"assessed_on": None}, "assessed_on"),
            ({"system_name": ""}, "system_name"),
            ({"system_name": "人口 基础信息"}, "name"),
            ({"business_item": ""}, "business_item"),
            ({"items": ()}, "items"),
            ({"items": (ItemContent("姓名"),)}, "items"),
            ({"items": (ItemContent("姓名", type=ItemType.TEXT),)}, "items"),
        ],
    )
    def test_each_thing_the_law_asks_is_missed_by_itself(self, changes: dict[str, Any], lacking: str) -> None:
        content = dataclasses.replace(WHOLE, **changes)
        assert set(decide.missing(content)) == {lacking}
        assert decide.gaps(content) == (lacking,)
        with pytest.raises(errors.EntryIncomplete, match=lacking):
            decide.submit(facts(content=content))

    def test_conditional_names_condition_scope_and_purpose(self) -> None:
        conditional = dataclasses.replace(WHOLE, share_type=ShareType.CONDITIONAL)
        assert set(decide.missing(conditional)) == {"share_condition", "share_scope"}

    def test_not_shared_needs_reason_and_named_basis_but_no_channel(self) -> None:
        kept = dataclasses.replace(WHOLE, share_type=ShareType.NONE, channels=())
        assert set(decide.missing(kept)) == {"noshare_reason", "basis_kind", "basis_title", "basis_article"}

    def test_one_item_kept_back_needs_the_basis_too(self) -> None:
        kept = dataclasses.replace(WHOLE.items[0], share_type=ShareType.NONE)
        assert set(decide.missing(dataclasses.replace(WHOLE, items=(kept,)))) == {
            "basis_kind",
            "basis_title",
            "basis_article",
        }

    @pytest.mark.parametrize("kind", list(FormatClass))
    def test_a_format_travels_by_its_channels_alone(self, kind: FormatClass) -> None:
        for channel in Channel:
            content = dataclasses.replace(WHOLE, format_class=kind, channels=(channel,))
            assert ("channels" in decide.missing(content)) is (channel not in CHANNELS_OF[kind])

    def test_the_form_is_checked_before_the_law(self) -> None:
        twice = (ItemContent("姓名", "a"), ItemContent("姓 名", "b"))
        same_code = (ItemContent("甲", "a"), ItemContent("乙", "A"))
        for items in (twice, same_code, (ItemContent(" "),), (ItemContent("甲", length=0),)):
            assert set(decide.faults(dataclasses.replace(WHOLE, items=items))) == {"items"}
        assert set(decide.faults(dataclasses.replace(WHOLE, name="长" * 201))) == {"name"}
        assert set(decide.faults(dataclasses.replace(WHOLE, tags=("长" * 61,), phone="1" * 61))) == {"tags", "phone"}

    @pytest.mark.parametrize("code", ["", "4", "31", "3060", "306a", "3060010000000000001"])
    def test_class_codes_have_the_form_of_the_guide(self, code: str) -> None:
        assert "class_code" in decide.faults(dataclasses.replace(WHOLE, class_code=code))

    @pytest.mark.parametrize("code", ["1", "306", "306001", "30600112"])
    def test_class_codes_may_be_as_deep_as_is_known(self, code: str) -> None:
        assert decide.faults(dataclasses.replace(WHOLE, class_code=code)) == {}


class TestLawful:
    @pytest.mark.parametrize("secrecy", [Secrecy.STATE_SECRET, Secrecy.WORK_SECRET])
    def test_a_secret_is_refused_at_drafting_and_at_submitting(self, secrecy: Secrecy) -> None:
        content = dataclasses.replace(WHOLE, secrecy=secrecy)
        with pytest.raises(errors.SecretRefused):
            decide.refuse_unlawful(content, None)
        with pytest.raises(errors.SecretRefused):
            decide.submit(facts(content=content))

    def test_a_basis_below_the_laws_rank_is_refused_with_its_article(self) -> None:
        content = dataclasses.replace(WHOLE, share_type=ShareType.NONE, basis_kind=BasisKind.LOCAL_REGULATION)
        with pytest.raises(errors.BasisNotEnough, match=r"decree-809 art\. 15") as caught:
            decide.refuse_unlawful(content, LAW)
        assert caught.value.facts["allowed"] == ["law"]
        decide.refuse_unlawful(dataclasses.replace(content, basis_kind=BasisKind.LAW), LAW)


class TestReview:
    @pytest.mark.parametrize("status", list(Status))
    @pytest.mark.parametrize("wanted", [Status.IN_REVIEW, Status.PUBLISHED, Status.RETURNED, Status.WITHDRAWN])
    def test_only_listed_moves_happen(self, status: Status, wanted: Status) -> None:
        entry = facts(status=status)

        def move() -> Status:
            if wanted is Status.IN_REVIEW:
                return decide.submit(entry)
            if wanted is Status.WITHDRAWN:
                return decide.withdraw(entry, reason="停用")
            verdict = Verdict.APPROVE if wanted is Status.PUBLISHED else Verdict.RETURN
            return decide.review(entry, verdict=verdict, reasons="不全", reviewer=REVIEWER)

        if wanted in MOVES[status]:
            assert move() is wanted
        else:
            with pytest.raises(errors.MoveNotAllowed):
                move()

    def test_author_signer_and_their_department_do_not_decide(self) -> None:
        waiting = {"status": Status.IN_REVIEW}
        for own in ({"author": REVIEWER.id}, {"signed_by": REVIEWER.id}, {"signed_for": AUTHORITY}):
            with pytest.raises(errors.OwnWork):
                decide.review(facts(**waiting, **own), verdict=Verdict.APPROVE, reasons="", reviewer=REVIEWER)

    def test_the_authoritys_own_entry_is_reviewed_by_another_person_of_it(self) -> None:
        own = facts(status=Status.IN_REVIEW, provider_is_authority=True, signed_for=AUTHORITY, signed_by="person:chief")
        assert decide.review(own, verdict=Verdict.APPROVE, reasons="", reviewer=REVIEWER) is Status.PUBLISHED

    def test_a_return_and_a_withdrawal_say_why(self) -> None:
        with pytest.raises(errors.ReasonsNeeded):
            decide.review(facts(status=Status.IN_REVIEW), verdict=Verdict.RETURN, reasons=" \n", reviewer=REVIEWER)
        with pytest.raises(errors.ReasonsNeeded):
            decide.withdraw(facts(status=Status.PUBLISHED), reason="")


class TestDifference:
    def test_fields_items_and_order_are_told_apart(self) -> None:
        one, two, three = (ItemContent(name, name, id=uuid4()) for name in ("甲", "乙", "丙"))
        old = dataclasses.replace(WHOLE, items=(one, two))
        new = dataclasses.replace(
            WHOLE,
            update_cycle=UpdateCycle.MONTHLY,
            channels=(Channel.TABLE, Channel.FILE),
            items=(dataclasses.replace(two, name="乙改", length=9), three),
        )
        told = [(d.field, d.item, d.old, d.new) for d in decide.difference(old, new)]
        assert told == [
            ("channels", "", "table", "table, file"),
            ("update_cycle", "", "daily", "monthly"),
            ("item", "甲", "甲", ""),
            ("name", "乙改", "乙", "乙改"),
            ("length", "乙改", "", "9"),
            ("item", "丙", "", "丙"),
        ]
        swapped = decide.difference(old, dataclasses.replace(old, items=(two, one)))
        assert [(d.field, d.old, d.new) for d in swapped] == [("items", "甲、乙", "乙、甲")]
        assert decide.difference(old, old) == ()


TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
ITEMS = st.builds(
    ItemContent,
    name=TEXT,
    code=TEXT,
    type=st.none() | st.sampled_from(ItemType),
    length=st.none() | st.integers(1, 10**6),
    share_type=st.none() | st.sampled_from(ShareType),
    grade=st.none() | st.sampled_from(Grade),
    description=TEXT,
    id=st.none() | st.uuids(),
)
CONTENTS = st.builds(
    Content,
    name=TEXT,
    abstract=TEXT,
    format_class=st.none() | st.sampled_from(FormatClass),
    format_types=st.lists(TEXT, max_size=3).map(tuple),
    share_type=st.none() | st.sampled_from(ShareType),
    basis_kind=st.none() | st.sampled_from(BasisKind),
    channels=st.lists(st.sampled_from(Channel), max_size=3).map(tuple),
    assessed_on=st.none() | st.dates(),
    tags=st.lists(TEXT, max_size=3).map(tuple),
    items=st.lists(ITEMS, max_size=3).map(tuple),
)


class TestSnapshots:
    @given(CONTENTS)
    def test_what_is_kept_comes_back_as_it_was(self, content: Content) -> None:
        assert snapshots.from_json(snapshots.to_json(content)) == content

    def test_an_old_snapshot_without_a_later_field_is_still_read(self) -> None:
        kept = snapshots.to_json(WHOLE)
        del kept["theme"]
        assert snapshots.from_json(kept) == WHOLE

    def test_a_value_that_a_field_cannot_have_is_refused(self) -> None:
        with pytest.raises(ValueError, match="sometimes"):
            snapshots.from_json(snapshots.to_json(WHOLE) | {"share_type": "sometimes"})


class TestItemCodes:
    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("法定代表人", "fddbr"),
            ("2024年GDP（亿元）", "n2024_n_gdp_yy"),
            ("ＩＤ号", "id_h"),
            ("①", "n1"),
            ("！", "n"),
        ],
    )
    def test_codes_are_made_from_initials(self, name: str, code: str) -> None:
        assert itemcodes.proposed(name) == code

    @given(st.lists(st.tuples(TEXT, st.sampled_from(["", "", "a", "fddbr"])), max_size=8))
    def test_made_codes_are_columns_and_never_meet(self, pairs: list[tuple[str, str]]) -> None:
        made = itemcodes.completed(pairs)
        proposed = [code for code, (_name, given_code) in zip(made, pairs, strict=True) if not given_code]
        assert len({code.casefold() for code in proposed}) == len(proposed)
        assert not {code.casefold() for code in proposed} & {code.casefold() for _name, code in pairs if code}
        for code in proposed:
            assert code[0].isalpha() or code[0] == "_"
            assert len(code) <= 63


class TestWhatAPlaceAsksBeyondTheNationalList:
    def test_a_field_of_the_profile_that_its_law_wants_is_missed_until_it_is_filled_in(self) -> None:
        asked = decide.Asked(extensions=("attribute",))
        assert set(decide.missing(WHOLE, asked)) == {"extension"}
        filled = dataclasses.replace(WHOLE, extension=(Extra("attribute", "基础数据"),))
        assert decide.missing(filled, asked) == {}
        assert decide.missing(WHOLE) == {}

    def test_unconditional_data_needs_no_text(self) -> None:
        assert not decide.needs_basis(WHOLE, decide.Asked(conditions=LAW))
