"""One process that starts the parts of a node, shows what they say, restarts what dies and ends all in order.

Every child carries a mark with the node's home in its environment. After the worst, kill -9 of this process,
the kernel tells the children to end; what still runs at the next start is found by that mark.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import IO, Any, Protocol

from hefu.kernel.words import _
from hefu.node import processes
from hefu.node.errors import PartFailed
from hefu.node.sentence import Sentence

#: Names the home in the environment of every child.
MARK = "HEFU_SUPERVISED_HOME"

#: A part that ran this long counts as sound again.
_SOUND_SECONDS = 60.0
_LONGEST_WAIT = 30.0
_TICK = 0.2


class StopAsked(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM while the node was still starting."""


class Database(Protocol):
    """What the supervisor needs of an embedded database."""

    def start(self) -> None:
        """Return when it takes connections."""
        ...

    def stop(self) -> None:
        """Return when it is down."""
        ...

    def returncode(self) -> int | None:
        """Return None while it runs."""
        ...


@dataclass(frozen=True)
class Part:
    """A program that runs under the supervisor."""

    #: What its lines begin with.
    name: str
    command: Sequence[str]
    #: Seconds it may take to end by itself.
    patience: float = 10.0


@dataclass
class _Child:
    part: Part
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    #: Seconds to wait before the next start; doubles with each quick death.
    wait: float = 1.0
    #: When to start it again, on the monotonic clock.
    again_at: float | None = None
    rest: bytes = b""
    last_line: str = ""


@dataclass
class Supervisor:
    """Runs the parts of one node until it is told to stop."""

    #: The home folder, which marks the children.
    home: str
    #: The embedded database, or None when the node uses another.
    database: Database | None
    #: Started in this order, stopped in this order as well: web before worker.
    parts: Sequence[Part]
    #: Gets each line with the name of the part it comes from.
    write: Callable[[str, str], None]
    #: Asked once the database is up: what to run to its end, one after the other, before the parts.
    first: Callable[[], Sequence[Part]] = lambda: ()
    #: Looks, once leftovers are gone and before anything starts, whether it can; raises a Refusal if not.
    check: Callable[[], None] = lambda: None
    #: Environment of the children.
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    #: Asked a few times a second after the start until it says something, which is then shown.
    ready: Callable[[], str | None] = lambda: None

    _children: dict[str, _Child] = field(default_factory=dict, init=False, repr=False)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector, init=False, repr=False)
    _starting: bool = field(default=True, init=False, repr=False)
    _asked: int = field(default=0, init=False, repr=False)

    def run(self) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP, then end everything and return.

        Raises:
            PartFailed: One of the first steps failed.
            Refusal: Whatever the database says when it does not start.
        """
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._on_signal) for number in numbers}
        try:
            self._end_leftovers()
            self.check()
            if self.database is not None:
                self.database.start()
            for part in self.first():
                self._run_to_end(part)
            for part in self.parts:
                self._children[part.name] = _Child(part)
                self._start(self._children[part.name])
            self._starting = False
            self._watch()
        except StopAsked:
            pass
        finally:
            self._starting = False
            self._end_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1
        if self._asked == 1:
            self.say(_("Stopping. Press Ctrl-C again to stop at once."))
            if self._starting:
                raise StopAsked

    def say(self, text: str, **facts: Any) -> None:
        """Show a sentence of the supervisor's own."""
        self.write("hefu", Sentence(text, **facts))

    # -- start ----------------------------------------------------------------------------------------

    def _end_leftovers(self) -> None:
        """End what an earlier run left behind. The caller holds the home's lock, so nobody looks after it."""
        left = processes.carrying(MARK, self.home)
        if not left:
            return
        names = ", ".join(f"{processes.name_of(pid)} {pid}" for pid in left)
        text = _("Processes of an earlier run were still up without their supervisor ({names}); ending them.")
        self.say(text, names=names)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        processes.wait_until_gone(left, 10.0)
        for pid in processes.carrying(MARK, self.home):
            processes.end(pid, signal.SIGKILL, seconds=5.0)

    def _run_to_end(self, part: Part) -> None:
        child = self._children[part.name] = _Child(part)
        process = self._start(child)
        while process.poll() is None or process.stdout in self._open_pipes():
            self._read(_TICK)
        del self._children[part.name]
        if process.returncode != 0:
            said = child.last_line.rstrip(".") or "no word"
            raise PartFailed(part=part.name, status=process.returncode, said=said)

    def _start(self, child: _Child) -> "subprocess.Popen[bytes]":
        child.process = process = subprocess.Popen(
            child.part.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self.environ, MARK: self.home, "PYTHONUNBUFFERED": "1"},
            # Its own session: Ctrl-C in a terminal reaches the supervisor alone, which ends things in order.
            start_new_session=True,
            preexec_fn=processes.ends_with_parent(signal.SIGTERM),
        )
        child.started, child.again_at, child.rest = time.monotonic(), None, b""
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, child)
        return process

    # -- while it runs --------------------------------------------------------------------------------

    def _watch(self) -> None:
        ready_said = False
        database_wait = 1.0
        while not self._asked:
            self._read(_TICK)
            if self.database is not None and (status := self.database.returncode()) is not None:
                text = _("The database ended ({how}); starting it again in {wait:.0f} s.")
                self.say(text, how=_how(status), wait=database_wait)
                self._pause(database_wait)
                database_wait = min(_LONGEST_WAIT, database_wait * 2)
                if not self._asked:
                    self.database.stop()
                    self.database.start()
                    self.say(_("The database is up again."))
            for child in self._children.values():
                self._look_after(child)
            if not ready_said and (sentence := self.ready()):
                ready_said = True
                self.write("hefu", sentence)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None and (status := child.process.poll()) is not None:
            ran = now - child.started
            _end_group(child.process.pid)
            child.process = None
            child.wait = 1.0 if ran > _SOUND_SECONDS else child.wait
            child.again_at = now + child.wait
            text = _("{name} ended after {ran:.0f} s ({how}); starting it again in {wait:.0f} s.")
            self.say(text, name=child.part.name, ran=ran, how=_how(status), wait=child.wait)
            child.wait = min(_LONGEST_WAIT, child.wait * 2)
        elif child.again_at is not None and now >= child.again_at:
            self._start(child)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._asked and time.monotonic() < until:
            self._read(_TICK)

    def _read(self, seconds: float) -> None:
        """Show what the children say within `seconds`."""
        events = self._selector.select(seconds)
        if not events and not self._selector.get_map():
            time.sleep(seconds)
        for key, _mask in events:
            self._take(key.data, key.fileobj)  # type: ignore[arg-type]

    def _take(self, child: _Child, pipe: IO[bytes]) -> None:
        data = os.read(pipe.fileno(), 65536)
        *lines, child.rest = (child.rest + data).split(b"\n")
        if not data:  # every process that could write has ended
            lines, child.rest = [child.rest] if child.rest else [], b""
            self._selector.unregister(pipe)
            pipe.close()
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                child.last_line = text
                self.write(child.part.name, text)

    def _open_pipes(self) -> list[object]:
        return [key.fileobj for key in self._selector.get_map().values()]

    # -- end ------------------------------------------------------------------------------------------

    def _end_all(self) -> None:
        for child in self._children.values():
            self._end(child)
        with suppress(OSError):
            while self._selector.get_map() and self._selector.select(0):
                self._read(0)
        for pipe in self._open_pipes():
            self._selector.unregister(pipe)  # type: ignore[arg-type]
            pipe.close()  # type: ignore[attr-defined]
        if self.database is not None:
            self.database.stop()

    def _end(self, child: _Child) -> None:
        process = child.process
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        until = time.monotonic() + child.part.patience
        while process.poll() is None and time.monotonic() < until and self._asked < 2:
            self._read(_TICK)
        if process.poll() is None and self._asked < 2:
            text = _("{name} did not end within {patience:.0f} s; ending it at once.")
            self.say(text, name=child.part.name, patience=child.part.patience)
        _end_group(process.pid)
        process.wait()


def _end_group(leader: int) -> None:
    """End whatever is left of a child's own session; its leader may be gone already."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    names = {number.value: number.name for number in signal.Signals}
    return names.get(-status, f"signal {-status}")
