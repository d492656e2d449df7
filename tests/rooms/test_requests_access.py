"""Who may do what with whose request: every seat, on every side, at every action; and what each may see."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from hefu.kernel import events
from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.rooms.parties.models import Department
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import access, errors, queries, services
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Answer, Application, Side, Status, Verdict
from tests.builders import NOON, a_case, a_department, an_actor, an_application, an_entry, the_authority

pytestmark = pytest.mark.django_db

GRANT = Answer(Verdict.GRANT)
LATER = at_noon(date(2026, 3, 12))


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = dict(events._listeners)
    events.wire({})
    yield
    events.wire(before)


@dataclass(frozen=True)
class Scene:
    """A request with its three sides, and a department that has no part in it."""

    row: AccessRequest
    consumer: Department
    provider: Department
    authority: Department
    stranger: Department

    def actor(self, side: str, role: Role) -> Actor:
        """Return somebody in one seat; the matrix needs no person behind it."""
        department: Department = getattr(self, side)
        return Actor(
            id=f"person:{side}-{role}",
            name="某人",
            department_id=department.pk,
            roles=frozenset({role}),
            of_authority=department.is_authority,
        )


def a_scene(status: Status, *, joint: bool = True) -> Scene:
    authority = the_authority()
    provider = a_department(place="440100" if joint else "511700")
    consumer, stranger = a_department(), a_department()
    entry = an_entry(provider)
    if status is Status.DRAFT:
        row = services.draft_request(
            entry=entry.pk, application=an_application(entry), actor=an_actor(consumer), clock=NOON
        )
    else:
        row = a_case(entry, consumer)
    if status is Status.INCOMPLETE:
        services.return_incomplete(
            number=row.number, problems={"scenario": "请补充"}, actor=an_actor(provider), clock=NOON
        )
    row.refresh_from_db()
    return Scene(row, consumer, provider, authority, stranger)


Attempt = Callable[[Scene, Actor], Any]

#: Action → the status in which it is possible, and how it is done.
ATTEMPTS: dict[str, tuple[Status, Attempt]] = {
    "requests.change": (
        Status.DRAFT,
        lambda scene, actor: services.change_request(
            number=scene.row.number, application=Application(), actor=actor, clock=LATER
        ),
    ),
    "requests.submit": (
        Status.DRAFT,
        lambda scene, actor: services.submit_request(number=scene.row.number, actor=actor, clock=LATER),
    ),
    "requests.discard": (
        Status.DRAFT,
        lambda scene, actor: services.withdraw_request(number=scene.row.number, actor=actor, clock=LATER),
    ),
    "requests.withdraw": (
        Status.RECEIVED,
        lambda scene, actor: services.withdraw_request(
            number=scene.row.number, reason="业务取消", actor=actor, clock=LATER
        ),
    ),
    "requests.return": (
        Status.RECEIVED,
        lambda scene, actor: services.return_incomplete(
            number=scene.row.number, problems={"scenario": "请补充"}, actor=actor, clock=LATER
        ),
    ),
    "requests.give_opinion": (
        Status.RECEIVED,
        lambda scene, actor: services.give_opinion(number=scene.row.number, answer=GRANT, actor=actor, clock=LATER),
    ),
    "requests.decide": (
        Status.RECEIVED,
        lambda scene, actor: services.decide_request(number=scene.row.number, answer=GRANT, actor=actor, clock=LATER),
    ),
    "requests.ask_extension": (
        Status.RECEIVED,
        lambda scene, actor: services.ask_extension(
            number=scene.row.number, days=5, reason="数据量大", actor=actor, clock=LATER
        ),
    ),
    "requests.consent_extension": (
        Status.RECEIVED,
        lambda scene, actor: services.consent_extension(
            number=scene.row.number, consent=True, actor=actor, clock=LATER
        ),
    ),
    "requests.mark_delivery": (
        Status.RECEIVED,
        lambda scene, actor: services.delivery_off(number=scene.row.number, reason="测试", actor=actor, clock=LATER),
    ),
}

SIDES = ("consumer", "provider", "authority", "stranger")


def test_every_action_of_the_table_is_tried_here() -> None:
    assert set(ATTEMPTS) | {"requests.draft"} == set(access.MAY)


@pytest.mark.clause("D809-20")
@pytest.mark.parametrize("action", ATTEMPTS)
def test_each_seat_does_what_the_table_says_and_nothing_else(action: str) -> None:
    status, attempt = ATTEMPTS[action]
    scene = a_scene(status)
    if action == "requests.consent_extension":
        services.ask_extension(
            number=scene.row.number, days=5, reason="数据量大", actor=an_actor(scene.provider, Role.CHIEF), clock=NOON
        )
    handed_in = scene.row.received_at is not None
    for side in SIDES:
        for role in Role:
            actor = scene.actor(side, role)
            outcome = _outcome(attempt, scene, actor)
            if side != "stranger" and (Side(side), role) in access.MAY[action]:
                assert outcome == "done", (side, role)
            elif _sees(side, role, handed_in=handed_in):
                assert outcome == "forbidden", (side, role)
            else:
                assert outcome == "not found", (side, role)


def _outcome(attempt: Attempt, scene: Scene, actor: Actor) -> str:
    """Try it and take it back."""
    try:
        with transaction.atomic():
            attempt(scene, actor)
            transaction.set_rollback(True)
    except Forbidden:
        return "forbidden"
    except NotFound:
        return "not found"
    return "done"


def _sees(side: str, role: Role, *, handed_in: bool) -> bool:
    """Say who sees a case, written out apart from the code under test."""
    match side:
        case "consumer":
            return role in {Role.OFFICER, Role.CHIEF}
        case "provider":
            return handed_in and role in {Role.OFFICER, Role.CHIEF}
        case "authority":
            return handed_in and role in {Role.REVIEWER, Role.SUPERVISOR, Role.CHIEF}
        case _:
            return False


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RECEIVED, Status.INCOMPLETE])
def test_a_case_does_not_exist_for_whom_it_does_not_concern(status: Status) -> None:
    scene = a_scene(status)
    for side in SIDES:
        for role in Role:
            viewer = scene.actor(side, role)
            sees = _sees(side, role, handed_in=status is not Status.DRAFT)
            assert queries.requests(viewer=viewer).exists() is sees, (side, role)
            assert queries.requests(viewer=viewer, search=scene.row.number).exists() is sees
            if sees:
                assert queries.request(scene.row.number, viewer=viewer).pk == scene.row.pk
            else:
                with pytest.raises(NotFound):
                    queries.request(scene.row.number, viewer=viewer)
                assert not queries.notices(viewer=viewer, number=scene.row.number).exists()


@pytest.mark.parametrize("status", [Status.DRAFT, Status.RECEIVED, Status.INCOMPLETE])
def test_what_a_page_offers_is_what_can_be_done(status: Status) -> None:
    scene = a_scene(status)
    for side in SIDES:
        for role in Role:
            actor = scene.actor(side, role)
            offered = queries.actions(scene.row, viewer=actor)
            for action, (needed, attempt) in ATTEMPTS.items():
                if needed is not status or action == "requests.consent_extension":
                    continue
                assert (action in offered) is (_outcome(attempt, scene, actor) == "done"), (side, role, action)


@pytest.mark.parametrize("role", Role)
def test_only_a_departments_officer_and_chief_begin_a_request(role: Role) -> None:
    entry = an_entry()
    office = a_department()
    actor = Actor("person:1", "某人", office.pk, frozenset({role}))
    allowed = role in {Role.OFFICER, Role.CHIEF}
    if allowed:
        row = services.draft_request(entry=entry.pk, application=Application(), actor=actor, clock=NOON)
        assert row.consumer == office
    else:
        with pytest.raises((Forbidden, NotFound)):
            services.draft_request(entry=entry.pk, application=Application(), actor=actor, clock=NOON)
    nobody = Actor("person:2", "无席位")
    with pytest.raises(NotFound):
        services.draft_request(entry=entry.pk, application=Application(), actor=nobody, clock=NOON)


def test_a_draft_entry_of_another_department_cannot_be_asked_for_by_its_id() -> None:
    entry = an_entry()
    entry.status, entry.version = "draft", 0
    entry.save()
    with pytest.raises(NotFound):
        services.draft_request(entry=entry.pk, application=Application(), actor=an_actor(a_department()), clock=NOON)


def test_who_signed_a_request_off_does_not_answer_it_from_another_seat() -> None:
    scene = a_scene(Status.RECEIVED, joint=False)
    signer = Actor(scene.row.submitted_by, "两处任职", scene.provider.pk, frozenset({Role.CHIEF}))
    with pytest.raises(errors.SamePerson):
        services.decide_request(number=scene.row.number, answer=GRANT, actor=signer, clock=NOON)


def test_one_person_does_not_give_both_words_of_a_joint_decision() -> None:
    scene = a_scene(Status.RECEIVED)
    person = "person:two-seats"
    chief = Actor(person, "两处任职", scene.provider.pk, frozenset({Role.CHIEF}))
    reviewer = Actor(person, "两处任职", scene.authority.pk, frozenset({Role.REVIEWER}), of_authority=True)
    services.decide_request(number=scene.row.number, answer=GRANT, actor=chief, clock=NOON)
    with pytest.raises(errors.SamePerson):
        services.decide_request(number=scene.row.number, answer=GRANT, actor=reviewer, clock=NOON)


def test_an_authority_that_the_law_does_not_name_leaves_the_case_to_the_provider() -> None:
    scene = a_scene(Status.RECEIVED, joint=False)
    reviewer = scene.actor("authority", Role.REVIEWER)
    for attempt in (ATTEMPTS["requests.decide"][1], ATTEMPTS["requests.return"][1]):
        with pytest.raises(errors.NotADecider, match="provider"):
            attempt(scene, reviewer)
    assert not queries.to_decide(viewer=reviewer).exists()
    assert "requests.decide" not in queries.actions(scene.row, viewer=reviewer)


def test_an_authoritys_own_request_is_seen_by_its_officers_and_reviewers() -> None:
    authority = a_department("市数据局", DepartmentRole.AUTHORITY, DepartmentRole.CONSUMER)
    row = a_case(an_entry(), authority)
    for role, sees in {Role.OFFICER: True, Role.REVIEWER: True, Role.OPERATOR: False, Role.SECURITY: False}.items():
        assert queries.requests(viewer=an_actor(authority, role)).filter(pk=row.pk).exists() is sees


def test_the_platform_itself_sees_all() -> None:
    a_scene(Status.DRAFT)
    assert queries.requests(viewer=system("test")).count() == 1
