"""What a case ends with: its clock closed, the decision kept, the time to deliver begun, everybody told."""

from collections.abc import Sequence

from hefu.dataplane import wire
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.events import announce
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.requests import decide, terms
from hefu.rooms.requests.models import AccessRequest, Decision
from hefu.rooms.requests.services._case import masked, today_at, write_down
from hefu.rooms.requests.services._telling import tell
from hefu.rooms.requests.terms import (
    AGREED,
    ANSWER_RULES,
    DELIVERY_RULE,
    STATUS_NAMES,
    NoticeKind,
    RequestGranted,
    RequestRefused,
    Settled,
    Side,
    Status,
)


def conclude(
    row: AccessRequest, settled: Settled, *, sides: Sequence[Side], basis: list[Citation], actor: Actor, clock: Clock
) -> Decision:
    """Answer the case: close its clock, keep the decision, start the time to deliver, tell the consumer.

    Called with the case locked, once it is settled.
    """
    due_on, today = None, today_at(row, clock)
    for rule in ANSWER_RULES.values():
        met = clocks.meet(subject=row.number, rule=rule, actor=actor, clock=clock)
        if met:
            due_on, basis = met.due_on, [*basis, *met.in_force.citations]
    cited = list(dict.fromkeys(basis))
    row.status = decide.move(row.facts, settled.status)
    row.closed_at = row.changed_at = clock.now()
    row.save(update_fields=["status", "closed_at", "changed_at"])
    decision = Decision.objects.create(
        id=new_id(clock.now()),
        request=row,
        status=settled.status,
        sides=list(sides),
        items=wire.to_json(settled.items),
        rows=wire.to_json(settled.rows),
        ground=settled.ground,
        document=wire.to_json(settled.document) if settled.document else None,
        reason=settled.reason,
        basis=[citation.as_json() for citation in cited],
        decided_at=clock.now(),
        decided_on=today,
        due_on=due_on,
    )
    body = {
        "status": settled.status,
        "by": [str(side) for side in sides] or ["platform"],
        "items": [item.code for item in settled.items],
        "masked": masked(settled.items),
        "row_conditions": len(settled.rows.conditions),
        "rows": digest(decision.rows),
        "ground": settled.ground,
        "document": decision.document,
        "reason": digest(settled.reason),
        "decided_on": today,
        "due_on": due_on,
    }
    write_down(terms.REQUEST_DECIDED, row, body, by=actor, clock=clock, basis=cited)
    if settled.status in AGREED:
        _start_delivery(row, actor=actor, clock=clock)
    tell(row, row.consumer_id, NoticeKind.DECIDED, clock=clock, status=STATUS_NAMES[settled.status])
    _announce(row, settled, cited, clock=clock)
    return decision


def _start_delivery(row: AccessRequest, *, actor: Actor, clock: Clock) -> None:
    rules, agreed_on = clock_queries.rules_at(row.place), today_at(row, clock)
    if not rules.has(DELIVERY_RULE, on=agreed_on):
        return
    clocks.start(
        subject=row.number,
        deadline=rules.period(DELIVERY_RULE, on=agreed_on).count_from(agreed_on),
        place=row.place,
        responsible_id=row.provider_id,
        concerns=[row.consumer_id],
        actor=actor,
        clock=clock,
    )


def _announce(row: AccessRequest, settled: Settled, basis: list[Citation], *, clock: Clock) -> None:
    if settled.status is Status.REFUSED:
        announce(
            RequestRefused(row.number, row.consumer_id, row.provider_id, row.entry_id, settled.ground, clock.now())
        )
        return
    assert row.term_from is not None  # noqa: S101 - nothing is received without a term
    assert row.term_until is not None  # noqa: S101
    announce(
        RequestGranted(
            number=row.number,
            consumer_id=row.consumer_id,
            provider_id=row.provider_id,
            entry_id=row.entry_id,
            entry_code=row.entry_code,
            entry_name=row.entry_name,
            entry_version=row.entry_version,
            items=settled.items,
            rows=settled.rows,
            channel=Channel(row.channel),
            target_id=row.target_id,
            purpose=row.purpose,
            term_from=row.term_from,
            term_until=row.term_until,
            decided_at=clock.now(),
            basis=tuple(basis),
        )
    )
