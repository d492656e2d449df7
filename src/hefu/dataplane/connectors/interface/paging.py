"""The rows of an interface, page after page, until there are no more."""

import csv
import hashlib
import io
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from hefu.dataplane.connectors.interface.asking import Asker
from hefu.dataplane.connectors.interface.stated import Interface, Paging
from hefu.dataplane.connectors.web import Answer
from hefu.dataplane.errors import SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Pages, bytes and seconds of one reading.
MOST_PAGES, MOST_BYTES, MOST_SECONDS = 1_000_000, 32 << 30, 12 * 3600
_NEXT = re.compile(r'<([^>]{1,2000})>\s*;[^,]*\brel="?next\b')
_ABSENT = object()

#: One row: a text or None for each stated column.
Row = list[str | None]


class _Written(float):
    """A number that keeps the digits it was written with: 1.50 stays 1.50."""

    def __init__(self, text: str) -> None:
        self.text = text


def rows_of(asker: Asker, encoding: str, passed: Callable[[], None] = lambda: None) -> Iterator[list[Row]]:
    """Yield the rows of each page.

    Args:
        asker: Of the interface.
        encoding: Python's name of the encoding of answers in CSV; JSON is always UTF-8.
        passed: Called after each page; may raise to end the reading.

    Raises:
        AddressRefused, SideLost, SideRefused: As `Asker.page`; SideRefused as well for answers that are not what was
            stated, SideLost when rows came or went while the pages were read.
    """
    interface, pages = asker.interface, asker.interface.pages
    begun, came, taken, before, place = time.monotonic(), 0, 0, b"", _start(interface)
    target, body = _asked(interface, place)
    for number in range(MOST_PAGES):
        if taken > MOST_BYTES or time.monotonic() - begun > MOST_SECONDS:
            break
        answer = asker.page(target, body)
        taken += len(answer.body)
        found = _json(answer, asker.side) if interface.answer == "json" else None
        rows = _rows(asker, answer, found, encoding, first=number == 0)
        digest = hashlib.sha256(answer.body).digest()
        if rows and number and digest == before and pages.by is not Paging.NONE:
            text = _("the interface answers the same page again and again; state its paging as it is")
            raise SideRefused(asker.side, Sentence(text, code="side.http_same_page"))
        before = digest
        came += len(rows)
        total = _total(found, interface.total, asker.side)
        following = _following(asker, target, answer, found, place, len(rows), came, total)
        del answer, found  # what was read of them goes on; a page is large
        if rows:
            yield rows
        del rows
        passed()
        if following is None:
            if total is not None and total != came:
                text = _("the interface says {total} rows and gave {came}; rows came or went meanwhile")
                raise SideLost(asker.side, Sentence(text, code="side.http_total", total=total, came=came))
            return
        place = following
        target, body = (place, body) if pages.by is Paging.LINK and isinstance(place, str) else _asked(interface, place)
    raise SideRefused(asker.side, Sentence(_("the interface has no end within our bounds"), code="side.http_endless"))


def _start(interface: Interface) -> int | str | None:
    return {Paging.PAGE: interface.pages.first, Paging.OFFSET: interface.pages.first}.get(interface.pages.by)


def _asked(interface: Interface, place: int | str | None) -> tuple[str, dict[str, Any] | None]:
    """Return path, query and body that ask for the page at a place."""
    pages, told = interface.pages, {}
    if place is not None:
        told[pages.name] = place
    if pages.size and pages.by is not Paging.NONE:
        told[pages.size] = pages.rows
    if interface.method == "POST":
        query = urlencode(dict(interface.query))
        return f"{interface.path}?{query}" if query else interface.path, {**interface.body, **told}
    query = urlencode({**interface.query, **told})
    return f"{interface.path}?{query}" if query else interface.path, None


def _following(
    asker: Asker, target: str, answer: Answer, found: object, place: int | str | None, rows: int, came: int,
    total: int | None,
) -> int | str | None:  # fmt: skip
    """Return the place of the next page, None when this one was the last."""
    pages = asker.interface.pages
    if pages.by is Paging.NONE:
        return None
    if pages.by in (Paging.PAGE, Paging.OFFSET):
        # A server may give fewer rows than asked for, so a short page is not the last one: an empty one is.
        if not rows or (total is not None and came >= total):
            return None
        return int(place or 0) + (1 if pages.by is Paging.PAGE else rows)
    if pages.by is Paging.LINK and not pages.at:
        linked = _NEXT.search(answer.headers.get("link", ""))
        return asker.beside(target, linked[1]) if linked else None
    told = _at(found, pages.at)
    if told is _ABSENT or told is None or told == "" or told is False:
        return None
    if not isinstance(told, str | int) or isinstance(told, bool):
        raise _unlike(asker.side, pages.at)
    if pages.by is Paging.LINK:
        return asker.beside(target, str(told))
    if str(told) == str(place):
        return None
    return told


def _json(answer: Answer, side: str) -> object:
    try:
        return json.loads(answer.body.decode("utf-8-sig"), parse_float=_Written, parse_int=_whole)
    except (ValueError, RecursionError):
        raise SideRefused(side, Sentence(_("the interface's answer is no JSON"), code="side.http_json")) from None


def _whole(text: str) -> object:
    # Python refuses to read whole numbers of thousands of digits; as text they are none of any type.
    return int(text) if len(text) < 1000 else text


def _rows(asker: Asker, answer: Answer, found: object, encoding: str, *, first: bool) -> list[Row]:
    interface, side = asker.interface, asker.side
    if interface.answer == "csv":
        if not answer.ends:
            # JSON that was cut off is no JSON; lines that were cut off are fewer lines.
            text = _("the interface does not say how long its CSV is; let it state Content-Length, or send in chunks")
            raise SideRefused(side, Sentence(text, code="side.http_no_end"))
        return _csv_rows(interface, answer.body, encoding, side)
    if interface.well_at and _text(_at(found, interface.well_at)) != interface.well:
        text = _("the interface does not say that all is well: {place} is not {wanted}")
        facts = {"place": interface.well_at, "wanted": interface.well}
        raise SideRefused(side, Sentence(text, code="side.http_not_well", **facts))
    inner = _at(found, interface.rows) if interface.rows else found
    if inner is None:
        return []  # many write null for a page without rows
    if not isinstance(inner, list) or not all(isinstance(one, dict) for one in inner):
        raise _unlike(side, interface.rows)
    places = [one.at or one.name for one in interface.columns]
    values = [[_at(one, place) for place in places] for one in inner]
    if first and values:
        _refuse_absent(places, values, side)
    return [[_text(value) for value in row] for row in values]


def _refuse_absent(places: list[str], values: list[list[object]], side: str) -> None:
    for number, place in enumerate(places):
        if all(row[number] is _ABSENT for row in values):
            text = _("no row of the interface has {name}")
            raise SideRefused(side, Sentence(text, code="side.http_column", name=place))


def _csv_rows(interface: Interface, body: bytes, encoding: str, side: str) -> list[Row]:
    try:
        lines = [line for line in csv.reader(io.StringIO(body.decode(encoding), newline=""), strict=True) if line]
    except (UnicodeDecodeError, csv.Error):
        raise _no_csv(side) from None
    # With one cell too many or too few, values would stand in columns that are not theirs, past their masks.
    if len({len(line) for line in lines}) > 1:
        raise _no_csv(side)
    if not lines:
        return []
    header = [name.strip() for name in lines[0]]
    places = [one.at or one.name for one in interface.columns]
    _refuse_absent(places, [[place if place in header else _ABSENT for place in places]], side)
    wanted = [header.index(place) for place in places]
    return [[row[at] or None for at in wanted] for row in lines[1:]]


def _no_csv(side: str) -> SideRefused:
    return SideRefused(side, Sentence(_("the interface's answer is no CSV"), code="side.http_csv"))


def _at(value: object, path: str) -> object:
    """Return what stands at a path of names and numbers, with dots between."""
    for name in path.split("."):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _ABSENT
    return value


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            # Halves of a pair are no text anywhere; a NUL sign keeps the row back, as it is none either.
            return value if value.isprintable() else re.sub("[\ud800-\udfff]", "\0", value)
        case _Written():
            return value.text
        case int():
            return str(value)
    return None if value is _ABSENT else json.dumps(value, ensure_ascii=False, default=str)


def _total(found: object, path: str, side: str) -> int | None:
    if not path:
        return None
    told = _at(found, path)
    if isinstance(told, str) and told.isascii() and told.isdigit() and len(told) < 19:
        told = int(told)
    if not isinstance(told, int) or isinstance(told, bool):
        raise _unlike(side, path)
    return told


def _unlike(side: str, path: str) -> SideRefused:
    text = _("the interface's answer does not have what was stated at {place}")
    return SideRefused(side, Sentence(text, code="side.http_unlike", place=path or "–"))
