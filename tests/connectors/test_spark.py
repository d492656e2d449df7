"""A Parquet file delivered by Spark gives the rows, counts and rejects that it gives without, and PostgreSQL too."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.formats import FileFormat, FileTarget
from hefu.dataplane.masks import Code, Cover, DateShift, FormatPreserving, Hash, Translate
from hefu.dataplane.run import ListSink, Options, Progress
from hefu.dataplane.ticket import Channel, Item, ResourceKind, ResourceRef
from tests.conftest import Database
from tests.connectors.place import ITEMS, Place, a_place, person
from tests.connectors.spark import a_server

COUNT = 700
SALTS = {"s": "盐 ${env:HOME} 'x' \\"}
REF = ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.parquet")
MASKED = (
    Item("id", "id", mask=FormatPreserving("s", "citizen_id")),
    Item("name", '名 `x` "y"', mask=Cover(first=1)),
    Item("birth", "born", "date", DateShift("s", "id", 90)),
    Item("division", "division", mask=Translate((Code("511702", "甲"), Code("511703", "乙")), "keep")),
    Item("phone", "phone", mask=Hash("s", 16)),
    Item("income", "income", "numeric(12,2)"),
)


@pytest.fixture(scope="module")
def spark() -> Iterator[str]:
    with a_server() as address:
        yield address


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


def a_file(folder: Path, **more: pa.Array) -> FolderSource:
    people = [(*row[:5], row[5] and Decimal(row[5]), row[6]) for row in map(person, range(COUNT))]
    columns = zip(*people, strict=True)
    names = ["id", "name", "birth", "division", "phone", "income", "secret"]
    kinds = [pa.string(), pa.string(), pa.date32(), pa.string(), pa.string(), pa.decimal128(12, 2), pa.string()]
    arrays = {name: pa.array(c, k) for name, c, k in zip(names, columns, kinds, strict=True)}
    pyarrow.parquet.write_table(pa.table(arrays | more), folder / "people.parquet")
    return FolderSource(folder)


def test_three_engines_give_the_same_rows_counts_and_rejects(place: Place, spark: str, tmp_path: Path) -> None:
    place.fill(COUNT)
    source = a_file(tmp_path)
    found = []
    ticket = place.ticket(items=MASKED, resource=REF)
    ways = [
        (place.source, replace(ticket, resource=place.ticket().resource), Options()),
        (source, ticket, Options()),
        (source, ticket, Options(spark=spark)),
    ]
    for number, (side, granted, options) in enumerate(ways):
        sink, target = ListSink(), place.target(f"arrived_{number}")
        outcome = place.deliver(
            f"D-{number}", source=side, ticket=granted, target=target, rejects=sink, salts=SALTS, options=options
        )
        assert outcome.rows_read == outcome.rows_written + outcome.rows_rejected
        rejected = {reason: rows for reason, rows in outcome.rejected.items() if not reason.startswith("typed(")}
        kept = sorted((tuple(sorted(row.reasons)), sorted(row.values.items())) for row in sink.rows)
        counts = (outcome.rows_read, outcome.rows_written, outcome.digest_source, outcome.digest_target)
        found.append((place.rows(f"arrived_{number}"), rejected, kept, counts))
    assert found[0] == found[1] == found[2]
    assert found[2][3][0] > found[2][3][1] > 300


def test_a_file_for_the_consumer_is_written_from_spark(place: Place, spark: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    source = a_file(tmp_path / "in")
    ticket = place.ticket(resource=REF, channel=Channel.FILE, target=None, checks=())
    target = FileTarget(tmp_path / "out.parquet", FileFormat.PARQUET)
    outcome = place.deliver(source=source, ticket=ticket, target=target, options=Options(spark=spark))
    assert pyarrow.parquet.read_table(tmp_path / "out.parquet").num_rows == outcome.rows_written > 300


def test_a_column_that_spark_would_write_otherwise_is_refused_and_an_unused_one_is_not(
    place: Place, spark: str, tmp_path: Path
) -> None:
    source = a_file(tmp_path, ratio=pa.array([0.5] * COUNT))
    ticket = place.ticket(resource=REF, items=(*ITEMS, Item("ratio", "ratio")), checks=())
    with pytest.raises(PlanRefused, match=r"'ratio'.*written otherwise in Spark"):
        place.deliver(source=source, ticket=ticket, options=Options(spark=spark))
    assert place.deliver(source=source, ticket=replace(ticket, items=ITEMS), options=Options(spark=spark)).rows_written


class Swap:
    """Writes the file anew once rows move."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.done = folder, False

    def progress(self, now: Progress) -> None:
        if not self.done:
            self.done = True
            a_file(self.folder, more=pa.array([datetime(2026, 1, 1)] * COUNT))  # noqa: DTZ001

    def stop_requested(self) -> None:
        return None


def test_a_file_that_changes_while_it_is_read_ends_the_run(place: Place, spark: str, tmp_path: Path) -> None:
    source = a_file(tmp_path)
    with pytest.raises(SideRefused, match="changed while it was read"):
        place.deliver(
            source=source,
            ticket=place.ticket(resource=REF, checks=()),
            watcher=Swap(tmp_path),
            options=Options(spark=spark),
        )
    assert place.consumer.run("select to_regclass('public.arrived') is null") == [(True,)]
