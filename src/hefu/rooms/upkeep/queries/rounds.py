"""Reads of comments, second looks and full reviews."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from hefu.kernel.actor import Actor, Role
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.upkeep.access import may, of_departments, seen_needs
from hefu.rooms.upkeep.models import Assessment, Comment, FullReview, Need, ReviewedEntry, Round
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import NeedStatus


def rounds(*, viewer: Actor) -> QuerySet[Round]:
    """Return the rounds of comments, newest first: everybody with a seat reads them, that is what they are for.

    Each has how many comments are shown (`said`), wait to be looked at (`waiting`) and are kept back (`kept_back`).
    """
    found = _counted()
    return found if viewer.is_system or viewer.roles else found.none()


def _counted() -> QuerySet[Round]:
    # Counting drops the table's own order.
    rows = Round.objects.select_related("entry__provider").order_by("-opened_at", "-pk")
    return rows.annotate(
        said=Count("comments", filter=Q(comments__shown=True)),
        waiting=Count("comments", filter=Q(comments__shown__isnull=True)),
        kept_back=Count("comments", filter=Q(comments__shown=False)),
    )


def public_rounds(*, viewer: Actor) -> QuerySet[Round]:
    """Return the rounds that everybody may read, newest first; a draft that is gone from them is read no more."""
    del viewer  # who has no seat is a reader too
    return _counted().filter(public=True)


def public_round(round_id: UUID, *, viewer: Actor) -> Round:
    """Return one round that everybody may read.

    Raises:
        NotFound: There is none.
    """
    found = public_rounds(viewer=viewer).filter(pk=round_id).first()
    if found is None:
        raise NotFound(what="round of comments", key=round_id)
    return found


def public_is_heard(place: str, *, on: date) -> Citation | None:
    """Return the article by which everybody is heard on drafts of a place; None where no law says so."""
    rules = clocks.rules_at(place)
    if not rules.has(cases.HEARS_RULE, on=on):
        return None
    told = rules.listing(cases.HEARS_RULE, on=on)
    return told.asked_by[cases.THE_PUBLIC][-1] if cases.THE_PUBLIC in told.ids else None


def round_(round_id: UUID, *, viewer: Actor) -> Round:
    """Return one round of comments.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = rounds(viewer=viewer).filter(pk=round_id).first()
    if found is None:
        raise NotFound(what="round of comments", key=round_id)
    return found


def round_of(entry_id: UUID, *, viewer: Actor) -> Round | None:
    """Return the newest round of comments on an entry or change, which is not read again with it."""
    return rounds(viewer=viewer).select_related(None).filter(entry_id=entry_id).first()


def comments(row: Round, *, viewer: Actor) -> list[Comment]:
    """Return what was said in a round, as `comments_in`."""
    return list(comments_in(row, viewer=viewer))


def comments_in(row: Round, *, viewer: Actor) -> QuerySet[Comment]:
    """Return what was said in a round, oldest first; what is not shown only for those who look at it."""
    found = row.comments.select_related("department")
    return found if may(viewer, "upkeep.moderate", row.entry.provider_id) else found.filter(shown=True)


def comments_to_settle(*, viewer: Actor) -> QuerySet[Comment]:
    """Return the comments on drafts of the viewer's department that wait to be looked at or answered."""
    own = Comment.objects.filter(round__entry__provider_id=viewer.department_id, round__closed_at__isnull=True)
    waiting = Q(shown__isnull=True) | Q(shown=True, answered_at__isnull=True)
    return own.filter(waiting) if viewer.department_id and viewer.has(Role.OFFICER, Role.CHIEF) else own.none()


def assessments(entry_id: UUID, *, viewer: Actor) -> list[Assessment]:
    """Return the second looks at an entry, newest first, for its department and the authority."""
    return list(Assessment.objects.filter(of_departments(viewer, "entry__provider_id"), entry_id=entry_id))


def full_reviews(*, viewer: Actor) -> QuerySet[FullReview]:
    """Return the full reviews that `viewer` may read, newest first, with how many entries were gone through."""
    found = FullReview.objects.filter(of_departments(viewer)).select_related("department")
    return found.annotate(gone_through=Count("words"))


def full_review(review_id: UUID, *, viewer: Actor) -> FullReview:
    """Return one full review.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = full_reviews(viewer=viewer).filter(pk=review_id).first()
    if found is None:
        raise NotFound(what="full review", key=review_id)
    return found


def to_go_through(row: FullReview, *, viewer: Actor) -> QuerySet[Any]:
    """Return the entries in force of a full review's department that nobody has gone through yet."""
    said = ReviewedEntry.objects.filter(review=row, entry_id=OuterRef("pk"))
    rows = catalog.published(viewer=viewer, provider_id=row.department_id, order="name")
    return rows.filter(~Exists(said), published_at__lt=row.opened_at)


def may_comment(viewer: Actor) -> bool:
    """Return whether somebody has a seat from which drafts are commented on."""
    return viewer.has(Role.OFFICER, Role.CHIEF, Role.REVIEWER)


def needs(*, viewer: Actor, status: NeedStatus | None = None) -> QuerySet[Need]:
    """Return the needs outside the catalogue that `viewer` may read, newest first."""
    found = Need.objects.filter(seen_needs(viewer)).select_related("department", "source", "entry")
    return found.filter(status=status) if status else found


def need(number: str, *, viewer: Actor) -> Need:
    """Return one need.

    Raises:
        NotFound: None that the viewer may read.
    """
    found = needs(viewer=viewer).filter(number=number).first()
    if found is None:
        raise NotFound(what="need", key=number)
    return found


def needs_to_answer(*, viewer: Actor) -> QuerySet[Need]:
    """Return the needs that wait for the viewer's own word: the authority's reviewer, or the chief of the source."""
    waiting = Q(pk__in=[])
    if viewer.of_authority and viewer.has(Role.REVIEWER):
        waiting |= Q(status=NeedStatus.RECEIVED)
    if viewer.department_id and viewer.has(Role.CHIEF):
        waiting |= Q(status=NeedStatus.ASSIGNED, source_id=viewer.department_id)
    return needs(viewer=viewer).filter(waiting)
