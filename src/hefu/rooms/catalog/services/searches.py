"""Searches that people keep, and how often an entry is granted. Both are conveniences: nothing of them is evidence."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog.models import EntryUse, SavedSearch, SearchNotice
from hefu.rooms.catalog.searching.asking import search
from hefu.rooms.catalog.searching.saved import own_searches, person_of, question_of
from hefu.rooms.catalog.terms import Status
from hefu.rooms.parties import queries as parties
from hefu.search.terms import Question, Sort

#: A person keeps so many searches at most.
MOST_KEPT = 50
#: Entries that one look tells of at most; the search itself has them all.
_TOLD = 50
#: Looked at again, for a version that came into force in a transaction which ended late.
_OVERLAP = timedelta(hours=1)


@transaction.atomic
def keep_search(*, name: str, question: Question, actor: Actor, clock: Clock) -> SavedSearch:
    """Keep a search under a name; of new entries that it finds the person is told. The same name replaces it.

    Raises:
        Forbidden: The actor is no person in a seat.
        InputsRejected: No name, nothing asked, or too many kept already.
    """
    person_id = person_of(actor)
    if person_id is None or actor.department_id is None:
        raise Forbidden(action="catalog.keep_search")
    name = name.strip()[:120] or question.text.strip()[:120]
    if not name:
        raise InputsRejected(problems={"name": _("Give the search a name.")})
    kept = own_searches(viewer=actor)
    if kept.count() >= MOST_KEPT and not kept.filter(name=name).exists():
        raise InputsRejected(problems={"name": _("You keep 50 searches already. Drop one first.")})
    chosen = {facet: list(values) for facet, values in question.chosen if facet != "status"}
    row, _made = SavedSearch.objects.update_or_create(
        person_id=person_id,
        department_id=actor.department_id,
        name=name,
        defaults={"asked": {"text": question.text, "chosen": chosen}, "looked_until": clock.now()},
        create_defaults={
            "id": new_id(clock.now()),
            "asked": {"text": question.text, "chosen": chosen},
            "made_at": clock.now(),
            "looked_until": clock.now(),
        },
    )
    return row


@transaction.atomic
def drop_search(*, search_id: UUID, actor: Actor) -> None:
    """Keep a search no longer.

    Raises:
        NotFound: The actor keeps none with that id.
    """
    row = own_searches(viewer=actor).filter(pk=search_id).first()
    if row is None:
        raise NotFound(what="kept search", key=search_id)
    row.delete()


@transaction.atomic
def read_notices(*, search_id: UUID, actor: Actor, clock: Clock) -> None:
    """Note that the person has seen what a kept search found.

    Raises:
        NotFound: The actor keeps none with that id.
    """
    row = own_searches(viewer=actor).filter(pk=search_id).first()
    if row is None:
        raise NotFound(what="kept search", key=search_id)
    row.notices.filter(read_at__isnull=True).update(read_at=clock.now())


def look_for_people(*, clock: Clock) -> int:
    """Look, for each kept search, for entries that came into force since; return how many people are told of.

    Each search is asked with the eyes of the person who keeps it, as they are now.
    """
    told = 0
    for row in SavedSearch.objects.select_related("person").order_by("pk").iterator():
        viewer = parties.actor_for(row.person, row.department_id)
        if viewer.department_id != row.department_id:
            continue
        since = max(row.made_at, row.looked_until - _OVERLAP)
        question = question_of(row, status=Status.PUBLISHED, after=since, sort=Sort.NEWEST, limit=_TOLD)
        now = clock.now()
        found = search(question, viewer=viewer)
        told += _tell(row, [(entry.pk, entry.version) for entry in found.entries], clock=clock)
        SavedSearch.objects.filter(pk=row.pk).update(looked_until=now)
    return told


def _tell(row: SavedSearch, found: list[tuple[UUID, int]], *, clock: Clock) -> int:
    known = set(row.notices.filter(entry_id__in=[pk for pk, _version in found]).values_list("entry_id", "version"))
    fresh = [
        SearchNotice(search=row, entry_id=pk, version=version, at=clock.now())
        for pk, version in found
        if (pk, version) not in known
    ]
    SearchNotice.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


@transaction.atomic
def note_use(*, entry_id: UUID) -> None:
    """Note that an entry was granted once more; called where grants are announced."""
    EntryUse.objects.get_or_create(entry_id=entry_id)
    EntryUse.objects.filter(entry_id=entry_id).update(grants=F("grants") + 1)
