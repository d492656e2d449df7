"""Reads of departments, people and seats. Names of departments are public within the node."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Q, QuerySet

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import read_id
from hefu.kernel.refusal import NotFound
from hefu.rooms.parties.access import may, require
from hefu.rooms.parties.models import Department, Person, Seat, Token
from hefu.rooms.parties.terms import ADMINISTRATORS, TOKEN_MARK, DepartmentRole


def departments(*, viewer: Actor, search: str = "", role: DepartmentRole | None = None) -> QuerySet[Department]:
    """Return open departments, by name, credit code or short name when `search` is given."""
    del viewer  # departments are known to everyone on the node
    found = Department.objects.filter(closed_at__isnull=True).select_related("parent")
    if role:
        found = found.filter(roles__contains=[role])
    if search:
        found = found.filter(
            Q(name__icontains=search) | Q(short_name__icontains=search) | Q(credit_code__istartswith=search)
        )
    return found.annotate(open_seats=Count("seats", filter=Q(seats__ended_at__isnull=True)))


def department(department_id: UUID | str, *, viewer: Actor) -> Department:
    """Return one department.

    Raises:
        NotFound: There is none with that id.
    """
    del viewer
    found = Department.objects.select_related("parent").filter(pk=read_id(department_id)).first()
    if found is None:
        raise NotFound(what="department", key=department_id)
    return found


def department_by_code(credit_code: str, *, viewer: Actor) -> Department | None:
    """Return the department with that credit code, or None."""
    del viewer
    return Department.objects.filter(credit_code=credit_code).first()


def names(department_ids: Iterable[UUID], *, viewer: Actor) -> dict[UUID, str]:
    """Return department id → name."""
    del viewer
    return dict(Department.objects.filter(pk__in=list(department_ids)).values_list("pk", "name"))


def authority(*, viewer: Actor) -> Department:
    """Return this node's data authority.

    Raises:
        NotFound: None is registered yet.
    """
    del viewer
    found = Department.objects.filter(roles__contains=[DepartmentRole.AUTHORITY], closed_at__isnull=True).first()
    if found is None:
        raise NotFound(what="data authority", key="of this node")
    return found


def people(*, viewer: Actor, search: str = "") -> QuerySet[Person]:
    """Return people with their open seats.

    Raises:
        Forbidden: The viewer administers neither people nor the audit.
    """
    require(viewer, "parties.see_people")
    found = Person.objects.prefetch_related("seats__department")
    if search:
        found = found.filter(Q(username__icontains=search) | Q(name__icontains=search))
    return found


def person(person_id: UUID | str, *, viewer: Actor) -> Person:
    """Return one person with seats.

    Raises:
        Forbidden: As for `people`.
        NotFound: There is none.
    """
    found = people(viewer=viewer).filter(pk=read_id(person_id)).first()
    if found is None:
        raise NotFound(what="person", key=person_id)
    return found


def locked_until(usernames: Iterable[str], *, viewer: Actor, clock: Clock) -> dict[str, datetime]:
    """Return, of these sign-in names, those that failed attempts have locked, and until when.

    Raises:
        Forbidden: As for `people`.
    """
    require(viewer, "parties.see_people")
    rest = timedelta(hours=settings.AXES_COOLOFF_TIME)
    attempts = AccessAttempt.objects.filter(
        username__in=[name.lower() for name in usernames],
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gt=clock.now() - rest,
    )
    return {attempt.username: attempt.attempt_time + rest for attempt in attempts.order_by("attempt_time")}


def seats_of(person: Person) -> list[Seat]:
    """Return a person's open seats, by department: what the person may act as."""
    return list(
        Seat.objects.filter(person=person, ended_at__isnull=True, department__closed_at__isnull=True)
        .select_related("department")
        .order_by("department__name", "role")
    )


def colleagues(department_id: UUID, *, viewer: Actor) -> QuerySet[Seat]:
    """Return the open seats of a department the viewer belongs to, or of any for administrators."""
    found = Seat.objects.filter(department_id=department_id, ended_at__isnull=True).select_related("person")
    if viewer.department_id == department_id or viewer.has(Role.SECURITY, Role.AUDITOR, Role.OPERATOR):
        return found
    return found.none()


def actor_for(person: Person, department_id: UUID | str | None = None, *, seats: list[Seat] | None = None) -> Actor:
    """Return the actor that `person` is in one department: all roles held there.

    Args:
        person: Who signed in.
        department_id: The department chosen; without it, or when no seat is held there, the first.
        seats: The person's open seats, when they were read already.
    """
    seats = seats_of(person) if seats is None else seats
    if not seats or not person.is_active:
        return Actor(id=f"person:{person.pk}", name=person.name)
    chosen = next((seat.department for seat in seats if str(seat.department_id) == str(department_id)), None)
    home = chosen or seats[0].department
    return Actor(
        id=f"person:{person.pk}",
        name=person.name,
        department_id=home.pk,
        roles=frozenset(Role(seat.role) for seat in seats if seat.department_id == home.pk),
        of_authority=home.is_authority,
    )


def tokens(*, viewer: Actor) -> QuerySet[Token]:
    """Return the viewer's own tokens, newest first; the security administrator sees everybody's."""
    found = Token.objects.select_related("department", "person")
    if may(viewer, "parties.revoke_token"):
        return found
    kind, _colon, pk = viewer.id.partition(":")
    return found.filter(person_id=read_id(pk)) if kind == "person" else found.none()


@dataclass(frozen=True)
class Bearer:
    """Who acts with a token."""

    actor: Actor
    reads_only: bool
    token_id: UUID


def bearer(secret: str, *, clock: Clock) -> Bearer | None:
    """Return who acts with the token `secret`; None when it is unknown, over, revoked, or its seat has ended.

    The seat counts as it is now: a role that the person lost is lost to the token as well. Roles of
    administrators never act through a token.
    """
    if not secret.startswith(TOKEN_MARK):
        return None
    row = Token.objects.select_related("person").filter(digest=sha256(secret.encode())).first()
    if row is None or row.revoked_at or row.expires_at <= clock.now():
        return None
    actor = actor_for(row.person, row.department_id)
    roles = actor.roles - ADMINISTRATORS
    if actor.department_id != row.department_id or not roles:
        return None
    if row.used_at is None or clock.now() - row.used_at > timedelta(hours=1):
        Token.objects.filter(pk=row.pk).update(used_at=clock.now())
    return Bearer(replace(actor, roles=roles), row.reads_only, row.pk)
