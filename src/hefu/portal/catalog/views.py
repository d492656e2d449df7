"""Pages of the catalogue that everybody reads: lists, an entry, its versions."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.law.errors import NoRuleInForce
from hefu.law.terms import Language
from hefu.portal.catalog.finding import answer
from hefu.portal.catalog.lists import Own, share_badge, status_badge
from hefu.portal.catalog.words import class_path
from hefu.portal.http import PortalRequest
from hefu.portal.lists import list_page
from hefu.portal.pages import Act, Crumb, page, show
from hefu.portal.refusals import sentence
from hefu.portal.requests.told import stated_in_words
from hefu.portal.upkeep.beside import beside_entry
from hefu.portal.words import in_chinese, name_of, say
from hefu.rooms.catalog import queries, terms
from hefu.rooms.catalog.access import may
from hefu.rooms.catalog.attribute import ATTRIBUTE_NAMES
from hefu.rooms.catalog.terms import CAUSE_RULES, FIELD_NAMES, WRITABLE, Cause, ShareType, Status
from hefu.rooms.clocks.queries import clocks_of, rules_at
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grants
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import ANSWER_RULES
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.access import may as may_resource
from hefu.rooms.resources.terms import COLUMN_VERDICT_NAMES, ColumnVerdict

#: How an item and a column agree → colour.
VERDICT_COLOURS = {
    ColumnVerdict.SAME: "good",
    ColumnVerdict.MISSING: "bad",
    ColumnVerdict.TYPE_DIFFERS: "soon",
    ColumnVerdict.NOT_CATALOGUED: "off",
}


def list_crumb() -> Crumb:
    """Return the way to the catalogue."""
    return gettext("Catalogue"), reverse("catalog:list")


def entry_crumb(entry: Any) -> Crumb:
    """Return the way to an entry."""
    return entry.name, reverse("catalog:entry", args=[entry.pk])


def shelves(request: PortalRequest, here: str) -> dict[str, Any]:
    """Return the lists of the catalogue that the reader has, as tabs."""
    actor = request.actor
    found = [("published", _("In force"), reverse("catalog:list"))]
    if actor.has(Role.OFFICER, Role.CHIEF):
        found.append(("own", _("Our entries"), reverse("catalog:own")))
    if actor.of_authority and actor.has(Role.REVIEWER, Role.SUPERVISOR):
        found.append(("review", _("To be reviewed"), reverse("upkeep:desk")))
    if may(actor, "catalog.import", actor.department_id):
        found.append(("imports", _("Imports"), reverse("catalog:imports")))
    found.append(("export", _("Take it away"), reverse("catalog:export")))
    return {"shelves": found if len(found) > 1 else [], "shelf": here}


@page()
def entries(request: PortalRequest) -> HttpResponseBase:
    """Search the entries in force."""
    return answer(
        request,
        title=gettext("Catalogue"),
        act=_writes(request),
        **shelves(request, "published"),
    )


def _writes(request: PortalRequest) -> Act | None:
    if may(request.actor, "catalog.draft", request.actor.department_id):
        return Act(_("Draft an entry"), reverse("catalog:new"))
    return None


@page()
def own(request: PortalRequest) -> HttpResponseBase:
    """Show the entries of the reader's department, drafts among them."""
    return list_page(
        request,
        Own(request),
        "catalog/list.html",
        title=gettext("Our entries"),
        act=_writes(request),
        **shelves(request, "own"),
    )


@page()
def entry(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """Show one entry: what it says, on what terms it is shared, how to ask for it."""
    found = queries.entry(pk, viewer=request.actor)
    change = queries.change_id(found.pk, viewer=request.actor) if not found.is_change else None
    withdrawal = queries.last_withdrawal(found)
    waits = withdrawal is not None and withdrawal.decided_at is None
    beside = beside_entry(request, found)
    return show(
        request,
        "catalog/entry.html",
        title=found.name,
        crumbs=[list_crumb()],
        entry=found,
        status=200,
        state=status_badge(found),
        share=share_badge(found.share_type),
        change=change,
        may=_possible(request, found, change, withdrawal_waits=waits),
        groups=groups_of(found),
        items=[_item(item, beside["sources"][item.pk]) for item in queries.items_of(found)],
        attribute=name_of(found.class_code[:1], ATTRIBUTE_NAMES),
        class_path=class_path(found.class_code),
        gaps=gaps_in_words(request, found),
        withdrawal=withdrawal,
        versions=queries.versions(found),
        way=_way(request, found) if found.status == Status.PUBLISHED and not found.is_change else None,
        mount=_mount(request, found),
        events=history(found.code, viewer=request.actor),
        **beside,
    )


def _possible(request: PortalRequest, found: Any, change: UUID | None, *, withdrawal_waits: bool) -> set[str]:
    """Return the acts that the reader's seat and the entry's state allow."""
    actor, owner = request.actor, found.provider_id
    written = found.status in WRITABLE
    states = {
        "catalog.rewrite": written or (found.status == Status.PUBLISHED and change is None),
        "catalog.drop": written,
        "catalog.submit": written,
        "catalog.review": found.status == Status.IN_REVIEW,
        "catalog.withdraw": found.status == Status.PUBLISHED and not withdrawal_waits,
        "catalog.note_cause": found.status == Status.PUBLISHED and not found.is_change,
        "catalog.extend_update": True,
    }
    possible = {deed.removeprefix("catalog.") for deed, now in states.items() if now and may(actor, deed, owner)}
    if "extend_update" in possible and not _update_runs(found, actor):
        possible.remove("extend_update")
    asks = found.status == Status.PUBLISHED and not found.is_change and found.share_type != ShareType.NONE
    if asks and actor.has(Role.OFFICER, Role.CHIEF) and actor.department_id != owner:
        possible.add("request")
    if withdrawal_waits and may(actor, "catalog.review", owner):
        possible.add("review_withdrawal")
    if not found.is_change and may_resource(actor, "resources.mount", owner):
        possible.add("mount")
    return possible


def gaps_in_words(request: PortalRequest, found: Any) -> list[str]:
    """Return what an entry still lacks by the law of its place; what is in force is not asked again."""
    if found.status not in WRITABLE:
        return [say(FIELD_NAMES[field]) for field in found.gaps]
    lacking = queries.lacking(queries.content_of(found), place=found.provider.place, on=request.clock.today())
    return [say(FIELD_NAMES[field]) for field in lacking]


def _update_runs(found: Any, actor: Actor) -> bool:
    return any(
        one.is_open and one.rule == CAUSE_RULES[Cause.LAW] and one.extended_on is None
        for one in clocks_of(found.code, viewer=actor)
    )


def groups_of(found: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return what an entry says, in the parts of its form, without what it does not say."""
    names: dict[str, dict[Any, str]] = {
        "format_class": terms.FORMAT_CLASS_NAMES,
        "share_type": terms.SHARE_TYPE_NAMES,
        "basis_kind": terms.BASIS_NAMES,
        "share_mode": terms.SHARE_MODE_NAMES,
        "open_type": terms.OPEN_TYPE_NAMES,
        "update_cycle": terms.UPDATE_CYCLE_NAMES,
        "grade": terms.GRADE_NAMES,
        "secrecy": terms.SECRECY_NAMES,
        "personal_info": terms.PERSONAL_INFO_NAMES,
        "channels": terms.CHANNEL_NAMES,
    }
    parts: list[tuple[str, tuple[str, ...]]] = [
        (_("How it is shared"), ("share_condition", "share_scope", "noshare_reason", "basis_kind", "basis_title")),
        ("", ("basis_article", "channels", "share_mode", "use_condition")),
        (_("Form and update"), ("format_class", "format_types", "format_other", "update_cycle", "theme", "tags")),
        (_("Where it comes from"), ("system_name", "business_item", "internal_office", "phone", "outside_code")),
        (_("Opening to the public"), ("open_type", "open_condition")),
        (
            _("Grade and assessments"),
            ("grade", "secrecy", "secrecy_note", "personal_info", "impact_note", "assessed_on"),
        ),
    ]
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    for title, fields in parts:
        lines = [
            (say(FIELD_NAMES[field]), _told(getattr(found, field), names.get(field)))
            for field in fields
            if getattr(found, field) not in ("", None, [])
        ]
        if title:
            groups.append((say(title), lines))
        else:
            groups[-1][1].extend(lines)
    return [(title, lines) for title, lines in groups if lines]


def _told(value: Any, names: dict[Any, str] | None) -> str:
    if isinstance(value, list):
        return gettext(", ").join(name_of(one, names or {}) for one in value)
    return name_of(str(value), names) if names else str(value)


def _item(item: Any, source: Any) -> dict[str, Any]:
    """Return an item as the page writes it, with the department that was named as its source."""
    return {
        "source": source,
        "name": item.name,
        "code": item.code,
        "type": name_of(item.type, terms.ITEM_TYPE_NAMES) if item.type else "",
        "length": item.length,
        "share": share_badge(item.share_type) if item.share_type else "",
        "grade": name_of(item.grade, terms.GRADE_NAMES) if item.grade else "",
        "description": item.description,
    }


def _way(request: PortalRequest, found: Any) -> dict[str, Any]:
    """Return how to ask for the data: who decides, in what time, by which article; and what the reader has already."""
    share = ShareType(found.share_type)
    place, today = found.provider.place, request.clock.today()
    rules = rules_at(place)
    way: dict[str, Any] = {"share": share, "mine": None, "grant": None, "states": stated_in_words(rules, on=today)}
    if share in ANSWER_RULES:
        language = Language.ZH if in_chinese() else Language.EN
        try:
            period = rules.period(ANSWER_RULES[share], on=today)
            way |= {"meaning": period.meaning.in_(language), "amount": period.amount, "article": period.source}
            way["deciders"] = requests.who_decides(rules, share, on=today).option.words.in_(language)
        except NoRuleInForce as refusal:
            way["silent"] = sentence(refusal)
    if request.actor.department_id:
        mine = requests.my_cases(viewer=request.actor).filter(entry_id=found.pk)
        way["mine"] = list(mine.select_related(None).only("number", "status")[:5])
        held = grants.grants(viewer=request.actor, entry_id=found.pk).select_related(None).select_related("consumer")
        way["grants"] = list(held.only("number", "status", "consumer__short_name")[:5])
    return way


def _mount(request: PortalRequest, found: Any) -> dict[str, Any] | None:
    """Return what the entry is mounted on and how both agree now; only for those who may know."""
    if found.is_change or not may_resource(request.actor, "resources.compare", found.provider_id):
        return None
    resource = resources.resource_for_entry(found.pk, viewer=request.actor)
    if resource is None:
        return {"resource": None}
    told: dict[str, Any] = {"resource": resource, "lines": [], "fault": ""}
    try:
        told["lines"] = [
            {
                "colour": VERDICT_COLOURS[line.verdict],
                "word": COLUMN_VERDICT_NAMES[line.verdict],
                "item": line.item_name,
                "item_type": name_of(line.item_type, terms.ITEM_TYPE_NAMES) if line.item_type else "",
                "column": line.column,
                "column_type": line.column_type,
            }
            for line in resources.compare(found.pk, viewer=request.actor)
        ]
    except Refusal as refusal:
        told["fault"] = sentence(refusal)
    return told


@page()
def version(request: PortalRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Show what changed between a version and the one before, or another."""
    found = queries.entry(pk, viewer=request.actor)
    rows = {one.number: one for one in queries.versions(found)}
    asked = request.GET.get("with", "")
    other = int(asked) if asked.isdigit() else max((one for one in rows if one < number), default=number)
    old, new = min(other, number), max(other, number)
    return show(
        request,
        "catalog/version.html",
        title=gettext("Version {number} of {name}").format(number=number, name=found.name),
        crumbs=[list_crumb(), entry_crumb(found)],
        entry=found,
        number=number,
        old=old,
        new=new,
        numbers=list(rows),
        differences=differences_in_words(queries.difference(pk, old, new, viewer=request.actor)),
        row=rows.get(number),
    )


def differences_in_words(found: Any) -> list[dict[str, str]]:
    """Return what differs, field by field, in the reader's words."""
    return [
        {
            "field": name_of(one.field, FIELD_NAMES),
            "item": one.item,
            "old": _value_in_words(one.field, one.old),
            "new": _value_in_words(one.field, one.new),
        }
        for one in found
    ]


def _value_in_words(field: str, value: str) -> str:
    names: dict[str, dict[Any, str]] = {
        "share_type": terms.SHARE_TYPE_NAMES,
        "basis_kind": terms.BASIS_NAMES,
        "open_type": terms.OPEN_TYPE_NAMES,
        "update_cycle": terms.UPDATE_CYCLE_NAMES,
        "grade": terms.GRADE_NAMES,
        "format_class": terms.FORMAT_CLASS_NAMES,
        "type": terms.ITEM_TYPE_NAMES,
        "personal_info": terms.PERSONAL_INFO_NAMES,
    }
    return name_of(value, names.get(field, {})) if value else ""
