"""The map of flows between departments, and the way of each column of an entry."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from hefu.dataplane.masks import Drop
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.flows.drawing import Arrival, Stream, draw_lineage, draw_map
from hefu.portal.flows.lists import Flows
from hefu.portal.http import PortalRequest
from hefu.portal.lists import list_page
from hefu.portal.pages import page, show
from hefu.portal.scope import mask_in_words
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.queries import Flow
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.access import sees_any as sees_grants
from hefu.rooms.grants.queries import Passage
from hefu.rooms.requests.terms import CHANNEL_NAMES
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.access import may as may_resource

#: Days that the map may look back → how that is called.
PERIODS = {7: _("the last 7 days"), 30: _("the last 30 days"), 365: _("the last year")}
_USUAL = 30


@page()
def flow_map(request: PortalRequest) -> HttpResponseBase:
    """Show what went from department to department in a time."""
    days = next((one for one in PERIODS if str(one) == request.GET.get("days", "")), _USUAL)
    found = queries.flows(viewer=request.actor, since=request.clock.now() - timedelta(days=days))
    listing = Flows(request, found)
    sides = [request.GET.get(name, "") for name in ("provider", "consumer")]
    narrowed = [
        one for one in found if all(not side or side == told for side, told in zip(sides, _sides(one), strict=True))
    ]
    return list_page(
        request,
        listing,
        "flows/map.html",
        title=gettext("Flows of data"),
        crumbs=[(gettext("Deliveries"), reverse("deliveries:list"))],
        map=draw_map([_stream(one, request) for one in narrowed]) if narrowed else None,
        periods=[(listing.address(days=str(key)), say(words), key == days) for key, words in PERIODS.items()],
        rows=sum(one.rows for one in narrowed),
    )


def _sides(flow: Flow) -> tuple[str, str]:
    return flow.provider, flow.consumer


def _stream(flow: Flow, request: PortalRequest) -> Stream:
    sides = f"provider={flow.provider_id}&consumer={flow.consumer_id}"
    if sees_grants(request.actor):
        title = gettext("{provider} to {consumer}: {rows} rows, {grants} grants")
        address = f"{reverse('grants:list')}?status=active&{sides}"
    else:
        title = gettext("{provider} to {consumer}: {rows} rows")
        address = f"{reverse('deliveries:list')}?{sides}"
    title = title.format(
        provider=flow.provider, consumer=flow.consumer, rows=shows.number(flow.rows), grants=flow.grants
    )
    return Stream(flow.provider, flow.consumer, flow.rows, address, title, failed=bool(flow.failed))


@page()
def lineage(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show where each column of an entry comes from and goes to, as far as the reader may know."""
    entry = catalog.entry(pk, viewer=request.actor)
    passages = grants.passages(entry.pk, viewer=request.actor)
    source, columns = _source(request, entry, passages)
    items = [(_key(item), item.name, columns.get(_key(item), "")) for item in catalog.items_of(entry)]
    arrivals = [_arrival(one) for one in passages]
    home = reverse("catalog:entry", args=[entry.pk])
    return show(
        request,
        "flows/lineage.html",
        title=gettext("Ways of {name}").format(name=entry.name),
        crumbs=[(gettext("Catalogue"), reverse("catalog:list")), (entry.name, home)],
        picture=draw_lineage(source, (entry.name, entry.code, home), items, arrivals),
        lines=[
            {
                "column": column,
                "item": name,
                "arrivals": [(one.title, one.address, *one.columns[key]) for one in arrivals if key in one.columns],
            }
            for key, name, column in items
        ],
        arrivals=arrivals,
    )


def _key(item: Any) -> str:
    return str(item.code or item.name)


def _source(request: PortalRequest, entry: Any, passages: list[Passage]) -> tuple[tuple[str, str, str], dict[str, str]]:
    """Return the source's table and item → its column there: as mounted, else as a ticket that the reader sees says."""
    if may_resource(request.actor, "resources.compare", entry.provider_id):
        mount = resources.resource_for_entry(entry.pk, viewer=request.actor)
        if mount is not None:
            held = resources.columns_of(mount)
            named = {_key(item): held[item.pk] for item in catalog.items_of(entry) if item.pk in held}
            address = reverse("resources:source", args=[mount.source_id])
            return (str(mount), mount.source.name, address), named
    for one in passages:
        if one.ticket is not None:
            columns = {item.name: item.column for item in one.ticket.items}
            ref = one.ticket.resource
            title = f"{ref.schema}.{ref.table}" if ref.schema else ref.table
            return (title, one.ticket.provider.name, ""), {
                item.code: columns[_called(item)] for item in one.grant.granted_items if _called(item) in columns
            }
    return ("", "", ""), {}


def _arrival(one: Passage) -> Arrival:
    grant = one.grant
    place = grant.target_table or name_of(grant.channel, CHANNEL_NAMES)
    return Arrival(
        grant.consumer.short_name,
        f"{grant.number} · {place} · {say(grant.status_name)}",
        reverse("grants:grant", args=[grant.number]),
        {
            item.code: (_called(item), mask_in_words(item.mask) if item.mask else "")
            for item in grant.granted_items
            if not isinstance(item.mask, Drop)
        },
    )


def _called(item: Any) -> str:
    """Return the column's name at the consumer."""
    return str(item.delivered_as or item.code)
