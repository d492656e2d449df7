"""Lists of departments and people."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.actor import Role
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.lists import Align, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.words import name_of
from hefu.rooms.parties import queries
from hefu.rooms.parties.terms import DEPARTMENT_ROLE_NAMES, ROLE_NAMES

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Department, Person


class Departments(Listing["Department"]):
    """Every department of the node."""

    name = "departments"
    title = _("Departments")
    search_word = _("Name, short name or credit code")
    order = "name"

    def columns(self) -> Sequence[Column["Department"]]:
        """Return the columns."""
        return (
            Column("name", _("Department"), lambda d: d.name, sort="name", link=_address),
            Column("short", _("Short name"), lambda d: d.short_name, sort="short_name", phone=False),
            Column(
                "code",
                _("Credit code"),
                lambda d: d.credit_code,
                sort="credit_code",
                show=lambda d: shows.code(d.credit_code),
                wraps=False,
            ),
            Column("roles", _("Roles"), lambda d: [name_of(role, DEPARTMENT_ROLE_NAMES) for role in d.roles]),
            Column(
                "parent",
                _("Department above"),
                lambda d: d.parent.name if d.parent else "",
                sort="parent__name",
                phone=False,
            ),
            Column(
                "place", _("Division"), lambda d: d.place, sort="place", show=lambda d: shows.code(d.place), phone=False
            ),
            Column("seats", _("Seats"), lambda d: d.open_seats, sort="open_seats", align=Align.END),  # type: ignore[attr-defined]
            Column("phone", _("Telephone"), lambda d: d.phone, shown=False, wraps=False),
            Column("registered", _("Registered"), lambda d: d.registered_at, sort="registered_at", shown=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet(
                "role",
                _("Role"),
                "roles",
                words=DEPARTMENT_ROLE_NAMES,
                conditions={role: Q(roles__contains=[role]) for role in DEPARTMENT_ROLE_NAMES},
                tabs=True,
            ),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the departments."""
        return queries.departments(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        if self.request.actor.has(Role.OPERATOR):
            return Empty(
                _("No department takes part yet. Register the data authority first, then providers and consumers."),
                _("Register a department"),
                reverse("parties:register"),
            )
        return Empty(_("No department takes part yet. The system administrator registers them."))


def _address(department: "Department") -> str:
    return reverse("parties:department", args=[department.pk])


class People(Listing["Person"]):
    """Everybody who can sign in."""

    name = "people"
    title = _("People and seats")
    search_word = _("Person's name or sign-in name")
    order = "username"
    locked: dict[str, datetime] = {}

    def columns(self) -> Sequence[Column["Person"]]:
        """Return the columns."""
        return (
            Column(
                "name",
                _("Person"),
                lambda p: p.name,
                sort="name",
                link=lambda p: reverse("parties:person", args=[p.pk]),
            ),
            Column(
                "username",
                _("Sign-in name"),
                lambda p: p.username,
                sort="username",
                show=lambda p: shows.code(p.username),
            ),
            Column("seats", _("Seats"), _seats),
            Column("state", _("State"), self._state_of, show=self._badge),
            Column("last", _("Last sign-in"), lambda p: p.last_login, sort="last_login", wraps=False),
            Column("registered", _("Registered"), lambda p: p.registered_at, sort="registered_at", wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet(
                "state",
                _("State"),
                "is_active",
                words={"open": _("can sign in"), "closed": _("sign-in closed")},
                conditions={"open": Q(is_active=True), "closed": Q(is_active=False)},
                tabs=True,
            ),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the people."""
        return queries.people(viewer=self.request.actor, search=search)

    def prepare(self, rows: list["Person"]) -> None:
        """Ask for the locks of these people at once."""
        self.locked = queries.locked_until(
            [person.username for person in rows], viewer=self.request.actor, clock=self.request.clock
        )

    def _state_of(self, person: "Person") -> str:
        if not person.is_active:
            return _("sign-in closed")
        return _("locked") if person.username.lower() in self.locked else _("can sign in")

    def _badge(self, person: "Person") -> str:
        word = self._state_of(person)
        return badge({"sign-in closed": "off", "locked": "soon"}.get(word, "good"), word)

    def row_class(self, row: "Person") -> str:
        """Return a paler row for who can no longer sign in."""
        return "" if row.is_active else "ended"

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("Nobody can sign in yet."), _("Register a person"), reverse("parties:register_person"))


def _seats(person: "Person") -> list[str]:
    held = [seat for seat in person.seats.all() if seat.ended_at is None]
    return [
        gettext("{department} ({role})").format(
            department=seat.department.short_name, role=name_of(seat.role, ROLE_NAMES)
        )
        for seat in held
    ]
