"""Reads of the catalogue, scoped to the viewer."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Func, Q, QuerySet

from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import NotFound
from hefu.law.answers import Grounds
from hefu.rooms.catalog import decide, snapshots
from hefu.rooms.catalog.access import may, open_to_all, require, visible, visible_batches
from hefu.rooms.catalog.importing.mapping import propose_mapping
from hefu.rooms.catalog.importing.names import bare
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.reading import Table, read_table
from hefu.rooms.catalog.importing.source import source_of
from hefu.rooms.catalog.models import BadRow, Entry, EntryVersion, ImportBatch, Intake, Item, LearnedMapping, Withdrawal
from hefu.rooms.catalog.profiles import Classes
from hefu.rooms.catalog.rows import content_of as content_of
from hefu.rooms.catalog.rows import node_profile as node_profile
from hefu.rooms.catalog.searching.asking import Answer as Answer
from hefu.rooms.catalog.searching.asking import by_ids as by_ids
from hefu.rooms.catalog.searching.asking import found_ids as found_ids
from hefu.rooms.catalog.searching.asking import how_many as how_many
from hefu.rooms.catalog.searching.asking import search as search
from hefu.rooms.catalog.searching.fallback import matching as matching
from hefu.rooms.catalog.searching.saved import own_searches as own_searches
from hefu.rooms.catalog.searching.saved import question_of as question_of
from hefu.rooms.catalog.searching.saved import search_notices as search_notices
from hefu.rooms.catalog.terms import FIELD_NAMES, RANKS, Content, Difference, ItemContent, KeepingBack, Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties.terms import DepartmentRole

#: How a list may be sorted; each ends with the code, so that pages do not shuffle.
ORDERS = {
    "newest": ("-published_at", "-changed_at", "code"),
    "changed": ("-changed_at", "code"),
    "name": ("name", "code"),
    "code": ("code",),
    "provider": ("provider__name", "name", "code"),
}

#: Rule of the packs that says on what data may be kept back.
NOT_SHARED_RULE = "catalog.not_shared_grounds"

#: Rules of the packs: what an entry states, what a conditional one states, and what its conditions may rest on.
MUST_STATE_RULE = "catalog.must_state"
BASE_RULE = "catalog.base_data_type"
CONDITIONS_STATE_RULE = "catalog.conditional_must_state"
CONDITIONS_RULE = "catalog.conditional_grounds"

#: Rule of the packs: in what time the authority reviews a withdrawal that a department asks for.
WITHDRAWAL_RULE = "catalog.withdrawal_review"

#: The nil UUID: no department has it.
NOBODY = UUID(int=0)

#: Facets a list is counted by, with the column behind each.
FACETS = ("status", "provider", "share_type", "open_type", "channel", "update_cycle", "grade", "theme")


def published(
    *,
    viewer: Actor,
    search: str = "",
    provider_id: UUID | str | None = None,
    share_type: str = "",
    open_type: str = "",
    channel: str = "",
    update_cycle: str = "",
    grade: str = "",
    theme: str = "",
    order: str = "newest",
) -> QuerySet[Entry]:
    """Return the entries in force that match; every word of `search` must occur.

    A filter whose value is empty does not filter; a value no entry has finds nothing.
    """
    return entries(
        viewer=viewer,
        status=Status.PUBLISHED,
        search=search,
        provider_id=provider_id,
        share_type=share_type,
        open_type=open_type,
        channel=channel,
        update_cycle=update_cycle,
        grade=grade,
        theme=theme,
        order=order,
    )


def entries(
    *,
    viewer: Actor,
    status: str = "",
    search: str = "",
    provider_id: UUID | str | None = None,
    share_type: str = "",
    open_type: str = "",
    channel: str = "",
    update_cycle: str = "",
    grade: str = "",
    theme: str = "",
    with_gaps: bool = False,
    order: str = "changed",
) -> QuerySet[Entry]:
    """Return the entries that `viewer` may read and that match, whatever their status; changes are not among them.

    Args:
        viewer: Who looks.
        status: Only those; empty for all.
        search: Words of name, abstract, items, provider or tags, separated by spaces.
        provider_id: Only that department's.
        share_type: As in `ShareType`; likewise the next five.
        open_type: As in `OpenType`.
        channel: As in `Channel`.
        update_cycle: As in `UpdateCycle`.
        grade: As in `Grade`.
        theme: In full.
        with_gaps: Only carried-over entries that do not yet say all the law asks.
        order: A key of `ORDERS`.
    """
    found = Entry.objects.filter(visible(viewer), changes_to__isnull=True).select_related("provider")
    equal = {
        "status": status,
        "provider_id": (_uuid(provider_id) or NOBODY) if provider_id else "",
        "share_type": share_type,
        "open_type": open_type,
        "update_cycle": update_cycle,
        "grade": grade,
        "theme": theme,
    }
    found = found.filter(**{name: value for name, value in equal.items() if value})
    if channel:
        found = found.filter(channels__contains=[channel])
    if with_gaps:
        found = found.exclude(gaps=[])
    for word in search.casefold().split():
        found = found.filter(Q(words__contains=word) | Q(code__startswith=word))
    return found.defer("words", "original").order_by(*ORDERS.get(order, ORDERS["changed"]))


def opened(*, viewer: Actor) -> QuerySet[Entry]:
    """Return the entries that everybody may know of, signed in or not, by code."""
    del viewer
    found = Entry.objects.filter(open_to_all(), changes_to__isnull=True).select_related("provider")
    return found.defer("words", "original").order_by("code")


def entries_of(department_id: UUID, *, viewer: Actor) -> QuerySet[Entry]:
    """Return the entries of one department that `viewer` may read."""
    return entries(viewer=viewer, provider_id=department_id)


def entry(key: UUID | str, *, viewer: Actor) -> Entry:
    """Return one entry by code, or one entry or change by id.

    Raises:
        NotFound: There is none that the viewer may read.
    """
    rows = Entry.objects.filter(visible(viewer)).select_related("provider").prefetch_related("items")
    identity = _uuid(key)
    found = (
        rows.filter(pk=identity).first() if identity else rows.filter(code=str(key), changes_to__isnull=True).first()
    )
    if found is None:
        raise NotFound(what="catalogue entry", key=key)
    return found


def change_of(entry_id: UUID, *, viewer: Actor) -> Entry | None:
    """Return the change of an entry that is being written or reviewed, when the viewer may read it."""
    return Entry.objects.filter(visible(viewer), changes_to_id=entry_id).prefetch_related("items").first()


def change_id(entry_id: UUID, *, viewer: Actor) -> UUID | None:
    """Return the id of the change of an entry that is being written or reviewed, when the viewer may read it."""
    return Entry.objects.filter(visible(viewer), changes_to_id=entry_id).values_list("pk", flat=True).first()


def items_of(entry: Entry) -> list[Item]:
    """Return the items of an entry that was read for its viewer, in their order."""
    return list(entry.items.all())


def to_review(*, viewer: Actor) -> QuerySet[Entry]:
    """Return entries and changes that wait for the authority, the longest waiting first."""
    rows = Entry.objects.filter(visible(viewer), status=Status.IN_REVIEW).select_related("provider", "changes_to")
    if not (viewer.is_system or (viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR))):
        return rows.none()
    return rows.order_by("submitted_at", "code")


def withdrawals_to_review(*, viewer: Actor) -> QuerySet[Withdrawal]:
    """Return the withdrawals that departments asked for and the authority reviews, the longest waiting first."""
    rows = Withdrawal.objects.filter(decided_at__isnull=True).select_related("entry__provider").order_by("asked_at")
    if not (viewer.is_system or (viewer.of_authority and viewer.has(Role.REVIEWER, Role.SUPERVISOR))):
        return rows.none()
    return rows


def asks_to_withdraw(found: Entry, *, actor: Actor, clock: Clock) -> bool:
    """Return whether a withdrawal by `actor` is only asked for today, because the law has the authority review it."""
    authority = parties.departments(viewer=system("catalog"), role=DepartmentRole.AUTHORITY).first()
    if authority is None or may(actor, "catalog.review", found.provider_id):
        return False
    rules = clocks.rules_at(authority.place)
    return rules.has(WITHDRAWAL_RULE, on=clock.today(rules.zone))


def last_withdrawal(entry: Entry) -> Withdrawal | None:
    """Return what was last asked about withdrawing an entry that was read for its viewer; None when nothing was."""
    return Withdrawal.objects.filter(entry_id=entry.pk).first()


def to_write(*, viewer: Actor) -> QuerySet[Entry]:
    """Return the drafts, returned entries and changes of the viewer's own department."""
    rows = Entry.objects.filter(
        visible(viewer), provider_id=viewer.department_id, status__in=[Status.DRAFT, Status.RETURNED]
    )
    return rows.select_related("provider", "changes_to").order_by("-changed_at", "code")


def versions(entry: Entry) -> list[EntryVersion]:
    """Return the versions of an entry that was read for its viewer, newest first; what each said is read apart."""
    return list(EntryVersion.objects.filter(entry_id=entry.pk).defer("snapshot"))


def version(entry_id: UUID, number: int, *, viewer: Actor) -> Content:
    """Return what an entry said in version `number`.

    Raises:
        NotFound: No such version that the viewer may read.
    """
    rows = EntryVersion.objects.filter(entry__in=Entry.objects.filter(visible(viewer)))
    row = rows.filter(entry_id=entry_id, number=number).first()
    if row is None:
        raise NotFound(what="version", key=number)
    return snapshots.from_json(row.snapshot)


def version_item(entry_id: UUID, number: int, item_id: UUID, *, viewer: Actor) -> ItemContent:
    """Return one item as version `number` had it.

    Raises:
        NotFound: No such version or item.
    """
    for item in version(entry_id, number, viewer=viewer).items:
        if item.id == item_id:
            return item
    raise NotFound(what="item", key=item_id)


def difference(entry_id: UUID, old: int, new: int, *, viewer: Actor) -> tuple[Difference, ...]:
    """Return what changed between two versions.

    Raises:
        NotFound: Either does not exist or may not be read.
    """
    return decide.difference(version(entry_id, old, viewer=viewer), version(entry_id, new, viewer=viewer))


def proposed_difference(change_id: UUID, *, viewer: Actor) -> tuple[Difference, ...]:
    """Return what a change would alter in the entry in force; nothing for an entry's first draft.

    Raises:
        NotFound: No such entry or change that the viewer may read.
    """
    row = entry(change_id, viewer=viewer)
    if row.changes_to is None:
        return ()
    return decide.difference(content_of(row.changes_to), content_of(row))


def asked_of(content: Content, *, place: str, on: date) -> decide.Asked:
    """Return what the law of a place asks of an entry on a day beyond the national list; everybody may know.

    Source: rules `catalog.must_state`, `catalog.conditional_must_state`, `catalog.conditional_grounds`,
    `catalog.base_data_type`.
    """
    rules = clocks.rules_at(place)
    conditions = None
    if decide.sets_conditions(content) and rules.has(CONDITIONS_STATE_RULE, on=on):
        asks = "legal_basis" in rules.listing(CONDITIONS_STATE_RULE, on=on).ids
        if asks and rules.has(CONDITIONS_RULE, on=on):
            conditions = _bases(rules.grounds(CONDITIONS_RULE, on=on))
    listed = rules.listing(MUST_STATE_RULE, on=on).ids if rules.has(MUST_STATE_RULE, on=on) else ()
    own = {one.key for one in node_profile().extensions}
    free = rules.has(BASE_RULE, on=on) and rules.choice(BASE_RULE, on=on).value == "unconditional"
    return decide.Asked(conditions, tuple(one for one in listed if one in own or one not in decide.STATED_IN), free)


def needed_fields(place: str, *, on: date) -> dict[str, tuple[Citation, ...]]:
    """Return every field that an entry must fill in → the articles that ask for it; everybody may know.

    Source: rule `catalog.must_state`.
    """
    rules = clocks.rules_at(place)
    found: dict[str, tuple[Citation, ...]] = {}
    if rules.has(MUST_STATE_RULE, on=on):
        for item, articles in rules.listing(MUST_STATE_RULE, on=on).asked_by.items():
            for field in decide.STATED_IN.get(item, (item,)):
                found[field] = tuple(dict.fromkeys((*found.get(field, ()), *articles)))
    return found


def lacking(content: Content, *, place: str, on: date) -> tuple[str, ...]:
    """Return the fields that an entry still lacks by the law of its place, in the order of the form."""
    missing = decide.missing(content, asked_of(content, place=place, on=on))
    return tuple(field for field in FIELD_NAMES if field in missing)


def _bases(grounds: Grounds) -> KeepingBack:
    ranks = {rank for ground in grounds.permitted for rank in ground.ranks}
    return KeepingBack(frozenset(kind for kind, rank in RANKS.items() if rank in ranks), grounds.source)


def keeping_back(place: str, *, on: date) -> KeepingBack:
    """Return the kinds of text on which the law of a place lets data be kept back on a day; everybody may know.

    Raises:
        NoRuleInForce: The law of the place says nothing on that day.
    """
    return _bases(clocks.rules_at(place).grounds(NOT_SHARED_RULE, on=on))


@dataclass(frozen=True)
class Facet:
    """One value by which a list can be narrowed, with how many entries have it."""

    value: str
    #: What to show; the value itself where the page names it.
    label: str
    count: int


def facets(found: QuerySet[Entry], names: Sequence[str] = FACETS) -> dict[str, list[Facet]]:
    """Count the entries of a list by each facet, most first; empty values are left out.

    Args:
        found: What `published` or `entries` returned.
        names: Which of `FACETS`.
    """
    plain = found.order_by().defer(None).select_related(None)
    return {name: _facet(plain, name) for name in names}


def _facet(found: QuerySet[Entry], name: str) -> list[Facet]:
    rows: Any
    if name == "provider":
        rows = found.values_list("provider_id", "provider__name").annotate(count=Count("pk"))
        made = [Facet(str(value), label, count) for value, label, count in rows]
    elif name == "channel":
        rows = found.annotate(one=Func(F("channels"), function="unnest")).values_list("one").annotate(count=Count("pk"))
        made = [Facet(value, value, count) for value, count in rows]
    else:
        rows = found.exclude(**{name: ""}).values_list(name).annotate(count=Count("pk"))
        made = [Facet(value, value, count) for value, count in rows]
    return sorted(made, key=lambda facet: (-facet.count, facet.label))


@dataclass(frozen=True)
class ImportPreview:
    """What a file to import looks like, before anything is taken in."""

    columns: tuple[str, ...]
    #: Column → (field, confidence).
    mapping: dict[str, tuple[Field, float]]
    rows: int
    samples: tuple[dict[str, Any], ...]
    #: Whether people said before what this source's columns mean.
    remembered: bool = False


def preview_import(data: bytes, file_name: str, *, sheet: str = "", viewer: Actor) -> ImportPreview:
    """Read a catalogue file and propose what its columns mean, for a person to correct.

    Raises:
        Forbidden: The viewer may not import.
        FileUnreadable: The file is not a table.
    """
    require(viewer, "catalog.import", viewer.department_id)
    table = read_table(data, file_name, sheet=sheet)
    return _preview(table, source_of(viewer.department_id, table.columns))


def intakes(*, viewer: Actor) -> QuerySet[Intake]:
    """Return the files on their way in that `viewer` may see, newest first, without the files themselves."""
    return Intake.objects.filter(visible_batches(viewer)).defer("data", "plan")


def intake(intake_id: UUID | str, *, viewer: Actor) -> Intake:
    """Return one file on its way in, without the file itself.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    found = Intake.objects.filter(visible_batches(viewer)).defer("data").filter(pk=_uuid(intake_id) or NOBODY).first()
    if found is None:
        raise NotFound(what="import", key=intake_id)
    return found


def preview_intake(found: Intake, *, viewer: Actor) -> ImportPreview:
    """Return what the columns of a brought file seem to mean: as said before for this source, else as proposed.

    Raises:
        Forbidden: The viewer may not import.
        FileUnreadable: The file is gone.
    """
    require(viewer, "catalog.import", viewer.department_id)
    table = read_table(bytes(found.data or b""), found.file_name, sheet=found.sheet)
    return _preview(table, found.source)


def _preview(table: Table, source: str) -> ImportPreview:
    samples = table.samples()
    own = LearnedMapping.objects.filter(source=source).first()
    if own is not None:
        told = {
            column: (Field(field), 1.0) for column, field in own.columns.items() if field and column in table.columns
        }
        # A site may have new fields; of these nobody has said anything.
        said = {field for field, _sure in told.values()}
        guessed = propose_mapping(table.columns, samples, learned=learned_names())
        fresh = {column: guess for column, guess in guessed.items() if column not in own.columns}
        told |= {column: guess for column, guess in fresh.items() if guess[0] not in said}
    else:
        told = propose_mapping(table.columns, samples, learned=learned_names())
    return ImportPreview(table.columns, told, len(table.rows), tuple(samples[:5]), remembered=own is not None)


def classes() -> Classes:
    """Return the classes that the node's profile names; everybody may know."""
    return node_profile().classes


def learned_names() -> dict[str, Field]:
    """Return column → field where most people who met a column of that name said the same."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for columns in LearnedMapping.objects.order_by("-at").values_list("columns", flat=True)[:1000]:
        for column, field in columns.items():
            votes[bare(column)][field] += 1
    best = {column: counted.most_common(1)[0] for column, counted in votes.items() if column}
    return {
        column: Field(field)
        for column, (field, count) in best.items()
        if field and 3 * count > 2 * votes[column].total()
    }


def batches(*, viewer: Actor) -> QuerySet[ImportBatch]:
    """Return the imports that `viewer` may read, newest first."""
    return ImportBatch.objects.filter(visible_batches(viewer)).select_related("department")


def batch(batch_id: UUID | str, *, viewer: Actor) -> ImportBatch:
    """Return one import.

    Raises:
        NotFound: There is none that the viewer may read.
    """
    found = batches(viewer=viewer).filter(pk=_uuid(batch_id) or NOBODY).first()
    if found is None:
        raise NotFound(what="import", key=batch_id)
    return found


def site_of(batch_id: UUID, *, viewer: Actor) -> dict[str, str]:
    """Return from where an import was fetched, as `SiteAsked` has it; empty when it came as a file."""
    found = intakes(viewer=viewer).filter(batch_id=batch_id).values_list("site", flat=True).first()
    return dict(found or {})


def no_longer_named(batch_id: UUID, *, viewer: Actor) -> QuerySet[Entry]:
    """Return the entries in force that earlier files of an import's source brought and its own file does not name."""
    gone = batches(viewer=viewer).filter(pk=batch_id).values_list("gone", flat=True).first() or []
    return Entry.objects.filter(visible(viewer), pk__in=gone, status=Status.PUBLISHED).select_related("provider")


def bad_rows(batch_id: UUID, *, viewer: Actor, waiting: bool = False) -> QuerySet[BadRow]:
    """Return the rows that an import refused, in the file's order; with `waiting` those not yet dealt with."""
    found = BadRow.objects.filter(batch__in=batches(viewer=viewer).filter(pk=batch_id)).select_related("entry")
    return found.filter(settled="") if waiting else found


def bad_row(row_id: int, *, viewer: Actor) -> BadRow:
    """Return one row that an import refused.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    found = BadRow.objects.filter(batch__in=batches(viewer=viewer), pk=row_id).select_related("batch", "entry").first()
    if found is None:
        raise NotFound(what="row", key=row_id)
    return found


def waiting_rows(*, viewer: Actor) -> QuerySet[BadRow]:
    """Return every row in quarantine that the viewer may see, newest import first."""
    found = BadRow.objects.filter(settled="", batch__in=batches(viewer=viewer)).select_related("batch")
    return found.order_by("-batch__at", "row")


def _uuid(value: UUID | str | None) -> UUID | None:
    if isinstance(value, UUID) or value is None:
        return value
    try:
        return UUID(value)
    except ValueError:
        return None
