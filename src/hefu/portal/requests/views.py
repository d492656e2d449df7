"""Pages of requests that everybody reads: the list and the case; and beginning one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.citation import Citation
from hefu.law.terms import Language
from hefu.portal.clock_batch import faces_of
from hefu.portal.deeds import reason_page
from hefu.portal.http import PortalRequest
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Crumb, page, show
from hefu.portal.requests.lists import Requests
from hefu.portal.requests.told import notice_in_words
from hefu.portal.requests.words import COLOURS, cited
from hefu.portal.scope import mask_in_words, scope_in_words
from hefu.portal.words import in_chinese, name_of
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grants
from hefu.rooms.requests import queries, services
from hefu.rooms.requests.terms import (
    AGREED,
    BASIS_NAMES,
    CHANNEL_NAMES,
    EXTENSION_STATUS_NAMES,
    FIELD_NAMES,
    SIDE_NAMES,
    STATUS_NAMES,
    VERDICT_NAMES,
    WRITABLE,
    Application,
    ExtensionStatus,
    Status,
    VoiceKind,
)
from hefu.rooms.resources import queries as resources


def list_crumb() -> Crumb:
    """Return the way to the list."""
    return gettext("Requests"), reverse("requests:list")


def case_crumb(number: str) -> Crumb:
    """Return the way to a case."""
    return number, reverse("requests:case", args=[number])


@page()
def requests(request: PortalRequest) -> HttpResponseBase:
    """Show the requests that the reader may see."""
    return list_page(request, Requests(request), title=gettext("Requests"))


@page("POST")
def begin(request: PortalRequest) -> HttpResponseBase:
    """Begin a request for an entry, or go on with the draft that the department has of one."""
    offer = queries.offer(request.POST.get("entry", ""), viewer=request.actor)
    present = queries.to_complete(viewer=request.actor).filter(entry_id=offer.entry_id).first()
    row = present or services.draft_request(
        entry=offer.entry_id, application=Application(), actor=request.actor, clock=request.clock
    )
    return HttpResponseRedirect(reverse("requests:write", args=[row.number]))


@page()
def case(request: PortalRequest, number: str) -> HttpResponseBase:
    """Show one case: what is asked, by when it must be answered, what was said, how it ended."""
    row = queries.request(number, viewer=request.actor)
    actions = queries.actions(row, viewer=request.actor)
    asked = row.asked_items
    names = {item.code: item.name for item in asked}
    decision = getattr(row, "decision", None)
    writes = row.status in WRITABLE and "requests.change" in actions
    lacking = queries.lacking(row, today=request.clock.today()) if writes else {}
    return show(
        request,
        "requests/case.html",
        title=gettext("Request {number}").format(number=row.number),
        crumbs=[list_crumb()],
        case=row,
        colour=COLOURS[Status(row.status)],
        may={action.removeprefix("requests.") for action in actions},
        faces=faces_of(request, row.number),
        items=asked,
        rows=scope_in_words(row.row_filter.conditions, names),
        basis=cited(row.basis_title, row.basis_article),
        basis_kind=name_of(row.basis_kind, BASIS_NAMES),
        channel=name_of(row.channel, CHANNEL_NAMES),
        share_type=name_of(row.share_type, SHARE_TYPE_NAMES) if row.share_type else "",
        target=_target_name(request, row),
        deciders=[name_of(side, SIDE_NAMES) for side in row.deciders],
        voices=[_voice(voice, names) for voice in queries.voices(row, viewer=request.actor)],
        decision=_decision(row, decision, names) if decision else None,
        extension=_extension(row),
        lacking=[(name_of(field, FIELD_NAMES), problem) for field, problem in lacking.items()],
        missing=[(name_of(field, FIELD_NAMES), problem) for field, problem in row.missing.items()],
        notices=[
            {"at": notice.at, "to": notice.to, "text": notice_in_words(notice)}
            for notice in queries.notices(viewer=request.actor, number=number)
        ],
        events=history(row.number, viewer=request.actor),
        grant=grants.grant_of_request(row.number, viewer=request.actor) if row.status in AGREED else None,
    )


def _target_name(request: PortalRequest, row: Any) -> str:
    """Return the name of the place of delivery, which only the consumer knows."""
    if not row.target_id:
        return ""
    found = resources.targets(viewer=request.actor).filter(pk=row.target_id).first()
    return found.name if found else gettext("named; known to the consumer")


def _voice(voice: Any, names: dict[str, str]) -> dict[str, Any]:
    answer = voice.answer
    return {
        "side": SIDE_NAMES[voice.side],
        "kind": gettext("opinion") if voice.kind == VoiceKind.OPINION else gettext("vote"),
        "verdict": VERDICT_NAMES[answer.verdict],
        "by": voice.by_name,
        "at": voice.at,
        "reason": answer.reason,
        "items": [(item.name or item.code, mask_in_words(item.mask)) for item in answer.items or ()],
        "rows": scope_in_words(answer.rows.conditions, names),
        "ground": answer.ground,
    }


def _decision(row: Any, decision: Any, names: dict[str, str]) -> dict[str, Any]:
    ground = queries.grounds_of(row).find(decision.ground) if decision.ground else None
    language = Language.ZH if in_chinese() else Language.EN
    granted = {item.code: item for item in decision.granted_items}
    document = decision.ground_document
    return {
        "status": STATUS_NAMES[Status(decision.status)],
        "colour": COLOURS[Status(decision.status)],
        "at": decision.decided_at,
        "due_on": decision.due_on,
        "late": decision.due_on is not None and decision.decided_on > decision.due_on,
        "by": [name_of(side, SIDE_NAMES) for side in decision.sides],
        "reason": decision.reason,
        "ground": ground.term.words.in_(language) if ground else "",
        "document": cited(document.title, document.article) if document else "",
        "items": [
            (item.name, mask_in_words(granted[item.code].mask) if item.code in granted else "")
            for item in row.asked_items
        ]
        if granted
        else [],
        "rows": scope_in_words(decision.row_filter.conditions, names),
        "basis": [Citation(**citation) for citation in decision.basis],
    }


def _extension(row: Any) -> dict[str, Any] | None:
    wish = queries.extension_of(row)
    if wish is None:
        return None
    return {
        "status": EXTENSION_STATUS_NAMES[ExtensionStatus(wish.status)],
        "days": wish.days,
        "reason": wish.reason,
        "by": wish.asked_name,
        "at": wish.asked_at,
        "due_before": wish.due_before,
        "due_on": wish.due_on,
        "note": wish.note,
        "answered_by": wish.answered_name,
        "answered_at": wish.answered_at,
    }


@page("POST")
def submit(request: PortalRequest, number: str) -> HttpResponseBase:
    """Sign a request off and hand it in; the chief does, from the page of the case."""
    row = services.submit_request(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, submitted(row))
    return HttpResponseRedirect(reverse("requests:case", args=[number]))


def submitted(row: Any) -> str:
    """Return what the next page says once a request is handed in."""
    if row.status in AGREED:
        return gettext("The data is shared unconditionally: the request is granted.")
    return gettext("The request is handed in and its clock runs.")


@page("POST")
def discard(request: PortalRequest, number: str) -> HttpResponseBase:
    """Throw a draft away."""
    services.withdraw_request(number=number, actor=request.actor, clock=request.clock)
    messages.success(request, gettext("The draft {number} is thrown away.").format(number=number))
    return HttpResponseRedirect(reverse("requests:list"))


@page(*FORM)
def withdraw(request: PortalRequest, number: str) -> HttpResponseBase:
    """Take a request back, with the reason."""
    queries.request(number, viewer=request.actor)
    return reason_page(
        request,
        title=gettext("Take back {number}").format(number=number),
        crumbs=[list_crumb(), case_crumb(number)],
        lead=gettext("The case ends without an answer and its clock stops. The provider reads your reason."),
        send=gettext("Take the request back"),
        work=lambda typed: services.withdraw_request(number=number, **typed, actor=request.actor, clock=request.clock),
        said=gettext("The request is taken back."),
        grave=True,
    )
