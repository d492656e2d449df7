"""Lists of sources, targets, systems and allowances."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.lists import Align, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.resources.words import ALLOWANCE_NAMES
from hefu.portal.words import name_of
from hefu.rooms.resources import queries
from hefu.rooms.resources.access import may
from hefu.rooms.resources.terms import DATABASES, NETWORK_NAMES, PLACE_KIND_NAMES, PlaceKind

if TYPE_CHECKING:
    from hefu.rooms.resources.models import Allowance, Source, System, Target

    Place = Source | Target


def reached_badge(place: "Place") -> str:
    """Return how the last test went."""
    if place.reached is None:
        return badge("waiting", _("not tested"))
    return badge("good", _("reached")) if place.reached else badge("bad", _("not reached"))


def where(place: "Place") -> str:
    """Return where a place is, without its secret."""
    if place.kind == PlaceKind.SFTP:
        return f"{place.username}@{place.host}:{place.port}{place.folder}"
    if place.kind == PlaceKind.S3:
        return f"{place.username}@{place.host}:{place.port}/{place.dbname}{place.folder}"
    if place.kind == PlaceKind.HTTP:
        return f"{'http' if place.tls == 'disable' else 'https'}://{place.host}:{place.port}"
    if place.kind in DATABASES:
        return f"{place.username}@{place.host}:{place.port}/{place.dbname}"
    return place.folder if place.kind != PlaceKind.LAKE else gettext("in the node's lake")


def _may_register(listing: Listing[Any]) -> bool:
    actor = listing.request.actor
    return may(actor, "resources.register_place", actor.department_id)


class Sources(Listing["Source"]):
    """Where data is read."""

    name = "sources"
    title = _("Data sources")
    search_word = _("Name of the source")
    order = "name"

    def columns(self) -> Sequence[Column["Source"]]:
        """Return the columns."""
        return (
            Column("name", _("Data source"), lambda s: s.name, sort="name", link=_source),
            Column("department", _("Department"), lambda s: s.department.name, sort="department__name"),
            Column("kind", _("Kind"), lambda s: name_of(s.kind, PLACE_KIND_NAMES), sort="kind"),
            Column("where", _("Where"), where, show=lambda s: shows.code(where(s))),
            Column("system", _("Information system"), lambda s: s.system.name if s.system else "", phone=False),
            Column("entries", _("Entries"), lambda s: s.entries, sort="entries", align=Align.END),  # type: ignore[attr-defined]
            Column("reached", _("Last test"), lambda s: s.reached, sort="reached", show=reached_badge, wraps=False),
            Column("tested", _("Tested"), lambda s: s.tested_at, sort="tested_at", shown=False, wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("department", _("Department"), "department_id", name_field="department__name"),
            Facet("kind", _("Kind"), "kind", words=PLACE_KIND_NAMES),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the sources."""
        return queries.sources(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "A source is a database or folder in which your department's data lies. "
                "Entries are mounted on its tables."
            ),
            _("Register a source") if _may_register(self) else "",
            reverse("resources:new_source"),
        )


def _source(row: "Source") -> str:
    return reverse("resources:source", args=[row.pk])


class Targets(Listing["Target"]):
    """Where data arrives."""

    name = "targets"
    title = _("Places of delivery")
    search_word = _("Name of the place")
    order = "name"

    def columns(self) -> Sequence[Column["Target"]]:
        """Return the columns."""
        return (
            Column("name", _("Place of delivery"), lambda t: t.name, sort="name", link=_target),
            Column("department", _("Department"), lambda t: t.department.name, sort="department__name"),
            Column("kind", _("Kind"), lambda t: name_of(t.kind, PLACE_KIND_NAMES), sort="kind"),
            Column("where", _("Where"), where, show=lambda t: shows.code(where(t))),
            Column("schema", _("Schema"), lambda t: t.schema, show=lambda t: shows.code(t.schema), phone=False),
            Column("reached", _("Last test"), lambda t: t.reached, sort="reached", show=reached_badge, wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("department", _("Department"), "department_id", name_field="department__name"),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the targets."""
        return queries.targets(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("A place of delivery is a database of your department in which granted rows arrive."),
            _("Register a place of delivery") if _may_register(self) else "",
            reverse("resources:new_target"),
        )


def _target(row: "Target") -> str:
    return reverse("resources:target", args=[row.pk])


class Systems(Listing["System"]):
    """Information systems: entry, resource and system are the link that auditors look for."""

    name = "systems"
    title = _("Information systems")
    search_word = _("Name of the system")
    order = "name"

    def columns(self) -> Sequence[Column["System"]]:
        """Return the columns."""
        return (
            Column("name", _("Information system"), lambda s: s.name, sort="name"),
            Column("department", _("Department"), lambda s: s.department.name, sort="department__name"),
            Column("network", _("Network"), lambda s: name_of(s.network, NETWORK_NAMES), sort="network"),
            Column("entries", _("Entries"), lambda s: s.entries, sort="entries", align=Align.END),
            Column("description", _("Description"), lambda s: s.description, phone=False),
            Column("registered", _("Registered"), lambda s: s.registered_at, sort="registered_at", wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("department", _("Department"), "department_id", name_field="department__name"),
            Facet("network", _("Network"), "network", words=NETWORK_NAMES),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the systems."""
        return queries.systems(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _("No information system is registered. Auditors look for the link from entry to table to system."),
            _("Register a system") if _may_register(self) else "",
            reverse("resources:new_system"),
        )


class Allowances(Listing["Allowance"]):
    """What connectors may reach."""

    name = "allowances"
    title = _("What connectors may reach")
    order = "pattern"

    def columns(self) -> Sequence[Column["Allowance"]]:
        """Return the columns."""
        return (
            Column("pattern", _("Address, host or folder"), lambda a: a.pattern, sort="pattern", show=_pattern),
            Column("kind", _("Kind"), lambda a: name_of(a.kind, ALLOWANCE_NAMES), sort="kind"),
            Column("note", _("What for"), lambda a: a.note),
            Column("given", _("Given"), lambda a: a.given_at, sort="given_at", wraps=False),
            *(
                [Column("end", _("End"), lambda _a: "", show=_end)]
                if may(self.request.actor, "resources.allow")
                else []
            ),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the allowances."""
        del search
        return queries.allowances(viewer=self.request.actor)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "Nothing is allowed yet, so no source outside can be reached. "
                "The system administrator allows addresses."
            ),
            _("Allow an address") if may(self.request.actor, "resources.allow") else "",
            reverse("resources:allow"),
        )


def _end(row: "Allowance") -> str:
    return format_html(
        '<a href="{}" aria-label="{}">{}</a>',
        reverse("resources:disallow", args=[row.pk]),
        gettext("End the allowance of {pattern}").format(pattern=row.pattern),
        gettext("End the allowance"),
    )


def _pattern(row: "Allowance") -> str:
    return shows.code(row.pattern)
