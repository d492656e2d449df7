"""Searches that people keep: reading them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.rooms.catalog.access import visible
from hefu.rooms.catalog.models import Entry, SavedSearch, SearchNotice
from hefu.search.terms import FACETS, Question


def person_of(actor: Actor) -> UUID | None:
    """Return the id of the person who acts; None for the system."""
    kind, _, pk = actor.id.partition(":")
    return UUID(pk) if kind == "person" else None


def own_searches(*, viewer: Actor) -> QuerySet[Any]:
    """Return the searches that the viewer keeps in the department acted for, with the number of `unread` notices."""
    nobody = UUID(int=0)
    found = SavedSearch.objects.filter(
        person_id=person_of(viewer) or nobody, department_id=viewer.department_id or nobody
    )
    return found.annotate(unread=Count("notices", filter=Q(notices__read_at__isnull=True, notices__pk__isnull=False)))


def search_notices(*, viewer: Actor) -> QuerySet[SearchNotice]:
    """Return the unread notices of the viewer's searches, newest first; only of entries that may still be read."""
    found = SearchNotice.objects.filter(search__in=own_searches(viewer=viewer), read_at__isnull=True)
    return found.filter(entry__in=Entry.objects.filter(visible(viewer))).select_related("search", "entry__provider")


def question_of(row: SavedSearch, *, status: str, **more: Any) -> Question:
    """Return what a kept search asks, of entries of one status."""
    chosen = {name: tuple(values) for name, values in row.asked.get("chosen", {}).items() if name in FACETS}
    return Question(text=row.asked.get("text", ""), chosen=(("status", (status,)), *chosen.items()), **more)
