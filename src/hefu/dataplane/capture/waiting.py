"""What a follower waits for at its source before its slot is there, told while it waits.

A server makes a logical slot only once every transaction has ended that had written anything, in whichever of its
databases, before the slot was asked for. One that somebody forgot holds it back for hours, and whoever waits is told
nothing. So while one session waits, a second one looks now and then who is waited for.

Which transactions are open, whose, and in which database, every account may see; since when, only one that may read
all statistics (`pg_read_all_stats`), of those of other users. What they run is never asked for.

Source: PostgreSQL documentation, chapters "Logical Decoding" and "Monitoring Database Activity".
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hefu.dataplane.connectors.postgres.connection import AddressPolicy
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.control import Control, Waits
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.kernel.clock import Clock

#: Seconds between two looks, and before the first: most slots are there at once.
EVERY = 2.0
#: Seconds for which the looking session is waited for at the end; nothing hangs on it.
_CLOSING = 1.0

_AWAITED = "select transactionid::text from pg_locks where pid = %s and locktype = 'transactionid' and not granted"
_OPEN = """
select backend_xid::text, extract(epoch from clock_timestamp() - xact_start)::float8, age(backend_xid),
       coalesce(usename, ''), coalesce(nullif(application_name, ''), backend_type, ''), coalesce(datname, '')
from pg_stat_activity where backend_xid is not null and pid <> %s
union all
select transaction::text, extract(epoch from clock_timestamp() - prepared)::float8, age(transaction),
       owner, 'prepared transaction', database
from pg_prepared_xacts
"""


@dataclass
class Waiting:
    """One wait: looked into from a thread of its own, until it is over."""

    look: Callable[[], Session]
    backend: int
    clock: Clock
    #: What was found last; None as long as nothing holds it back.
    now: Waits | None = None

    def __post_init__(self) -> None:
        """Note when the wait began."""
        self.began = self.clock.now()
        self._over = threading.Event()
        #: Those that were open when the one was first waited for that is waited for now.
        self._among: frozenset[str] = frozenset()

    def watch(self) -> None:
        """Look until it is over; a source that lets nobody look is asked again."""
        while not self._over.wait(EVERY):
            with contextlib.suppress(DataPlaneRefusal), contextlib.closing(self.look()) as session:
                while not self._over.is_set():
                    self.now = self._found(session)
                    self._over.wait(EVERY)

    def end(self) -> None:
        """Look no more."""
        self._over.set()

    def _found(self, session: Session) -> Waits | None:
        awaited = {xid for (xid,) in session.run(_AWAITED, (self.backend,))}
        rows = session.run(_OPEN, (self.backend,))
        session.commit()
        if not awaited:
            return self.now
        if not awaited <= self._among:  # what began after that is not waited for
            self._among = frozenset(row[0] for row in rows) | awaited
        held = [row for row in rows if row[0] in self._among]
        if not held:
            return self.now
        _xid, _seconds, _age, user, application, database = max(held, key=lambda row: (row[1] or 0.0, row[2]))
        known = [row[1] for row in held if row[1] is not None]
        since = self.clock.now() - timedelta(seconds=max(known)) if known else None
        return Waits(self.began, len(held), since and _whole(since), user, application[:63], database)


def _whole(at: datetime) -> datetime:
    """Return the moment without what differs between two looks."""
    return (at + timedelta(milliseconds=500)).replace(microsecond=0)


@contextlib.contextmanager
def told(control: Control, asking: Session, policy: AddressPolicy, clock: Clock) -> Iterator[None]:
    """Let the run tell what the session waits for while the block lasts."""
    backend = int(asking.run("select pg_backend_pid()")[0][0])
    asking.commit()
    waiting = Waiting(lambda: Session(asking.connection, "source", policy), backend, clock)
    thread = threading.Thread(target=waiting.watch, name="waiting", daemon=True)
    control.waiting = waiting
    thread.start()
    try:
        yield
    finally:
        control.waiting = None
        waiting.end()
        thread.join(_CLOSING)
