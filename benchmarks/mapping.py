"""How often the columns of a portal's catalogue are understood: each portal held back in its turn.

For every portal of the given folder with a mapping beside it, the proposal is compared with that mapping:

- *shipped*: the lexicon as it is, nothing learned.
- *held back*: names that only this layout uses are struck from the lexicon, and what people mapped in
  portals of *other* layouts is known (a layout is the set of column names; portals of one vendor share one).
- *values only*: the columns are called c1, c2 …, so that only the cells speak.
- *initials*, *pinyin*, *traditional*, *english*: the columns are renamed, as other programs would call them;
  the English names come from a list here, one of four for each portal in turn.

Usage: python benchmarks/mapping.py FOLDER [--json]
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opencc import OpenCC
from pypinyin import Style, lazy_pinyin

from hefu.rooms.catalog.importing.mapping import propose
from hefu.rooms.catalog.importing.names import Lexicon, bare, general
from hefu.rooms.catalog.importing.notions import Field, field_named
from hefu.rooms.catalog.importing.reading import read_table

#: How four imagined programs call what the mappings know, by the mappings' own names.
ENGLISH = {
    "title": ("title", "cataTitle", "resource_name", "DATASET_NM"),
    "description": ("notes", "cataDesc", "summary_text", "ABSTRACT"),
    "department": ("publisher.name", "orgName", "source_dept", "PROVIDE_UNIT"),
    "category": ("theme", "domainName", "subject_category", "CATE_NM"),
    "industry": ("industry", "industryName", "biz_sector", "TRADE_TYPE"),
    "is_open": ("accessLevel", "openType", "is_open", "OPEN_ATTR"),
    "update_frequency": ("accrualPeriodicity", "updateCycle", "refresh_freq", "UPD_PERIOD"),
    "data_formats": ("distribution.format", "fileFormats", "res_format", "FILE_TYPE"),
    "publish_time": ("issued", "publishTime", "created_at", "PUB_DT"),
    "update_time": ("modified", "lastUpdateTime", "updated_at", "UPD_DT"),
    "tags": ("keyword", "tagList", "key_words", "LABELS"),
    "telephone": ("contactPoint.hasTelephone", "contactPhone", "link_tel", "TEL_NO"),
    "email": ("contactPoint.hasEmail", "contactEmail", "e_mail", "MAILBOX"),
    "url": ("landingPage", "detailUrl", "page_link", "URL_ADDR"),
    "data_volume": ("rows", "dataCount", "record_num", "DATA_TOTAL"),
}


@dataclass(frozen=True)
class Portal:
    """A catalogue and the right meaning of its columns."""

    name: str
    columns: tuple[str, ...]
    samples: list[dict[str, Any]]
    #: Column → field, as its harvesters wrote it.
    right: dict[str, Field]


def portals(folder: Path) -> list[Portal]:
    """Return the portals of `folder` that have a file of the same name in `folder/mapping`."""
    made = []
    for answer in sorted((folder / "mapping").glob("*.json")):
        file = next((found for found in (folder / answer.name, folder / f"{answer.name}.gz") if found.exists()), None)
        if file is None:
            continue
        table = read_table(file.read_bytes(), file.name)
        told = {column: field_named(name) for column, name in json.loads(answer.read_text(encoding="utf-8")).items()}
        right = {column: field for column, field in told.items() if field is not None and column in table.columns}
        made.append(Portal(answer.stem, table.columns, table.samples(200), right))
    return made


def held_back(portal: Portal, others: list[Portal]) -> tuple[Lexicon, dict[str, Field]]:
    """Return a lexicon without the names that only the portal's layout uses, and what the other layouts teach."""
    foreign = [one for one in others if set(one.columns) != set(portal.columns)]
    elsewhere = {bare(column) for one in foreign for column in one.columns}
    own = {column for column in portal.right if bare(column) not in elsewhere}
    return Lexicon(without=own), {column: field for one in foreign for column, field in one.right.items()}


def _renamed(portal: Portal, place: int) -> dict[str, dict[str, str]]:
    """Return for each way of renaming: old column → new column."""
    traditional = OpenCC("s2tw")
    english = {column: ENGLISH[_portal_name(field)][place % 4] for column, field in portal.right.items()}
    ways: dict[str, Callable[[str], str]] = {
        "values only": lambda column: f"c{portal.columns.index(column) + 1}",
        "initials": lambda column: "".join(lazy_pinyin(column, style=Style.FIRST_LETTER)),
        "pinyin": lambda column: "".join(lazy_pinyin(column)),
        "traditional": traditional.convert,
        "english": lambda column: english.get(column, column),
    }
    return {way: _distinct({column: rename(column) for column in portal.columns}) for way, rename in ways.items()}


def _portal_name(field: Field) -> str:
    return next(name for name in ENGLISH if field_named(name) is field)


def _distinct(names: dict[str, str]) -> dict[str, str]:
    seen: dict[str, int] = defaultdict(int)
    made = {}
    for old, new in names.items():
        seen[new] += 1
        made[old] = new if seen[new] == 1 else f"{new}{seen[new]}"
    return made


def share(
    portal: Portal,
    *,
    lexicon: Lexicon,
    learned: Mapping[str, Field] | None = None,
    names: Mapping[str, str] | None = None,
    sureness: list[tuple[float, bool]] | None = None,
) -> tuple[int, list[str]]:
    """Return how many columns are understood rightly, and which not, as `column: proposed`."""
    new = names or {column: column for column in portal.columns}
    samples = [{new[column]: cell for column, cell in row.items()} for row in portal.samples]
    guesses = propose([new[column] for column in portal.columns], samples, lexicon=lexicon, learned=learned)
    wrong = []
    for column, field in portal.right.items():
        guess = guesses[new[column]]
        if guess.field is not field:
            wrong.append(f"{new[column]}: {guess.field.value if guess.field else None}")
        if sureness is not None and guess.field is not None:
            sureness.append((guess.confidence, guess.field is field))
    return len(portal.right) - len(wrong), wrong


def measure(found: list[Portal]) -> dict[str, Any]:
    """Return for each portal and way how many fields were right of how many, what was wrong, and calibration."""
    sureness: list[tuple[float, bool]] = []
    report: dict[str, Any] = {}
    for place, portal in enumerate(found):
        lexicon, learned = held_back(portal, found)
        ways = {"shipped": share(portal, lexicon=general(), sureness=sureness)}
        ways["held back"] = share(portal, lexicon=lexicon, learned=learned, sureness=sureness)
        for way, names in _renamed(portal, place).items():
            ways[way] = share(portal, lexicon=lexicon, learned=learned, names=names, sureness=sureness)
        report[portal.name] = {
            "fields": len(portal.right),
            "right": {way: count for way, (count, _wrong) in ways.items()},
            "wrong": {way: wrong for way, (_count, wrong) in ways.items() if wrong},
        }
    return {"portals": report, "calibration": _calibration(sureness)}


def _calibration(sureness: list[tuple[float, bool]]) -> list[dict[str, Any]]:
    bins = ((0.0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 0.98), (0.98, 1.01))
    made = []
    for low, high in bins:
        inside = [(sure, right) for sure, right in sureness if low <= sure < high]
        if inside:
            said = sum(sure for sure, _right in inside) / len(inside)
            came = sum(right for _sure, right in inside) / len(inside)
            made.append({"said": round(said, 3), "came": round(came, 3), "columns": len(inside)})
    return made


def main() -> None:
    """Print one line a portal, the whole, and how sure proposals were against how often they were right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON document, with what was wrong")
    arguments = parser.parse_args()
    began = time.perf_counter()
    found = portals(arguments.folder)
    if not found:
        sys.exit("no portal with a mapping in that folder")
    report = measure(found)
    report["seconds"] = round(time.perf_counter() - began, 2)
    report["load"] = round(os.getloadavg()[0], 2)
    if arguments.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    ways = list(next(iter(report["portals"].values()))["right"])
    print(f"{'portal':<22}{'fields':>7}" + "".join(f"{way:>13}" for way in ways))
    for name, one in report["portals"].items():
        print(f"{name:<22}{one['fields']:>7}" + "".join(f"{one['right'][way] / one['fields']:>13.0%}" for way in ways))
    total = sum(one["fields"] for one in report["portals"].values())
    sums = [sum(one["right"][way] for one in report["portals"].values()) for way in ways]
    print(f"{'all':<22}{total:>7}" + "".join(f"{count / total:>13.1%}" for count in sums))
    print("\nconfidence said → share right (columns)")
    for line in report["calibration"]:
        print(f"  {line['said']:.2f} → {line['came']:.2f} ({line['columns']})")
    print(f"\n{report['seconds']} s, load {report['load']}")


if __name__ == "__main__":
    main()
