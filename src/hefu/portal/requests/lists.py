"""The list of requests."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.clock_batch import open_faces
from hefu.portal.clock_face import Face, line
from hefu.portal.lists import Between, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.requests.words import COLOURS
from hefu.portal.words import name_of
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES, ShareType
from hefu.rooms.requests import queries
from hefu.rooms.requests.access import INSIDERS, oversees
from hefu.rooms.requests.terms import STATUS_NAMES, Status

if TYPE_CHECKING:
    from hefu.rooms.requests.models import AccessRequest


class Requests(Listing["AccessRequest"]):
    """Requests of the reader's department, to it, and for the authority all."""

    name = "requests"
    title = _("Requests")
    search_word = _("Number, entry or department")
    order = "-drafted"
    faces: dict[str, Face] = {}

    def columns(self) -> Sequence[Column["AccessRequest"]]:
        """Return the columns."""
        return (
            Column("number", _("Request"), lambda r: r.number, sort="number", link=_address, wraps=False),
            Column("entry", _("Catalogue entry"), lambda r: r.entry_name, sort="entry_name"),
            Column("consumer", _("Consumer"), lambda r: r.consumer.name, sort="consumer__name"),
            Column("provider", _("Provider"), lambda r: r.provider.name, sort="provider__name"),
            Column("status", _("State"), lambda r: STATUS_NAMES[Status(r.status)], sort="status", show=_status),
            Column("due", _("To be done by"), self._due, sort="due_on", show=self._clock, wraps=False),
            Column(
                "share",
                _("Sharing"),
                lambda r: name_of(r.share_type, SHARE_TYPE_NAMES) if r.share_type else "",
                shown=False,
            ),
            Column("received", _("Received"), lambda r: r.received_on, sort="received_on", wraps=False, phone=False),
            Column("drafted", _("Drafted"), lambda r: r.drafted_at, sort="drafted_at", shown=False),
            Column("delivered", _("First delivered"), lambda r: r.delivered_on, sort="delivered_on", shown=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("scope", _("Whose"), "pk", words=self._scopes(), conditions=self._scope_conditions(), tabs=True),
            Facet("status", _("State"), "status", words=STATUS_NAMES),
            Facet(
                "share",
                _("Sharing"),
                "share_type",
                words={kind: SHARE_TYPE_NAMES[kind] for kind in (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL)},
            ),
            Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),
            Facet("consumer", _("Consumer"), "consumer_id", name_field="consumer__name"),
            Between("received", _("Received"), "received_on", instant=False),
        )

    def _scopes(self) -> dict[str, str]:
        actor = self.request.actor
        found = {}
        if actor.has(*INSIDERS) or (actor.of_authority and actor.has(Role.REVIEWER)):
            found["decide"] = _("to be answered by us")
        if actor.has(*INSIDERS):
            found |= {"complete": _("to be completed by us"), "ours": _("asked by us"), "asked": _("asked of us")}
        if actor.of_authority and actor.has(Role.REVIEWER):
            found["consent"] = _("more time wished for")
        if oversees(actor):
            found["overdue"] = _("overdue")
        return found

    def _scope_conditions(self) -> dict[str, Q]:
        actor = self.request.actor
        return {
            "decide": Q(pk__in=queries.to_decide(viewer=actor).order_by().values("pk")),
            "complete": Q(pk__in=queries.to_complete(viewer=actor).order_by().values("pk")),
            "consent": Q(pk__in=queries.to_consent(viewer=actor).order_by().values("pk")),
            "overdue": Q(pk__in=queries.requests(viewer=actor, overdue=True).order_by().values("pk")),
            "ours": Q(consumer_id=actor.department_id),
            "asked": Q(provider_id=actor.department_id),
        }

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the requests."""
        return queries.requests(viewer=self.request.actor, search=search)

    def prepare(self, rows: list["AccessRequest"]) -> None:
        """Ask for the clocks of these requests at once."""
        self.faces = open_faces(self.request, [row.number for row in rows])

    def _due(self, row: "AccessRequest") -> Any:
        shown = self.faces.get(row.number)
        return shown.due_on if shown else None

    def _clock(self, row: "AccessRequest") -> str:
        return line(self.faces.get(row.number))

    def empty(self) -> Empty:
        """Say what will be here."""
        if self.request.actor.has(*INSIDERS):
            return Empty(
                _(
                    "Here stand the requests of your department and those that ask for its data. To ask for data, "
                    "open an entry of the catalogue."
                ),
                _("To the catalogue"),
                reverse("catalog:list"),
            )
        return Empty(_("Here stand the requests between departments once they are handed in. There is none yet."))


def _address(row: "AccessRequest") -> str:
    return reverse("requests:case", args=[row.number])


def _status(row: "AccessRequest") -> str:
    status = Status(row.status)
    return badge(COLOURS[status], STATUS_NAMES[status])
