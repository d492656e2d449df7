"""The list of holdings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.holdings.words import FRESH_COLOURS
from hefu.portal.lists import Align, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.rooms.holdings import queries
from hefu.rooms.holdings.terms import FRESHNESS_NAMES, TAKING_NAMES, Freshness

if TYPE_CHECKING:
    from hefu.portal.http import PortalRequest
    from hefu.rooms.holdings.models import Holding
    from hefu.rooms.holdings.queries import HoldingNow


class Holdings(Listing["Holding"]):
    """Holdings that the reader may see."""

    name = "holdings"
    title = _("Holdings")
    search_word = _("Number, entry or its code")
    order = "-number"

    def __init__(self, request: "PortalRequest") -> None:
        """Show what the reader may see."""
        super().__init__(request)
        self.stands: dict[UUID, HoldingNow] = {}

    def columns(self) -> Sequence[Column["Holding"]]:
        """Return the columns."""
        return (
            Column("number", _("Holding"), lambda h: h.number, sort="number", link=address, wraps=False),
            Column("entry", _("Catalogue entry"), lambda h: h.entry.name, sort="entry__name"),
            Column("department", _("Source department"), lambda h: h.department.name, sort="department__name"),
            Column("fresh", _("How fresh"), lambda h: FRESHNESS_NAMES[self._fresh(h)], show=self._badge),
            Column("rows", _("Rows held"), lambda h: self._last(h, "rows_held"), align=Align.END, wraps=False),
            Column("collected", _("Collected"), lambda h: self._last(h, "collected_at"), wraps=False),
            Column("taking", _("How rows are taken"), lambda h: h.taking_name, sort="taking", phone=False),
            Column("next", _("Next by the clock"), lambda h: h.next_at, sort="next_at", wraps=False, phone=False),
            Column("closed", _("Closed"), lambda h: h.closed_at, sort="closed_at", shown=False, wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet(
                "state",
                _("State"),
                "pk",
                words={"open": _("being collected"), "closed": _("closed")},
                conditions={"open": Q(closed_at__isnull=True), "closed": Q(closed_at__isnull=False)},
            ),
            Facet("department", _("Source department"), "department_id", name_field="department__name"),
            Facet("taking", _("How rows are taken"), "taking", words=TAKING_NAMES),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the holdings."""
        return queries.holdings(viewer=self.request.actor, search=search)

    def prepare(self, rows: list["Holding"]) -> None:
        """Look once how all of them stand."""
        self.stands = queries.standings(rows, clock=self.request.clock)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "A holding keeps an entry's rows in this node's lake, with every version of them. Entries are also "
                "shared without one: their rows are read at the source then."
            ),
            _("Open a holding") if queries.openable(viewer=self.request.actor) else "",
            reverse("holdings:new"),
        )

    def _fresh(self, row: "Holding") -> Freshness:
        return self.stands[row.pk].freshness if row.pk in self.stands else Freshness.NEVER

    def _badge(self, row: "Holding") -> str:
        fresh = self._fresh(row)
        return badge(FRESH_COLOURS[fresh], FRESHNESS_NAMES[fresh])

    def _last(self, row: "Holding", field: str) -> Any:
        last = self.stands[row.pk].last if row.pk in self.stands else None
        return getattr(last, field) if last is not None else None


def address(row: "Holding") -> str:
    """Return where a holding is."""
    return reverse("holdings:holding", args=[row.number])
