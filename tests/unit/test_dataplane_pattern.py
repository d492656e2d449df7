"""A pattern is taken only when every engine reads it alike."""

import re

import pytest

from hefu.dataplane.checks.pattern import pattern_problem


@pytest.mark.parametrize(
    "pattern",
    [
        "1[3-9][0-9]{9}",
        "a|b",
        "(?:ab)*c?",
        r"\+86-[0-9]+",
        "[一-龥]{2,}",
        "[^,;]*",
        r"[\]\-x]+",
        "((a)b|c){2}",
        r"\{x\}",
    ],
)
def test_plain_patterns_are_taken(pattern: str) -> None:
    assert pattern_problem(pattern) is None
    re.compile(pattern)


@pytest.mark.parametrize(
    "pattern",
    ["", r"\d+", r"\w", "^a", "a$", "a**", "a*?", "a++", "(a", "a)", "[a", "[]", "[[:alpha:]]", "(?i)a", "(?=a)",
     r"(a)\1", "a{256}", "a{2", "{2}", "a||b", "()", "[a--b]", "[z-a]", "*a", r"a\b", "x" * 501, "a\0b", "(|a)"],
)  # fmt: skip
def test_what_engines_read_differently_is_refused_with_a_reason(pattern: str) -> None:
    assert pattern_problem(pattern)
