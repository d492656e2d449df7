"""`hefu up` as an operator meets it: it starts, survives the death of any process, ends, and says what it did."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hefu.node import processes
from hefu.node.postgres import Cluster
from hefu.node.supervisor import MARK
from tests.conftest import Database

#: A cold start makes a database and all tables; on a busy machine that takes its time.
PATIENCE = 180.0


class Node:
    """A `hefu up` in a process of its own."""

    def __init__(self, home: Path, **environ: str) -> None:
        self.home, self.port = home, _free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEFU_")}
        self.environ = inherited | {
            "HEFU_HOME": str(home),
            "HEFU_PORT": str(self.port),
            "HEFU_WEB_WORKERS": "1",
            "HEFU_LANG": "en",
            **environ,
        }
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hefu", "up"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as pipe:
            for line in pipe:
                self.lines.append(line.rstrip("\n"))

    def said(self, part: str, words: str, *, times: int = 1) -> str:
        """Wait until `part` has said `words` so many times, and return the last such line."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = [line for line in list(self.lines) if line.startswith(part) and words in line]
            if len(found) >= times:
                return found[times - 1]
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.05)
        raise AssertionError(f"{part} never said {words!r}:\n" + "\n".join(self.lines))

    def ready(self) -> "Node":
        self.said("hefu", "Ready: ")
        return self

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/")
            return connection.getresponse().status < 500
        return False

    def wait_for_answer(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < until, "\n".join(self.lines)
            time.sleep(0.1)

    def pids(self, word: str) -> list[int]:
        """Return the node's own processes whose command line ends with `word`."""
        return [pid for pid in self.everything() if _command_line(pid)[-1:] == [word]]

    def everything(self) -> list[int]:
        return processes.carrying(MARK, str(self.home))

    def postmaster(self) -> int:
        pid = Cluster(self.home / "database", self.home / "secrets").status().pid
        assert pid is not None
        return pid

    def hefu(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "hefu", *arguments]
        return subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join()
        return status


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    # Not tmp_path: its parents are closed to the database's user when root runs the tests.
    with tempfile.TemporaryDirectory(prefix="hefu-up-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "home")


@pytest.fixture
def up(home: Path) -> Iterator[Callable[..., Node]]:
    started: list[Node] = []

    def start(**environ: str) -> Node:
        started.append(Node(home, **environ))
        return started[-1]

    yield start
    for node in started:
        if node.process.poll() is None:
            node.stop()
    assert processes.carrying(MARK, str(home)) == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _command_line(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]
    return []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_pages_works_and_stops_when_told(up: Callable[..., Node], number: int) -> None:
    node = up().ready()
    assert node.answers()
    postmaster = node.postmaster()
    doctor = json.loads(node.hefu("doctor", "--json").stdout)
    health = {one["check"]: one["health"] for one in doctor["findings"]}
    assert {health[name] for name in ("database", "search", "tables", "worker", "port", "pages")} == {"good"}
    assert doctor["healthy"]
    assert node.stop(number) == 0
    assert node.lines[-1] == "hefu     | Stopped."
    assert not processes.is_alive(postmaster)
    assert node.everything() == []


@pytest.mark.parametrize("part", ["web", "worker"])
def test_a_killed_part_comes_back(up: Callable[..., Node], part: str) -> None:
    node = up().ready()
    (before,) = [pid for pid in node.pids(part) if os.getpgid(pid) == pid]
    os.kill(before, signal.SIGKILL)
    node.said("hefu", f"{part} ended after")
    node.wait_for_answer()
    until = time.monotonic() + PATIENCE
    while not node.pids(part):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert before not in node.pids(part)


def test_a_killed_database_comes_back_and_the_pages_answer_again(up: Callable[..., Node]) -> None:
    node = up().ready()
    before = node.postmaster()
    os.kill(before, signal.SIGKILL)
    assert "(SIGKILL); starting it again in 1 s." in node.said("hefu", "The database ended")
    node.said("database", "was not stopped properly last time; it recovers from its own log now.")
    node.said("hefu", "The database is up again.")
    node.wait_for_answer()
    assert node.postmaster() != before


def test_after_the_supervisor_is_killed_the_next_one_says_so_and_serves(up: Callable[..., Node]) -> None:
    first = up().ready()
    children = first.everything()
    first.process.kill()
    assert processes.wait_until_gone(children, 60)
    second = up().ready()
    assert f"The earlier run (process {first.process.pid}) was cut off" in second.said("hefu", "earlier run")
    assert second.answers()


def test_after_everything_is_killed_at_once_the_next_start_recovers(up: Callable[..., Node]) -> None:
    first = up().ready()
    for pid in [first.process.pid, first.postmaster(), *first.everything()]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    second = up().ready()
    second.said("hefu", "was cut off; looking after what it left.")
    second.said("database", "it recovers from its own log now.")
    assert second.answers()


def test_leftovers_that_hold_the_port_are_ended_and_the_port_is_taken_over(up: Callable[..., Node], home: Path) -> None:
    home.mkdir(exist_ok=True)
    script = (
        "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1])));"
        " print('up', flush=True); time.sleep(99)"
    )
    port = str(_free_port())
    with subprocess.Popen(
        [sys.executable, "-c", script, port], env={**os.environ, MARK: str(home)}, stdout=subprocess.PIPE, text=True
    ) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()
        node = up(HEFU_PORT=port)
        assert str(orphan.pid) in node.said("hefu", "Processes of an earlier run were still up")
        node.port = int(port)
        assert node.ready().answers()


def test_a_second_run_of_the_same_home_is_refused(up: Callable[..., Node]) -> None:
    node = up().ready()
    second = node.hefu("up")
    assert second.returncode == 2
    assert f"is already in use by process {node.process.pid}." in second.stderr


def test_a_taken_port_is_named_with_its_holder_and_the_way_on(up: Callable[..., Node]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        node = up(HEFU_PORT=str(port))
        assert node.process.wait(60) == 2
        said = node.said("127.0.0.1", "is taken")
    assert f"process {os.getpid()}, " in said
    assert said.endswith("choose another port with HEFU_PORT. (node.port_in_use)")


def test_a_database_that_runs_alone_is_used(up: Callable[..., Node], home: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HEFU_")}
    environ |= {"HEFU_HOME": str(home), "HEFU_LANG": "en"}
    command = [sys.executable, "-m", "hefu", "db"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as alone:
        try:
            assert alone.stderr is not None
            while "is up" not in alone.stderr.readline():
                assert alone.poll() is None
            node = up()
            assert f"already runs (process {alone.pid})" in node.said("database", "already runs")
            assert node.ready().stop() == 0
            assert alone.poll() is None
        finally:
            alone.send_signal(signal.SIGTERM)
        assert alone.wait(60) == 0


def test_a_given_database_is_used_and_none_is_made(a_database: Database) -> None:
    with tempfile.TemporaryDirectory(prefix="hefu-up-") as folder:
        node = Node(Path(folder), HEFU_DATABASE_URL=a_database.url)
        try:
            assert node.ready().answers()
            assert not (Path(folder) / "database").exists()
            assert a_database.run("SELECT count(*) FROM django_migrations") != [(0,)]
            assert a_database.password not in "\n".join(node.lines)
        finally:
            assert node.stop() == 0


def test_a_database_that_does_not_answer_stops_the_start_with_the_way_on() -> None:
    with tempfile.TemporaryDirectory(prefix="hefu-up-") as folder:
        node = Node(Path(folder), HEFU_DATABASE_URL=f"postgresql://hefu:s3cret@127.0.0.1:{_free_port()}/hefu")
        assert node.process.wait(60) == 2
        said = node.said("The database does not answer", "HEFU_DATABASE_URL")
        assert said.endswith("(node.database_away)")
        assert "s3cret" not in said
