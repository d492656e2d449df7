"""Look-up: which level answers, on which day, and how the law says that it does not."""

from datetime import date

import pytest

from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.law.errors import NoRuleInForce, RuleEnded, RuleLost, RuleNotYetInForce, RuleSilent
from hefu.law.rules import rules_for
from hefu.law.terms import Rank, State, Unit

NATION = rules_for("00")
GUANGDONG = rules_for("440000")
DAZHOU = rules_for("511702")
DECREE = date(2025, 8, 1)
BEFORE = date(2025, 7, 31)


def test_a_county_has_the_rules_of_its_city_and_of_the_nation() -> None:
    assert [pack.ref.id for pack in DAZHOU.packs] == ["cn-5117", "cn"]


def test_a_place_that_no_pack_knows_has_the_rules_of_the_nation() -> None:
    assert [pack.ref.id for pack in rules_for("990101").packs] == ["cn"]


def test_a_malformed_place_is_refused() -> None:
    with pytest.raises(IdentifierFault):
        rules_for("Dazhou")


@pytest.mark.parametrize(
    ("rule", "amount", "unit", "article"),
    [
        ("requests.answer_unconditional", 1, Unit.WORKING_DAY, "21"),
        ("requests.answer_conditional", 10, Unit.WORKING_DAY, "21"),
        ("requests.extension", 10, Unit.WORKING_DAY, "21"),
        ("requests.delivery", 20, Unit.WORKING_DAY, "22"),
        ("catalog.update", 10, Unit.WORKING_DAY, "17"),
        ("catalog.update_extension", 5, Unit.WORKING_DAY, "17"),
        ("catalog.review", 2, Unit.WORKING_DAY, "17"),
        ("corrections.answer", 10, Unit.WORKING_DAY, "26"),
        ("records.retention", 3, Unit.YEAR, "29"),
    ],
)
def test_decree_809_gives_its_periods_from_its_first_day_and_not_before(
    rule: str, amount: int, unit: Unit, article: str
) -> None:
    period = NATION.period(rule, on=DECREE)
    assert (period.amount, period.unit, period.source.document) == (amount, unit, "decree-809")
    assert period.source.article == article
    with pytest.raises(NoRuleInForce):
        NATION.period(rule, on=BEFORE)


def test_a_rule_that_begins_later_says_when() -> None:
    with pytest.raises(RuleNotYetInForce, match="it begins on 01 August 2025"):
        NATION.period("requests.delivery", on=BEFORE)


def test_a_part_of_a_text_that_is_lost_gives_no_value_and_says_so() -> None:
    with pytest.raises(RuleLost, match=r"The part of sc-2016-51 that would answer requests\.answer_conditional"):
        NATION.period("requests.answer_conditional", on=BEFORE)


def test_a_new_resource_and_a_changed_entry_have_twenty_working_days_each() -> None:
    for rule in ("resources.register", "catalog.refresh_entry"):
        assert NATION.period(rule, on=date(2025, 9, 22)).count_from(date(2025, 9, 22)).due_on == date(2025, 10, 24)


def test_an_unconditional_request_received_on_friday_is_answered_by_monday() -> None:
    period = NATION.period("requests.answer_unconditional", on=date(2025, 9, 19))
    assert period.count_from(date(2025, 9, 19)).due_on == date(2025, 9, 22)


def test_of_two_equal_limits_the_higher_law_is_named_and_the_lower_shown() -> None:
    period = GUANGDONG.period("requests.answer_conditional", on=DECREE)
    assert period.source.document == "decree-809"
    assert [(other.source.document, other.amount) for other in period.also] == [("guangdong-2018-50", 10)]


def test_the_national_limit_binds_where_the_province_gives_more_time() -> None:
    period = GUANGDONG.period("catalog.update", on=DECREE)
    assert (period.amount, period.source.document) == (10, "decree-809")
    deadline = period.count_from(date(2025, 9, 1))
    assert [(other.amount, other.due_on) for other in deadline.also] == [(15, date(2025, 9, 22))]
    assert deadline.due_on == date(2025, 9, 15)


def test_before_the_decree_the_province_answers_alone() -> None:
    period = GUANGDONG.period("catalog.update", on=BEFORE)
    assert (period.amount, period.source.document, period.also) == (15, "guangdong-2018-50", ())


def test_an_extension_is_nobodys_right_before_the_decree_and_the_silence_is_named() -> None:
    with pytest.raises(RuleSilent, match=r"gives nothing on requests.extension.*guangdong-2018-50 art. 19"):
        GUANGDONG.period("requests.extension", on=BEFORE)


def test_an_extension_under_the_decree_names_its_conditions_and_the_silent_province() -> None:
    period = GUANGDONG.period("requests.extension", on=DECREE)
    assert [term.id for term in period.conditions] == [
        "once",
        "special_reason",
        "authority_consents",
        "requester_told",
    ]
    assert [(remark.pack.id, remark.state) for remark in period.remarks] == [("cn-44", State.SILENT)]


def test_an_extension_may_take_less_than_the_ceiling_and_never_more() -> None:
    period = NATION.period("requests.extension", on=DECREE)
    assert period.count_from(date(2025, 9, 15), amount=5).due_on == date(2025, 9, 22)
    with pytest.raises(ValueError, match=r"outside what requests\.extension allows"):
        period.count_from(date(2025, 9, 15), amount=11)


@pytest.mark.parametrize(
    ("place", "on", "decider"),
    [
        ("00", DECREE, "provider"),
        ("440000", BEFORE, "authority_with_provider"),
        ("440000", DECREE, "authority_with_provider"),
        ("511700", date(2024, 12, 31), "provider"),
    ],
)
def test_each_place_names_who_decides(place: str, on: date, decider: str) -> None:
    assert rules_for(place).choice("requests.deciders", on=on).value == decider


def test_the_nearest_decider_is_shown_beside_the_nations() -> None:
    choice = GUANGDONG.choice("requests.deciders", on=DECREE)
    assert [other.value for other in choice.also] == ["provider"]


def test_a_replaced_text_answers_until_its_last_day() -> None:
    period = DAZHOU.period("corrections.answer", on=date(2025, 1, 8))
    assert (period.amount, period.source.article) == (5, "22")
    with pytest.raises(RuleEnded, match="it ended on 09 January 2025"):
        DAZHOU.period("corrections.answer", on=date(2025, 1, 9))


def test_what_a_request_must_state_is_what_all_levels_ask_for() -> None:
    listing = GUANGDONG.listing("requests.must_state", on=DECREE)
    assert listing.ids == ("legal_basis", "scenario", "scope", "mode", "term", "purpose", "items")
    assert [str(source) for source in listing.asked_by["items"]] == ["guangdong-2018-50 art. 19"]
    assert [term.id for term in listing.missing({"legal_basis", "scenario", "scope", "mode", "term"})] == [
        "purpose",
        "items",
    ]


def test_national_lists_are_not_widened_below() -> None:
    ladder = rules_for("511700").listing("disputes.ladder", on=DECREE)
    assert ladder.ids == ("parties", "authority", "government")


def test_internal_rules_never_carry_a_refusal_in_guangdong() -> None:
    grounds = GUANGDONG.grounds("requests.refusal_grounds", on=BEFORE)
    assert grounds.find("internal_rules") is None
    refused = grounds.find_not_permitted("internal_rules")
    assert refused is not None
    assert str(refused.source) == "guangdong-2018-50 art. 16"


def test_under_the_decree_a_local_rule_no_longer_carries_a_refusal() -> None:
    before = GUANGDONG.grounds("requests.refusal_grounds", on=BEFORE)
    after = GUANGDONG.grounds("requests.refusal_grounds", on=DECREE)
    assert before.accepts_rank("barred_by_law", Rank.RULE)
    assert not after.accepts_rank("barred_by_law", Rank.RULE)
    assert after.accepts_rank("barred_by_law", Rank.STATE_COUNCIL_DECISION)
    assert after.find_not_permitted("internal_rules") is not None
    assert after.find_not_permitted("incomplete_papers") is not None


def test_a_project_review_starts_at_the_figure_of_the_city() -> None:
    threshold = DAZHOU.amount("projects.review_threshold", on=date(2024, 12, 31))
    assert (threshold.number, threshold.unit) == (300000, "yuan")


def test_a_rule_that_no_pack_of_the_place_knows_is_refused_with_a_way_on() -> None:
    with pytest.raises(NoRuleInForce, match="Ask the data authority to set the matter"):
        NATION.period("grants.idle", on=DECREE)


def test_a_rule_that_does_not_exist_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError, match=r"requests\.answers is no rule"):
        NATION.period("requests.answers", on=DECREE)
    with pytest.raises(KeyError, match="is a choice, not a period"):
        NATION.period("requests.deciders", on=DECREE)


def test_every_refusal_of_the_law_ends_with_a_code_of_its_own() -> None:
    codes = {kind.code for kind in (NoRuleInForce, RuleNotYetInForce, RuleEnded, RuleSilent, RuleLost)}
    assert len(codes) == 5


def test_the_version_names_every_pack_and_the_calendar_with_a_hash() -> None:
    parts = GUANGDONG.version.split()
    assert [part.split("@")[0] for part in parts] == ["cn-44", "cn", "calendar:cn"]
    assert all(len(part.split("+")[1]) == 12 for part in parts)


def test_rules_in_force_are_listed_by_day() -> None:
    assert "requests.answer_unconditional" in NATION.in_force(DECREE)
    assert "requests.answer_unconditional" not in NATION.in_force(BEFORE)
    assert NATION.in_force(date(2008, 1, 1)) == ()
