"""Who may do what in the catalogue and the resources: role × whose × action, all of it."""

import dataclasses
from uuid import uuid4

import pytest
from django.db.models import TextField

from hefu.kernel.actor import Actor, Role, system
from hefu.rooms.catalog import access as catalog
from hefu.rooms.catalog.models import Entry, Item
from hefu.rooms.catalog.terms import LONGEST, LONGEST_NAME
from hefu.rooms.resources import access as resources
from hefu.rooms.resources.models import Source, Target
from hefu.rooms.resources.terms import LONGEST as LONGEST_OF_PLACE

OWN, OTHER, AUTHORITY = uuid4(), uuid4(), uuid4()

#: Action → who may do it on something of department OWN: role@own, role@other, role@authority.
CATALOG = {
    "catalog.draft": {"officer@own", "chief@own"},
    "catalog.rewrite": {"officer@own", "chief@own"},
    "catalog.drop": {"officer@own", "chief@own"},
    "catalog.submit": {"chief@own"},
    "catalog.review": {"reviewer@authority"},
    "catalog.withdraw": {"chief@own", "reviewer@authority"},
    "catalog.import": {"officer@own", "chief@own", "reviewer@authority"},
    "catalog.import_published": {"reviewer@authority"},
    "catalog.note_cause": {"officer@own", "chief@own", "reviewer@authority"},
    "catalog.extend_update": {"reviewer@authority"},
}
OFFICE = {"officer@own", "chief@own"}
OPERATORS = {"operator@own", "operator@other", "operator@authority"}
WATCHERS = {f"{role}@{where}" for role in ("security", "auditor") for where in ("own", "other", "authority")}
RESOURCES = {
    "resources.register_system": OFFICE | OPERATORS,
    "resources.register_place": OFFICE | OPERATORS,
    "resources.change_place": OFFICE | OPERATORS,
    "resources.test_place": OFFICE | OPERATORS,
    "resources.close_place": OFFICE | OPERATORS,
    "resources.look_inside": OFFICE,
    "resources.mount": OFFICE,
    "resources.unmount": OFFICE,
    "resources.set_rules": OFFICE,
    "resources.compare": OFFICE | {"reviewer@authority"},
    "resources.allow": OPERATORS,
    "resources.socket": OPERATORS,
    "resources.see_allowances": OPERATORS | WATCHERS,
}


def actors() -> dict[str, Actor]:
    places = {"own": OWN, "other": OTHER, "authority": AUTHORITY}
    return {
        f"{role}@{where}": Actor(f"person:{role}", role, place, frozenset({role}), of_authority=where == "authority")
        for role in Role
        for where, place in places.items()
    }


@pytest.mark.parametrize("action", sorted(CATALOG))
def test_every_cell_of_the_catalogue_s_matrix(action: str) -> None:
    allowed = {name for name, actor in actors().items() if catalog.may(actor, action, OWN)}
    assert allowed == CATALOG[action]


@pytest.mark.parametrize("action", sorted(RESOURCES))
def test_every_cell_of_the_resources_matrix(action: str) -> None:
    allowed = {name for name, actor in actors().items() if resources.may(actor, action, OWN)}
    assert allowed == RESOURCES[action]


def test_the_matrices_name_every_action() -> None:
    assert set(CATALOG) == set(catalog.OF_PROVIDER) | set(catalog.OF_AUTHORITY)
    assert set(RESOURCES) == (
        set(resources.OF_OWNER) | resources.OF_OPERATOR | resources.OF_AUTHORITY | resources.OF_WATCHERS
    )


def test_the_platform_may_all_and_nobody_without_a_seat_anything() -> None:
    nobody = dataclasses.replace(actors()["officer@own"], roles=frozenset())
    for action in CATALOG:
        assert catalog.may(system("test"), action)
        assert not catalog.may(nobody, action, OWN)
    for action in RESOURCES:
        assert resources.may(system("test"), action)
        assert not resources.may(nobody, action, OWN)


def test_what_a_form_accepts_fits_into_the_tables() -> None:
    for field, longest in {**LONGEST, "name": LONGEST_NAME}.items():
        column = Entry._meta.get_field(field)
        assert getattr(column, "base_field", column).max_length == longest, field
    assert Item._meta.get_field("name").max_length == LONGEST_NAME
    for kind in (Source, Target):
        for field, longest in LONGEST_OF_PLACE.items():
            column = kind._meta.get_field(field)
            assert isinstance(column, TextField) or column.max_length == longest, field
