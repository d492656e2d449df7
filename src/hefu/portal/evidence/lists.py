"""The list of evidence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.html import format_html

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.evidence.words import actor_name, kind_name
from hefu.portal.lists import Align, Between, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.rooms.evidence import queries
from hefu.rooms.evidence.services import record_export

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry


class Evidence(Listing["Entry"]):
    """What happened on the node, as far as the reader may read it."""

    name = "evidence"
    title = _("Evidence")
    search_word = _("Number or code it speaks of")
    order = "-at"

    def columns(self) -> Sequence[Column["Entry"]]:
        """Return the columns."""
        return (
            Column(
                "kind",
                _("What happened"),
                lambda e: kind_name(e.kind),
                sort="kind",
                link=lambda e: reverse("evidence:entry", args=[e.uid]),
            ),
            Column(
                "subject",
                _("Speaks of"),
                lambda e: e.subject,
                sort="subject",
                show=lambda e: format_html(
                    '<a class="code" href="{}?q={}">{}</a>', reverse("evidence:list"), e.subject, _short(e.subject)
                ),
                wraps=False,
            ),
            Column("at", _("When"), lambda e: e.at, sort="at", wraps=False),
            Column("by", _("Who"), lambda e: actor_name(e.by, e.by_name)),
            Column("basis", _("Rests on"), lambda e: [shows.article(one) for one in e.basis]),
            Column(
                "place",
                _("Place in the log"),
                lambda e: e.leaf_index,
                sort="leaf_index",
                show=lambda e: (
                    badge("waiting", _("not in the log yet")) if e.leaf_index is None else shows.number(e.leaf_index)
                ),
                align=Align.END,
            ),
            Column("code", _("Kind code"), lambda e: e.kind, shown=False),
            Column("uid", _("Entry id"), lambda e: str(e.uid), show=lambda e: shows.code(str(e.uid)), shown=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("kind", _("What happened"), "kind", word=kind_name),
            Between("at", _("When"), "at"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the entries."""
        found = queries.entries(viewer=self.request.actor)
        return found.filter(Q(subject__startswith=search) | Q(subject__startswith=search.upper())) if search else found

    def exported(self, form: str) -> None:
        """Put on record that the list leaves."""
        del form
        record_export(
            entries=self.narrowed.count(),
            narrowed_by=self.address(),
            actor=self.request.actor,
            clock=self.request.clock,
        )

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "Here stands what concerns your department: requests, decisions, deliveries, each with a receipt. "
                "Nothing has been recorded yet."
            )
        )


def _short(subject: str) -> str:
    """Return a subject without the middle of a long id."""
    return f"{subject[:15]}…{subject[-4:]}" if len(subject) > 30 else subject
