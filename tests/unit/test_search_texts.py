"""The small parts of the search: folding, terms, sounds, spelling, marking."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.search.cutting import name_terms, terms
from hefu.search.folding import fold, fold_with_places
from hefu.search.marking import marked
from hefu.search.sounds import order_of, sounds
from hefu.search.suggesting import distance

TEXTS = st.text(alphabet=st.sampled_from("人口信息社保局證书gdpABc 12_，（）Ⅲé戶籍"), max_size=30)


@given(TEXTS)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_each_folded_sign_has_a_place_in_the_original(text: str) -> None:
    folded, places = fold_with_places(text)
    assert len(folded) == len(places)
    assert places == sorted(places)
    assert all(fold(text[place]).find(sign) >= 0 for sign, place in zip(folded, places, strict=True))


@settings(deadline=None)  # the first call reads the dictionary
@given(TEXTS, TEXTS)
def test_marked_stretches_put_together_are_the_text(text: str, asked: str) -> None:
    assert "".join(one.text for one in marked(text, asked)) == text


def test_marks_are_found_through_other_writings_forms_and_sounds() -> None:
    def hits(text: str, asked: str) -> list[str]:
        return [one.text for one in marked(text, asked) if one.hit]

    assert hits("達州市人力資源和社會保障局", "人社局") == ["人力資源和社會保障"]
    assert hits("参保人员信息", "cbry") == ["参保人员"]
    assert hits("人口基础信息", "jichu") == ["基础"]
    assert hits("ＧＤＰ统计", "gdp") == ["ＧＤＰ"]


def test_a_long_text_is_shown_around_the_first_hit() -> None:
    text = "甲" * 300 + "人口" + "乙" * 300
    shown = marked(text, "人口", most=60)
    assert shown[0].text == shown[-1].text == "…"
    assert [one.text for one in shown if one.hit] == ["人口"]
    assert sum(len(one.text) for one in shown) <= 62


def test_every_pair_of_neighbours_is_a_term_and_so_is_every_long_word() -> None:
    assert {"统一", "一社", "社会", "信用", "代码"} <= set(terms("统一社会信用代码"))
    assert set(terms("birth_date")) == {"birth_date", "birth", "date"}
    assert "证" in name_terms("残疾人证").split()
    assert "证" not in terms("残疾人证")


def test_names_sound_from_each_sign_on() -> None:
    assert sounds("人口信息").split() == ["renkouxinxi", "rkxx", "kouxinxi", "kxx", "xinxi", "xx"]
    assert {"renkou", "rk"} <= {*sounds("常住人口").split()}
    assert sounds("重庆").split()[0] == "chongqing"


def test_names_sort_by_digits_letters_and_sound() -> None:
    ordered = ["2024年度", "GDP", "安置", "白云", "重庆", "宗教"]
    assert sorted(sorted(ordered), key=order_of) == ordered
    assert all(0 <= order_of(name) < 2**63 for name in ordered)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_distance_of_two_words_is_the_same_both_ways(one: str, other: str) -> None:
    assert distance(one, other, most=9) == distance(other, one, most=9)
    assert (distance(one, other, most=9) == 0) == (one == other)


def test_swapped_letters_are_one_mistake() -> None:
    assert distance("renkuo", "renkou", most=2) == 1
    assert distance("abc", "xyzabc", most=2) == 3
