"""The catalogue as JSON and as CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from hefu.kernel.cells import safe
from hefu.rooms.catalog.exporting.columns import COLUMNS, Line, lines
from hefu.rooms.catalog.exporting.reading import Exported
from hefu.rooms.catalog.importing.own import FORMAT
from hefu.rooms.catalog.profiles import Profile
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import Secrecy, ShareType

#: How JSON and RDF write that data is kept back, and that no secret was found.
NOT_SHARED, NO_SECRET = "not_shared", "no_secret"


def as_record(entry: Exported) -> dict[str, Any]:
    """Return an entry as one JSON object: every field of its content by name, its items as a list."""
    content = to_json(entry.content)
    for told, item in zip(content["items"], entry.content.items, strict=True):
        told["source_department"] = entry.source_of(item)
    extension = {one["key"]: one["value"] for one in content.pop("extension")}
    # In a column "none" reads as nothing at all, and to keep data back must be said.
    for part in (content, *content["items"]):
        part["share_type"] = NOT_SHARED if part["share_type"] == ShareType.NONE else part["share_type"]
    content["secrecy"] = NO_SECRET if content["secrecy"] == Secrecy.NONE else content["secrecy"]
    return {
        "code": entry.code,
        "provider": entry.provider,
        "provider_code": entry.provider_code,
        "status": entry.status,
        "version": entry.version,
        "source_department": entry.sources.whole,
        "published_on": entry.published_at.date().isoformat() if entry.published_at else None,
        **content,
        "extension": extension,
        "more": entry.more,
    }


def write_json(entries: Iterable[Exported], profile: Profile) -> Iterator[str]:
    """Yield the text of one JSON document, entry by entry."""
    head = {"format": FORMAT, "version": 1, "profile": profile.key}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "entries": ['
    for number, entry in enumerate(entries):
        yield (",\n" if number else "\n") + json.dumps(as_record(entry), ensure_ascii=False)
    yield "\n]}\n"


def write_csv(entries: Iterable[Exported], profile: Profile) -> Iterator[str]:
    """Yield the lines of a CSV file: a row for each item, the entry's own cells said again in each.

    The byte order mark tells spreadsheet programs that it is UTF-8; no cell can be taken for a formula.
    """
    heads = [*(column.head for column in COLUMNS), *(one.name for one in profile.extensions)]
    yield "\ufeff" + _line(heads)
    for entry in entries:
        for line in lines(entry, profile):
            yield _line([_plain(line, at) for at in range(len(heads))])


def _plain(line: Line, at: int) -> str:
    cell = line.own[at] if line.own[at] is not None else line.entry[at]
    return "" if cell is None else safe(str(cell))


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
