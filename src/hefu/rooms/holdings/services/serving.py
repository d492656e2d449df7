"""A holding read in place of its source, when its department chose so."""

from django.db import transaction

from hefu.dataplane.lake.collecting import origin_of
from hefu.dataplane.lake.source import LakeSource
from hefu.dataplane.masks import Constant, Null
from hefu.dataplane.ticket import Ticket
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Forbidden
from hefu.rooms.holdings import terms
from hefu.rooms.holdings.models import Holding
from hefu.rooms.holdings.queries import table_of
from hefu.rooms.holdings.services.rows import record


@transaction.atomic
def stand_in(*, ticket: Ticket, delivery: str, actor: Actor, clock: Clock) -> LakeSource | None:
    """Return the version of a holding that a delivery reads instead of the source; None where it reads the source.

    It does when the holding's department chose so, and its newest version was collected from the very table that the
    ticket opens and has every column that the ticket needs.

    Args:
        ticket: What is delivered under.
        delivery: Number of the delivery, for the record.
        actor: The worker.
        clock: For the record.

    Raises:
        Forbidden: A person asks.
    """
    if not actor.is_system:
        raise Forbidden(action="holdings.stand_in")
    open_ones = Holding.objects.filter(closed_at__isnull=True, serves=True).select_related("department")
    found = open_ones.filter(entry__code=ticket.entry, department__credit_code=ticket.provider.credit_code).first()
    table = table_of(found.pk) if found else None
    version = table.latest() if table else None
    if found is None or table is None or version is None:
        return None
    held = {name for name, _of in version.columns}
    if version.origin != origin_of(ticket) or not _needed(ticket) <= held or not table.readable(version):
        return None
    record(
        terms.HOLDING_READ,
        found,
        actor=actor,
        clock=clock,
        version=version.number,
        rows=version.rows,
        form="delivery",
        reason=delivery,
    )
    return LakeSource(table, version, ticket.resource.kind, found.number)


def _needed(ticket: Ticket) -> set[str]:
    shown = {item.column for item in ticket.items if not isinstance(item.mask, Constant | Null)}
    return {*shown, *ticket.key, *ticket.columns_besides}
