"""What every service of the room does with a row: load, need a reason, write down."""

from collections.abc import Sequence
from typing import Any

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants import terms
from hefu.rooms.grants.access import require, visible
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import Side


def load(number: str, action: str, actor: Actor) -> tuple[Grant, Side]:
    """Return the grant, locked, and the side from which the actor may do `action` on it.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
    """
    grant = (
        Grant.objects.select_for_update(of=("self",))
        .select_related("consumer", "provider")
        .filter(visible(actor), number=number)
        .first()
    )
    if grant is None:
        raise NotFound(what="grant", key=number)
    return grant, require(actor, action, consumer_id=grant.consumer_id, provider_id=grant.provider_id)


def need_reason(reason: str) -> None:
    """Refuse to do without a reason.

    Raises:
        InputsRejected: It is empty.
    """
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})


def write_down(
    kind: Kind, grant: Grant, *, actor: Actor, clock: Clock, basis: Sequence[Citation] = (), **body: Any
) -> None:
    """Record evidence about the grant for both sides; an issued one rests on what its decision rested on."""
    record(
        kind,
        subject=grant.number,
        by=actor,
        at=clock.now(),
        basis=[Citation(**citation) for citation in grant.basis] if kind is terms.GRANT_ISSUED else basis,
        concerns=[grant.consumer_id, grant.provider_id],
        body={"status": grant.status, **body},
    )
