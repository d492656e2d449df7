"""A question to the catalogue: from the index of this host, brought up to date first; else from PostgreSQL itself."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from hefu.kernel.actor import Actor
from hefu.kernel.words import _
from hefu.rooms.catalog.access import scope, visible
from hefu.rooms.catalog.models import Entry, Item
from hefu.rooms.catalog.searching import fallback, notes
from hefu.rooms.catalog.searching.shelf import AT_ONCE, SMALL, Shelf, Standing, shelf
from hefu.search.asking import all_ids, ask
from hefu.search.errors import IndexBroken
from hefu.search.terms import Count, Found, Question, Scope

log = logging.getLogger(__name__)

#: Entries that one question hands out in full order, for a file.
MOST = 100_000
#: Columns that lists show, of an entry and of its provider; any other is read when somebody asks for it after all.
_SHOWN = (
    *("id", "code", "provider_id", "status", "version", "changes_to_id", "name", "abstract", "class_code"),
    *("share_type", "open_type", "channels", "update_cycle", "grade", "theme", "published_at", "changed_at", "gaps"),
    *(f"provider__{name}" for name in ("name", "short_name", "credit_code", "place")),
)
#: Answers that are remembered until the index changes.
_REMEMBERED = 500

NO_INDEX = _("The search index is being made; this answer comes from the database and knows no sounds and spellings.")
UNSETTLED = _("This answer comes from the database, within changes that are not finished yet.")


@dataclass(frozen=True)
class Answer:
    """Entries that a question found, and how fresh that is."""

    #: Of this page, in order, with their providers.
    entries: tuple[Entry, ...]
    total: int
    counts: Mapping[str, tuple[Count, ...]]
    #: No entry has all the words; these have most of them.
    relaxed: bool
    #: What was probably meant; empty for none.
    suggestion: str
    #: State of the catalogue that was searched.
    as_of: datetime
    #: Changes that the answer lacks.
    pending: int = 0
    #: Entry → names of its items, when words were asked for.
    items: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)
    #: Why PostgreSQL itself answered; empty when the index did.
    reason: str = ""


def search(question: Question, *, viewer: Actor) -> Answer:
    """Answer a question within what `viewer` may read.

    Changes that were committed before the question are in the answer, unless there are very many of
    them or another process is just taking them in; then the answer says how many it lacks. Inside a
    transaction PostgreSQL answers: the index knows only what is committed.
    """
    if connection.in_atomic_block:
        return _from_database(question, viewer, UNSETTLED)
    here = shelf()
    standing, pending = _ready(here)
    if standing is None:
        return _from_database(question, viewer, NO_INDEX)
    shown: list[tuple[tuple[Entry, ...], dict[UUID, tuple[str, ...]]]] = []
    try:
        found = _found(
            here,
            standing,
            scope(viewer),
            question,
            meanwhile=lambda ids: shown.append((_entries(ids, viewer), _items(ids, question))),
        )
    except (IndexBroken, ValueError) as error:
        here.condemn(error)
        return _from_database(question, viewer, NO_INDEX)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how a fault below Python arrives; it has no other name
            raise
        here.condemn(error)
        return _from_database(question, viewer, NO_INDEX)
    ((entries, items),) = shown
    return Answer(
        entries,
        found.total,
        found.counts,
        found.relaxed,
        found.suggestion,
        as_of=standing.read.at,
        pending=pending,
        items=items,
    )


def found_ids(question: Question, *, viewer: Actor) -> tuple[UUID, ...] | None:
    """Return every entry that a question finds, in its order; None when there are too many or no index answers."""
    standing, _pending = (None, 0) if connection.in_atomic_block else _ready(shelf())
    if standing is None:
        return None
    ids = all_ids(standing.index, scope(viewer), question, most=MOST + 1)
    return ids if len(ids) <= MOST else None


def _ready(here: Shelf) -> tuple[Standing | None, int]:
    """Return the index, as fresh as a question may wait for, and the number of changes it lacks."""
    standing = here.standing()
    pending = notes.pending(standing.read) if standing else None
    if standing is None or pending is None:
        if Entry.objects.order_by()[: SMALL + 1].count() > SMALL:
            return None, 0
        here.rebuild()
        standing = here.standing()
        pending = notes.pending(standing.read) if standing else 0
    if 0 < (pending or 0) <= AT_ONCE:
        here.catch_up()
        standing = here.standing()
        pending = notes.pending(standing.read) if standing else 0
    return standing, pending or 0


def _found(
    here: Shelf, standing: Standing, allowed: Scope, question: Question, meanwhile: Callable[[tuple[UUID, ...]], None]
) -> Found:
    """Ask, and remember the answer as long as the index stays as it is.

    Args:
        here: The index of this host.
        standing: As it stands.
        allowed: What may be seen.
        question: What is asked.
        meanwhile: Told the page's ids, once, before the counts are there.
    """
    key = (allowed, question)
    found = standing.answers.get(key)
    if found is not None:
        meanwhile(found.ids)
        return found
    for remembered in (standing.answers, standing.walks):
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
    found = ask(standing.index, allowed, question, lambda: here.vocabulary(standing), meanwhile, standing.walks)
    standing.answers[key] = found
    return found


def by_ids(ids: Sequence[UUID], *, viewer: Actor) -> list[Entry]:
    """Return those of these entries that `viewer` may read, in the order given."""
    return list(_entries(ids, viewer))


def how_many(*, viewer: Actor, **chosen: str) -> int:
    """Return how many entries `viewer` may read that have each of the values chosen by facet."""
    question = Question(chosen=tuple((facet, (value,)) for facet, value in chosen.items()), limit=0)
    return search(question, viewer=viewer).total


def _entries(ids: Sequence[UUID], viewer: Actor) -> tuple[Entry, ...]:
    """Read the rows; the filter of rows holds as well, should the index ever say too much."""
    if not ids:
        return ()
    found = Entry.objects.filter(visible(viewer)).select_related("provider").only(*_SHOWN)
    rows = found.order_by().in_bulk(list(ids))
    return tuple(rows[pk] for pk in ids if pk in rows)


def _items(ids: Sequence[UUID], question: Question) -> dict[UUID, tuple[str, ...]]:
    """Return the names of the items of entries that were found, of each as the entry orders them."""
    if not ids or not question.text:
        return {}
    made: dict[UUID, list[str]] = {}
    told = Item.objects.filter(entry_id__in=list(ids)).order_by("position")
    for pk, name in told.values_list("entry_id", "name"):
        made.setdefault(pk, []).append(name)
    return {pk: tuple(names) for pk, names in made.items()}


def _from_database(question: Question, viewer: Actor, reason: str) -> Answer:
    found = fallback.ask(question, viewer=viewer)
    return Answer(
        _entries(found.ids, viewer),
        found.total,
        found.counts,
        relaxed=False,
        suggestion="",
        as_of=notes.moment().at,
        reason=reason,
        items=_items(found.ids, question),
    )
