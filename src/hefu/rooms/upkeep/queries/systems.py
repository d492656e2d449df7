"""Reads of which information system a scanned source belongs to."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hefu.kernel.actor import Actor, system
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.access import of_departments
from hefu.rooms.upkeep.models import Belonging, Proposal, SystemTie
from hefu.rooms.upkeep.terms.systems import LIKELY, Address, BelongingStatus, Clue, Fit, SourceSide, SystemSide

_PLATFORM = system("upkeep")


@dataclass(frozen=True)
class SystemProposed:
    """A system that a source may belong to."""

    system: Any
    fit: Fit


def belongings(*, viewer: Actor, status: BelongingStatus | None = None) -> QuerySet[Belonging]:
    """Return the scanned sources of the department with what is proposed as their system."""
    found = Belonging.objects.filter(of_departments(viewer, "source__department_id"), source__closed_at__isnull=True)
    if status:
        found = found.filter(status=status)
    return found.select_related("source__department", "source__system").order_by("source__name")


def belonging(source_id: UUID, *, viewer: Actor) -> Belonging | None:
    """Return what was found of one source; None before its first scan, or when the viewer may not read it."""
    return belongings(viewer=viewer).filter(pk=source_id).first()


def systems_proposed(row: Belonging, *, viewer: Actor) -> list[SystemProposed]:
    """Return the systems that fit a source and are still registered, likeliest first."""
    fits = [_fit(told) for told in row.fits]
    found = resources.registered_systems(viewer=viewer).filter(department_id=row.source.department_id)
    rows = {one.pk: one for one in found.filter(pk__in=[fit.system_id for fit in fits])}
    return [SystemProposed(rows[fit.system_id], fit) for fit in fits if fit.system_id in rows]


def likely_system(source_id: UUID, *, viewer: Actor) -> SystemProposed | None:
    """Return the system that is likely enough to be proposed first, while nobody has said which it is."""
    row = belongings(viewer=viewer, status=BelongingStatus.OPEN).filter(pk=source_id).first()
    found = systems_proposed(row, viewer=viewer) if row else []
    return found[0] if found and found[0].fit.confidence >= LIKELY else None


def suggested_system(source: Any) -> str:
    """Return what a system of a source that a viewer has read could be called."""
    return decide.suggested_name(source.name)


def fits_of(source: Any, tables: Iterable[str]) -> tuple[Fit, ...]:
    """Return how the systems of a source's department fit it, for the platform to keep.

    Args:
        source: A row of `resources`.
        tables: Names and comments of what it holds.
    """
    address = _address(source)
    places: dict[UUID, list[tuple[str, Address]]] = defaultdict(list)
    for other in resources.sources(viewer=_PLATFORM, department_id=source.department_id):
        if other.system_id and other.pk != source.pk:
            places[other.system_id].append((other.name, _address(other)))
    tied = _tied(source.pk)
    registered = resources.registered_systems(viewer=_PLATFORM).filter(department_id=source.department_id)
    sides = [
        SystemSide(row.pk, row.name, row.description, tuple(places[row.pk]), tied[row.pk], row.pk == source.system_id)
        for row in registered
    ]
    return decide.fits(SourceSide(source.name, address, tuple(tables)), sides)


def _tied(source_id: UUID) -> Counter[UUID]:
    """Return system → entries that are drafted from the source, or mounted on it, and tied to that system."""
    drafted = Proposal.objects.filter(source_id=source_id, entry__isnull=False).values_list("entry_id", flat=True)
    mounted = resources.mounts(viewer=_PLATFORM).filter(source_id=source_id).values_list("entry_id", flat=True)
    ties = SystemTie.objects.filter(entry_id__in={*drafted, *mounted})
    return Counter(ties.values_list("system_id", flat=True))


def _address(source: Any) -> Address:
    return Address(source.host.casefold(), source.port if source.host else 0, source.dbname, source.folder)


def _fit(told: dict[str, Any]) -> Fit:
    clues = tuple((Clue(clue), facts) for clue, facts in told["clues"])
    return Fit(UUID(told["system_id"]), told["confidence"], clues)
