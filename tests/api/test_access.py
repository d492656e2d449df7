"""The access matrix of the rooms holds at every address of the interface, for reading and for writing."""

import json
from typing import Any

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.rooms.catalog import queries
from hefu.rooms.parties.models import Person
from tests.builders import SYSTEM
from tests.rooms.test_access_matrix import NOBODY, PROVIDER, SEATS, SEES, World, world

pytestmark = pytest.mark.django_db
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
__all__ = ["world"]

#: Address → the object of the rooms' matrix that it shows.
SHOWS = {
    "catalog/entries/{w.draft_entry}": "draft entry",
    "catalog/entries/{w.entry_in_review}": "entry in review",
    "catalog/entries/{w.entry}": "published entry",
    "catalog/entries/{w.entry}/versions": "published entry",
    "catalog/entries/{w.entry}/versions/1": "published entry",
    "requests/{w.draft}": "draft request",
    "requests/{w.case}": "request",
    "grants/{w.grant}": "grant",
    "deliveries/{w.delivery}": "delivery",
}


def clients(world: World) -> dict[str, Client]:
    made = {}
    for name, actor in world.actors.items():
        client = Client()
        client.force_login(Person.objects.get(pk=actor.id.partition(":")[2]), backend=BACKEND)
        if actor.department_id:
            session = client.session
            session["department"] = str(actor.department_id)
            session.save()
        made[name] = client
    return made


def test_an_address_answers_those_who_may_see_and_is_absent_for_others(world: World) -> None:
    callers = clients(world)
    for address, thing in SHOWS.items():
        _look, allowed = SEES[thing]
        told = {name: one.get(f"/api/v1/{address.format(w=world)}").status_code for name, one in callers.items()}
        assert {name for name, status in told.items() if status == 200} == allowed, (address, told)
        assert {status for name, status in told.items() if name not in allowed} <= {404}, (address, told)


def test_lists_hold_nothing_that_its_address_would_refuse(world: World) -> None:
    for name, caller in clients(world).items():
        for kind in ("requests", "grants", "deliveries"):
            for row in caller.get(f"/api/v1/{kind}?size=200").json()[kind]:
                assert caller.get(f"/api/v1/{kind}/{row['number']}").status_code == 200, (name, kind)
        for status in ("published", "draft", "in_review"):
            for row in caller.get(f"/api/v1/catalog/entries?status={status}").json()["entries"]:
                assert caller.get(f"/api/v1/catalog/entries/{row['id']}").status_code == 200, (name, status)


def test_only_the_departments_own_officers_write_its_entries(world: World) -> None:
    entry = queries.entry(world.draft_entry, viewer=SYSTEM)
    content = {"name": entry.name, "class_code": entry.class_code}
    body = {"provider": entry.provider.credit_code, "code": entry.code, "content": content}
    told = {name: _sent(one, "PUT", "catalog/entries", body) for name, one in clients(world).items()}
    assert {name for name, status in told.items() if status == 200} == PROVIDER, told
    assert {status for name, status in told.items() if name not in PROVIDER} <= {403, 404}, told


def test_only_the_chief_of_the_department_signs_off(world: World) -> None:
    address = f"catalog/entries/{world.draft_entry}/submit"
    told = {name: _sent(one, "POST", address, {}) for name, one in clients(world).items()}
    assert [name for name, status in told.items() if status == 200] == ["provider chief"], told
    assert SEATS["provider chief"] == ("provider", Role.CHIEF)


def test_who_has_no_seat_reads_no_entry(world: World) -> None:
    assert clients(world)[NOBODY].get("/api/v1/catalog/entries").json()["entries"] == []


def _sent(client: Client, method: str, address: str, body: dict[str, Any]) -> int:
    return int(client.generic(method, f"/api/v1/{address}", json.dumps(body), "application/json").status_code)
