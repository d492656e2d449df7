"""The search over a small index in a folder: words, short forms, sounds, scope, counts, order, spelling."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from hefu.search.abbreviations import forms, shorts
from hefu.search.asking import all_ids, ask
from hefu.search.counting import Walks
from hefu.search.errors import IndexBroken
from hefu.search.index import Index
from hefu.search.pieces import pieces
from hefu.search.suggesting import Vocabulary
from hefu.search.terms import EVERYTHING, FACETS, Count, Document, Question, Scope, Sort

PUBLISHED = Scope(either=(("status", ("published", "withdrawn")),))
MORNING = datetime(2026, 3, 2, 8, tzinfo=UTC)


def a_document(name: str, *providers: str, day: int = 0, uses: int = 0, **more: object) -> Document:
    facets = {"status": ("published",), "provider": providers[:1], "place": ("51", "5117")} | dict(
        more.pop("facets", {})  # type: ignore[call-overload]
    )
    told: dict[str, object] = {"published_at": MORNING + timedelta(days=day), "facets": facets}
    return Document(uuid4(), name, providers=providers, uses=uses, **told | more)  # type: ignore[arg-type]


CATALOGUE = [
    a_document("人口基础信息", "市公安局", items=("公民身份号码", "姓名"), item_codes=("birth_date",), day=1, uses=2),
    a_document("参保人员信息", "达州市人力资源和社会保障局", "人社", items=("姓名",), day=2, uses=9),
    a_document("最低生活保障对象", "市民政局", "民政", items=("公民身份号码",), day=3),
    a_document("残疾人證信息", "市残联", items=("证号",), codes=("101/000042",), day=4),
    a_document("低保金发放草稿", "市民政局", "民政", facets={"status": ("draft",), "provider": ("市民政局",)}),
    a_document("GDP统计", "市统计局", abstract="按季度统计的地区经济。", day=6),
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index.make(tmp_path_factory.mktemp("index") / "one")
    made.fill(CATALOGUE)
    return made


def names(index: Index, text: str = "", scope: Scope = PUBLISHED, **more: object) -> list[str]:
    known = {one.id: one.name for one in CATALOGUE}
    return [known[pk] for pk in ask(index, scope, Question(text, **more)).ids]  # type: ignore[arg-type]


class TestWords:
    @pytest.mark.parametrize(
        ("asked", "wanted"),
        [
            ("人口", "人口基础信息"),
            ("公安 人口信息", "人口基础信息"),
            ("birth_d", "人口基础信息"),
            ("人社局", "参保人员信息"),
            ("人社部门 参保", "参保人员信息"),
            ("人力资源社会保障厅", "参保人员信息"),
            ("低保", "最低生活保障对象"),
            ("残疾人证", "残疾人證信息"),
            ("殘疾人證", "残疾人證信息"),
            ("地区生产总值", "GDP统计"),
            ("ｇｄｐ", "GDP统计"),
            ("rkjc", "人口基础信息"),
            ("jcxx", "人口基础信息"),
            ("renkouji", "人口基础信息"),
            ("ren kou", "人口基础信息"),
            ("101/0000", "残疾人證信息"),
            ("101/000042", "残疾人證信息"),
        ],
    )
    def test_the_entry_is_found_first(self, index: Index, asked: str, wanted: str) -> None:
        assert names(index, asked)[:1] == [wanted]

    @pytest.mark.parametrize("asked", ["火星", "口人", "xq", "???", "的"])
    def test_what_is_not_there_is_not_found(self, index: Index, asked: str) -> None:
        assert names(index, asked) == []

    def test_every_word_has_to_occur(self, index: Index) -> None:
        assert names(index, "姓名 参保") == ["参保人员信息"]

    def test_of_three_words_one_may_be_missing_when_no_entry_has_all_and_the_answer_says_so(self, index: Index) -> None:
        found = ask(index, PUBLISHED, Question("人口 姓名 火星"))
        assert (found.total, found.relaxed) == (1, True)
        assert not ask(index, PUBLISHED, Question("人口 姓名")).relaxed

    def test_a_longer_form_is_not_loosened_to_a_part_of_it(self) -> None:
        assert "身份证号" not in forms("身份证号码")
        assert [one.forms[0] for one in shorts("民政部门")] == ["民政"]

    def test_idle_signs_go_and_single_ones_join_their_neighbour(self) -> None:
        assert [one.forms[0] for one in pieces("残疾人证的信息")] == ["残疾人证", "信息"]

    def test_a_question_without_end_is_cut_off(self) -> None:
        assert len(pieces(" ".join(f"w{n}" for n in range(500)))) == 12


class TestScope:
    def test_only_what_may_be_seen_is_found_and_counted(self, index: Index) -> None:
        asked = Question("低保", counted=("status",))
        assert ask(index, PUBLISHED, asked).counts["status"] == (Count("published", 1),)
        own = Scope(either=(*PUBLISHED.either, ("provider", ("市民政局",))))
        assert set(ask(index, own, asked).counts["status"]) == {Count("published", 1), Count("draft", 1)}
        assert ask(index, EVERYTHING, asked).total == 2
        assert ask(index, Scope(), asked).total == 0

    def test_a_choice_that_is_put_aside_to_count_its_facet_does_not_open_what_may_not_be_seen(
        self, index: Index
    ) -> None:
        police = Scope(either=(*PUBLISHED.either, ("provider", ("市公安局",))))
        chosen = (("status", ("draft",)), ("provider", ("市公安局",)))
        assert not ask(index, police, Question(chosen=chosen, counted=("provider",))).counts["provider"]
        in_force = Question("低保", chosen=(("status", ("published",)),), counted=("status",))
        assert ask(index, police, in_force).counts["status"] == (Count("published", 1),)

    def test_a_suggestion_tells_nothing_of_what_may_not_be_seen(self, index: Index) -> None:
        words = lambda: Vocabulary(index.searcher())  # noqa: E731
        assert ask(index, EVERYTHING, Question("曹稿"), words).suggestion == "草稿"
        assert ask(index, PUBLISHED, Question("曹稿"), words).suggestion == ""


class TestFacets:
    def test_values_of_one_facet_add_up_and_facets_narrow_each_other(self, index: Index) -> None:
        chosen = (("provider", ("市公安局", "市民政局")),)
        assert set(names(index, chosen=chosen)) == {"人口基础信息", "最低生活保障对象"}
        assert names(index, "姓名", chosen=chosen) == ["人口基础信息"]

    def test_a_facet_is_counted_as_if_nothing_were_chosen_in_it(self, index: Index) -> None:
        found = ask(index, PUBLISHED, Question(chosen=(("provider", ("市公安局",)),), counted=("provider", "place")))
        assert len(found.counts["provider"]) == 5
        assert found.counts["place"] == (Count("51", 1), Count("5117", 1))

    def test_facets_counted_together_give_what_each_gives_alone(self, tmp_path: Path) -> None:
        chance = random.Random(5)
        values = {name: ("a", "b", "c", "d")[: 2 + place % 3] for place, name in enumerate(FACETS)}
        told = [
            a_document(
                f"第{number}号",
                facets={
                    name: tuple(chance.sample(some, chance.randint(0, 2 if name == "channel" else 1)))
                    for name, some in values.items()
                },
            )
            for number in range(300)
        ]
        made = Index.make(tmp_path / "many")
        made.fill(told)
        whole = ask(made, EVERYTHING, Question(counted=FACETS)).counts
        for name in FACETS:
            counted = Counter(value for one in told for value in one.facets[name])
            assert {one.value: one.count for one in whole[name]} == counted
            assert {*ask(made, EVERYTHING, Question(counted=(name,))).counts[name]} == {*whole[name]}

    def test_counts_of_earlier_questions_are_used_again_and_tell_the_same(self, index: Index) -> None:
        walks: Walks = {}
        asked = [
            Question(chosen=tuple((name, values) for name, values in chosen if values), text=text, counted=FACETS)
            for text in ("", "姓名", "低保 没有 这个")
            for chosen in product(
                (("status", ()), ("status", ("published",))), (("provider", ()), ("provider", ("市公安局", "市民政局")))
            )
        ]
        for scope in (EVERYTHING, PUBLISHED, Scope()):
            for question in [*asked, *reversed(asked)]:
                assert ask(index, scope, question, walks=walks) == ask(index, scope, question)
        assert 0 < len(walks) <= 3 * 3 * len(asked)

    def test_after_an_instant(self, index: Index) -> None:
        assert names(index, after=MORNING + timedelta(days=3)) == ["GDP统计", "残疾人證信息"]


class TestOrder:
    def test_each_sort(self, index: Index) -> None:
        assert names(index, sort=Sort.NEWEST)[0] == "GDP统计"
        assert names(index)[0] == "GDP统计"
        assert names(index, sort=Sort.USES)[:2] == ["参保人员信息", "人口基础信息"]
        assert names(index, sort=Sort.NAME) == [
            "GDP统计",
            "参保人员信息",
            "残疾人證信息",
            "人口基础信息",
            "最低生活保障对象",
        ]

    def test_pages_put_together_are_the_whole(self, index: Index) -> None:
        pages = [names(index, offset=at, limit=2) for at in (0, 2, 4, 6)]
        assert [len(page) for page in pages] == [2, 2, 1, 0]
        assert [one for page in pages for one in page] == names(index)
        assert len(all_ids(index, PUBLISHED, Question(), most=3)) == 3

    def test_many_months_and_states_give_the_pages_and_counts_of_a_plain_sort(self, tmp_path: Path) -> None:
        chance = random.Random(5)
        told = [
            a_document(
                f"名单{number}",
                day=chance.randrange(900),
                facets={"status": (chance.choice(("published", "published", "published", "draft", "withdrawn")),)}
                | {"share_type": (chance.choice(("none", "conditional")),), "theme": (chance.choice("abc"),)},
                **({} if chance.random() < 0.9 else {"published_at": None}),
            )
            for number in range(400)
        ]
        made = Index.make(tmp_path / "one")
        made.fill(told)
        rank = {one.id: one.published_at or datetime.min.replace(tzinfo=UTC) for one in told}
        for states, themes in ((("published",), ()), (("published", "draft"), ("a",)), (("withdrawn",), ("b", "c"))):
            fits = [
                one
                for one in told
                if one.facets["status"][0] in states and (not themes or one.facets["theme"][0] in themes)
            ]
            seen: list[UUID] = []
            for offset in range(0, len(fits) + 1, 7):
                asked = Question(
                    chosen=(("status", states), ("theme", themes)),
                    offset=offset,
                    limit=7,
                    counted=("share_type", "status", "theme"),
                )
                found = ask(made, EVERYTHING, asked)
                assert found.total == len(fits)
                seen += found.ids
            assert len(seen) == len({*seen}) == len(fits)
            assert [rank[pk] for pk in seen] == sorted((rank[one.id] for one in fits), reverse=True)
            counted = {one.value: one.count for one in found.counts["share_type"]}
            assert counted == Counter(one.facets["share_type"][0] for one in fits)
            free = [one for one in told if not themes or one.facets["theme"][0] in themes]
            assert {one.value: one.count for one in found.counts["status"]} == Counter(
                one.facets["status"][0] for one in free
            )


class TestSpelling:
    @pytest.mark.parametrize(
        ("asked", "meant"), [("身份正号码", "身份证号码"), ("低宝", "低保"), ("renkuo", "人口"), ("gdq", "gdp")]
    )
    def test_a_homophone_or_a_wrong_letter_is_understood(self, index: Index, asked: str, meant: str) -> None:
        words = lambda: Vocabulary(index.searcher())  # noqa: E731
        assert ask(index, EVERYTHING, Question(asked), words).suggestion == meant

    def test_a_short_form_that_no_entry_writes_may_be_meant(self, index: Index) -> None:
        assert ask(index, PUBLISHED, Question("人设局"), lambda: Vocabulary(index.searcher())).suggestion == "人社局"

    def test_what_is_found_often_enough_is_left_alone(self, index: Index) -> None:
        assert ask(index, PUBLISHED, Question("信息"), lambda: Vocabulary(index.searcher())).suggestion == ""


class TestWriting:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Index:
        made = Index.make(tmp_path / "own")
        made.fill(CATALOGUE[:2])
        return made

    def test_changes_are_seen_at_once_here_and_after_a_refresh_elsewhere(self, own: Index) -> None:
        other = Index.open(own.folder)
        own.put([CATALOGUE[0].id], [CATALOGUE[5]])
        assert set(names(own)) == {"参保人员信息", "GDP统计"}
        assert set(names(other)) == {"参保人员信息", "人口基础信息"}
        other.refresh()
        assert set(names(other)) == {"参保人员信息", "GDP统计"}

    def test_writing_the_same_again_changes_nothing(self, own: Index) -> None:
        own.put([], CATALOGUE[:2])
        assert ask(own, EVERYTHING, Question()).total == 2

    def test_many_small_changes_are_merged(self, own: Index) -> None:
        for number in range(14):
            own.put([UUID(int=number)], [a_document(f"表{number}", "甲局")])
        merged = own.merge()
        assert own.searcher().num_segments <= 10 or merged
        assert ask(own, EVERYTHING, Question()).total == 16

    def test_a_folder_that_is_no_index_is_said_to_be_broken(self, tmp_path: Path, own: Index) -> None:
        with pytest.raises(IndexBroken):
            Index.open(tmp_path / "nothing")
        for file in own.folder.glob("meta.json"):
            file.write_text("{")
        with pytest.raises(IndexBroken):
            Index.open(own.folder)
