"""The duplicate desk: like entries of two departments, and which of them is the source."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.badges import badge
from hefu.portal.catalog.lists import address
from hefu.portal.forms import done
from hefu.portal.http import PortalRequest, posted
from hefu.portal.lists import Align, Column, Empty, Facet, Listing, list_page
from hefu.portal.lists.filters import Filter, Option
from hefu.portal.pages import FORM, page, show
from hefu.portal.upkeep.forms import SettleForm, TakeBackForm
from hefu.portal.upkeep.words import sees_all, tabs, upkeep_crumb
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import ITEM_TYPE_NAMES
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.access import may
from hefu.rooms.upkeep.queries import Alike
from hefu.rooms.upkeep.terms.cases import PAIR_STATUS_NAMES, PairStatus
from hefu.rooms.upkeep.terms.naming import BY_NAMES, SAID_WORDS, Said, Words

if TYPE_CHECKING:
    from hefu.rooms.upkeep.models import Pair

#: From this share of a hundred on most values overlap, and below the other hardly any do.
MOST, HARDLY = 70, 10
COLOURS = {PairStatus.OPEN: "waiting", PairStatus.ONE_SOURCE: "good", PairStatus.DIFFERENT: "off"}


def pair_badge(pair: "Pair") -> str:
    """Return what became of a pair."""
    status = PairStatus(pair.status)
    return badge(COLOURS[status], PAIR_STATUS_NAMES[status])


@dataclass(frozen=True)
class EitherSide(Facet):
    """A department on either side of the pair."""

    def _condition(self, value: str) -> Q:
        return Q(first__provider_id=value) | Q(second__provider_id=value)

    def _found(self, rows: QuerySet[Any], chosen: str) -> list[Option]:
        counts: Counter[tuple[str, str]] = Counter()
        for side in ("first", "second"):
            groups = rows.order_by().values_list(f"{side}__provider_id", f"{side}__provider__name")
            for pk, name, number in groups.annotate(number=Count("pk")):
                counts[str(pk), name] += number
        found = [Option(pk, name, count, pk == chosen) for (pk, name), count in counts.items()]
        return sorted(found, key=lambda option: (-option.count, option.word))


class Pairs(Listing["Pair"]):
    """Near-duplicates, most alike first."""

    name = "duplicates"
    title = _("Like entries of two departments")
    search_word = _("Name of an entry")
    order = "-score"

    def columns(self) -> Sequence[Column["Pair"]]:
        """Return the columns."""
        return (
            Column(
                "score",
                _("Alike"),
                lambda p: p.score,
                sort="score",
                show=lambda p: format_html(
                    '<a href="{}">{}&nbsp;%</a>', reverse("upkeep:duplicate", args=[p.pk]), p.score
                ),
            ),
            Column("first", _("Entry"), lambda p: p.first.name, sort="first__name", show=lambda p: _entry(p.first)),
            Column("one", _("Provider"), lambda p: p.first.provider.name, sort="first__provider__name"),
            Column(
                "second",
                _("Other entry"),
                lambda p: p.second.name,
                sort="second__name",
                show=lambda p: _entry(p.second),
            ),
            Column("other", _("Its provider"), lambda p: p.second.provider.name, sort="second__provider__name"),
            Column("shared", _("Items both hold"), lambda p: len(p.shared), align=Align.END, phone=False),
            Column("shared_names", _("Their names"), lambda p: "、".join(p.shared), shown=False),
            Column("values", _("Values overlap"), self._values, sort="values", align=Align.END),
            Column("status", _("State"), lambda p: name_of(p.status, PAIR_STATUS_NAMES), show=pair_badge, wraps=False),
            Column("source", _("Source department"), _sources, sort="source__name"),
            Column("found", _("Found"), lambda p: p.found_at, sort="found_at", shown=False, wraps=False),
            Column("settled", _("Settled"), lambda p: p.settled_at, sort="settled_at", shown=False, wraps=False),
            Column("reason", _("Reason"), lambda p: p.reason, shown=False),
        )

    def _values(self, pair: "Pair") -> str:
        if pair.values is None:
            return ""
        return f"{pair.values} %" if sees_all(self.request.actor) else say(_strength(pair.values))

    def filters(self) -> Sequence[Filter]:
        """Return the filters."""
        return (
            Facet("status", _("State"), "status", words=PAIR_STATUS_NAMES, tabs=True),
            EitherSide("provider", _("Department"), "first__provider_id", name_field="first__provider__name"),
            Facet("source", _("Source department"), "source_id", name_field="source__name"),
        )

    def rows(self, search: str) -> QuerySet[Any]:
        """Return what the reader may see."""
        found = queries.pairs(viewer=self.request.actor)
        if not search:
            return found
        names = ("first__name", "second__name", "first__provider__name", "second__provider__name")
        return found.filter(reduce(or_, (Q(**{f"{name}__icontains": search}) for name in names)))

    def empty(self) -> Empty:
        """Say what will be here."""
        return Empty(
            _(
                "No two departments hold entries that are alike. What comes into force is compared within minutes, by "
                "names, items, codes and, where both departments agree, by values; here the authority then names the "
                "one source department of each item."
            )
        )


def _sources(pair: "Pair") -> str:
    """Return the departments named, that of most items first."""
    live = {one.department.name for one in pair.namings.all() if not one.ended_at}
    main = pair.source.name if pair.source else ""
    return "、".join(name for name in [main, *sorted(live - {main})] if name)


def _entry(entry: Any) -> str:
    return format_html('<a href="{}">{}</a>', address(entry), entry.name)


@page()
def duplicates(request: PortalRequest) -> HttpResponseBase:
    """Show near-duplicates."""
    return list_page(
        request,
        Pairs(request),
        "upkeep/list.html",
        title=gettext("One datum, one source"),
        crumbs=[upkeep_crumb()],
        **tabs("duplicates", request.actor),
    )


@page(*FORM)
def duplicate(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show two like entries side by side, and take the authority's finding."""
    found = queries.pair(pk, viewer=request.actor)
    alike = queries.alike(found)
    settles = may(request.actor, "upkeep.settle_duplicates")
    form = _form(request, found, alike)
    back = TakeBackForm(posted(request) if request.POST.get("deed") == "back" else None, prefix="back")
    if request.method == "POST" and request.POST.get("deed") == "back":
        if done(back, lambda typed: _take_back(request, pk, typed["reason"])):
            messages.success(request, gettext("The finding is taken back, and both departments are told."))
            return HttpResponseRedirect(reverse("upkeep:duplicate", args=[pk]))
    elif request.method == "POST" and done(form, lambda typed: _settle(request, found, alike, typed)):
        messages.success(request, gettext("The finding is on record, and the departments are told."))
        return HttpResponseRedirect(reverse("upkeep:duplicates"))
    return show(
        request,
        "upkeep/duplicate.html",
        title=gettext("{first} and {second}").format(first=found.first.name, second=found.second.name),
        crumbs=[upkeep_crumb(), (gettext("One datum, one source"), reverse("upkeep:duplicates"))],
        pair=found,
        state=pair_badge(found),
        lines=_lines(request, alike, form if settles else None),
        sides=[
            _side(found.first, {one.first.pk for one in alike}),
            _side(found.second, {one.second.pk for one in alike}),
        ],
        form=form if settles else None,
        back_form=back if settles and found.status != PairStatus.OPEN else None,
        past=[
            one
            for one in queries.namings_of(found, viewer=request.actor)
            if one.ended_at and one.entry_id == found.first_id
        ],
        status=max(form.status, back.status),
    )


def _form(request: PortalRequest, found: "Pair", alike: list[Alike]) -> SettleForm:
    typed = posted(request) if request.POST.get("deed", "") != "back" else None
    providers = {str(one.provider_id): one.provider.name for one in (found.first, found.second)}
    items = [(_field(one), one.first.name, {str(source.pk): source.name for source in one.sources}) for one in alike]
    return SettleForm(typed, departments=list(providers.items()), items=items)


def _field(one: Alike) -> str:
    """Return the name of the field of two items: by their ids, for their places may change while the page is read."""
    return f"item-{one.first.pk}-{one.second.pk}"


def _values(found: Any, *, exact: bool) -> str:
    """Return how far the values of two items overlap: in figures for the authority, for departments in a word."""
    if not exact:
        return say(_strength(found.contained))
    near = max(found.high - found.contained, found.contained - found.low)
    return gettext("{share} % of the smaller in the other (±{near}), {both} % of both").format(
        share=found.contained, near=near, both=found.both
    )


def _strength(values: int) -> str:
    """Return a word for a share of values, so that no department counts another's."""
    if values >= MOST:
        return _("most values overlap")
    return _("some values overlap") if values >= HARDLY else _("hardly any values overlap")


def _lines(request: PortalRequest, alike: list[Alike], form: SettleForm | None) -> list[dict[str, Any]]:
    """Return the items that are alike, with what makes them so and what is chosen for each."""
    fields: list[Any] = form.items() if form else [None] * len(alike)
    return [
        {
            "first": one.first,
            "second": one.second,
            "types": [
                name_of(item.type, ITEM_TYPE_NAMES) if item.type else shows.NOTHING for item in (one.first, one.second)
            ],
            "by": [say(BY_NAMES[by]) for by in one.by],
            "types_differ": one.same_type is False,
            "values": _values(one.overlap, exact=sees_all(request.actor)) if one.overlap else "",
            "sources": [source.name for source in one.sources],
            "field": field,
        }
        for one, field in zip(alike, fields, strict=True)
    ]


def _settle(request: PortalRequest, found: "Pair", alike: list[Alike], typed: dict[str, Any]) -> Any:
    who: dict[str, Any] = {
        "pair_id": found.pk,
        "reason": typed["reason"],
        "actor": request.actor,
        "clock": request.clock,
    }
    if typed["finding"] == "different":
        return services.find_different(**who)
    if typed["finding"] != "each":
        return services.name_source(department_id=UUID(typed["finding"]), **who)
    chosen = {(one.first.pk, one.second.pk): UUID(typed[_field(one)]) if typed[_field(one)] else None for one in alike}
    return services.name_sources(words=Words(items=chosen), **who)


def _take_back(request: PortalRequest, pk: UUID, reason: str) -> Any:
    return services.take_back(pair_id=pk, reason=reason, actor=request.actor, clock=request.clock)


def _side(entry: Any, alike: set[UUID]) -> dict[str, Any]:
    items = catalog.items_of(entry)
    return {
        "entry": entry,
        "address": address(entry),
        "items": [item.name for item in items if item.pk not in alike],
        "count": len(items),
        "source": queries.source_names([entry.pk]).get(entry.pk, shows.NOTHING),
    }


def told_in_words(one: Any) -> str:
    """Return what a department was told of a finding, in the reader's language."""
    said = Said(one.said)
    if said is Said.NAMED and not one.facts.get("count"):
        return gettext("{source} is the source of “{entry}” and “{other}”.").format(**one.facts)
    return say(SAID_WORDS[said]).format(**one.facts)
