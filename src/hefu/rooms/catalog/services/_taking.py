"""Writing the entries of a foreign catalogue: new ones by COPY, changed ones one by one, bad ones to quarantine."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from hefu.kernel.actor import Actor
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.rooms.catalog import decide, terms
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.rows import Group
from hefu.rooms.catalog.importing.terms import Reason, Settled
from hefu.rooms.catalog.models import BadRow, Entry, EntryVersion, ImportBatch
from hefu.rooms.catalog.profiles import CodeFacts
from hefu.rooms.catalog.rows import (
    code_facts,
    columns_of,
    content_of,
    fill,
    item_row,
    next_codes,
    stem,
    tidy,
    write_items,
)
from hefu.rooms.catalog.services._bulk import copy_in
from hefu.rooms.catalog.services._overlaying import overlaid
from hefu.rooms.catalog.services._sorting import Row, Sorted, as_json, digest_of
from hefu.rooms.catalog.services._versions import announce_version, freeze
from hefu.rooms.catalog.services._writing import write_draft
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.evidence.services import record

#: Entries written by one statement, and by one transaction of a long import.
AT_ONCE = 1000


@dataclass
class Taking:
    """Rows of one batch on their way in."""

    batch: ImportBatch
    actor: Actor
    at: datetime
    #: Code → version and content digest of the entries written by this process.
    written: dict[str, tuple[int, str]] = field(default_factory=dict)

    def write(self, rows: Sequence[Row], *, changed: bool) -> list[Entry]:
        """Write up to a thousand entries, all new or all changed, and count them on the batch."""
        entries = self._change(rows) if changed else self._take(rows)
        counted = "changed" if changed else "taken"
        ImportBatch.objects.filter(pk=self.batch.pk).update(**{counted: F(counted) + len(rows)})
        setattr(self.batch, counted, getattr(self.batch, counted) + len(rows))
        return entries

    def _take(self, rows: Sequence[Row]) -> list[Entry]:
        entries, items, versions = [], [], []
        for row, code in zip(rows, _codes(rows), strict=True):
            content = tidy(row.reading.content)
            said = columns_of(content, provider_name=row.provider.name, at=self.at)
            entry = _unsaved(said | {"id": new_id(self.at), "code": code, "provider_id": row.provider.id})
            self._mark(entry, row)
            own = [item_row(entry, place, item, at=self.at) for place, item in enumerate(content.items)]
            if own:
                paired = zip(content.items, own, strict=True)
                kept = tuple(dataclasses.replace(item, id=made.pk) for item, made in paired)
                content = dataclasses.replace(content, items=kept)
            entries.append(entry)
            items += own
            if self.batch.published:
                self._carry_over(entry)
            frozen = freeze(entry, content, approved_name=self.actor.name, at=self.at, batch=self.batch)
            if self.batch.published:
                versions.append(frozen)
            self.written[entry.code] = (entry.version, frozen.digest)
        copy_in(entries)
        copy_in(items)
        copy_in(versions)
        for entry in entries if self.batch.published else ():
            announce_version(entry, was=None, at=self.at)
        return entries

    def _change(self, rows: Sequence[Row]) -> list[Entry]:
        """Write what the file says anew over what entries say, one by one: changes are few."""
        locked = Entry.objects.select_for_update(of=("self",)).select_related("provider")
        found = locked.in_bulk([row.entry_id for row in rows if row.entry_id])
        made = []
        for row in rows:
            assert row.entry_id is not None  # noqa: S101 - only what the catalogue has is changed
            entry = found[row.entry_id]
            content = overlaid(content_of(entry), row.reading, coded=entry.code)
            if not self.batch.published:
                self._mark(entry, row)
                entry.save(update_fields=["import_digest", "import_batch", "original", "more"])
                write_draft(entry, content, actor=self.actor, at=self.at)
            else:
                was = ShareType(entry.share_type) if entry.version else None
                fill(entry, tidy(content), provider_name=entry.provider.name, at=self.at)
                self._mark(entry, row)
                self._carry_over(entry)
                entry.save()
                write_items(entry, tidy(content).items, at=self.at)
                content = content_of(entry)
                version = freeze(entry, content, approved_name=self.actor.name, at=self.at, batch=self.batch)
                version.save(force_insert=True)
                announce_version(entry, was=was, at=self.at)
            self.written[entry.code] = (entry.version, digest(to_json(content)))
            made.append(entry)
        return made

    def _mark(self, entry: Entry, row: Row) -> None:
        entry.author, entry.author_name = self.actor.id, self.actor.name
        entry.import_key, entry.import_digest, entry.import_batch_id = row.key, row.digest, self.batch.pk
        entry.original = as_json(row.reading.group.original)
        entry.more = {**(entry.more or {}), **row.reading.more}
        if entry._state.adding:
            entry.drafted_at = self.at

    def _carry_over(self, entry: Entry) -> None:
        entry.status, entry.version = Status.PUBLISHED, entry.version + 1
        entry.carried_over, entry.published_at = True, self.at
        entry.reviewed_by, entry.reviewed_name, entry.reviewed_at = self.actor.id, self.actor.name, self.at

    def digest(self) -> str:
        """Return the digest over code, version and content of every entry of the batch, in the order of codes."""
        return digest([[code, version, said] for code, version, said in sorted(self._lines())])

    def _lines(self) -> Iterator[tuple[str, int, str]]:
        for code, (version, said) in self.written.items():
            yield code, version, said
        # What another process wrote before this one took the import up.
        if self.batch.published:
            versions = EntryVersion.objects.filter(batch=self.batch).order_by()
            for code, version, said in versions.values_list("entry__code", "number", "digest").iterator():
                if code not in self.written:
                    yield code, version, said
            return
        known = Entry.objects.filter(import_batch=self.batch, changes_to__isnull=True).order_by()
        before = [pk for pk, code in known.values_list("pk", "code").iterator() if code not in self.written]
        for some in chunks(before):
            for entry in Entry.objects.filter(pk__in=some).prefetch_related("items"):
                yield entry.code, entry.version, digest(to_json(content_of(entry)))


def open_batch(batch: ImportBatch, found: Sorted, *, at: datetime) -> None:
    """Save a batch with what is known before anything is written, and keep its bad rows."""
    batch.unchanged, batch.repeated, batch.refused = found.unchanged, found.repeated, len(found.bad)
    batch.taken = batch.changed = 0
    batch.notes = dict(found.notes)
    batch.gone = [entry.pk for entry in no_longer_named(batch.source, found) if entry.status == Status.PUBLISHED]
    batch.save(force_insert=True)
    keep_bad(batch, found.bad, at=at)


def no_longer_named(source: str, found: Sorted) -> list[Entry]:
    """Return what earlier files of the source brought and this one does not name, in the order of their names.

    A row that went to quarantine names its entry all the same: by the name, for nothing else of it is read.
    """
    if not source:
        return []
    waiting = {decide.folded(str(group.cells.get(Field.NAME) or "")) for group, _reasons in found.bad}
    brought = Entry.objects.filter(
        import_batch__source=source, changes_to__isnull=True, withdrawn_at__isnull=True
    ).only("code", "name", "status", "import_key")
    return [
        entry
        for entry in brought.order_by("name", "code")
        if entry.pk not in found.ids and entry.import_key not in found.keys and decide.folded(entry.name) not in waiting
    ]


def keep_bad(batch: ImportBatch, bad: Sequence[tuple[Group, tuple[Reason, ...]]], *, at: datetime) -> None:
    """Put rows into quarantine; where the same row waits there from an earlier file, that one is settled."""
    rows = [
        BadRow(
            batch=batch,
            row=group.row,
            reasons=[reason.as_json() for reason in reasons],
            original=as_json(group.original),
            rest=[as_json(one) for one in group.rest],
            digest=digest_of(group),
        )
        for group, reasons in bad
    ]
    waiting = BadRow.objects.filter(settled="", batch__source=batch.source).exclude(digest="")
    waiting.filter(digest__in={row.digest for row in rows}).update(
        settled=Settled.REPEATED.value, settled_at=at, settled_by=batch.by
    )
    BadRow.objects.bulk_create(rows, batch_size=1000)


def close_batch(taking: Taking) -> None:
    """Put a batch on record.

    One entry of evidence for the whole batch: it is one act of one person, and `entries_digest`
    commits to every entry's content, which the versions keep. A leaf for each of 100,000 entries
    would make the log longer and prove nothing more.
    """
    batch = taking.batch
    batch.entries_digest = taking.digest()
    batch.save(update_fields=["entries_digest"])
    record(
        terms.CATALOG_IMPORTED,
        subject=f"import:{batch.pk}",
        by=taking.actor,
        at=taking.at,
        basis=[terms.ART_16] if batch.published else [terms.ART_13],
        body={
            "batch": str(batch.pk),
            "file_digest": batch.file_digest,
            "published": batch.published,
            "taken": batch.taken,
            "changed": batch.changed,
            "unchanged": batch.unchanged,
            "refused": batch.refused,
            "entries_digest": batch.entries_digest,
        },
    )


def unknown_providers(bad: Sequence[tuple[Group, tuple[Reason, ...]]]) -> dict[str, int]:
    """Return name as the file writes it → rows that wait for its registration, most first."""
    waiting = ("provider_unknown", "provider_ambiguous")
    found = Counter(reason.facts["provider"] for _group, reasons in bad for reason in reasons if reason.code in waiting)
    return dict(found.most_common())


def _codes(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the next code of each row; codes that begin alike are taken from their counter at once."""
    facts = [_code_facts(row) for row in rows]
    stems = {one: stem(one) for one in set(facts)}
    alike: dict[str, list[CodeFacts]] = {}
    for one in facts:
        alike.setdefault(stems[one], []).append(one)
    codes = {begins: iter(next_codes(ones[0], len(ones))) for begins, ones in sorted(alike.items())}
    return (next(codes[stems[one]]) for one in facts)


def _code_facts(row: Row) -> CodeFacts:
    return code_facts(row.reading.content, place=row.provider.place, credit_code=row.provider.credit_code)


#: Column → what it holds when nobody says anything, in the order in which Django takes them.
_BLANK = {field.attname: field.get_default() for field in Entry._meta.concrete_fields}


def _unsaved(said: dict[str, Any]) -> Entry:
    """Return an entry of these columns. Named one by one, Django would look up a default for each of seventy."""
    make: Callable[..., Entry] = Entry
    return make(*(_BLANK | said).values())


def chunks(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield rows by the thousand."""
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
