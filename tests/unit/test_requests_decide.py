"""What becomes of a request: completeness, sharing type, verdicts, joint decisions, extensions; at their boundaries."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.dataplane.filters import EVERY_ROW, Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith
from hefu.dataplane.masks import Bin, Cover, DateShift, DateTrunc, Drop, FormatPreserving, Hash, Mask, Null
from hefu.dataplane.ticket import Channel
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import InputsRejected
from hefu.law.load import shipped
from hefu.law.rules import rules_for
from hefu.law.terms import Rank, Words
from hefu.rooms.catalog.terms import ItemType, ShareType
from hefu.rooms.requests import decide, errors
from hefu.rooms.requests.decide import CaseFacts
from hefu.rooms.requests.decide.scope import contradiction
from hefu.rooms.requests.terms import (
    DECIDERS,
    FIELD_NAMES,
    MOVES,
    OPEN,
    Answer,
    Application,
    BasisKind,
    ExtensionStatus,
    GrantedItem,
    GroundDocument,
    LegalBasis,
    Offer,
    OfferedItem,
    Settled,
    Side,
    Status,
    Verdict,
)

TODAY = date(2026, 3, 11)
NATION = rules_for("00").grounds("requests.refusal_grounds", on=TODAY)
GUANGDONG = rules_for("440100").grounds("requests.refusal_grounds", on=TODAY)
SOURCE = Citation("decree-809", "20")

ID = OfferedItem(UUID(int=1), "id_number", "公民身份号码", ItemType.TEXT)
NAME = OfferedItem(UUID(int=2), "name", "姓名", ItemType.TEXT, ShareType.UNCONDITIONAL)
BORN = OfferedItem(UUID(int=3), "birth_date", "出生日期", ItemType.DATE, ShareType.UNCONDITIONAL)
INCOME = OfferedItem(UUID(int=4), "income", "收入", ItemType.MONEY, ShareType.NONE)
FREE = OfferedItem(UUID(int=5), "remark", "备注", "")


def an_offer(**changes: object) -> Offer:
    facts: dict[str, object] = {
        "entry_id": UUID(int=9),
        "code": "101/000001",
        "name": "人口基础信息",
        "version": 1,
        "provider_id": UUID(int=8),
        "share_type": ShareType.CONDITIONAL,
        "channels": ("table",),
        "items": (ID, NAME, BORN, INCOME, FREE),
        "kept_back": "统计法 第二十五条",
    }
    return Offer(**facts | changes)  # type: ignore[arg-type]


def an_application(*items: OfferedItem, **changes: object) -> Application:
    facts: dict[str, object] = {
        "purpose": "核对",
        "scenario": "办理低保",
        "basis": LegalBasis(BasisKind.LAW, "社会救助法"),
        "item_ids": tuple(item.item_id for item in items or (ID, NAME)),
        "channel": Channel.TABLE,
        "term_from": TODAY,
        "term_until": TODAY,
        "pledge": True,
    }
    return Application(**facts | changes)  # type: ignore[arg-type]


def a_case(
    status: Status = Status.RECEIVED, *, deciders: tuple[Side, ...] = (Side.PROVIDER,), **changes: object
) -> CaseFacts:
    facts: dict[str, object] = {
        "number": "R2026-000001",
        "status": status,
        "asked": (ID, NAME, BORN),
        "rows": EVERY_ROW,
        "deciders": deciders,
    }
    return CaseFacts(**facts | changes)  # type: ignore[arg-type]


def part(*codes: str, reason: str = "其余非必要", rows: RowFilter = EVERY_ROW) -> Answer:
    return Answer(Verdict.GRANT_PART, reason, tuple(GrantedItem(code) for code in codes), rows)


def check(case: CaseFacts, answer: Answer) -> Answer:
    return decide.check_answer(case, answer, grounds=NATION)


class TestMoves:
    def test_every_status_has_its_moves_and_only_open_ones_have_any(self) -> None:
        assert set(MOVES) == set(Status)
        assert {status for status, after in MOVES.items() if after} == set(OPEN)

    @pytest.mark.parametrize("status", Status)
    @pytest.mark.parametrize("wanted", Status)
    def test_a_case_moves_as_the_table_says_and_in_no_other_way(self, status: Status, wanted: Status) -> None:
        if wanted in MOVES[status]:
            assert decide.move(a_case(status), wanted) is wanted
        else:
            with pytest.raises(errors.MoveNotAllowed, match="Open the case"):
                decide.move(a_case(status), wanted)


class TestCompleteness:
    WANTED = rules_for("511700").listing("requests.must_state", on=TODAY).ids

    @pytest.mark.clause("D809-20")
    def test_a_request_that_states_all_the_law_asks_lacks_nothing(self) -> None:
        assert decide.missing(an_application(), self.WANTED, today=TODAY) == {}

    @pytest.mark.clause("D809-21")
    def test_everything_that_is_missing_is_named_at_once(self) -> None:
        found = decide.missing(Application(), self.WANTED, today=TODAY)
        assert set(found) == set(FIELD_NAMES) - {"basis_article", "rows", "target", "pledge"}

    def test_a_basis_without_a_title_is_none(self) -> None:
        empty = an_application(basis=LegalBasis(BasisKind.LAW, "  "))
        assert set(decide.missing(empty, self.WANTED, today=TODAY)) == {"basis_title"}

    def test_use_may_end_on_the_day_of_receipt_but_not_before(self) -> None:
        assert "term_until" not in decide.missing(an_application(), self.WANTED, today=TODAY)
        assert "term_until" in decide.missing(an_application(), self.WANTED, today=TODAY + timedelta(days=1))

    @pytest.mark.clause("GD2018-19b")
    def test_a_place_that_asks_only_for_use_and_items_gets_these_and_what_a_ticket_needs(self) -> None:
        wanted = rules_for("440100").listing("requests.must_state", on=date(2024, 3, 4)).ids
        found = decide.missing(Application(), wanted, today=date(2024, 3, 4))
        assert set(found) == {"purpose", "items", "channel", "term_from", "term_until"}

    def test_whatever_a_shipped_pack_asks_for_has_its_field(self) -> None:
        for pack in shipped():
            parameter = pack.parameters.get("requests.must_state")
            for value in parameter.values if parameter else ():
                assert {item.id for item in value.items} <= set(decide.STATED_IN), pack.ref.id

    def test_whomever_a_shipped_pack_lets_decide_is_known_here(self) -> None:
        for pack in shipped():
            for rule in ("requests.deciders", "requests.unconditional_way"):
                for value in pack.parameters[rule].values if rule in pack.parameters else ():
                    assert value.choice is None or value.choice.id in DECIDERS, pack.ref.id


class TestFaults:
    def test_what_is_merely_not_there_yet_is_not_wrong(self) -> None:
        assert decide.faults(Application(), an_offer()) == {}

    def test_items_channel_and_term_outside_the_entry_are_named_together(self) -> None:
        wrong = an_application(
            item_ids=(UUID(int=99),),
            channel=Channel.FILE,
            term_until=TODAY - timedelta(days=1),
            rows=RowFilter((IsNull("x"),)),
        )
        assert set(decide.faults(wrong, an_offer())) == {"items", "channel", "term_until", "rows"}

    @pytest.mark.parametrize(
        "condition",
        [
            Equals("id_number", "512101199001011234"),
            OneOf("name", ("张三", "李四")),
            Between("birth_date", date(1940, 1, 1), None),
            Between("birth_date", date(1940, 1, 1), date(1940, 1, 1)),
            StartsWith("id_number", "5117"),
            StartsWith("remark", "5117"),
            Equals("remark", Decimal("1.5")),
            Equals("income", 3),
            IsNull("birth_date"),
        ],
    )
    def test_a_condition_in_the_items_own_type_can_be_asked(self, condition: Condition) -> None:
        assert "rows" not in decide.faults(an_application(rows=RowFilter((condition,))), an_offer())

    @pytest.mark.parametrize(
        "condition",
        [
            Equals("salary", 1),
            Equals("id_number", 5),
            Equals("birth_date", "1940-01-01"),
            Equals("income", True),
            OneOf("name", ()),
            OneOf("name", tuple(str(number) for number in range(1001))),
            Between("birth_date"),
            Between("birth_date", date(1940, 1, 2), date(1940, 1, 1)),
            Between("remark", 1, "2"),
            StartsWith("name", ""),
            StartsWith("birth_date", "19"),
        ],
    )
    def test_a_condition_that_makes_no_sense_is_refused(self, condition: Condition) -> None:
        assert "rows" in decide.faults(an_application(rows=RowFilter((condition,))), an_offer())

    def test_fifty_conditions_are_a_scope_and_one_more_is_a_list(self) -> None:
        many = tuple(StartsWith("id_number", "5" * (number + 1)) for number in range(51))
        assert "rows" not in decide.faults(an_application(rows=RowFilter(many[:50])), an_offer())
        assert "rows" in decide.faults(an_application(rows=RowFilter(many)), an_offer())


class TestShareType:
    def test_one_conditional_item_makes_all_of_it_conditional(self) -> None:
        offer = an_offer(share_type=ShareType.UNCONDITIONAL)
        assert decide.share_type(an_application(NAME, BORN), offer) is ShareType.UNCONDITIONAL
        assert decide.share_type(an_application(NAME, ID), offer) is ShareType.CONDITIONAL

    def test_a_row_scope_is_shared_on_the_terms_of_the_item_it_looks_at(self) -> None:
        peeking = an_application(NAME, rows=RowFilter((StartsWith("id_number", "51"),)))
        assert decide.share_type(peeking, an_offer()) is ShareType.CONDITIONAL
        with pytest.raises(errors.NotShared, match="收入"):
            decide.refuse_kept_back(an_application(NAME, rows=RowFilter((Equals("income", 1),))), an_offer())

    @pytest.mark.clause("D809-15")
    def test_what_is_not_shared_cannot_be_asked_for_and_its_basis_is_told(self) -> None:
        with pytest.raises(errors.NotShared, match="统计法"):
            decide.refuse_kept_back(an_application(), an_offer(share_type=ShareType.NONE))
        with pytest.raises(errors.NotShared, match="收入"):
            decide.refuse_kept_back(an_application(NAME, INCOME), an_offer())

    def test_an_entry_that_is_not_in_force_cannot_be_asked_for(self) -> None:
        with pytest.raises(errors.EntryNotInForce):
            decide.refuse_kept_back(an_application(), an_offer(in_force=False))


class TestReturn:
    def test_it_is_sent_back_once(self) -> None:
        assert decide.return_incomplete(a_case(), {"scenario": "太笼统"}) is Status.INCOMPLETE
        with pytest.raises(errors.ReturnedBefore, match="2026-03-12"):
            decide.return_incomplete(a_case(returned_on=date(2026, 3, 12)), {"scenario": "太笼统"})

    @pytest.mark.parametrize("problems", [{}, {"scenario": " "}, {"colour": "red"}])
    def test_a_list_that_names_nothing_a_request_has_is_refused(self, problems: dict[str, str]) -> None:
        with pytest.raises(InputsRejected):
            decide.return_incomplete(a_case(), problems)


class TestAnswer:
    def test_granted_as_asked_means_every_item_bare(self) -> None:
        checked = check(a_case(), Answer(Verdict.GRANT))
        assert checked.items == (
            GrantedItem("id_number", "公民身份号码"),
            GrantedItem("name", "姓名"),
            GrantedItem("birth_date", "出生日期"),
        )

    @pytest.mark.parametrize(
        ("answer", "field"),
        [
            (Answer(Verdict.GRANT, items=(GrantedItem("name"),)), "verdict"),
            (Answer(Verdict.GRANT, rows=RowFilter((IsNull("name"),))), "verdict"),
            (part("id_number", "name", "birth_date"), "verdict"),
            (part("name", reason=" "), "reason"),
            (part(), "items"),
            (part("name", "income"), "items"),
            (part("name", "name"), "items"),
        ],
    )
    def test_a_grant_that_does_not_say_what_it_does_is_refused(self, answer: Answer, field: str) -> None:
        with pytest.raises(InputsRejected) as caught:
            check(a_case(), answer)
        assert set(caught.value.problems) == {field}

    def test_a_mask_alone_makes_it_a_part(self) -> None:
        hidden = Answer(
            Verdict.GRANT_PART,
            "保护隐私",
            (GrantedItem("id_number", mask=Cover(6)), GrantedItem("name"), GrantedItem("birth_date")),
        )
        assert check(a_case(), hidden).items[0].mask == Cover(6)  # type: ignore[index]
        with pytest.raises(InputsRejected):
            check(a_case(), Answer(Verdict.GRANT, "保护隐私", hidden.items))

    @pytest.mark.parametrize(
        ("mask", "fits"),
        [
            (DateTrunc("month"), True),
            (Null(), True),
            (Hash("salt"), True),
            (Cover(1), False),
            (Bin(10), False),
            (Hash("salt", length=4), False),
            (DateShift("salt", "id_number", 90), True),
            (DateShift("salt", "not_asked", 90), False),
            (FormatPreserving("salt"), False),
        ],
    )
    def test_a_mask_must_fit_what_the_catalogue_says_of_its_item(self, mask: Mask, fits: bool) -> None:
        answer = Answer(Verdict.GRANT_PART, "保护隐私", (GrantedItem("birth_date", mask=mask),))
        if fits:
            assert check(a_case(), answer).items == (GrantedItem("birth_date", "出生日期", mask),)
        else:
            with pytest.raises(InputsRejected) as caught:
                check(a_case(), answer)
            assert set(caught.value.problems) == {"masks"}

    @pytest.mark.parametrize("name", ["name", "a\0b", "长" * 22, "=1+1", "@x"])
    def test_two_columns_never_have_one_name(self, name: str) -> None:
        items = (GrantedItem("id_number", delivered_as=name), GrantedItem("name"), GrantedItem("birth_date"))
        with pytest.raises(InputsRejected) as caught:
            check(a_case(), Answer(Verdict.GRANT, items=items))
        assert set(caught.value.problems) == {"names"}

    def test_an_item_without_a_stated_type_is_taken_for_text(self) -> None:
        case = a_case(asked=(FREE,))
        assert check(case, Answer(Verdict.GRANT_PART, "保护隐私", (GrantedItem("remark", mask=Cover(1)),))).items
        for kind in ItemType:
            assert kind in decide.SQL_TYPES

    def test_saying_again_what_was_asked_narrows_nothing(self) -> None:
        asked = RowFilter((StartsWith("id_number", "51"),))
        assert check(a_case(rows=asked), Answer(Verdict.GRANT, rows=asked)).rows == asked

    def test_conditions_that_no_row_meets_together_with_what_was_asked_are_refused(self) -> None:
        case = a_case(rows=RowFilter((StartsWith("id_number", "51"),)))
        with pytest.raises(InputsRejected) as caught:
            check(case, part("name", rows=RowFilter((Equals("id_number", "44"),))))
        assert set(caught.value.problems) == {"rows"}

    @pytest.mark.clause("D809-21")
    @pytest.mark.clause("GD2018-19f")
    def test_a_refusal_says_why_in_writing(self) -> None:
        with pytest.raises(InputsRejected) as caught:
            check(a_case(), Answer(Verdict.REFUSE, "", ground="not_needed_for_duties"))
        assert set(caught.value.problems) == {"reason"}
        assert check(a_case(), Answer(Verdict.REFUSE, "职责不符", ground="not_needed_for_duties")).items is None

    @pytest.mark.parametrize("ground", ["", "we_do_not_want_to", "incomplete_papers", "added_conditions"])
    def test_a_ground_that_the_law_does_not_list_is_refused_with_those_it_lists(self, ground: str) -> None:
        with pytest.raises(errors.GroundNotAllowed, match="not needed for the requester's duties"):
            check(a_case(), Answer(Verdict.REFUSE, "不愿意", ground=ground))

    @pytest.mark.clause("GD2018-16c")
    def test_internal_rules_are_no_ground_where_the_law_says_so(self) -> None:
        with pytest.raises(errors.GroundNotAllowed) as caught:
            decide.check_answer(
                a_case(), Answer(Verdict.REFUSE, "内部规定", ground="internal_rules"), grounds=GUANGDONG
            )
        assert caught.value.citation == Citation("guangdong-2018-50", "16", "广东省政务数据资源共享管理办法（试行）")
        assert isinstance(caught.value.facts["ground"], Words)

    @pytest.mark.clause("GD2018-16b")
    @pytest.mark.parametrize(
        ("document", "enough"),
        [
            (None, False),
            (GroundDocument(Rank.LAW, " "), False),
            (GroundDocument(Rank.NORMATIVE_DOCUMENT, "某通知"), False),
            (GroundDocument(Rank.LAW, "统计法", "第二十五条"), True),
        ],
    )
    def test_a_bar_by_law_names_a_text_of_high_enough_rank(self, document: GroundDocument | None, enough: bool) -> None:
        answer = Answer(Verdict.REFUSE, "法律禁止", ground="barred_by_law", document=document)
        if enough:
            assert check(a_case(), answer).document == document
        else:
            with pytest.raises(errors.DocumentNotEnough):
                check(a_case(), answer)


class TestDeciders:
    def may(self, case: CaseFacts, side: Side) -> None:
        decide.check_decider(case, side, deciders=Words(zh="提供部门", en="the provider alone"), source=SOURCE)

    def test_a_side_that_the_law_does_not_name_is_refused(self) -> None:
        self.may(a_case(), Side.PROVIDER)
        with pytest.raises(errors.NotADecider, match="the provider alone"):
            self.may(a_case(), Side.AUTHORITY)

    def test_a_side_speaks_once(self) -> None:
        both = (Side.PROVIDER, Side.AUTHORITY)
        spoken = a_case(deciders=both, votes=((Side.PROVIDER, Answer(Verdict.GRANT)),))
        with pytest.raises(errors.VotedBefore, match="provider"):
            self.may(spoken, Side.PROVIDER)
        self.may(spoken, Side.AUTHORITY)

    @pytest.mark.parametrize("status", [status for status in Status if status is not Status.RECEIVED])
    def test_only_a_received_case_is_decided(self, status: Status) -> None:
        with pytest.raises(errors.MoveNotAllowed):
            self.may(a_case(status), Side.PROVIDER)


@pytest.mark.clause("GD2018-19c")
class TestJoint:
    BOTH = (Side.PROVIDER, Side.AUTHORITY)

    def settle(self, *answers: Answer, rows: RowFilter = EVERY_ROW) -> Settled | None:
        case = a_case(deciders=self.BOTH, rows=rows)
        votes = tuple(zip(self.BOTH, (check(case, answer) for answer in answers), strict=False))
        return decide.settle(a_case(deciders=self.BOTH, rows=rows, votes=votes))

    def test_one_agreement_alone_decides_nothing(self) -> None:
        assert self.settle(Answer(Verdict.GRANT)) is None

    def test_both_agree_to_all(self) -> None:
        settled = self.settle(Answer(Verdict.GRANT), Answer(Verdict.GRANT))
        assert settled is not None
        assert settled.status is Status.GRANTED

    def test_one_refusal_refuses_with_its_ground_whoever_speaks_first(self) -> None:
        refusal = Answer(Verdict.REFUSE, "职责不符", ground="not_needed_for_duties")
        for answers in ((refusal,), (Answer(Verdict.GRANT), refusal)):
            settled = self.settle(*answers)
            assert settled is not None
            assert (settled.status, settled.ground, settled.items) == (Status.REFUSED, "not_needed_for_duties", ())

    def test_only_what_both_agree_to_is_given(self) -> None:
        young, place = Between("birth_date", date(2000, 1, 1)), StartsWith("id_number", "5117")
        asked = RowFilter((IsNull("remark"),))
        settled = self.settle(
            part("id_number", "name", rows=RowFilter((young,))),
            part("name", "birth_date", reason="最小必要", rows=RowFilter((place,))),
            rows=asked,
        )
        assert settled is not None
        assert [item.code for item in settled.items] == ["name"]
        assert settled.rows.conditions == (*asked.conditions, young, place)
        assert settled.status is Status.PARTLY_GRANTED
        assert settled.reason == "其余非必要\n最小必要"

    def test_a_mask_of_one_holds_and_two_different_ones_are_talked_about(self) -> None:
        def hiding(mask: Cover | Hash | None) -> Answer:
            return Answer(Verdict.GRANT_PART, "保护隐私", (GrantedItem("id_number", mask=mask), GrantedItem("name")))

        settled = self.settle(hiding(Cover(6)), Answer(Verdict.GRANT))
        assert settled is not None
        assert settled.items[0].mask == Cover(6)
        with pytest.raises(errors.MasksDiffer, match="公民身份号码"):
            self.settle(hiding(Cover(6)), hiding(Hash("salt")))

    def test_a_name_of_one_holds_and_two_different_ones_are_talked_about(self) -> None:
        def naming(name: str) -> Answer:
            return Answer(Verdict.GRANT_PART, "最小必要", (GrantedItem("id_number", delivered_as=name),))

        settled = self.settle(naming("证号"), Answer(Verdict.GRANT))
        assert settled is not None
        assert settled.items[0].delivered_as == "证号"
        with pytest.raises(errors.NamesDiffer, match="公民身份号码"):
            self.settle(naming("证号"), naming("id"))

    def test_two_deciders_together_neither_call_two_columns_the_same_nor_deliver_nothing(self) -> None:
        def giving(*items: GrantedItem) -> Answer:
            return Answer(Verdict.GRANT_PART, "最小必要", items)

        with pytest.raises(errors.NamesDiffer, match="公民身份号码"):
            self.settle(
                giving(GrantedItem("id_number", delivered_as="code"), GrantedItem("name")),
                giving(GrantedItem("id_number"), GrantedItem("name", delivered_as="Code")),
            )
        with pytest.raises(errors.NothingInCommon):
            self.settle(
                giving(GrantedItem("id_number", mask=Drop()), GrantedItem("name")),
                giving(GrantedItem("id_number"), GrantedItem("birth_date")),
            )

    def test_agreements_with_nothing_in_common_give_nothing(self) -> None:
        with pytest.raises(errors.NothingInCommon):
            self.settle(part("name"), part("birth_date"))
        with pytest.raises(errors.NothingInCommon):
            self.settle(
                part("name", rows=RowFilter((Equals("name", "张"),))),
                part("name", rows=RowFilter((Equals("name", "李"),))),
            )


CODES = ("id_number", "name", "birth_date")
CONDITIONS = st.sampled_from(
    [
        StartsWith("id_number", "51"),
        Between("birth_date", date(1950, 1, 1), None),
        OneOf("name", ("张三", "李四")),
        Equals("name", "张三"),
        IsNull("birth_date"),
    ]
)


@given(
    st.lists(CONDITIONS, max_size=3),
    st.lists(st.tuples(st.sets(st.sampled_from(CODES)), st.lists(CONDITIONS, max_size=2)), min_size=2, max_size=2),
)
def test_a_decision_never_gives_more_than_was_asked_or_than_any_decider_gave(
    asked: list[Condition], given_by: list[tuple[set[str], list[Condition]]]
) -> None:
    both = (Side.PROVIDER, Side.AUTHORITY)
    case = a_case(rows=RowFilter(tuple(asked)), deciders=both)
    votes = []
    for side, (codes, conditions) in zip(both, given_by, strict=True):
        items = tuple(GrantedItem(code, mask=Null() if side is Side.AUTHORITY else None) for code in sorted(codes))
        try:
            votes.append((side, check(case, Answer(Verdict.GRANT_PART, "部分", items, RowFilter(tuple(conditions))))))
        except InputsRejected:
            return
    try:
        settled = decide.settle(a_case(rows=case.rows, deciders=both, votes=tuple(votes)))
    except errors.NothingInCommon:
        return
    assert settled is not None
    for codes, conditions in given_by:
        assert {item.code for item in settled.items} <= codes
        assert set(conditions) <= set(settled.rows.conditions)
    assert set(asked) <= set(settled.rows.conditions)
    assert all(item.mask == Null() for item in settled.items)
    assert not contradiction(settled.rows)


@pytest.mark.clause("D809-21")
class TestExtension:
    DUE = date(2026, 3, 25)

    def ask(self, case: CaseFacts | None = None, **changes: object) -> None:
        facts: dict[str, object] = {
            "today": self.DUE,
            "due_on": self.DUE,
            "days": 10,
            "most": 10,
            "reason": "数据量大",
            "asked": None,
            "source": SOURCE,
        }
        decide.ask_extension(case or a_case(), **facts | changes)  # type: ignore[arg-type]

    def test_the_last_day_is_still_in_time_to_ask_and_the_next_is_not(self) -> None:
        self.ask()
        with pytest.raises(errors.AnswerOverdue, match="2026-03-25"):
            self.ask(today=self.DUE + timedelta(days=1))

    @pytest.mark.parametrize(("days", "allowed"), [(0, False), (1, True), (10, True), (11, False)])
    def test_the_law_sets_how_much(self, days: int, allowed: bool) -> None:
        if allowed:
            self.ask(days=days)
        else:
            with pytest.raises(InputsRejected) as caught:
                self.ask(days=days)
            assert set(caught.value.problems) == {"days"}

    @pytest.mark.parametrize("before", ExtensionStatus)
    def test_it_is_asked_for_once(self, before: ExtensionStatus) -> None:
        with pytest.raises(errors.ExtensionAskedBefore):
            self.ask(asked=before)

    def test_a_special_reason_is_needed_and_an_answered_case_is_not_extended(self) -> None:
        with pytest.raises(InputsRejected):
            self.ask(reason=" ")
        with pytest.raises(errors.MoveNotAllowed):
            self.ask(a_case(Status.GRANTED))

    def answer(self, *, today: date, consent: bool, note: str = "") -> ExtensionStatus:
        return decide.answer_extension(
            a_case(), today=today, due_on=self.DUE, consent=consent, note=note, source=SOURCE
        )

    def test_consent_comes_while_the_time_runs_and_a_no_says_why(self) -> None:
        assert self.answer(today=self.DUE, consent=True) is ExtensionStatus.CONSENTED
        late = self.DUE + timedelta(days=1)
        with pytest.raises(errors.AnswerOverdue):
            self.answer(today=late, consent=True)
        assert self.answer(today=late, consent=False, note="理由不足") is ExtensionStatus.DECLINED
        with pytest.raises(InputsRejected):
            self.answer(today=self.DUE, consent=False)
