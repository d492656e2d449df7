"""One reading of a source's log for all who follow tables of it in this process.

Whoever follows keeps a slot of its own, which says from where its changes are kept, and by which it can read by
itself at any time. While it is in step with others, nobody reads from those slots: one stream, of a slot that lasts
as long as its connection, is decoded once and passed on to all. Who is slower than the others is parted and reads by
itself until it has caught up. So nothing that counts hangs on this stream: when it ends, everybody goes on alone.
"""

import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from hefu.dataplane.capture.pgoutput import Truncate, decode, lsn_text
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, PostgresConnection
from hefu.dataplane.connectors.postgres.replication import ChangeStream, advance_slot
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.kernel.clock import SystemClock
from hefu.kernel.ids import new_id

#: Bytes that wait for one consumer before the reader waits for it, and that are kept for those who join.
MOST_WAITING, MOST_KEPT = 16 << 20, 8 << 20
#: Seconds for which one consumer may keep others waiting, and for which one that takes nothing is waited for.
PATIENCE, STUCK = 2.0, 10.0
#: Seconds between two times at which the slots of those who read together are moved on.
ADVANCE_EVERY = 15.0
#: Seconds before a reader that broke off is tried again.
AGAIN = 5.0
_WAIT, _LOOK = 0.1, 0.05
#: Messages between two looks at whether the reader is still wanted.
_SELDOM = 500
#: Messages between two looks at who has too much waiting.
_OFTEN = 20
_BEGIN, _COMMIT, _RELATION, _TRUNCATE = b"BCRT"
_ROWS = b"IUD"


class Parted(Exception):
    """The consumer reads by itself from here on; never leaves this package."""


@dataclass(eq=False)
class Member:
    """Somebody who follows a table of the source."""

    slot: str
    publication: str
    #: Number of the table, as messages name it.
    table: int


@dataclass(eq=False)
class Feed:
    """What was read for one consumer and not yet taken."""

    member: Member
    changed: threading.Condition
    #: Position before which everything was given.
    seen: int
    #: When the source last spoke, on the monotonic clock.
    heard: float
    #: Up to where the consumer has everything safe.
    confirmed: int
    waiting: list[bytes] = field(default_factory=list)
    size: int = 0
    parted: bool = False
    #: Whether it was told of the transaction under way.
    inside: bool = False
    patience: float = PATIENCE
    taken_at: float = field(default_factory=time.monotonic)


class Capture:
    """The one reading of one source; begins when two follow it and ends when fewer do."""

    def __init__(self, connection: PostgresConnection, policy: AddressPolicy) -> None:
        """Prepare; nothing is opened before two are in step."""
        self._connection, self._policy = connection, policy
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._members: list[Member] = []
        self._feeds: list[Feed] = []
        self._by_table: dict[bytes, list[Feed]] = {}
        self._thread: threading.Thread | None = None
        self._published: frozenset[str] = frozenset()
        self._streaming = self._renew = False
        self._seen, self._heard = 0, 0.0
        self._reset(0)

    def _reset(self, begin: int) -> None:
        #: Whole transactions that who joins may still need, and the one under way; None when that is too long to keep.
        self._kept: deque[tuple[list[bytes], int, int]] = deque()
        self._kept_bytes = 0
        self._current: list[bytes] | None = []
        self._current_bytes = 0
        self._opened = b""
        #: Everything from here on is among them.
        self._floor = begin
        #: What tables looked like before them.
        self._shapes: dict[bytes, bytes] = {}

    # -- what consumers call, each in its own thread ------------------------------------------------

    def enter(self, member: Member) -> None:
        """Count somebody in who follows a table of the source."""
        with self._changed:
            self._members.append(member)
            if len(self._members) > 1 and self._thread is None:
                self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
                self._thread.start()

    def leave(self, member: Member) -> bool:
        """Count somebody out; return whether nobody is left."""
        with self._changed:
            self._members.remove(member)
            self._changed.notify_all()
            for feed in [feed for feed in self._feeds if feed.member is member]:
                self._part(feed)
            return not self._members

    def join(self, member: Member, position: int) -> Feed | None:
        """Return what is read from `position` on, or None when it cannot be had from here now."""
        with self._changed:
            if not self._streaming:
                return None
            if member.publication not in self._published:
                self._renew = True
                return None
            if self._current is None or position < self._floor:
                return None
            table = member.table.to_bytes(4)
            feed = Feed(member, threading.Condition(self._lock), position, self._heard, position)
            if table in self._shapes:
                self._push(feed, self._shapes[table])
            for messages, _size, _end in self._kept:
                self._replay(feed, messages)
            self._replay(feed, self._current)
            self._feeds.append(feed)
            self._by_table.setdefault(table, []).append(feed)
            return feed

    def _replay(self, feed: Feed, messages: list[bytes]) -> None:
        opened = b""
        for data in messages:
            if data[0] == _BEGIN:
                opened = data
            else:
                self._give(feed, data, opened)

    def take(self, feed: Feed, wait: float) -> list[bytes]:
        """Return what was read meanwhile; waits for it so many seconds.

        Raises:
            Parted: The consumer reads by itself from here on.
        """
        with self._changed:
            if not feed.waiting and not feed.parted and wait:
                feed.changed.wait(wait)
            if feed.parted:
                raise Parted
            taken, feed.waiting, feed.size, feed.taken_at = feed.waiting, [], 0, time.monotonic()
            self._changed.notify_all()
            if not taken:
                feed.seen, feed.heard = max(feed.seen, self._seen), self._heard
                feed.patience = PATIENCE
            return taken

    def together(self, feed: Feed) -> int:
        """Return how many read together with this one, itself among them."""
        with self._changed:
            return len(self._feeds) if feed in self._feeds else 0

    # -- what the reader does, in its thread --------------------------------------------------------

    def _run(self) -> None:
        while self._wanted():
            keeper = threading.Event()
            with contextlib.suppress(
                DataPlaneRefusal, OSError, ValueError
            ):  # who reads alone meets it too, and says it
                self._read(keeper)
            keeper.set()
            with self._changed:
                pause, self._streaming, self._renew = 0.0 if self._renew else AGAIN, False, False
                for feed in list(self._feeds):
                    self._part(feed)
            with self._changed:
                self._changed.wait_for(lambda: len(self._members) < 2, pause)

    def _wanted(self) -> bool:
        with self._changed:
            if len(self._members) > 1:
                return True
            self._thread = None
            return False

    def _read(self, ended: threading.Event) -> None:
        with self._changed:
            published, self._published = frozenset(member.publication for member in self._members), frozenset()
        slot = f"hefu_all_{new_id(SystemClock().now()).hex}"
        stream = ChangeStream(
            self._connection, self._policy, slot=slot, publication=tuple(sorted(published)), look=self._look,
            temporary=True,
        )  # fmt: skip
        with contextlib.closing(stream):
            with self._changed:
                self._reset(stream.begin)
                self._seen, self._heard = stream.begin, stream.heard
                self._published, self._streaming = published, True
            threading.Thread(target=self._advance, args=(ended,), name="capture-slots", daemon=True).start()
            self._pass_on(stream)

    def _look(self) -> None:
        """Give up what takes long to open when nobody wants it any more."""
        if len(self._members) < 2:
            raise OSError("nobody reads together")

    def _pass_on(self, stream: ChangeStream) -> None:
        reads = 0
        while True:
            reads += 1
            if not reads % _SELDOM and (self._renew or len(self._members) < 2):
                return
            data = stream.read(0)
            if data is None:
                if self._renew or len(self._members) < 2:
                    return
                with self._changed:
                    if not self._opened:
                        self._seen = max(self._seen, stream.seen)
                    self._heard = stream.heard
                stream.confirm(self._seen, asking=True)
                data = stream.read(_WAIT)
            if data is not None:
                with self._changed:
                    self._note(data)
                    if not reads % _OFTEN:
                        self._make_room()
                if data[0] == _COMMIT:
                    stream.confirm(self._seen)

    def _note(self, data: bytes) -> None:
        """Pass a message on, and keep it for those who join."""
        kind = data[0]
        if kind == _BEGIN:
            self._opened = data
        concerned = self._by_table.get(data[1:5], ()) if kind in _ROWS or kind == _RELATION else self._feeds
        for feed in concerned:
            if kind in _ROWS and feed.inside:  # what there is most of comes first
                feed.waiting.append(data)
                feed.size += len(data)
            else:
                self._give(feed, data, self._opened)
        if self._current is not None:
            self._current.append(data)
            self._current_bytes += len(data)
            if self._current_bytes > MOST_KEPT:
                self._forget()
                self._current = None
        if self._current is None and kind == _RELATION:
            self._shapes[data[1:5]] = data
        if kind == _COMMIT:
            self._whole(data)

    def _whole(self, data: bytes) -> None:
        end = end_of(data)
        self._opened, self._seen = b"", max(self._seen, end)
        if self._current is None:
            self._floor = end
        else:
            self._kept.append((self._current, self._current_bytes, end))
            self._kept_bytes += self._current_bytes
            while self._kept_bytes > MOST_KEPT:
                self._forget_one()
        self._current, self._current_bytes = [], 0

    def _forget(self) -> None:
        while self._kept:
            self._forget_one()
        self._shapes |= {one[1:5]: one for one in self._current or () if one[0] == _RELATION}

    def _forget_one(self) -> None:
        messages, size, self._floor = self._kept.popleft()
        self._kept_bytes -= size
        self._shapes |= {one[1:5]: one for one in messages if one[0] == _RELATION}

    def _give(self, feed: Feed, data: bytes, opened: bytes) -> None:
        """Give a consumer what is about its own table, and the transactions around it; nothing else ever."""
        kind, table = data[0], feed.member.table.to_bytes(4)
        if kind in _ROWS or kind == _RELATION:
            mine = data[1:5] == table
        elif kind == _TRUNCATE:
            emptied = decode(data)
            mine = isinstance(emptied, Truncate) and feed.member.table in emptied.oids
        else:
            mine = kind == _COMMIT and feed.inside
        if not mine:
            return
        if not feed.inside:
            feed.inside = True
            self._push(feed, opened)
        self._push(feed, data)
        if kind == _COMMIT:
            feed.inside = False
            feed.changed.notify_all()

    @staticmethod
    def _push(feed: Feed, data: bytes) -> None:
        feed.waiting.append(data)
        feed.size += len(data)

    def _make_room(self) -> None:
        """Wait for whom too much waits; part who keeps others waiting, or takes nothing."""
        while full := [feed for feed in self._feeds if feed.size > MOST_WAITING]:
            for feed in full:
                feed.changed.notify_all()
            self._changed.wait(_LOOK)
            now = time.monotonic()
            idle = any(not feed.waiting for feed in self._feeds)
            for feed in full:
                feed.patience -= _LOOK if idle else 0.0
                if feed.size > MOST_WAITING and (feed.patience <= 0 or now - feed.taken_at > STUCK):
                    self._part(feed)

    def _part(self, feed: Feed) -> None:
        feed.parted = True
        feed.waiting, feed.size = [], 0
        if feed in self._feeds:
            self._feeds.remove(feed)
            self._by_table[feed.member.table.to_bytes(4)].remove(feed)
        feed.changed.notify_all()

    def _advance(self, ended: threading.Event) -> None:
        """Let the server forget, for each who reads here, what is safe at its consumer."""
        while not ended.wait(ADVANCE_EVERY):
            with self._changed:
                due = [(feed.member.slot, feed.confirmed) for feed in self._feeds]
            with contextlib.suppress(DataPlaneRefusal), contextlib.closing(
                Session(self._connection, "source", self._policy)
            ) as session:  # fmt: skip
                for slot, confirmed in due:
                    with contextlib.suppress(DataPlaneRefusal):  # read by its owner again, or gone
                        advance_slot(session, slot, lsn_text(confirmed))


def end_of(commit: bytes) -> int:
    """Return the first position after a transaction."""
    return int.from_bytes(commit[10:18])


class Captures:
    """The readings of one process, each for as long as somebody follows its source."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._by_source: dict[PostgresConnection, Capture] = {}

    def __len__(self) -> int:
        """Return of how many sources something is followed."""
        return len(self._by_source)

    def enter(self, member: Member, connection: PostgresConnection, policy: AddressPolicy) -> Capture:
        """Count somebody in who follows a table of a source; return the source's reading."""
        with self._lock:
            capture = self._by_source.setdefault(connection, Capture(connection, policy))
            capture.enter(member)
            return capture

    def leave(self, member: Member, connection: PostgresConnection) -> None:
        """Count somebody out; a source that nobody follows any more is forgotten, and its password with it."""
        with self._lock:
            if self._by_source[connection].leave(member):
                del self._by_source[connection]
