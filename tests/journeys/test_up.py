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

    def leaders(self, part: str) -> list[int]:
        """Return the processes that the supervisor started for `part`, without those they started themselves."""
        ours = [pid for pid in self.everything() if _command_line(pid)[-1:] == [part]]
        return [pid for pid in ours if os.getpgid(pid) == pid]

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


@pytest.fixture(scope="module")
def running() -> Iterator[Node]:
    """A node that several tests use, one after the other; each leaves it answering."""
    with tempfile.TemporaryDirectory(prefix="hefu-up-") as folder:
        Path(folder).chmod(0o711)
        node = Node(Path(folder, "home"))
        try:
            yield node.ready()
        finally:
            node.stop()


def test_a_running_node_answers_and_is_healthy(running: Node) -> None:
    assert running.answers()
    doctor = json.loads(running.hefu("doctor", "--json").stdout)
    health = {one["check"]: one["health"] for one in doctor["findings"]}
    looked_at = ("database", "search", "tables", "worker", "port", "pages")
    assert {name: health[name] for name in looked_at} == dict.fromkeys(looked_at, "good")
    assert doctor["healthy"]


@pytest.mark.parametrize("part", ["web", "worker"])
def test_a_killed_part_comes_back(running: Node, part: str) -> None:
    (before,) = running.leaders(part)
    os.kill(before, signal.SIGKILL)
    running.said("hefu", f"{part} ended after")
    running.wait_for_answer()
    until = time.monotonic() + PATIENCE
    while not running.leaders(part):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert running.leaders(part) != [before]


def test_a_killed_database_comes_back_and_the_pages_answer_again(running: Node) -> None:
    before = running.postmaster()
    os.kill(before, signal.SIGKILL)
    assert "(SIGKILL); starting it again in 1 s." in running.said("hefu", "The database ended")
    running.said("database", "was not stopped properly last time; it recovers from its own log now.")
    running.said("hefu", "The database is up again.")
    running.wait_for_answer()
    assert running.postmaster() != before


def test_a_second_run_of_the_same_home_is_refused(running: Node) -> None:
    second = running.hefu("up")
    assert second.returncode == 2
    assert f"is already in use by process {running.process.pid}." in second.stderr


def test_it_stops_in_order_and_whatever_is_killed_the_next_start_recovers_and_says_so(up: Callable[..., Node]) -> None:
    stopped = up().ready()
    postmaster = stopped.postmaster()
    assert stopped.stop(signal.SIGTERM) == 0
    assert stopped.lines[-1] == "hefu     | Stopped."
    assert not processes.is_alive(postmaster)
    assert stopped.everything() == []

    headless = up().ready()
    assert "cut off" not in "\n".join(headless.lines)
    children = headless.everything()
    headless.process.kill()
    assert processes.wait_until_gone(children, 60)

    wiped = up().ready()
    assert f"The earlier run (process {headless.process.pid}) was cut off" in wiped.said("hefu", "earlier run")
    for pid in [wiped.process.pid, wiped.postmaster(), *wiped.everything()]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    last = up().ready()
    last.said("hefu", "was cut off; looking after what it left.")
    last.said("database", "it recovers from its own log now.")
    assert last.answers()


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
