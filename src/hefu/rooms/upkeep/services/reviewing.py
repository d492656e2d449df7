"""How the authority gives one word on many entries."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.refusal import InputsRejected, Refusal
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import Verdict
from hefu.rooms.evidence.services import record
from hefu.rooms.upkeep import terms
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.terms import Reviewed

#: Entries that one word can be given on.
MOST = 500


@transaction.atomic
def review_together(
    *, entry_ids: Sequence[UUID], verdict: Verdict, reasons: str = "", actor: Actor, clock: Clock
) -> list[Reviewed]:
    """Approve or return several entries and changes; one that refuses stays as it is and the others go on.

    Each is reviewed on its own, with its own record, clock and version. The whole leaves one record more.

    Raises:
        Forbidden: The actor does not review for the authority.
        InputsRejected: None or too many were chosen.
    """
    require(actor, "upkeep.review")
    chosen = list(dict.fromkeys(entry_ids))
    if not chosen:
        raise InputsRejected(problems={"pick": _("Choose at least one entry.")})
    if len(chosen) > MOST:
        raise InputsRejected(problems={"pick": _("Choose at most 500 entries at once.")})
    results = [_one(entry_id, verdict, reasons, actor=actor, clock=clock) for entry_id in chosen]
    done = [one for one in results if not one.refused]
    if done:
        record(
            terms.REVIEWED_TOGETHER,
            subject=f"review:{done[0].entry_id}",
            by=actor,
            at=clock.now(),
            basis=[terms.ART_16],
            body={
                "verdict": verdict.value,
                "done": len(done),
                "refused": len(results) - len(done),
                "digest": digest(sorted(str(one.entry_id) for one in done)),
            },
        )
    return results


def _one(entry_id: UUID, verdict: Verdict, reasons: str, *, actor: Actor, clock: Clock) -> Reviewed:
    name = str(entry_id)
    try:
        with transaction.atomic():
            name = catalog.entry(entry_id, viewer=actor).name
            catalog_services.review_entry(entry_id=entry_id, verdict=verdict, reasons=reasons, actor=actor, clock=clock)
    except Refusal as refusal:
        return Reviewed(entry_id, name, refusal)
    return Reviewed(entry_id, name)
