"""How a department says which information system a scanned source belongs to."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.rooms.evidence.services import record
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep import queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Belonging, Proposal
from hefu.rooms.upkeep.services.tying import tie_system, untie_system
from hefu.rooms.upkeep.terms import ART_17
from hefu.rooms.upkeep.terms.systems import SOURCE_WITHOUT_SYSTEM, SYSTEM_CHOSEN, BelongingStatus


@transaction.atomic
def propose_system(*, source_id: UUID, tables: Iterable[str], actor: Actor, clock: Clock) -> Belonging:
    """Keep which systems a source fits; what somebody has said of it stays.

    Args:
        source_id: The source that was scanned.
        tables: Names and comments of what it holds.
        actor: The platform.
        clock: For its times.

    Raises:
        Forbidden: Only the platform proposes.
        NotFound: No such source.
    """
    require(actor, "upkeep.run_scan")
    source = resources.source(source_id, viewer=actor)
    row = Belonging.objects.select_for_update().filter(pk=source.pk).first()
    if row is None:
        row = Belonging(source_id=source.pk)
        row.status = (BelongingStatus.CHOSEN if source.system_id else BelongingStatus.OPEN).value
    row.fits = [
        {"system_id": str(fit.system_id), "confidence": fit.confidence, "clues": [list(clue) for clue in fit.clues]}
        for fit in queries.fits_of(source, tables)
    ]
    row.found_at = clock.now()
    row.save()
    return row


@transaction.atomic
def choose_system(*, source_id: UUID, system_id: UUID, actor: Actor, clock: Clock) -> Belonging:
    """Say to which registered system a source belongs; what was drafted from it, or is mounted on it, is tied.

    Where another was chosen before, its entries follow; those that somebody drafted for a third system stay there.

    Raises:
        NotFound: No such source that the actor may see, or no such system of its department.
        Forbidden: Another department's.
    """
    return _choose(source_id, system_id, actor, clock, registered=False)


@transaction.atomic
def choose_new_system(
    *, source_id: UUID, name: str, network: Network, description: str = "", actor: Actor, clock: Clock
) -> Belonging:
    """Register the system that a source belongs to, and tie to it as `choose_system` does, in one step.

    Raises:
        NotFound: No such source that the actor may see.
        Forbidden: Another department's.
        InputsRejected, NameTaken: As `resources.services.register_system`.
    """
    source = _source(source_id, actor)
    made = resource_services.register_system(
        department_id=source.department_id,
        name=name,
        network=network,
        description=description,
        actor=actor,
        clock=clock,
    )
    return _choose(source_id, made.pk, actor, clock, registered=True)


@transaction.atomic
def leave_without_system(*, source_id: UUID, actor: Actor, clock: Clock) -> Belonging:
    """Say that a source belongs to no system; entries that are tied to one stay tied.

    Raises:
        NotFound: No such source that the actor may see.
        Forbidden: Another department's.
    """
    source = _source(source_id, actor)
    resource_services.assign_system(source_id=source.pk, system_id=None, actor=actor, clock=clock)
    row = _settled(source.pk, BelongingStatus.LEFT_OUT, actor, clock)
    record(
        SOURCE_WITHOUT_SYSTEM,
        subject=f"source:{source.pk}",
        by=actor,
        at=clock.now(),
        basis=[ART_17],
        concerns=[source.department_id],
        body={"source": str(source.pk)},
    )
    return row


def _choose(source_id: UUID, system_id: UUID, actor: Actor, clock: Clock, *, registered: bool) -> Belonging:
    source = _source(source_id, actor)
    row = _settled(source.pk, BelongingStatus.CHOSEN, actor, clock)
    before = source.system_id
    resource_services.assign_system(source_id=source.pk, system_id=system_id, actor=actor, clock=clock)
    drafted = Proposal.objects.filter(source_id=source.pk, entry__isnull=False)
    if before and before != system_id:
        for entry_id in list(drafted.filter(entry__system_ties__system_id=before).values_list("entry_id", flat=True)):
            untie_system(entry_id=entry_id, system_id=before, actor=actor, clock=clock)
    for entry_id in list(drafted.filter(entry__system_ties__isnull=True).values_list("entry_id", flat=True)):
        tie_system(entry_id=entry_id, system_id=system_id, actor=actor, clock=clock)
    told: dict[str, int] = {one["system_id"]: one["confidence"] for one in row.fits}
    body: dict[str, Any] = {
        "source": str(source.pk),
        "system": str(system_id),
        "confidence": told.get(str(system_id), 0),
        "registered": registered,
        "entries": drafted.filter(entry__system_ties__system_id=system_id).count(),
    }
    record(
        SYSTEM_CHOSEN,
        subject=f"source:{source.pk}",
        by=actor,
        at=clock.now(),
        basis=[ART_17],
        concerns=[source.department_id],
        body=body,
    )
    return row


def _source(source_id: UUID, actor: Actor) -> Any:
    source = resources.source(source_id, viewer=actor)
    require(actor, "upkeep.scan", source.department_id)
    return source


def _settled(source_id: UUID, status: BelongingStatus, actor: Actor, clock: Clock) -> Belonging:
    Belonging.objects.get_or_create(source_id=source_id, defaults={"found_at": clock.now()})
    row = Belonging.objects.select_for_update().get(pk=source_id)
    row.status, row.settled_by, row.settled_at = status.value, actor.id, clock.now()
    row.save(update_fields=["status", "settled_by", "settled_at"])
    return row
