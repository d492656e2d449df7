"""What one who follows reads: its own slot, or what several read together; each message once."""

import threading
from collections import deque
from collections.abc import Callable

from hefu.dataplane.capture.shared import Captures, Feed, Member, Parted, end_of
from hefu.dataplane.connectors.postgres.connection import AddressPolicy, PostgresConnection
from hefu.dataplane.connectors.postgres.replication import ChangeStream
from hefu.dataplane.errors import SideLost

_BEGIN, _COMMIT, _RELATION, _TRUNCATE = b"BCRT"
_ROWS = b"IUD"


class MemberStream:
    """The messages of one table for one consumer: from its own slot, or from the common reading; each once."""

    def __init__(
        self,
        own: Callable[[], ChangeStream],
        captures: Captures,
        member: Member,
        connection: PostgresConnection,
        policy: AddressPolicy,
    ) -> None:
        """Begin by itself.

        Args:
            own: Opens the stream of its own slot.
            captures: The common readings of this process.
            member: Who it is.
            connection: The source.
            policy: Which addresses may be reached.

        Raises:
            DataPlaneRefusal: As `ChangeStream`.
        """
        self._open, self._captures, self._member, self._connection = own, captures, member, connection
        self._own: ChangeStream | None = own()
        self._feed: Feed | None = None
        self._taken: deque[bytes] = deque()
        #: What was given: everything before a position, and so many rows of the transaction after it that began at
        #: `_begun`; while that is being read again, how many of them are still to be passed over.
        self._given = self._begun = self._rows = self._again = 0
        self._passing_over = False
        self._lock = threading.Lock()
        self._capture = captures.enter(member, connection, policy)

    @property
    def seen(self) -> int:
        """How far the source's log had grown when everything before had been given."""
        return self._feed.seen if self._feed else self._alone.seen

    @property
    def heard(self) -> float:
        """When the source last spoke, on the monotonic clock."""
        return self._feed.heard if self._feed else self._alone.heard

    @property
    def together(self) -> int:
        """How many read together, this one among them; 0 when it reads by itself."""
        return self._capture.together(self._feed) if self._feed else 0

    @property
    def _alone(self) -> ChangeStream:
        if self._own is None:  # between two streams, which only one who asks from another thread could see
            raise SideLost("source", "no stream")
        return self._own

    def read(self, wait: float) -> bytes | None:
        """Return the next message, or None when there is none within `wait` seconds.

        Raises:
            DataPlaneRefusal: The source is gone, also for one who reads by itself.
        """
        while (data := self._next(wait)) is not None:
            if self._is_new(data):
                return data
        return None

    def _next(self, wait: float) -> bytes | None:
        if self._feed is None:
            return self._alone.read(wait)
        if not self._taken:
            try:
                self._taken.extend(self._capture.take(self._feed, wait))
            except Parted:
                self._part()
                return None
        return self._taken.popleft() if self._taken else None

    def _part(self) -> None:
        """Read by itself again, from the same place: what was given already is passed over."""
        self._feed, self._again = None, self._rows
        self._own = self._open()

    def _is_new(self, data: bytes) -> bool:
        kind = data[0]
        if kind == _BEGIN:
            at = int.from_bytes(data[1:9])
            self._passing_over = at < max(self._given, self._begun)
            if self._passing_over or at == self._begun:  # all of it was given, or its beginning
                return False
            self._begun, self._rows, self._again = at, 0, 0
            return True
        if self._passing_over:
            return kind == _RELATION
        if kind in _ROWS or kind == _TRUNCATE:
            if self._again:
                self._again -= 1
                return False
            self._rows += 1
        elif kind == _COMMIT:
            self._given, self._begun, self._rows = end_of(data), 0, 0
        return True

    def confirm(self, lsn: int, *, now: bool = False, asking: bool = False) -> None:
        """Say that everything before `lsn` is safe; with `asking`, also that nothing else was given.

        Raises:
            DataPlaneRefusal: The source is gone.
        """
        if self._feed is not None:
            self._feed.confirmed = lsn
            return
        self._alone.confirm(lsn, now=now, asking=asking)
        if not asking:
            return
        position = max(lsn, self._alone.seen, self._given)
        feed = self._capture.join(self._member, position)
        if feed is not None:
            feed.confirmed, self._given = lsn, position
            self._alone.confirm(lsn, now=True)
            with self._lock:
                self._alone.close()
                self._own, self._feed = None, feed

    def cancel(self) -> None:
        """Nothing to do: `read` never waits long."""

    def cut(self) -> None:
        """Let go of a stream of its own."""
        with self._lock:
            if self._own is not None:
                self._own.cut()

    def close(self) -> None:
        """Leave; the slot stays."""
        self._captures.leave(self._member, self._connection)
        if self._own is not None:
            self._own.close()
