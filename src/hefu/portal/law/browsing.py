"""Pages to read the law: packs, one rule explained, two places side by side, a year's calendar, the clauses."""

from datetime import date
from itertools import groupby
from typing import Any

from django.http import HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.refusal import NotFound
from hefu.kernel.words import _
from hefu.law import tables
from hefu.law.calendar import CalendarDay
from hefu.law.coverage import ClauseState
from hefu.law.deadline import Deadline
from hefu.law.explain import step_lines
from hefu.law.places import NATION
from hefu.law.register import register
from hefu.law.saying import refused_line, value_line
from hefu.portal.http import PortalRequest
from hefu.portal.law import asking
from hefu.portal.law.lists import Clauses, tests_are_read
from hefu.portal.law.words import CLAUSE_STATES, VALUE_STATES, article, language, own_place, places, words
from hefu.portal.lists import list_page
from hefu.portal.pages import Crumb, page, show
from hefu.portal.words import in_chinese, name_of, say
from hefu.rooms.clocks.queries import calendar_at


def law_crumb() -> Crumb:
    """Return the way to the law pages."""
    return gettext("Law and time limits"), reverse("law:packs")


@page()
def packs(request: PortalRequest) -> HttpResponseBase:
    """Show the packs: which place, which texts, how many rules, when somebody last compared them with the law."""
    rows = [
        {
            **row,
            "name": words(row["title"]),
            "texts": [words(document["title"]) for document in row["documents"]],
            "doubts": sum(1 for document in row["documents"] if document["doubt"] or document["lost"]),
        }
        for row in tables.packs()
    ]
    return show(request, "law/packs.html", title=gettext("Law and time limits"), tab="packs", packs=rows)


@page()
def pack(request: PortalRequest, pack: str) -> HttpResponseBase:
    """Show one pack whole: its texts with their doubts, its rules with every dated value."""
    found = tables.pack(pack)
    if found is None:
        raise NotFound(what="pack", key=pack)
    return show(
        request,
        "law/pack.html",
        title=words(found["title"]),
        crumbs=[law_crumb()],
        tab="packs",
        pack=found,
        documents=[
            {
                **one,
                "name": words(one["title"]),
                "doubt": words(one["doubt"]),
                "lost": one["lost_zh"] if in_chinese() else one["lost"],
            }
            for one in found["documents"]
        ],
        rules=[_rule_of_pack(one) for one in found["parameters"]],
    )


def _rule_of_pack(parameter: dict[str, Any]) -> dict[str, Any]:
    values = [
        {
            "from": date.fromisoformat(value["from"]),
            "said": value_line(value, language()) if "value" in value else name_of(value["state"], VALUE_STATES),
            "refused": refused_line(value, language()) if "value" in value else "",
            "article": article(value["source"]),
            "note": words(value["note"]),
        }
        for value in parameter["values"]
    ]
    checked = date.fromisoformat(parameter["checked"])
    return {**parameter, "name": words(parameter["title"]), "checked": checked, "values": values}


@page()
def rules(request: PortalRequest) -> HttpResponseBase:
    """Show every rule that the packs of a place know, with its answer on a day."""
    place, on = asking.place(request, "place", own_place()), asking.day(request, "on", request.clock.today())
    return show(
        request,
        "law/rules.html",
        title=gettext("Rules of a place"),
        crumbs=[law_crumb()],
        tab="rules",
        place=place,
        on=on,
        places=_named(place),
        rules=[_answer(row) for row in tables.rules(place, on)],
    )


@page()
def rule(request: PortalRequest, rule: str) -> HttpResponseBase:
    """Explain one rule on a day: value, article, who set it, the count day by day, another place's answer."""
    entry = register().rule(asking.rule(rule))
    place, on = asking.place(request, "place", own_place()), asking.day(request, "on", request.clock.today())
    against = asking.place(request, "against", NATION)
    found = tables.explain_rule(rule, place=place, on=on, against=against if against != place else None)
    return show(
        request,
        "law/rule.html",
        title=entry.title.in_(language()),
        crumbs=[law_crumb(), (gettext("Rules of a place"), reverse("law:rules"))],
        tab="rules",
        rule=rule,
        place=place,
        on=on,
        against=against,
        places=_named(place, against),
        found=_explained(found),
        other=_explained(found["against"]) if "against" in found else None,
        event=register().events[entry.counts_from or entry.chosen_by].words.in_(language()),
    )


def _explained(found: dict[str, Any]) -> dict[str, Any]:
    shown = _answer(found)
    if "deadline" in found:
        deadline = Deadline.from_json(found["deadline"])
        shown |= {
            "due_on": deadline.due_on,
            "provisional": deadline.provisional,
            "steps": step_lines(deadline, language()),
            "lines": words(found["explanation"]).splitlines(),
        }
    return shown | {"place_name": places().get(found["place"], found["place"])}


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    shown = {**row, "name": words(row["title"]), "said": value_line(row, language())}
    if not row["found"]:
        return shown
    return shown | {
        "refused": refused_line(row, language()),
        "article": article(row["source"]),
        "amended": article(row["amended_by"]),
        "since": date.fromisoformat(row["from"]),
        "remarks_said": [(say(head), words(row[key])) for key, head in _REMARKS if row[key]],
        "levels": [(value_line(other, language()), article(other["source"]), _pack_of(other)) for other in row["also"]],
        "silent": [
            (
                one["pack"].partition("@")[0],
                name_of(one["state"], VALUE_STATES),
                article(one["source"]),
                words(one["note"]),
            )
            for one in row["remarks"]
        ],
    }


def _pack_of(row: dict[str, Any]) -> str:
    return str(row["pack"]).partition("@")[0]


_REMARKS = (("transition", _("Transition")), ("note", _("Note")), ("doubt", _("Doubt")))


@page()
def compare(request: PortalRequest) -> HttpResponseBase:
    """Set the rules of two places side by side on a day; at first only those that differ."""
    left, right = asking.place(request, "left", own_place()), asking.place(request, "right", NATION)
    on, everything = asking.day(request, "on", request.clock.today()), bool(request.GET.get("all"))
    rows = [
        {
            "rule": row["rule"],
            "name": words(row["title"]),
            "left": _side(row["left"]),
            "right": _side(row["right"]),
            "same": row["same"],
        }
        for row in tables.compare(left, right, on)
        if everything or not row["same"]
    ]
    return show(
        request,
        "law/compare.html",
        title=gettext("Compare two places"),
        crumbs=[law_crumb()],
        tab="compare",
        left=left,
        right=right,
        left_name=places().get(left, left),
        right_name=places().get(right, right),
        on=on,
        everything=everything,
        places=_named(left, right),
        rows=rows,
    )


def _side(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None or not row["found"]:
        return {"said": value_line(None, language()), "article": "", "refused": ""}
    return {
        "said": value_line(row, language()),
        "article": article(row["source"]),
        "refused": refused_line(row, language()),
    }


def _named(*asked: str) -> list[tuple[str, str]]:
    """Return the places that a form offers, with those asked for among them."""
    known = places()
    return sorted({**{place: place for place in asked if place not in known}, **known}.items())


@page()
def this_year(request: PortalRequest) -> HttpResponseBase:
    """Go to the calendar of the year that it is."""
    return HttpResponseRedirect(reverse("law:calendar", args=[request.clock.today().year]))


@page()
def calendar(request: PortalRequest, year: int) -> HttpResponseBase:
    """Show a year: which days count as working days, which do not and why."""
    place = asking.place(request, "place", own_place())
    days = calendar_at(place).year(year)
    return show(
        request,
        "law/calendar.html",
        title=gettext("Working days of {year}").format(year=year),
        crumbs=[law_crumb()],
        tab="calendar",
        year=year,
        place=place,
        places=_named(place),
        months=[_month(list(group)) for _month_number, group in groupby(days, key=lambda day: day.day.month)],
        weekdays=gettext("Mo Tu We Th Fr Sa Su").split(),
        working=sum(day.works for day in days),
        provisional=any(day.provisional for day in days),
        special=_special(days),
    )


def _month(days: list[CalendarDay]) -> dict[str, Any]:
    cells: list[CalendarDay | None] = [*[None] * (days[0].day.isoweekday() - 1), *days]
    cells += [None] * (-len(cells) % 7)
    return {
        "first": days[0].day,
        "weeks": [cells[at : at + 7] for at in range(0, len(cells), 7)],
        "working": sum(day.works for day in days),
    }


def _special(days: tuple[CalendarDay, ...]) -> list[dict[str, Any]]:
    """Return the holidays with their rest days and the weekends worked for them, in the order of the year."""
    found: dict[str, dict[str, Any]] = {}
    for day in days:
        if day.name:
            name = day.name.in_(language())
            entry = found.setdefault(name, {"name": name, "rest": [], "work": []})
            entry["work" if day.works else "rest"].append(day.day)
    return list(found.values())


@page()
def clauses(request: PortalRequest) -> HttpResponseBase:
    """Show every clause of the regulations: what does it, which test shows it, or that it is open."""
    listing = Clauses(request)
    figures: dict[str, dict[str, int]] = {}
    for row in listing.held():
        for document in ("all", row.clause.document):
            counts = figures.setdefault(document, dict.fromkeys(map(str, ClauseState), 0))
            counts[row.state.value] += 1
    return list_page(
        request,
        listing,
        "law/coverage.html",
        title=gettext("What is done about each clause"),
        crumbs=[law_crumb()],
        tab="coverage",
        states=[say(word) for word in CLAUSE_STATES.values()],
        figures=[(document, list(counts.values()), sum(counts.values())) for document, counts in figures.items()],
        tests_are_read=tests_are_read(),
    )
