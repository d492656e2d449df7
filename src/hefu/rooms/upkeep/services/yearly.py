"""How a department goes through its whole catalogue once a year."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.clocks import queries as clock_queries
from hefu.rooms.clocks import services as clocks
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import errors, queries, terms
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import FullReview, ReviewedEntry
from hefu.rooms.upkeep.services._numbers import next_number
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import Word

#: How often a whole catalogue is gone through, where the law of the place says so.
RULE = "catalog.full_review"


@transaction.atomic
def open_full_review(*, department_id: UUID, due_on: date | None = None, actor: Actor, clock: Clock) -> FullReview:
    """Begin a full review of a department's catalogue; an open one is returned as it is.

    Where the law of the place says how often, its period runs from today and its clock is shown; elsewhere
    the last day is the one that is set.

    Args:
        department_id: Whose catalogue.
        due_on: Last day; needed where the law names no period.
        actor: The department's chief, or the authority's reviewer.
        clock: For its times.

    Raises:
        NotFound, Forbidden: As everywhere.
        InputsRejected: No last day where the law names none, or one that is past.
    """
    require(actor, "upkeep.open_review", department_id)
    department = parties.department(department_id, viewer=actor)
    present = FullReview.objects.filter(department=department, closed_at__isnull=True).first()
    if present:
        return present
    rules = clock_queries.rules_at(department.place)
    today = clock.today(rules.zone)
    number = next_number("Y", clock)
    bound = rules.has(RULE, on=today)
    basis: list[Citation] = []
    if bound:
        deadline = rules.period(RULE, on=today).count_from(today)
        clocks.start(
            subject=number,
            deadline=deadline,
            place=department.place,
            responsible_id=department.pk,
            actor=actor,
            clock=clock,
        )
        due_on = min(due_on, deadline.due_on) if due_on else deadline.due_on
        basis = list(deadline.citations)
    if due_on is None or due_on <= today:
        raise InputsRejected(problems={"due_on": _("Set a last day in the future: the law of this place names none.")})
    row = FullReview.objects.create(
        id=new_id(clock.now()),
        number=number,
        department=department,
        opened_at=clock.now(),
        due_on=due_on,
        rule=RULE if bound else "",
    )
    record(
        cases.REVIEW_OPENED,
        subject=number,
        by=actor,
        at=clock.now(),
        basis=basis or [terms.ART_17],
        concerns=[department.pk],
        body={
            "department": department.credit_code,
            "due_on": due_on,
            "entries": queries.to_go_through(row, viewer=actor).count(),
        },
    )
    return row


@transaction.atomic
def say_of_entries(*, review_id: UUID, entry_ids: Sequence[UUID], word: Word, actor: Actor, clock: Clock) -> int:
    """Say of entries in force what the full review found; return how many are new.

    `changed` is for an entry whose next version is being written, `withdrawn` for one that left the catalogue
    meanwhile; both are looked up, a person only confirms.

    Raises:
        NotFound, Forbidden: As everywhere.
        ReviewRefused: It is closed, or an entry is not so.
    """
    row = queries.full_review(review_id, viewer=actor)
    require(actor, "upkeep.go_through", row.department_id)
    if row.closed_at:
        raise errors.ReviewRefused(number=row.number, reason=_("it is closed."))
    made = 0
    for entry_id in dict.fromkeys(entry_ids):
        entry = catalog.entry(entry_id, viewer=actor)
        if entry.provider_id != row.department_id or entry.is_change:
            raise errors.ReviewRefused(number=row.number, reason=_("an entry is not of this catalogue."))
        change = catalog.change_id(entry.pk, viewer=actor)
        renewed = entry.published_at is not None and entry.published_at >= row.opened_at
        if word is Word.CHANGED and change is None and not renewed:
            raise errors.ReviewRefused(number=row.number, reason=_("draft the entry's next version first."))
        _one, fresh = ReviewedEntry.objects.get_or_create(
            review=row, entry_id=entry.pk, defaults={"word": word.value, "by": actor.id, "at": clock.now()}
        )
        made += fresh
    return made


@transaction.atomic
def close_full_review(*, review_id: UUID, actor: Actor, clock: Clock) -> FullReview:
    """End a full review once every entry in force has its word; its clock is met.

    Raises:
        NotFound, Forbidden: As everywhere.
        ReviewRefused: Entries are left that nobody has gone through.
    """
    found = queries.full_review(review_id, viewer=actor)
    require(actor, "upkeep.close_review", found.department_id)
    row = FullReview.objects.select_for_update(of=("self",)).select_related("department").get(pk=found.pk)
    if row.closed_at:
        return row
    if queries.to_go_through(row, viewer=actor).exists():
        raise errors.ReviewRefused(number=row.number, reason=_("entries are left that nobody has gone through."))
    row.closed_at = clock.now()
    row.save(update_fields=["closed_at"])
    clocks.meet(subject=row.number, rule=RULE, actor=actor, clock=clock)
    words = list(row.words.values_list("word", flat=True))
    withdrawn = catalog.entries_of(row.department_id, viewer=actor).filter(withdrawn_at__gte=row.opened_at).count()
    record(
        cases.REVIEW_CLOSED,
        subject=row.number,
        by=actor,
        at=clock.now(),
        basis=[terms.ART_17],
        concerns=[row.department_id],
        body={
            "department": row.department.credit_code,
            "confirmed": words.count(Word.CONFIRMED),
            "changed": words.count(Word.CHANGED),
            "withdrawn": withdrawn,
        },
    )
    return row


def open_due_reviews(*, actor: Actor, clock: Clock) -> list[str]:
    """Begin the full review of every department whose law asks for one and that has none open or closed this year.

    Raises:
        Forbidden: Only the platform begins them by itself.
    """
    require(actor, "upkeep.sweep")
    opened = []
    for department in parties.departments(viewer=actor):
        rules = clock_queries.rules_at(department.place)
        today = clock.today(rules.zone)
        held = FullReview.objects.filter(department=department, opened_at__year=today.year)
        still = FullReview.objects.filter(department=department, closed_at__isnull=True)
        if not rules.has(RULE, on=today) or held.exists() or still.exists():
            continue
        if catalog.published(viewer=actor, provider_id=department.pk).exists():
            opened.append(open_full_review(department_id=department.pk, actor=actor, clock=clock).number)
    return opened
