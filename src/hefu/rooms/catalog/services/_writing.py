"""How services of the catalogue write drafts and changes; access was allowed before."""

from datetime import datetime

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import decide, terms
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import code_facts, content_of, fill, next_codes, stem, tidy, write_items
from hefu.rooms.catalog.services._locked import facts
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import Content, Status
from hefu.rooms.evidence.services import record

_BASIS: tuple[Citation, ...] = (terms.ART_13,)
CLASS_IS_FIXED = _("A published entry keeps its class, because its code is built on it.")


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
    before, after = (
        code_facts(one, place=row.provider.place, credit_code=row.provider.credit_code)
        for one in (content_of(row), content)
    )
    if not row.is_change and not row.version and stem(before) != stem(after):
        row.code = next_codes(after)[0]
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
    write(change, content, provider_name=entry.provider.name, actor=actor, at=at)
    record_draft(change, replaces=entry.version, actor=actor, at=at)
    return change


def _rewrite(row: Entry, content: Content, *, actor: Actor, at: datetime) -> None:
    before = content_of(row)
    write(row, content, provider_name=row.provider.name, actor=actor, at=at)
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


def write(row: Entry, content: Content, *, provider_name: str, actor: Actor, at: datetime) -> None:
    """Put checked and tidied `content` on a row and save it with its items."""
    fill(row, content, provider_name=provider_name, at=at)
    row.author, row.author_name = actor.id, actor.name
    fresh = row._state.adding
    if fresh:
        row.drafted_at = at
    row.save(force_insert=fresh)
    write_items(row, content.items, at=at)


def record_draft(row: Entry, *, replaces: int | None, actor: Actor, at: datetime) -> None:
    """Record that a draft, or the change of version `replaces`, was begun."""
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
