"""Writes of systems, sources, targets and of what connectors may reach."""

import dataclasses
import socket
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.resources import decide, errors, looking, queries, reaching, terms
from hefu.rooms.resources.access import require, visible_places
from hefu.rooms.resources.models import Allowance, Resource, Secret, Source, System, Target
from hefu.rooms.resources.terms import AllowanceKind, Network, PlaceFacts, PlaceKind, TlsMode

#: Sources and targets are written alike.
P = TypeVar("P", Source, Target)

#: What a password belongs to: whoever changes one of these must know the password.
_ADDRESS = frozenset({"kind", "host", "port", "dbname", "username", "tls", "host_key", "interface"})
#: Fields that say nothing of a place of the kind.
_NOT_OF = {
    PlaceKind.POSTGRES: ("folder", "host_key", "region", "interface"),
    PlaceKind.MYSQL: ("folder", "host_key", "region", "interface"),
    PlaceKind.ORACLE: ("folder", "host_key", "region", "interface"),
    PlaceKind.DAMENG: ("folder", "host_key", "region", "interface"),
    PlaceKind.FOLDER: ("host", "dbname", "username", "host_key", "region", "interface"),
    PlaceKind.SFTP: ("dbname", "region", "interface"),
    PlaceKind.S3: ("host_key", "interface"),
    PlaceKind.HTTP: ("folder", "dbname", "host_key", "region"),
    PlaceKind.LAKE: ("host", "dbname", "username", "host_key", "region", "interface"),
}
_TYPED = ("name", "host", "dbname", "username", "schema", "folder", "host_key", "region", "interface")
_FACTS = tuple(field.name for field in dataclasses.fields(PlaceFacts))


@transaction.atomic
def register_system(
    *, department_id: UUID, name: str, network: Network, description: str = "", actor: Actor, clock: Clock
) -> System:
    """Register an information system of a department.

    Raises:
        Forbidden: Neither of its department nor the system administrator.
        NotFound: No such department.
        InputsRejected: No name.
        NameTaken: The department has one of that name.
    """
    require(actor, "resources.register_system", department_id)
    department = parties.department(department_id, viewer=actor)
    if not name.strip():
        raise InputsRejected(problems={"name": _("This is needed.")})
    if len(name.strip()) > 200:
        raise InputsRejected(problems={"name": _("This is too long, or has a character that no name has.")})
    if System.objects.filter(department=department, name=name.strip()).exists():
        raise errors.NameTaken(department=department.name, name=name.strip())
    row = System.objects.create(
        id=new_id(clock.now()),
        department=department,
        name=name.strip(),
        network=network.value,
        description=description.strip(),
        registered_at=clock.now(),
    )
    record(
        terms.SYSTEM_REGISTERED,
        subject=f"system:{row.pk}",
        by=actor,
        at=clock.now(),
        concerns=[department.pk],
        body={"system": str(row.pk), "name": row.name, "department": department.credit_code, "network": row.network},
    )
    return row


@sensitive_variables("password")
@transaction.atomic
def register_source(
    *,
    department_id: UUID,
    facts: PlaceFacts,
    password: str = "",
    system_id: UUID | None = None,
    actor: Actor,
    clock: Clock,
) -> Source:
    """Register where a department's data is read. The password is sealed and never shown again.

    Raises:
        Forbidden: Neither of its department nor the system administrator.
        NotFound: No such department or system.
        InputsRejected: Something has not the form it needs.
        NameTaken: The department has a source of that name.
        AddressNotAllowed: Connectors may not reach it.
    """
    row = Source(id=new_id(clock.now()), system=_system(system_id, department_id) if system_id else None)
    return _register(row, department_id, facts, password, actor=actor, at=clock.now())


@transaction.atomic
def register_library(*, library_id: UUID, department_id: UUID, name: str, actor: Actor, clock: Clock) -> Source:
    """Return the source that a library of the department is read as, registered when there is none yet.

    Args:
        library_id: The library, as the room of holdings has looked it up for the actor.
        department_id: Its keeper.
        name: What the source is called.
        actor: Of the keeper.
        clock: For its times.

    Raises:
        Forbidden: The actor registers no sources of that department.
        NameTaken: The department has another source of that name.
    """
    require(actor, "resources.register_place", department_id)
    row = queries.library_source(library_id, viewer=actor)
    if row is not None:
        return row
    row = Source(id=new_id(clock.now()), department=parties.department(department_id, viewer=actor), name=name)
    if Source.objects.filter(department_id=department_id, name=name, closed_at__isnull=True).exists():
        raise errors.NameTaken(department=row.department.name, name=name)
    row.kind, row.folder, row.registered_at = PlaceKind.LAKE.value, str(library_id), clock.now()
    row.save(force_insert=True)
    _record_registered(row, actor=actor, at=clock.now())
    return row


@sensitive_variables("password")
@transaction.atomic
def register_target(
    *, department_id: UUID, facts: PlaceFacts, password: str = "", actor: Actor, clock: Clock
) -> Target:
    """Register where a department receives what it is granted. The password is sealed and never shown again.

    Raises:
        Forbidden, NotFound, InputsRejected, NameTaken, AddressNotAllowed: As `register_source`.
    """
    return _register(Target(id=new_id(clock.now())), department_id, facts, password, actor=actor, at=clock.now())


@sensitive_variables("password")
def _register(row: P, department_id: UUID, facts: PlaceFacts, password: str, *, actor: Actor, at: datetime) -> P:
    require(actor, "resources.register_place", department_id)
    row.department = parties.department(department_id, viewer=actor)
    _write(row, facts, actor=actor)
    row.registered_at = at
    row.save(force_insert=True)
    if password:
        reaching.keep_secret(row, password, at=at)
    _record_registered(row, actor=actor, at=at)
    return row


def _record_registered(row: Source | Target, *, actor: Actor, at: datetime) -> None:
    record(
        terms.PLACE_REGISTERED,
        subject=f"{reaching.side(row)}:{row.pk}",
        by=actor,
        at=at,
        concerns=[row.department_id],
        body={
            "place": str(row.pk),
            "side": reaching.side(row),
            "kind": row.kind,
            "name": row.name,
            "department": row.department.credit_code,
        },
    )


@sensitive_variables("password")
@transaction.atomic
def change_source(*, source_id: UUID, facts: PlaceFacts, password: str = "", actor: Actor, clock: Clock) -> Source:
    """Change what is stated of a source.

    A new address needs the password again: else whoever may change the address could have the old
    password sent to a server of their own.

    Raises:
        NotFound, Forbidden, InputsRejected, NameTaken, AddressNotAllowed: As `register_source`.
    """
    return _change(_place(Source, source_id, "resources.change_place", actor), facts, password, actor, clock.now())


@sensitive_variables("password")
@transaction.atomic
def change_target(*, target_id: UUID, facts: PlaceFacts, password: str = "", actor: Actor, clock: Clock) -> Target:
    """Change what is stated of a target; a new address needs the password again.

    Raises:
        NotFound, Forbidden, InputsRejected, NameTaken, AddressNotAllowed: As `register_source`.
    """
    return _change(_place(Target, target_id, "resources.change_place", actor), facts, password, actor, clock.now())


@sensitive_variables("password")
def _change(row: P, facts: PlaceFacts, password: str, actor: Actor, at: datetime) -> P:
    before = {name: getattr(row, name) for name in _FACTS}
    _write(row, facts, actor=actor)
    fields = sorted(name for name in _FACTS if getattr(row, name) != before[name])
    if _ADDRESS.intersection(fields) and not password and Secret.objects.filter(place=row.pk).exists():
        raise InputsRejected(problems={"password": _("A new address needs the password again.")})
    if fields:
        row.tested_at, row.reached, row.test_text, row.test_facts = None, None, "", {}
        row.save()
        record(
            terms.PLACE_CHANGED,
            subject=f"{reaching.side(row)}:{row.pk}",
            by=actor,
            at=at,
            concerns=[row.department_id],
            body={"place": str(row.pk), "side": reaching.side(row), "fields": fields},
        )
    if password:
        _replace_secret(row, password, actor=actor, at=at)
    return row


@transaction.atomic
def assign_system(*, source_id: UUID, system_id: UUID | None, actor: Actor, clock: Clock) -> Source:
    """Say which information system a source belongs to; what is mounted on it from there follows.

    A resource that was mounted under another system than the source's keeps its own.

    Raises:
        NotFound: No such source that the actor may see, or no such system of its department.
        Forbidden: Seen, but not to be changed.
    """
    row = _place(Source, source_id, "resources.change_place", actor)
    before = row.system_id
    if before == system_id:
        return row
    row.system = _system(system_id, row.department_id) if system_id else None
    row.save(update_fields=["system"])
    mounts = Resource.objects.filter(source=row, unmounted_at__isnull=True)
    mounts = mounts.filter(system_id=before) if before else mounts.filter(system__isnull=True)
    followed = mounts.update(system_id=system_id)
    record(
        terms.SYSTEM_ASSIGNED,
        subject=f"source:{row.pk}",
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.department_id],
        body={"place": str(row.pk), "system": str(system_id) if system_id else None, "resources": followed},
    )
    return row


@sensitive_variables("password")
@transaction.atomic
def change_secret(*, place_id: UUID, password: str, actor: Actor, clock: Clock) -> None:
    """Replace the password of a source or target.

    Raises:
        NotFound: No such place that the actor may see.
        Forbidden: Seen, but not to be changed.
        InputsRejected: No password.
    """
    row: Source | Target
    if Source.objects.filter(pk=place_id).exists():
        row = _place(Source, place_id, "resources.change_place", actor)
    else:
        row = _place(Target, place_id, "resources.change_place", actor)
    if not password:
        raise InputsRejected(problems={"password": _("This is needed.")})
    _replace_secret(row, password, actor=actor, at=clock.now())


@sensitive_variables("password")
def _replace_secret(row: Source | Target, password: str, *, actor: Actor, at: datetime) -> None:
    reaching.keep_secret(row, password, at=at)
    record(
        terms.SECRET_CHANGED,
        subject=f"{reaching.side(row)}:{row.pk}",
        by=actor,
        at=at,
        concerns=[row.department_id],
        body={"place": str(row.pk), "side": reaching.side(row)},
    )


@transaction.atomic
def test_source(*, source_id: UUID, actor: Actor, clock: Clock) -> Source:
    """Try whether a source can be reached and read; what was found stands on the row in plain words.

    Raises:
        NotFound: No such source that the actor may see.
        Forbidden: Seen, but not to be tried.
    """
    return _test(_place(Source, source_id, "resources.test_place", actor), actor, clock.now())


@transaction.atomic
def test_target(*, target_id: UUID, actor: Actor, clock: Clock) -> Target:
    """Try whether a target can be reached; what was found stands on the row in plain words.

    Raises:
        NotFound, Forbidden: As `test_source`.
    """
    return _test(_place(Target, target_id, "resources.test_place", actor), actor, clock.now())


def _test(row: P, actor: Actor, at: datetime) -> P:
    trial = looking.reach(row)
    row.tested_at, row.reached, row.test_text, row.test_facts = at, trial.reached, trial.text, trial.facts
    row.save(update_fields=["tested_at", "reached", "test_text", "test_facts"])
    record(
        terms.PLACE_TESTED,
        subject=f"{reaching.side(row)}:{row.pk}",
        by=actor,
        at=at,
        concerns=[row.department_id],
        body={"place": str(row.pk), "side": reaching.side(row), "reached": trial.reached},
    )
    return row


@transaction.atomic
def close_source(*, source_id: UUID, reason: str, actor: Actor, clock: Clock) -> Source:
    """Use a source no more; its password is forgotten.

    Raises:
        NotFound, Forbidden: As `test_source`.
        InputsRejected: No reason.
        PlaceInUse: An entry is mounted on it.
    """
    row = _place(Source, source_id, "resources.close_place", actor)
    carried = Resource.objects.filter(source=row, unmounted_at__isnull=True).values_list("entry__code", flat=True)
    if carried:
        raise errors.PlaceInUse(name=row.name, entries=", ".join(sorted(carried)))
    return _close(row, reason, actor, clock.now())


@transaction.atomic
def close_target(*, target_id: UUID, reason: str, actor: Actor, clock: Clock) -> Target:
    """Use a target no more; its password is forgotten.

    Raises:
        NotFound, Forbidden, InputsRejected: As `close_source`.
    """
    return _close(_place(Target, target_id, "resources.close_place", actor), reason, actor, clock.now())


def _close(row: P, reason: str, actor: Actor, at: datetime) -> P:
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    row.closed_at = at
    row.save(update_fields=["closed_at"])
    Secret.objects.filter(place=row.pk).delete()
    record(
        terms.PLACE_CLOSED,
        subject=f"{reaching.side(row)}:{row.pk}",
        by=actor,
        at=at,
        concerns=[row.department_id],
        body={"place": str(row.pk), "side": reaching.side(row), "reason": reason.strip()},
    )
    return row


@transaction.atomic
def allow(*, kind: AllowanceKind, pattern: str, note: str, actor: Actor, clock: Clock) -> Allowance:
    """Let connectors reach a network, host or folder. Allowing it twice changes nothing.

    Raises:
        Forbidden: Not the system administrator.
        InputsRejected: Not of its form, or nobody says what for.
    """
    require(actor, "resources.allow")
    problems = {} if 0 < len(note.strip()) <= 200 else {"note": _("Say in up to 200 characters what it is for.")}
    fault = decide.allowance_fault(kind, pattern.strip())
    if fault:
        problems["pattern"] = fault
    if problems:
        raise InputsRejected(problems=problems)
    row, made = Allowance.objects.get_or_create(
        kind=kind.value,
        pattern=pattern.strip(),
        defaults={
            "id": new_id(clock.now()),
            "note": note.strip(),
            "given_by": actor.id,
            "given_at": clock.now(),
        },
    )
    if made:
        record(
            terms.ALLOWANCE_GIVEN,
            subject="allowances",
            by=actor,
            at=clock.now(),
            body={"kind": row.kind, "pattern": row.pattern, "note": row.note},
        )
    return row


@transaction.atomic
def disallow(*, allowance_id: UUID, actor: Actor, clock: Clock) -> None:
    """Take an allowance back.

    Raises:
        Forbidden: Not the system administrator.
        NotFound: No such allowance.
    """
    require(actor, "resources.allow")
    row = Allowance.objects.filter(pk=allowance_id).first()
    if row is None:
        raise NotFound(what="allowance", key=allowance_id)
    record(
        terms.ALLOWANCE_ENDED,
        subject="allowances",
        by=actor,
        at=clock.now(),
        body={"kind": row.kind, "pattern": row.pattern},
    )
    row.delete()


def _write(row: Source | Target, facts: PlaceFacts, *, actor: Actor) -> None:
    """Check what is stated and put it on the row; saving is the caller's."""
    facts = dataclasses.replace(
        facts,
        **{name: getattr(facts, name).strip() for name in _TYPED},
    )
    if facts.kind is PlaceKind.LAKE:
        raise InputsRejected(problems={"kind": _("A library becomes a source when its keeper catalogues it.")})
    if facts.kind in terms.WEB and facts.tls is TlsMode.PREFER:
        facts = dataclasses.replace(facts, tls=TlsMode.VERIFY_FULL)
    if facts.kind is PlaceKind.S3:
        facts = dataclasses.replace(facts, folder=facts.folder or "/")
    problems = decide.place_faults(facts)
    if facts.kind is PlaceKind.HTTP and isinstance(row, Target):
        problems["kind"] = _("Rows are not delivered to an interface. Take a database, or receive files.")
    elif facts.kind in terms.READ_ALONE and isinstance(row, Target):
        problems["kind"] = _("Such a database is read and not delivered to. Take another one, or receive files.")
    if problems:
        raise InputsRejected(problems=problems)
    namesakes = type(row)._default_manager.filter(
        department_id=row.department_id, name=facts.name, closed_at__isnull=True
    )
    if namesakes.exclude(pk=row.pk).exists():
        raise errors.NameTaken(department=row.department.name, name=facts.name)
    _refuse_unreachable(facts, actor)
    for name in _FACTS:
        value = getattr(facts, name)
        setattr(row, name, value if isinstance(value, int) else str(value))
    other = _NOT_OF[facts.kind]
    for name in other:
        setattr(row, name, "")


def _refuse_unreachable(facts: PlaceFacts, actor: Actor) -> None:
    """Refuse what connectors may not reach as far as it is known now; the data plane asks again on connecting."""
    if facts.kind is PlaceKind.FOLDER:
        reaching.checked_folder(facts.folder)
    elif facts.host.startswith("/"):
        # A socket has no address to hold against the list, and the node's own database may lie behind it.
        require(actor, "resources.socket")
    else:
        # What listens on this machine itself for HTTP trusts it, so the operator names it first.
        policy = reaching.site_policy() if facts.kind in terms.WEB else reaching.address_policy()
        for address in _addresses(facts.host):
            reason = policy(facts.host, address, facts.port)
            if reason:
                raise errors.AddressNotAllowed(address=facts.host, reason=reason)


def _addresses(host: str) -> list[str]:
    """Return the addresses a name has now; none when it does not resolve, which a test will say in words."""
    try:
        return list(dict.fromkeys(str(found[4][0]) for found in socket.getaddrinfo(host, None)))
    except OSError:
        return []


def _place(kind: type[P], place_id: UUID, action: str, actor: Actor) -> P:
    rows = kind._default_manager.select_for_update(of=("self",)).select_related("department")
    row = rows.filter(visible_places(actor), pk=place_id, closed_at__isnull=True).first()
    if row is None:
        raise NotFound(what="source or target", key=place_id)
    require(actor, action, row.department_id)
    return row


def _system(system_id: UUID, department_id: UUID) -> System:
    row = System.objects.filter(pk=system_id, department_id=department_id).first()
    if row is None:
        raise NotFound(what="information system", key=system_id)
    return row
