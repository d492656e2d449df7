"""Lists of upkeep: departments with their gaps, and the rows behind a gap."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.catalog.lists import address, share_badge
from hefu.portal.lists import Align, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.lists.in_memory import Choice, HeldListing
from hefu.portal.upkeep.words import GAP_HEADS
from hefu.portal.words import name_of, say
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES
from hefu.rooms.resources.terms import NETWORK_NAMES
from hefu.rooms.upkeep import queries
from hefu.rooms.upkeep.terms import ENTRY_GAPS, GAP_NAMES, TASK_KIND_NAMES, Coverage, Gap

if TYPE_CHECKING:
    from hefu.portal.http import PortalRequest


def gap_address(gap: Gap, department_id: object = "") -> str:
    """Return where the rows behind a gap stand."""
    where = reverse("upkeep:gap", args=[gap.value])
    return f"{where}?{urlencode({'department': str(department_id)})}" if department_id else where


def _gap_cell(gap: Gap) -> Any:
    def cell(row: Coverage) -> str:
        count = row.gap(gap)
        if not count:
            return shows.number(0)
        return format_html('<a href="{}">{}</a>', gap_address(gap, row.department_id), shows.number(count))

    return cell


class Coverages(HeldListing[Coverage]):
    """Every department with what is there and what is missing; the longest list of gaps first."""

    name = "coverage"
    title = _("Coverage of the catalogue")
    search_word = _("Department or division code")
    order = "-total"

    def columns(self) -> Sequence[Column[Coverage]]:
        """Return the columns."""
        return (
            Column(
                "name",
                _("Department"),
                lambda c: c.name,
                sort="name",
                link=lambda c: reverse("parties:department", args=[c.department_id]),
            ),
            Column("place", _("Division"), lambda c: c.place, sort="place", show=lambda c: shows.code(c.place)),
            Column("entries", _("Entries in force"), lambda c: c.entries, sort="entries", align=Align.END),
            Column("systems", _("Systems"), lambda c: c.systems, sort="systems", align=Align.END),
            Column("duties", _("Duties"), lambda c: c.duties, sort="duties", align=Align.END, shown=False),
            *(
                Column[Coverage](
                    gap.value,
                    GAP_HEADS[gap],
                    lambda c, gap=gap: c.gap(gap),  # type: ignore[misc]
                    sort=gap.value,
                    show=_gap_cell(gap),
                    align=Align.END,
                )
                for gap in Gap
            ),
            Column("total", _("All gaps"), lambda c: c.total, sort="total", align=Align.END),
        )

    @cached_property
    def all(self) -> list[Coverage]:
        """Every department's line that the reader may see, counted once a page."""
        return queries.coverage(viewer=self.request.actor)

    def held(self) -> Sequence[Coverage]:
        """Return every line."""
        return self.all

    def found(self, row: Coverage, search: str) -> bool:
        """Return whether the name or the division matches."""
        return search.casefold() in row.name.casefold() or row.place.startswith(search)

    def choices(self) -> Sequence[Choice]:
        """Return the filters."""
        return (
            Choice("state", _("State"), lambda c: "gaps" if c.total else "whole", word=_state_word, tabs=True),
            Choice("place", _("Division"), lambda c: c.place, word=str),
        )

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("No department is registered yet. Each will stand here with what its catalogue lacks."))


def _state_word(value: str) -> str:
    return say({"gaps": _("with gaps"), "whole": _("whole")}.get(value, value))


def _department_facet(path: str) -> Facet:
    return Facet("department", _("Department"), f"{path}_id", name_field=f"{path}__name")


class Offending(Listing[Any]):
    """The rows behind one gap."""

    name = "gap"
    order = "name"

    def __init__(self, request: "PortalRequest", gap: Gap) -> None:
        """Show the rows of one gap."""
        super().__init__(request)
        self.gap = gap
        self.title = GAP_NAMES[gap]  # type: ignore[misc] # the title is the gap's

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns: of entries, of systems or of duties."""
        if self.gap in ENTRY_GAPS:
            return _ENTRY_COLUMNS
        return _SYSTEM_COLUMNS if self.gap is Gap.SYSTEM_NO_ENTRY else _DUTY_COLUMNS

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (_department_facet("provider" if self.gap in ENTRY_GAPS else "department"),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the rows."""
        del search
        return queries.offending(self.gap, viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say that nothing is missing."""
        return Empty(_("Nothing is missing here."))


_ENTRY_COLUMNS: tuple[Column[Any], ...] = (
    Column("name", _("Entry"), lambda e: e.name, sort="name", link=address),
    Column("provider", _("Provider"), lambda e: e.provider.name, sort="provider__name"),
    Column(
        "share",
        _("Sharing"),
        lambda e: name_of(e.share_type, SHARE_TYPE_NAMES),
        sort="share_type",
        show=lambda e: share_badge(e.share_type),
    ),
    Column("system", _("System it names"), lambda e: e.system_name, sort="system_name"),
    Column("business", _("Business item it names"), lambda e: e.business_item, phone=False),
    Column("code", _("Code"), lambda e: e.code, sort="code", show=lambda e: shows.code(e.code), wraps=False),
    Column(
        "tie",
        _("Mend"),
        lambda e: "",
        show=lambda e: format_html('<a href="{}">{}</a>', reverse("upkeep:ties", args=[e.pk]), say(_("Tie"))),
    ),
)
_SYSTEM_COLUMNS: tuple[Column[Any], ...] = (
    Column("name", _("Information system"), lambda s: s.name, sort="name"),
    Column("department", _("Department"), lambda s: s.department.name, sort="department__name"),
    Column("network", _("Network"), lambda s: name_of(s.network, NETWORK_NAMES), sort="network"),
    Column("registered", _("Registered"), lambda s: s.registered_at, sort="registered_at", wraps=False),
)
_DUTY_COLUMNS: tuple[Column[Any], ...] = (
    Column("name", _("Duty"), lambda t: t.name, sort="name", link=lambda t: reverse("upkeep:task", args=[t.pk])),
    Column("department", _("Department"), lambda t: t.department.name, sort="department__name"),
    Column("code", _("Own number"), lambda t: t.code, sort="code", show=lambda t: shows.code(t.code)),
    Column("basis", _("Basis"), lambda t: t.basis),
)


class Tasks(Listing[Any]):
    """Duties and business items."""

    name = "tasks"
    title = _("Duties and business items")
    search_word = _("Duty or business item")
    order = "name"

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns."""
        return (
            Column("name", _("Duty or business item"), lambda t: t.name, sort="name", link=_task),
            Column("kind", _("Kind"), lambda t: name_of(t.kind, TASK_KIND_NAMES), sort="kind"),
            Column("under", _("Under the duty"), lambda t: t.under.name if t.under else ""),
            Column("department", _("Department"), lambda t: t.department.name, sort="department__name"),
            Column("entries", _("Entries"), lambda t: t.entries, sort="entries", align=Align.END),
            Column(
                "code", _("Own number"), lambda t: t.code, sort="code", show=lambda t: shows.code(t.code), phone=False
            ),
            Column("basis", _("Basis"), lambda t: t.basis, phone=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            _department_facet("department"),
            Facet("kind", _("Kind"), "kind", words=TASK_KIND_NAMES),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what the reader may see."""
        return queries.tasks(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("No duty is registered yet. With them, the catalogue shows which duties nobody holds data for."),
            _("Take a list in"),
            reverse("upkeep:import_tasks"),
        )


def _task(row: Any) -> str:
    return reverse("upkeep:task", args=[row.pk])
