"""Write errors.md, evidence.md, settings.md and connectors.md of docs/reference from the code, or check them.

python tools/reference.py            write them
python tools/reference.py --check    exit 1 when one is stale or a public code has vanished
"""

import argparse
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
REFERENCE = ROOT / "docs" / "reference"
sys.path.insert(0, str(SOURCE))

from hefu.dataplane.connectors.dameng.dialect import NOT_CARRIED as NOT_OF_DAMENG  # noqa: E402
from hefu.dataplane.connectors.dameng.dialect import TONGUE as DAMENG  # noqa: E402
from hefu.dataplane.connectors.mysql.types import LINES, NOT_CARRIED, NativeColumn, made_type  # noqa: E402
from hefu.dataplane.connectors.oracle.dialect import NOT_CARRIED as NOT_OF_ORACLE  # noqa: E402
from hefu.dataplane.connectors.oracle.dialect import TONGUE as ORACLE  # noqa: E402
from hefu.dataplane.connectors.oracle.tongue import Native, Tongue  # noqa: E402
from hefu.dataplane.sides import CAPABILITIES  # noqa: E402
from hefu.dataplane.types import parse  # noqa: E402
from hefu.kernel.refusal import Refusal  # noqa: E402 - the path comes first
from hefu.node.config import ENVIRONMENT_ALONE, settings  # noqa: E402
from hefu.rooms.evidence.terms import Kind  # noqa: E402

_CODE = re.compile(r"^\| `([a-z0-9_.]+)` \|", re.MULTILINE)


def refusals() -> list[type[Refusal]]:
    """Return every class of refusal, by code."""
    for module in (*_modules("errors"), *_modules("refusal"), *_modules("receipt")):
        importlib.import_module(module)
    return sorted(_below(Refusal), key=lambda found: found.code)


def kinds() -> list[Kind]:
    """Return every declared kind of evidence, by code."""
    found: dict[str, Kind] = {}
    for module in _modules("terms"):
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, Kind):
                found[value.code] = value
    return [found[code] for code in sorted(found)]


def errors_page() -> str:
    """Return the page of refusals."""
    rows = [
        f"| `{found.code}` | {found.status} | {_first_line(found)} | {_cell(found.text)} |"
        for found in refusals()
        if found.text
    ]
    return (
        '# Refusals\n\nEvery "no" that a rule says, by its public code. Codes are never renamed. Written by '
        "`tools/reference.py`.\n\n| code | HTTP | when | sentence |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def evidence_page() -> str:
    """Return the page of evidence kinds."""
    rows = [
        f"| `{kind.code}` | {kind.version} | {_cell(kind.meaning)} | {', '.join(f'`{name}`' for name in kind.fields)} |"
        for kind in kinds()
    ]
    return (
        "# Kinds of evidence\n\nWhat the log records. Fields are only appended, under a new version. Written by "
        "`tools/reference.py`.\n\n| kind | version | meaning | fields of the body |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def settings_page() -> str:
    """Return the page of settings."""
    rows = []
    for _field, facts, default in settings():
        name = facts["name"]
        key = "" if name in ENVIRONMENT_ALONE else f"`{name.removeprefix('HEFU_').lower()}`"
        rows.append(f"| `{name}` | {key} | {_cell(facts['meaning'])} | {_cell(facts['shown'] or f'`{default}`')} |")
    return (
        "# Settings\n\nA node reads them from the environment, else from `config.toml` in its home. An empty value "
        "counts as not set; a value that cannot be used stops the start and says why. Written by "
        "`tools/reference.py`.\n\n"
        "`HEFU_HOME` names the home: the folder that holds everything a node keeps on its machine. Without it, it is "
        "`hefu-home` below the folder in which the command is typed. `HEFU_LANG` (`zh` or `en`) chooses the language "
        "of the command line; without it the shell's own language does.\n\n"
        "| environment | config.toml | meaning | default |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def connectors_page() -> str:
    """Return the page of connectors: what each declares, and which type of theirs becomes which."""
    told = [
        f"| `{one.name}` | {_yes(one.reads)} | {_yes(one.writes)} | {_yes(one.pushes_down)} | {_yes(one.snapshot)} | "
        f"{_yes(one.resumes)} | {_cell(one.splits or 'no')} | {_cell(one.publishes or '–')} | {_cell(one.tested)} |"
        for one in CAPABILITIES
    ]
    types = []
    for native, line in LINES.items():
        plain = line.becomes(NativeColumn(native, native, 40, 10, 0))
        unsigned = line.becomes(NativeColumn(native, f"{native} unsigned", 40, 10, 0))
        becomes = f"{plain}, unsigned {unsigned}" if plain != unsigned else str(plain)
        becomes = becomes.replace("(40)", "(n)").replace("(10,0)", "(p,s)")
        types.append(f"| `{native}` | `{becomes}` | {_cell(line.note)} |")
    made = [f"| `{name}` | `{made_type(parse(name)).partition(' character set')[0]}` |" for name in _MADE]
    return _CONNECTORS.format(
        told="\n".join(told),
        types="\n".join(types),
        made="\n".join(made),
        strange=", ".join(f"`{n}`" for n in NOT_CARRIED),
        oracle=_catalogue_types(ORACLE, NOT_OF_ORACLE),
        dameng=_catalogue_types(DAMENG, NOT_OF_DAMENG),
    )


def _catalogue_types(tongue: Tongue, strange: tuple[str, ...]) -> str:
    rows = []
    for native, line in tongue.lines.items():
        becomes = str(line.becomes(Native(native, 40, 20, 4))).replace("(40)", "(n)").replace("(20,4)", "(p,s)")
        rows.append(f"| `{native}` | `{becomes}` | {_cell(line.note)} |")
    names = ", ".join(f"`{name}`" for name in strange)
    return "\n".join(
        [
            "| there | here | mind |",
            "|---|---|---|",
            *rows,
            "",
            f"Not carried: {names}, and whatever is not in the table.",
        ]
    )


_CONNECTORS = """# Connectors

What each connector declares of itself; the shared suite (`tests/connectors/test_suite.py`) asks it of all
alike. Written by `tools/reference.py`.

| connector | read | written | masks and filter run in it | one moment | goes on | in parts side by side \
| rows become the consumer's | run on |
|---|---|---|---|---|---|---|---|---|
{told}

A source in which masks and filter do not run is read once, from beginning to end, into a file of the run's own;
masks, checks and the filter run there, in the same meaning as in PostgreSQL. When a stopped run is started
again, such a source is read again, and the parts that had arrived are not sent again as long as its rows are
the same. Where a source is read in parts side by side, each part goes through such a file of its own, is committed
with its position before the next one is asked for, and is never read again by a run that goes on.

## Ranges of a key in MySQL and MariaDB

A whole table that goes into a consumer's table is read in ranges of its primary key, or of a unique key without empty
values; one whole-number column is taken before any other. A range has at most 100,000 rows and about 16 MiB. Its
borders are values that the server walked to in its own index, and the server alone compares with them: in the
column's own collation, signed or unsigned, whatever gaps there are. A key may have several columns and be of whole
numbers, `decimal`, `char`, `varchar`, `binary`, `varbinary`, `date`, `datetime` and `timestamp`. The first and the last
range have open ends, so that rows which come before the first or after the last one belong to one as well.

**One moment.** `START TRANSACTION WITH CONSISTENT SNAPSHOT` gives each connection a moment of its own. So the
connections of a run (two, and one more while they begin) take theirs while the table is locked against writing by
`LOCK TABLES … READ`, which lasts some milliseconds. The run waits for such a lock for one second at most, and
whoever wants to write waits behind it that long. Where the account has no right to lock (`LOCK TABLES`), where
somebody has been writing for longer, in a Galera cluster, and in TiDB and OceanBase, which do not hold off writers by
this, one connection reads all ranges in its own moment: slower, and as right. Give the account the right, or leave
it out, as you like it.

**Going on.** A run that is started again takes a new moment. For each range that is in, the server sums up a digest of
the rows that the grant needs, and none of them is carried; when all are what they were, the run goes on with the
rest, and everything delivered is the table of the new moment. When a row of a range that is in was changed or
deleted, or one came into it, all is read anew, and the outcome says so. Rows that come past the end, as with numbers
that count up, change no range that is in. What the run keeps for this beside the consumer's rows, borders and digests,
is sealed with a secret of the node: a border is a value of a row that the grant may hide.

**As a whole.** These are read from beginning to end as before, and the outcome says why (`whole`): tables without such
a key, with one of another type (`double`, `enum`, …) or with days in it that are none, views, tables that are not of
InnoDB, and grants that ask for values to be unique which the table does not keep unique itself, for that is
asked of all rows together. New rows alone, files and joins are read as a whole, too.

## Types of MySQL and MariaDB

| there | here | mind |
|---|---|---|
{types}

Not carried, and refused when a grant names them: {strange}, and whatever is not in the table.

## Types of Oracle

{oracle}

Whole numbers of a stated precision up to 18 digits become the smallest of `smallint`, `integer` and `bigint` that holds
them. Oracle keeps no empty text: it is NULL.

## Types of Dameng

{dameng}

Both are read alone. No server of either was at hand: their SQL, their type tables and what becomes of fetched cells
are tested, and the reading is run over another database that answers the same catalogue queries. The drivers
(`oracledb`, `dmPython`) are installed by the operator; without them the refusal says so. Of the drivers themselves
(26.1.0 and 2.6.1) only how they fail was seen: at ports that are closed or hang up, and Oracle's at a listener that
sends it elsewhere. Connections are not encrypted, so a source that asks for it is refused. Oracle's driver is kept to
the address that was allowed even when a listener sends it elsewhere; Dameng's driver is native code and cannot be
watched so.

## Types in a table that a delivery makes in MySQL

| here | there |
|---|---|
{made}

Instants are kept as the time in UTC, for `timestamp` ends in the year 2038. What MySQL has no type for arrives
as its text. Infinity, not-a-number and days before the year 1 are refused. Texts compare by their bytes
(`utf8mb4_bin`).
"""


#: Types that the last table shows.
_MADE = ("smallint", "integer", "bigint", "numeric(20,4)", "numeric", "real", "double precision", "boolean", "date",
         "timestamp without time zone", "timestamp with time zone", "character varying(40)", "character varying(4000)",
         "text", "bytea", "uuid", "json", "interval", "integer[]")  # fmt: skip


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def main() -> int:
    """Write or check; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is stale")
    asked = parser.parse_args()
    stale = []
    pages = (
        ("errors.md", errors_page()),
        ("evidence.md", evidence_page()),
        ("settings.md", settings_page()),
        ("connectors.md", connectors_page()),
    )
    for name, page in pages:
        path = REFERENCE / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        vanished = set(_CODE.findall(before)) - set(_CODE.findall(page))
        if not asked.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page, encoding="utf-8")
        elif before != page:
            gone = f" (public codes vanished: {', '.join(sorted(vanished))})" if vanished else ""
            stale.append(f"docs/reference/{name} is stale{gone}; run: python tools/reference.py")
    for line in stale:
        print(line)
    return 1 if stale else 0


def _modules(name: str) -> Iterator[str]:
    for pattern in (f"{name}.py", f"{name}/*.py"):
        for path in sorted((SOURCE / "hefu").rglob(pattern)):
            yield ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def _below(parent: type[Refusal]) -> set[type[Refusal]]:
    found = set(parent.__subclasses__())
    return found.union(*(_below(child) for child in found))


def _first_line(found: type[Refusal]) -> str:
    return _cell((found.__doc__ or "").strip().splitlines()[0])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())
