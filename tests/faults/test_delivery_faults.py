"""Whatever is killed, cut, filled or restarted: run again, and the target is exactly what is granted."""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hefu.dataplane.checks import CitizenId, CodeSet, NotNull, UniqueKey
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.filters import Between, OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.ticket import Channel, Item, Party, ResourceKind, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.identifiers import citizen_id
from hefu.kernel.ids import new_id
from hefu.node.postgres import Cluster
from tests.connectors.place import SIGNER
from tests.faults import forked
from tests.faults.proxy import Proxy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

#: People in the source, and pages of a part; more of them by hand.
EVERYBODY, PAGES = (400_000, 512) if os.environ.get("HEFU_ALL_FAULTS") else (160_000, 256)
#: The weighted sum behind the check character of a citizen number's first 17 digits.
TOTAL = " + ".join(
    f"(ascii(substr(body, {place}, 1)) - 48) * {weight}" for place, weight in enumerate(citizen_id.WEIGHTS, start=1)
)
PEOPLE = f"""
create table people as
select case when n % 5000 = 0 then null when n % 5000 = 1 then '51170219900101002X'
            else body || substr('{citizen_id.CHECK}', ({TOTAL}) % 11 + 1, 1) end as id,
       case when n % 7000 = 0 then null else '王' || n end as name,
       (511702 + n % 20)::text as division, '139' || lpad(n::text, 8, '0') as phone, n as number,
       repeat('四川', n % 9) as address
from (select n, '511702' || to_char(date '1950-01-01' + (n / 1000)::int, 'YYYYMMDD')
                || lpad((n % 1000)::text, 3, '0') as body
      from generate_series(0, {EVERYBODY} - 1) as n) as numbered
"""
DIVISIONS = tuple(str(511702 + n) for n in range(14))
#: The granted rows as one query over both databases' common server: what must arrive, nothing else.
WANTED = """
select id, left(name, 1) || repeat('*', length(name) - 1) as name, division,
       left(phone, 3) || '****' || right(phone, 4) as phone, number
from people where division in ({divisions}) and name is not null and (id is null or (id <> '51170219900101002X'))
""".format(divisions=", ".join(f"'{code}'" for code in DIVISIONS))


@dataclass
class Ground:
    """A server of our own that may be killed, with both databases in it."""

    cluster: Cluster
    ticket: Ticket
    #: Only people with a number below this are granted.
    below: int = EVERYBODY

    def connection(self, database: str, port: int | None = None, user: str = "hefu") -> PostgresConnection:
        password = (self.cluster.secrets / f"database-{user}.password").read_text().strip()
        return PostgresConnection(
            "127.0.0.1", port or self.cluster.tcp_port or 0, database, user, password, sslmode="disable"
        )

    def run(self, database: str, statement: str, *, superuser: bool = False) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.cluster.url(database, superuser=superuser, tcp=True), autocommit=True) as session:
            cursor = session.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def orders(self, delivery: str, **changes: Any) -> dict[str, Any]:
        return {
            "delivery": delivery, "token": sign_ticket(self._narrowed(), SIGNER), "key": SIGNER.public.as_text(),
            "source": asdict(self.connection("provider")), "target": asdict(self.connection("consumer")),
            "logged": True, "pages": PAGES, **changes,
        }  # fmt: skip

    def _narrowed(self) -> Ticket:
        rows = RowFilter((*self.ticket.filter.conditions, Between("number", 0, self.below - 1)))
        return replace(self.ticket, filter=rows)

    def start(self, delivery: str, **changes: Any) -> forked.Forked:
        return forked.Forked("carrier", self.orders(delivery, **changes))

    def finish(self, delivery: str, **changes: Any) -> dict[str, Any]:
        """Run to the end; return the last words."""
        words: dict[str, Any] = json.loads(forked.run("carrier", self.orders(delivery, **changes)).splitlines()[-1])
        return words

    def until(self, delivery: str, **changes: Any) -> dict[str, Any]:
        """Run again and again while the refusal says that this helps."""
        for _ in range(20):
            words = self.finish(delivery, **changes)
            if not words.get("transient"):
                break
            time.sleep(0.5)
        assert "outcome" in words, words
        outcome: dict[str, Any] = words["outcome"]
        return outcome

    def forget(self) -> None:
        """Begin anew."""
        self.run("consumer", "drop table if exists arrived; drop schema if exists hefu cascade")

    def agrees(self) -> None:
        """See that the target is the granted rows exactly: as many as are wanted, and each of these."""
        with contextlib.ExitStack() as stack:
            provider = stack.enter_context(psycopg.connect(self.cluster.url("provider", tcp=True)))
            consumer = stack.enter_context(psycopg.connect(self.cluster.url("consumer", tcp=True)))
            consumer.execute("create temp table wanted (like arrived)")
            query = f"copy ({WANTED} and number < {self.below}) to stdout (format binary)".encode()
            with (
                provider.cursor().copy(query) as out,
                consumer.cursor().copy("copy wanted from stdin (format binary)") as into,
            ):
                for block in out:
                    into.write(block)
            consumer.execute("set work_mem = '256MB'")
            counts = consumer.execute("select (select count(*) from wanted), (select count(*) from arrived)").fetchone()
            assert counts is not None
            assert counts[0] == counts[1] > 0
            lacking = consumer.execute("select * from wanted except all select * from arrived limit 3").fetchall()
            assert lacking == []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    home = Path(tempfile.mkdtemp(prefix="hefu-faults-"))
    home.chmod(0o711)
    settings = {
        "shared_buffers": "256MB", "max_wal_size": "4GB", "autovacuum": "off", "synchronous_commit": "on",
        # The test kills processes and the server, never the machine: fsync would only make it wait.
        "fsync": "off",
    }  # fmt: skip
    cluster = Cluster(home / "database", home / "secrets", tcp_port=_free_port(), settings=settings)
    cluster.start()
    now = datetime.now(UTC)  # noqa: TID251 - the carrier process has no other clock
    ticket = Ticket(
        id=new_id(now), serial=1, grant="G", request="R", node="n", issuer="i", provider=Party("1" * 18, "p"),
        consumer=Party("2" * 18, "c"), entry="e",
        resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "people"),
        items=(Item("id", "id"), Item("name", "name", mask=Cover(1)), Item("division", "division"),
               Item("phone", "phone", mask=Cover(3, 4)), Item("number", "number")),
        key=("number",), channel=Channel.TABLE, purpose="p", basis=(), issued_at=now, valid_from=now - timedelta(1),
        valid_until=now + timedelta(1), target=TargetRef("t", "arrived"),
        filter=RowFilter((OneOf("division", DIVISIONS),)),
        checks=(NotNull("name"), UniqueKey(("id",)), CitizenId("id"), CodeSet("division", DIVISIONS)),
    )  # fmt: skip
    ground = Ground(cluster, ticket)
    try:
        for name in ("provider", "consumer"):
            cluster.create_database(name)
        ground.run("provider", PEOPLE)
        ground.run("provider", "analyze people")
        yield ground
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def fresh(ground: Ground) -> Iterator[Ground]:
    """All people granted, and nothing delivered yet."""
    ground.forget()
    ground.below = EVERYBODY
    yield ground
    ground.forget()


@pytest.fixture
def fewer(fresh: Ground) -> Ground:
    """Some of them, where the fault does not need a long run."""
    fresh.below = EVERYBODY * 5 // 8
    return fresh


#: Of one run after the other; more of them by hand.
KILLS = 14 if os.environ.get("HEFU_ALL_FAULTS") else 8


def killed_after(process: forked.Forked, seconds: float) -> bool:
    """Kill -9 after a time, wherever the run is then; return whether it still ran."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=seconds)
        return False
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return True


def killed_at(process: forked.Forked, phase: str, chunks: int) -> bool:
    """Kill -9 when the run says that it is in `phase` with so many chunks done; return whether it came so far."""
    reached = False
    for line in process.stdout:
        words = json.loads(line)
        reached = words.get("phase") == phase and words.get("chunks_done", 0) >= chunks
        if reached:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate()
    return reached


def test_a_run_killed_at_many_points_ends_with_exactly_the_granted_rows(fresh: Ground) -> None:
    """Kill -9 at moments and at commits spread over the run; each run goes on from what the last one left."""
    started = time.monotonic()
    whole = fresh.finish("D-whole")["outcome"]
    length = time.monotonic() - started
    fresh.agrees()
    fresh.run("consumer", "drop table arrived")
    chance = random.Random(8)
    resumed, killed = [], 0
    for number in range(KILLS):
        delivery = f"D-{number // 4}"
        process = fresh.start(delivery)
        if number % 2:
            killed += killed_at(process, "copy", chance.randint(1, 3))
        else:
            killed += killed_after(process, length * chance.uniform(0.2, 0.75))
        if number % 4 == 3 or number == KILLS - 1:
            outcome = fresh.until(delivery)
            resumed.append(outcome["resumed_rows"])
            fresh.agrees()
            assert outcome["digest_target"] == whole["digest_target"]
            fresh.run("consumer", "drop table arrived")
    assert killed >= KILLS - 2
    assert any(resumed), "no run ever went on from another's rows"


PHASES = ["prepare", "examine", "copy", "publish"]


@pytest.mark.parametrize("phase", PHASES)
def test_a_run_killed_in_each_phase_is_made_good(fewer: Ground, phase: str) -> None:
    killed_at(fewer.start("D-phase"), phase, 0)
    fewer.until("D-phase")
    fewer.agrees()


@pytest.mark.parametrize("side", ["source", "target"])
def test_a_side_whose_cable_is_pulled_is_named_and_the_next_run_goes_on(fewer: Ground, side: str) -> None:
    database = "provider" if side == "source" else "consumer"
    proxy = Proxy("127.0.0.1", fewer.cluster.tcp_port or 0)
    proxy.limit = EVERYBODY * (25 if side == "source" else 15)
    try:
        words = fewer.finish("D-cut", **{side: asdict(fewer.connection(database, proxy.port))})
    finally:
        proxy.close()
    assert (words["refused"], words["transient"]) == ("dataplane.side_lost", True)
    assert f"The {side} database went away" in words["words"]
    assert fewer.run("consumer", "select to_regclass('arrived')") == [(None,)]
    # The same place by another address is the same place: the run goes on where the proxy dropped it.
    fewer.until("D-cut")
    fewer.agrees()


@pytest.mark.parametrize("commit", [2, 4])
def test_a_commit_whose_answer_is_lost_counts_once(fewer: Ground, commit: int) -> None:
    """The target has committed and the run does not know: the position stands beside the rows, so it finds out."""
    proxy = Proxy("127.0.0.1", fewer.cluster.tcp_port or 0)
    proxy.unanswered = (b"COMMIT", commit)
    try:
        words = fewer.finish("D-unanswered", target=asdict(fewer.connection("consumer", proxy.port)))
    finally:
        proxy.close()
    assert (words["refused"], words["transient"]) == ("dataplane.side_lost", True)
    fewer.until("D-unanswered")
    fewer.agrees()


def test_a_run_that_sleeps_while_another_is_asked_for_wakes_up_alone(fewer: Ground) -> None:
    """A machine that stood still for a while comes back: nobody carried in its place, and it carries on."""
    process = fewer.start("D-asleep")
    for line in process.stdout:
        if json.loads(line).get("phase") == "copy":
            break
    process.send_signal(signal.SIGSTOP)
    try:
        assert fewer.finish("D-asleep")["refused"] == "dataplane.already_running"
        time.sleep(3)
    finally:
        process.send_signal(signal.SIGCONT)
    words = json.loads(process.communicate()[0].splitlines()[-1])
    assert "outcome" in words, words
    fewer.agrees()


@pytest.mark.parametrize("database", ["provider", "consumer"])
def test_sessions_that_an_administrator_ends_are_a_lost_side(fewer: Ground, database: str) -> None:
    process = fewer.start("D-ended")
    for line in process.stdout:
        if json.loads(line).get("phase") == "copy":
            break
    ended = fewer.run(
        "postgres",
        "select count(pg_terminate_backend(pid)) from pg_stat_activity "
        f"where application_name = 'hefu' and datname = '{database}'",
        superuser=True,
    )
    assert ended[0][0] > 0
    words = json.loads(process.communicate()[0].splitlines()[-1])
    assert (words["refused"], words["transient"]) == ("dataplane.side_lost", True)
    fewer.until("D-ended")
    fewer.agrees()


@pytest.mark.skipif(forked.FAKED is None, reason="libfaketime is not there")
def test_a_clock_that_jumps_loses_nothing_and_a_ticket_ends_by_it(fewer: Ground, tmp_path: Path) -> None:
    """Hours back and the run goes on; two days ahead, past the ticket's end, and it stops; set right, it goes on."""
    fewer.below = EVERYBODY // 8

    def carried(delivery: str, jump: str) -> dict[str, Any]:
        with forked.by_a_clock(clock := tmp_path / "clock", "carrier", fewer.orders(delivery)) as process:
            words: dict[str, Any] = {}
            for line in process.stdout or ():
                words = json.loads(line)
                if words.get("phase") == "copy":
                    clock.write_text(jump)
        return words

    assert "outcome" in carried("D-back", "-5h\n")
    fewer.agrees()
    fewer.run("consumer", "drop table arrived")
    assert carried("D-ahead", "+2d\n")["refused"] == "dataplane.ticket_refused"
    assert fewer.run("consumer", "select to_regclass('arrived')") == [(None,)]
    fewer.until("D-ahead")
    fewer.agrees()


def test_a_role_that_may_not_write_is_refused_until_it_may(fewer: Ground) -> None:
    fewer.run("postgres", "create role visitor login password 'v' role hefu", superuser=True)
    fewer.run("consumer", "grant usage on schema public to visitor", superuser=True)
    visitor = replace(fewer.connection("consumer"), user="visitor", password="v")
    words = fewer.finish("D-role", target=asdict(visitor))
    assert (words["refused"], words["transient"]) == ("dataplane.side_refused", False)
    assert "permission denied" in words["words"]
    fewer.run("consumer", "grant create on schema public to visitor", superuser=True)
    fewer.run("consumer", "grant create on database consumer to visitor", superuser=True)
    fewer.until("D-role", target=asdict(visitor))
    fewer.agrees()
    fewer.run("consumer", "drop owned by visitor cascade", superuser=True)
    fewer.run("postgres", "drop role visitor", superuser=True)


@contextlib.contextmanager
def small_disk(ground: Ground, megabytes: int) -> Iterator[Callable[[int], None]]:
    """A real full disk: a tablespace on a tiny memory file system, where root can mount one."""
    folder = Path(tempfile.mkdtemp(prefix="hefu-disk-"))
    mount = ["/bin/mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        folder.rmdir()
        pytest.skip("no tmpfs can be mounted here, so no disk can be filled")
    try:
        owner = ground.cluster.folder.resolve() / "data"
        inside = folder / "space"
        inside.mkdir()
        os.chown(inside, owner.stat().st_uid, owner.stat().st_gid)
        folder.chmod(0o755)

        def resize(size: int) -> None:
            subprocess.run(["/bin/mount", "-o", f"remount,size={size}m", str(folder)], check=True)

        yield resize
    finally:
        subprocess.run(["/bin/umount", "-l", str(folder)], check=False)
        folder.rmdir()


def test_a_full_disk_is_refused_and_the_run_goes_on_when_there_is_room(fresh: Ground) -> None:
    with small_disk(fresh, EVERYBODY // 33_000) as resize:
        folder = next(Path(tempfile.gettempdir()).glob("hefu-disk-*/space"))
        fresh.run("postgres", f"create tablespace small location '{folder}'", superuser=True)
        fresh.run("postgres", "grant create on tablespace small to public", superuser=True)
        fresh.run("postgres", "alter role hefu in database consumer set default_tablespace = 'small'", superuser=True)
        try:
            words = fresh.finish("D-full")
            assert (words["refused"], words["transient"]) == ("dataplane.side_refused", False)
            assert "No space left on device" in words["words"]
            assert fresh.run("consumer", "select to_regclass('arrived')") == [(None,)]
            resize(400)
            outcome = fresh.until("D-full")
            assert outcome["resumed_rows"] > 0
            fresh.agrees()
        finally:
            fresh.run("postgres", "alter role hefu in database consumer reset default_tablespace", superuser=True)
            fresh.forget()
            fresh.run("postgres", "drop tablespace small", superuser=True)


@pytest.mark.parametrize("logged", [True, False])
def test_a_server_that_crashes_and_comes_back_is_lost_and_then_made_good(fewer: Ground, logged: bool) -> None:
    process = fewer.start("D-crash", logged=logged)
    for line in process.stdout:
        words = json.loads(line)
        if words.get("phase") == "copy" and words["chunks_done"] >= 3:
            break
    pid = fewer.cluster.pid
    assert pid is not None
    os.kill(pid, signal.SIGQUIT)  # immediate: no checkpoint, recovery at the next start
    words = json.loads(process.communicate()[0].splitlines()[-1])
    assert words["refused"] == "dataplane.side_lost"
    fewer.cluster.stop()
    fewer.cluster.start()
    outcome = fewer.until("D-crash", logged=logged)
    # A crash empties unlogged tables, and the logged position must not be believed then.
    assert bool(outcome["resumed_rows"]) is logged
    assert bool(outcome["restarted"]) is not logged
    fewer.agrees()


def test_a_source_that_changes_between_two_runs_is_delivered_as_it_is_now(fewer: Ground) -> None:
    assert killed_at(fewer.start("D-changed"), "copy", 1)
    # Two workers carry parts at once: the change has to be in one that was finished.
    page = PAGES * int(fewer.run("consumer", "select min(chunk) from hefu.hefu_position_chunk")[0][0])
    where = f"ctid >= '({page},0)'::tid and ctid < '({page + 1},0)'::tid"
    fewer.run("provider", f"update people set phone = '13900000000' where {where}")
    outcome = fewer.until("D-changed")
    assert "changed in the source" in outcome["restarted"]
    fewer.agrees()
