"""A collection whose process is killed: no half version, nothing lost, nothing doubled, nothing left lying about."""

import subprocess
import sys
from pathlib import Path

import pytest

from hefu.dataplane.errors import ColumnsAlike
from hefu.dataplane.lake import tries
from tests.unit.lake_dies import POINTS
from tests.unit.test_dataplane_lake import Place, counts, people

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "tests.unit.lake_dies", str(folder), *POINTS]
    subprocess.run(command, check=True, cwd=ROOT, timeout=60)
    return folder


@pytest.mark.parametrize("point", list(POINTS))
def test_a_killed_collection_shows_nothing_half_and_the_next_try_brings_all_once(killed: Path, point: str) -> None:
    place = Place(killed / point)
    left = set(place.table.path.glob("*C2*"))
    assert left
    stands = place.table.newest()
    assert (stands.serial, stands.rows) == ((2, 190) if point == "committed" else (1, 200))
    assert sum(part.rows for part in place.table.parts(stands)) == stands.rows
    place.write(people(190, changed=frozenset({3, 4})))
    assert counts(place.collect(2)) == (190, 0, 2, 10)
    place.write(people(191, changed=frozenset({3, 4})))
    assert counts(place.collect(3)) == (191, 1, 0, 0)
    assert [version.serial for version in place.table.versions()] == [3, 2, 1]
    told = {part.path for version in place.table.versions() for part in place.table.parts(version)}
    assert set(place.table.path.glob("*.parquet")) == told
    assert not list(place.table.path.glob(".*"))


def test_the_files_of_a_try_that_lives_are_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with tries.begun(place.table, "C7") as name:
        staged = place.table.path / f"{name}.parquet"
        staged.write_bytes(b"rows")
        assert tries.sweep(place.table) == 0
        assert staged.exists()


def test_columns_that_differ_by_case_alone_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write([["1", "a", "b"]], columns={"编号": "text", "Name": "text", "name": "text"})
    with pytest.raises(ColumnsAlike, match="Name, name"):
        place.collect(1)
    assert not place.table.path.exists()
