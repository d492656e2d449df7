"""Reads of comments, second looks and full reviews."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.upkeep.access import of_departments, seen_needs
from hefu.rooms.upkeep.models import Assessment, Comment, FullReview, Need, ReviewedEntry, Round
from hefu.rooms.upkeep.terms.cases import NeedStatus


def rounds(*, viewer: Actor) -> QuerySet[Round]:
    """Return the rounds of comments, newest first: everybody with a seat reads them, that is what they are for."""
    found = Round.objects.select_related("entry__provider").annotate(said=Count("comments"))
    return found if viewer.is_system or viewer.roles else found.none()


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
    """Return the newest round of comments on an entry or change."""
    return rounds(viewer=viewer).filter(entry_id=entry_id).first()


def comments(row: Round) -> list[Comment]:
    """Return what was said in a round that was read for its viewer, oldest first."""
    return list(row.comments.select_related("department"))


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
