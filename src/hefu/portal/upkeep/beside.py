"""What an entry's page shows of upkeep: its ties, its users, what the machine found."""

from typing import Any
from uuid import UUID

from hefu.kernel.actor import system
from hefu.portal.http import PortalRequest
from hefu.portal.upkeep.reviewing import findings_in_words
from hefu.portal.upkeep.words import sees_all
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Content, Status
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import OVER
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import queries
from hefu.rooms.upkeep.access import may


def held_beside(request: PortalRequest, content: Content, provider_id: UUID) -> list[queries.Held]:
    """Return at most five entries of other departments that hold what is being drafted."""
    return queries.held_elsewhere(content, provider_id=provider_id, viewer=request.actor)[:5]


def recollected_beside(request: PortalRequest, content: Content, provider_id: UUID) -> list[queries.Recollected]:
    """Return the items of a draft whose source department is another."""
    return queries.recollected(content, provider_id=provider_id, viewer=request.actor)


def beside_entry(request: PortalRequest, entry: Any) -> dict[str, Any]:
    """Return the parts of upkeep for the page of an entry or change that the reader may read."""
    actor, held = request.actor, entry.changes_to or entry
    own = actor.department_id == entry.provider_id
    checked = entry.status in (Status.DRAFT, Status.RETURNED, Status.IN_REVIEW) and (own or sees_all(actor))
    written = own and entry.status in (Status.DRAFT, Status.RETURNED)
    has = queries.kinds_beside({entry.pk, held.pk})
    sources = queries.item_sources(held.pk) if queries.Kind.ITEM_SOURCE in has else {}
    users = grants.grants(viewer=system("upkeep"), entry_id=held.pk).exclude(status__in=sorted(OVER))
    return {
        "findings": findings_in_words(queries.findings_of_many([entry])[entry.pk]) if checked else [],
        "held": held_beside(request, catalog.content_of(entry), entry.provider_id) if written else [],
        "recollected": recollected_beside(request, catalog.content_of(entry), entry.provider_id) if written else [],
        "sources": {item.pk: sources.get(item.stands_for or item.pk) for item in catalog.items_of(entry)},
        "second": {
            "looks": queries.assessments(entry.pk, viewer=actor) if checked else [],
            "assesses": written and may(actor, "upkeep.assess", entry.provider_id) and entry.author != actor.id,
            "discusses": written and may(actor, "upkeep.discuss", entry.provider_id),
            "round": queries.round_of(entry.pk, viewer=actor) if queries.Kind.ROUND in has else None,
        },
        "upkeep": {
            "source": queries.source_in(held.pk, sources) if sources or queries.Kind.SOURCE in has else "",
            "systems": queries.systems_of(held, viewer=actor, tied=queries.Kind.SYSTEM in has),
            "tasks": queries.tasks_of(held) if queries.Kind.TASK in has else [],
            "opens_tasks": own or sees_all(actor),
            "look": queries.look_of(held.pk, viewer=actor) if queries.Kind.LOOK in has else None,
            "users": users.order_by().values("consumer_id").distinct().count(),
            "held": held.pk,
            "may_compare": held.status == Status.PUBLISHED
            and may(actor, "upkeep.measure", held.provider_id)
            and held.pk in resources.mounted([held.pk], viewer=actor),
            "may_tie": may(actor, "upkeep.tie", entry.provider_id),
        },
    }
