"""A deadline as it is stored and as it is explained."""

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from hefu.law.deadline import Deadline
from hefu.law.explain import explain, step_lines
from hefu.law.rules import rules_for
from hefu.law.terms import Language

GUANGDONG = rules_for("440000")
PERIODS = ["requests.answer_conditional", "requests.extension", "catalog.update", "records.retention"]


@given(st.dates(date(2025, 8, 1), date(2031, 12, 31)), st.sampled_from(PERIODS))
def test_a_stored_deadline_reads_back_as_it_was(start: date, rule: str) -> None:
    deadline = GUANGDONG.period(rule, on=start).count_from(start)
    stored = json.dumps(deadline.as_json())
    assert Deadline.from_json(json.loads(stored)) == deadline


def test_the_explanation_names_article_event_days_left_out_and_the_other_level_in_english() -> None:
    deadline = GUANGDONG.period("catalog.update", on=date(2025, 9, 22)).count_from(date(2025, 9, 22))
    lines = explain(deadline, Language.EN).splitlines()
    assert lines[0].startswith("decree-809 art. 17: 10 working days from the day of the event (change")
    assert lines[1] == "Last day: Sat 11 Oct 2025, this day included."
    assert lines[2] == (
        "Not counted: 22 Sep (day of the event, not counted), 27 Sep (weekend), 1 Oct to 5 Oct (National Day), "
        "6 Oct (Mid-Autumn Festival), 7 Oct to 8 Oct (National Day)."
    )
    assert lines[3] == (
        "Another level: guangdong-2018-50 art. 9, 15 working days, that is Fri 17 Oct 2025; "
        "the stricter of the two binds."
    )


def test_the_explanation_says_the_same_in_chinese() -> None:
    deadline = GUANGDONG.period("catalog.update", on=date(2025, 9, 22)).count_from(date(2025, 9, 22))
    lines = explain(deadline, Language.ZH).splitlines()
    assert lines[0].startswith("《政务数据共享条例》第17条：自目录变更事由发生（2025年9月22日周一）起10个工作日。")
    assert lines[1] == "最后一日：2025年10月11日周六，当日仍在期限内。"
    assert "10月1日至10月5日（国庆节）" in lines[2]
    assert "《广东省政务数据资源共享管理办法（试行）》第9条，15个工作日，即2025年10月17日周五" in lines[3]


def test_a_deadline_in_a_year_without_a_notice_says_that_it_may_move() -> None:
    deadline = GUANGDONG.period("requests.answer_conditional", on=date(2026, 12, 25)).count_from(date(2026, 12, 25))
    assert deadline.provisional
    assert "Provisional: from Fri 1 Jan 2027 on no holiday notice of the place is known" in explain(
        deadline, Language.EN
    )
    assert "暂定：2027年1月1日周五起未见当地放假通知（全国通知公布至2026年12月31日周四）" in explain(deadline)


def test_a_deadline_inside_the_published_years_is_final() -> None:
    deadline = GUANGDONG.period("requests.answer_conditional", on=date(2026, 11, 2)).count_from(date(2026, 11, 2))
    assert not deadline.provisional
    assert "Provisional" not in explain(deadline, Language.EN)


def test_step_lines_number_the_counted_days_and_give_a_reason_for_the_others() -> None:
    deadline = GUANGDONG.period("requests.answer_conditional", on=date(2025, 9, 26)).count_from(date(2025, 9, 26))
    lines = step_lines(deadline, Language.EN)
    assert [(line.label, line.number, line.reason) for line in lines[:4]] == [
        ("Fri 26 Sep 2025", "", "day of the event, not counted"),
        ("Sat 27 Sep 2025", "", "weekend"),
        ("Sun 28 Sep 2025", "1", "worked weekend, National Day"),
        ("Mon 29 Sep 2025", "2", ""),
    ]


def test_a_retention_keeps_its_records_to_the_same_day_years_later() -> None:
    deadline = GUANGDONG.period("records.retention", on=date(2025, 9, 1)).count_from(date(2025, 9, 1))
    assert deadline.due_on == date(2028, 9, 1)
    assert "at least 3 years" in explain(deadline, Language.EN)


def test_the_citations_begin_with_the_article_that_binds() -> None:
    deadline = GUANGDONG.period("catalog.update", on=date(2025, 9, 22)).count_from(date(2025, 9, 22))
    assert [str(citation) for citation in deadline.citations] == [
        "decree-809 art. 17",
        "guangdong-2018-50 art. 9",
    ]
