"""How a department writes its entries."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import decide, terms
from hefu.rooms.catalog.access import require
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of, fill, next_codes, tidy, write_items
from hefu.rooms.catalog.services.locked import facts, locked
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import Content, Status
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties

_BASIS: tuple[Citation, ...] = (terms.ART_13,)
CLASS_IS_FIXED = _("A published entry keeps its class, because its code is built on it.")


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
    content = _checked(content)
    row = Entry(id=new_id(clock.now()), provider=provider, code=next_codes(content.class_code)[0])
    _write(row, content, provider_name=provider.name, actor=actor, at=clock.now())
    _record_draft(row, replaces=None, actor=actor, at=clock.now())
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
    content = _checked(content)
    return write_draft(row, content, actor=actor, at=clock.now())


def write_draft(row: Entry, content: Content, *, actor: Actor, at: datetime) -> Entry:
    """Write `content` as the draft of a locked row, or as the change of a published one; return what was written.

    Raises:
        NotWritable: In review, or withdrawn.
        InputsRejected: A new class of a published entry.
    """
    if content.class_code != row.class_code and (row.is_change or row.status == Status.PUBLISHED):
        raise InputsRejected(problems={"class_code": CLASS_IS_FIXED})
    if row.status == Status.PUBLISHED:
        return _change_published(row, tidy(content), actor=actor, at=at)
    decide.rewrite(facts(row))
    if content.class_code != row.class_code:
        row.code = next_codes(content.class_code)[0]
    _rewrite(row, tidy(content), actor=actor, at=at)
    return row


def _change_published(entry: Entry, content: Content, *, actor: Actor, at: datetime) -> Entry:
    change = Entry.objects.select_for_update(of=("self",)).filter(changes_to=entry).first()
    if change:
        change.provider, change.changes_to = entry.provider, entry
        decide.rewrite(facts(change))
        _rewrite(change, content, actor=actor, at=at)
        return change
    change = Entry(id=new_id(at), provider=entry.provider, code=entry.code, version=entry.version, changes_to=entry)
    _write(change, content, provider_name=entry.provider.name, actor=actor, at=at)
    _record_draft(change, replaces=entry.version, actor=actor, at=at)
    return change


def _rewrite(row: Entry, content: Content, *, actor: Actor, at: datetime) -> None:
    before = content_of(row)
    _write(row, content, provider_name=row.provider.name, actor=actor, at=at)
    fields = sorted({one.field for one in decide.difference(before, content_of(row))})
    if fields:
        record(
            terms.ENTRY_CHANGED,
            subject=row.code,
            by=actor,
            at=at,
            basis=_BASIS,
            concerns=[row.provider_id],
            body={"code": row.code, "fields": fields, "digest": digest(to_json(content_of(row)))},
        )


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
    row.delete()


def _checked(content: Content) -> Content:
    decide.refuse_unlawful(content)
    problems = decide.faults(content)
    if problems:
        raise InputsRejected(problems=problems)
    return tidy(content)


def _write(row: Entry, content: Content, *, provider_name: str, actor: Actor, at: datetime) -> None:
    fill(row, content, provider_name=provider_name, at=at)
    row.author, row.author_name = actor.id, actor.name
    fresh = row._state.adding
    if fresh:
        row.drafted_at = at
    row.save(force_insert=fresh)
    write_items(row, content.items, at=at)


def _record_draft(row: Entry, *, replaces: int | None, actor: Actor, at: datetime) -> None:
    record(
        terms.ENTRY_DRAFTED,
        subject=row.code,
        by=actor,
        at=at,
        basis=_BASIS,
        concerns=[row.provider_id],
        body={
            "code": row.code,
            "provider": row.provider.credit_code,
            "replaces_version": replaces,
            "digest": digest(to_json(content_of(row))),
        },
    )
