"""The resources room: entries mounted on real tables, compared with them as they are now."""

import dataclasses
from collections.abc import Callable
from datetime import date
from uuid import uuid4

import pytest

from hefu.dataplane.checks import CitizenId, CodeSet, DateRange, NotNull, Pattern, UniqueKey
from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import ItemContent, ItemType
from hefu.rooms.evidence.queries import history
from hefu.rooms.resources import errors, queries, services
from hefu.rooms.resources.terms import ColumnVerdict, Network
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_mounted_entry,
    a_place,
    a_population,
    a_source,
    an_actor,
    an_entry,
    publish,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db


@pytest.fixture
def population(make_database: Callable[[], Database]) -> Database:
    database = make_database()
    a_population(database, rows=5)
    return database


class TestMounting:
    def test_columns_and_key_are_found_by_name(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        resource = queries.resource_for_entry(entry.pk, viewer=an_actor(office))
        assert resource is not None
        by_code = {item.code: queries.columns_of(resource)[item.pk] for item in catalog.items_of(entry)}
        assert by_code == {"id_number": "id_number", "name": "name", "birth_date": "birth_date"}
        assert resource.key == ["id_number"]
        mounted = [line for line in history(entry.code, viewer=SYSTEM) if line.kind == "resource.mounted"]
        assert mounted[0].body["columns"] == by_code
        assert queries.mounted([entry.pk, uuid4()], viewer=SYSTEM) == {entry.pk}

    def test_the_link_from_entry_to_system_stands(self, population: Database) -> None:
        office = a_department()
        officer = an_actor(office)
        system = services.register_system(
            department_id=office.pk, name="人口系统", network=Network.EXTRANET, actor=officer, clock=NOON
        )
        source = services.register_source(
            department_id=office.pk,
            facts=a_place(population),
            password=population.password,
            system_id=system.pk,
            actor=officer,
            clock=NOON,
        )
        entry = an_entry(office)
        row = services.mount(
            entry_id=entry.pk, source_id=source.pk, schema="public", table="population", actor=officer, clock=NOON
        )
        assert row.system == system
        assert queries.systems(viewer=officer).get().entries == 1

    def test_what_is_not_there_cannot_be_mounted(self, population: Database) -> None:
        office = a_department()
        officer, source, entry = an_actor(office), a_source(office, population), an_entry(office)
        items = {item.code: item.pk for item in catalog.items_of(entry)}

        def mount(**changes: object) -> object:
            told: dict[str, object] = {"schema": "public", "table": "population"}
            return services.mount(
                entry_id=entry.pk,
                source_id=source.pk,
                actor=officer,
                clock=NOON,
                **told | changes,  # type: ignore[arg-type]
            )

        with pytest.raises(errors.NoSuchTable, match=r"public\.no_such"):
            mount(table="no_such")
        for columns in (
            {},
            {items["name"]: "no_such"},
            {uuid4(): "name"},
            {items["name"]: "name", items["id_number"]: "name"},
        ):
            with pytest.raises(InputsRejected, match="columns"):
                mount(columns=columns)
        with pytest.raises(InputsRejected, match="key"):
            mount(columns={items["name"]: "name"}, key=["id_number"])
        partly = mount(columns={items["name"]: "name"})
        assert partly.key == []  # type: ignore[attr-defined]

    def test_an_entry_has_one_resource_and_may_get_another_after_unmounting(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        officer, source = an_actor(office), a_source(office, population)
        again = {"entry_id": entry.pk, "source_id": source.pk, "schema": "public", "table": "population"}
        with pytest.raises(errors.AlreadyMounted):
            services.mount(**again, actor=officer, clock=NOON)  # type: ignore[arg-type]
        with pytest.raises(InputsRejected):
            services.unmount(entry_id=entry.pk, reason=" ", actor=officer, clock=NOON)
        services.unmount(entry_id=entry.pk, reason="换库", actor=officer, clock=NOON)
        with pytest.raises(errors.NotMounted):
            services.unmount(entry_id=entry.pk, reason="换库", actor=officer, clock=NOON)
        assert services.mount(**again, actor=officer, clock=NOON).source == source  # type: ignore[arg-type]

    def test_only_the_own_department_mounts_and_only_on_its_own_source(self, population: Database) -> None:
        office, other = a_department(), a_department()
        entry, foreign = an_entry(office), a_source(other, population)
        told = {"entry_id": entry.pk, "schema": "public", "table": "population", "clock": NOON}
        with pytest.raises(Forbidden):
            services.mount(source_id=foreign.pk, actor=an_actor(other), **told)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            services.mount(source_id=foreign.pk, actor=an_actor(office), **told)  # type: ignore[arg-type]
        with pytest.raises(errors.WrongDepartment):
            services.mount(source_id=foreign.pk, actor=SYSTEM, **told)  # type: ignore[arg-type]

    def test_a_source_in_use_stays(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        resource = queries.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert resource is not None
        with pytest.raises(errors.PlaceInUse, match=entry.code):
            services.close_source(source_id=resource.source_id, reason="x", actor=an_actor(office), clock=NOON)


class TestComparing:
    def test_what_changed_in_the_database_shows(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        officer = an_actor(office)
        assert {one.verdict for one in queries.compare(entry.pk, viewer=officer)} == {ColumnVerdict.SAME}
        population.run(
            "ALTER TABLE population RENAME COLUMN name TO full_name;"
            "ALTER TABLE population ALTER birth_date TYPE text USING birth_date::text;"
            "ALTER TABLE population ADD COLUMN phone text"
        )
        found = {(one.item_name or one.column): one.verdict for one in queries.compare(entry.pk, viewer=officer)}
        assert found == {
            "公民身份号码": ColumnVerdict.SAME,
            "姓名": ColumnVerdict.MISSING,
            "出生日期": ColumnVerdict.TYPE_DIFFERS,
            "full_name": ColumnVerdict.NOT_CATALOGUED,
            "phone": ColumnVerdict.NOT_CATALOGUED,
        }
        items = {item.code: item.pk for item in catalog.items_of(entry)}
        columns = {items["id_number"]: "id_number", items["name"]: "full_name", items["birth_date"]: "birth_date"}
        services.map_columns(entry_id=entry.pk, columns=columns, key=["id_number"], actor=officer, clock=NOON)
        assert ColumnVerdict.MISSING not in {one.verdict for one in queries.compare(entry.pk, viewer=officer)}

    def test_an_item_that_a_new_version_adds_shows_as_missing(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        content = catalog.content_of(entry)
        more = dataclasses.replace(content, items=(*content.items, ItemContent("性别", "sex", ItemType.TEXT, 1)))
        publish(catalog_services.change_entry(entry_id=entry.pk, content=more, actor=an_actor(office), clock=NOON))
        found = {one.item_name: one.verdict for one in queries.compare(entry.pk, viewer=an_actor(office))}
        assert found["性别"] is ColumnVerdict.MISSING
        assert found["姓名"] is ColumnVerdict.SAME

    def test_the_authority_compares_too_and_others_do_not(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        assert queries.compare(entry.pk, viewer=an_actor(the_authority(), Role.REVIEWER))
        for viewer in (an_actor(a_department()), an_actor(office, Role.OPERATOR)):
            with pytest.raises(Forbidden):
                queries.compare(entry.pk, viewer=viewer)
            assert queries.resource_for_entry(entry.pk, viewer=viewer) is None

    def test_an_entry_on_nothing_and_a_table_that_is_gone_say_so(self, population: Database) -> None:
        office = a_department()
        with pytest.raises(errors.NotMounted):
            queries.compare(an_entry(office).pk, viewer=an_actor(office))
        entry = a_mounted_entry(office, population)
        population.run("DROP TABLE population")
        with pytest.raises(errors.NoSuchTable):
            queries.compare(entry.pk, viewer=an_actor(office))


class TestRules:
    def test_every_kind_of_check_is_kept_as_the_data_plane_reads_it(self, population: Database) -> None:
        rules = (
            NotNull("name"),
            UniqueKey(("id_number",)),
            CitizenId("id_number"),
            CodeSet("name", ("甲", "乙")),
            DateRange("birth_date", date(1900, 1, 1), None),
            Pattern("id_number", "[0-9]+X?"),
        )
        entry = a_mounted_entry(a_department(), population, checks=rules)
        resource = queries.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert resource is not None
        assert queries.checks_of(resource) == rules

    def test_a_rule_on_a_column_that_is_not_there_is_refused(self, population: Database) -> None:
        office = a_department()
        entry = a_mounted_entry(office, population)
        with pytest.raises(errors.RulesRefused, match="no_such"):
            services.set_rules(entry_id=entry.pk, rules=[NotNull("no_such")], actor=an_actor(office), clock=NOON)
        with pytest.raises(Forbidden):
            services.set_rules(entry_id=entry.pk, rules=[NotNull("name")], actor=an_actor(a_department()), clock=NOON)
