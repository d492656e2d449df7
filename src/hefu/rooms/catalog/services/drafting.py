"""How a department writes its entries."""

from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.rooms.catalog import decide, terms
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.profiles import extension_fault
from hefu.rooms.catalog.rows import code_facts, content_of, next_codes, node_profile, tidy
from hefu.rooms.catalog.services._law import cancel_change_clocks, keeping_back
from hefu.rooms.catalog.services._locked import facts, locked
from hefu.rooms.catalog.services._writing import record_draft, write, write_draft
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import Content
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties


@transaction.atomic
def draft_entry(*, provider_id: UUID, content: Content, actor: Actor, clock: Clock) -> Entry:
    """Draft a new entry of a department and give it its code. A draft may be unfinished.

    Raises:
        Forbidden: The actor is neither officer nor chief of that department.
        NotFound: No such department.
        InputsRejected: Something has not the form it needs.
        SecretRefused, BasisNotEnough: The law does not let it be catalogued, or not so.
    """
    require(actor, "catalog.draft", provider_id)
    provider = parties.department(provider_id, viewer=actor)
    content = _checked(content, place=provider.place, clock=clock)
    (code,) = next_codes(code_facts(content, place=provider.place, credit_code=provider.credit_code))
    row = Entry(id=new_id(clock.now()), provider=provider, code=code)
    write(row, content, provider_name=provider.name, actor=actor, at=clock.now())
    record_draft(row, replaces=None, actor=actor, at=clock.now())
    return row


@transaction.atomic
def change_entry(*, entry_id: UUID, content: Content, actor: Actor, clock: Clock) -> Entry:
    """Rewrite a draft; of a published entry, draft the next version while the old one stays in force.

    Args:
        entry_id: An entry or a change.
        content: All that it is to say; items go on by their id, else by code, else by name.
        actor: Officer or chief of its department.
        clock: For its times.

    Returns:
        The row that was written: the draft itself, or the change of a published entry.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Another department's.
        NotWritable: In review, or withdrawn.
        InputsRejected, SecretRefused, BasisNotEnough: As `draft_entry`; also a new class of a published entry.
    """
    row = locked(entry_id, "catalog.rewrite", actor)
    content = _checked(content, place=row.provider.place, clock=clock)
    return write_draft(row, content, actor=actor, at=clock.now())


@transaction.atomic
def drop_draft(*, entry_id: UUID, actor: Actor, clock: Clock) -> None:
    """Throw a draft or a change away; what is published stays as it is.

    Raises:
        NotFound: No such draft that the actor may read.
        Forbidden: Another department's.
        NotWritable: In review, published or withdrawn.
    """
    row = locked(entry_id, "catalog.drop", actor)
    decide.rewrite(facts(row))
    record(
        terms.ENTRY_DROPPED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        concerns=[row.provider_id],
        body={"code": row.code, "digest": digest(to_json(content_of(row)))},
    )
    cancel_change_clocks(row, reason="dropped", actor=actor, clock=clock)
    row.delete()


def _checked(content: Content, *, place: str, clock: Clock) -> Content:
    decide.refuse_unlawful(content, keeping_back(content, place=place, on=clock.today()))
    problems = decide.faults(content)
    extras = extension_fault(node_profile(), content.extension)
    if extras:
        problems["extension"] = extras
    if problems:
        raise InputsRejected(problems=problems)
    return tidy(content)
