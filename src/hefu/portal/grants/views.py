"""Pages of grants."""

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from hefu.dataplane import wire
from hefu.dataplane.ticket import Channel, Ticket
from hefu.kernel.citation import Citation
from hefu.kernel.refusal import Forbidden, NotFound
from hefu.kernel.words import Sentence
from hefu.law.terms import Language
from hefu.portal.clock_batch import faces_of
from hefu.portal.deeds import deed_page, reason_page
from hefu.portal.deliveries.forms import TimetableForm
from hefu.portal.deliveries.increments import told_increments
from hefu.portal.forms import OfficeForm
from hefu.portal.grants.comparing import told_comparing
from hefu.portal.grants.forms import DeliveryForm, NarrowForm, RevokeForm, SuspendForm, TargetForm, UseForm
from hefu.portal.grants.lists import Grants
from hefu.portal.grants.words import COLOURS, check_in_words
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Crumb, page, show
from hefu.portal.refusals import told
from hefu.portal.scope import ScopeItem, mask_in_words, scope_in_words
from hefu.portal.words import in_chinese, name_of
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.access import may as may_deliver
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries, services
from hefu.rooms.grants.terms import OVER, SIDE_NAMES, WAY_NAMES, GrantStatus, Way
from hefu.rooms.requests.terms import CHANNEL_NAMES
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import DATABASES, FILE_SERVERS


def list_crumb() -> Crumb:
    """Return the way to the list."""
    return gettext("Grants"), reverse("grants:list")


def grant_crumb(number: str) -> Crumb:
    """Return the way to a grant."""
    return number, reverse("grants:grant", args=[number])


@page()
def grants(request: PortalRequest) -> HttpResponseBase:
    """Show the grants that the reader may see."""
    return list_page(request, Grants(request), title=gettext("Grants"))


@page(*FORM)
def grant(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one grant: what it opens, its ticket, its deliveries; start a delivery."""
    found = queries.grant(number, viewer=request.actor)
    form = DeliveryForm(posted(request)) if found.channel == Channel.FILE else None
    if request.method == "POST" and (form is None or form.is_valid()):
        return _deliver(request, number, form)
    names = {item.code: item.name for item in found.granted_items}
    times = deliveries.times_of(found, clock=request.clock)
    signed = next(iter(queries.tickets(number, viewer=request.actor)), None)
    ticket = queries.read(signed.jws) if signed else None
    actions = queries.actions(found, viewer=request.actor)
    return show(
        request,
        "grants/grant.html",
        title=gettext("Grant {number}").format(number=found.number),
        crumbs=[list_crumb()],
        grant=found,
        colour=COLOURS[GrantStatus(found.status)],
        may=_possible(found.status, actions, idle=queries.is_idle(found, viewer=request.actor)),
        may_deliver=found.status == GrantStatus.ACTIVE
        and may_deliver(
            request.actor, "deliveries.start", consumer_id=found.consumer_id, provider_id=found.provider_id
        ),
        may_follow=found.status == GrantStatus.ACTIVE
        and found.channel == Channel.TABLE
        and not deliveries.standing(found)
        and may_deliver(
            request.actor, "deliveries.follow", consumer_id=found.consumer_id, provider_id=found.provider_id
        ),
        way=name_of(found.way, WAY_NAMES),
        increments=told_increments(found),
        news=deliveries.news_of(found) if found.channel == Channel.TABLE else None,
        times=times,
        times_missed=_missed(times),
        joins=[(*one, _missed(one[-1])) for one in deliveries.joined_by_the_clock(found, clock=request.clock)],
        **told_comparing(request, found),
        sees_entry=_sees(request, found.entry_id),
        renames=any(item.delivered_as not in ("", item.code) for item in found.granted_items),
        may_plan=found.status not in OVER
        and found.way != Way.FOLLOW
        and may_deliver(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id),
        may_join=found.status == GrantStatus.ACTIVE
        and found.channel == Channel.TABLE
        and may_deliver(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id),
        form=form,
        status=form.status if form else 200,
        items=[(item, mask_in_words(item.mask)) for item in found.granted_items],
        rows=scope_in_words(found.conditions, names),
        channel=name_of(found.channel, CHANNEL_NAMES),
        basis=[Citation(**citation) for citation in found.basis],
        passing_on=_passing_on(request, found),
        held_by=name_of(found.held_by, SIDE_NAMES) if found.held_by else "",
        lacks=queries.lacks(found),
        target=_target(request, found),
        signed=signed,
        ticket=ticket,
        told=_told(ticket, names | {item.delivered_as: item.name for item in found.granted_items}) if ticket else {},
        used_at=queries.last_use(found),
        uses=_uses(request, found),
        may_record="grants.record_use" in actions,
        faces=faces_of(request, number),
        deliveries=deliveries.deliveries(viewer=request.actor, grant=number)[:20],
        events=history(number, viewer=request.actor),
    )


def _sees(request: PortalRequest, entry_id: UUID) -> bool:
    """Return whether the reader may see the entry itself: an auditor sees grants on some that he may not."""
    try:
        catalog.entry(entry_id, viewer=request.actor)
    except NotFound:
        return False
    return True


def _missed(times: deliveries.Times | None) -> str:
    """Return why the last time of a timetable passed without a delivery, in the reader's language."""
    why = times.missed_because if times else ""
    return told(why.text, why.facts) if isinstance(why, Sentence) else why


def _passing_on(request: PortalRequest, found: Any) -> dict[str, Any] | None:
    """Return what the law says of passing the data on, in words, with its article."""
    told = queries.passing_on(found.provider.place, on=request.clock.today())
    language = Language.ZH if in_chinese() else Language.EN
    if told is None:
        return None
    return {
        "word": told.option.words.in_(language),
        "meaning": told.meaning.in_(language),
        "article": told.source,
    }


def _uses(request: PortalRequest, found: Any) -> list[tuple[Any, list[tuple[str, str]]]]:
    """Return the records of use, each with what was told under the law's own heads."""
    asked = queries.use_asked(found.consumer.place, on=request.clock.today())
    language = Language.ZH if in_chinese() else Language.EN
    heads = {item.id: item.words.in_(language) for item in asked.items} if asked else {}
    return [(one, [(heads.get(item, item), text) for item, text in one.told.items()]) for one in queries.uses(found)]


def _possible(status: str, actions: frozenset[str], *, idle: bool) -> set[str]:
    """Return what the seat allows and the status does not exclude."""
    states = {
        "suspend": {GrantStatus.ACTIVE},
        "resume": {GrantStatus.SUSPENDED},
        "narrow": {GrantStatus.WAITING, GrantStatus.ACTIVE},
        "revoke": {GrantStatus.WAITING, GrantStatus.ACTIVE, GrantStatus.SUSPENDED},
        "keep_idle": {GrantStatus.ACTIVE} if idle else set(),
        "open": {GrantStatus.WAITING},
        "choose_target": {GrantStatus.WAITING, GrantStatus.ACTIVE, GrantStatus.SUSPENDED},
    }
    return {deed for deed, allowed in states.items() if status in allowed and f"grants.{deed}" in actions}


def _target(request: PortalRequest, found: Any) -> str:
    if not found.target_id:
        return ""
    place = resources.targets(viewer=request.actor).filter(pk=found.target_id).first()
    name = place.name if place else gettext("known to the consumer")
    return f"{name} · {found.target_table}" if found.target_table else name


def _told(ticket: Ticket, names: dict[str, str]) -> dict[str, Any]:
    """Return what a ticket says, in words and as it is written."""
    told = {item.column: names.get(item.name, item.name) for item in ticket.items}
    return {
        "checks": [check_in_words(check, told) for check in ticket.checks],
        "json": json.dumps(wire.to_json(ticket), ensure_ascii=False, indent=2),
    }


def _deliver(request: PortalRequest, number: str, form: DeliveryForm | None) -> HttpResponseBase:
    wanted: dict[str, Any] = form.cleaned_data if form else {"whole": bool(request.POST.get("whole"))}
    made = delivery_services.start_delivery(grant=number, **wanted, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The delivery is started. You may leave this page; it goes on."))
    return HttpResponseRedirect(reverse("deliveries:delivery", args=[made.number]))


@page()
def ticket(request: PortalRequest, number: str) -> HttpResponseBase:
    """Hand out the grant's newest ticket as the signed token it is."""
    signed = next(iter(queries.tickets(number, viewer=request.actor)), None)
    response = HttpResponse(signed.jws if signed else "", content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, f"{number}.jws")
    return response


@page("POST")
def open_now(request: PortalRequest, number: str) -> HttpResponseBase:
    """Look again whether what the grant waits for is there."""
    found = services.open_grant(number=number, actor=request.actor, clock=request.clock)
    if found.status == GrantStatus.WAITING:
        messages.warning(request, gettext("Something is still missing; it is named below."))
    else:
        messages.success(request, gettext("The grant is in force and its ticket is signed."))
    return HttpResponseRedirect(reverse("grants:grant", args=[number]))


@page(*FORM)
def choose_target(request: PortalRequest, number: str) -> HttpResponseBase:
    """Name where the rows arrive."""
    found = queries.grant(number, viewer=request.actor)
    own = resources.targets(viewer=request.actor, department_id=found.consumer_id)
    for_table = found.channel == Channel.TABLE
    form = TargetForm(
        posted(request),
        targets=own.filter(kind__in=DATABASES if for_table else FILE_SERVERS),
        for_table=for_table,
        initial={"target_id": str(found.target_id or ""), "table": found.target_table},
    )
    return deed_page(
        request,
        form,
        title=gettext("Place of delivery of {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext("One of your department's databases. If the list is empty, register one under Data sources.")
        if for_table
        else gettext(
            "Each delivery puts its file there, under a name with the delivery's number; it is seen once it is whole. "
            "SFTP servers and S3-compatible stores are registered under Data sources."
        ),
        send=gettext("Choose"),
        work=lambda typed: services.choose_target(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The place of delivery is chosen."),
    )


@page(*FORM)
def follow(request: PortalRequest, number: str) -> HttpResponseBase:
    """Keep the consumer's table in step with the source."""
    found = queries.grant(number, viewer=request.actor)
    if not may_deliver(
        request.actor, "deliveries.follow", consumer_id=found.consumer_id, provider_id=found.provider_id
    ):
        raise Forbidden(action="deliveries.follow")
    return deed_page(
        request,
        OfficeForm(posted(request)),
        title=gettext("Keep the table of {number} in step").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "The table is copied once, as a whole; from then on every change at the source arrives within seconds, "
            "under the same rows, items and masks. Source and place of delivery are asked first whether they can."
        ),
        send=gettext("Keep in step"),
        work=lambda typed: delivery_services.follow_grant(grant=number, actor=request.actor, clock=request.clock),
        said=gettext("The table is copied and then kept in step. You may leave this page; it goes on."),
    )


@page(*FORM)
def timetable(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a grant's rows be copied by the clock."""
    found = queries.grant(number, viewer=request.actor)
    if not may_deliver(request.actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id):
        raise Forbidden(action="deliveries.plan")
    times = deliveries.times_of(found, clock=request.clock)
    return deed_page(
        request,
        TimetableForm(posted(request), initial={"text": times.text if times else ""}),
        title=gettext("Timetable of {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "At each of these times, or each time after what you name was done, the rows are delivered. A time that "
            "cannot be kept is told."
        ),
        send=gettext("Set"),
        work=lambda typed: delivery_services.set_timetable(
            grant=number, **typed, actor=request.actor, clock=request.clock
        ),
        said=gettext("The timetable is set."),
    )


@page("POST")
def drop_timetable(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a grant's rows be copied only when somebody asks."""
    delivery_services.drop_timetable(grant=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("Nothing is delivered by the clock any more."))
    return HttpResponseRedirect(reverse("grants:grant", args=[number]))


@page(*FORM)
def suspend(request: PortalRequest, number: str) -> HttpResponseBase:
    """Hold a grant."""
    queries.grant(number, viewer=request.actor)
    return deed_page(
        request,
        SuspendForm(posted(request)),
        title=gettext("Suspend {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext("The ticket holds no more at once; a running delivery stops within seconds. It can be resumed."),
        send=gettext("Suspend"),
        work=lambda typed: services.suspend_grant(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The grant is suspended."),
    )


@page(*FORM)
def resume(request: PortalRequest, number: str) -> HttpResponseBase:
    """Let a held grant go on."""
    queries.grant(number, viewer=request.actor)
    return reason_page(
        request,
        title=gettext("Resume {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext("A new ticket is signed and deliveries are possible again."),
        send=gettext("Resume"),
        work=lambda typed: services.resume_grant(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The grant is in force again."),
    )


@page(*FORM)
def keep_idle(request: PortalRequest, number: str) -> HttpResponseBase:
    """Keep a grant that nobody used for as long as the law allows."""
    queries.grant(number, viewer=request.actor)
    return reason_page(
        request,
        title=gettext("Keep {number} although it is not used").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "The grant stays as it is and its time without use begins anew today. To end it instead, go back and "
            "suspend or revoke it."
        ),
        send=gettext("Keep"),
        work=lambda typed: services.keep_idle(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The grant is kept."),
    )


@page(*FORM)
def record_use(request: PortalRequest, number: str) -> HttpResponseBase:
    """Tell how granted data was used."""
    found = queries.grant(number, viewer=request.actor)
    asked = queries.use_asked(found.consumer.place, on=request.clock.today())
    if asked is None or "grants.record_use" not in queries.actions(found, viewer=request.actor):
        raise Forbidden(action="grants.record_use")
    return deed_page(
        request,
        UseForm(posted(request), asked=asked),
        title=gettext("Record the use of {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "Say of each what happened since the last record; “none yet” where nothing did. What is recorded stays."
        ),
        send=gettext("Record"),
        work=lambda typed: services.record_use(number=number, told=typed, actor=request.actor, clock=request.clock),
        said=gettext("The use is recorded."),
    )


@page(*FORM)
def narrow(request: PortalRequest, number: str) -> HttpResponseBase:
    """Make a grant smaller: fewer items, fewer rows, a shorter term, fewer deliveries."""
    found = queries.grant(number, viewer=request.actor)
    if "grants.narrow" not in queries.actions(found, viewer=request.actor):
        raise Forbidden(action="grants.narrow")
    types = {item.code: item.type for item in resources.items_of(found.entry_id, viewer=request.actor)}
    form = NarrowForm(
        posted(request),
        items=found.granted_items,
        scope=[ScopeItem(item.code, item.name, types.get(item.code, "")) for item in found.granted_items],
        initial={
            "items": [item.code for item in found.granted_items],
            "term_until": found.term_until,
            "quota_rows": found.quota_rows,
            "quota_deliveries": found.quota_deliveries,
            "whole_only": not found.may_follow,
        },
    )
    return deed_page(
        request,
        form,
        title=gettext("Narrow {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "A running delivery stops, and a new ticket is signed for what stays. Nothing can be added again: "
            "for more, the consumer sends a new request."
        ),
        send=gettext("Narrow the grant"),
        work=lambda typed: services.narrow_grant(
            number=number, wanted=form.wanted(), reason=typed["reason"], actor=request.actor, clock=request.clock
        ),
        said=gettext("The grant is narrowed."),
        grave=True,
    )


@page(*FORM)
def revoke(request: PortalRequest, number: str) -> HttpResponseBase:
    """Take a grant back for good; the number is typed so that it is not the wrong one."""
    queries.grant(number, viewer=request.actor)
    return deed_page(
        request,
        RevokeForm(posted(request), number=number),
        title=gettext("Revoke {number}").format(number=number),
        crumbs=[list_crumb(), grant_crumb(number)],
        lead=gettext(
            "The ticket holds no more, for good: to deliver again, a new request is needed. "
            "What was delivered stays with the consumer."
        ),
        send=gettext("Revoke for good"),
        work=lambda typed: services.revoke_grant(
            number=number, reason=typed["reason"], actor=request.actor, clock=request.clock
        ),
        said=gettext("The grant is revoked."),
        grave=True,
    )
