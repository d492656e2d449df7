"""Sentences keep their form and facts, so that a surface can still put them in its reader's language."""

import json
import os
from typing import Any

import pytest

from hefu.cli import language
from hefu.dataplane.connectors.postgres.inspection import no_table
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.filters import Equals, OneOf, RowFilter
from hefu.dataplane.filters_sql import filter_problems
from hefu.dataplane.types import SqlType
from hefu.kernel.words import SEMICOLON, Listed, Sentence, in_language, read_back, stored

COLUMNS = {"source": SqlType("text")}


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    language._catalogs.cache_clear()
    for name in list(os.environ):
        if name.startswith("LC_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEFU_LANG", "zh_CN")


def planned() -> PlanRefused:
    rows = RowFilter((Equals("sex", "1"), OneOf("source", ())))
    return PlanRefused(tuple(filter_problems(rows, COLUMNS)))


def test_a_refused_plan_names_its_problems_in_english_and_by_code() -> None:
    refusal = planned()
    assert [problem.code for problem in refusal.problems] == ["plan.filter_column", "plan.filter_empty"]
    assert (
        "the row filter names column 'sex', which the source does not have; the row filter lists no value for 'source'"
        in str(refusal)
    )


def test_a_refused_plan_is_chinese_for_who_reads_chinese_and_names_stay_as_they_are(chinese: None) -> None:
    said = language.sentence_of(planned())
    assert "数据范围用到字段“sex”，提供方没有这个字段；数据范围没有列出“source”的取值" in said


def test_a_refused_side_says_why_in_chinese_and_quotes_the_server(chinese: None) -> None:
    absent = SideRefused("source", no_table("public.people", "reader"))
    assert "数据源拒绝了操作：没有账号 reader 可读的表 public.people" in language.sentence_of(absent)
    quoted = SideRefused("target", "permission denied for table people", "42501")
    assert "接收端拒绝了操作：permission denied for table people" in language.sentence_of(quoted)


@pytest.mark.parametrize(
    "fact",
    [
        3,
        None,
        "plain",
        Sentence("{number} rows", number=3, code="rows"),
        Listed([Sentence("item {name!r}: {problem}", name="n", problem=Sentence("bad")), "x"], SEMICOLON),
    ],
)
def test_what_is_stored_reads_back_the_same(fact: Any) -> None:
    again = read_back(json.loads(json.dumps(stored(fact))))
    assert again == fact
    assert type(again) is type(fact)
    assert in_language(again, lambda text: f"<{text}>") == in_language(fact, lambda text: f"<{text}>")
