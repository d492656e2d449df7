"""The same grant gives the same rows from every source, by every lane, into every channel."""

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import python_calamine

from hefu.dataplane.connectors.folder import CAPABILITIES as FOLDER
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres import CAPABILITIES as POSTGRES
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.run import ListSink, Options, Outcome
from hefu.dataplane.ticket import Channel, ResourceKind, ResourceRef, Ticket
from tests.conftest import Database
from tests.connectors.place import Place, a_place, expected

COUNT = 1200
SOURCES = ["table", "table, checks in the source", "table in small parts", "view", "partitions", "folder", "gb18030"]


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


def prepared(place: Place, kind: str, folder: Path) -> tuple[PostgresSource | FolderSource, Ticket, Options]:
    """Make the source of one kind; return it with its ticket."""
    options = Options(
        checks="source" if "in the source" in kind else "here", chunk_pages=3 if "small parts" in kind else None
    )
    if kind in ("folder", "gb18030"):
        source = place.folder(folder, COUNT, "gb18030" if kind == "gb18030" else "utf-8")
        return (
            source,
            place.ticket(
                resource=ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.csv"),
            ),
            options,
        )
    place.fill(COUNT)
    table = "people"
    if kind == "view":
        place.provider.run("create view seen as select * from people")
        table = "seen"
    elif kind == "partitions":
        place.provider.run("create table parted (like people) partition by list (division)")
        place.provider.run("create table parted_1 partition of parted for values in ('511702')")
        place.provider.run("create table parted_2 partition of parted default")
        place.provider.run("insert into parted select * from people")
        table = "parted"
    return place.source, place.ticket(resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", table)), options


def read_file(path: Path, file_format: FileFormat) -> list[tuple[object, ...]]:
    """Return a file's rows as plain values, in one order."""
    if file_format is FileFormat.PARQUET:
        rows: list[Any] = [tuple(row.values()) for row in pyarrow.parquet.read_table(path).to_pylist()]
    elif file_format is FileFormat.JSONL:
        rows = [tuple(json.loads(line).values()) for line in path.read_text(encoding="utf-8").splitlines()]
    elif file_format is FileFormat.CSV:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [tuple(cell or None for cell in row) for row in csv.reader(file)][1:]
    else:
        sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        rows = [tuple(None if cell == "" else cell for cell in row) for row in sheet.to_python()][1:]
    return sorted((tuple(_plain(cell) for cell in row) for row in rows), key=repr)


def _plain(cell: object) -> object:
    return (
        f"{Decimal(str(cell)):.2f}" if isinstance(cell, float | int | Decimal) else None if cell is None else str(cell)
    )


def plain(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return sorted((tuple(_plain(cell) for cell in row) for row in rows), key=repr)


def sane(outcome: Outcome, sink: ListSink) -> None:
    """What must hold of every outcome."""
    assert outcome.rows_read == outcome.rows_written + outcome.rows_rejected
    assert outcome.digest_source == outcome.digest_target
    assert outcome.rows_rejected == len(sink.rows)
    for reason, rows in outcome.rejected.items():
        assert rows == sum(reason in rejected.reasons for rejected in sink.rows)


@pytest.mark.parametrize("kind", SOURCES)
def test_a_table_receives_what_is_granted_and_right(place: Place, kind: str, tmp_path: Path) -> None:
    source, ticket, options = prepared(place, kind, tmp_path)
    sink = ListSink()
    outcome = place.deliver(source=source, ticket=ticket, rejects=sink, options=options)
    sane(outcome, sink)
    assert plain(place.rows()) == plain(expected(COUNT))
    # Rejected rows keep the provider's own values, and rows outside the grant are nowhere.
    assert {rejected.values["division"] for rejected in sink.rows} <= {"511702", "511703", "511799"}
    assert any(str(rejected.values["phone"]).startswith("１39") for rejected in sink.rows)
    assert all("secret" not in rejected.values for rejected in sink.rows)


@pytest.mark.parametrize("kind", ["table", "view", "folder"])
def test_without_checks_every_granted_row_arrives(place: Place, kind: str, tmp_path: Path) -> None:
    source, ticket, options = prepared(place, kind, tmp_path)
    outcome = place.deliver(source=source, ticket=replace(ticket, checks=()), options=options)
    assert (outcome.lane, outcome.rows_rejected) == ("governed" if kind == "folder" else "passthrough", 0)
    assert plain(place.rows()) == plain(expected(COUNT, checked=False))


@pytest.mark.parametrize("file_format", list(FileFormat))
@pytest.mark.parametrize("kind", ["table", "table in small parts", "view", "folder"])
def test_a_file_holds_what_the_table_would(place: Place, kind: str, file_format: FileFormat, tmp_path: Path) -> None:
    source, ticket, options = prepared(place, kind, tmp_path)
    sink = ListSink()
    target = FileTarget(tmp_path / f"people.{file_format.value}", file_format)
    in_table = place.deliver("D-0", source=source, ticket=ticket, options=options)
    outcome = place.deliver(
        source=source, ticket=replace(ticket, channel=Channel.FILE), target=target, rejects=sink, options=options
    )
    sane(outcome, sink)
    assert (outcome.digest_target, outcome.rows_written) == (in_table.digest_target, in_table.rows_written)
    found = read_file(target.path, file_format)
    if file_format is FileFormat.CSV:
        found = [tuple(str(cell)[1:] if str(cell).startswith("'=") else cell for cell in row) for row in found]
    assert found == plain(expected(COUNT))
    assert outcome.bytes == target.path.stat().st_size
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_capabilities_say_what_the_connectors_do() -> None:
    assert (POSTGRES.reads, POSTGRES.writes, POSTGRES.resumes) == (True, True, True)
    assert (FOLDER.reads, FOLDER.writes, FOLDER.resumes) == (True, False, True)
