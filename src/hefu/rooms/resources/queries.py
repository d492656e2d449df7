"""Reads of systems, places and mounts, scoped to the viewer. Nothing here returns a secret."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from hefu.dataplane import sides, wire
from hefu.dataplane.checks import Check
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.load import Load
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.errors import TicketRefused
from hefu.kernel.actor import Actor
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.resources import decide, errors, looking, reaching
from hefu.rooms.resources.access import may, require, visible_places, visible_systems
from hefu.rooms.resources.looking import TableListed, TableSeen
from hefu.rooms.resources.models import Allowance, Resource, Source, System, Target
from hefu.rooms.resources.reaching import Reached
from hefu.rooms.resources.terms import Agreement, ItemSide, PlaceKind

Row = TypeVar("Row", bound=Model)


def systems(*, viewer: Actor, search: str = "") -> QuerySet[System]:
    """Return the information systems that `viewer` may see, with how many entries each carries."""
    found = System.objects.filter(visible_systems(viewer), name__icontains=search).select_related("department")
    carried = Count("resources", filter=Q(resources__unmounted_at__isnull=True))
    return found.annotate(entries=carried).order_by("department__name", "name")


def registered_systems(*, viewer: Actor) -> QuerySet[System]:
    """Return the information systems that `viewer` may see, uncounted and in no order: for counting over many."""
    return System.objects.filter(visible_systems(viewer)).order_by()


def sources(*, viewer: Actor, department_id: UUID | None = None, search: str = "") -> QuerySet[Source]:
    """Return the open sources that `viewer` may see, with how many entries each carries."""
    found = Source.objects.filter(visible_places(viewer), closed_at__isnull=True, name__icontains=search)
    if department_id:
        found = found.filter(department_id=department_id)
    carried = Count("resources", filter=Q(resources__unmounted_at__isnull=True))
    found = found.select_related("department", "system").annotate(entries=carried)
    return found.order_by("department__name", "name")


def targets(*, viewer: Actor, department_id: UUID | None = None, search: str = "") -> QuerySet[Target]:
    """Return the open targets that `viewer` may see."""
    found = Target.objects.filter(visible_places(viewer), closed_at__isnull=True, name__icontains=search)
    if department_id:
        found = found.filter(department_id=department_id)
    return found.select_related("department").order_by("department__name", "name")


def source(source_id: UUID | str, *, viewer: Actor) -> Source:
    """Return one source.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    found = _by_id(Source.objects.filter(visible_places(viewer)).select_related("department", "system"), source_id)
    if found is None:
        raise NotFound(what="source", key=source_id)
    return found


def library_source(library_id: UUID, *, viewer: Actor) -> Source | None:
    """Return the open source that a library of the node's lake is read as; None before it is catalogued."""
    rows = Source.objects.filter(visible_places(viewer), kind=PlaceKind.LAKE, closed_at__isnull=True)
    return rows.filter(folder=str(library_id)).select_related("department", "system").first()


def library_of(source_id: UUID | str, *, viewer: Actor) -> UUID | None:
    """Return which library of the node's lake a source is; None for any other source.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    row = source(source_id, viewer=viewer)
    return UUID(row.folder) if row.kind == PlaceKind.LAKE else None


def target(target_id: UUID | str, *, viewer: Actor) -> Target:
    """Return one target.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    found = _by_id(Target.objects.filter(visible_places(viewer)).select_related("department"), target_id)
    if found is None:
        raise NotFound(what="target", key=target_id)
    return found


def allowances(*, viewer: Actor) -> QuerySet[Allowance]:
    """Return what operators allowed connectors to reach.

    Raises:
        Forbidden: Neither the operator, the security administrator nor the auditor.
    """
    require(viewer, "resources.see_allowances")
    return Allowance.objects.all()


def resource_for_entry(entry_id: UUID, *, viewer: Actor) -> Resource | None:
    """Return what an entry is mounted on, or None when it is not or the viewer may not see it."""
    rows = Resource.objects.select_related("source", "source__department", "system", "entry")
    found = rows.filter(entry_id=entry_id, unmounted_at__isnull=True).first()
    return found if found and may(viewer, "resources.compare", found.source.department_id) else None


def mounted(entry_ids: Iterable[UUID], *, viewer: Actor) -> set[UUID]:
    """Return which of the entries are mounted on something; everybody may know that, not on what."""
    del viewer
    rows = Resource.objects.filter(entry_id__in=list(entry_ids), unmounted_at__isnull=True)
    return set(rows.values_list("entry_id", flat=True))


def mounts(*, viewer: Actor) -> QuerySet[Resource]:
    """Return what is mounted now, for counting and joining; that an entry is mounted everybody may know.

    What it is mounted on is told by `resource_for_entry` alone.
    """
    del viewer
    return Resource.objects.filter(unmounted_at__isnull=True).order_by()


def checks_of(resource: Resource) -> tuple[Check, ...]:
    """Return what rows of the resource must fulfil, as the data plane reads it."""
    return tuple(wire.from_json(rule, Check) for rule in resource.rules)  # type: ignore[arg-type]


def read_rules(told: Any) -> tuple[Check, ...]:
    """Return rules that came as JSON from a form, a file or a program.

    Raises:
        RulesRefused: Something in it is no rule of the data plane.
    """
    try:
        return wire.from_json(told, tuple[Check, ...])
    except TicketRefused as refusal:
        raise errors.RulesRefused(reason=refusal.facts["detail"]) from None


def columns_of(resource: Resource) -> dict[UUID, str]:
    """Return item → column of a resource."""
    return {UUID(item): column for item, column in resource.columns.items()}


def tables(source_id: UUID | str, *, viewer: Actor) -> tuple[TableListed, ...]:
    """Look what tables or files a source offers now.

    Raises:
        NotFound: No such source that the viewer may see.
        Forbidden: Seen, but not to be looked into: the system administrator runs it, its department reads it.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: It cannot be reached, and why.
    """
    row = source(source_id, viewer=viewer)
    require(viewer, "resources.look_inside", row.department_id)
    return looking.tables(row)


def load(source_id: UUID | str, *, viewer: Actor) -> Load | None:
    """Look how busy a source's server is; None for files and interfaces, which have none that tells.

    Raises:
        NotFound, Forbidden, AddressNotAllowed, NoSecret, DataPlaneRefusal: As `tables`.
    """
    row = source(source_id, viewer=viewer)
    require(viewer, "resources.look_inside", row.department_id)
    return looking.load(row)


def table(source_id: UUID | str, schema: str, name: str, *, viewer: Actor) -> TableSeen:
    """Look what one table or file of a source looks like now.

    Raises:
        NotFound, Forbidden, AddressNotAllowed, NoSecret, DataPlaneRefusal: As `tables`.
        NoSuchTable: It is not there.
    """
    row = source(source_id, viewer=viewer)
    require(viewer, "resources.look_inside", row.department_id)
    return looking.table(row, schema, name)


def profile(source_id: UUID | str, schema: str, name: str, *, viewer: Actor) -> tuple[ColumnProfile, ...]:
    """Return counts over one table or file of a source, from which nobody learns a value.

    Raises:
        NotFound, Forbidden, AddressNotAllowed, NoSecret, DataPlaneRefusal: As `tables`.
        NoSuchTable: It is not there.
    """
    row = source(source_id, viewer=viewer)
    require(viewer, "resources.look_inside", row.department_id)
    return looking.profile(row, schema, name)


def proposed_columns(
    entry_id: UUID, source_id: UUID | str, schema: str, name: str, *, viewer: Actor
) -> dict[UUID, str]:
    """Return item → column by name, for a person to confirm before mounting.

    Raises:
        NotFound, Forbidden, AddressNotAllowed, NoSecret, DataPlaneRefusal, NoSuchTable: As `table`.
    """
    seen = table(source_id, schema, name, viewer=viewer)
    return decide.propose_columns(items_of(entry_id, viewer=viewer), seen.columns)


def items_of(entry_id: UUID, *, viewer: Actor) -> list[ItemSide]:
    """Return an entry's items as a comparison sees them.

    Raises:
        NotFound: No such entry that the viewer may read.
    """
    entry = catalog.entry(entry_id, viewer=viewer)
    return [ItemSide(item.pk, item.name, item.code, item.type) for item in catalog.items_of(entry)]


def compare(entry_id: UUID, *, viewer: Actor) -> tuple[Agreement, ...]:
    """Compare an entry's items with its table as it is now.

    Raises:
        NotFound: No such entry that the viewer may read.
        Forbidden: Neither its department nor the authority's reviewer.
        NotMounted: There is nothing to compare with.
        NoSuchTable: The table is gone.
        AddressNotAllowed, NoSecret, DataPlaneRefusal: The source cannot be reached, and why.
    """
    entry = catalog.entry(entry_id, viewer=viewer)
    require(viewer, "resources.compare", entry.provider_id)
    resource = resource_for_entry(entry.pk, viewer=viewer)
    if resource is None:
        raise errors.NotMounted(entry=entry.code)
    seen = looking.table(resource.source, resource.schema, resource.table)
    return decide.compare(items_of(entry.pk, viewer=viewer), seen.columns, columns_of(resource))


def connection_for(source_id: UUID, *, actor: Actor) -> Reached:
    """Return how to reach a source, secret inside: for the worker alone.

    Raises:
        Forbidden: A person asks.
        NotFound: No such source.
        NoSecret, AddressNotAllowed, SealBroken: It cannot be used, and why.
    """
    return _reached(source, source_id, actor)


def side_for(source_id: UUID, *, actor: Actor) -> sides.Source:
    """Return a source as the data plane reads it, secret inside: for the worker alone.

    Raises:
        Forbidden, NotFound, NoSecret, AddressNotAllowed, SealBroken: As `connection_for`.
    """
    _only_the_platform(actor)
    return reaching.side_of(source(source_id, viewer=actor))


def target_connection_for(target_id: UUID, *, actor: Actor) -> Reached:
    """Return how to reach a target, secret inside: for the worker alone.

    Raises:
        Forbidden, NotFound, NoSecret, AddressNotAllowed, SealBroken: As `connection_for`.
    """
    return _reached(target, target_id, actor)


def address_policy(*, actor: Actor) -> AddressPolicy:
    """Return what the data plane asks before it connects anywhere; for the worker.

    Raises:
        Forbidden: A person asks.
    """
    _only_the_platform(actor)
    return reaching.address_policy()


def site_policy(*, actor: Actor) -> AddressPolicy:
    """Return what is asked before a web site is read whose address a person typed; for the worker.

    Raises:
        Forbidden: A person asks.
    """
    _only_the_platform(actor)
    return reaching.site_policy()


def _reached(find: Callable[..., Source | Target], place_id: UUID, actor: Actor) -> Reached:
    _only_the_platform(actor)
    row = find(place_id, viewer=actor)
    return reaching.reached(row)


def _only_the_platform(actor: Actor) -> None:
    if not actor.is_system:
        raise Forbidden(action="resources.connect")


def _by_id(rows: QuerySet[Row], key: UUID | str) -> Row | None:
    try:
        return rows.filter(pk=UUID(str(key))).first()
    except ValueError:
        return None
