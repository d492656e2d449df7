"""Lists of the catalogue."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.catalog.words import COLOURS, SHARE_COLOURS, in_one_line, reason_in_words
from hefu.portal.lists import Align, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.importing.terms import SETTLED_NAMES
from hefu.rooms.catalog.terms import (
    CHANNEL_NAMES,
    GRADE_NAMES,
    OPEN_TYPE_NAMES,
    SHARE_TYPE_NAMES,
    STATUS_NAMES,
    UPDATE_CYCLE_NAMES,
    ShareType,
    Status,
)
from hefu.rooms.resources import queries as resources

if TYPE_CHECKING:
    from hefu.portal.http import PortalRequest
    from hefu.rooms.catalog.models import BadRow, Entry, ImportBatch


def address(entry: "Entry") -> str:
    """Return where an entry is."""
    return reverse("catalog:entry", args=[entry.pk])


def share_badge(kind: str) -> str:
    """Return a sharing type with its colour."""
    return badge(SHARE_COLOURS[ShareType(kind)], SHARE_TYPE_NAMES[ShareType(kind)]) if kind else shows.NOTHING


def status_badge(entry: "Entry") -> str:
    """Return the state of an entry."""
    status = Status(entry.status)
    return badge(COLOURS[status], STATUS_NAMES[status])


def _facets() -> list[Filter]:
    channels: dict[Any, str] = dict(CHANNEL_NAMES)
    return [
        Facet("share", _("Sharing"), "share_type", words=SHARE_TYPE_NAMES),
        Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),
        Facet(
            "channel",
            _("Channel"),
            "channels",
            words=channels,
            conditions={value: Q(channels__contains=[value]) for value in channels},
        ),
        Facet("cycle", _("Update cycle"), "update_cycle", words=UPDATE_CYCLE_NAMES),
        Facet("grade", _("Grade"), "grade", words=GRADE_NAMES),
        Facet("open", _("Opening to the public"), "open_type", words=OPEN_TYPE_NAMES),
        Facet("theme", _("Theme"), "theme"),
    ]


class Entries(Listing["Entry"]):
    """Entries in force: what the whole node shares."""

    name = "catalog"
    title = _("Catalogue")
    search_word = _("Name, item, department or code")
    order = "-published"
    aside = True
    mounted: set[UUID] = set()

    def columns(self) -> Sequence[Column["Entry"]]:
        """Return the columns."""
        return (
            Column("name", _("Entry"), lambda e: e.name, sort="name", show=_named),
            Column("provider", _("Provider"), lambda e: e.provider.name, sort="provider__name"),
            Column(
                "share",
                _("Sharing"),
                lambda e: name_of(e.share_type, SHARE_TYPE_NAMES),
                sort="share_type",
                show=lambda e: share_badge(e.share_type),
                wraps=False,
            ),
            Column(
                "cycle",
                _("Update cycle"),
                lambda e: name_of(e.update_cycle, UPDATE_CYCLE_NAMES) if e.update_cycle else "",
                sort="update_cycle",
                phone=False,
            ),
            Column(
                "mounted",
                _("Deliverable"),
                lambda e: e.pk in self.mounted,
                show=lambda e: badge("good", _("mounted")) if e.pk in self.mounted else shows.NOTHING,
                wraps=False,
            ),
            Column("published", _("In force since"), lambda e: e.published_at, sort="published_at", wraps=False),
            Column(
                "code",
                _("Code"),
                lambda e: e.code,
                sort="code",
                show=lambda e: shows.code(e.code),
                wraps=False,
                shown=False,
            ),
            Column("grade", _("Grade"), lambda e: name_of(e.grade, GRADE_NAMES) if e.grade else "", shown=False),
            Column(
                "channels", _("Channel"), lambda e: [name_of(one, CHANNEL_NAMES) for one in e.channels], shown=False
            ),
            Column("version", _("Version"), lambda e: e.version, sort="version", align=Align.END, shown=False),
            Column("theme", _("Theme"), lambda e: e.theme, sort="theme", shown=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return _facets()

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the entries in force."""
        return queries.published(viewer=self.request.actor, search=search)

    def prepare(self, rows: list["Entry"]) -> None:
        """Ask at once which of these entries are mounted."""
        self.mounted = resources.mounted([row.pk for row in rows], viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say what will be here."""
        actor = self.request.actor
        sentence = _(
            "No entry is in force yet. Departments draft entries or import their catalogue; the authority reviews."
        )
        if actor.has(Role.OFFICER, Role.CHIEF):
            return Empty(sentence, _("Draft an entry"), reverse("catalog:new"))
        if actor.has(Role.REVIEWER):
            return Empty(sentence, _("Import a catalogue"), reverse("catalog:import"))
        return Empty(sentence)


def _named(entry: "Entry") -> str:
    return format_html(
        '<a href="{}">{}</a><small class="under">{}</small>',
        address(entry),
        entry.name,
        Truncator(entry.abstract).chars(80),
    )


class Own(Entries):
    """Entries of the reader's own department, whatever their state."""

    name = "own_entries"
    title = _("Our entries")
    order = "-changed"

    def columns(self) -> Sequence[Column["Entry"]]:
        """Return the columns: the state comes first, the provider is oneself."""
        usual = [column for column in super().columns() if column.key not in ("provider", "cycle")]
        state = Column["Entry"](
            "status",
            _("State"),
            lambda e: name_of(e.status, STATUS_NAMES),
            sort="status",
            show=status_badge,
            wraps=False,
        )
        gaps = Column["Entry"]("gaps", _("Missing fields"), lambda e: len(e.gaps), align=Align.END)
        changed = Column["Entry"]("changed", _("Last changed"), lambda e: e.changed_at, sort="changed_at", wraps=False)
        return (usual[0], state, gaps, *usual[1:], changed)

    def filters(self) -> Sequence[Filter]:
        """Return the filters: by state first."""
        return [
            Facet("status", _("State"), "status", words=STATUS_NAMES, tabs=True),
            *(one for one in _facets() if one.key in ("share", "cycle", "grade")),
        ]

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the department's entries."""
        return queries.entries(viewer=self.request.actor, provider_id=self.request.actor.department_id, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("Your department has no entry yet. Draft the first one, or import the catalogue you have."),
            _("Draft an entry"),
            reverse("catalog:new"),
        )


class Imports(Listing["ImportBatch"]):
    """Imports of catalogue files."""

    name = "imports"
    title = _("Imports")
    order = "-at"

    def columns(self) -> Sequence[Column["ImportBatch"]]:
        """Return the columns."""
        return (
            Column(
                "file",
                _("File"),
                lambda b: b.file_name,
                sort="file_name",
                link=lambda b: reverse("catalog:batch", args=[b.pk]),
            ),
            Column("at", _("When"), lambda b: b.at, sort="at", wraps=False),
            Column("by", _("Who"), lambda b: b.by_name),
            Column("rows", _("Rows"), lambda b: b.rows, align=Align.END),
            Column("taken", _("New"), lambda b: b.taken, align=Align.END),
            Column("changed", _("Changed"), lambda b: b.changed, align=Align.END),
            Column("unchanged", _("Unchanged"), lambda b: b.unchanged, align=Align.END),
            Column("refused", _("Not taken in"), lambda b: b.refused, sort="refused", align=Align.END),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the imports."""
        del search
        return queries.batches(viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("No file was imported yet. A catalogue in CSV, XLSX or JSON is taken in with its columns as they are."),
            _("Import a catalogue"),
            reverse("catalog:import"),
        )


class BadRows(Listing["BadRow"]):
    """Rows that an import refused."""

    name = "bad_rows"
    title = _("Refused rows")
    order = "row"

    def __init__(self, request: "PortalRequest", batch_id: UUID) -> None:
        """Show the rows of one import."""
        super().__init__(request)
        self.batch_id = batch_id

    def columns(self) -> Sequence[Column["BadRow"]]:
        """Return the columns."""
        return (
            Column(
                "row",
                _("Row in the file"),
                lambda r: r.row,
                sort="row",
                link=lambda r: reverse("catalog:bad_row", args=[self.batch_id, r.pk]),
            ),
            Column(
                "state",
                _("State"),
                lambda r: name_of(r.settled, SETTLED_NAMES) if r.settled else say(_("waits")),
                wraps=False,
            ),
            Column("reasons", _("Why"), lambda r: [reason_in_words(reason) for reason in r.reasons]),
            Column("original", _("As it was"), _original),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the refused rows."""
        del search
        return queries.bad_rows(self.batch_id, viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say that all went in."""
        return Empty(_("Every row went in."))


def _original(row: "BadRow") -> str:
    cells = row.original if isinstance(row.original, dict) else {}
    told = "; ".join(f"{name}: {in_one_line(value)}" for name, value in cells.items() if value not in (None, "", []))
    return Truncator(told).chars(200)
