"""From where a delivery follows: where it stopped, or the table copied anew and the log from before the copy."""

import hashlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hefu.dataplane.capture.arrival import Arrival
from hefu.dataplane.capture.pgoutput import lsn_number
from hefu.dataplane.connectors.postgres.followed import Followed
from hefu.dataplane.connectors.postgres.replication import ensure_publication, make_slot, slot_position
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.plan import Plan, compile_plan
from hefu.dataplane.ticket import Ticket
from hefu.kernel.words import _


@dataclass(frozen=True)
class Beginning:
    """From where to follow, or what has to be copied before."""

    #: Where an earlier run stopped; None when the table is copied anew.
    stopped: Followed | None
    #: Place in the source's log from which the slot keeps everything; the copy comes after it.
    slot: str = ""
    #: Why the table is copied; empty when it is not.
    why: str = ""


def look(
    asking: Session,
    arrival: Arrival,
    delivery: str,
    ticket: Ticket,
    name: str,
    secrets: Mapping[str, str],
    facts: TableFacts,
    waiting: AbstractContextManager[None],
) -> Beginning:
    """Return from where to follow; where a copy is needed, the slot is there before it, `waiting` for it."""
    arrival.ensure()
    earlier = arrival.load(delivery)
    columns = arrival.columns()
    arrival.commit()
    plan = compile_plan(ticket, facts.columns, columns, secrets, landing=arrival.landing)
    wanted = _plan_digest(plan, secrets)
    stands = slot_position(asking, name)
    if earlier is None:
        why = "first"
    elif columns is None:
        why = _("the table is gone from the target")
    elif earlier.plan != wanted:
        why = _("the grant, or the columns of the source or the target, are not the same as before")
    elif stands is None or lsn_number(stands) > lsn_number(earlier.lsn):
        why = _("the source's server keeps the changes since the last run no more")
    else:
        return Beginning(earlier)
    arrival.require_keyable(plan)
    arrival.before_copy(plan)
    ensure_publication(asking, name, ticket.resource.schema, ticket.resource.table)
    if stands and earlier is None:
        return Beginning(None, stands, why)
    with waiting:
        begin = make_slot(asking, name)
    return Beginning(None, begin, why)


def settle(
    arrival: Arrival,
    delivery: str,
    ticket: Ticket,
    name: str,
    secrets: Mapping[str, str],
    facts: TableFacts,
    slot: str,
) -> Followed:
    """Write down that the copied table is followed from `slot` on."""
    columns = arrival.columns()
    arrival.commit()
    # A new table has the columns that the plan gave it; an old one the same as before.
    plan = compile_plan(ticket, facts.columns, columns, secrets, landing=arrival.landing)
    arrival.make_key(plan)
    now = Followed(str(ticket.id), _plan_digest(plan, secrets), name, slot)
    arrival.begin(delivery, now)
    arrival.commit()
    return now


def _plan_digest(plan: Plan, secrets: Mapping[str, str]) -> str:
    """Return a digest of what is delivered and how; columns that the grant does not read do not matter."""
    secret = hashlib.sha256(repr(sorted(secrets.items())).encode()).hexdigest()
    parts = (plan.outputs, plan.filter, plan.checks, plan.key, secret)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
