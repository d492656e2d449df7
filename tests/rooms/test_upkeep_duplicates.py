"""One datum, one source: like entries of two departments are found, settled, and warned about."""

import dataclasses
import io
import json

import pytest
from django.db.models import Q

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.protocols.exports import Form, export
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ItemContent, ItemType
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.errors import NothingToTakeBack, SourceNamedBefore
from hefu.rooms.upkeep.models import Pair
from hefu.rooms.upkeep.terms import Check
from hefu.rooms.upkeep.terms.cases import PairStatus
from hefu.rooms.upkeep.terms.naming import Words
from tests.builders import NOON, SYSTEM, a_content, a_department, a_draft, an_actor, an_entry, publish, the_authority

pytestmark = pytest.mark.django_db

FIRM = ("企业名称", "统一社会信用代码", "法定代表人", "注册资本", "成立日期")
TREE = ("树种", "树龄", "胸径", "树高", "养护单位")


def items(names: tuple[str, ...]) -> tuple[ItemContent, ...]:
    return tuple(ItemContent(name, f"c{at}", ItemType.TEXT, 50) for at, name in enumerate(names))


def an_entry_of(office: Department, name: str, names: tuple[str, ...] = FIRM) -> Entry:
    return an_entry(office, name=name, items=items(names))


def look() -> tuple[int, int]:
    return services.find_duplicates(actor=SYSTEM, clock=NOON)


class TestFinding:
    def test_like_entries_of_two_departments_are_found_once_and_others_not(self) -> None:
        registry, tax, parks = a_department(), a_department(), a_department()
        first = an_entry_of(registry, "企业登记基本信息")
        second = an_entry_of(tax, "纳税企业基本信息", (*FIRM[:4], "税务登记日期"))
        an_entry_of(parks, "古树名木信息", TREE)
        assert look() == (3, 1)
        [pair] = queries.pairs(viewer=SYSTEM)
        assert {pair.first_id, pair.second_id} == {first.pk, second.pk}
        assert set(pair.shared) == set(FIRM[:4])
        assert look() == (0, 0)

    def test_entries_of_one_department_are_its_own_business(self) -> None:
        office = a_department()
        an_entry_of(office, "企业登记基本信息")
        an_entry_of(office, "企业登记基本信息汇总")
        look()
        assert not queries.pairs(viewer=SYSTEM).exists()

    def test_a_new_version_that_differs_takes_an_open_pair_away(self) -> None:
        row = an_entry_of(a_department(), "企业登记基本信息")
        an_entry_of(a_department(), "企业登记基本信息")
        look()
        assert queries.pairs(viewer=SYSTEM).count() == 1
        change = catalog_services.change_entry(
            entry_id=row.pk,
            content=a_content(name="古树名木信息", items=items(TREE)),
            actor=an_actor(row.provider),
            clock=NOON,
        )
        publish(change)
        assert look() == (1, 0)
        assert queries.pairs(viewer=SYSTEM).count() == 0

    def test_a_department_reads_only_pairs_of_its_own(self) -> None:
        first, second = a_department(), a_department()
        for office in (first, second):
            an_entry_of(office, "企业登记基本信息")
        look()
        assert queries.pairs(viewer=an_actor(first)).count() == 1
        assert queries.pairs(viewer=an_actor(a_department())).count() == 0


class TestSettling:
    @pytest.mark.clause("D809-19")
    @pytest.mark.clause("CAN2016-04b")
    @pytest.mark.clause("GD290-03b")
    @pytest.mark.clause("TJ2018-10a")
    @pytest.mark.clause("GD2008-08")
    @pytest.mark.clause("GD2008D-08")
    def test_the_authority_names_the_source_department_which_both_entries_then_state(self) -> None:
        registry, tax = a_department(), a_department()
        rows = [an_entry_of(registry, "企业登记基本信息"), an_entry_of(tax, "企业登记基本信息")]
        look()
        [pair] = queries.pairs(viewer=SYSTEM)
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        with pytest.raises(Forbidden):
            services.name_source(
                pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=an_actor(registry), clock=NOON
            )
        with pytest.raises(InputsRejected):
            services.name_source(pair_id=pair.pk, department_id=registry.pk, reason=" ", actor=reviewer, clock=NOON)
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        for row in rows:
            namings = queries.item_sources(row.pk)
            assert {item.name for item in row.items.all() if item.pk in namings} == set(FIRM)
            assert {one.department for one in namings.values()} == {registry}
            assert {one.is_source for one in namings.values()} == {row.provider_id == registry.pk}
        [entry] = [one for one in history(pair.first.code, viewer=SYSTEM) if one.kind == "source.named"]
        assert entry.body["source"] == registry.credit_code
        assert len(entry.body["sources"]) == len(FIRM)

    def test_what_was_found_different_stays_so_when_looked_at_again(self) -> None:
        for _one in range(2):
            row = an_entry_of(a_department(), "企业登记基本信息")
        look()
        [pair] = queries.pairs(viewer=SYSTEM)
        services.find_different(
            pair_id=pair.pk, reason="口径不同", actor=an_actor(the_authority(), Role.REVIEWER), clock=NOON
        )
        Entry.objects.filter(pk=row.pk).update(version=2)
        assert look()[0] == 1
        assert [one.status for one in queries.pairs(viewer=SYSTEM)] == [PairStatus.DIFFERENT]


class TestItems:
    """One datum, one source: of each item, not of whole entries alone."""

    def pair(self) -> tuple[Pair, Department, Department, Actor]:
        registry, tax = a_department("市场监管局"), a_department("税务局")
        an_entry_of(registry, "企业登记基本信息")
        an_entry_of(tax, "企业登记基本信息", (*FIRM[1:], "税务登记日期"))
        look()
        return queries.pairs(viewer=SYSTEM).get(), registry, tax, an_actor(the_authority(), Role.REVIEWER)

    @pytest.mark.clause("D809-19")
    def test_each_item_gets_the_source_that_the_authority_names_for_it_and_both_are_told(self) -> None:
        pair, registry, tax, reviewer = self.pair()
        alike = queries.alike(pair)
        assert {one.first.name for one in alike} == set(FIRM[1:])
        capital = next(one for one in alike if one.first.name == "注册资本")
        person = next(one for one in alike if one.first.name == "法定代表人")
        words = Words(
            registry.pk,
            {(capital.first.pk, capital.second.pk): tax.pk, (person.first.pk, person.second.pk): None},
        )
        services.name_sources(pair_id=pair.pk, words=words, reason="各有法定职责", actor=reviewer, clock=NOON)
        for entry in (pair.first, pair.second):
            named = {one.item.name: one.department for one in queries.item_sources(entry.pk).values()}
            assert named == {"统一社会信用代码": registry, "成立日期": registry, "注册资本": tax}
        assert queries.pair(pair.pk, viewer=SYSTEM).source == registry
        assert queries.source_names([pair.first_id]) == {pair.first_id: "市场监管局、税务局"}
        assert {one.facts["source"] for one in queries.told(viewer=an_actor(tax))} == {"市场监管局", "税务局"}

    def test_an_export_tells_the_sources_and_an_import_of_it_changes_nothing(self) -> None:
        pair, registry, tax, reviewer = self.pair()
        capital = next(one for one in queries.alike(pair) if one.first.name == "注册资本")
        words = Words(registry.pk, {(capital.first.pk, capital.second.pk): tax.pk})
        services.name_sources(pair_id=pair.pk, words=words, reason="各有法定职责", actor=reviewer, clock=NOON)
        for form in Form:
            file = io.BytesIO()
            rows = catalog.published(viewer=SYSTEM, order="code")
            export(rows, form, base="https://share.example.gov.cn", title="某市", viewer=SYSTEM, output=file)
            if form is Form.JSON:
                told = json.loads(file.getvalue())["entries"]
                sources = {item["name"]: item["source_department"] for item in told[0]["items"]}
                assert (told[0]["source_department"], sources["注册资本"]) == ("市场监管局、税务局", "税务局")
                assert (sources["法定代表人"], sources.get("税务登记日期", "")) == ("市场监管局", "")
            elif form is not Form.XLSX:
                assert "税务局" in file.getvalue().decode()
            table = read_table(file.getvalue(), f"catalogue.{form}")
            proposed = propose_mapping(table.columns, table.samples())
            asked = [column for column in proposed if "source_department" in column or "数源" in column]
            assert [proposed[column][0] for column in asked if proposed[column][0] is not None] == []

    def test_a_finding_is_taken_back_with_a_reason_and_stays_on_record(self) -> None:
        pair, registry, tax, reviewer = self.pair()
        with pytest.raises(NothingToTakeBack):
            services.take_back(pair_id=pair.pk, reason="误判", actor=reviewer, clock=NOON)
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        with pytest.raises(InputsRejected):
            services.take_back(pair_id=pair.pk, reason=" ", actor=reviewer, clock=NOON)
        with pytest.raises(Forbidden):
            services.take_back(pair_id=pair.pk, reason="误判", actor=an_actor(registry, Role.CHIEF), clock=NOON)
        services.take_back(pair_id=pair.pk, reason="误判", actor=reviewer, clock=NOON)
        assert queries.item_sources(pair.first_id) == queries.item_sources(pair.second_id) == {}
        assert queries.pair(pair.pk, viewer=SYSTEM).status == PairStatus.OPEN
        [entry] = [one for one in history(pair.first.code, viewer=SYSTEM) if one.kind == "pair.reopened"]
        assert (entry.body["was"], entry.body["items"], entry.body["reason"]) == ("one_source", 8, "误判")
        assert sorted(one.said for one in queries.told(viewer=an_actor(tax))) == ["named", "taken_back"]
        services.name_source(pair_id=pair.pk, department_id=tax.pk, reason="改由税务", actor=reviewer, clock=NOON)
        assert {one.department for one in queries.item_sources(pair.first_id).values()} == {tax}

    def test_an_item_has_one_source_whatever_pairs_it_stands_in(self) -> None:
        pair, registry, tax, reviewer = self.pair()
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        third = a_department("统计局")
        statistics = an_entry_of(third, "企业登记基本信息")
        look()
        other = queries.pairs(viewer=SYSTEM, status=PairStatus.OPEN).filter(first__provider__in=[tax, third])
        found = other.get(second__provider__in=[tax, third])
        for department in (tax, third):
            with pytest.raises(SourceNamedBefore, match="市场监管局"):
                services.name_source(
                    pair_id=found.pk, department_id=department.pk, reason="x", actor=reviewer, clock=NOON
                )
        services.name_source(pair_id=found.pk, department_id=registry.pk, reason="同上", actor=reviewer, clock=NOON)
        namings = queries.item_sources(statistics.pk).values()
        assert {(one.department, one.origin and one.origin.provider) for one in namings} == {(registry, registry)}
        assert queries.pairs(viewer=an_actor(registry)).filter(pk=found.pk).exists(), "who is named reads the finding"

    def test_what_two_findings_say_stands_until_both_are_taken_back(self) -> None:
        pair, registry, tax, reviewer = self.pair()
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        an_entry_of(a_department("统计局"), "企业登记基本信息")
        look()
        between = queries.pairs(viewer=SYSTEM, status=PairStatus.OPEN)
        found = between.get(Q(first__provider=tax) | Q(second__provider=tax))
        services.name_source(pair_id=found.pk, department_id=registry.pk, reason="同上", actor=reviewer, clock=NOON)
        theirs = {one.pk for one in (pair.first, pair.second) if one.provider_id == tax.pk}.pop()
        before = {key: one.department for key, one in queries.item_sources(theirs).items()}
        services.take_back(pair_id=pair.pk, reason="误判", actor=reviewer, clock=NOON)
        after = queries.item_sources(theirs)
        assert {key: one.department for key, one in after.items()} == before
        assert {one.pair_id for one in after.values()} == {found.pk}
        services.take_back(pair_id=found.pk, reason="误判", actor=reviewer, clock=NOON)
        assert queries.item_sources(theirs) == {}

    def test_entries_alike_by_name_alone_get_one_source_as_a_whole(self) -> None:
        offices = [a_department("甲局"), a_department("乙局")]
        for office in offices:
            an_entry(
                office, name="企业年报公示信息", items=items(("年报",)) if office is offices[0] else items(("表",))
            )
        look()
        pair, reviewer = queries.pairs(viewer=SYSTEM).get(), an_actor(the_authority(), Role.REVIEWER)
        assert queries.alike(pair) == []
        with pytest.raises(InputsRejected):
            services.name_sources(pair_id=pair.pk, words=Words(), reason="x", actor=reviewer, clock=NOON)
        services.name_source(pair_id=pair.pk, department_id=offices[0].pk, reason="x", actor=reviewer, clock=NOON)
        assert queries.source_names([pair.second_id]) == {pair.second_id: "甲局"}
        services.take_back(pair_id=pair.pk, reason="y", actor=reviewer, clock=NOON)
        assert queries.source_names([pair.second_id]) == {}

    def test_an_entry_as_a_whole_has_one_source_whatever_pairs_it_stands_in(self) -> None:
        offices = [a_department(name) for name in ("甲局", "乙局", "丙局")]
        first, *_others = [
            an_entry(office, name="企业年报公示信息", items=items((word,)))
            for office, word in zip(offices, ("年报", "表", "册"), strict=True)
        ]
        look()
        reviewer = an_actor(the_authority(), Role.REVIEWER)
        one, other = queries.pairs(viewer=an_actor(offices[0])).order_by("pk")
        services.name_source(pair_id=one.pk, department_id=offices[0].pk, reason="x", actor=reviewer, clock=NOON)
        with pytest.raises(SourceNamedBefore, match="甲局"):
            services.name_source(pair_id=other.pk, department_id=offices[2].pk, reason="x", actor=reviewer, clock=NOON)
        assert queries.pair(other.pk, viewer=SYSTEM).status == PairStatus.OPEN
        assert queries.source_names([first.pk]) == {first.pk: "甲局"}

    def test_items_of_other_pairs_are_refused(self) -> None:
        pair, registry, _tax, reviewer = self.pair()
        one, *_rest = queries.alike(pair)
        strange = Words(registry.pk, {(one.second.pk, one.first.pk): registry.pk})
        with pytest.raises(NotFound):
            services.name_sources(pair_id=pair.pk, words=strange, reason="x", actor=reviewer, clock=NOON)

    def test_a_naming_goes_with_its_item_and_a_settled_pair_stays_when_its_entry_changes(self) -> None:
        pair, registry, _tax, reviewer = self.pair()
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        mine = pair.first if pair.first.provider == registry else pair.second
        content = dataclasses.replace(catalog.content_of(mine), items=items(FIRM)[:3])
        publish(catalog_services.change_entry(entry_id=mine.pk, content=content, actor=an_actor(registry), clock=NOON))
        look()
        assert len(queries.item_sources(mine.pk)) == 2
        assert queries.pair(pair.pk, viewer=SYSTEM).status == PairStatus.ONE_SOURCE


class TestWarning:
    def test_who_drafts_one_item_of_another_source_is_told_the_item_and_the_entry(self) -> None:
        pair, registry, _tax, reviewer = TestItems().pair()
        services.name_source(pair_id=pair.pk, department_id=registry.pk, reason="法定登记", actor=reviewer, clock=NOON)
        office = a_department()
        officer = an_actor(office)
        names = ("工地名称", "统一社会信用 代码", "备注", "塔吊数量")
        content = a_content(name="建筑工地信息", items=items(names))
        assert queries.held_elsewhere(content, provider_id=office.pk, viewer=officer) == [], "not alike as a whole"
        [found] = queries.recollected(content, provider_id=office.pk, viewer=officer)
        assert (found.item, found.source, found.there) == ("统一社会信用 代码", registry, "统一社会信用代码")
        assert found.entry.provider == registry
        draft = a_draft(office, name="建筑工地信息", items=items(names))
        [finding] = [one for one in queries.findings_of(draft.pk, viewer=reviewer) if one.check is Check.RECOLLECTED]
        assert finding.facts["department"] == registry.name
        assert queries.recollected(content, provider_id=registry.pk, viewer=an_actor(registry)) == []
        services.take_back(pair_id=pair.pk, reason="误判", actor=reviewer, clock=NOON)
        assert queries.recollected(content, provider_id=office.pk, viewer=officer) == []

    @pytest.mark.clause("AH-04a")
    @pytest.mark.clause("NAT2022-2.2e")
    @pytest.mark.clause("GZ2020-11b")
    @pytest.mark.clause("GD2018-13b")
    @pytest.mark.clause("CANDR-03a")
    @pytest.mark.clause("CAN2016-04c")
    @pytest.mark.clause("DZ-14d")
    def test_who_drafts_what_another_department_holds_is_told_by_whom(self) -> None:
        registry, other = a_department("市场监管局"), a_department()
        held = an_entry_of(registry, "企业登记基本信息")
        look()
        officer = an_actor(other)
        content = a_content(name="辖区企业信息", items=items((*FIRM[:4], "网格编号")))
        [found] = queries.held_elsewhere(content, provider_id=other.pk, viewer=officer)
        assert found.entry.pk == held.pk
        assert set(found.likeness.shared) == set(FIRM[:4])
        own = queries.held_elsewhere(catalog.content_of(held), provider_id=registry.pk, viewer=an_actor(registry))
        assert own == []
        fresh = a_content(name="古树名木信息", items=items(TREE))
        assert queries.held_elsewhere(fresh, provider_id=other.pk, viewer=officer) == []
