"""The same faults on the channels that carry no whole table: by way of a staging file, new rows, changes.

Whatever breaks, the run is made again, and then the target holds exactly what the source grants. Those that end a
process or a server take a minute together: they run when HEFU_ALL_FAULTS is set, and the page of faults says when they
did so last.
"""

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hefu.dataplane.capture.follow import Reached, follow, stop_following
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.control import Progress, StopWord
from hefu.dataplane.errors import (
    AlreadyRunning,
    DataPlaneRefusal,
    Revoked,
    SideLost,
    SideRefused,
    TicketRefused,
    TooFewRows,
)
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.run import ListSink, Options, Outcome, deliver
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock, SystemClock
from hefu.kernel.ids import new_id
from hefu.node.postgres import Cluster
from tests.connectors.place import SIGNER
from tests.faults import forked
from tests.faults.proxy import Proxy
from tests.faults.test_delivery_faults import Ground, _free_port, small_disk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
by_hand = pytest.mark.skipif(
    not os.environ.get("HEFU_ALL_FAULTS"), reason="takes a minute: set HEFU_ALL_FAULTS; docs/reference/faults.md"
)

ROWS = 40_000 if os.environ.get("HEFU_ALL_FAULTS") else 5_000
#: Parts of this many hundred rows, each committed with its position.
PARTS = Options(workers=1, chunk_pages=ROWS // 800)
CREATE = """
drop table if exists people; create table people (id bigint primary key, reading text, amount numeric(12,2))
"""
SAME = "select count(*), count(distinct id), sum(hashtextextended(t::text, 0)) from {} as t"
#: Bytes that have passed to and from the target when it happens: at the beginning, on the way, near the end.
MOMENTS = {"staged": (6_000, 10 * ROWS, 22 * ROWS), "new rows": (6_000, 8 * ROWS), "follow": (4_000, 8 * ROWS)}
WAYS = ("staged", "new rows", "follow")
Ran = Outcome | Reached | DataPlaneRefusal


@dataclass
class Moving:
    """A clock that a test moves."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass
class Way:
    """One channel from the provider's table to the consumer's."""

    ground: Ground
    name: str
    folder: Path
    number: int = 0
    said: list[StopWord] = field(default_factory=list)

    @property
    def source(self) -> PostgresSource | FolderSource:
        return (
            FolderSource(self.folder) if self.name == "staged" else PostgresSource(self.ground.connection("provider"))
        )

    @property
    def ticket(self) -> Ticket:
        now = datetime.now(UTC)  # noqa: TID251 - the carrier process has no other clock
        kind = ResourceKind.FILE_FOLDER if self.name == "staged" else ResourceKind.POSTGRES_TABLE
        table = "people.csv" if self.name == "staged" else "people"
        return Ticket(
            id=self.ground.ticket.id, serial=1, grant="G", request="R", node="n", issuer="i",
            provider=Party("1" * 18, "p"), consumer=Party("2" * 18, "c"), entry="e",
            resource=ResourceRef("s", kind, "" if self.name == "staged" else "public", table),
            items=(Item("id", "id", "bigint"), Item("reading", "reading", "text"),
                   Item("amount", "amount", "numeric(12,2)")),
            key=("id",), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now - timedelta(1),
            valid_until=now + timedelta(1), target=TargetRef("t", "arrived"), filter=RowFilter(()),
        )  # fmt: skip

    def change(self) -> None:
        """Let the source be another: rows more, some changed, and where that can be seen some gone."""
        self.number += 1
        first = self.number * 1_000_000
        self.ground.run(
            "provider",
            f"insert into people select n, 'r' || n, n / 7.0 from generate_series({first}, {first + ROWS - 1}) n; "
            f"update people set reading = 'again {self.number}' "
            f"where id between {first - 999_900} and {first - 999_000}",
        )
        if self.name != "new rows":
            self.ground.run("provider", f"delete from people where id between {first - 990_000} and {first - 989_900}")
        self.written()

    def written(self) -> None:
        """Write the file that a channel by way of a file reads."""
        if self.name == "staged":
            rows = self.ground.run("provider", "select id, reading, amount from people order by id")
            lines = [f"{one},{reading},{amount}" for one, reading, amount in rows]
            (self.folder / "people.csv").write_text("\n".join(["id,reading,amount", *lines]) + "\n")

    def target(self, **changes: Any) -> PostgresTarget:
        return PostgresTarget(replace(self.ground.connection("consumer"), **changes), "public", "arrived", "t")

    def run(self, token: str = "", *, clock: Any = None, once: bool = True, least: int = 0, **changes: Any) -> Ran:
        """Deliver what is there now; return the outcome, or the refusal."""
        given: dict[str, Any] = {
            "delivery": "D-F" if self.name == "follow" else f"D-{self.number}", "keys": [SIGNER.public],
            "token": token or sign_ticket(self.ticket, SIGNER), "clock": clock or SystemClock(), "source": self.source,
            "target": self.target(**changes), "rejects": ListSink(), "watcher": self,
        }  # fmt: skip
        try:
            if self.name == "follow":
                return follow(**given, once=once)
            # The newest numbers, and a million back: what was changed above is read again.
            since = Since("id", 1_000_000) if self.name == "new rows" else None
            return deliver(**given, options=PARTS, since=since, least_rows=least)
        except DataPlaneRefusal as refusal:
            return refusal

    def progress(self, now: Progress) -> None:
        """Look at nothing."""

    def stop_requested(self) -> StopWord | None:
        return self.said[0] if self.said else None

    @contextlib.contextmanager
    def process(self, port: int, *, stalls: int, proxy: Proxy) -> Iterator[forked.Forked]:
        """Begin the same in a process of its own, and give it once its cable to the target stands still."""
        target = replace(self.ground.connection("consumer"), port=port)
        plain = {"token": sign_ticket(self.ticket, SIGNER), "key": SIGNER.public.as_text(), "target": asdict(target)}
        plain |= {"delivery": "D-F" if self.name == "follow" else f"D-{self.number}", "logged": True, "once": True}
        plain |= {"source": asdict(self.ground.connection("provider")), "pages": 50}
        plain |= {"folder": str(self.folder)} if self.name == "staged" else {}
        plain |= {"since": ["id", 1_000_000]} if self.name == "new rows" else {}
        proxy.stalls = stalls
        with forked.Forked("follower" if self.name == "follow" else "carrier", plain) as process:
            try:
                until(lambda: proxy.passed > stalls)
                yield process
            finally:
                process.kill()

    def made_good(self) -> None:
        """Run again as long as that helps, and see that both sides are the same."""
        for _ in range(20):
            ran = self.run()
            if not (isinstance(ran, DataPlaneRefusal) and ran.transient):
                break
            time.sleep(0.2)
        assert not isinstance(ran, DataPlaneRefusal), ran
        self.agrees()

    def is_same(self) -> bool:
        there = self.ground.run("provider", SAME.format("(select id, reading, amount from people)"))
        return self.ground.run("consumer", SAME.format("arrived")) == there

    def agrees(self) -> None:
        there = self.ground.run("provider", SAME.format("(select id, reading, amount from people)"))
        assert self.ground.run("consumer", SAME.format("arrived")) == there
        assert there[0][0] == there[0][1] > 0


@contextlib.contextmanager
def cable(ground: Ground) -> Iterator[Proxy]:
    proxy = Proxy("127.0.0.1", ground.cluster.tcp_port or 0)
    try:
        yield proxy
    finally:
        proxy.close()


def until(true: Callable[[], object], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    home = Path(tempfile.mkdtemp(prefix="hefu-channels-"))
    home.chmod(0o711)
    settings = {"wal_level": "logical", "max_wal_senders": "8", "max_replication_slots": "8", "autovacuum": "off",
                "synchronous_commit": "on", "fsync": "off"}  # fmt: skip
    cluster = Cluster(home / "database", home / "secrets", tcp_port=_free_port(), settings=settings)
    cluster.start()
    now = datetime.now(UTC)  # noqa: TID251 - the carrier process has no other clock
    ticket = Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e", resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "", "people"),
        items=(), key=(), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now,
        valid_until=now, target=None, filter=RowFilter(()),
    )  # fmt: skip
    try:
        for name in ("provider", "consumer"):
            cluster.create_database(name)
        yield Ground(cluster, ticket)
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, ground: Ground, tmp_path: Path) -> Iterator[Way]:
    """A channel that has delivered once, and a source that is another since."""
    ground.run("provider", f"{CREATE}; insert into people select n, 'r' || n, n / 7.0 "
                           f"from generate_series(1, {ROWS}) n; analyze people")  # fmt: skip
    ground.forget()
    made = Way(ground, request.param, tmp_path)
    made.written()
    made.made_good()
    made.change()
    yield made
    if request.param == "follow":
        stop_following(delivery="D-F", source=PostgresSource(ground.connection("provider")), target=made.target())
    ground.forget()


def test_a_cable_that_is_pulled_a_lost_answer_and_ended_sessions_cost_nothing(way: Way) -> None:
    for passed in MOMENTS[way.name]:
        with cable(way.ground) as proxy:
            proxy.limit = passed
            ran = way.run(port=proxy.port)
        assert isinstance(ran, SideLost), (passed, ran)
        assert ran.transient
    way.made_good()

    for commit in (2, 4) if way.name == "staged" else (2,):
        way.change()
        with cable(way.ground) as proxy:
            proxy.unanswered = (b"COMMIT", commit)
            ran = way.run(port=proxy.port)
        assert isinstance(ran, SideLost), (commit, ran)
        way.made_good()

    way.change()
    ended = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'hefu'"
    with cable(way.ground) as proxy, ThreadPoolExecutor(1) as beside:
        proxy.stalls = MOMENTS[way.name][1]
        running = beside.submit(way.run, port=proxy.port)
        until(lambda: proxy.passed > (proxy.stalls or 0))
        way.ground.run("postgres", f"{ended} and datname = 'consumer'", superuser=True)
        proxy.stalls = None
        assert isinstance(running.result(90), SideLost)
    way.made_good()

    way.change()
    with cable(way.ground) as proxy:
        proxy.late = 0.01
        ran = way.run(port=proxy.port)
    assert not isinstance(ran, DataPlaneRefusal), ran
    way.agrees()


def test_who_may_not_write_whose_ticket_ends_and_whose_grant_is_revoked_change_nothing(way: Way) -> None:
    ground, before = way.ground, way.ground.run("consumer", SAME.format("arrived"))
    if ground.run("postgres", "select 1 from pg_roles where rolname = 'visitor'", superuser=True) == []:
        ground.run("postgres", "create role visitor login password 'v'", superuser=True)
    ground.run("consumer", "grant usage on schema public to visitor", superuser=True)
    refused = way.run(user="visitor", password="v")
    assert isinstance(refused, SideRefused), refused
    assert not refused.transient
    assert "permission denied" in str(refused) or "may not" in str(refused) or "must be owner" in str(refused)

    ticket = way.ticket
    ended = FixedClock(ticket.valid_until)
    assert isinstance(way.run(sign_ticket(ticket, SIGNER), clock=ended), TicketRefused)
    way.said = ["revoked"]
    assert isinstance(way.run(), Revoked)
    way.said = []
    assert ground.run("consumer", SAME.format("arrived")) == before
    way.made_good()
    if way.name == "follow":  # and the same to one that is in step: what it brought until then stays the consumer's
        for ending in ("ticket", "grant"):
            way.change()
            clock = Moving(datetime.now(UTC))  # noqa: TID251 - the database has no other clock
            with ThreadPoolExecutor(1) as beside:
                running = beside.submit(way.run, sign_ticket(ticket, SIGNER), clock=clock, once=False)
                until(way.is_same)
                if ending == "ticket":
                    clock.at = ticket.valid_until
                else:
                    way.said = ["revoked"]
                assert isinstance(running.result(5), TicketRefused if ending == "ticket" else Revoked)
            way.said = []
            way.agrees()
    if way.name == "staged":
        (way.folder / "people.csv").write_text("id,reading,amount\n")
        way.number += 1
        assert isinstance(way.run(least=1), TooFewRows)
        way.agrees()


@by_hand
def test_a_run_that_is_killed_or_sleeps_on_the_way_is_made_good(way: Way) -> None:
    for passed in MOMENTS[way.name]:
        for ending in (signal.SIGKILL, signal.SIGSTOP):
            with cable(way.ground) as proxy, way.process(proxy.port, stalls=passed, proxy=proxy) as process:
                process.send_signal(ending)
                if ending is signal.SIGSTOP:
                    # Asleep it holds what it has locked; before that another may carry, and it finds that.
                    ran = way.run()
                    assert isinstance(ran, AlreadyRunning | SideLost | Outcome | Reached), ran
                    proxy.stalls = None
                    process.send_signal(signal.SIGCONT)
                    words = json.loads(process.communicate(timeout=30)[0].splitlines()[-1])
                    assert words.get("refused") in (None, "dataplane.already_running"), words
                    if isinstance(ran, DataPlaneRefusal):
                        assert not words.get("refused"), words
                    way.agrees()
            way.made_good()
            way.change()


@by_hand
def test_a_server_that_crashes_on_the_way_is_made_good(way: Way) -> None:
    for passed in MOMENTS[way.name]:
        with cable(way.ground) as proxy, ThreadPoolExecutor(1) as beside:
            proxy.stalls = passed
            running = beside.submit(way.run, port=proxy.port)
            until(lambda proxy=proxy: proxy.passed > (proxy.stalls or 0))
            pid = way.ground.cluster.pid
            assert pid is not None
            os.kill(pid, signal.SIGQUIT)  # immediate: no checkpoint, recovery at the next start
            proxy.stalls = None
            assert isinstance(running.result(30), SideLost)
        way.ground.cluster.stop()
        way.ground.cluster.start()
        way.made_good()
        way.change()


@by_hand
def test_a_full_disk_of_the_consumer_is_refused_until_there_is_room(way: Way) -> None:
    ground = way.ground
    with small_disk(ground, 3) as resize:
        folder = next(Path(tempfile.gettempdir()).glob("hefu-disk-*/space"))
        ground.run("postgres", f"create tablespace small location '{folder}'", superuser=True)
        ground.run("postgres", "grant create on tablespace small to public", superuser=True)
        for setting in ("default_tablespace", "temp_tablespaces"):
            ground.run("postgres", f"alter role hefu in database consumer set {setting} = 'small'", superuser=True)
        try:
            if way.name != "staged":  # they write into the table that stands
                resize(24)
                ground.run("consumer", "alter table arrived set tablespace small")
                resize(4)
            way.change()
            words = way.run()
            assert isinstance(words, SideRefused), words
            assert "No space left on device" in str(words)
            resize(400)
            way.made_good()
        finally:
            for setting in ("default_tablespace", "temp_tablespaces"):
                ground.run("postgres", f"alter role hefu in database consumer reset {setting}", superuser=True)
            if way.name == "follow":
                stop_following(
                    delivery="D-F", source=PostgresSource(ground.connection("provider")), target=way.target()
                )
            ground.forget()
            ground.run("postgres", "drop tablespace small", superuser=True)
