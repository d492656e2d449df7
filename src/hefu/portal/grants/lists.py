"""The list of grants."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.grants.words import COLOURS
from hefu.portal.lists import Align, Between, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.words import name_of
from hefu.rooms.grants import queries
from hefu.rooms.grants.terms import STATUS_NAMES, GrantStatus
from hefu.rooms.requests.terms import CHANNEL_NAMES

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


class Grants(Listing["Grant"]):
    """Grants that the reader may see."""

    name = "grants"
    title = _("Grants")
    search_word = _("Number or entry")
    order = "-number"

    def columns(self) -> Sequence[Column["Grant"]]:
        """Return the columns."""
        return (
            Column("number", _("Grant"), lambda g: g.number, sort="number", link=_address, wraps=False),
            Column("entry", _("Catalogue entry"), lambda g: g.entry_name, sort="entry_name"),
            Column("consumer", _("Consumer"), lambda g: g.consumer.name, sort="consumer__name"),
            Column("provider", _("Provider"), lambda g: g.provider.name, sort="provider__name"),
            Column("status", _("State"), lambda g: g.status_name, sort="status", show=_status),
            Column("channel", _("Channel"), lambda g: name_of(g.channel, CHANNEL_NAMES), sort="channel"),
            Column("items", _("Items"), lambda g: len(g.items), align=Align.END, phone=False),
            Column("until", _("Last day"), lambda g: g.term_until, sort="term_until", wraps=False),
            Column("from", _("First day"), lambda g: g.term_from, sort="term_from", wraps=False, shown=False),
            Column("request", _("Request"), lambda g: g.request, sort="request", shown=False, wraps=False),
            Column("issued", _("Issued"), lambda g: g.issued_at, sort="issued_at", shown=False, wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=STATUS_NAMES, tabs=True),
            Facet("scope", _("Use"), "pk", words={"idle": _("not used for too long")}, conditions=self._scopes()),
            Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),
            Facet("consumer", _("Consumer"), "consumer_id", name_field="consumer__name"),
            Facet("channel", _("Channel"), "channel", words=CHANNEL_NAMES),
            Between("until", _("Last day"), "term_until", instant=False),
        )

    def _scopes(self) -> dict[str, Q]:
        return {"idle": Q(pk__in=queries.idle(viewer=self.request.actor).order_by().values("pk"))}

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the grants."""
        return queries.grants(viewer=self.request.actor, search=search)

    def row_class(self, row: "Grant") -> str:
        """Return a paler row for what is over."""
        return "ended" if row.status in (GrantStatus.REVOKED, GrantStatus.EXPIRED) else ""

    def empty(self) -> Empty:
        """Say what will be here."""
        sentence = _(
            "A request that is agreed to becomes a grant with a signed ticket and stands here. There is none yet."
        )
        if self.request.actor.has(Role.OFFICER, Role.CHIEF):
            return Empty(sentence, _("To the catalogue"), reverse("catalog:list"))
        return Empty(sentence)


def _address(grant: "Grant") -> str:
    return reverse("grants:grant", args=[grant.number])


def _status(grant: "Grant") -> str:
    return badge(COLOURS[GrantStatus(grant.status)], grant.status_name)
