"""How the consumer uses what it was granted, as the law has it told and kept."""

from collections.abc import Mapping

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.grants import terms
from hefu.rooms.grants.models import UseRecord
from hefu.rooms.grants.services.rows import load, write_down


@transaction.atomic
def record_use(*, number: str, told: Mapping[str, str], actor: Actor, clock: Clock) -> UseRecord:
    """Keep what the consumer tells of its use of granted data: all that the law of its place wants told.

    Args:
        number: Of the grant, in force or over.
        told: Id of the packs' `use.record_must_state` → text.
        actor: Somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        InputsRejected: Something that the law wants told is missing; all of it is named.
        NoRuleInForce: The law of the place asks for no record on that day.

    Source: decree 809 art. 29; rules `use.record_must_state`, `records.retention`.
    """
    grant, _side = load(number, "grants.record_use", actor)
    rules = clock_queries.rules_at(grant.consumer.place)
    today = clock.today(rules.zone)
    asked = rules.listing(terms.USE_RULE, on=today)
    kept = {item: told.get(item, "").strip() for item in asked.ids}
    problems = {item: _("This is needed.") for item, text in kept.items() if not text}
    if problems:
        raise InputsRejected(problems=problems, citation=asked.source)
    keeping = rules.period(terms.RETENTION_RULE, on=today).count_from(today)
    row = UseRecord.objects.create(
        id=new_id(clock.now()),
        grant=grant,
        told=kept,
        recorded_at=clock.now(),
        by=actor.id,
        by_name=actor.name,
        kept_until=keeping.due_on,
    )
    write_down(
        terms.USE_RECORDED,
        grant,
        actor=actor,
        clock=clock,
        basis=[asked.source],
        told=list(kept),
        digest=digest(kept),
        kept_until=row.kept_until,
    )
    return row
