"""Pages on which an entry is tied to a real table, and on which its check rules are set."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.portal.catalog.views import entry_crumb, list_crumb
from hefu.portal.deeds import reason_page
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.pages import FORM, page, show
from hefu.portal.resources.forms import MountForm, RulesForm
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.resources import errors, queries, services
from hefu.rooms.resources.access import require


@page(*FORM)
def mount(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Choose source and table, then say which column holds which item."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "resources.mount", entry.provider_id)
    asked = request.POST or request.GET
    source_id, schema, table = asked.get("source", ""), asked.get("schema", ""), asked.get("table", "")
    crumbs = [list_crumb(), entry_crumb(entry)]
    title = gettext("Mount {name}").format(name=entry.name)
    if not (source_id and table):
        return show(
            request,
            "resources/choose_table.html",
            title=title,
            crumbs=crumbs,
            entry=entry,
            sources=queries.sources(viewer=request.actor, department_id=entry.provider_id),
            chosen=source_id,
            tables=queries.tables(source_id, viewer=request.actor) if source_id else [],
        )
    seen = queries.table(source_id, schema, table, viewer=request.actor)
    form = MountForm(
        posted(request),
        items=queries.items_of(pk, viewer=request.actor),
        columns=seen.columns,
        proposed=queries.proposed_columns(pk, source_id, schema, table, viewer=request.actor),
        key=seen.primary_key,
    )
    if request.method == "POST" and done(
        form,
        lambda typed: services.mount(
            entry_id=pk,
            source_id=UUID(source_id),
            schema=schema,
            table=table,
            columns=form.held_in(),
            key=typed["key"],
            actor=request.actor,
            clock=request.clock,
        ),
    ):
        messages.success(request, gettext("The entry is mounted. Set the check rules next."))
        return HttpResponseRedirect(reverse("resources:rules", args=[pk]))
    return show(
        request,
        "resources/map_columns.html",
        title=title,
        crumbs=crumbs,
        entry=entry,
        form=form,
        status=form.status,
        source=queries.source(source_id, viewer=request.actor),
        hidden={"source": source_id, "schema": schema, "table": table},
        table=f"{schema}.{table}" if schema else table,
    )


@page(*FORM)
def columns(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Say anew which column holds which item, after the entry or the table has changed."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "resources.mount", entry.provider_id)
    resource = queries.resource_for_entry(pk, viewer=request.actor)
    if resource is None:
        raise errors.NotMounted(entry=entry.code)
    seen = queries.table(resource.source_id, resource.schema, resource.table, viewer=request.actor)
    form = MountForm(
        posted(request),
        items=queries.items_of(pk, viewer=request.actor),
        columns=seen.columns,
        proposed={UUID(item): column for item, column in resource.columns.items()},
        key=resource.key,
    )
    if request.method == "POST" and done(
        form,
        lambda typed: services.map_columns(
            entry_id=pk, columns=form.held_in(), key=typed["key"], actor=request.actor, clock=request.clock
        ),
    ):
        messages.success(request, gettext("The columns are changed. Grants that need others wait or go on with them."))
        return HttpResponseRedirect(reverse("catalog:entry", args=[pk]))
    return show(
        request,
        "resources/map_columns.html",
        title=gettext("Columns of {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        entry=entry,
        form=form,
        status=form.status,
        source=resource.source,
        table=str(resource),
        changes=True,
    )


@page(*FORM)
def rules(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Say what delivered rows of an entry must fulfil."""
    entry = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "resources.set_rules", entry.provider_id)
    resource = queries.resource_for_entry(pk, viewer=request.actor)
    if resource is None:
        raise errors.NotMounted(entry=entry.code)
    deed = request.POST.get("deed", "")
    seen = queries.table(resource.source_id, resource.schema, resource.table, viewer=request.actor)
    form = RulesForm(
        request.POST if deed else None,
        columns=[column.name for column in seen.columns],
        initial={"rules": queries.checks_of(resource)},
    )
    if deed == "save" and done(
        form,
        lambda typed: services.set_rules(entry_id=pk, rules=typed["rules"], actor=request.actor, clock=request.clock),
    ):
        messages.success(request, gettext("The check rules are set. They hold for deliveries from now on."))
        return HttpResponseRedirect(reverse("catalog:entry", args=[pk]))
    return show(
        request,
        "resources/rules.html",
        title=gettext("Check rules of {name}").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        form=form,
        status=form.status,
        back=reverse("catalog:entry", args=[pk]),
    )


@page(*FORM)
def unmount(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Take an entry off its table."""
    entry: Any = catalog.entry(pk, viewer=request.actor)
    require(request.actor, "resources.unmount", entry.provider_id)
    return reason_page(
        request,
        title=gettext("Take {name} off its table").format(name=entry.name),
        crumbs=[list_crumb(), entry_crumb(entry)],
        lead=gettext("Grants that need it wait until it is mounted again."),
        send=gettext("Take it off"),
        work=lambda typed: services.unmount(entry_id=pk, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The entry is mounted on nothing now."),
        grave=True,
    )
