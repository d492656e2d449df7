"""Compares in a worker: calls the data plane, looks again where changes are on their way, reports."""

import logging
import time
from collections import Counter
from dataclasses import replace
from uuid import UUID

from hefu.dataplane.compare import compare
from hefu.dataplane.compared import Compared
from hefu.dataplane.control import Progress, StopWord
from hefu.dataplane.errors import Revoked
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.carry import salts_of, source_at
from hefu.rooms.deliveries.errors import Fault
from hefu.rooms.deliveries.services import Comparand
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.services.places import table_at
from hefu.rooms.deliveries.terms.comparing import LOOK_AGAIN, LOOKS
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import queries as grants
from hefu.rooms.resources import queries as resources

log = logging.getLogger(__name__)

#: Seconds between two looks whether the ticket is still in force.
LOOK_SECONDS = 0.5


def carry_comparison(comparison_id: UUID, *, clock: Clock) -> None:
    """Compare what was asked for. Safe to call twice."""
    comparand = services.take_comparison(comparison_id=comparison_id)
    if comparand is None:
        return
    found: Compared | Refusal
    try:
        found = _compared(comparand, clock)
    except Refusal as refusal:
        found = refusal
    except Exception as fault:
        log.exception("the comparison of %s ended by a fault", comparand.number)
        found = Fault(number=comparand.number, kind=type(fault).__name__)
    services.settle_comparison(comparison_id=comparison_id, found=found, clock=clock)


def _compared(comparand: Comparand, clock: Clock) -> Compared:
    """Compare; of a table that moves, only what differs in the same way at every look counts."""
    found = _look(comparand, clock)
    for _again in range(LOOKS - 1):
        if not comparand.moving or found.agrees:
            break
        time.sleep(LOOK_AGAIN.total_seconds())
        again = _look(comparand, clock)
        lasting = tuple(gap for gap in again.gaps if gap in {*found.gaps})
        counts = Counter(gap.kind for gap in lasting)
        found = replace(
            again,
            missing=counts["missing"],
            extra=counts["extra"],
            different=counts["different"],
            gaps=lasting,
        )
    return found


class _Watch:
    """Ends a comparison that somebody stops, or whose ticket is put out of force, while it runs."""

    def __init__(self, comparison_id: UUID, ticket_id: UUID) -> None:
        self._comparison_id, self._ticket_id, self._looked = comparison_id, ticket_id, time.monotonic()

    def progress(self, now: Progress) -> None:
        """Do nothing: a comparison tells nobody how far it is."""

    def stop_requested(self) -> StopWord | None:
        """Return why it is to end; looked at about twice a second."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return None
        self._looked = time.monotonic()
        if not grants.is_in_force(self._ticket_id):
            return "revoked"
        return "stopped" if services.comparison_stop_asked(comparison_id=self._comparison_id) else None


def _look(comparand: Comparand, clock: Clock) -> Compared:
    signed = grants.ticket(comparand.ticket_id)
    if not signed.in_force:  # revoked or replaced since it was asked for, or since the look before
        raise Revoked(rows=0)
    ticket = grants.read(signed.token)
    target = table_at(comparand.target_id, comparand.target_table, comparand.number)
    return compare(
        delivery=comparand.number,
        token=signed.token,
        keys=evidence.public_keys(KeyPurpose.TICKET),
        clock=clock,
        source=source_at(ticket, comparand.number, clock),
        target=target,
        salts=salts_of(ticket, comparand.consumer_code),
        mend=comparand.mends,
        watcher=_Watch(comparand.id, signed.id),
        policy=resources.address_policy(actor=WORKER),
    )
