"""The supervisor with real processes: what they say is shown, what dies comes back, all ends in order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hefu.node import processes
from hefu.node.supervisor import MARK

#: Runs two parts under a supervisor and prints what it writes; the parts are given as Python scripts.
SCRIPT = """
import sys
from hefu.node.supervisor import Part, Supervisor
home, first, web, worker = sys.argv[1:]
run = lambda name, code: Part(name, [sys.executable, "-c", code], patience=1.0)
Supervisor(
    home=home,
    database=None,
    first=lambda: [run("tables", first)] if first else [],
    parts=[run("web", web), run("worker", worker)],
    write=lambda name, text: print(f"{name}|{text}", flush=True),
    ready=lambda: "all is up",
).run()
"""

#: A part that says its number and then waits; it says how it was ended.
WAITS = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("pid", os.getpid())
print("ended by", signal.Signals(signal.sigwait({signal.SIGTERM})).name)
"""


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, home: Path, first: str, web: str, worker: str) -> None:
        command = [sys.executable, "-u", "-c", SCRIPT, str(home), first, web, worker]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.passed: list[str] = []

    def until(self, beginning: str) -> str:
        """Read lines until a new one begins so, or one that was passed over on the way, and return its rest."""
        for line in self.passed:
            if line.startswith(beginning):
                self.passed.remove(line)
                return line[len(beginning) :].strip()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(beginning):
                return line[len(beginning) :].strip()
            self.passed.append(line)
        raise AssertionError(f"never said {beginning!r}: {self.lines}")

    def pid_of(self, part: str) -> int:
        return int(self.until(f"{part}|pid "))

    def end(self) -> tuple[list[str], str]:
        """Read to the end and return everything it wrote."""
        out, err = self.process.communicate(timeout=30)
        self.lines += out.splitlines()
        return self.lines, err


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(*, first: str = "", web: str = WAITS, worker: str = WAITS) -> Running:
        started.append(Running(tmp_path, first, web, worker))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()
    for pid in processes.carrying(MARK, str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_web_then_worker_and_the_supervisor_returns(run: Callable[..., Running], number: int) -> None:
    node = run()
    node.pid_of("web")
    node.pid_of("worker")
    node.process.send_signal(number)
    lines, err = node.end()
    assert node.process.returncode == 0, err
    ends = [line for line in lines if "ended by" in line]
    assert ends == ["web|ended by SIGTERM", "worker|ended by SIGTERM"]


def test_a_part_that_is_killed_comes_back_and_the_node_says_so(run: Callable[..., Running]) -> None:
    node = run()
    first = node.pid_of("web")
    os.kill(first, signal.SIGKILL)
    assert node.until("hefu|web ended after").endswith("(SIGKILL); starting it again in 1 s.")
    assert node.pid_of("web") != first
    assert node.lines.count("hefu|all is up") == 1


def test_a_part_that_keeps_dying_is_tried_at_ever_longer_intervals(run: Callable[..., Running]) -> None:
    node = run(web="raise SystemExit('no such table')")
    waits = [node.until("hefu|web ended after").rsplit(" in ", 1)[1] for _ in range(3)]
    assert waits == ["1 s.", "2 s.", "4 s."]
    assert "web|no such table" in node.lines


def test_nothing_starts_when_the_first_step_fails(run: Callable[..., Running]) -> None:
    node = run(first="print('cannot alter'); raise SystemExit(3)")
    lines, err = node.end()
    assert node.process.returncode == 1
    assert "tables ended with status 3: cannot alter." in err
    assert not [line for line in lines if line.startswith(("web|", "worker|"))]


def test_a_part_that_ignores_the_signal_is_ended_after_its_patience(run: Callable[..., Running]) -> None:
    stubborn = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print('pid', os.getpid()); time.sleep(60)"
    node = run(worker=stubborn)
    pid = node.pid_of("worker")
    node.process.send_signal(signal.SIGTERM)
    lines, _err = node.end()
    assert "hefu|worker did not end within 1 s; ending it at once." in lines
    assert not processes.is_alive(pid)


def test_no_child_survives_the_supervisors_violent_end(run: Callable[..., Running]) -> None:
    node = run()
    pids = [node.pid_of("web"), node.pid_of("worker")]
    node.process.kill()
    assert processes.wait_until_gone(pids, 5)


def test_what_an_earlier_run_left_behind_is_ended_and_named(run: Callable[..., Running], tmp_path: Path) -> None:
    # A grandchild that outlived both its parent and its supervisor, as a web process does after kill -9.
    orphan = subprocess.Popen(["/bin/sleep", "60"], env={**os.environ, MARK: str(tmp_path)})
    stranger = subprocess.Popen(["/bin/sleep", "60"], env={**os.environ, MARK: str(tmp_path / "another home")})
    try:
        node = run()
        said = node.until("hefu|Processes of an earlier run were still up without their supervisor ")
        assert said == f"(sleep {orphan.pid}); ending them."
        assert orphan.wait(10) == -signal.SIGTERM
        assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def test_a_killed_leader_does_not_leave_its_own_children_behind(run: Callable[..., Running]) -> None:
    parent = (
        "import os, subprocess, time; c = subprocess.Popen(['/bin/sleep', '60']);"
        " print('pid', os.getpid()); print('child', c.pid); time.sleep(60)"
    )
    node = run(web=parent)
    leader = node.pid_of("web")
    child = int(node.until("web|child "))
    os.kill(leader, signal.SIGKILL)
    node.until("hefu|web ended after")
    assert processes.wait_until_gone([child], 5)


def test_lines_come_whole_even_when_they_were_written_in_pieces(run: Callable[..., Running]) -> None:
    pieces = (
        "import sys, time\nfor part in '数据', '目录\\nno newline at the end':\n"
        "    sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.1)\ntime.sleep(60)"
    )
    node = run(web=pieces)
    node.until("web|数据目录")
    node.process.send_signal(signal.SIGTERM)
    lines, _err = node.end()
    assert "web|no newline at the end" in lines


def test_a_second_signal_stops_at_once(run: Callable[..., Running]) -> None:
    stubborn = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print('pid', os.getpid()); time.sleep(60)"
    node = run(web=stubborn, worker=stubborn)
    node.pid_of("web")
    node.pid_of("worker")
    began = time.monotonic()
    node.process.send_signal(signal.SIGTERM)
    node.until("hefu|Stopping.")
    node.process.send_signal(signal.SIGTERM)
    node.end()
    assert time.monotonic() - began < 1.0
