"""The open part of the catalogue as CKAN's Action API tells it: read only, for the programs that know CKAN."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from hefu import __version__
from hefu.kernel.actor import Actor, system
from hefu.protocols.ckan.filters import NotUnderstood, understood
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.exporting.plain import as_record
from hefu.rooms.catalog.exporting.reading import Exported, exported
from hefu.rooms.catalog.terms import OpenType, Status
from hefu.rooms.parties import queries as parties
from hefu.search.terms import FURTHEST, Question, Sort

#: Who asks without signing in.
PUBLIC = Actor(id="public", name="")
#: Datasets of one answer when nobody says, and at most.
USUAL, MOST = 10, 1000
#: Facts of an entry that stand beside CKAN's own fields; what departments say among themselves stays inside.
_EXTRAS = (
    *("code", "class_code", "format_class", "open_type", "open_condition", "update_cycle", "use_condition"),
    *("provider_code", "version"),
)
#: CKAN's facets that are counted → ours.
_FACETS = {"organization": "provider", "groups": "theme"}
_OPEN = (OpenType.UNCONDITIONAL.value, OpenType.CONDITIONAL.value)

Told = dict[str, Any]


class _Refused(Exception):
    """What CKAN answers with `success: false`."""

    def __init__(self, status: int, kind: str, **more: Any) -> None:
        self.status, self.told = status, {"__type": kind, **more}
        super().__init__(kind)


@csrf_exempt  # nothing is written, and CKAN's clients send parameters by POST
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, action: str) -> HttpResponse:
    """Answer one action."""
    status = 200
    told: Told = {"help": request.build_absolute_uri(request.path), "success": True}
    try:
        doer = _ACTIONS.get(action)
        if doer is None:
            raise _Refused(400, "Bad Request", message=f"Action name not known: {action}")
        told["result"] = doer(_parameters(request), request.build_absolute_uri("/").rstrip("/"))
    except _Refused as refused:
        status, told["success"], told["error"] = refused.status, False, refused.told
    answer = HttpResponse(json.dumps(told, ensure_ascii=False), status=status, content_type="application/json")
    answer["Access-Control-Allow-Origin"] = "*"  # what is open may be read from any page
    return answer


def _parameters(request: HttpRequest) -> Told:
    told: Told = {name: request.GET[name] for name in request.GET}
    if request.method == "POST":
        if request.content_type == "application/json" and request.body:
            try:
                sent = json.loads(request.body)
            except (ValueError, RecursionError):
                sent = None
            if not isinstance(sent, dict):
                raise _Refused(400, "Bad Request", message="JSON Error: the body is no JSON object")
            told |= sent
        else:
            told |= {name: request.POST[name] for name in request.POST}
    return told


def _number(told: Told, name: str, usual: int, most: int) -> int:
    value = told.get(name, usual)
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise _Refused(409, "Validation Error", **{name: ["Invalid integer"]}) from None
    if number < 0:
        raise _Refused(409, "Validation Error", **{name: ["Must be a natural number"]})
    return min(number, most)


def _text(told: Told, name: str) -> str:
    value = told.get(name, "")
    return _clean(value).strip()[:1000] if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Return a text as the database takes it: without NUL and halves of signs, which JSON can spell."""
    return text.replace("\x00", "").encode(errors="replace").decode()


def _flag(told: Told, name: str) -> bool:
    return str(told.get(name, "")).casefold() in ("true", "1", "yes", "t")


def _opened() -> QuerySet[Any]:
    return queries.opened(viewer=PUBLIC)


def package_list(told: Told, base: str) -> list[str]:
    """Return the names of open entries, in one order."""
    del base
    start, count = _number(told, "offset", 0, 10**9), _number(told, "limit", MOST * 100, MOST * 100)
    return [str(pk) for pk in _opened().order_by("pk").values_list("pk", flat=True)[start : start + count]]


def package_show(told: Told, base: str) -> Told:
    """Return one open entry, by id or by its code."""
    wanted = _text(told, "id") or _text(told, "name_or_id")
    if not wanted:
        raise _Refused(409, "Validation Error", name_or_id=["Missing value"])
    try:
        chosen = Q(pk=UUID(wanted))
    except ValueError:
        chosen = Q(code=wanted)
    found = next(exported(_opened().filter(chosen)[:1]), None)
    if found is None:
        raise _Refused(404, "Not Found Error", message="Not found")
    return _package(found, base)


def package_search(told: Told, base: str) -> Told:
    """Return the open entries that words and filters find; `filters` says what `fq` may say."""
    start, rows = _number(told, "start", 0, 10**9), _number(told, "rows", USUAL, MOST)
    text = _text(told, "q")
    text = "" if text in ("*:*", "*", "") else text
    narrowed = _filter(told)
    counted = tuple(_FACETS[one] for one in _listed(told, "facet.field") if one in _FACETS)
    if text:
        found, total, counts = _with_words(text, narrowed, _sort(_text(told, "sort")), start, rows, counted)
    else:
        # Without words the database leads through all of them, however many there are.
        chosen = _opened().filter(narrowed)
        total, counts = chosen.count(), _counts(chosen, counted)
        found = list(exported(chosen.order_by(*_order(_text(told, "sort")))[start : start + rows]))
    return {
        "count": total,
        "sort": _text(told, "sort") or "score desc, metadata_modified desc",
        "results": [_package(one, base) for one in found],
        "facets": {name: counts.get(ours, {}) for name, ours in _FACETS.items()} if counted else {},
        "search_facets": {},
    }


def _with_words(
    text: str, narrowed: Q, sort: Sort, start: int, rows: int, counted: tuple[str, ...]
) -> tuple[list[Exported], int, dict[str, dict[str, int]]]:
    """Return the entries that words find, best first, among those that filters leave; how many; and their counts."""
    asked = Question(text=text, chosen=(("status", (Status.PUBLISHED.value,)), ("open_type", _OPEN)), sort=sort)
    viewer = system("ckan")
    hits = queries.found_ids(asked, viewer=viewer)
    ids = list(hits if hits is not None else queries.matching(asked, viewer=viewer).values_list("pk", flat=True))
    chosen = _opened().filter(narrowed, pk__in=ids)
    left = set(chosen.values_list("pk", flat=True))
    order = [pk for pk in ids if pk in left]
    page = order[start : start + rows] if start < FURTHEST else []
    places = {pk: at for at, pk in enumerate(page)}
    found = sorted(exported(_opened().filter(pk__in=page)), key=lambda one: places[one.id])
    return found, len(order), _counts(chosen, counted)


def _counts(chosen: QuerySet[Any], counted: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Return facet → value → number of entries, most first."""
    columns = {"provider": "provider_id", "theme": "theme"}
    made = {}
    for facet in counted:
        rows = chosen.order_by().values_list(columns[facet]).annotate(count=Count("pk")).order_by("-count")
        made[facet] = {str(value): count for value, count in rows if value}
    return made


def organization_list(told: Told, base: str) -> list[Any]:
    """Return the departments that hold open entries: names, or all fields with the number of entries."""
    del base
    start, count = _number(told, "offset", 0, 10**9), _number(told, "limit", MOST, MOST)
    held, rows = _holders()
    rows = rows.order_by("name")[start : start + count]
    if not _flag(told, "all_fields"):
        return [row.credit_code.casefold() for row in rows]
    return [_holder(row, held) for row in rows]


def organization_show(told: Told, base: str) -> Told:
    """Return one department that holds open entries, by its credit code or id."""
    del base
    wanted = _text(told, "id")
    held, rows = _holders()
    found = rows.filter(Q(credit_code=wanted.upper()) | Q(pk=_uuid(wanted))).first()
    if found is None:
        raise _Refused(404, "Not Found Error", message="Not found")
    return _holder(found, held)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)  # which no department has


def _holders() -> tuple[dict[UUID, int], Any]:
    """Return department → number of its open entries, and the rows of those departments."""
    held = dict(_opened().order_by().values_list("provider_id").annotate(count=Count("pk")))
    return held, parties.departments(viewer=PUBLIC).filter(pk__in=held)


def _holder(row: Any, held: dict[UUID, int]) -> Told:
    return _organization(row.pk, row.credit_code, row.name) | {"package_count": held[row.pk], "description": ""}


def group_list(told: Told, base: str) -> list[str]:
    """Return the themes of open entries."""
    del told, base
    return list(_opened().exclude(theme="").order_by("theme").values_list("theme", flat=True).distinct())


def status_show(told: Told, base: str) -> Told:
    """Return what answers here."""
    del told
    return {
        "site_title": settings.HEFU.node_name,
        "site_url": base,
        "ckan_version": "2.10.0",
        "locale_default": "zh_Hans_CN",
        "extensions": ["hefu"],
        "hefu_version": __version__,
    }


def site_read(told: Told, base: str) -> bool:
    """Return that the site may be read."""
    del told, base
    return True


_ACTIONS: dict[str, Callable[[Told, str], Any]] = {
    "package_list": package_list,
    "package_show": package_show,
    "package_search": package_search,
    "organization_list": organization_list,
    "organization_show": organization_show,
    "group_list": group_list,
    "status_show": status_show,
    "site_read": site_read,
}


def _listed(told: Told, name: str) -> list[str]:
    value = told.get(name, [])
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.split()
    return [_clean(one) for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _filter(told: Told) -> Q:
    """Return what `fq` and `fq_list` narrow; what they say that we cannot is refused rather than passed over."""
    made = Q()
    said, listed = told.get("fq", ""), told.get("fq_list", [])
    if isinstance(listed, str):
        listed = _listed(told, "fq_list") if listed[:1] == "[" else [listed]
    parts: list[Any] = [said, *(listed if isinstance(listed, list) else [listed])]
    for part in parts:
        try:
            if not isinstance(part, str):
                raise NotUnderstood("a filter query is a text")
            made &= understood(_clean(part))
        except NotUnderstood as error:
            raise _Refused(409, "Validation Error", fq=[f"Not understood: {error}"[:300]]) from None
    return made


def _sort(asked: str) -> Sort:
    if asked.startswith(("title", "name")):
        return Sort.NAME
    return Sort.NEWEST if asked.startswith("metadata_") else Sort.RELEVANCE


def _order(asked: str) -> tuple[str, ...]:
    """Return columns for CKAN's order; the id decides last, so that pages neither repeat nor hide."""
    columns = {"metadata_modified": "changed_at", "metadata_created": "drafted_at", "title": "name", "name": "pk"}
    made = []
    for part in asked.split(","):
        name, _space, way = part.strip().partition(" ")
        if name in columns:
            made.append(("-" if way.strip() == "desc" else "") + columns[name])
    return (*(made or ["-changed_at"]), "pk")


def _organization(pk: UUID, credit_code: str, name: str) -> Told:
    return {
        "id": str(pk),
        "name": credit_code.casefold(),
        "title": name,
        "display_name": name,
        "type": "organization",
        "state": "active",
        "is_organization": True,
    }


def _package(entry: Exported, base: str) -> Told:
    """Return an open entry as CKAN tells a dataset; a distribution for each format, all at the entry's page."""
    content, record = entry.content, as_record(entry)
    page = str(entry.more.get("detail_url") or "") or f"{base}/catalog/{entry.id}/"
    created, changed = entry.published_at or entry.changed_at, entry.changed_at
    formats = content.format_types or ((content.format_other,) if content.format_other else ())
    return {
        "id": str(entry.id),
        "name": str(entry.id),
        "title": content.name,
        "notes": content.abstract,
        "author": entry.provider,
        "maintainer": entry.provider,
        "maintainer_email": str(entry.more.get("email") or ""),
        "owner_org": str(entry.provider_id),
        "organization": _organization(entry.provider_id, entry.provider_code, entry.provider),
        "metadata_created": created.isoformat(),
        "metadata_modified": changed.isoformat(),
        "type": "dataset",
        "state": "active",
        "private": False,
        "isopen": content.open_type is OpenType.UNCONDITIONAL,
        "license_id": "notspecified",
        "license_title": "",
        "url": page,
        "version": str(entry.version),
        "tags": [{"name": tag, "display_name": tag, "state": "active"} for tag in content.tags],
        "groups": [{"name": content.theme, "title": content.theme}] if content.theme else [],
        "extras": [{"key": name, "value": str(record[name])} for name in _EXTRAS if record[name] not in ("", None)],
        "resources": [
            {"id": f"{entry.id}-{place}", "name": kind, "format": kind.upper(), "url": page, "state": "active"}
            for place, kind in enumerate(formats, start=1)
        ],
        "num_resources": len(formats),
        "num_tags": len(content.tags),
    }
