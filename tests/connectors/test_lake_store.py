"""A lake on a real S3-compatible store: what a folder promises, with writers elsewhere and a line that breaks."""

import contextlib
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import deltalake
import pytest
from deltalake.exceptions import CommitFailedError

from hefu.cli import doctor
from hefu.dataplane.connectors.s3.connection import S3Connection, S3Session
from hefu.dataplane.errors import AlreadyRunning, LakeLost, LakeRefused, NoSuchVersion
from hefu.dataplane.lake import reading, shelves, tries
from hefu.dataplane.lake import table as lake_table
from hefu.dataplane.lake.assembling import Assembly, LibraryField, Part, Wins
from hefu.dataplane.lake.source import LakeSource, LakeView
from hefu.dataplane.lake.table import LakeTable, Taking, Version
from hefu.kernel.clock import SystemClock
from hefu.node.config import load
from hefu.node.doctor import Health
from tests.s3 import Store
from tests.unit.test_dataplane_lake import DAY_0, Place, counts, people


@pytest.fixture
def place(tmp_path: Path, store: Store) -> Place:
    found = Place(tmp_path)
    found.table = LakeTable(tmp_path / "copies" / "0190", replace(store.connection, folder="/lake/0190"))
    return found


def elsewhere(place: Place) -> Place:
    """Return the same holding as another machine has it: without copies."""
    there = Place(place.folder)
    there.columns = place.columns
    there.table = LakeTable(place.folder / "other" / "0190", place.table.store)
    return there


def names(place: Place) -> set[str]:
    """Return the data files that lie in the store."""
    return set(place.table.lying())


def test_a_holding_in_a_store_is_merged_looked_back_at_delivered_and_assembled_from(place: Place) -> None:
    place.write(people(200))
    assert counts(place.collect(1)) == (200, 200, 0, 0)
    other = elsewhere(place)
    other.write([*people(10, changed=frozenset({7})), ["x1", "新", "", "1"]])
    second = other.collect(2, Taking.MERGE)
    assert counts(second) == (201, 1, 1, 0)
    shutil.rmtree(place.table.path)
    first = place.table.at(DAY_0 + timedelta(days=1, hours=3))
    assert reading.look(place.table, first, equal={"编号": "00007"}).rows[0][1] == "人7"
    with contextlib.closing(LakeView(LakeSource(place.table, second))) as view:
        assert view.ask(f"select count(*), max(编号) from {view.relation}") == [(201, "x1")]
    held = Part("H", place.table, second, "编号")
    fields = [LibraryField("name", Wins.FIRST, (("H", "name"),))]
    with contextlib.closing(Assembly("id", [held], fields, place.folder)) as assembly:
        assert assembly.write(place.folder / "library.parquet") == 201
    assert place.table.store is not None
    assert place.table.store.password not in repr(place.table) + repr(place.table.shelf)
    with pytest.raises(LakeRefused, match="secret key is not right"):
        replace(place.table, store=replace(place.table.store, password="x")).newest()


def test_of_two_writers_at_once_one_commits_and_the_other_brings_its_rows_in_the_next_try(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest, looks = LakeTable.latest, iter([False, True])

    def overtaken(table: LakeTable) -> Version | None:
        """Let another commit after the last look that comes before the commit."""
        found = latest(table)
        if next(looks):
            monkeypatch.setattr(LakeTable, "latest", latest)
            elsewhere(place).collect(1, Taking.MERGE)
        return found

    place.write(people(12))
    monkeypatch.setattr(LakeTable, "latest", overtaken)
    with pytest.raises(AlreadyRunning):
        place.collect(2, Taking.MERGE)
    stands = place.table.newest()
    assert (stands.serial, names(place)) == (1, {part.path.name for part in place.table.files(stands)})
    place.write([["x1", "新", "", "1"]])
    assert counts(place.collect(2, Taking.MERGE)) == (13, 1, 0, 0)


def test_a_store_that_is_away_loses_nothing_and_a_commit_whose_answer_was_lost_is_found(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.table.store is not None
    place.write(people(10))
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = elsewhere(place)
        away.table = replace(away.table, store=replace(place.table.store, port=nobody.getsockname()[1]))
        with pytest.raises(LakeLost, match="Connection refused") as lost:
            away.collect(1)
        assert lost.value.transient
    written = deltalake.DeltaTable.create_write_transaction

    def unheard(table: deltalake.DeltaTable, *given: object, **named: object) -> None:
        """Commit, and have the library's own second request find the number taken."""
        written(table, *given, **named)  # type: ignore[arg-type]
        raise CommitFailedError

    monkeypatch.setattr(deltalake.DeltaTable, "create_write_transaction", unheard)
    assert counts(place.collect(1)) == (10, 10, 0, 0)
    assert len(place.table.parts(place.table.newest())) == 1
    with pytest.raises(LakeRefused, match="log"):
        place.table.shelf.bring([(place.table.path / "../../elsewhere.parquet", 1)])


def test_what_killed_writers_left_goes_with_the_next_try_and_old_versions_when_they_are_dropped(place: Place) -> None:
    place.write(people(200))
    place.collect(1)
    with tries.begun(place.table, "C2") as name:
        new = lake_table.Part(place.table.path / f"{name}-0001.parquet", 1)
        new.path.write_bytes(b"rows")
        place.table.lay([new])
        mark = place.table.path / f".{name}.try"
    mark.touch()  # as a process leaves it that was killed between its files and its commit
    place.write(people(190))
    assert counts(place.collect(2)) == (190, 0, 0, 10)
    assert names(place) == {part.path.name for one in place.table.versions() for part in place.table.files(one)}
    assert {path.name for path in place.table.path.iterdir()} == names(place)

    assert place.table.store is not None
    session = S3Session(place.table.store, "target")
    session.ask("PUT", "C9-0123abcd.parquet", body=b"left by a machine that is no more")
    session.ask("POST", "C9-0123abcd-0001.parquet", query={"uploads": ""})
    first, later = place.table.version(1), SystemClock().now() + timedelta(minutes=1)
    assert place.table.drop_old(DAY_0 + timedelta(days=9), later - timedelta(days=1)).files == 0
    dropped = place.table.drop_old(DAY_0 + timedelta(days=9), later)
    assert (dropped.files, dropped.bytes_kept) == (2, place.table.bytes())
    assert b"<Upload>" not in session.ask("GET", "", query={"uploads": ""}).body
    session.close()
    with pytest.raises(NoSuchVersion):
        place.table.parts(first)
    assert len(place.table.parts(place.table.newest())) == 1


def test_the_doctor_tries_the_store_that_is_stated_and_says_what_is_wrong_but_no_key(
    store: Store, tmp_path: Path
) -> None:
    there = store.connection
    stated = {
        "HEFU_HOME": str(tmp_path),
        "HEFU_LAKE": f"s3://{there.bucket}/lake",
        "HEFU_LAKE_ENDPOINT": f"http://{there.server.named}",
        "HEFU_LAKE_ACCESS_KEY": there.user,
        "HEFU_LAKE_SECRET_KEY": there.password,
    }
    assert list(doctor.try_lake(load({"HEFU_HOME": str(tmp_path)}))) == []
    [good] = doctor.try_lake(load(stated))
    assert (good.health, good.facts) == (Health.GOOD, {"store": f"{there.server.named}/{there.bucket}/lake"})
    for name, wrong in (("HEFU_LAKE", "s3://nobody-s-bucket"), ("HEFU_LAKE_SECRET_KEY", "another")):
        [bad] = doctor.try_lake(load(stated | {name: wrong}))
        assert bad.health is Health.BAD
        assert not {there.password, "another"} & set(str(bad).split())


class Careless(BaseHTTPRequestHandler):
    """A store that takes whatever comes, whether or not a file of that name is there."""

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_DELETE = do_PUT  # noqa: N815 - the library's name

    def log_message(self, *_given: object) -> None:
        """Say nothing."""


@pytest.fixture
def careless() -> Iterator[S3Connection]:
    with HTTPServer(("127.0.0.1", 0), Careless) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield S3Connection("127.0.0.1", server.server_port, "lake", "user", "secret", tls="disable")
        server.shutdown()
        serving.join()


def test_a_store_that_would_let_a_commit_be_overwritten_is_no_place_for_a_lake(careless: S3Connection) -> None:
    with pytest.raises(LakeRefused, match="overwrite"):
        shelves.try_out(careless)
