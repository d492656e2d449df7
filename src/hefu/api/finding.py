"""The catalogue's search for programs: words, facets, counts on demand, and how fresh the answer is."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, cast, get_args
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from hefu.api.errors import CursorUnknown
from hefu.api.paging import MOST, USUAL
from hefu.api.request import ApiRequest
from hefu.protocols import exports
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.terms import Channel, FormatClass, Grade, OpenType, ShareType, Status, UpdateCycle
from hefu.rooms.parties import queries as parties
from hefu.search.terms import FURTHEST, Question, Sort

router = Router(tags=["catalog"])

#: Order of a list → its fields.
ORDERS = {"changed": ("-changed_at",), "code": ("code",), "name": ("name",)}
#: What can be counted.
Countable = Literal[
    "share_type",
    "provider",
    "level",
    "place",
    "theme",
    "kind",
    "open_type",
    "channel",
    "update_cycle",
    "format",
    "grade",
    "quality",
]
_COUNTABLE: tuple[str, ...] = get_args(Countable)
#: Values that one facet may be asked for at once.
_MOST_VALUES = 20


class Narrowing(Schema):
    """Which entries; what is not said does not narrow. Within a facet one value suffices; say it again for more."""

    q: str = Field(
        "",
        max_length=200,
        description="Words of name, abstract, items, provider, tags or code; also pinyin, initials, short names.",
    )
    status: Status | None = Field(None, description="In force when nothing is said.")
    provider: list[str] = Field([], max_length=_MOST_VALUES, description="Unified social credit code.")
    share_type: list[ShareType] = Field([], max_length=_MOST_VALUES)
    open_type: list[OpenType] = Field([], max_length=_MOST_VALUES)
    channel: list[Channel] = Field([], max_length=_MOST_VALUES)
    update_cycle: list[UpdateCycle] = Field([], max_length=_MOST_VALUES)
    grade: list[Grade] = Field([], max_length=_MOST_VALUES)
    format: list[FormatClass] = Field([], max_length=_MOST_VALUES, description="Format class of the guide, 1 to 7.")
    theme: list[str] = Field([], max_length=_MOST_VALUES)
    level: list[Literal["nation", "province", "city", "county", "town", "village"]] = Field(
        [], max_length=_MOST_VALUES, description="Level of the department that holds the data."
    )
    place: list[str] = Field([], max_length=_MOST_VALUES, description="Division code; it holds for all places within.")
    kind: list[str] = Field([], max_length=_MOST_VALUES, description="Beginning of the class code: 1, 101, 101002.")
    quality: list[Literal["complete", "gaps"]] = Field([], max_length=_MOST_VALUES)


class Turning(Schema):
    """Which page."""

    order: str = Field("code", pattern="^(changed|code|name)$")
    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)


class Looking(Schema):
    """Which page of a search, and what to count."""

    sort: Sort = Field(Sort.RELEVANCE, description="Best match first; without words the newest.")
    cursor: str = Field("", max_length=2000, description="`next` of the page before.")
    size: int = Field(USUAL, ge=1, le=MOST)
    count: list[Countable] = Field([], description="Facets to count; say it again for more. Counting costs time.")


class Summary(Schema):
    """An entry in a list."""

    id: UUID
    code: str
    name: str
    abstract: str
    provider: str
    provider_code: str
    status: Status
    version: int
    share_type: str
    open_type: str
    update_cycle: str
    grade: str
    theme: str
    channels: list[str]
    changed_at: datetime
    published_at: datetime | None


class Summaries(Schema):
    """A page of entries."""

    entries: list[Summary]
    next: str = Field(description="Cursor of the next page; empty on the last.")


class Count(Schema):
    """One value by which a list can be narrowed, and how many entries have it."""

    value: str
    label: str
    count: int


class Freshness(Schema):
    """Which state of the catalogue answered."""

    as_of: datetime = Field(description="Changes committed until then are in the answer.")
    pending: int = Field(description="Later changes that the answer lacks.")
    source: Literal["index", "database"] = Field(
        description="The database answers where no index can; it knows no sounds and spellings."
    )


class Answered(Schema):
    """A page of what a search found."""

    entries: list[Summary]
    total: int
    counts: dict[str, list[Count]] = Field(description="Facet → values, the facet's own choice put aside.")
    relaxed: bool = Field(description="No entry has all the words; these have most of them.")
    suggestion: str = Field(description="What was probably meant; empty for none.")
    freshness: Freshness
    next: str = Field(description=f"Cursor of the next page; empty on the last, and beyond {FURTHEST} hits.")


@router.get("/search", response=Answered, summary="Search the catalogue")
def search(request: HttpRequest, narrowing: Query[Narrowing], looking: Query[Looking]) -> dict[str, Any]:
    """What the search page finds: words in any script and spelling, every facet, counts where asked for."""
    call = cast(ApiRequest, request)
    return answered(call, looking, lambda **more: question(call, narrowing, **more))


def answered(call: ApiRequest, looking: Looking, asks: Callable[..., Question]) -> dict[str, Any]:
    """Return a page of what a search finds.

    Args:
        call: The request.
        looking: Which page, and what to count.
        asks: Makes the question of order, page and counts.

    Raises:
        CursorUnknown: The cursor is none of this order.
    """
    begin = _begin(looking)
    asked = asks(sort=looking.sort, offset=begin, limit=looking.size, counted=tuple(dict.fromkeys(looking.count)))
    answer = queries.search(asked, viewer=call.actor)
    after = begin + looking.size
    return {
        "entries": [summary(row) for row in answer.entries],
        "total": answer.total,
        "counts": _counts(call, answer),
        "relaxed": answer.relaxed,
        "suggestion": answer.suggestion,
        "freshness": {
            "as_of": answer.as_of,
            "pending": answer.pending,
            "source": "database" if answer.reason else "index",
        },
        "next": _cursor(looking.sort, after) if after < min(answer.total, FURTHEST) else "",
    }


@router.get("/facets", response=dict[str, list[Count]], summary="Count entries by facet")
def facets(request: HttpRequest, narrowing: Query[Narrowing]) -> dict[str, Any]:
    """How many of the entries that match have each value of every facet, the facet's own choice put aside."""
    call = cast(ApiRequest, request)
    return _counts(call, queries.search(question(call, narrowing, limit=0, counted=_COUNTABLE), viewer=call.actor))


def question(call: ApiRequest, asked: Narrowing, **more: Any) -> Question:
    """Return what is asked as the search takes it."""
    chosen: list[tuple[str, tuple[str, ...]]] = [("status", ((asked.status or Status.PUBLISHED).value,))]
    for facet in Narrowing.model_fields:
        if facet in ("q", "status"):
            continue
        values = tuple(str(value).replace("\x00", "")[:80] for value in getattr(asked, facet))
        if facet == "provider":
            known = (parties.department_by_code(value, viewer=call.actor) for value in values)
            values = tuple(str(one.pk if one else queries.NOBODY) for one in known)
        if values:
            chosen.append((facet, values))
    return Question(text=asked.q.replace("\x00", "").strip(), chosen=tuple(chosen), **more)


def found(call: ApiRequest, asked: Narrowing) -> QuerySet[Any]:
    """Return the rows that are asked for; where there are words, the index says which these are."""
    narrowed = question(call, asked)
    if narrowed.text:
        return exports.chosen(narrowed, viewer=call.actor)
    return queries.matching(narrowed, viewer=call.actor)


def summary(row: Any) -> dict[str, Any]:
    """Return an entry as a list shows it."""
    told = {name: getattr(row, name) for name in Summary.model_fields if name not in ("provider", "provider_code")}
    return told | {"provider": row.provider.name, "provider_code": row.provider.credit_code}


def _counts(call: ApiRequest, answer: queries.Answer) -> dict[str, list[dict[str, Any]]]:
    ids = [UUID(one.value) for one in answer.counts.get("provider", ())]
    names = {str(pk): name for pk, name in parties.names(ids, viewer=call.actor).items()} if ids else {}
    return {
        facet: [{"value": one.value, "label": names.get(one.value, one.value), "count": one.count} for one in counts]
        for facet, counts in answer.counts.items()
    }


def _cursor(sort: Sort, begin: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"sort": sort.value, "begin": begin}).encode()).decode().rstrip("=")


def _begin(looking: Looking) -> int:
    if not looking.cursor:
        return 0
    try:
        told = json.loads(
            base64.b64decode(looking.cursor + "=" * (-len(looking.cursor) % 4), altchars=b"-_", validate=True)
        )
        begin = told["begin"] if told["sort"] == looking.sort.value else None
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise CursorUnknown() from error
    if type(begin) is not int or not 0 < begin < FURTHEST:
        raise CursorUnknown()
    return begin
