"""A refusal says what happened and what to do now, in the reader's language."""

from datetime import date

import pytest

from hefu.kernel.citation import Citation
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal


class Overdue(Refusal):
    code = "test.overdue"
    text = "Request {number} had to be answered by {due_on:%d %B %Y}. Answer it now."


def test_the_sentence_names_its_facts() -> None:
    refusal = Overdue(number="R-1", due_on=date(2025, 9, 15))
    assert str(refusal) == "Request R-1 had to be answered by 15 September 2025. Answer it now."
    assert refusal.facts == {"number": "R-1", "due_on": date(2025, 9, 15)}
    assert refusal.status == 409


def test_a_translation_takes_the_same_facts_in_its_own_order() -> None:
    refusal = Overdue(number="R-1", due_on=date(2025, 9, 15))
    assert refusal.sentence("应于 {due_on:%Y-%m-%d} 前答复申请 {number}。") == "应于 2025-09-15 前答复申请 R-1。"


def test_a_fact_with_braces_is_shown_and_not_read_as_a_field() -> None:
    assert "{number}" in str(NotFound(what="entry", key="{number}"))


def test_the_rule_behind_it_is_kept() -> None:
    article = Citation("decree-809", "21(2)", "政务数据共享条例")
    assert Forbidden(action="decide", citation=article).citation == article
    assert str(article) == "decree-809 art. 21(2)"
    assert str(Citation("decree-809")) == "decree-809"
    assert article.as_json() == {"document": "decree-809", "article": "21(2)", "title": "政务数据共享条例"}


def test_a_missing_fact_is_a_bug_and_not_a_half_sentence() -> None:
    with pytest.raises(KeyError):
        Overdue(number="R-1")


def test_every_wrong_input_is_named_at_once() -> None:
    refusal = InputsRejected(problems={"purpose": "Say what for.", "items": "Choose one."})
    assert refusal.problems["items"] == "Choose one."
    assert "items, purpose" in str(refusal)
    assert (refusal.status, NotFound.status, Forbidden.status) == (422, 404, 403)
