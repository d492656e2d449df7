"""The mark that spares a start the loading of every room, and that never hides a missing table."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hefu.node import tables
from tests.conftest import Database

TABLE = (
    "CREATE TABLE django_migrations (id bigint GENERATED ALWAYS AS IDENTITY, app text, name text, applied timestamptz)"
)
STEP = "INSERT INTO django_migrations (app, name, applied) VALUES ('parties', '0001_initial', '2026-11-22T01:02:03Z')"


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    return tmp_path / "run" / "tables"


def test_without_a_mark_the_tables_are_not_known_to_be_current(mark: Path, a_database: Database) -> None:
    assert not tables.are_current(mark, a_database.url)


def test_a_mark_holds_until_the_database_has_another_step(mark: Path, a_database: Database) -> None:
    a_database.run(TABLE)
    a_database.run(STEP)
    tables.note_current(mark, a_database.url)
    assert tables.are_current(mark, a_database.url)
    a_database.run(STEP)
    assert not tables.are_current(mark, a_database.url)


def test_a_mark_does_not_hold_for_another_database(mark: Path, make_database: Callable[[], Database]) -> None:
    marked, empty = make_database(), make_database()
    marked.run(TABLE)
    marked.run(STEP)
    tables.note_current(mark, marked.url)
    assert not tables.are_current(mark, empty.url)


def test_a_mark_does_not_hold_for_other_code(
    mark: Path, a_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrations = tmp_path / "hefu" / "rooms" / "parties" / "migrations"
    migrations.mkdir(parents=True)
    (migrations / "0001_initial.py").write_text("operations = []\n")
    monkeypatch.setattr(tables, "_PACKAGE", tmp_path / "hefu")
    tables.note_current(mark, a_database.url)
    assert tables.are_current(mark, a_database.url)
    (migrations / "0002_more.py").write_text("operations = []\n")
    assert not tables.are_current(mark, a_database.url)
