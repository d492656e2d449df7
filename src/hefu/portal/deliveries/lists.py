"""Lists of deliveries and of rejected rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.deliveries.words import COLOURS, PULSE_COLOURS
from hefu.portal.grants.words import reason_in_words
from hefu.portal.lists import Align, Between, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Chip, Filter, Option
from hefu.portal.words import name_of
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.terms import STATUS_NAMES, DeliveryStatus
from hefu.rooms.deliveries.terms.following import PULSE_NAMES, Pulse
from hefu.rooms.grants.terms import WAY_NAMES, Way
from hefu.rooms.requests.terms import CHANNEL_NAMES

if TYPE_CHECKING:
    from hefu.portal.http import PortalRequest
    from hefu.rooms.deliveries.models import Delivery, RejectedRow


class Deliveries(Listing["Delivery"]):
    """Deliveries that the reader may see."""

    name = "deliveries"
    title = _("Deliveries")
    search_word = _("Number, grant, request or entry")
    order = "-asked"

    def __init__(self, request: "PortalRequest") -> None:
        """Show what the reader may see."""
        super().__init__(request)
        self.lags: dict[UUID, tuple[Pulse, timedelta | None]] = {}

    def columns(self) -> Sequence[Column["Delivery"]]:
        """Return the columns."""
        return (
            Column("number", _("Delivery"), lambda d: d.number, sort="number", link=address, wraps=False),
            Column("entry", _("Catalogue entry"), lambda d: d.grant.entry_name, sort="grant__entry_name"),
            Column("consumer", _("Consumer"), lambda d: d.consumer.name, sort="consumer__name"),
            Column("provider", _("Provider"), lambda d: d.provider.name, sort="provider__name"),
            Column("status", _("State"), lambda d: d.status_name, sort="status", show=status_badge),
            Column("mode", _("Way"), lambda d: d.mode_name, sort="mode", wraps=False),
            Column("behind", _("Behind"), self._behind, show=self._lag, align=Align.END, wraps=False),
            Column(
                "rows",
                _("Rows delivered"),
                lambda d: d.rows_written if d.rows_written is not None else d.rows,
                sort="rows",
                align=Align.END,
            ),
            Column("rejected", _("Rows rejected"), lambda d: d.rows_rejected, sort="rows_rejected", align=Align.END),
            Column("asked", _("Asked for"), lambda d: d.asked_at, sort="asked_at", wraps=False),
            Column("finished", _("Finished"), lambda d: d.finished_at, sort="finished_at", wraps=False, phone=False),
            Column("grant", _("Grant"), lambda d: d.grant.number, sort="grant__number", shown=False, wraps=False),
            Column("channel", _("Channel"), lambda d: name_of(d.channel, CHANNEL_NAMES), shown=False),
            Column(
                "bytes",
                _("Size"),
                lambda d: d.bytes,
                sort="bytes",
                show=lambda d: shows.size(d.bytes),
                shown=False,
                align=Align.END,
            ),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=STATUS_NAMES, tabs=True),
            Facet("scope", _("Alarm"), "pk", words={"alarm": _("not kept in step")}, conditions=self._scopes()),
            Facet("mode", _("Way"), "mode", words=WAY_NAMES),
            Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),
            Facet("consumer", _("Consumer"), "consumer_id", name_field="consumer__name"),
            Between("asked", _("Asked for"), "asked_at"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the deliveries."""
        return queries.deliveries(viewer=self.request.actor, search=search)

    def _scopes(self) -> dict[str, Q]:
        return {"alarm": Q(pk__in=queries.alarmed(viewer=self.request.actor).order_by().values("pk"))}

    def prepare(self, rows: list["Delivery"]) -> None:
        """Feel the pulse of those that follow."""
        followers = [row for row in rows if row.mode == Way.FOLLOW]
        self.lags = queries.lags(followers, clock=self.request.clock) if followers else {}

    def _behind(self, row: "Delivery") -> float | None:
        _pulse, behind = self.lags.get(row.pk, (None, None))
        return round(behind.total_seconds(), 1) if behind is not None else None

    def _lag(self, row: "Delivery") -> str:
        pulse, behind = self.lags.get(row.pk, (None, None))
        if pulse is None or pulse is Pulse.AT_REST:
            return ""
        if pulse is Pulse.IN_STEP or behind is None:
            return badge(PULSE_COLOURS[pulse], PULSE_NAMES[pulse])
        return format_html("{} {}", badge(PULSE_COLOURS[pulse], PULSE_NAMES[pulse]), shows.span(behind.total_seconds()))

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("Here stands every delivery with its progress, its counts and its receipt. Grants start them."),
            _("To the grants"),
            reverse("grants:list"),
        )


def address(delivery: "Delivery") -> str:
    """Return where a delivery is."""
    return reverse("deliveries:delivery", args=[delivery.number])


def status_badge(delivery: "Delivery") -> str:
    """Return a delivery's state."""
    return badge(COLOURS[DeliveryStatus(delivery.status)], delivery.status_name)


class ReasonFacet(Facet):
    """Rejected rows by reason; a row may have several."""

    def narrow(self, rows: QuerySet[Any], asked: Any) -> QuerySet[Any]:
        """Return the rows that have the chosen reason."""
        value = self.chosen(asked)
        return rows.filter(reasons__contains=[value]) if value else rows

    def options(self, rows: QuerySet[Any], asked: Any) -> list[Option]:
        """Return the reasons of the delivery with their exact counts, kept by the run."""
        chosen = self.chosen(asked)
        counts: dict[str, str] = dict(self.words or {})
        return [Option(value, self.word(value), int(count), value == chosen) for value, count in counts.items()]

    def chips(self, asked: Any, options: list[Option]) -> list[Chip]:
        """Return the chosen reason in words."""
        return super().chips(asked, options)


class Rejects(Listing["RejectedRow"]):
    """Rows of one delivery that did not pass; the provider sees their values."""

    name = "rejects"
    title = _("Rejected rows")
    order = "place"

    def __init__(self, request: "PortalRequest", delivery: "Delivery") -> None:
        """Show the rows of `delivery`."""
        super().__init__(request)
        self.delivery = delivery
        self.summary = queries.reject_summary(delivery, viewer=request.actor)
        self.values: dict[int, dict[str, str | None]] = {}
        self.names = [part["name"] if isinstance(part, dict) else part[0] for part in delivery.columns]
        self.words = {
            code: item.name for item in delivery.grant.granted_items for code in (item.code, item.delivered_as)
        }

    def columns(self) -> Sequence[Column["RejectedRow"]]:
        """Return the columns: place, reasons, and for the provider every value."""
        fixed = [
            Column["RejectedRow"]("place", _("No."), lambda r: r.place, sort="place"),
            Column["RejectedRow"](
                "reasons", _("Cause"), lambda r: [reason_in_words(one, self.words) for one in r.reasons]
            ),
        ]
        if not self.summary.values_shown:
            return fixed
        return [
            *fixed,
            *(
                Column["RejectedRow"](
                    f"value_{at}", self.words.get(name, name), self._value_of(name), named=True, wraps=False
                )
                for at, name in enumerate(self.names)
            ),
        ]

    def _reasons(self, row: "RejectedRow") -> list[str]:
        return [reason_in_words(reason, self.words) for reason in row.reasons]

    def _value_of(self, name: str) -> Any:
        return lambda row: self.values.get(row.place, {}).get(name)

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            ReasonFacet(
                "reason",
                _("Cause"),
                "reasons",
                words={reason: str(count) for reason, count in self.summary.reasons},
                word=lambda reason: reason_in_words(reason, self.words),
            ),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the rejected rows."""
        del search
        return queries.rejects(self.delivery, viewer=self.request.actor)

    def prepare(self, rows: list["RejectedRow"]) -> None:
        """Open the values that the reader may see."""
        opened = queries.reveal(self.delivery, rows, viewer=self.request.actor)
        self.values = {one.place: one.values or {} for one in opened}
        found = [name for values in self.values.values() for name in values]
        self.names = list(dict.fromkeys(found)) or self.names

    def empty(self) -> Empty:
        """Say why there are none."""
        return Empty(_("Every row passed, or the values of rejected rows are no longer kept."))
