"""Writes of departments, people and seats."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from axes.utils import reset as forget_attempts
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.identifiers import credit_code as credit_codes
from hefu.kernel.identifiers import division_code
from hefu.kernel.identifiers.fault import IdentifierFault
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import errors, terms
from hefu.rooms.parties.access import may, require
from hefu.rooms.parties.models import Department, Person, Seat, Token
from hefu.rooms.parties.terms import ADMINISTRATORS, AUTHORITY_ROLES, DepartmentRole


@transaction.atomic
def register_department(
    *,
    credit_code: str,
    name: str,
    short_name: str,
    place: str,
    roles: frozenset[DepartmentRole],
    parent_id: UUID | None = None,
    phone: str = "",
    data_office: str = "",
    actor: Actor,
    clock: Clock,
) -> Department:
    """Register a department under its unified credit code.

    Raises:
        Forbidden: The actor is not the system administrator.
        CreditCodeRefused: The check character or form is wrong.
        DepartmentExists: The code is taken.
        OneAuthority: There is an authority already.
        InputsRejected: Name, place or roles are missing or not of their form.
    """
    require(actor, "parties.register_department")
    code = _credit_code(credit_code)
    problems = _problems(name=name, place=place, roles=roles)
    if problems:
        raise InputsRejected(problems=problems)
    taken = Department.objects.filter(credit_code=code).first()
    if taken:
        raise errors.DepartmentExists(credit_code=code, name=taken.name)
    _refuse_second_authority(roles)
    department = Department.objects.create(
        id=new_id(clock.now()),
        credit_code=code,
        name=name.strip(),
        short_name=short_name.strip() or name.strip()[:40],
        place=division_code.validate(place),
        roles=sorted(roles),
        parent=_department(parent_id) if parent_id else None,
        phone=phone.strip(),
        data_office=data_office.strip(),
        registered_at=clock.now(),
    )
    record(
        terms.DEPARTMENT_REGISTERED,
        subject=code,
        by=actor,
        at=clock.now(),
        concerns=[department.pk],
        body={
            "credit_code": code,
            "name": department.name,
            "roles": sorted(roles),
            "parent": department.parent.credit_code if department.parent else None,
        },
    )
    return department


@transaction.atomic
def change_department(
    *,
    department_id: UUID,
    name: str,
    short_name: str,
    place: str,
    roles: frozenset[DepartmentRole],
    parent_id: UUID | None,
    phone: str,
    data_office: str | None = None,
    actor: Actor,
    clock: Clock,
) -> Department:
    """Change a department's facts; its credit code stays, and so does its data office when none is given.

    Raises:
        Forbidden: The actor is not the system administrator.
        NotFound: There is no such department.
        TreeHasCycle: The new parent stands below it.
        OneAuthority, InputsRejected: As for `register_department`.
    """
    require(actor, "parties.change_department")
    department = _department(department_id, lock=True)
    problems = _problems(name=name, place=place, roles=roles)
    if problems:
        raise InputsRejected(problems=problems)
    _refuse_second_authority(roles, besides=department)
    parent = _department(parent_id) if parent_id else None
    _refuse_cycle(department, parent)
    wanted = {
        "name": name.strip(),
        "short_name": short_name.strip() or name.strip()[:40],
        "place": division_code.validate(place),
        "roles": sorted(roles),
        "parent": parent,
        "phone": phone.strip(),
        "data_office": department.data_office if data_office is None else data_office.strip(),
    }
    changes = sorted(field for field, value in wanted.items() if getattr(department, field) != value)
    if not changes:
        return department
    for field in changes:
        setattr(department, field, wanted[field])
    department.save(update_fields=changes)
    record(
        terms.DEPARTMENT_CHANGED,
        subject=department.credit_code,
        by=actor,
        at=clock.now(),
        concerns=[department.pk],
        body={"credit_code": department.credit_code, "changes": changes},
    )
    return department


@transaction.atomic
def register_person(*, username: str, name: str, password: str, email: str = "", actor: Actor, clock: Clock) -> Person:
    """Give somebody a sign-in.

    Raises:
        Forbidden: The actor is not the security administrator.
        NameTaken: Another person has the sign-in name.
        InputsRejected: A field is empty, or the password is too weak.
    """
    require(actor, "parties.register_person")
    problems = {
        field: _("This is needed.") for field, value in (("username", username), ("name", name)) if not value.strip()
    }
    person = Person(
        id=new_id(clock.now()),
        username=username.strip(),
        name=name.strip(),
        email=email.strip(),
        registered_at=clock.now(),
    )
    problems |= _password_problems(password, person)
    if problems:
        raise InputsRejected(problems=problems)
    if Person.objects.filter(username__iexact=person.username).exists():
        raise errors.NameTaken(username=person.username)
    person.set_password(password)
    person.save(force_insert=True)
    record(
        terms.PERSON_REGISTERED,
        subject=f"person:{person.pk}",
        by=actor,
        at=clock.now(),
        body={"person": str(person.pk)},
    )
    return person


@transaction.atomic
def set_password(*, person_id: UUID, password: str, actor: Actor, clock: Clock) -> Person:
    """Set a person's password: the security administrator's way, or one's own.

    Raises:
        Forbidden: Neither the security administrator nor the person.
        InputsRejected: The password is too weak.
    """
    if actor.id != f"person:{person_id}":
        require(actor, "parties.set_password")
    person = _person(person_id)
    problems = _password_problems(password, person)
    if problems:
        raise InputsRejected(problems=problems)
    person.set_password(password)
    person.save(update_fields=["password"])
    record(
        terms.PASSWORD_SET,
        subject=f"person:{person.pk}",
        by=actor,
        at=clock.now(),
        body={"person": str(person.pk)},
    )
    return person


@transaction.atomic
def unlock_person(*, person_id: UUID, actor: Actor, clock: Clock) -> int:
    """Open a sign-in that failed attempts have locked; return how many attempts were forgotten.

    Raises:
        Forbidden: The actor is not the security administrator.
        NotFound: There is no such person.
    """
    require(actor, "parties.unlock_person")
    person = _person(person_id)
    failures = int(forget_attempts(username=person.username.lower()))
    if failures:
        record(
            terms.PERSON_UNLOCKED,
            subject=f"person:{person.pk}",
            by=actor,
            at=clock.now(),
            body={"person": str(person.pk), "failures": failures},
        )
    return failures


@transaction.atomic
def choose_language(*, person_id: UUID, language: str, actor: Actor) -> Person:
    """Keep the language in which a person reads pages. A taste, not an act: nothing goes on record.

    Raises:
        Forbidden: Not the person.
    """
    if actor.id != f"person:{person_id}":
        raise Forbidden(action="parties.choose_language")
    person = _person(person_id)
    person.language = language[:10]
    person.save(update_fields=["language"])
    return person


@transaction.atomic
def close_person(*, person_id: UUID, reason: str, actor: Actor, clock: Clock) -> Person:
    """Close a sign-in and end every seat; what the person did stays on record.

    Raises:
        Forbidden: The actor is not the security administrator.
        InputsRejected: No reason.
    """
    require(actor, "parties.close_person")
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    person = _person(person_id)
    for seat in Seat.objects.filter(person=person, ended_at__isnull=True).select_related("department"):
        _end(seat, reason=reason, actor=actor, at=clock.now())
    if person.is_active:
        person.is_active = False
        person.save(update_fields=["is_active"])
        record(
            terms.PERSON_CLOSED,
            subject=f"person:{person.pk}",
            by=actor,
            at=clock.now(),
            body={"person": str(person.pk), "reason": reason.strip()},
        )
    return person


@transaction.atomic
def give_seat(*, person_id: UUID, department_id: UUID, role: Role, actor: Actor, clock: Clock) -> Seat:
    """Let a person act for a department in one role. Giving it twice changes nothing.

    Raises:
        Forbidden: The actor is not the security administrator.
        AdministratorsApart: The person holds a seat that must be kept apart from this one.
        SeatNeedsAuthority: Reviewers and supervisors sit in the authority.
        NotFound: No such person or department.
    """
    require(actor, "parties.give_seat")
    person, department = _person(person_id), _department(department_id)
    if role in AUTHORITY_ROLES and not department.is_authority:
        raise errors.SeatNeedsAuthority(role=terms.ROLE_NAMES[role], department=department.name)
    held = list(Seat.objects.select_for_update().filter(person=person, ended_at__isnull=True))
    for seat in held:
        if seat.department_id == department.pk and seat.role == role:
            return seat
    _refuse_joined_powers(person, [Role(seat.role) for seat in held], role)
    seat = Seat.objects.create(
        id=new_id(clock.now()), person=person, department=department, role=role, given_at=clock.now()
    )
    record(
        terms.SEAT_GIVEN,
        subject=f"person:{person.pk}",
        by=actor,
        at=clock.now(),
        concerns=[department.pk],
        body={
            "seat": str(seat.pk),
            "person": str(person.pk),
            "department": department.credit_code,
            "role": str(role),
        },
    )
    return seat


@transaction.atomic
def end_seat(*, seat_id: UUID, reason: str, actor: Actor, clock: Clock) -> Seat:
    """End a seat. Ending it twice changes nothing.

    Raises:
        Forbidden: The actor is not the security administrator.
        NotFound: No such seat.
        InputsRejected: No reason.
    """
    require(actor, "parties.end_seat")
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    try:
        seat = Seat.objects.select_for_update(of=("self",)).select_related("department").get(pk=seat_id)
    except Seat.DoesNotExist:
        raise NotFound(what="seat", key=seat_id) from None
    if seat.ended_at is None:
        _end(seat, reason=reason, actor=actor, at=clock.now())
    return seat


@transaction.atomic
def issue_token(
    *, department_id: UUID, name: str, days: int, reads_only: bool, actor: Actor, clock: Clock
) -> tuple[Token, str]:
    """Give the actor a token with which programs act as they do in one of their departments.

    Args:
        department_id: Where the actor holds a seat.
        name: What it is for.
        days: For how long it lives, 1 to 366.
        reads_only: Whether it may only read.
        actor: A person; nobody gets a token for another.
        clock: For its times.

    Returns:
        The token and its secret, which is shown this once and kept nowhere.

    Raises:
        Forbidden: Not a person.
        InputsRejected: No name, or a life too long.
        NoSeatForToken: No seat there that a token may act from.
        TooManyTokens: As many live already as one may have.
    """
    kind, _colon, pk = actor.id.partition(":")
    if kind != "person":
        raise Forbidden(action="parties.issue_token")
    person = Person.objects.select_for_update().get(pk=pk)
    problems: dict[str, str] = {}
    if not name.strip() or len(name.strip()) > 60:
        problems["name"] = _("Say in at most 60 characters what the token is for.")
    if not 1 <= days <= terms.LONGEST_TOKEN_DAYS:
        problems["days"] = _("A token lives 1 to 366 days.")
    if problems:
        raise InputsRejected(problems=problems)
    seats = Seat.objects.filter(person=person, department_id=department_id, ended_at__isnull=True)
    if not {Role(role) for role in seats.values_list("role", flat=True)} - ADMINISTRATORS:
        raise errors.NoSeatForToken()
    living = Token.objects.filter(person=person, revoked_at__isnull=True, expires_at__gt=clock.now())
    if living.count() >= terms.MOST_TOKENS:
        raise errors.TooManyTokens(most=terms.MOST_TOKENS)
    secret = terms.TOKEN_MARK + secrets.token_urlsafe(32)
    token = Token.objects.create(
        id=new_id(clock.now()),
        person=person,
        department=_department(department_id),
        name=name.strip(),
        digest=sha256(secret.encode()),
        reads_only=reads_only,
        issued_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days),
    )
    record(
        terms.TOKEN_ISSUED,
        subject=f"person:{person.pk}",
        by=actor,
        at=clock.now(),
        concerns=[department_id],
        body={
            "token": str(token.pk),
            "person": str(person.pk),
            "department": token.department.credit_code,
            "reads_only": reads_only,
            "until": token.expires_at,
        },
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token_id: UUID, reason: str, actor: Actor, clock: Clock) -> Token:
    """Revoke a token: one's own, or anybody's as the security administrator. Doing it twice changes nothing.

    Raises:
        NotFound: No such token that the actor may revoke.
    """
    token = Token.objects.select_for_update().filter(pk=token_id).first()
    if token is None or not (actor.id == f"person:{token.person_id}" or may(actor, "parties.revoke_token")):
        raise NotFound(what="token", key=token_id)
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        record(
            terms.TOKEN_REVOKED,
            subject=f"person:{token.person_id}",
            by=actor,
            at=clock.now(),
            concerns=[token.department_id],
            body={"token": str(token.pk), "person": str(token.person_id), "reason": reason.strip()},
        )
    return token


def _end(seat: Seat, *, reason: str, actor: Actor, at: datetime) -> None:
    seat.ended_at = at
    seat.save(update_fields=["ended_at"])
    record(
        terms.SEAT_ENDED,
        subject=f"person:{seat.person_id}",
        by=actor,
        at=at,
        concerns=[seat.department_id],
        body={
            "seat": str(seat.pk),
            "person": str(seat.person_id),
            "department": seat.department.credit_code,
            "role": seat.role,
            "reason": reason.strip(),
        },
    )


def _refuse_joined_powers(person: Person, held: list[Role], wanted: Role) -> None:
    for role in held:
        if role != wanted and (role in ADMINISTRATORS or wanted in ADMINISTRATORS):
            raise errors.AdministratorsApart(
                person=person.name, held=terms.ROLE_NAMES[role], wanted=terms.ROLE_NAMES[wanted]
            )


def _refuse_second_authority(roles: frozenset[DepartmentRole], besides: Department | None = None) -> None:
    if DepartmentRole.AUTHORITY not in roles:
        return
    others = Department.objects.select_for_update().filter(
        roles__contains=[DepartmentRole.AUTHORITY], closed_at__isnull=True
    )
    other = others.exclude(pk=besides.pk).first() if besides else others.first()
    if other:
        raise errors.OneAuthority(name=other.name)


def _refuse_cycle(department: Department, parent: Department | None) -> None:
    above = parent
    while above is not None:
        if above.pk == department.pk:
            raise errors.TreeHasCycle(parent=parent.name if parent else "", name=department.name)
        above = above.parent


def _credit_code(number: str) -> str:
    try:
        return credit_codes.validate(number)
    except IdentifierFault as fault:
        raise errors.CreditCodeRefused(number=number, reason=fault.reason) from None


def _problems(*, name: str, place: str, roles: frozenset[DepartmentRole]) -> dict[str, str]:
    problems: dict[str, str] = {}
    if not name.strip():
        problems["name"] = _("This is needed.")
    if not division_code.is_valid(place):
        problems["place"] = _("A division code has 2, 4, 6, 9 or 12 digits (GB/T 2260).")
    if not roles:
        problems["roles"] = _("Choose at least one role.")
    return problems


def _password_problems(password: str, person: Person) -> dict[str, str]:
    try:
        validate_password(password, person)
    except ValidationError as error:
        return {"password": " ".join(error.messages)}
    return {}


def _department(department_id: UUID, *, lock: bool = False) -> Department:
    rows = Department.objects.select_for_update() if lock else Department.objects.all()
    try:
        return rows.get(pk=department_id)
    except Department.DoesNotExist:
        raise NotFound(what="department", key=department_id) from None


def _person(person_id: UUID) -> Person:
    try:
        return Person.objects.get(pk=person_id)
    except Person.DoesNotExist:
        raise NotFound(what="person", key=person_id) from None
