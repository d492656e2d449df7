"""My desk: what a person must do today, then their cases, then their data."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Forbidden
from hefu.portal.cases import case_address
from hefu.portal.clock_face import face, soon_days
from hefu.portal.counting import counted
from hefu.portal.desk.todo import todo, waiting
from hefu.portal.http import PortalRequest
from hefu.portal.pages import page, show
from hefu.portal.requests.told import notice_in_words
from hefu.portal.upkeep.duplicates import told_in_words
from hefu.portal.workplaces import CASEWORK
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Status
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.parties import queries as parties
from hefu.rooms.requests import queries as requests
from hefu.rooms.upkeep import queries as upkeep
from hefu.search.terms import Question

#: Lines of each table on the desk; the lists have them all.
LINES = 12
#: Notices beside them.
NOTICES = 8
#: What a notice's line is made of.
_NOTICE = ("at", "kind", "facts", "request__number")


@page()
def desk(request: PortalRequest) -> HttpResponseBase:
    """Show the desk of the person in the department chosen."""
    actor = request.actor
    request.owed = clocks.desk_head(LINES, viewer=actor)
    owed, _number = request.owed
    awaited = []
    if actor.has(Role.OFFICER, Role.CHIEF):
        awaited = list(clocks.running(viewer=actor).exclude(responsible_id=actor.department_id)[:LINES])
    subjects = {one.subject for one in (*owed, *awaited)}
    about = {}
    if subjects:
        about = {row.number: row for row in requests.requests(viewer=actor).filter(number__in=subjects)}
    casework, soon = actor.has(*CASEWORK), soon_days()
    kinds, grants_shown = waiting(actor), _grants(actor) if casework else []
    counts = counted([rows for _kind, rows in kinds] + [rows for rows, _words, _address in grants_shown])
    return show(
        request,
        "desk/desk.html",
        title=gettext("My desk"),
        today=request.clock.today(),
        seated=bool(actor.roles),
        todo=todo(kinds, counts[: len(kinds)]),
        casework=casework,
        cases=_lines(owed, about, request.clock.today(), soon),
        awaited=_lines(awaited, about, request.clock.today(), soon),
        figures=[
            *([_entries(actor)] if casework else []),
            *((count, words, at) for (_r, words, at), count in zip(grants_shown, counts[len(kinds) :], strict=True)),
        ],
        recent=list(deliveries.deliveries(viewer=actor)[:5]) if casework else [],
        kept=catalog.own_searches(viewer=actor).filter(unread__gt=0),
        notices=_notices(actor) if actor.has(Role.OFFICER, Role.CHIEF, Role.REVIEWER) else [],
    )


def _notices(actor: Actor) -> list[dict[str, Any]]:
    """Return what the department was told, of requests and of like entries, newest first."""
    found: list[dict[str, Any]] = [
        {"at": one.at, "address": reverse("requests:case", args=[one.request.number]), "text": notice_in_words(one)}
        for one in requests.notices(viewer=actor)
        .select_related(None)
        .select_related("request")
        .only(*_NOTICE)[:NOTICES]
    ]
    found += [
        {"at": one.at, "address": reverse("upkeep:duplicate", args=[one.pair_id]), "text": told_in_words(one)}
        for one in upkeep.told(viewer=actor).select_related(None)[:NOTICES]
    ]
    return sorted(found, key=lambda one: one["at"], reverse=True)[:NOTICES]


def _lines(found: list[Any], about: dict[str, Any], today: date, soon: int) -> list[dict[str, Any]]:
    return [
        {
            "number": one.subject,
            "address": case_address(one.subject),
            "face": face(one, today, soon=soon),
            "about": about.get(one.subject),
        }
        for one in found
    ]


def _entries(actor: Actor) -> tuple[int, str, str]:
    """Return how many entries are in force, of the department or, for who works for none, of all; and where."""
    if not actor.has(Role.OFFICER, Role.CHIEF):
        found = catalog.how_many(viewer=actor, status=Status.PUBLISHED)
        return found, gettext("entries in force"), reverse("catalog:list")
    found = catalog.how_many(viewer=actor, status=Status.PUBLISHED, provider=str(actor.department_id))
    return found, gettext("entries of ours in force"), f"{reverse('catalog:own')}?status=published"


def _grants(actor: Actor) -> list[tuple[QuerySet[Any], str, str]]:
    """Return the grants that the desk counts, each with what they are and where they stand."""
    active = grants.grants(viewer=actor, status=GrantStatus.ACTIVE)
    here = f"{reverse('grants:list')}?status=active"
    if not actor.has(Role.OFFICER, Role.CHIEF):
        return [(active, gettext("grants in force"), here)]
    own = actor.department_id
    return [
        (active.filter(consumer_id=own), gettext("grants that we may use"), f"{here}&consumer={own}"),
        (active.filter(provider_id=own), gettext("grants on our data"), f"{here}&provider={own}"),
    ]


@page()
def search(request: PortalRequest) -> HttpResponseBase:
    """Look for a text in everything the reader may see; a full number leads to its page."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    exact = _exact(request, text.upper())
    if exact:
        return HttpResponseRedirect(exact)
    found = _found(request, text) if text else []
    return show(
        request, "desk/search.html", title=gettext("Search"), find=text, found=[part for part in found if part["hits"]]
    )


def _in_force(text: str) -> Question:
    return Question(text, chosen=(("status", (Status.PUBLISHED.value,)),), limit=10)


def _exact(request: PortalRequest, number: str) -> str:
    readers: dict[str, Any] = {
        "R": requests.requests,
        "G": grants.grants,
        "D": deliveries.deliveries,
    }
    reader = readers.get(number[:1])
    if reader and reader(viewer=request.actor).filter(number=number).exists():
        return case_address(number)
    return ""


def _found(request: PortalRequest, text: str) -> list[dict[str, Any]]:
    actor = request.actor
    parts: list[dict[str, Any]] = [
        {
            "title": gettext("Catalogue"),
            "hits": [
                (one.name, reverse("catalog:entry", args=[one.pk]), one.provider.name)
                for one in catalog.search(_in_force(text), viewer=actor).entries
            ],
        },
        {
            "title": gettext("Requests"),
            "hits": [
                (f"{one.number} {one.entry_name}", case_address(one.number), one.consumer.name)
                for one in requests.requests(viewer=actor, search=text)[:10]
            ],
        },
        {
            "title": gettext("Grants"),
            "hits": [
                (f"{one.number} {one.entry_name}", case_address(one.number), one.consumer.name)
                for one in grants.grants(viewer=actor, search=text)[:10]
            ],
        },
        {
            "title": gettext("Departments"),
            "hits": [
                (one.name, reverse("parties:department", args=[one.pk]), one.credit_code)
                for one in parties.departments(viewer=actor, search=text)[:10]
            ],
        },
    ]
    try:
        people = parties.people(viewer=actor, search=text)[:10]
        parts.append(
            {
                "title": gettext("People and seats"),
                "hits": [(one.name, reverse("parties:person", args=[one.pk]), one.username) for one in people],
            }
        )
    except Forbidden:  # others do not look for people
        pass
    return parts
