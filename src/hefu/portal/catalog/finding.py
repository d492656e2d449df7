"""The catalogue's search page: words, facets with counts, order, spelling, freshness; kept searches."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from hefu.kernel.words import _
from hefu.portal import shows
from hefu.portal.catalog.lists import Entries, address
from hefu.portal.catalog.words import KIND_NAMES, LEVEL_NAMES, QUALITY_NAMES, class_names, place_name
from hefu.portal.http import PortalRequest, typed
from hefu.portal.lists import Column, list_page
from hefu.portal.lists.filters import Chip, Facet, Option
from hefu.portal.lists.listing import FilterState, Heading, batched
from hefu.portal.pages import page, show
from hefu.portal.words import name_of, say
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.terms import (
    CHANNEL_NAMES,
    FORMAT_CLASS_NAMES,
    GRADE_NAMES,
    OPEN_TYPE_NAMES,
    SHARE_TYPE_NAMES,
    UPDATE_CYCLE_NAMES,
    Status,
)
from hefu.rooms.parties import queries as parties
from hefu.search.marking import Stretch, marked
from hefu.search.terms import FURTHEST, Question, Sort

#: A value of a facet, and the address that chooses it or lets it go.
Choice = tuple[Option, str]

SORT_NAMES = {
    Sort.RELEVANCE: _("best match"),
    Sort.NEWEST: _("newest"),
    Sort.NAME: _("name"),
    Sort.USES: _("most used"),
}
#: Name in the address → facet, in the order in which they stand; `format` there asks for a file.
FACETS = {
    "share": (_("Sharing"), "share_type", SHARE_TYPE_NAMES),
    "provider": (_("Provider"), "provider", None),
    "level": (_("Level"), "level", LEVEL_NAMES),
    "place": (_("Place"), "place", None),
    "theme": (_("Theme"), "theme", None),
    "kind": (_("Class"), "kind", None),
    "open": (_("Opening to the public"), "open_type", OPEN_TYPE_NAMES),
    "channel": (_("Channel"), "channel", CHANNEL_NAMES),
    "cycle": (_("Update cycle"), "update_cycle", UPDATE_CYCLE_NAMES),
    "form": (_("Format"), "format", FORMAT_CLASS_NAMES),
    "grade": (_("Grade"), "grade", GRADE_NAMES),
    "quality": (_("Completeness"), "quality", QUALITY_NAMES),
}
#: Values of one facet that an address may choose.
_MOST = 20
#: Column → the order that a click on its head gives.
_SORTS = {"name": Sort.NAME, "published": Sort.NEWEST, "uses": Sort.USES}
#: Values of one facet that a page shows, and how many of them before the rest is unfolded.
_SHOWN, _OPEN = 60, 6
#: Items shown under a name because the words stand in them.
_ITEMS = 3


def question_asked(asked: QueryDict, **more: Any) -> Question:
    """Return the question that an address asks, of entries in force."""
    chosen: list[tuple[str, tuple[str, ...]]] = [("status", (Status.PUBLISHED.value,))]
    for key, (_label, facet, _words) in FACETS.items():
        values = tuple(value.replace("\x00", "")[:80] for value in asked.getlist(key)[:_MOST] if value)
        if values:
            chosen.append((facet, values))
    text = asked.get("q", "").replace("\x00", "").strip()[:200]
    return Question(text=text, chosen=tuple(chosen), **more)


class Search(Entries):
    """Entries in force, found through the index: the furniture of lists over what the index answers."""

    order = Sort.RELEVANCE.value

    # What is asked

    @cached_property
    def sort(self) -> Sort:
        """The order in force."""
        asked = self.asked.get("sort", "")
        return Sort(asked) if asked in set(Sort) else Sort.RELEVANCE

    @property
    def sorts(self) -> list[tuple[str, str, bool]]:
        """The orders with their names."""
        return [(one.value, say(word), one is self.sort) for one, word in SORT_NAMES.items()]

    @property
    def _first(self) -> int:
        asked = self.asked.get("after", "")
        return min(int(asked), FURTHEST) if asked.isdecimal() and len(asked) < 9 else 0

    @cached_property
    def question(self) -> Question:
        """The question that the address asks."""
        counted = tuple(facet for _label, facet, _words in FACETS.values())
        return question_asked(self.asked, sort=self.sort, offset=self._first, limit=self.size, counted=counted)

    @cached_property
    def answer(self) -> queries.Answer:
        """What the catalogue answers."""
        return queries.search(self.question, viewer=self.request.actor)

    # What the template asks of every list

    @property
    def count(self) -> int:
        """How many entries there are."""
        return self.answer.total

    @property
    def counted_all(self) -> bool:
        """Always: the index counts them all."""
        return True

    @cached_property
    def page(self) -> list[Any]:
        """The entries of this page."""
        found = list(self.answer.entries)
        self.prepare(found)
        return found

    @property
    def next_address(self) -> str:
        """Where the next page is, or nothing: also where only narrowing helps."""
        after = self._first + self.size
        return self.address(after=str(after)) if after < min(self.count, FURTHEST) else ""

    @property
    def previous_address(self) -> str:
        """Where the page before is, or nothing."""
        before = max(0, self._first - self.size)
        return self.address(after=str(before) if before else "") if self._first else ""

    @property
    def too_far(self) -> bool:
        """Whether there is more than pages reach."""
        return self.count > FURTHEST and self._first + self.size >= FURTHEST

    @cached_property
    def states(self) -> list[FilterState]:
        """Every facet with its values and counts."""
        return [self._state(key) for key in FACETS]

    def _state(self, key: str) -> FilterState:
        label, facet, words = FACETS[key]
        chosen = self.question.values(facet)
        counts = {count.value: count.count for count in self.answer.counts.get(facet, ())}
        counts |= {value: 0 for value in chosen if value not in counts}
        names = self._names(key, list(counts))
        options = [Option(value, names.get(value, value), count, value in chosen) for value, count in counts.items()]
        if words is not None:
            places = {value: at for at, value in enumerate(words)}
            options.sort(key=lambda option: places.get(option.value, len(places)))
        chips = [
            Chip(say(label), option.word, (key,), self.toggled(key, option.value))
            for option in options
            if option.chosen
        ]
        return FilterState(Facet(key, label, facet, words=words), say(label), options, chips)

    def _names(self, key: str, values: list[str]) -> dict[str, str]:
        words: Any = FACETS[key][2]
        if words is not None:
            return {value: name_of(value, words) for value in values}
        if key == "provider":
            ids = [pk for value in values if (pk := _uuid(value))]
            return {str(pk): name for pk, name in parties.names(ids, viewer=self.request.actor).items()}
        if key == "place":
            return {value: place_name(value) for value in values}
        names = class_names() | {value: name_of(value, KIND_NAMES) for value in KIND_NAMES} if key == "kind" else {}
        return {value: names[value] for value in values if value in names}

    @cached_property
    def beside(self) -> list[tuple[FilterState, list[Choice]]]:
        """The facets worth a choice, their first values each with the address of a click."""
        return [
            (state, [self._choice(state.key, option) for option in state.options[:_SHOWN]])
            for state in self.states
            if len(state.options) > 1 or state.chips
        ]

    @property
    def narrows(self) -> list[tuple[FilterState, SafeString, SafeString]]:
        """The facets as the page draws them: the first values, and those folded away."""
        return [(state, _links(choices[:_OPEN]), _links(choices[_OPEN:])) for state, choices in self.beside]

    def _choice(self, key: str, option: Option) -> Choice:
        if option.chosen:
            return option, self.toggled(key, option.value)
        return option, f"{self._stem}{urlencode({key: option.value})}"

    @cached_property
    def _stem(self) -> str:
        """This list's address up to one more choice. Read once: a page has hundreds of choices."""
        asked = self._first_page()
        return f"{self.request.path}?{asked.urlencode()}&" if asked else f"{self.request.path}?"

    def _first_page(self) -> QueryDict:
        asked = self.asked.copy()
        for name in ("format", "after", "before"):
            asked.pop(name, None)
        return asked

    @property
    def fields(self) -> list[FilterState]:
        """No filter is a field: they stand beside."""
        return []

    @property
    def carried(self) -> list[tuple[str, str]]:
        """What the address holds besides the words and the order, for the form to carry."""
        names = (*FACETS, "rows")
        return [(name, str(value)) for name in names for value in self.asked.getlist(name)[:_MOST] if value]

    @cached_property
    def chips(self) -> list[Chip]:
        """The choices in force, the words among them, each with the address without it."""
        found = [chip for state in self.states for chip in state.chips]
        if self.search:
            found.insert(0, Chip(say("Search"), self.search, ("q",), self.address(q="")))
        return found

    @property
    def headings(self) -> list[Heading]:
        """The heads of the columns shown; some give an order."""
        made = []
        for column in self.shown:
            sort = _SORTS.get(column.key)
            sorted_by = sort is not None and sort is self.sort
            way = ("ascending" if sort is Sort.NAME else "descending") if sorted_by else ""
            made.append(Heading(column, column.heading, way, self.address(sort=sort.value) if sort else ""))
        return made

    def toggled(self, key: str, value: str) -> str:
        """Return this list's address with one more value chosen, or without it when it is."""
        values = [one for one in self.asked.getlist(key) if one]
        values = [one for one in values if one != value] if value in values else [*values, value]
        asked = self._first_page()
        asked.setlist(key, values)
        return f"{self.request.path}?{asked.urlencode()}" if asked else self.request.path

    def columns(self) -> Sequence[Column[Any]]:
        """Return the columns; names and abstracts bear marks where the words stand."""
        usual = {column.key: column for column in super().columns()}
        usual["name"] = Column("name", _("Entry"), lambda e: e.name, show=self._named)
        return tuple(usual.values())

    def _named(self, entry: Any) -> str:
        parts = [format_html('<a href="{}">{}</a>', address(entry), _marks(entry.name, self.search))]
        if entry.abstract:
            parts.append(format_html('<small class="under">{}</small>', _marks(entry.abstract, self.search, most=80)))
        if found := self._items(entry):
            parts.append(format_html('<small class="under">{} {}</small>', gettext("Items:"), found))
        return format_html_join("", "{}", ((part,) for part in parts))

    def _items(self, entry: Any) -> str:
        """Return the first items in which the words stand."""
        if not self.search:
            return ""
        cut = (marked(name, self.search) for name in self.answer.items.get(entry.pk, ()))
        hits = (stretches for stretches in cut if any(one.hit for one in stretches))
        return format_html_join("、", "{}", ((_drawn(stretches),) for stretches in islice(hits, _ITEMS)))

    # Spelling, freshness, files

    @property
    def meant(self) -> tuple[str, str]:
        """What was probably meant, and the address that asks so; nothing for none."""
        text = self.answer.suggestion
        return (text, self.address(q=text)) if text else ("", "")

    @property
    def keep_value(self) -> str:
        """What is asked, for the form that keeps it."""
        return self.address(sort="", rows="").partition("?")[2]

    def export_rows(self) -> Iterator[list[Any]]:
        """Yield every entry found, in the order in force; the language is kept from now.

        The index hands out the ids; where it cannot, the database finds by the same words and choices.
        """
        language, viewer = get_language() or "", self.request.actor
        rows: Iterator[list[Any]]
        ids = queries.found_ids(self.question, viewer=viewer)
        if ids is None:
            rows = batched(queries.matching(self.question, viewer=viewer).iterator(chunk_size=1000), 1000)
        else:
            rows = (queries.by_ids(part, viewer=viewer) for part in batched(iter(ids), 1000))
        return (line for batch in rows for line in self._plain(batch, language))

    @property
    def kept(self) -> list[Any]:
        """The searches that the reader keeps."""
        return list(queries.own_searches(viewer=self.request.actor))


def answer(request: PortalRequest, **context: Any) -> HttpResponseBase:
    """Return what was asked for: the page, its changed part, or a file."""
    listing = Search(request)
    if request.GET.get("format", "") in ("csv", "xlsx"):
        return list_page(request, listing)
    if request.htmx and request.htmx.target == f"list-{listing.name}":
        return render(request, "catalog/search_part.html", {"list": listing, **context})
    return show(request, "catalog/search.html", list=listing, **context)


@page("POST")
def keep(request: PortalRequest) -> HttpResponseBase:
    """Keep the search of the page under a name."""
    asked = typed(request, "asked")
    services.keep_search(
        name=typed(request, "name"),
        question=question_asked(QueryDict(asked)),
        actor=request.actor,
        clock=request.clock,
    )
    messages.success(request, gettext("The search is kept. New entries that it finds are told on your desk."))
    return HttpResponseRedirect(f"{reverse('catalog:list')}?{QueryDict(asked).urlencode()}")


@page()
def kept(request: PortalRequest) -> HttpResponseBase:
    """Show the searches that the reader keeps, and what they found anew."""
    notices: dict[Any, list[Any]] = {}
    for notice in queries.search_notices(viewer=request.actor)[:200]:
        notices.setdefault(notice.search_id, []).append(notice)
    searches = [
        {"row": row, "address": kept_address(row), "notices": notices.get(row.pk, [])}
        for row in queries.own_searches(viewer=request.actor)
    ]
    return show(
        request,
        "catalog/kept.html",
        title=gettext("Kept searches"),
        crumbs=[(gettext("Catalogue"), reverse("catalog:list"))],
        searches=searches,
    )


@page("POST")
def seen(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Put the notices of a kept search away, or drop the search, as the button says."""
    if request.POST.get("deed") == "drop":
        services.drop_search(search_id=pk, actor=request.actor)
        messages.success(request, gettext("The search is kept no longer."))
    else:
        services.read_notices(search_id=pk, actor=request.actor, clock=request.clock)
    return redirect("catalog:kept")


def kept_address(row: Any) -> str:
    """Return where a kept search is asked again."""
    question = queries.question_of(row, status=Status.PUBLISHED)
    asked = QueryDict(mutable=True)
    if question.text:
        asked["q"] = question.text
    for key, (_label, facet, _words) in FACETS.items():
        asked.setlist(key, question.values(facet))
    return f"{reverse('catalog:list')}?{asked.urlencode()}"


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _links(choices: Sequence[Choice]) -> SafeString:
    """Draw choices; in one go, for a page has hundreds of them. What was stored or asked is escaped."""
    each = (
        f'<li><a href="{escape(address)}"{_CURRENT if option.chosen else ""}><span class="tick" aria-hidden="true">'
        f'</span><span class="word">{escape(option.word)}</span> '
        f'<span class="count">{shows.number(option.count)}</span></a></li>'
        for option, address in choices
    )
    return mark_safe("".join(each))  # noqa: S308 - of escaped parts alone


_CURRENT = ' aria-current="true"'


def _marks(text: str, asked: str, *, most: int = 0) -> SafeString:
    """Return a text with marks around what was asked for."""
    if not asked:
        return conditional_escape(text if not most or len(text) <= most else text[:most] + "…")
    return _drawn(marked(text, asked, most=most))


def _drawn(stretches: Sequence[Stretch]) -> SafeString:
    """Draw a text with its hits marked; every stretch is escaped."""
    each = (f"<mark>{escape(one.text)}</mark>" if one.hit else escape(one.text) for one in stretches)
    return mark_safe("".join(each))  # noqa: S308 - of escaped stretches alone
