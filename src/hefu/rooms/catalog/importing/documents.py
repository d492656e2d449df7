"""JSON as a table: arrays, lines, several documents, envelopes of any depth, nested records."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable
from hefu.rooms.catalog.importing.headers import below_header
from hefu.rooms.catalog.importing.names import general
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.own import FORMAT
from hefu.rooms.catalog.importing.table import Table, of_records

#: How deep envelopes and records are opened.
_DEEPEST = 7
#: Names made by nesting in one record at most; the rest stays folded in its cell.
_MOST_NAMES = 200
#: What programs write before and after their JSON: `callback(…);`, `var list = …;`.
_WRAPPING = re.compile(r"\A\s*(?:(?:var|let|const)\s+)?[A-Za-z_$][\w$.]*\s*[=(]\s*(?=[\[{])")


def table(text: str, name: str) -> Table:
    """Return what JSON says as rows.

    Raises:
        FileUnreadable: It is broken.
    """
    documents = list(_documents(_WRAPPING.sub("", text, count=1), name))
    rows: list[dict[str, Any]] = []
    for document in documents:
        lines = _lines(document)
        if lines is not None:
            return below_header(lines)
        rows += _records(document)
    return of_records(_flat(_unwrapped(row)) for row in rows)


def _documents(text: str, name: str) -> Iterator[Any]:
    decoder, place, found = json.JSONDecoder(), 0, False
    while place < len(text):
        if text[place].isspace() or text[place] in ",;\x1e\ufeff" or (found and text[place] == ")"):
            place += 1
            continue
        try:
            document, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise FileUnreadable(name=name, reason=_("its JSON is broken")) from error
        found = True
        yield document


def _lines(document: Any) -> list[list[Any]] | None:
    """Return a document that is a sheet: an array of arrays, or columns beside rows."""
    if isinstance(document, list) and len(document) > 1 and all(isinstance(line, list) for line in document):
        return document
    if isinstance(document, dict):
        names = next((document[key] for key in ("columns", "header", "headers", "fields") if key in document), None)
        rows = next((document[key] for key in ("data", "rows", "values", "records") if key in document), None)
        if isinstance(names, list) and isinstance(rows, list) and rows and all(isinstance(row, list) for row in rows):
            told = [
                str(one.get("name") or one.get("title") or "") if isinstance(one, dict) else str(one) for one in names
            ]
            return [told, *rows]
    return None


def _records(document: Any) -> list[dict[str, Any]]:
    """Return the records in a document: its own, those of the most promising list inside, or the one that it is."""
    if isinstance(document, list):
        flat = [one for one in document if isinstance(one, dict)]
        return flat or [record for one in document if isinstance(one, list) for record in _records(one)]
    if not isinstance(document, dict):
        return []
    if document.get("format") == FORMAT and isinstance(document.get("entries"), list):
        return [one for one in document["entries"] if isinstance(one, dict)]
    found = max(_lists(document, 0), key=_promise, default=[])
    # An entry with its list of items is itself a record; an envelope knows less of catalogues than what is in it.
    if found and _known(found[0]) >= _known(document) and (len(found) > 1 or _known(document) < 2):
        return found
    return _side_by_side(document) or [document]


def _promise(records: list[dict[str, Any]]) -> tuple[bool, int, int]:
    known = _known(records[0])
    return known > 1, len(records), known


def _lists(document: Mapping[str, Any], depth: int) -> Iterator[list[dict[str, Any]]]:
    """Yield every list of records inside, also the values of an object that names its records by their ids."""
    if depth > _DEEPEST:
        return
    for value in document.values():
        if isinstance(value, list):
            records = [one for one in value if isinstance(one, dict)]
            if records:
                yield records
        elif isinstance(value, dict):
            yield from _lists(value, depth + 1)
    inner = [value for value in document.values() if isinstance(value, dict)]
    if len(inner) > 1 and len(inner) == len(document) and all(set(one) & set(inner[0]) for one in inner):
        yield inner


def _side_by_side(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the records of an object that gives each column as a list."""
    lists = list(document.values())
    if len(lists) < 2 or not all(isinstance(one, list) and len(one) == len(lists[0]) for one in lists):
        return []
    if any(isinstance(cell, dict | list) for one in lists for cell in one):
        return []
    return [dict(zip(document, cells, strict=True)) for cells in zip(*lists, strict=True)]


def _known(record: Mapping[str, Any]) -> int:
    return sum(general().is_known(name) for name in record)


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Return what is inside when one object in a record says most, as search engines answer with `_source`."""
    inner = [(name, value) for name, value in record.items() if isinstance(value, dict) and len(value) > 1]
    if len(inner) != 1:
        return record
    name, value = inner[0]
    if _known(value) <= _known({other: cell for other, cell in record.items() if other != name}):
        return record
    return {**value, **{other: cell for other, cell in record.items() if other != name and other not in value}}


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without nesting: `publisher.name`; a list of objects gives a list for each of their names."""
    made: dict[str, Any] = {}
    for name, value in _leaves(record, "", 0):
        if name in made and isinstance(made[name], list):
            made[name] = [*made[name], *(value if isinstance(value, list) else [value])]
        elif len(made) < _MOST_NAMES:
            made[name] = value
    return made


def _leaves(record: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        path = f"{before}.{name}" if before else str(name)
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _leaves(value, path, depth + 1)
        elif (
            isinstance(value, list) and value and all(isinstance(one, dict) for one in value) and not _holds_items(name)
        ):
            yield from _of_list(value, path, depth)
        else:
            yield path, value


def _of_list(records: Sequence[dict[str, Any]], path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if all({"key", "value"} <= set(one) for one in records):
        yield from ((f"{path}.{one['key']}", one["value"]) for one in records)
        return
    if depth >= _DEEPEST:
        yield path, list(records)
        return
    gathered: dict[str, list[Any]] = {}
    for one in records:
        for name, value in _leaves(one, path, depth + 1):
            gathered.setdefault(name, []).extend(value if isinstance(value, list) else [value])
    yield from gathered.items()


def _holds_items(name: str) -> bool:
    return general().likeness(name, Field.ITEMS) > 0.8
