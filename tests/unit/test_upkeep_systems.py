"""Which information system a source fits, by what is known of both."""

from uuid import UUID

import pytest

from hefu.rooms.upkeep.decide import fits, suggested_name
from hefu.rooms.upkeep.terms.systems import LIKELY, Address, Clue, SourceSide, SystemSide

PEOPLE, FIRMS, TREES = UUID(int=1), UUID(int=2), UUID(int=3)


def systems(**people: object) -> list[SystemSide]:
    facts: dict[str, object] = {"name": "人口信息管理系统"} | people
    return [
        SystemSide(FIRMS, "企业登记平台"),
        SystemSide(PEOPLE, **facts),  # type: ignore[arg-type]
        SystemSide(TREES, "古树名木系统"),
    ]


def best(source: SourceSide, **people: object) -> tuple[UUID, int, set[Clue]]:
    found = fits(source, systems(**people))[0]
    return found.system_id, found.confidence, {clue for clue, _facts in found.clues}


def test_the_same_database_under_another_name_belongs_to_the_same_system() -> None:
    address = Address("10.1.2.3", 5432, "x1")
    found = best(SourceSide("前置机一", address), places=(("旧登记", address),))
    assert found == (PEOPLE, 90, {Clue.SAME_PLACE})


def test_another_database_of_the_host_says_little() -> None:
    source = SourceSide("前置机一", Address("10.1.2.3", 5432, "x1"))
    system, confidence, clues = best(source, places=(("旧登记", Address("10.1.2.3", 5432, "x2")),))
    assert (system, clues) == (PEOPLE, {Clue.SAME_HOST})
    assert confidence < LIKELY


@pytest.mark.parametrize("name", ["人口库", "人口信息前置库", "市公安局人口数据库"])
def test_a_source_that_says_the_systems_name_is_likely_its(name: str) -> None:
    system, confidence, clues = best(SourceSide(name))
    assert (system, clues) == (PEOPLE, {Clue.NAME_WITHIN})
    assert confidence >= LIKELY


@pytest.mark.parametrize("dbname", ["rkxxgl", "rkxxglxt", "prod_rkxxgl", "RKXXGLXT"])
def test_a_database_named_by_the_initials_is_likely_the_systems(dbname: str) -> None:
    system, confidence, clues = best(SourceSide("前置机", Address("10.1.2.3", 5432, dbname)))
    assert (system, clues) == (PEOPLE, {Clue.INITIALS})
    assert confidence >= LIKELY


def test_words_of_the_description_and_the_tables_add_up() -> None:
    source = SourceSide("前置机", Address("hukou-db.example", 5432, "prod"), ("t1 常住人口", "t2 流动人口", "t3 街道"))
    system, confidence, clues = best(source, description="Hukou 登记，2019 年上线")
    assert (system, clues) == (PEOPLE, {Clue.DESCRIBED, Clue.TABLES})
    alone = best(SourceSide("前置机", source.address), description="Hukou 登记，2019 年上线")[1]
    assert confidence > alone


def test_plain_words_and_two_letters_of_initials_speak_for_nobody() -> None:
    assert fits(SourceSide("数据库", Address("localhost", 5432, "postgres")), systems()) == ()
    assert fits(SourceSide("库一", Address("10.0.0.1", 5432, "rk")), [SystemSide(PEOPLE, "人口")]) == ()


def test_nothing_is_certain_but_to_a_person() -> None:
    address = Address("h.example", 5432, "rkxxgl")
    found = best(SourceSide("人口库", address), places=(("旧", address),), holds_source=True, entries=3)
    assert found[1] == 99


@pytest.mark.parametrize(
    ("source", "name"), [("人口业务库", "人口系统"), ("不动产登记平台", "不动产登记平台"), ("库", "库系统")]
)
def test_a_new_system_is_named_after_its_source(source: str, name: str) -> None:
    assert suggested_name(source) == name
