"""How services of the catalogue find the row they are to change."""

from datetime import date
from uuid import UUID

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.catalog import decide
from hefu.rooms.catalog.access import require, visible
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of, facts_of
from hefu.rooms.catalog.services._law import keeping_back
from hefu.rooms.catalog.terms import EntryFacts


def locked(entry_id: UUID, action: str, actor: Actor) -> Entry:
    """Return the row of an entry or change, locked, when `actor` may do `action` on it.

    Raises:
        NotFound: There is none that the actor may read.
        Forbidden: It may be read, but not be so treated.
    """
    row = (
        Entry.objects.select_for_update(of=("self",))
        .select_related("provider", "changes_to")
        .filter(visible(actor), pk=entry_id)
        .first()
    )
    if row is None:
        raise NotFound(what="catalogue entry", key=entry_id)
    require(actor, action, row.provider_id)
    return row


def facts(row: Entry, *, on: date | None = None) -> EntryFacts:
    """Return the row as a decision sees it; with the law of `on` where the decision hangs on it."""
    content = content_of(row)
    law = keeping_back(content, place=row.provider.place, on=on) if on else None
    return facts_of(row, content, namesake=_namesake(row), keeping_back=law)


def _namesake(row: Entry) -> str:
    """Return the code of another entry of the department with the same name, written however."""
    own = [pk for pk in (row.pk, row.changes_to_id) if pk]
    names = (
        Entry.objects.filter(provider_id=row.provider_id, changes_to__isnull=True)
        .exclude(pk__in=own)
        .exclude(status="withdrawn")
        .values_list("code", "name")
    )
    wanted = decide.folded(row.name)
    return next((code for code, name in names.iterator() if decide.folded(name) == wanted), "")
