"""Pages of the evidence log: browse, one entry, its receipt, checking a receipt, the log's keys."""

import json
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.ledger.receipt import verify_receipt
from hefu.portal.evidence.forms import ReceiptForm
from hefu.portal.evidence.lists import Evidence
from hefu.portal.evidence.words import kind_name
from hefu.portal.forms import attempt
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import list_page
from hefu.portal.pages import FORM, Act, Crumb, page, show
from hefu.rooms.evidence import queries, services
from hefu.rooms.evidence.terms import KeyPurpose


def _crumb() -> Crumb:
    return gettext("Evidence"), reverse("evidence:list")


@page()
def entries(request: PortalRequest) -> HttpResponseBase:
    """Show what is on record, as far as the reader may read it."""
    return list_page(
        request,
        Evidence(request),
        "evidence/entries.html",
        title=gettext("Evidence"),
        act=Act(_("Check a receipt"), reverse("evidence:verify"), "check"),
    )


@page()
def entry(request: PortalRequest, uid: UUID) -> HttpResponseBase:
    """Show one entry: what it says, the bytes that the log holds, and its receipt."""
    found = queries.entry(uid, viewer=request.actor)
    return show(
        request,
        "evidence/entry.html",
        title=kind_name(found.kind),
        crumbs=[_crumb()],
        entry=found,
        body=sorted(found.body.items()),
        leaf=json.dumps(services.plain_leaf(found), ensure_ascii=False, indent=2),
        others=[one for one in queries.history(found.subject, viewer=request.actor) if one.pk != found.pk][:50],
    )


@page()
def receipt(request: PortalRequest, uid: UUID) -> HttpResponseBase:
    """Hand out the receipt of an entry as a file; no byte of it may change on the way."""
    found = queries.entry(uid, viewer=request.actor)
    response = HttpResponse(
        services.receipt_for(entry_uid=uid, viewer=request.actor, clock=request.clock),
        content_type="application/octet-stream",
    )
    subject = found.subject.replace(":", "-")[:24]
    response["Content-Disposition"] = content_disposition_header(
        True, f"receipt-{subject}-{found.kind}-{str(found.uid)[-8:]}.json"
    )
    return response


@login_not_required
@page(*FORM)
def verify(request: PortalRequest) -> HttpResponseBase:
    """Check a receipt that somebody brings; open to all, because proof is for the other side."""
    form = ReceiptForm(posted(request), request.FILES or None)
    keys = queries.public_keys(KeyPurpose.LOG)
    verified = attempt(form, lambda typed: verify_receipt(typed["receipt"], trusted=keys)) if _sent(request) else None
    return show(
        request,
        "evidence/verify.html",
        title=gettext("Check a receipt"),
        wide=True,
        crumbs=[_crumb()] if request.user.is_authenticated else [],
        form=form,
        status=form.status,
        verified=verified,
        leaf=json.dumps(verified.entry, ensure_ascii=False, indent=2) if verified else "",
        name=kind_name(str(verified.entry.get("kind", ""))) if verified else "",
    )


def _sent(request: PortalRequest) -> bool:
    return request.method == "POST"


@login_not_required
@page()
def keys(request: PortalRequest) -> HttpResponseBase:
    """Show the newest checkpoint and every public key, for those who check from outside."""
    return show(
        request,
        "evidence/keys.html",
        title=gettext("Checkpoint and public keys"),
        wide=True,
        crumbs=[_crumb()] if request.user.is_authenticated else [],
        checkpoint=queries.latest_checkpoint(),
        log_keys=queries.public_keys(KeyPurpose.LOG),
        ticket_keys=queries.public_keys(KeyPurpose.TICKET),
    )


@login_not_required
@page()
def checkpoint(request: PortalRequest) -> HttpResponseBase:
    """Hand out the newest signed checkpoint as text, for witnesses."""
    del request
    newest = queries.latest_checkpoint()
    return HttpResponse(newest.note if newest else "", content_type="text/plain; charset=utf-8")
