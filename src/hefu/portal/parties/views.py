"""Pages of departments, people and seats."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters

from hefu.kernel.words import _
from hefu.portal.deeds import reason_page
from hefu.portal.forms import attempt, done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.portal.parties.forms import DepartmentForm, NewPasswordForm, PersonForm, SeatForm
from hefu.portal.parties.lists import Departments, People
from hefu.portal.words import name_of
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import queries, services
from hefu.rooms.parties.access import may, require
from hefu.rooms.parties.terms import DEPARTMENT_ROLE_NAMES, ROLE_NAMES

if TYPE_CHECKING:
    from hefu.rooms.parties.models import Department


def _departments_crumb() -> Crumb:
    return gettext("Departments"), reverse("parties:departments")


def _people_crumb() -> Crumb:
    return gettext("People and seats"), reverse("parties:people")


@page()
def departments(request: PortalRequest) -> HttpResponseBase:
    """Show every department."""
    act = None
    if may(request.actor, "parties.register_department"):
        act = Act(_("Register a department"), reverse("parties:register"))
    return list_page(request, Departments(request), "parties/departments.html", title=gettext("Departments"), act=act)


@page()
def tree(request: PortalRequest) -> HttpResponseBase:
    """Show the departments as they stand above each other."""
    found = list(queries.departments(viewer=request.actor))
    known = {department.pk for department in found}
    below: dict[UUID | None, list[Department]] = {}
    for department in found:
        above = department.parent_id if department.parent_id in known else None
        below.setdefault(above, []).append(department)

    def branch(department: "Department") -> dict[str, Any]:
        return {"department": department, "below": [branch(child) for child in below.get(department.pk, [])]}

    return show(
        request,
        "parties/tree.html",
        title=gettext("Departments as a tree"),
        crumbs=[_departments_crumb()],
        branches=[branch(top) for top in below.get(None, [])],
        role_names=DEPARTMENT_ROLE_NAMES,
    )


@page()
def department(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one department: facts, who sits there, what happened to it."""
    found = queries.department(pk, viewer=request.actor)
    return show(
        request,
        "parties/department.html",
        title=found.name,
        crumbs=[_departments_crumb()],
        department=found,
        children=queries.departments(viewer=request.actor).filter(parent=found),
        seats=queries.colleagues(pk, viewer=request.actor).order_by("role", "person__name"),
        roles=[name_of(role, DEPARTMENT_ROLE_NAMES) for role in found.roles],
        role_names=ROLE_NAMES,
        may_change=may(request.actor, "parties.change_department"),
        events=history(found.credit_code, viewer=request.actor),
    )


@page(*FORM)
def register(request: PortalRequest) -> HttpResponseBase:
    """Register a department."""
    require(request.actor, "parties.register_department")
    form = DepartmentForm(posted(request), viewer=request.actor)
    if request.method == "POST":
        made = attempt(
            form, lambda typed: services.register_department(**typed, actor=request.actor, clock=request.clock)
        )
        if made:
            messages.success(request, gettext("{name} is registered.").format(name=made.name))
            return HttpResponseRedirect(reverse("parties:department", args=[made.pk]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Register a department"),
        crumbs=[_departments_crumb()],
        form=form,
        status=form.status,
        back=reverse("parties:departments"),
        send=gettext("Register"),
    )


@page(*FORM)
def change(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Change a department's facts."""
    require(request.actor, "parties.change_department")
    found = queries.department(pk, viewer=request.actor)
    present = {
        "name": found.name,
        "short_name": found.short_name,
        "place": found.place,
        "parent_id": str(found.parent_id or ""),
        "roles": found.roles,
        "phone": found.phone,
        "data_office": found.data_office,
    }
    form = DepartmentForm(posted(request), initial=present, viewer=request.actor, existing=True)
    address = reverse("parties:department", args=[pk])
    if request.method == "POST" and done(
        form,
        lambda typed: services.change_department(department_id=pk, **typed, actor=request.actor, clock=request.clock),
    ):
        messages.success(request, gettext("The changes are saved."))
        return HttpResponseRedirect(address)
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Change {name}").format(name=found.name),
        crumbs=[_departments_crumb(), (found.name, address)],
        form=form,
        status=form.status,
        back=address,
        lead=gettext("The credit code {code} stays.").format(code=found.credit_code),
    )


@page()
def people(request: PortalRequest) -> HttpResponseBase:
    """Show everybody who can sign in."""
    act = None
    if may(request.actor, "parties.register_person"):
        act = Act(_("Register a person"), reverse("parties:register_person"))
    return list_page(request, People(request), title=gettext("People and seats"), act=act)


@sensitive_post_parameters("password")
@page(*FORM)
def register_person(request: PortalRequest) -> HttpResponseBase:
    """Give somebody a sign-in."""
    require(request.actor, "parties.register_person")
    form = PersonForm(posted(request))
    if request.method == "POST":
        made = attempt(form, lambda typed: services.register_person(**typed, actor=request.actor, clock=request.clock))
        if made:
            messages.success(request, gettext("{name} can sign in. Give a seat next.").format(name=made.name))
            return HttpResponseRedirect(reverse("parties:person", args=[made.pk]))
    return show(
        request,
        "portal/form_page.html",
        title=gettext("Register a person"),
        crumbs=[_people_crumb()],
        form=form,
        status=form.status,
        back=reverse("parties:people"),
        send=gettext("Register"),
    )


@sensitive_post_parameters("password")
@page(*FORM)
def person(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one person with seats; give a seat, unlock, set a password."""
    found = queries.person(pk, viewer=request.actor)
    deed = request.POST.get("deed", "")
    seat_form = SeatForm(request.POST if deed == "seat" else None, viewer=request.actor)
    password_form = NewPasswordForm(request.POST if deed == "password" else None, prefix="new")
    said = ""
    if deed == "seat" and done(
        seat_form,
        lambda typed: services.give_seat(person_id=pk, **typed, actor=request.actor, clock=request.clock),
    ):
        said = gettext("The seat is given.")
    elif deed == "password" and done(
        password_form,
        lambda typed: services.set_password(person_id=pk, **typed, actor=request.actor, clock=request.clock),
    ):
        said = gettext("The password is set. Hand it over in person.")
    elif deed == "unlock":
        services.unlock_person(person_id=pk, actor=request.actor, clock=request.clock)
        said = gettext("The sign-in is unlocked.")
    if said:
        messages.success(request, said)
        return HttpResponseRedirect(reverse("parties:person", args=[pk]))
    locks = queries.locked_until([found.username], viewer=request.actor, clock=request.clock)
    return show(
        request,
        "parties/person.html",
        title=found.name,
        crumbs=[_people_crumb()],
        status=max(seat_form.status, password_form.status),
        person=found,
        seats=sorted(found.seats.all(), key=lambda seat: (seat.ended_at is not None, seat.given_at)),
        role_names=ROLE_NAMES,
        locked=locks.get(found.username.lower()),
        seat_form=seat_form,
        password_form=password_form,
        may_give=may(request.actor, "parties.give_seat") and found.is_active,
        events=history(f"person:{found.pk}", viewer=request.actor),
    )


@page(*FORM)
def end_seat(request: PortalRequest, pk: UUID, seat_id: UUID) -> HttpResponseBase:
    """End a seat, with the reason."""
    require(request.actor, "parties.end_seat")
    found = queries.person(pk, viewer=request.actor)
    return reason_page(
        request,
        title=gettext("End a seat of {name}").format(name=found.name),
        crumbs=[_people_crumb(), (found.name, reverse("parties:person", args=[pk]))],
        lead=gettext("From then on the person can no longer act for the department. What was done stays on record."),
        send=gettext("End the seat"),
        work=lambda typed: services.end_seat(seat_id=seat_id, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The seat is ended."),
    )


@page(*FORM)
def close_person(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Close a sign-in and end every seat, with the reason."""
    require(request.actor, "parties.close_person")
    found = queries.person(pk, viewer=request.actor)
    return reason_page(
        request,
        title=gettext("Close the sign-in of {name}").format(name=found.name),
        crumbs=[_people_crumb(), (found.name, reverse("parties:person", args=[pk]))],
        lead=gettext("All seats end at once and the person can no longer sign in. This cannot be taken back."),
        send=gettext("Close the sign-in"),
        work=lambda typed: services.close_person(person_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The sign-in of {name} is closed.").format(name=found.name),
        grave=True,
    )
