"""The index of this host: opened, brought up to date, made anew; a file beside it says which moment it was read in."""

import json
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from hefu.node.locks import FileLock
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.searching import notes
from hefu.rooms.catalog.searching.documents import documents, every_document
from hefu.rooms.catalog.searching.notes import Moment
from hefu.search.counting import Walks
from hefu.search.errors import IndexBroken
from hefu.search.index import Index
from hefu.search.schema import VERSION
from hefu.search.suggesting import Vocabulary
from hefu.search.terms import Found, Question, Scope

log = logging.getLogger(__name__)

#: Changes that a search takes in before it answers: well below a tenth of a second's work.
AT_ONCE = 300
#: A search waits so long, in seconds, for another process that is writing.
_PATIENCE = 0.5
#: So many entries are indexed within a question; a larger catalogue is left to the worker.
SMALL = 2_000
#: Words for suggestions are read again after so many seconds.
_WORDS_KEPT = 600


@dataclass(frozen=True)
class Standing:
    """An index that can be asked, and what it was read in."""

    index: Index
    read: Moment
    #: Changes whenever the index does.
    stamp: tuple[int, int]
    #: What was asked of it already.
    answers: dict[tuple[Scope, Question], Found] = field(default_factory=dict, compare=False, repr=False)
    #: What was counted for them.
    walks: Walks = field(default_factory=dict, compare=False, repr=False)


class Shelf:
    """The folder with the index, as one process sees it."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; nothing is opened yet."""
        self.folder = folder
        self._guard = threading.RLock()
        self._reading = threading.Lock()
        self._standing: Standing | None = None
        self._words: tuple[float, Path, Vocabulary] | None = None

    @property
    def _mark(self) -> Path:
        return self.folder / "catalog.json"

    def standing(self) -> Standing | None:
        """Return the index as it stands, or None when there is none that can be used."""
        with self._guard:
            try:
                stamp = self._stamp()
                if self._standing is None or self._standing.stamp != stamp:
                    self._standing = self._open(stamp)
            except FileNotFoundError:
                self._standing = None
            except (IndexBroken, ValueError, KeyError, TypeError) as error:
                self.condemn(error)
            return self._standing

    def condemn(self, error: BaseException) -> None:
        """Take a broken index out of use; the next look makes it anew."""
        log.warning("the search index is made anew: %s", error)
        with self._guard:
            self._standing = None
            self._mark.unlink(missing_ok=True)

    def catch_up(self, *, wait: float = _PATIENCE) -> None:
        """Take the pending changes in, when no other process does so already.

        Args:
            wait: Seconds to wait for another process that is writing.
        """
        lock = self._lock("write.lock")
        if not _taken(lock, wait):
            return
        try:
            standing = self.standing()
            if standing is not None:
                self._follow(standing.index, standing.read)
        finally:
            lock.give_back()

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int | None:
        """Make the index anew while the old one goes on answering; return the number of entries.

        Args:
            progress: Told how many entries of how many are indexed.

        Returns:
            None when another process is at it already.
        """
        building = self._lock("rebuild.lock")
        if not building.take():
            return None
        try:
            self._sweep()
            read = notes.moment()
            total = Entry.objects.filter(changes_to__isnull=True).count()
            made = Index.make(self.folder / f"catalog-{uuid4().hex}")
            made.fill(every_document(lambda done: progress(done, total)))
            writing = self._lock("write.lock")
            _taken(writing, 60)
            try:
                self._follow(made, read)
            finally:
                writing.give_back()
            self._sweep()
            return made.searcher().num_docs
        finally:
            building.give_back()

    def keep(self) -> None:
        """Do what is due: make the index anew, or take changes in and merge."""
        standing = self.standing()
        pending = notes.pending(standing.read) if standing else None
        if standing is None or pending is None:
            self.rebuild()
            return
        if pending:
            self.catch_up(wait=0)
        lock = self._lock("write.lock")
        if lock.take():
            try:
                if (now := self.standing()) and now.index.merge():
                    self._note(now.index, now.read)
            finally:
                lock.give_back()

    def vocabulary(self, standing: Standing) -> Vocabulary:
        """Return the words of the index, read anew once in a while."""
        with self._reading:
            now = time.monotonic()
            if self._words is None or self._words[1] != standing.index.folder or now - self._words[0] > _WORDS_KEPT:
                self._words = (now, standing.index.folder, Vocabulary(standing.index.searcher()))
            return self._words[2]

    def _follow(self, index: Index, read: Moment) -> None:
        """Write what changed since `read`; the caller holds the lock."""
        now = notes.moment()
        if touched := notes.touched(read):
            index.put(touched, documents(touched))
        self._note(index, now)

    def _note(self, index: Index, read: Moment) -> None:
        told = asdict(read) | {"at": read.at.isoformat(), "folder": index.folder.name, "version": VERSION}
        fresh = self._mark.with_suffix(".new")
        fresh.write_text(json.dumps(told), encoding="utf-8")
        fresh.replace(self._mark)

    def _stamp(self) -> tuple[int, int]:
        found = os.stat(self._mark)
        return found.st_ino, found.st_mtime_ns

    def _open(self, stamp: tuple[int, int]) -> Standing:
        told = json.loads(self._mark.read_text(encoding="utf-8"))
        folder = self.folder / Path(told["folder"]).name
        if told["version"] != VERSION:
            raise IndexBroken(folder=folder, reason="it was written by another version")
        read = Moment(told["snapshot"], told["epoch"], told["database"], datetime.fromisoformat(told["at"]))
        if self._standing and self._standing.index.folder == folder:
            index = self._standing.index
            index.refresh()
        else:
            index = Index.open(folder)
        return Standing(index, read, stamp)

    def _lock(self, name: str) -> FileLock:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self.folder / name)

    def _sweep(self) -> None:
        """Delete folders that are not the index in use; the caller holds the lock on making anew."""
        used = self.standing()
        for folder in self.folder.glob("catalog-*"):
            if used is None or folder != used.index.folder:
                shutil.rmtree(folder, ignore_errors=True)


def _taken(lock: FileLock, wait: float) -> bool:
    until = time.monotonic() + wait
    while not lock.take():
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


@cache
def _shelf_at(folder: Path) -> Shelf:
    return Shelf(folder)


def shelf() -> Shelf:
    """Return the shelf of this host."""
    return _shelf_at(settings.HEFU.places.search)
