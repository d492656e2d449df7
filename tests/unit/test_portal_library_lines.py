"""A library's rules typed as lines."""

from dataclasses import asdict

import pytest

from hefu.portal.holdings.stating import NoLine, fields_in, fields_out, parts_in, parts_out

WINS = {"first": "first", "newest": "newest", "最新": "newest"}
PARTS = "H2026-000001 | id_number | updated at\nH2026-000002 | sfzh"
FIELDS = "name | first | H2026-000001.name > H2026-000002.面积 (㎡)\n电话 | newest | H2026-000002.lxdh"


def test_rules_go_into_lines_and_back() -> None:
    assert parts_out([asdict(one) for one in parts_in(PARTS)]) == PARTS
    assert fields_out([asdict(one) for one in fields_in(FIELDS, WINS)]) == FIELDS
    assert fields_in("电话｜最新｜H1.a＞H2.b.c", WINS)[0].sources == (("H1", "a"), ("H2", "b.c"))


@pytest.mark.parametrize("line", ["H1", "H1 |", "H1 | a | b | c"])
def test_a_line_of_a_part_that_says_nothing_is_named(line: str) -> None:
    with pytest.raises(NoLine):
        parts_in(line)


@pytest.mark.parametrize("line", ["name", "name | loudest | H1.a", "name | first | H1", "name | first | .a"])
def test_a_line_of_a_field_that_says_nothing_is_named(line: str) -> None:
    with pytest.raises(NoLine):
        fields_in(line, WINS)
