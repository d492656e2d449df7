"""The node's lake: whole snapshots, merges by key, history, and runs that are repeated."""

import contextlib
import csv
import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import deltalake
import pyarrow.parquet
import pytest

from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.errors import AlreadyRunning, HoldingDiffers, NoSuchVersion, NotReconciled, SourceWentEmpty, Stopped
from hefu.dataplane.lake import assembling, folding
from hefu.dataplane.lake.assembling import LibraryField, Wins
from hefu.dataplane.lake.collecting import Order, collect, everything
from hefu.dataplane.lake.table import LakeTable, Taking, Version
from hefu.dataplane.outcome import ListSink
from hefu.dataplane.run import Progress
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef
from hefu.kernel.clock import FixedClock, SystemClock

DAY_0 = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = {"编号": "text", "name": "text", "born": "date", "面积 (㎡)": "numeric(12,2)"}


class Place:
    """A folder of one file, and the holding that it is collected into."""

    def __init__(self, path: Path) -> None:
        self.folder, self.table = path, LakeTable(path / "湖 1")
        self.rejects = ListSink()

    def write(self, rows: Iterable[list[str]], columns: dict[str, str] = COLUMNS) -> None:
        self.columns = columns
        with (self.folder / "people.csv").open("w", encoding="utf-8") as file:
            csv.writer(file).writerows([list(columns), *rows])

    def collect(
        self,
        serial: int,
        taking: Taking = Taking.SNAPSHOT,
        *,
        empty: bool = False,
        watcher: "Quick | None" = None,
        key: tuple[str, ...] = ("编号",),
    ) -> Version:
        items = tuple(Item(name, name, of) for name, of in self.columns.items())
        resource = ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.csv")
        ticket = everything(f"C{serial}", "entry", resource, items, key, ())
        return collect(
            order=Order(f"C{serial}", serial, ticket, taking, empty),
            source=FolderSource(self.folder),
            table=self.table,
            rejects=self.rejects,
            clock=FixedClock(DAY_0 + timedelta(days=serial)),
            watcher=watcher,
        )


class Quick:
    """Stops a run once it is in a phase."""

    def __init__(self, phase: str) -> None:
        self.phase, self.seen = phase, False

    def progress(self, now: Progress) -> None:
        self.seen = self.seen or now.phase == self.phase

    def stop_requested(self) -> str | None:
        return "stopped" if self.seen else None


def people(count: int, changed: frozenset[int] = frozenset()) -> list[list[str]]:
    return [
        [f"{n:05d}", f"人{n}{'改' if n in changed else ''}", "1990-02-03" if n % 3 else "", f"{n}.25"]
        for n in range(count)
    ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def counts(version: Version) -> tuple[int, int | None, int | None, int | None]:
    return version.rows, version.inserted, version.updated, version.removed


def test_a_snapshot_becomes_what_the_source_is_and_every_day_before_can_be_read(place: Place) -> None:
    place.write(people(200))
    assert counts(place.collect(1)) == (200, 200, 0, 0)
    place.write(people(190, changed=frozenset({3, 4})))
    second = place.collect(2)
    assert counts(second) == (190, 0, 2, 10)
    assert second.digest == second.outcome["digest_source"]
    assert place.table.at(DAY_0 + timedelta(days=1, hours=5)).rows == 200
    with pytest.raises(NoSuchVersion):
        place.table.at(DAY_0)
    assert counts(place.collect(3)) == (190, 0, 0, 0)
    assert place.table.parts(second) == place.table.parts(place.table.version(3))


def test_a_merge_keeps_what_the_source_no_longer_has_and_rejects_rows_whose_key_is_not_their_own(place: Place) -> None:
    place.write(people(100))
    place.collect(1, Taking.MERGE)
    place.write([*people(20, changed=frozenset({7})), ["x1", "新", "", "1"], ["x2", "a", "", ""], ["x2", "b", "", ""]])
    assert counts(place.collect(2, Taking.MERGE)) == (101, 1, 1, 0)
    assert [row.reasons for row in place.rejects.rows] == [("unique_key(编号)",)] * 2


def test_only_files_in_which_something_changed_are_written_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "FILE_ROWS", 50)
    monkeypatch.setattr(folding, "SMALL", 1)
    monkeypatch.setattr(folding, "_BATCH", 50)
    place.write(people(200))
    place.collect(1)
    place.write(people(200, changed=frozenset({1})))
    before = {part.path for part in place.table.parts(place.collect(2))}
    place.write(people(200, changed=frozenset({1, 2})))
    after = {part.path for part in place.table.parts(place.collect(3))}
    assert (len(before), len(after), len(before & after)) == (4, 4, 3)


def test_a_run_that_committed_is_not_done_again_and_one_that_was_stopped_leaves_nothing(place: Place) -> None:
    place.write(people(50))
    first = place.collect(1)
    place.write(people(80))
    assert place.collect(1) == first
    with pytest.raises(Stopped):
        place.collect(2, watcher=Quick("publish"))
    assert place.table.latest() == first
    assert sorted(path.name for path in place.table.path.glob("*.parquet")) == [
        part.path.name for part in place.table.parts(first)
    ]
    assert counts(place.collect(2)) == (80, 30, 0, 0)


@pytest.mark.parametrize("late", ["begin", "latest"])
@pytest.mark.parametrize(("first", "faster"), [(1, 2), (1, 3), (0, 2)])
def test_a_run_that_was_overtaken_commits_nothing_though_it_had_counted_all(
    place: Place, monkeypatch: pytest.MonkeyPatch, first: int, faster: int, late: str
) -> None:
    counted = getattr(LakeTable, late)

    def overtaken(table: LakeTable, *given: object) -> object:
        monkeypatch.setattr(LakeTable, late, counted)
        place.collect(faster)
        return counted(table, *given)

    if first:
        place.write(people(10))
        place.collect(first)
    place.write(people(12))
    monkeypatch.setattr(LakeTable, late, overtaken)
    with pytest.raises(AlreadyRunning):
        place.collect(2)
    stands = place.table.newest()
    assert (stands.serial, stands.rows) == (faster, 12)
    assert sum(part.rows for part in place.table.parts(stands)) == 12
    assert len(list(place.table.path.glob("*.parquet"))) == 1 + bool(first)


def test_a_source_that_went_empty_replaces_nothing_until_somebody_says_it_is_true(place: Place) -> None:
    place.write(people(50))
    place.collect(1)
    place.write([])
    with pytest.raises(SourceWentEmpty, match="50"):
        place.collect(2)
    assert counts(place.collect(2, empty=True)) == (0, 0, 0, 50)
    place.write(people(5))
    assert counts(place.collect(3, Taking.MERGE)) == (5, 5, 0, 0)


def test_other_columns_are_a_new_whole_and_never_merged(place: Place) -> None:
    place.write(people(50))
    place.collect(1)
    place.write([["00001", "甲"]], columns={"编号": "text", "name": "text"})
    with pytest.raises(HoldingDiffers):
        place.collect(2, Taking.MERGE)
    assert counts(place.collect(2)) == (1, None, None, None)
    assert len(place.table.version(1).columns) == 4


def test_a_damaged_file_of_the_holding_is_found_before_anything_is_committed(place: Place) -> None:
    place.write(people(50))
    first = place.collect(1)
    place.write(people(49))
    place.collect(2)
    held = place.table.parts(place.table.version(2))[0].path
    held.write_bytes(place.table.parts(first)[0].path.read_bytes())
    place.write([*people(49), ["y", "y", "", ""]])
    with pytest.raises(NotReconciled):
        place.collect(3)


def test_versions_older_than_wanted_go_and_no_younger_one_though_the_log_was_drawn_together(place: Place) -> None:
    for serial, count in enumerate((50, 51, 52, 53), start=1):
        place.write(people(count))
        place.collect(serial)
    # A month later, in a table whose checkpoint no longer says when which file was replaced.
    now = SystemClock().now()
    past = (now - timedelta(days=30)).timestamp()
    for part in place.table.path.glob("*.parquet"):
        os.utime(part, (past, past))
    deltalake.DeltaTable(place.table.path).create_checkpoint()
    left, begun = (place.table.path / name for name in ("C9-0123abcd.parquet", "C9-4567abcd.parquet"))
    left.write_bytes(b"left by a killed run")
    os.utime(left, (past, past))
    begun.write_bytes(b"being written")
    held = place.table.bytes()
    dropped = place.table.drop_old(DAY_0 + timedelta(days=2, hours=12), now - timedelta(days=1))
    assert (dropped.files, left.exists(), begun.exists()) == (2, False, True)
    assert [place.table.readable(version) for version in place.table.versions()] == [True, True, True, False]
    assert dropped.bytes_kept == held - dropped.bytes == place.table.bytes()
    assert place.table.drop_old(DAY_0 + timedelta(days=90), now + timedelta(days=1)).files == 3
    assert [place.table.readable(version) for version in place.table.versions()] == [True, False, False, False]


def test_a_library_takes_each_field_from_the_source_that_wins_and_tells_where_sources_differ(tmp_path: Path) -> None:
    columns = {"id": "text", "name": "text", "phone": "text", "changed": "text"}

    def held(name: str, rows: list[list[str]]) -> assembling.Part:
        (tmp_path / name).mkdir()
        place = Place(tmp_path / name)
        place.write(rows, columns)
        return assembling.Part(name, place.table, place.collect(1, key=("id",)), "id", "changed")

    police = held("H1", [["1", "张三", "", "2026-02-01 08:00"], ["2", "李四", "138", "2026-02-01 08:00"]])
    # The same morning: without a zone it is China's, two hours before the other.
    social = held("H2", [["1", "张叁", "139", "2026-02-01T02:00:00Z"], ["3", "王五", "137", "2026-01-01"]])
    both = ("H1", "H2")
    fields = [
        LibraryField("name", Wins.FIRST, tuple((one, "name") for one in both)),
        LibraryField("latest", Wins.NEWEST, tuple((one, "name") for one in both)),
        LibraryField("phone", Wins.FILLED, tuple((one, "phone") for one in both)),
        LibraryField("own", Wins.FIRST, tuple((one, "phone") for one in both)),
    ]
    told: list[assembling.Conflict] = []
    with contextlib.closing(assembling.Assembly("id", [police, social], fields, tmp_path)) as assembly:
        assert assembly.write(tmp_path / "out.parquet") == 3
        assert assembly.conflicts(1, told.extend) == {"name": 1, "latest": 1}
    rows = {row["id"]: row for row in pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()}
    assert (rows["1"]["name"], rows["1"]["name (from)"], rows["1"]["latest"]) == ("张三", "H1", "张叁")
    assert (rows["1"]["phone"], rows["1"]["phone (from)"], rows["1"]["own"]) == ("139", "H2", None)
    assert (rows["3"]["name"], rows["2"]["phone"]) == ("王五", "138")
    assert told == [assembling.Conflict("1", "name", (("H1", "张三"), ("H2", "张叁")))]
    doubled = replace(social, subject="changed")
    with pytest.raises(HoldingDiffers, match="several rows of one subject"):
        assembling.Assembly("id", [replace(police, subject="changed"), doubled], fields, tmp_path / "H1")
