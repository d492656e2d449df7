"""Libraries: stated, assembled by the worker, looked up by subject. Every look is on record with its reason."""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from hefu.crypto.sealing import seal, unseal
from hefu.dataplane.lake import reading
from hefu.dataplane.lake.assembling import Conflict, Wins, provenance
from hefu.dataplane.lake.table import Version, alike
from hefu.kernel import events
from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal
from hefu.kernel.words import Sentence, _, stored
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.evidence.services import record as record_evidence
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.holdings import decide, errors, queries, terms
from hefu.rooms.holdings.access import keeps, may, require_keeper, visible_libraries
from hefu.rooms.holdings.models import Holding, Library, LibraryConflict
from hefu.rooms.holdings.queries import conflict_purpose, table_of
from hefu.rooms.holdings.services.carrying import WORKER, is_held
from hefu.rooms.holdings.services.rows import enqueue_assembly, next_number
from hefu.rooms.holdings.sharing import kept_back
from hefu.rooms.holdings.terms import (
    ART_3_1,
    LATE_AFTER,
    MOST_FIELDS,
    MOST_PARTS,
    MOST_TAKEOVERS,
    OPEN,
    LibraryStated,
    RunFacts,
    RunStatus,
)


@dataclass(frozen=True)
class SubjectFile:
    """一人一档、一企一档: what a library says of one subject."""

    version: int
    #: (field, value, number of the holding that it came from).
    fields: tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True)
class ConflictView:
    """What sources say differently, for whoever keeps the library."""

    subject: str
    field: str
    values: tuple[tuple[str, str], ...]
    #: In the order in which they are kept, from 1.
    place: int


@transaction.atomic
def define_library(*, stated: LibraryStated, actor: Actor, clock: Clock) -> Library:
    """State a library of the actor's department, or state it anew under the same name.

    Raises:
        Forbidden: The actor keeps no libraries.
        NotFound: A holding that the actor may not see.
        InputsRejected: Something in it does not fit; everything is named.
        LibraryBusy: It is being assembled.
        LibraryStatedTwice: Another of that name came into being in the same instant.
    """
    keeper = actor.department_id
    if keeper is None or not keeps(actor, keeper):
        raise Forbidden(action="libraries.define")
    problems = dict(_problems(stated, actor))
    if problems:
        raise InputsRejected(problems=problems)
    name = stated.name.strip()
    row = _standing(keeper, name) or Library(id=new_id(clock.now()), number=next_number("L", clock), name=name)
    if row.status in OPEN:  # also one that rests: it may have committed by the old rules, and not know
        raise errors.LibraryBusy(number=row.number)
    row.department_id = keeper
    row.kind, row.subject = stated.kind.value, stated.subject.strip()
    row.parts = [asdict(part) for part in stated.parts]
    row.fields = [asdict(field) for field in stated.fields]
    if kept := kept_back(row, on=clock.today(), stated=True):
        problem = Sentence(_("Column {column} of holding {holding} is not shared."), column=kept.column,
                           holding=kept.holding)  # fmt: skip
        raise InputsRejected(problems={"fields": problem})
    row.stated_by, row.stated_by_name, row.stated_at = actor.id, actor.name, clock.now()
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # two who state one name at the same instant see no library of each other's yet
        raise errors.LibraryStatedTwice(name=row.name) from None
    record_library(
        terms.LIBRARY_DEFINED,
        row,
        actor=actor,
        clock=clock,
        name=row.name,
        kind=row.kind,
        subject=row.subject,
        holdings=[part.holding for part in stated.parts],
        fields=[field.name for field in stated.fields],
    )
    return row


def _standing(keeper: UUID, name: str) -> Library | None:
    return Library.objects.select_for_update().filter(department_id=keeper, name=name).first()


def _problems(stated: LibraryStated, actor: Actor) -> Iterator[tuple[str, str]]:
    names = [field.name for field in stated.fields]
    taken = [stated.subject, *names, *(provenance(name) for name in names)]
    holdings = [part.holding for part in stated.parts]
    if not stated.name.strip() or len(stated.name) > 120 or "\0" in stated.name:
        yield "name", _("Give it a name of at most 120 signs.")
    if not 1 <= len(stated.parts) <= MOST_PARTS or len(set(holdings)) < len(holdings):
        yield "parts", _("Name 1 to 20 holdings, each once.")
        return
    if not 1 <= len(names) <= MOST_FIELDS or alike(taken):
        yield "fields", _("Name 1 to 200 fields, each once, upper and lower case being one, and none like the subject.")
    if any(not one or len(one.encode()) > 63 or "\0" in one for one in taken):
        yield "fields", _("Names of fields and of the subject have 1 to 63 bytes.")
    if any(field.wins not in set(Wins) or not field.sources for field in stated.fields):
        yield "fields", _("Each field says which source wins (first, filled or newest) and names its sources.")
    columns = {}
    for number in holdings:
        found = queries.holding(number, viewer=actor)
        own = found.department_id == actor.department_id
        if not may(actor, "holdings.open", found.department_id) or (
            found.entry.share_type in (ShareType.NONE, "") and not own
        ):
            yield "parts", _("A holding of what is not shared, or of another department, is no part of your library.")
        latest = table_of(found.pk).latest()
        columns[number] = {name for name, _of in latest.columns} if latest else set()
    used = [(part.holding, column) for part in stated.parts for column in (part.subject, part.changed) if column]
    used += [source for field in stated.fields for source in field.sources]
    if any(column not in columns.get(number, set()) for number, column in used):
        yield "fields", _("A column is in none of the collected holdings that are named.")


@transaction.atomic
def start_assembly(*, number: str, actor: Actor, clock: Clock) -> Library:
    """Start an assembly over the newest versions; a worker takes it at once, also between two tries.

    Raises:
        NotFound, Forbidden: The actor may not see it, or does not keep it.
        LibraryBusy: It is being assembled.
    """
    row = load_kept(number, "libraries.assemble", actor)
    begin_assembly(row, actor=actor, clock=clock)
    return row


def begin_assembly(row: Library, *, actor: Actor, clock: Clock) -> None:
    """Start an assembly of a library that is locked.

    Raises:
        LibraryBusy: It is being assembled.
    """
    if row.status in OPEN and not row.rests:
        raise errors.LibraryBusy(number=row.number)
    row.serial += 1
    row.status, row.takeovers, row.asked_at, row.finished_at = RunStatus.WAITING.value, 0, clock.now(), None
    row.pauses, row.next_try_at = 0, clock.now()
    row.error_code, row.error_text, row.error_facts = "", "", {}
    row.save()
    record_library(terms.LIBRARY_ASKED, row, actor=actor, clock=clock, serial=row.serial)
    enqueue_assembly(row.pk)


@transaction.atomic
def take_up_library(*, library_id: UUID, clock: Clock) -> Library | None:
    """Begin a try, for a worker that holds the library's lock; None when there is nothing to do."""
    row = Library.objects.select_for_update().get(pk=library_id)
    if row.status not in OPEN:
        return None
    row.takeovers += 1 if row.status == RunStatus.RUNNING else 0
    row.status, row.next_try_at = RunStatus.RUNNING.value, None
    row.error_code, row.error_text, row.error_facts = "", "", {}
    row.save(update_fields=["status", "takeovers", "next_try_at", "error_code", "error_text", "error_facts"])
    if row.takeovers >= MOST_TAKEOVERS:
        lost = errors.WorkersLost(number=row.number, times=row.takeovers)
        settle_not_assembled(row=row, error=lost, transient=False, clock=clock)
        return None
    return row


def sealed_conflicts(row: Library, found: Sequence[Conflict]) -> list[tuple[str, str]]:
    """Return the field of each conflict and what is kept of it."""
    master, purpose = settings.HEFU.master_key(), conflict_purpose(row.pk)
    return [
        (one.field, seal(master, json.dumps(asdict(one), ensure_ascii=False).encode(), purpose=purpose))
        for one in found
    ]


@transaction.atomic
def settle_assembled(
    *,
    row: Library,
    version: Version,
    parts: dict[str, int],
    conflicts: dict[str, int],
    kept: Sequence[tuple[str, str]],
    clock: Clock,
) -> None:
    """Put on record what was assembled; the conflicts `kept` take the place of the last assembly's."""
    row.kept_conflicts.all().delete()
    LibraryConflict.objects.bulk_create(
        LibraryConflict(library=row, place=place, field=field, sealed=sealed)
        for place, (field, sealed) in enumerate(kept, start=1)
    )
    row.status, row.finished_at, row.version = RunStatus.DONE.value, clock.now(), version.number
    row.subjects, row.conflicts = version.rows, conflicts
    row.assembled = {"subject": row.subject, "parts": row.parts, "fields": row.fields}
    # Its times may have changed since the row was read, and what it waits for may have come.
    row.save(update_fields=["status", "finished_at", "version", "subjects", "conflicts", "assembled"])
    record_library(
        terms.LIBRARY_ASSEMBLED,
        row,
        actor=WORKER,
        clock=clock,
        serial=row.serial,
        version=version.number,
        holdings=parts,
        subjects=version.rows,
        inserted=version.inserted,
        updated=version.updated,
        removed=version.removed,
        conflicts=conflicts,
        digest=version.digest,
    )
    events.announce(terms.Assembled(row.number, version.number, clock.now()))


@transaction.atomic
def settle_not_assembled(*, row: Library, error: Refusal, transient: bool, clock: Clock) -> None:
    """Say why a try ended without a version, and let the next one follow when it may help; the library is as it was."""
    now = RunFacts(row.number, RunStatus(row.status), row.pauses, row.takeovers)
    following = decide.after_failure(now, transient=transient)
    row.status = following.status.value
    row.error_code, row.error_text = error.code, error.text
    row.error_facts = {name: stored(value) for name, value in error.facts.items()}
    if following.pause is None:
        row.finished_at = clock.now()
        record_library(terms.LIBRARY_FAILED, row, actor=WORKER, clock=clock, serial=row.serial, code=error.code)
    else:
        row.pauses, row.next_try_at = row.pauses + 1, clock.now() + following.pause
        enqueue_assembly(row.pk, pause=following.pause)
    row.save(
        update_fields=["status", "finished_at", "pauses", "next_try_at", "error_code", "error_text", "error_facts"]
    )


def requeue_lost_libraries(*, clock: Clock) -> list[str]:
    """Enqueue assemblies that no worker holds though they should move; return the libraries' numbers."""
    lost = []
    for row in Library.objects.filter(status__in=sorted(OPEN)):
        due = row.next_try_at or row.asked_at
        late = due is not None and due < clock.now() - LATE_AFTER
        if (row.status == RunStatus.RUNNING and not is_held(row.pk)) or (row.status == RunStatus.WAITING and late):
            enqueue_assembly(row.pk, once=f"{row.number} taken over")
            lost.append(row.number)
    return lost


@transaction.atomic
def look_up(*, number: str, subject: str, reason: str, actor: Actor, clock: Clock) -> SubjectFile:
    """Return one subject's file, and write the look down whether or not there is one.

    Raises:
        NotFound, Forbidden: The actor may not see the library, or does not keep it.
        InputsRejected: No subject or no reason is given.
        NoSuchVersion: It was never assembled.
        NoLongerShared: It holds rows of an entry that is not shared any more.
    """
    row = queries.library(number, viewer=actor)
    require_keeper(actor, "libraries.look_up", row.department_id)
    wanted, said = subject.replace("\0", "").strip(), reason.replace("\0", "").strip()
    problems = {"subject": _("Say whose file.")} if not wanted else {}
    problems |= {"reason": _("Say why you read the rows.")} if not said else {}
    if problems:
        raise InputsRejected(problems=problems)
    version = table_of(row.pk).newest()
    require_shared(row, version, on=clock.today())
    seen = reading.look(table_of(row.pk), version, equal={_key_of(version): wanted}, limit=1)
    record_library(
        terms.LIBRARY_LOOKED,
        row,
        actor=actor,
        clock=clock,
        version=version.number,
        found=bool(seen.rows),
        subject=subject_digest(row.pk, wanted),
        reason=said[:500],
    )
    told: dict[str, str | None] = dict(zip(seen.columns, seen.rows[0], strict=True)) if seen.rows else {}
    fields = [name for name in told if provenance(name) in told]
    return SubjectFile(version.number, tuple((name, told[name], told[provenance(name)]) for name in fields))


@transaction.atomic
def reveal_conflicts(
    *, number: str, after: int = 0, limit: int, reason: str, actor: Actor, clock: Clock
) -> list[ConflictView]:
    """Return what sources say differently, with subjects and values, and write the look down.

    Args:
        number: Of the library.
        after: Place of the last one that was seen already.
        limit: How many at most.
        reason: Why, in the reader's words.
        actor: Of its keeper.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the library, or does not keep it.
        InputsRejected: No reason is given.
        NoLongerShared: It holds rows of an entry that is not shared any more.
    """
    row = queries.library(number, viewer=actor)
    require_keeper(actor, "libraries.conflicts", row.department_id)
    said = reason.replace("\0", "").strip()
    if not said:
        raise InputsRejected(problems={"reason": _("Say why you read the rows.")})
    require_shared(row, table_of(row.pk).latest(), on=clock.today())
    kept = list(row.kept_conflicts.filter(place__gt=after).order_by("place")[:limit])
    record_library(terms.CONFLICTS_LOOKED, row, actor=actor, clock=clock, rows=len(kept), reason=said[:500])
    master, purpose = settings.HEFU.master_key(), conflict_purpose(row.pk)
    opened = ((one.place, json.loads(unseal(master, one.sealed, purpose=purpose))) for one in kept)
    return [
        ConflictView(one["subject"], one["field"], tuple((name, value) for name, value in one["values"]), place)
        for place, one in opened
    ]


def require_shared(row: Library, version: Version | None, *, on: date) -> None:
    """Let a version be read whose sources are all shared still, or the keeper's own.

    Raises:
        NoLongerShared: One is not; what is held of it is its department's alone.
    """
    made_of = [number for number, _version in version.made_of] if version else []
    named = made_of or [part["holding"] for part in row.parts]
    gone = Holding.objects.filter(number__in=named, entry__share_type__in=[ShareType.NONE, ""])
    entry = gone.exclude(department_id=row.department_id).values_list("entry__code", flat=True).first()
    if not entry and (kept := kept_back(row, on=on)):
        entry = kept.entry
    if entry:
        raise errors.NoLongerShared(library=row.number, entry=entry, source=str(terms.ART_14), citation=terms.ART_14)


def subject_digest(library_id: UUID, subject: str) -> str:
    """Return what evidence says of a subject: nobody learns its number from it, who knows the number can find it."""
    key = settings.HEFU.derived_secret(f"library:{library_id}").encode()
    return hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()


def _key_of(version: Version) -> str:
    return version.key[0]


def load_kept(number: str, action: str, actor: Actor) -> Library:
    """Return the library, locked, for an actor who keeps it.

    Raises:
        NotFound, Forbidden: The actor may not see it, or does not keep it.
    """
    row = Library.objects.select_for_update().filter(visible_libraries(actor), number=number).first()
    if row is None:
        raise NotFound(what="library", key=number)
    require_keeper(actor, action, row.department_id)
    return row


def record_library(
    of: Kind,
    row: Library,
    /,
    *,
    actor: Actor,
    clock: Clock,
    concerns: Sequence[UUID] = (),
    basis: Citation = ART_3_1,
    **body: Any,
) -> None:
    """Put on record what became of a library; `concerns` names departments beside its keeper."""
    record_evidence(
        of,
        subject=row.number,
        by=actor,
        at=clock.now(),
        basis=[basis],
        concerns=[row.department_id, *concerns],
        body=body,
    )
