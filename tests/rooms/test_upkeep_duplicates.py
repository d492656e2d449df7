"""One datum, one source: like entries of two departments are found, settled, and warned about."""

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden, InputsRejected
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ItemContent, ItemType
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.cases import PairStatus
from tests.builders import NOON, SYSTEM, a_content, a_department, an_actor, an_entry, publish, the_authority

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
            naming = queries.source_of(row.pk, viewer=an_actor(tax))
            assert naming is not None
            assert naming.department == registry
            assert set(naming.items) == set(FIRM)
        [entry] = [one for one in history(pair.first.code, viewer=SYSTEM) if one.kind == "source.named"]
        assert entry.body["source"] == registry.credit_code

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


class TestWarning:
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
