"""What people ask of holdings, and what the clock starts."""

from datetime import datetime

from django.db import IntegrityError, transaction

from hefu.dataplane.lake.table import Taking
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.kernel.timetable import LONGEST, NO_TIMES_NO_EVENT, After, NoTimetable, stated
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import ShareType, Status
from hefu.rooms.holdings import decide, errors, terms
from hefu.rooms.holdings.access import require
from hefu.rooms.holdings.models import CollectionRun, Holding
from hefu.rooms.holdings.queries import works_at
from hefu.rooms.holdings.services.after import require_followable
from hefu.rooms.holdings.services.rows import enqueue, facts, load, locked, next_number, record
from hefu.rooms.holdings.terms import ART_3_1, OPEN, EntryNow, RunStatus
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import PlaceKind

_PLATFORM = system("holdings")


@transaction.atomic
def open_holding(*, entry: str, taking: Taking, actor: Actor, clock: Clock) -> Holding:
    """Let an entry's rows be collected into the node's lake; nothing is read yet.

    Args:
        entry: Code of a published entry that is mounted.
        taking: How collected rows become the holding's.
        actor: An officer or chief of the entry's department, or the authority's reviewer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the entry, or not do this.
        NothingToCollect, NotToBeCollected, AlreadyHeld: As for `decide.open_holding`.
    """
    found = catalog.entry(entry, viewer=actor)
    require(actor, "holdings.open", found.provider_id)
    resource = resources.resource_for_entry(found.pk, viewer=_PLATFORM)
    other = Holding.objects.filter(entry=found, closed_at__isnull=True).first()
    now = EntryNow(
        code=found.code,
        published=found.status == Status.PUBLISHED,
        share_type=ShareType(found.share_type) if found.share_type else None,
        mounted=resource is not None and resource.source.kind != PlaceKind.LAKE,
        keyed=bool(resource and resource.key),
        holding=other.number if other else "",
        columns=tuple({*resources.columns_of(resource).values(), *resource.key}) if resource else (),
    )
    decide.open_holding(now, own=actor.is_system or actor.department_id == found.provider_id)
    row = Holding(
        id=new_id(clock.now()),
        number=next_number("H", clock),
        entry=found,
        department_id=found.provider_id,
        taking=taking,
        by_owner=actor.department_id == found.provider_id,
        opened_by=actor.id,
        opened_by_name=actor.name,
        opened_at=clock.now(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # two who open at the same instant see no holding of each other's yet
        held = Holding.objects.get(entry=found, closed_at__isnull=True)
        raise errors.AlreadyHeld(entry=found.code, holding=held.number) from None
    record(
        terms.HOLDING_OPENED,
        row,
        actor=actor,
        clock=clock,
        basis=[ART_3_1],
        entry=found.code,
        taking=taking.value,
        department=found.provider.credit_code,
    )
    return row


@transaction.atomic
def change_holding(
    *, number: str, taking: Taking, timetable: str, serves: bool | None = None, actor: Actor, clock: Clock
) -> Holding:
    """Set how a holding is collected, when without being asked, and whether grants are delivered from it.

    Args:
        number: Of the holding.
        taking: From the next run on.
        timetable: Five fields of cron, words such as `每个工作日 02:00`, or `H2026-000001 之后` for each time after
            another holding was collected; empty for only when asked.
        serves: Whether deliveries of whole copies read it and not the source; None leaves that as it is.
        actor: Of the department, or the authority's reviewer, who cannot say what deliveries read.
        clock: From when the next time is counted.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        HoldingClosed: It is collected no more.
        InputsRejected: The text states neither, too close times, or what would wait for itself.
    """
    row = load(number, "holdings.change", actor)
    _require_open(row)
    if serves is not None and serves != row.serves:
        require(actor, "holdings.serve", row.department_id)
        row.serves = serves
    row.by_owner = row.by_owner or actor.department_id == row.department_id
    row.taking, row.timetable, row.next_at = (
        taking.value,
        timetable.strip(),
        _next(row, timetable.strip(), actor, clock),
    )
    row.save(update_fields=["taking", "timetable", "next_at", "serves", "by_owner"])
    record(
        terms.HOLDING_CHANGED,
        row,
        actor=actor,
        clock=clock,
        taking=row.taking,
        timetable=row.timetable,
        serves=row.serves,
    )
    return row


def _next(row: Holding, text: str, actor: Actor, clock: Clock) -> datetime | None:
    if not text:
        return None
    try:
        times = stated(text if len(text) <= LONGEST else "")
    except NoTimetable:
        raise InputsRejected(problems={"timetable": NO_TIMES_NO_EVENT}) from None
    if isinstance(times, After):
        require_followable(row, times, actor=actor)
        return None
    next_at = times.next_after(clock.now(), works_at(row))
    if next_at is None:
        raise InputsRejected(problems={"timetable": _("No day fulfils this.")})
    return next_at


@transaction.atomic
def close_holding(*, number: str, reason: str, actor: Actor, clock: Clock) -> Holding:
    """Collect an entry no more; what is held stays readable for its department.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        HoldingClosed: It is closed already.
        RunOpen: A run is under way.
        InputsRejected: No reason is given.
    """
    row = load(number, "holdings.close", actor)
    _require_open(row)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("Say why.")})
    _require_still(row)
    row.closed_at, row.closed_reason, row.next_at = clock.now(), reason.strip()[:2000], None
    row.save(update_fields=["closed_at", "closed_reason", "next_at"])
    record(terms.HOLDING_CLOSED, row, actor=actor, clock=clock, entry=row.entry.code, reason=row.closed_reason)
    return row


@transaction.atomic
def start_run(*, number: str, empty_is_true: bool = False, actor: Actor, clock: Clock) -> CollectionRun:
    """Start a collection; a worker takes it at once.

    Args:
        number: Of the holding.
        empty_is_true: Whether the source is known to be really empty now.
        actor: Of the department, the authority's reviewer, or the platform by the clock.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        HoldingClosed, RunOpen: It is collected no more, or just now.
        SourceChanged: Its entry is mounted on nothing now.
        NotToBeCollected: The entry is no longer shared, and another department asks.
    """
    row = load(number, "holdings.collect", actor)
    _require_open(row)
    _require_still(row)
    resource = resources.resource_for_entry(row.entry_id, viewer=_PLATFORM)
    lake = resource is not None and resource.source.kind == PlaceKind.LAKE  # a library is no source of a holding
    if resource is None or lake or not resource.key or row.entry.status != Status.PUBLISHED:
        raise errors.SourceChanged(entry=row.entry.code, number=row.number)
    # By the clock, what is not shared is collected only where its own department wanted that.
    own = actor.department_id == row.department_id or (actor.is_system and row.by_owner)
    if not own and row.entry.share_type in (ShareType.NONE, ""):
        raise errors.NotToBeCollected(entry=row.entry.code, source=str(terms.ART_14), citation=terms.ART_14)
    serial = (row.runs.order_by("-serial").values_list("serial", flat=True).first() or 0) + 1
    made = CollectionRun.objects.create(
        id=new_id(clock.now()),
        number=next_number("C", clock),
        holding=row,
        serial=serial,
        taking=row.taking,
        empty_is_true=empty_is_true,
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=clock.now(),
        next_try_at=clock.now(),
    )
    record(
        terms.RUN_ASKED,
        row,
        actor=actor,
        clock=clock,
        run=made.number,
        serial=serial,
        taking=made.taking,
        empty_is_true=empty_is_true,
    )
    enqueue(made.pk)
    return made


@transaction.atomic
def cancel_run(*, number: str, actor: Actor, clock: Clock) -> CollectionRun:
    """Stop a run: a waiting one now, a running one when its worker hears of it, within five seconds.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
        RunMoveRefused: It has ended.
    """
    row = locked().filter(number=number).first()
    if row is None:
        raise NotFound(what="run", key=number)
    holding = load(row.holding.number, "holdings.cancel", actor)
    wanted = decide.move(facts(row), RunStatus.CANCELLED)
    row.cancel_asked_at = clock.now()
    if row.status == RunStatus.WAITING:
        row.status, row.finished_at, row.next_try_at = wanted, clock.now(), None
        record(terms.RUN_CANCELLED, holding, actor=actor, clock=clock, run=row.number, attempt=row.attempt)
    row.save(update_fields=["status", "cancel_asked_at", "finished_at", "next_try_at"])
    return row


def start_due(*, clock: Clock) -> list[str]:
    """Start what is due by now, each in a transaction of its own; return the runs that began. Safe to run twice."""
    due = Holding.objects.filter(next_at__lte=clock.now(), closed_at__isnull=True).values_list("number", flat=True)
    return [begun for number in list(due) if (begun := _start_due(number, clock))]


@transaction.atomic
def _start_due(number: str, clock: Clock) -> str:
    rows = Holding.objects.select_for_update(of=("self",), skip_locked=True).select_related("department", "entry")
    row = rows.filter(number=number, next_at__lte=clock.now()).first()
    if row is None:
        return ""
    said = stated(row.timetable) if row.timetable else After("")
    if isinstance(said, After) and row.runs.filter(status__in=OPEN).exists():
        return ""  # it stays due until the one before has ended
    row.next_at = None if isinstance(said, After) else said.next_after(clock.now(), works_at(row))
    row.save(update_fields=["next_at"])
    try:
        with transaction.atomic():
            return start_run(number=number, actor=_PLATFORM, clock=clock).number
    except Refusal:
        # The one before still runs, or the source is gone: the page shows the holding as older than its cycle.
        return ""


def _require_open(row: Holding) -> None:
    if row.closed_at is not None:
        raise errors.HoldingClosed(number=row.number)


def _require_still(row: Holding) -> None:
    under_way = row.runs.filter(status__in=OPEN).values_list("number", flat=True).first()
    if under_way:
        raise errors.RunOpen(run=under_way, number=row.number)
