"""Lists of the law pages."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from hefu.kernel.words import _
from hefu.law.coverage import TESTS, ClauseState, Covered, coverage
from hefu.law.terms import Rank
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.law.words import CLAUSE_COLOURS, CLAUSE_STATES, language
from hefu.portal.lists import Align, Between, Column, Empty, Facet, Listing
from hefu.portal.lists.filters import Filter
from hefu.portal.lists.in_memory import Choice, HeldListing
from hefu.portal.words import in_chinese, name_of
from hefu.rooms.bases import queries as bases
from hefu.rooms.bases.terms import HOLDING_NAMES, RANK_NAMES, RESTING_NAMES, Holding, Resting
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.queries import Drifting

if TYPE_CHECKING:
    from hefu.rooms.bases.models import LegalText, Reliance
    from hefu.rooms.clocks.models import HolidayNotice


@lru_cache(maxsize=1)
def _clauses() -> tuple[Covered, ...]:
    """Return the clauses, read once: neither code nor tests change while a node runs."""
    return coverage()


class Clauses(HeldListing[Covered]):
    """Every clause of the regulations with what does it and what shows it."""

    name = "clauses"
    title = _("Clauses of the regulations")
    search_word = _("Id, regulation, code or test")

    def columns(self) -> Sequence[Column[Covered]]:
        """Return the columns."""
        return (
            Column("id", _("Clause"), lambda c: c.clause.id, sort="id", show=_clause_id, wraps=False),
            Column("document", _("Regulation"), lambda c: c.clause.document, sort="document"),
            Column(
                "state", _("State"), lambda c: CLAUSE_STATES[c.state], sort="state", show=_clause_state, wraps=False
            ),
            Column("code", _("Code that does it"), lambda c: list(c.clause.code), show=lambda c: _codes(c.clause.code)),
            Column("tests", _("Tests that name it"), lambda c: list(c.tests), show=lambda c: _codes(c.tests)),
            Column("rules", _("Rules of the packs"), lambda c: list(c.clause.rules), show=_rules),
            Column("reason", _("Reason"), _reason, phone=False),
            Column("faults", _("Why the claim does not count"), lambda c: list(c.faults), shown=False),
        )

    def choices(self) -> Sequence[Choice]:
        """Return the filters."""
        return (
            Choice("state", _("State"), lambda c: c.state.value, lambda v: name_of(v, CLAUSE_STATES), tabs=True),
            Choice("document", _("Regulation"), lambda c: c.clause.document, str),
        )

    def held(self) -> Sequence[Covered]:
        """Return the clauses."""
        return _clauses()

    def found(self, row: Covered, search: str) -> bool:
        """Return whether the search stands in the clause's id, regulation, code or tests."""
        text = " ".join((row.clause.id, row.clause.document, *row.clause.code, *row.tests))
        return search.casefold() in text.casefold()

    def empty(self) -> Empty:
        """Say what would be here."""
        return Empty(_("The list of clauses comes with the software."))


def tests_are_read() -> bool:
    """Return whether the tests are there to be read: in a checkout, not in an installed copy."""
    return TESTS.is_dir()


def _clause_id(row: Covered) -> str:
    return shows.code(row.clause.id)


def _clause_state(row: Covered) -> str:
    return badge(CLAUSE_COLOURS.get(row.state, "good"), CLAUSE_STATES[row.state])


def _codes(names: Sequence[str]) -> str:
    if not names:
        return shows.NOTHING
    return format_html_join("", '<div class="code">{}</div>', ((name,) for name in names))


def _rules(row: Covered) -> str:
    if not row.clause.rules:
        return shows.NOTHING
    links = ((reverse("law:rule", args=[rule]), rule) for rule in row.clause.rules)
    return format_html_join("", '<div><a class="code" href="{}">{}</a></div>', links)


def _reason(row: Covered) -> str:
    return row.clause.reason.in_(language()) if row.clause.reason else ""


class Drifts(HeldListing[Drifting]):
    """Running periods that the law of now would count otherwise."""

    name = "drift"
    title = _("Drift")
    search_word = _("Number of the case")
    order = "before"

    def columns(self) -> Sequence[Column[Drifting]]:
        """Return the columns."""
        return (
            Column("subject", _("Case"), lambda d: d.subject, sort="subject", link=_case, wraps=False),
            Column(
                "rule",
                _("Rule"),
                lambda d: d.rule,
                sort="rule",
                show=lambda d: shows.code(d.rule),
                link=lambda d: reverse("law:rule", args=[d.rule]),
            ),
            Column("responsible", _("Owes the answer"), lambda d: d.clock.responsible.name, sort="responsible"),
            Column("before", _("Last day"), lambda d: d.due_before, sort="before", wraps=False),
            Column("now", _("By the law of now"), lambda d: d.due_on, sort="now", wraps=False),
            Column("days", _("Days moved"), lambda d: d.days, sort="days", align=Align.END),
            Column("article", _("Article"), lambda d: shows.article(d.before.source)),
            Column("article_now", _("Article now"), lambda d: shows.article(d.after.source) if d.after else d.why_none),
        )

    def choices(self) -> Sequence[Choice]:
        """Return the filters."""
        return (Choice("rule", _("Rule"), lambda d: d.rule, str),)

    @cached_property
    def _drifting(self) -> list[Drifting]:
        return clocks.drifting(viewer=self.request.actor)

    def held(self) -> Sequence[Drifting]:
        """Return what drifts among the clocks that the reader may see."""
        return self._drifting

    def found(self, row: Drifting, search: str) -> bool:
        """Return whether the search stands in the number."""
        return search.casefold() in row.subject.casefold()

    def empty(self) -> Empty:
        """Say that all is well."""
        return Empty(
            _(
                "Every running period ends on the day that the law of now gives. What a corrected pack or notice "
                "would move stands here."
            )
        )


def _case(row: Drifting) -> str:
    return reverse("law:accept", args=[row.subject, row.rule])


class Texts(Listing["LegalText"]):
    """The register of legal texts."""

    name = "texts"
    title = _("Legal texts")
    search_word = _("Title, number or id")
    order = "title"

    def columns(self) -> Sequence[Column["LegalText"]]:
        """Return the columns."""
        return (
            Column("title", _("Title"), text_title, sort="title", link=lambda t: reverse("law:text", args=[t.pk])),
            Column("number", _("Number"), lambda t: t.number, sort="number"),
            Column("rank", _("Kind"), lambda t: RANK_NAMES[Rank(t.rank)], sort="rank"),
            Column("from", _("In force from"), lambda t: t.holds_from, sort="holds_from", wraps=False),
            Column("until", _("Last day in force"), lambda t: t.holds_until, sort="holds_until", wraps=False),
            Column(
                "state",
                _("State"),
                lambda t: HOLDING_NAMES[t.holding(self.request.clock.today())],
                show=lambda t: holding_badge(t, self.request.clock.today()),
            ),
            Column("resting", _("Rests on it"), lambda t: t.resting, sort="resting", align=Align.END),
            Column("waiting", _("To be checked again"), lambda t: t.waiting, sort="waiting", align=Align.END),
            Column("packs", _("Packs that cite it"), lambda t: t.packs, shown=False),
            Column("document", _("Id in the packs"), lambda t: t.document, sort="document", shown=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        today = self.request.clock.today()
        return (
            Facet(
                "state",
                _("State"),
                "pk",
                words=HOLDING_NAMES,
                conditions={one.value: bases.holding_on(today, one) for one in Holding},
                tabs=True,
            ),
            Facet("rank", _("Kind"), "rank", words=RANK_NAMES),
            Between("until", _("Last day in force"), "holds_until", instant=False),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the texts."""
        return bases.texts(viewer=self.request.actor, search=search)

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("The documents of the packs stand here once 'hefu migrate' has run."))


def text_title(text: "LegalText") -> str:
    """Return a text's title in the reader's language, as far as it has one."""
    return text.title if in_chinese() or not text.title_en else text.title_en


def holding_badge(text: "LegalText", today: date) -> str:
    """Return whether a text holds, as a badge."""
    colour = {Holding.IN_FORCE: "good", Holding.NOT_YET: "waiting", Holding.ENDED: "off"}
    found = text.holding(today)
    return badge(colour[found], HOLDING_NAMES[found])


class Reviews(Listing["Reliance"]):
    """What rests on ended texts and waits for a reviewer."""

    name = "reviews"
    title = _("To be checked again")
    search_word = _("Number, name or title")
    order = "since"

    def columns(self) -> Sequence[Column["Reliance"]]:
        """Return the columns."""
        return (
            Column("subject", _("What rests"), lambda r: r.subject, sort="subject", link=resting_address, wraps=False),
            Column("name", _("Name"), lambda r: r.name, sort="name"),
            Column("kind", _("Kind"), lambda r: name_of(r.resting, RESTING_NAMES), sort="resting"),
            Column("title", _("Text that ended"), lambda r: r.title, sort="title", link=_text_of),
            Column("article", _("Article"), lambda r: r.article),
            Column("since", _("Waits since"), lambda r: r.review_since, sort="review_since", wraps=False),
        )

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (Facet("kind", _("Kind"), "resting", words=RESTING_NAMES, tabs=True),)

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what waits."""
        found = bases.to_review(viewer=self.request.actor)
        return found.filter(subject__icontains=search) | found.filter(title__icontains=search) if search else found

    def empty(self) -> Empty:
        """Say that all is well."""
        return Empty(_("Nothing rests on a text that has ended. When one is repealed, what rests on it stands here."))


def resting_address(row: "Reliance") -> str:
    """Return the page of the thing that rests on a text."""
    if row.resting == Resting.GRANT:
        return reverse("grants:grant", args=[row.subject])
    if row.resting == Resting.REFUSAL:
        return reverse("requests:case", args=[row.subject])
    return f"{reverse('catalog:list')}?{urlencode({'q': row.subject})}"


def _text_of(row: "Reliance") -> str:
    return reverse("law:text", args=[row.text_id]) if row.text_id else ""


class Notices(Listing["HolidayNotice"]):
    """Holiday notices that the node took in."""

    name = "notices"
    title = _("Holiday notices")
    order = "-year"

    def columns(self) -> Sequence[Column["HolidayNotice"]]:
        """Return the columns."""
        return (
            Column("year", _("Year"), lambda n: str(n.year), sort="year", link=_calendar),
            Column("place", _("Place"), lambda n: n.place, sort="place"),
            Column("notice", _("Notice"), lambda n: n.notice, sort="notice"),
            Column("by", _("Taken in by"), lambda n: n.imported_by),
            Column("at", _("Taken in"), lambda n: n.imported_at, sort="imported_at", wraps=False),
            Column("replaced", _("Replaced"), lambda n: n.replaced_at, sort="replaced_at", wraps=False),
            Column(
                "digest",
                _("SHA-256"),
                lambda n: n.digest,
                show=lambda n: format_html('<span class="code">{}…</span>', n.digest[:12]),
                shown=False,
            ),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return the notices."""
        del search
        return clocks.notices()

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(_("No holiday notice was taken in: the calendars are those that came with the software."))


def _calendar(row: "HolidayNotice") -> str:
    return f"{reverse('law:calendar', args=[row.year])}?place={row.place}"


#: States that the summary shows, in order.
SUMMARY = tuple(ClauseState)
