"""Keeps a running delivery stoppable: the workers work, the caller's thread watches."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from hefu.dataplane.errors import DataPlaneRefusal, Revoked, Stopped

T = TypeVar("T")

#: Seconds between two looks at the watcher; revocation must act within two.
LOOK_EVERY = 0.25
#: Seconds after which a session that does not heed its cancellation is cut.
CUT_AFTER = 1.5
#: Seconds for which threads are waited for after that; the operating system ends the rest.
WAIT_AT_MOST = 3.0

Phase = Literal["prepare", "examine", "rejects", "copy", "publish", "follow"]
StopWord = Literal["stopped", "revoked"]


@dataclass(frozen=True)
class Waits:
    """What a run waits for at its source before it can begin: transactions of others that have not ended."""

    #: When the wait began, by this side's clock.
    began: datetime
    #: How many there are, as far as the source tells; at least one.
    transactions: int
    #: When the oldest began, as far as the account may see it.
    since: datetime | None
    #: Whose the oldest is and where, as the server names them: for nobody but the source's own people.
    user: str
    application: str
    database: str


class Holding(Protocol):
    """Something that knows what a run waits for."""

    @property
    def now(self) -> Waits | None:
        """Return it."""
        ...


@dataclass(frozen=True)
class Progress:
    """How far a delivery is."""

    phase: Phase
    #: Rows examined or committed in this phase.
    rows: int
    #: Rows that the source's statistics or the examination announce, or None.
    rows_expected: int | None
    #: Bytes that passed.
    bytes: int
    chunks_done: int
    chunks: int
    #: What the source's server makes it wait for.
    waits: Waits | None = None


class Watcher(Protocol):
    """Looks on and may stop the run. Both methods are called in the thread that called `deliver`."""

    def progress(self, now: Progress) -> None:
        """Take note of how far the run is; called about four times a second."""
        ...

    def stop_requested(self) -> StopWord | None:
        """Return whether to stop, and why; asked about four times a second."""
        ...


class Quiet:
    """A watcher that never stops the run."""

    def progress(self, now: Progress) -> None:
        """Do nothing."""

    def stop_requested(self) -> StopWord | None:
        """Return None."""
        return None


class Interrupted(Exception):
    """A worker ended because the run as a whole ends; never leaves this package."""


class Cancellable(Protocol):
    """Something that blocks a worker and can be told to let go."""

    def cancel(self) -> None:
        """Ask the server to end the statement."""
        ...

    def cut(self) -> None:
        """End the connection without asking."""
        ...


class Loads(Protocol):
    """Something that may bring rows before the run begins."""

    def load(self, arrived: Callable[[int], None]) -> None:
        """Bring them, telling `arrived` how many came."""
        ...


class Closes(Protocol):
    """Something that holds a session or a folder until it is closed."""

    def close(self) -> None:
        """Let go; may be called twice."""
        ...


C = TypeVar("C", bound=Closes)


class Control:
    """One run's threads, sessions and counters."""

    def __init__(self, watcher: Watcher, most_bytes_a_second: int | None = None) -> None:
        """Watch with `watcher`; let no more bytes pass than said, all workers together."""
        self._watcher = watcher
        self._most, self._passed, self._since = most_bytes_a_second, 0, time.monotonic()
        self._lock = threading.Lock()
        self._sessions: set[Cancellable] = set()
        self.ending = threading.Event()
        self.phase: Phase = "prepare"
        self.waiting: Holding | None = None
        self.rows = self.bytes = self.chunks_done = self.chunks = 0
        self.rows_expected: int | None = None
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timed(self, phase: Phase, chunks: int = 0) -> Iterator[None]:
        """Enter a phase: counters start anew and its seconds are kept."""
        self.phase, self.chunks, self.chunks_done, self.rows = phase, chunks, 0, 0
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[phase] = round(self.seconds.get(phase, 0.0) + time.monotonic() - started, 3)

    def add(self, *, rows: int = 0, bytes_: int = 0, chunks: int = 0) -> None:
        """Count what a worker did; a worker that is faster than allowed waits here."""
        with self._lock:
            self.rows += rows
            self.bytes += bytes_
            self.chunks_done += chunks
            ahead = self._ahead(bytes_)
        if ahead > 0:
            self.ending.wait(ahead)

    def _ahead(self, passed: int) -> float:
        """Return by how many seconds the run is ahead of what it may; a pause earns no more than a second."""
        if self._most is None or not passed:
            return 0.0
        now = time.monotonic()
        if now - self._since > self._passed / self._most + 1.0:
            self._passed, self._since = 0, now
        self._passed += passed
        return self._passed / self._most - (now - self._since)

    @contextlib.contextmanager
    def watched(self, session: Cancellable) -> Iterator[None]:
        """Let the run cancel `session` while the block lasts."""
        with self._lock:
            self._sessions.add(session)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._sessions.discard(session)

    def check(self) -> None:
        """Leave the worker when the run is ending.

        Raises:
            Interrupted: It is.
        """
        if self.ending.is_set():
            raise Interrupted

    def look(self) -> None:
        """Report progress and ask whether to stop; in the caller's thread.

        Raises:
            Stopped: On request.
            Revoked: The grant is no more.
        """
        waiting = self.waiting
        waits = waiting.now if waiting else None
        self._watcher.progress(
            Progress(self.phase, self.rows, self.rows_expected, self.bytes, self.chunks_done, self.chunks, waits)
        )
        word = self._watcher.stop_requested()
        if word == "revoked":
            raise Revoked(rows=self.rows)
        if word == "stopped":
            raise Stopped(rows=self.rows)

    def load(self, view: Loads) -> None:
        """Bring a source's rows here, watching and counting."""

        def arrived(rows: int) -> None:
            self.check()
            self.add(rows=rows)

        with self.timed("prepare"):
            self.call(lambda: view.load(arrived))

    def call(self, work: Callable[[], T]) -> T:
        """Run `work` in a thread and watch meanwhile; return what it returned."""
        results: list[T] = []
        self.run([lambda: results.append(work())])
        return results[0]

    def open(self, opens: Callable[[], C]) -> C:
        """Return what `opens` opens, as `call`; where the run ends meanwhile it is closed, however late it comes."""
        results: list[C] = []

        def work() -> None:
            made = opens()
            results.append(made)
            if self.ending.is_set():
                made.close()

        try:
            self.run([work])
        except BaseException:
            for made in results:
                made.close()
            raise
        return results[0]

    def each(
        self,
        items: Iterable[T],
        workers: int,
        worker: Callable[[Iterator[T]], None],
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """Run `workers` threads of `worker`, which share the items between them.

        Args:
            items: What there is to do.
            workers: Threads at most.
            worker: Takes items until there are none.
            meanwhile: Called in the caller's thread, about four times a second and at the end.
        """
        waiting: queue.SimpleQueue[T] = queue.SimpleQueue()
        for item in items:
            waiting.put(item)

        def taken() -> Iterator[T]:
            while not self.ending.is_set():
                try:
                    yield waiting.get_nowait()
                except queue.Empty:
                    return

        self.run([lambda: worker(taken())] * max(1, min(workers, waiting.qsize())), meanwhile)
        if meanwhile is not None:
            meanwhile()

    def run(self, jobs: Iterable[Callable[[], None]], meanwhile: Callable[[], None] | None = None) -> None:
        """Run all jobs in threads of their own, watching; the first failure ends them all and is raised."""
        failures: queue.SimpleQueue[BaseException] = queue.SimpleQueue()
        changed = threading.Event()

        def guarded(job: Callable[[], None]) -> None:
            try:
                job()
            except Interrupted:
                pass
            except BaseException as error:  # noqa: BLE001 - carried into the caller's thread and raised there
                failures.put(error)
            finally:
                changed.set()

        threads = [threading.Thread(target=guarded, args=(job,), daemon=True) for job in jobs]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) and failures.empty():
                changed.wait(LOOK_EVERY)
                changed.clear()
                self.look()
                if meanwhile is not None:
                    meanwhile()
        except BaseException:
            self._end(threads)
            raise
        if not failures.empty():
            self._end(threads)
            raise self._cause(failures)
        self.look()

    @staticmethod
    def _cause(failures: "queue.SimpleQueue[BaseException]") -> BaseException:
        found = []
        while not failures.empty():
            found.append(failures.get())
        # A cut side makes others stumble; what we can name says more than what only followed from it.
        named = [error for error in found if isinstance(error, DataPlaneRefusal)]
        return (named or found)[0]

    def _end(self, threads: list[threading.Thread]) -> None:
        """Cancel every statement, cut what does not listen, and wait for the threads."""
        self.ending.set()
        started = time.monotonic()
        cut = False
        while any(thread.is_alive() for thread in threads):
            with self._lock:
                sessions = list(self._sessions)
            for session in sessions:
                # Cancelling opens a connection of its own, which a dead network would block.
                threading.Thread(target=session.cut if cut else session.cancel, daemon=True).start()
            for thread in threads:
                thread.join(0.3)
            cut = time.monotonic() - started > CUT_AFTER
            if time.monotonic() - started > WAIT_AT_MOST:
                return
