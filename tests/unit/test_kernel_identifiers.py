"""Identifiers: what people type is folded, what the scheme refuses is refused with the reason."""

import csv
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.kernel.identifiers import citizen_id, credit_code, division_code
from hefu.kernel.identifiers.fault import IdentifierFault, fold

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
DIGITS = "0123456789"
BODIES = st.text(credit_code.ALPHABET, min_size=9, max_size=9)
CREDIT_CODES = st.builds(
    lambda head, place, body: head + place + body + credit_code.check_digit(head + place + body),
    st.text(credit_code.ALPHABET, min_size=2, max_size=2),
    st.text(DIGITS, min_size=6, max_size=6),
    BODIES,
)
CITIZEN_IDS = st.builds(
    lambda place, born, order: (
        f"{place}{born:%Y%m%d}{order:03d}" + citizen_id.check_digit(f"{place}{born:%Y%m%d}{order:03d}")
    ),
    st.text(DIGITS, min_size=6, max_size=6),
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.integers(0, 999),
)


def data(path: str) -> Path:
    file = DATA / path
    if not file.exists():
        pytest.skip(f"needs ../shared/data/{path}, which stands beside the repository and not in it")
    return file


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) for sign in text)


def one_sign_changed(code: str, alphabet: str) -> Iterator[str]:
    for place, old in enumerate(code):
        yield from (code[:place] + new + code[place + 1 :] for new in alphabet if new != old)


def neighbours_swapped(code: str) -> Iterator[str]:
    for place in range(len(code) - 1):
        if code[place] != code[place + 1]:
            yield code[:place] + code[place + 1] + code[place] + code[place + 2 :]


def reason(module: object, number: str) -> str:
    with pytest.raises(IdentifierFault) as caught:
        module.validate(number)  # type: ignore[attr-defined]
    assert caught.value.number == number
    return caught.value.reason


# --- credit code ---


def test_every_published_credit_code_is_valid_and_none_survives_one_changed_sign() -> None:
    codes = data("04-uscc/uscc-valid.txt").read_text(encoding="utf-8").split()
    assert len(codes) >= 100
    assert [code for code in codes if not credit_code.is_valid(code)] == []
    for code in codes[:: len(codes) // 50]:
        assert not any(map(credit_code.is_valid, one_sign_changed(code, credit_code.ALPHABET)))
        assert not any(map(credit_code.is_valid, neighbours_swapped(code)))


@given(CREDIT_CODES)
def test_a_generated_credit_code_is_valid_in_any_width_and_case(code: str) -> None:
    assert credit_code.validate(code) == code
    assert credit_code.validate(wide(code)) == code
    assert credit_code.validate(f" {code[:8].lower()}-{code[8:].lower()}　") == code
    assert credit_code.compact(credit_code.pretty(code)) == code
    assert [len(part) for part in credit_code.pretty(code).split()] == [1, 1, 6, 9, 1]


@given(CREDIT_CODES, st.data())
def test_a_credit_code_with_one_sign_changed_is_refused(code: str, draw: st.DataObject) -> None:
    assert not credit_code.is_valid(draw.draw(st.sampled_from(list(one_sign_changed(code, credit_code.ALPHABET)))))


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("", "length"),
        ("91110000600037341", "length"),
        ("91110000600037341LL", "length"),
        ("9111000060003734IL", "character"),
        ("91A10000600037341L", "character"),
        ("9111000060003734②L", "character"),
        ("911100006000373410", "check"),
    ],
)
def test_a_wrong_credit_code_is_refused_with_the_reason(code: str, why: str) -> None:
    assert reason(credit_code, code) == why


# --- citizen id ---


@given(CITIZEN_IDS)
def test_a_generated_citizen_id_is_valid_in_any_width_and_case(number: str) -> None:
    assert citizen_id.validate(number) == number
    assert citizen_id.validate(wide(number).lower()) == number
    assert citizen_id.validate(f"{number[:6]} {number[6:14]} {number[14:]}".lower()) == number
    assert citizen_id.compact(citizen_id.pretty(number)) == number


@given(CITIZEN_IDS, st.data())
def test_a_citizen_id_with_one_digit_changed_or_two_swapped_is_refused(number: str, draw: st.DataObject) -> None:
    changed = [*one_sign_changed(number, DIGITS), *neighbours_swapped(number)]
    assert not citizen_id.is_valid(draw.draw(st.sampled_from(changed)))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("11010519490230002", "date"),
        ("11010519491331002", "date"),
        ("11010519000229002", "date"),
        ("11010500000101002", "date"),
    ],
)
def test_a_citizen_id_of_an_impossible_day_is_refused_though_its_check_digit_is_right(body: str, why: str) -> None:
    assert reason(citizen_id, body + citizen_id.check_digit(body)) == why


def test_a_leap_day_is_possible_in_a_leap_year_only() -> None:
    for year, good in ((2000, True), (1900, False), (2024, True), (2023, False)):
        body = f"110105{year}0229002"
        assert citizen_id.is_valid(body + citizen_id.check_digit(body)) is good


def test_a_wrong_citizen_id_is_refused_with_the_reason() -> None:
    assert reason(citizen_id, "110105491231002") == "length"
    assert reason(citizen_id, "11010519491231002Y") == "character"
    assert reason(citizen_id, "1101051949123١002X") == "character"
    assert reason(citizen_id, "110105194912310021") == "check"
    assert citizen_id.validate("11010519491231002x") == "11010519491231002X"


def test_every_day_of_a_leap_cycle_makes_a_valid_number() -> None:
    born = date(1999, 1, 1)
    while born < date(2003, 1, 1):
        body = f"510104{born:%Y%m%d}123"
        assert citizen_id.is_valid(body + citizen_id.check_digit(body))
        born += timedelta(days=1)


# --- division code ---


def test_every_published_county_and_town_lies_where_its_list_says() -> None:
    with data("01-divisions/modood-2023/areas.csv").open(encoding="utf-8") as file:
        counties = list(csv.DictReader(file))
    with data("01-divisions/modood-2023/streets.csv").open(encoding="utf-8") as file:
        towns = list(csv.DictReader(file))
    assert len(counties) > 2_900
    assert len(towns) > 41_000
    cities_without_counties = {row["code"] for row in counties if row["code"].endswith("00")}
    assert {division_code.significant(code) for code in cities_without_counties} <= {
        row["cityCode"] for row in counties
    }
    for row in counties:
        if row["code"] not in cities_without_counties:
            assert division_code.parents(row["code"]) == (row["provinceCode"], row["cityCode"])
    for row in towns:
        assert division_code.parents(row["code"])[:2] == (row["provinceCode"], row["cityCode"])
        assert division_code.parents(row["code"]) == division_code.parents(row["code"] + "000")


def test_the_twelve_digit_codes_of_the_place_name_database_lie_where_it_says() -> None:
    provinces = json.loads(data("01-divisions/quhua/divisions_v1.json").read_text(encoding="utf-8"))["provinces"]
    seen = 0
    for province in provinces.values():
        assert division_code.parents(province["code"]) == ()
        above = (division_code.significant(province["code"]),)
        for city in province["cities"].values():
            if city["code"]:
                assert division_code.parents(city["code"]) == above
            for county in city["counties"].values():
                assert division_code.parents(county)[:1] == above
                assert len(division_code.significant(county)) in (4, 6)
                seen += 1
    assert seen > 2_500


@pytest.mark.parametrize(
    ("code", "above"),
    [
        ("51", ()),
        ("510000", ()),
        ("510000000000", ()),
        ("511700", ("51",)),
        ("511702", ("51", "5117")),
        ("511702000000", ("51", "5117")),
        ("511702001", ("51", "5117", "511702")),
        ("511702001000", ("51", "5117", "511702")),
        ("511702001002", ("51", "5117", "511702", "511702001")),
        ("５１１７", ("51",)),
    ],
)
def test_zeros_that_fill_a_code_up_are_no_level(code: str, above: tuple[str, ...]) -> None:
    assert division_code.parents(code) == above


def test_a_wrong_division_code_is_refused_with_the_reason() -> None:
    assert reason(division_code, "511") == "length"
    assert reason(division_code, "") == "length"
    assert reason(division_code, "51170A") == "character"
    assert not division_code.is_valid("51170٢")
    assert division_code.pretty("511702001002") == "51 17 02 001 002"


def test_folding_narrows_full_width_signs_and_nothing_else() -> None:
    assert fold("９１ａ－－ｂ　\tc—d") == "91ABCD"
    assert fold("②²Ⅳ") == "②²Ⅳ"
