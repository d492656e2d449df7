"""The authority's review desk: everything that waits, what the machine found, one word on many."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from hefu.kernel.ids import read_id
from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.catalog.lists import share_badge
from hefu.portal.http import PortalRequest, typed
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter
from hefu.portal.pages import page
from hefu.portal.picks import picked
from hefu.portal.refusals import sentence
from hefu.portal.upkeep.words import tabs, upkeep_crumb
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import CHANNEL_NAMES, SHARE_TYPE_NAMES, Verdict
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may, require
from hefu.rooms.upkeep.terms import CHECKS, Finding

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Entry


def finding_in_words(finding: Finding) -> str:
    """Return what is said of a finding."""
    facts: dict[str, Any] = dict(finding.facts)
    if "channel" in facts:
        facts["channel"] = name_of(facts["channel"], CHANNEL_NAMES)
    return say(CHECKS[finding.check]).format(**facts)


def findings_in_words(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return findings for a page: what reviewers reject first."""
    ordered = sorted(found, key=lambda one: one.is_doubt)
    return [{"doubt": one.is_doubt, "sentence": finding_in_words(one)} for one in ordered]


class Desk(Listing["Entry"]):
    """Entries and changes that wait for the authority, the longest waiting first."""

    name = "desk"
    title = _("Entries to review")
    search_word = _("Name or code")
    order = "submitted"
    findings: dict[UUID, tuple[Finding, ...]]

    def columns(self) -> Sequence[Column["Entry"]]:
        """Return the columns."""
        return (
            Column("name", _("Entry"), lambda e: e.name, sort="name", show=_picked),
            Column("kind", _("Kind"), lambda e: _("change of an entry in force") if e.is_change else _("new entry")),
            Column("provider", _("Provider"), lambda e: e.provider.name, sort="provider__name"),
            Column(
                "share",
                _("Sharing"),
                lambda e: name_of(e.share_type, SHARE_TYPE_NAMES),
                show=lambda e: share_badge(e.share_type),
            ),
            Column(
                "rejected",
                _("To be sent back for"),
                lambda e: [finding_in_words(one) for one in self.findings[e.pk] if not one.is_doubt],
                show=lambda e: self._shown(e, doubt=False),
            ),
            Column(
                "doubts",
                _("Doubts"),
                lambda e: sum(one.is_doubt for one in self.findings[e.pk]),
                align=Align.END,
                phone=False,
            ),
            Column("submitted", _("Handed in"), lambda e: e.submitted_at, sort="submitted_at", wraps=False),
            Column("signed", _("Signed off by"), lambda e: e.signed_name, phone=False),
        )

    def _shown(self, entry: "Entry", *, doubt: bool) -> str:
        found = [one for one in self.findings[entry.pk] if one.is_doubt is doubt]
        if not found:
            return badge("good", _("nothing"))
        first = finding_in_words(found[0])
        more = f" (+{len(found) - 1})" if len(found) > 1 else ""
        return format_html("{} {}{}", badge("bad", _("faults")), first, more)

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("provider", _("Provider"), "provider_id", name_field="provider__name"),
            Facet("share", _("Sharing"), "share_type", words=SHARE_TYPE_NAMES),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what waits."""
        found = catalog.to_review(viewer=self.request.actor)
        return found.filter(name__icontains=search) if search else found

    def prepare(self, rows: list["Entry"]) -> None:
        """Look at the rows of this page as a reviewer would."""
        self.findings = queries.findings_of_many(rows)

    def empty(self) -> Empty:
        """Say that nothing waits."""
        return Empty(_("Nothing waits for review. What departments hand in stands here."))


def _picked(entry: "Entry") -> str:
    where = reverse("catalog:review", args=[entry.pk])
    return picked(entry.pk, entry.name, where, form="together", under=shows.code(entry.code))


@page()
def desk(request: PortalRequest) -> HttpResponseBase:
    """Show what waits for the authority's review."""
    return list_page(
        request,
        Desk(request),
        "upkeep/desk.html",
        title=gettext("Entries to review"),
        crumbs=[upkeep_crumb()],
        withdrawals=catalog.withdrawals_to_review(viewer=request.actor),
        may_review=may(request.actor, "upkeep.review"),
        **tabs("desk", request.actor),
    )


@page("POST")
def together(request: PortalRequest) -> HttpResponseBase:
    """Give one word on the entries chosen."""
    require(request.actor, "upkeep.review")
    verdict = Verdict.RETURN if request.POST.get("deed") == "return" else Verdict.APPROVE
    results = services.review_together(
        entry_ids=[read_id(one) for one in request.POST.getlist("pick")],
        verdict=verdict,
        reasons=typed(request, "reasons"),
        actor=request.actor,
        clock=request.clock,
    )
    done = sum(not one.refused for one in results)
    if done:
        said = (
            ngettext("{count} entry is in force.", "{count} entries are in force.", done)
            if verdict is Verdict.APPROVE
            else ngettext("{count} entry is returned.", "{count} entries are returned.", done)
        )
        messages.success(request, said.format(count=done))
    for one in results:
        if one.refused:
            messages.warning(request, f"{one.name}: {sentence(one.refused)}")
    return HttpResponseRedirect(reverse("upkeep:desk"))
