"""The table beside the map of flows."""

from collections.abc import Sequence

from django.urls import reverse

from hefu.kernel.words import _
from hefu.portal.badges import badge
from hefu.portal.http import PortalRequest
from hefu.portal.lists import Align, Column, Empty
from hefu.portal.lists.in_memory import Choice, HeldListing
from hefu.rooms.deliveries.queries import Flow
from hefu.rooms.grants.access import sees_any as sees_grants


class Flows(HeldListing[Flow]):
    """What each department gives to each other one."""

    name = "flows"
    title = _("Flows of data")
    search_word = _("Department")

    def __init__(self, request: PortalRequest, held: list[Flow]) -> None:
        """Take the flows that the reader may see."""
        super().__init__(request)
        self._held = held

    def columns(self) -> Sequence[Column[Flow]]:
        """Return the columns."""
        return (
            Column("provider", _("Provider"), lambda f: f.provider, sort="provider"),
            Column("consumer", _("Consumer"), lambda f: f.consumer, sort="consumer"),
            *self._of_grants(),
            Column("deliveries", _("Deliveries"), lambda f: f.deliveries, sort="deliveries", align=Align.END),
            Column("rows", _("Rows and changes"), lambda f: f.rows, sort="rows", align=Align.END),
            Column(
                "failed",
                _("Stand failed"),
                lambda f: f.failed,
                sort="failed",
                show=lambda f: badge("bad", str(f.failed)) if f.failed else "0",
            ),
            Column("last", _("Last"), lambda f: f.last, sort="last", wraps=False),
        )

    def _of_grants(self) -> Sequence[Column[Flow]]:
        """Return the column of grants; whoever sees none of them would read that there are none."""
        if not sees_grants(self.request.actor):
            return ()
        title = _("Grants in force")
        return (Column("grants", title, lambda f: f.grants, sort="grants", align=Align.END, link=_grants),)

    def choices(self) -> Sequence[Choice]:
        """Return the filters."""
        return (
            Choice("provider", _("Provider"), lambda f: f.provider, word=str),
            Choice("consumer", _("Consumer"), lambda f: f.consumer, word=str),
        )

    def held(self) -> Sequence[Flow]:
        """Return the flows, the most rows first."""
        return self._held

    def found(self, row: Flow, search: str) -> bool:
        """Return whether a department's name has it."""
        return search in row.provider or search in row.consumer

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("Nothing went from department to department in this time. A grant in force begins a flow."))


def _grants(flow: Flow) -> str:
    return f"{reverse('grants:list')}?status=active&provider={flow.provider_id}&consumer={flow.consumer_id}"
