"""Profiles: codes made and checked by data, and our own values written and read by every table, both ways."""

from pathlib import Path

import pytest

from hefu.rooms.catalog.errors import ProfileUnusable
from hefu.rooms.catalog.profiles import BUILT_IN, CodeFacts, extension_fault, profile
from hefu.rooms.catalog.profiles.codes import check_digits
from hefu.rooms.catalog.profiles.tables import ENUMS
from hefu.rooms.catalog.terms import Extra, FormatClass, OpenType, UpdateCycle

OFFICE = CodeFacts("1010020301", "511700", "11511700MB1234567X")

#: An invented province: its own letters, its own year-less numbers, and its own way to say how often.
PROVINCE = """
profile: xx-province
title: 某省政务数据目录编码规则
source: invented for this test
standing: test
checked: 2026-11-22
code:
  source: invented art. 5
  parts:
    - {part: text, is: XX}
    - {part: place, digits: 4}
    - {part: provider, signs: [9, 17]}
    - {part: text, is: "-"}
    - {part: format, letters: {"3": K, "2": B}, otherwise: Q}
    - {part: counter, digits: 3}
enums:
  update_cycle:
    source: invented table 2
    codes:
      S: {name: 实时, is: realtime}
      R: {name: 日, is: daily}
      Z: {name: 周, is: weekly}
      Y: {name: 月, is: monthly}
      J: {name: 季, is: quarterly}
      N: {name: 年, is: yearly}
      B: {name: 不定期, is: irregular}
    nearest: {half_yearly: J, two_yearly: B, never: B}
extensions:
  - {key: chain, name: 所属产业链}
"""


def written(folder: Path, text: str) -> str:
    file = folder / "profile.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


class TestCodes:
    def test_the_guide_puts_the_class_before_the_stroke_and_the_number_behind(self) -> None:
        rule = profile("guide-2017").code
        assert rule is not None
        assert list(rule.codes(OFFICE, [1, 999_999, 1_000_000])) == [
            "1010020301/000001",
            "1010020301/999999",
            "1010020301/1000000",
        ]
        assert rule.stem(OFFICE) == "1010020301/"

    @pytest.mark.parametrize("code", ["101/000001", "3/000017", "101002/123456"])
    def test_a_code_of_the_guide_is_known_as_one(self, code: str) -> None:
        rule = profile("guide-2017").code
        assert rule is not None
        assert rule.fits(code)

    @pytest.mark.parametrize(
        "code", ["", "401/000001", "1012/000001", "101/1", "101000001", "101/00000x", "101/000001 "]
    )
    def test_what_the_guide_would_not_write_is_no_code(self, code: str) -> None:
        rule = profile("guide-2017").code
        assert rule is not None
        assert not rule.fits(code)

    def test_the_draft_writes_place_organ_letter_number_and_check(self) -> None:
        rule = profile("description-draft").code
        assert rule is not None
        (table,) = rule.codes(CodeFacts("101", "5117", OFFICE.credit_code, FormatClass.DATABASE), [7])
        (unknown,) = rule.codes(OFFICE, [7])
        assert table.startswith("511700MB1234567/D000007")
        assert unknown.startswith("511700MB1234567/F000007")
        assert rule.fits(table)

    def test_two_digits_of_the_number_swapped_or_any_sign_mistyped_fail_the_check(self) -> None:
        rule = profile("description-draft").code
        assert rule is not None
        (code,) = rule.codes(OFFICE, [482_913])
        for place in range(len(code) - 8, len(code) - 1):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            assert swapped == code or not rule.fits(swapped)
        for place in range(len(code)):
            wrong = code[:place] + ("7" if code[place] != "7" else "8") + code[place + 1 :]
            assert not rule.fits(wrong)

    def test_check_digits_are_those_of_the_standards_own_example(self) -> None:
        # ISO 7064 gives 794 -> 44; the whole then leaves 1 when divided by 97.
        assert check_digits("794") == "44"
        assert int("79444") % 97 == 1

    def test_a_counter_that_may_not_grow_says_so_when_it_is_full(self) -> None:
        rule = profile("description-draft").code
        assert rule is not None
        with pytest.raises(OverflowError, match="1000000 has more than 6 digits"):
            list(rule.codes(OFFICE, [1_000_000]))

    def test_every_built_in_rule_knows_every_code_that_it_makes(self) -> None:
        for name in BUILT_IN:
            rule = profile(name).code
            if rule is None:
                continue
            for kind in (None, *FormatClass):
                facts = CodeFacts(OFFICE.class_code, OFFICE.place, OFFICE.credit_code, kind)
                for code in rule.codes(facts, [1, 54_321, 999_999]):
                    assert rule.fits(code), (name, code)
                    assert len(code) <= 40


class TestTables:
    @pytest.mark.parametrize("name", BUILT_IN)
    def test_every_value_is_written_and_read_back_and_every_code_read_and_written_back(self, name: str) -> None:
        for field, table in profile(name).tables.items():
            for value in ENUMS[field]:
                code = table.write(value)
                if value not in table.nearest:
                    assert table.read(code) is value, (name, field, value)
                assert table.read(table.name(value)) is table.read(code)
            for one in table.codes:
                found = table.read(one.code)
                assert found is not None
                assert table.write(found) == one.code

    def test_the_guide_has_every_table_that_a_catalogue_of_it_needs(self) -> None:
        needed = {"share_type", "open_type", "update_cycle", "format_class", "item_type", "channel", "share_mode"}
        assert set(profile("guide-2017").tables) == needed

    def test_one_number_means_different_things_in_the_guide_and_in_the_draft(self) -> None:
        assert profile("guide-2017").tables["update_cycle"].write(UpdateCycle.YEARLY) == "6"
        assert profile("description-draft").tables["update_cycle"].write(UpdateCycle.YEARLY) == "007"
        assert profile("dcat-ap-3").tables["update_cycle"].write(UpdateCycle.YEARLY) == "ANNUAL"

    def test_the_guide_writes_in_words_what_it_has_no_number_for(self) -> None:
        table = profile("guide-2017").tables["update_cycle"]
        assert table.write(UpdateCycle.HALF_YEARLY) == "每半年"
        assert table.read("每半年") is UpdateCycle.HALF_YEARLY

    def test_a_value_without_a_code_is_written_as_the_nearest_and_read_as_that(self) -> None:
        table = profile("guide-2017").tables["open_type"]
        assert table.write(OpenType.CONDITIONAL) == "1"
        assert table.read("1") is OpenType.UNCONDITIONAL

    def test_a_code_that_the_profile_does_not_have_is_read_as_nothing(self) -> None:
        assert profile("guide-2017").tables["share_type"].read("4") is None


class TestOwnProfiles:
    def test_a_provinces_file_makes_and_checks_its_own_codes(self, tmp_path: Path) -> None:
        own = profile(written(tmp_path, PROVINCE))
        assert own.code is not None
        (code,) = own.code.codes(CodeFacts("3", "511700", OFFICE.credit_code, FormatClass.SPREADSHEET), [12])
        assert code == "XX5117MB1234567-B012"
        assert own.code.fits(code)
        assert own.tables["update_cycle"].write(UpdateCycle.NEVER) == "B"
        assert [one.key for one in own.extensions] == ["chain"]

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("      R: {name: 日, is: daily}\n", "", "no way to write daily"),
            ("{name: 日, is: daily}", "{name: 日, is: weekly}", "two codes for weekly"),
            ("never: B", "never: V", "code V, which is not there"),
            ("never: B", "never: B, daily: B", "daily has a code and a stand-in"),
            ("{part: counter, digits: 3}", "{part: text, is: z}", "one counter"),
            ("{part: counter, digits: 3}", "{part: counter}", "needs digits"),
            ("signs: [9, 17]", "signs: [9, 19]", "signs 1 to 18"),
            ("digits: 3}", "digits: 30}", "40 are kept"),
            ("    source: invented table 2\n", "", "update_cycle: no source"),
            ("standing: test", "standing: test\nstatus: on", "unknown: status"),
            ("is: daily", "is: dayly", "dayly"),
            ("checked: 2026-11-22", "checked: soon", "checked is a day"),
            ("key: chain,", "key: chain, kind: choice,", "choices go with kind choice"),
        ],
    )
    def test_a_mistake_in_a_file_is_named(self, tmp_path: Path, old: str, new: str, said: str) -> None:
        assert old in PROVINCE
        with pytest.raises(ProfileUnusable) as refused:
            profile(written(tmp_path, PROVINCE.replace(old, new)))
        assert said in str(refused.value)

    def test_a_name_that_is_neither_built_in_nor_a_file_is_refused(self) -> None:
        with pytest.raises(ProfileUnusable, match="not one of guide-2017"):
            profile("guide-2018")


class TestExtensions:
    def test_census_columns_hold_a_number_and_no_unit(self) -> None:
        guide = profile("guide-2017")
        assert extension_fault(guide, [Extra("total_gb", "12.5"), Extra("total_rows", "0")]) == ""
        assert "number alone" in extension_fault(guide, [Extra("total_gb", "12.5G")])
        assert "number alone" in extension_fault(guide, [Extra("total_rows", "约三万")])

    def test_a_choice_is_one_of_the_profiles(self) -> None:
        assert extension_fault(profile("guide-2017"), [Extra("network", "政务外网")]) == ""
        assert "choices" in extension_fault(profile("guide-2017"), [Extra("network", "局域网")])

    def test_what_another_profile_asked_is_let_be(self) -> None:
        assert extension_fault(profile("guide-2017"), [Extra("chain", "新能源")]) == ""


class TestClasses:
    @pytest.mark.parametrize("name", BUILT_IN)
    def test_every_profile_names_the_classes_of_its_codes_in_both_languages(self, name: str) -> None:
        classes = profile(name).classes
        assert [str(one) for one in classes.path("101002")] == ["base resources", "population"]
        assert [one.zh for one in classes.path("2")] == ["主题信息资源"]
        assert classes.name("101002") is None

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            *[("101", "101"), ("1-01-002", "101002"), ("1/01/002", "101002"), ("101 人口", "101"), ("人口", "101")],
            *[
                ("国家人口基础信息资源", "101"),
                ("基础信息资源类/法人", "102"),
                ("主题 > 社会保障", "203"),
                ("部门", "3"),
            ],
            *[("省(自治区、直辖市)及其下各级政务部门", "307"), ("social credit", "104")],
        ],
    )
    def test_a_class_is_read_by_its_code_its_name_or_a_path_of_either(self, text: str, code: str) -> None:
        assert profile("guide-2017").classes.read(text) == code

    @pytest.mark.parametrize("text", ["", "天气", "4", "12", "301/000001", "基础/社会保障", "人口/001/x"])
    def test_what_names_no_class_is_none(self, text: str) -> None:
        assert profile("guide-2017").classes.read(text) is None

    def test_a_province_names_its_own_and_mistakes_are_named(self, tmp_path: Path) -> None:
        names = "    '3': {zh: 部门, en: departments}\n    '340': {zh: 海洋, en: sea}\n"
        own = PROVINCE + "classes:\n  source: 省目录\n  names:\n" + names
        classes = profile(written(tmp_path, own)).classes
        assert (classes.read("海洋"), classes.read("人口")) == ("340", None)
        (tmp_path / "b").mkdir()
        wrong = own.replace("'3':", "'2':").replace("en: sea", "en: ''")
        with pytest.raises(ProfileUnusable, match=r"class 3 above it has no name.*one language only"):
            profile(written(tmp_path / "b", wrong))
