"""Processes that a test may kill, each forked from one that has imported everything: a start costs nothing.

What runs in them is `main(orders)` of a module beside this one; what it prints comes back line by line.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent.parent
#: Where our modules are.
PLACES = os.pathsep.join([str(ROOT), str(ROOT / "src")])
MODULES = ("tests.faults.carrier", "tests.faults.follower")
#: Lets a process live by a clock that a file sets.
FAKED = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(list(MODULES))


def run(module: str, orders: Mapping[str, Any]) -> str:
    """Carry out the orders in a process of their own, and return what it said.

    Raises:
        AssertionError: It ended by a signal or by an error.
    """
    with Forked(module, orders) as process:
        said, _ = process.communicate()
    assert process.poll() == 0, said
    return said


@contextmanager
def by_a_clock(clock: Path, module: str, orders: Mapping[str, Any]) -> Iterator["subprocess.Popen[str]"]:
    """Start the same by a clock of its own: everybody's, and what the file `clock` adds to it, such as `-5h`."""
    clock.write_text("+0\n")
    environ = os.environ | {
        "LD_PRELOAD": str(FAKED), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "PYTHONPATH": PLACES,
    }  # fmt: skip
    main = f"import json, sys; from tests.faults import {module}; {module}.main(json.loads(sys.argv[1]))"
    command = [sys.executable, "-c", main, json.dumps(orders)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


class Forked:
    """A process as `subprocess.Popen` starts one, as far as the tests need it."""

    def __init__(self, module: str, orders: Mapping[str, Any]) -> None:
        """Start `main(orders)` of `tests.faults.<module>`."""
        ours, theirs = FORKS.Pipe(duplex=False)
        # The process that all are forked from looks for our modules here, when it starts.
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = PLACES
        try:
            self._process = FORKS.Process(target=_main, args=(f"tests.faults.{module}", json.dumps(orders), theirs))
            self._process.start()
        finally:
            os.environ.pop("PYTHONPATH")
            if before is not None:
                os.environ["PYTHONPATH"] = before
        theirs.close()
        self.stdout = os.fdopen(os.dup(ours.fileno()), encoding="utf-8")
        ours.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stdout.close()
        self.wait()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Return how it ended, as a negative number by which signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: It still runs after `timeout` seconds.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired([], timeout or 0)
        return self._process.exitcode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Return what it says until its end.

        Raises:
            subprocess.TimeoutExpired: It still runs after `timeout` seconds; what it said meanwhile is lost.
        """
        said: list[str] = []
        reader = threading.Thread(target=lambda: said.append(self.stdout.read()), daemon=True)
        reader.start()
        reader.join(timeout)
        if reader.is_alive():
            raise subprocess.TimeoutExpired([], timeout or 0)
        self.stdout.close()
        self.wait()
        return "".join(said), None

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without warning."""
        self.send_signal(signal.SIGKILL)


def _main(module: str, orders: str, out: Connection) -> None:
    os.dup2(out.fileno(), 1)
    out.close()
    import_module(module).main(json.loads(orders))
