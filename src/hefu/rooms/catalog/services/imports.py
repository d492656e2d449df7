"""Taking in a catalogue that exists elsewhere: bad rows are listed with their reasons, the rest goes in."""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.canonical import plain
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest, sha256
from hefu.kernel.ids import new_id
from hefu.rooms.catalog import decide, errors, terms
from hefu.rooms.catalog.access import may, require
from hefu.rooms.catalog.importing.notions import ITEM_FIELDS, Field
from hefu.rooms.catalog.importing.reading import read_table
from hefu.rooms.catalog.importing.rows import Group, Reading, grouped, read
from hefu.rooms.catalog.importing.terms import Defaults, ImportReport, Reason
from hefu.rooms.catalog.models import BadRow, Entry, ImportBatch
from hefu.rooms.catalog.profiles import CodeFacts
from hefu.rooms.catalog.rows import code_facts, content_of, fill, item_row, next_codes, stem, tidy, write_items
from hefu.rooms.catalog.services._bulk import copy_in
from hefu.rooms.catalog.services._law import keeping_back
from hefu.rooms.catalog.services._versions import announce_version, freeze
from hefu.rooms.catalog.services._writing import write_draft
from hefu.rooms.catalog.services.providers import Provider, Providers
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import WRITABLE, Content, ShareType, Status
from hefu.rooms.evidence.services import record

#: Entries written by one statement.
_AT_ONCE = 1000


@dataclass(frozen=True)
class _Row:
    """A row that goes in."""

    reading: Reading
    provider: Provider
    #: By which a later import knows it again, and the digest of what it says now.
    key: str
    digest: str


@dataclass
class _Run:
    """One import under way."""

    actor: Actor
    at: datetime
    today: date
    publish: bool
    taken: list[_Row] = field(default_factory=list)
    changed: list[_Row] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0
    bad: list[tuple[Group, tuple[Reason, ...]]] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    #: Code, version, content digest of every entry written.
    written: list[tuple[str, int, str]] = field(default_factory=list)


@transaction.atomic
def import_entries(
    *,
    data: bytes,
    file_name: str,
    mapping: Mapping[str, str],
    defaults: Defaults = Defaults(),  # noqa: B008 - frozen
    providers: Mapping[str, UUID] | None = None,
    publish: bool = False,
    sheet: str = "",
    actor: Actor,
    clock: Clock,
) -> ImportReport:
    """Take in a catalogue file. Importing the same file again changes nothing.

    A row is known again by its code elsewhere, else by its address, else by its name, within its
    provider. What it says anew is written over what the last import said; fields that the file does
    not speak of stay as people wrote them.

    Args:
        data: The file.
        file_name: Its name; kept on record.
        mapping: Column → field of `importing.notions.Field`, as proposed and corrected by a person.
        defaults: What holds for rows that do not say it; kept on record with the person's name.
        providers: Provider name as the file writes it → department, where names alone do not tell.
        publish: Take rows in as published, carried over from a catalogue in force; else as drafts.
        sheet: Of a workbook.
        actor: The authority's reviewer; for drafts of one's own department also its officer.
        clock: For its times.

    Raises:
        Forbidden: The actor may not import, or not publish so.
        FileUnreadable: The file is not a table.
        MappingRefused: A column or field that does not exist, a field twice, or nothing for the name.
    """
    require(actor, "catalog.import_published" if publish else "catalog.import", actor.department_id)
    table = read_table(data, file_name, sheet=sheet)
    fields = _checked(mapping, table.columns)
    run = _Run(actor, clock.now(), clock.today(), publish)
    _sort(run, grouped(table.rows, fields), defaults, Providers(viewer=actor, said=providers or {}))
    facts = {
        "file_digest": sha256(data),
        "mapping": {column: field.value for column, field in fields.items()},
        "defaults": plain(dataclasses.asdict(defaults)),
        "published": publish,
        "refused": len(run.bad),
    }
    earlier = ImportBatch.objects.filter(**facts).order_by("-at").first()
    if earlier and not run.taken and not run.changed:
        return _report(run, earlier.pk, rows=len(table.rows))
    batch = ImportBatch(
        id=new_id(run.at),
        file_name=file_name[:200],
        by=actor.id,
        by_name=actor.name,
        department_id=actor.department_id,
        at=run.at,
        rows=len(table.rows),
        taken=len(run.taken),
        changed=len(run.changed),
        unchanged=run.unchanged,
        repeated=run.repeated,
        notes=dict(run.notes),
        **facts,
    )
    batch.save(force_insert=True)
    _take(run, batch)
    _change(run, batch)
    _close(run, batch)
    return _report(run, batch.pk, rows=len(table.rows))


def _checked(mapping: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, Field]:
    unknown = [column for column in mapping if column not in columns]
    if unknown:
        raise errors.MappingRefused(reason=f"no column {', '.join(unknown)}")
    wrong = [name for name in mapping.values() if name not in set(Field)]
    if wrong:
        raise errors.MappingRefused(reason=f"no field {', '.join(wrong)}")
    fields = {column: Field(name) for column, name in mapping.items()}
    twice = [name for name, count in Counter(fields.values()).items() if count > 1]
    if twice:
        raise errors.MappingRefused(reason=f"more than one column for {', '.join(twice)}")
    if Field.NAME not in fields.values():
        raise errors.MappingRefused(reason="no column for name")
    if ITEM_FIELDS.intersection(fields.values()) and Field.ITEM_NAME not in fields.values():
        raise errors.MappingRefused(reason="columns for items, but none for item_name")
    return fields


def _sort(run: _Run, groups: list[Group], defaults: Defaults, providers: Providers) -> None:
    """Decide for every group what becomes of it: taken, changed, unchanged, repeated or bad."""
    rows = Entry.objects.filter(changes_to__isnull=True).exclude(import_key="")
    known = {row["import_key"]: row for row in rows.values("import_key", "code", "status", "import_digest")}
    seen: dict[str, tuple[str, int]] = {}
    for group in groups:
        reading = read(group, defaults)
        provider = providers.find(reading.provider, reading.provider_code)
        reasons = [*reading.reasons, *_sharing(run, reading), *_owner(run, provider)]
        if not isinstance(provider, Reason) and not reasons:
            reasons += _basis(run, reading.content, provider)
        if isinstance(provider, Reason) or reasons:
            run.bad.append((group, tuple(reasons)))
            continue
        import_key, said = _key(reading, provider), _digest(reading)
        earlier = seen.get(import_key)
        present = known.get(import_key)
        if earlier:
            if earlier[0] == said:
                run.repeated += 1
            else:
                run.bad.append((group, (Reason("same_key", {"row": earlier[1]}),)))
            continue
        seen[import_key] = (said, group.row)
        if present is None:
            run.notes.update(reading.notes)
            run.taken.append(_Row(reading, provider, import_key, said))
        elif present["import_digest"] == said and not (run.publish and present["status"] in WRITABLE):
            run.unchanged += 1
        elif present["status"] in (Status.IN_REVIEW, Status.WITHDRAWN):
            run.bad.append((group, (Reason(present["status"], {"code": present["code"]}),)))
        else:
            run.notes.update(reading.notes)
            run.changed.append(_Row(reading, provider, import_key, said))


def _sharing(run: _Run, reading: Reading) -> list[Reason]:
    missing = run.publish and reading.content.share_type is None and not reading.reasons
    return [Reason("share_type_missing")] if missing else []


def _basis(run: _Run, content: Content, provider: Provider) -> list[Reason]:
    law = keeping_back(content, place=provider.place, on=run.today)
    if law is None or content.basis_kind in law.bases:
        return []
    return [Reason("basis_not_enough", {"basis": content.basis_title, "source": str(law.source)})]


def _owner(run: _Run, provider: Provider | Reason) -> list[Reason]:
    if isinstance(provider, Reason):
        return [provider]
    if may(run.actor, "catalog.import", provider.id):
        return []
    return [Reason("not_yours", {"provider": provider.name})]


def _key(reading: Reading, provider: Provider) -> str:
    content = reading.content
    mark = content.outside_code or reading.more.get(Field.DETAIL_URL.value) or decide.folded(content.name)
    return digest([str(provider.id), mark])


def _digest(reading: Reading) -> str:
    return digest([to_json(reading.content), reading.more])


def _take(run: _Run, batch: ImportBatch) -> None:
    """Write the new entries, a thousand at a time and each table at once."""
    facts = {row.key: _code_facts(row) for row in run.taken}
    groups: dict[str, list[CodeFacts]] = {}
    for one in facts.values():
        groups.setdefault(stem(one), []).append(one)
    codes = {begins: iter(next_codes(alike[0], len(alike))) for begins, alike in sorted(groups.items())}
    for start in range(0, len(run.taken), _AT_ONCE):
        chunk = run.taken[start : start + _AT_ONCE]
        entries, items, versions = [], [], []
        for row in chunk:
            content = tidy(row.reading.content)
            entry = Entry(id=new_id(run.at), code=next(codes[stem(facts[row.key])]), provider_id=row.provider.id)
            fill(entry, content, provider_name=row.provider.name, at=run.at)
            _mark(run, entry, row)
            own = [item_row(entry, place, item, at=run.at) for place, item in enumerate(content.items)]
            content = dataclasses.replace(
                content,
                items=tuple(dataclasses.replace(item, id=row.pk) for item, row in zip(content.items, own, strict=True)),
            )
            entries.append(entry)
            items += own
            if run.publish:
                _carry_over(run, entry)
            frozen = freeze(entry, content, approved_name=run.actor.name, at=run.at, batch=batch)
            if run.publish:
                versions.append(frozen)
            run.written.append((entry.code, entry.version, frozen.digest))
        copy_in(entries)
        copy_in(items)
        copy_in(versions)
        for entry in entries if run.publish else ():
            announce_version(entry, was=None, at=run.at)


def _code_facts(row: _Row) -> CodeFacts:
    return code_facts(row.reading.content, place=row.provider.place, credit_code=row.provider.credit_code)


def _mark(run: _Run, entry: Entry, row: _Row) -> None:
    entry.author, entry.author_name = run.actor.id, run.actor.name
    entry.import_key, entry.import_digest = row.key, row.digest
    entry.original = _as_json(row.reading.group.original)
    entry.more = row.reading.more
    if entry._state.adding:
        entry.drafted_at = run.at


def _carry_over(run: _Run, entry: Entry) -> None:
    entry.status, entry.version = Status.PUBLISHED, entry.version + 1
    entry.carried_over, entry.published_at = True, run.at
    entry.reviewed_by, entry.reviewed_name, entry.reviewed_at = run.actor.id, run.actor.name, run.at


def _change(run: _Run, batch: ImportBatch) -> None:
    """Write what the file says anew over what entries say, one by one: changes are few."""
    keys = [row.key for row in run.changed]
    rows = Entry.objects.select_for_update(of=("self",)).select_related("provider").filter(import_key__in=keys)
    present = {row.import_key: row for row in rows.filter(changes_to__isnull=True)}
    for row in run.changed:
        entry = present[row.key]
        content = _overlaid(content_of(entry), row.reading)
        if not run.publish:
            _mark(run, entry, row)
            entry.save(update_fields=["import_digest", "original", "more"])
            write_draft(entry, content, actor=run.actor, at=run.at)
        else:
            was = ShareType(entry.share_type) if entry.version else None
            fill(entry, tidy(content), provider_name=entry.provider.name, at=run.at)
            _mark(run, entry, row)
            _carry_over(run, entry)
            entry.save()
            write_items(entry, tidy(content).items, at=run.at)
            content = content_of(entry)
            freeze(entry, content, approved_name=run.actor.name, at=run.at, batch=batch).save(force_insert=True)
            announce_version(entry, was=was, at=run.at)
        run.written.append((entry.code, entry.version, digest(to_json(content))))


def _overlaid(content: Content, reading: Reading) -> Content:
    """Return `content` with what the file speaks of written over it."""
    names = {one.name for one in dataclasses.fields(Content)} & reading.told
    told: dict[str, Any] = {name: getattr(reading.content, name) for name in names}
    return dataclasses.replace(content, **told)


def _close(run: _Run, batch: ImportBatch) -> None:
    """Keep the bad rows and put the batch on record.

    One entry of evidence for the whole batch: it is one act of one person, and `entries_digest`
    commits to every entry's content, which the versions keep. A leaf for each of 100,000 entries
    would make the log longer and prove nothing more.
    """
    BadRow.objects.bulk_create(
        [
            BadRow(
                batch=batch,
                row=group.row,
                reasons=[reason.as_json() for reason in reasons],
                original=_as_json(group.original),
            )
            for group, reasons in run.bad
        ],
        batch_size=1000,
    )
    batch.entries_digest = digest([list(line) for line in sorted(run.written)])
    batch.save(update_fields=["entries_digest"])
    record(
        terms.CATALOG_IMPORTED,
        subject=f"import:{batch.pk}",
        by=run.actor,
        at=run.at,
        basis=[terms.ART_16] if run.publish else [terms.ART_13],
        body={
            "batch": str(batch.pk),
            "file_digest": batch.file_digest,
            "published": run.publish,
            "taken": batch.taken,
            "changed": batch.changed,
            "unchanged": batch.unchanged,
            "refused": batch.refused,
            "entries_digest": batch.entries_digest,
        },
    )


def _report(run: _Run, batch_id: UUID, *, rows: int) -> ImportReport:
    unknown = Counter(
        reason.facts["provider"] for _group, reasons in run.bad for reason in reasons if reason.code in _UNKNOWN
    )
    return ImportReport(
        batch_id,
        rows,
        len(run.taken),
        len(run.changed),
        run.unchanged,
        run.repeated,
        len(run.bad),
        dict(unknown.most_common()),
        dict(run.notes.most_common()),
    )


#: Reasons that end when a department is registered or named.
_UNKNOWN = frozenset({"provider_unknown", "provider_ambiguous"})


def _as_json(cells: dict[str, Any]) -> dict[str, Any]:
    """Return a row as JSON that PostgreSQL keeps: days as text, no NUL."""
    made: dict[str, Any] = json.loads(json.dumps(cells, ensure_ascii=False, default=str).replace("\\u0000", ""))
    return made
