"""Role × object × action: who sees what, who may do what; a guessed number opens nothing.

Every cell of the matrix is tried: whoever is not named is refused, as not found or as forbidden.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import transaction

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import Verdict as Review
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants import services as grant_services
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests import services as request_services
from hefu.rooms.requests.errors import NotADecider
from hefu.rooms.requests.terms import Answer, Verdict
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources import services as resource_services
from tests.builders import (
    NOON,
    SYSTEM,
    a_case,
    a_content,
    a_department,
    a_draft,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
    an_actor,
    an_application,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

#: Everybody who could ask, by department and role.
SEATS: dict[str, tuple[str, Role]] = {
    "consumer officer": ("consumer", Role.OFFICER),
    "consumer chief": ("consumer", Role.CHIEF),
    "provider officer": ("provider", Role.OFFICER),
    "provider chief": ("provider", Role.CHIEF),
    "other officer": ("other", Role.OFFICER),
    "other chief": ("other", Role.CHIEF),
    "reviewer": ("authority", Role.REVIEWER),
    "supervisor": ("authority", Role.SUPERVISOR),
    "authority chief": ("authority", Role.CHIEF),
    "operator": ("other", Role.OPERATOR),
    "security": ("other", Role.SECURITY),
    "auditor": ("other", Role.AUDITOR),
}
NOBODY = "nobody"
EVERYBODY = frozenset(SEATS)
CONSUMER = frozenset({"consumer officer", "consumer chief"})
PROVIDER = frozenset({"provider officer", "provider chief"})
OVERSIGHT = frozenset({"reviewer", "supervisor", "authority chief"})


@dataclass
class World:
    """One of each thing, between a provider and a consumer, and everybody who might look."""

    actors: dict[str, Actor]
    draft_entry: UUID
    entry_in_review: UUID
    entry: UUID
    source: UUID
    target: UUID
    draft: str
    case: str
    grant: str
    delivery: str
    consumer: UUID
    person: UUID


@pytest.fixture
def world(make_database: Callable[[], Database]) -> World:
    provider, consumer, other = a_department("供方局"), a_department("需方局"), a_department("旁局")
    homes = {"provider": provider, "consumer": consumer, "other": other, "authority": the_authority()}
    actors = {name: an_actor(homes[home], role) for name, (home, role) in SEATS.items()}
    actors[NOBODY] = parties.actor_for(a_person())
    source_database, target_database = make_database(), make_database()
    a_population(source_database)
    entry = a_mounted_entry(provider, source_database)
    target = a_target(consumer, target_database)
    in_review = a_draft(provider)
    catalog_services.submit_entry(entry_id=in_review.pk, actor=an_actor(provider, Role.CHIEF), clock=NOON)
    grant = a_grant(entry, consumer, target=target)
    resource = resources.resource_for_entry(entry.pk, viewer=SYSTEM)
    delivery = deliveries.deliveries(viewer=SYSTEM).filter(grant=grant).first()
    assert resource is not None
    assert delivery is not None
    return World(
        actors=actors,
        draft_entry=a_draft(provider).pk,
        entry_in_review=in_review.pk,
        entry=entry.pk,
        source=resource.source_id,
        target=target.pk,
        draft=request_services.draft_request(
            entry=entry.pk, application=an_application(entry), actor=an_actor(consumer), clock=NOON
        ).number,
        case=a_case(entry, consumer).number,
        grant=grant.number,
        delivery=delivery.number,
        consumer=consumer.pk,
        person=a_person().pk,
    )


#: Object → how it is asked for, and who sees it.
SEES: dict[str, tuple[Callable[[World, Actor], object], frozenset[str]]] = {
    "draft entry": (lambda w, a: catalog.entry(w.draft_entry, viewer=a), PROVIDER | OVERSIGHT | {"auditor"}),
    "entry in review": (lambda w, a: catalog.entry(w.entry_in_review, viewer=a), PROVIDER | OVERSIGHT | {"auditor"}),
    "published entry": (lambda w, a: catalog.entry(w.entry, viewer=a), EVERYBODY),
    "source": (lambda w, a: resources.source(w.source, viewer=a), PROVIDER | {"operator"}),
    "target": (lambda w, a: resources.target(w.target, viewer=a), CONSUMER | {"operator"}),
    "draft request": (lambda w, a: requests.request(w.draft, viewer=a), CONSUMER),
    "request": (lambda w, a: requests.request(w.case, viewer=a), CONSUMER | PROVIDER | OVERSIGHT),
    "clock": (lambda w, a: clocks.clock_of(w.case, viewer=a), CONSUMER | PROVIDER | OVERSIGHT),
    "grant": (lambda w, a: grants.grant(w.grant, viewer=a), CONSUMER | PROVIDER | OVERSIGHT | {"security", "auditor"}),
    "delivery": (
        lambda w, a: deliveries.delivery(w.delivery, viewer=a),
        CONSUMER | PROVIDER | OVERSIGHT | {"operator", "security", "auditor"},
    ),
    "evidence of the case": (
        lambda w, a: _first(evidence.history(w.case, viewer=a)),
        CONSUMER | PROVIDER | OVERSIGHT | {"auditor"},
    ),
    "person": (lambda w, a: parties.person(w.person, viewer=a), frozenset({"security", "auditor"})),
}

#: Action → how it is tried, and who may do it.
DOES: dict[str, tuple[Callable[[World, Actor], object], frozenset[str]]] = {
    "change a draft entry": (
        lambda w, a: catalog_services.change_entry(entry_id=w.draft_entry, content=a_content(), actor=a, clock=NOON),
        PROVIDER,
    ),
    "sign an entry off": (
        lambda w, a: catalog_services.submit_entry(entry_id=w.draft_entry, actor=a, clock=NOON),
        frozenset({"provider chief"}),
    ),
    "review an entry": (
        lambda w, a: catalog_services.review_entry(
            entry_id=w.entry_in_review, verdict=Review.APPROVE, actor=a, clock=NOON
        ),
        frozenset({"reviewer"}),
    ),
    "withdraw an entry": (
        lambda w, a: catalog_services.withdraw_entry(entry_id=w.entry, reason="停用", actor=a, clock=NOON),
        frozenset({"provider chief", "reviewer"}),
    ),
    "take an entry off its table": (
        lambda w, a: resource_services.unmount(entry_id=w.entry, reason="迁移", actor=a, clock=NOON),
        PROVIDER,
    ),
    "change a secret": (
        lambda w, a: resource_services.change_secret(place_id=w.source, password="another one", actor=a, clock=NOON),
        PROVIDER | {"operator"},
    ),
    "hand a request in": (
        lambda w, a: request_services.submit_request(number=w.draft, actor=a, clock=NOON),
        frozenset({"consumer chief"}),
    ),
    "withdraw a request": (
        lambda w, a: request_services.withdraw_request(number=w.case, reason="不再需要", actor=a, clock=NOON),
        frozenset({"consumer chief"}),
    ),
    "prepare an answer": (
        lambda w, a: request_services.give_opinion(number=w.case, answer=Answer(Verdict.GRANT), actor=a, clock=NOON),
        PROVIDER,
    ),
    "decide": (
        lambda w, a: request_services.decide_request(number=w.case, answer=Answer(Verdict.GRANT), actor=a, clock=NOON),
        frozenset({"provider chief"}),
    ),
    "ask for more time": (
        lambda w, a: request_services.ask_extension(number=w.case, days=5, reason="核对", actor=a, clock=NOON),
        frozenset({"provider chief"}),
    ),
    "suspend a grant": (
        lambda w, a: grant_services.suspend_grant(number=w.grant, reason="核查", actor=a, clock=NOON),
        frozenset({"provider chief", "authority chief", "reviewer", "security"}),
    ),
    "revoke a grant": (
        lambda w, a: grant_services.revoke_grant(number=w.grant, reason="停止", actor=a, clock=NOON),
        frozenset({"provider chief", "authority chief", "consumer chief"}),
    ),
    "cancel a delivery": (
        lambda w, a: delivery_services.cancel_delivery(number=w.delivery, actor=a, clock=NOON),
        CONSUMER | PROVIDER | {"operator"},
    ),
    "register a department": (
        lambda w, a: party_services.change_department(
            department_id=w.consumer,
            name="需方局（改）",
            short_name="需方",
            place="511700",
            roles=frozenset(),
            parent_id=None,
            phone="",
            actor=a,
            clock=NOON,
        ),
        frozenset({"operator"}),
    ),
    "give a seat": (
        lambda w, a: party_services.give_seat(
            person_id=w.person, department_id=w.consumer, role=Role.OFFICER, actor=a, clock=NOON
        ),
        frozenset({"security"}),
    ),
}


def _first(found: list[object]) -> object:
    if not found:
        raise NotFound(what="evidence", key="")
    return found[0]


def _let(attempt: Callable[[World, Actor], object], world: World, actor: Actor) -> str:
    """Return `yes`, or why not; whatever was changed is undone."""
    try:
        with transaction.atomic():
            attempt(world, actor)
            transaction.set_rollback(True)
    except NotFound:
        return "not found"
    except (Forbidden, NotADecider):
        return "forbidden"
    except Exception as error:  # noqa: BLE001 - any other refusal comes after access was given
        return f"yes ({type(error).__name__})"
    return "yes"


def test_a_thing_is_seen_by_those_named_and_does_not_exist_for_others(world: World) -> None:
    for thing, (look, allowed) in SEES.items():
        seen = {name: _let(look, world, actor) for name, actor in world.actors.items()}
        assert {name for name, verdict in seen.items() if verdict == "yes"} == allowed, (thing, seen)


def test_an_act_is_done_by_those_named_and_refused_to_others(world: World) -> None:
    for deed, (act, allowed) in DOES.items():
        done = {name: _let(act, world, actor) for name, actor in world.actors.items()}
        assert {name for name, verdict in done.items() if verdict.startswith("yes")} == allowed, (deed, done)


def test_lists_hold_nothing_that_a_look_would_refuse(world: World) -> None:
    for name, actor in world.actors.items():
        assert {row.number for row in requests.requests(viewer=actor)} <= (
            {world.case, world.draft} | {grants.grant(world.grant, viewer=SYSTEM).request}
        )
        for listed, looked in (
            (requests.requests(viewer=actor), lambda row, a=actor: requests.request(row.number, viewer=a)),
            (grants.grants(viewer=actor), lambda row, a=actor: grants.grant(row.number, viewer=a)),
            (deliveries.deliveries(viewer=actor), lambda row, a=actor: deliveries.delivery(row.number, viewer=a)),
            (resources.sources(viewer=actor), lambda row, a=actor: resources.source(row.pk, viewer=a)),
            (catalog.entries(viewer=actor), lambda row, a=actor: catalog.entry(row.pk, viewer=a)),
        ):
            for row in listed:
                assert looked(row), name
