"""What every connector must pass, asked of each alike; docs/howto/add-a-connector.md says how another joins."""

import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import pytest

from hefu.dataplane import sides
from hefu.dataplane.checks import NotNull
from hefu.dataplane.errors import AddressRefused, DataPlaneRefusal, PlanRefused, SideLost, SideRefused, Stopped
from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.masks import Constant
from hefu.dataplane.run import ListSink, Options, Progress, check_plan, deliver
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import Item, ResourceRef, TargetRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place, expected
from tests.connectors.suite.case import NAMES, TEXTS, Case, closed
from tests.connectors.suite.folder import FolderCase
from tests.connectors.suite.interface import HttpCase
from tests.connectors.suite.mysql import MysqlCase
from tests.connectors.suite.postgres import PostgresCase
from tests.connectors.suite.s3 import S3Case
from tests.connectors.suite.sftp import SftpCase
from tests.connectors.test_channels import plain, sane
from tests.connectors.test_table_delivery import StopAfter, slow_down, speed_up
from tests.faults.proxy import Proxy

COUNT = 1200
#: MiB that a run may take, whatever the table.
MOST_MEMORY = 512


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    return a_place(make_database)


@pytest.fixture(params=["postgres", "mysql", "mysql in gbk", "folder", "folder in gb18030", "sftp", "s3", "http"])
def case(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Case:
    kind, _, encoding = str(request.param).partition(" in ")
    if kind == "postgres":
        return PostgresCase(place)
    if kind == "folder":
        return FolderCase(place, tmp_path, encoding or "utf-8")
    if kind == "sftp":
        return SftpCase(place, request.getfixturevalue("sftp"))
    if kind == "s3":
        return S3Case(place, request.getfixturevalue("store"), tmp_path)
    if kind == "http":
        return HttpCase(place, request.getfixturevalue("interfaces"))
    return MysqlCase(request.getfixturevalue("a_maria"), encoding or "utf8mb4")


@pytest.fixture
def plain_case(case: Case, request: pytest.FixtureRequest) -> Case:
    if " in " in request.node.callspec.params["case"]:
        pytest.skip("asked of the connector's plain form already")
    return case


def a_ticket(place: Place, ref: ResourceRef, columns: list[str], key: str, **more: object) -> Ticket:
    items = tuple(Item(name, f"d{number}") for number, name in enumerate(columns))
    given = {"resource": ref, "items": items, "key": (key,), "checks": (), "filter": EVERY_ROW} | more
    return place.ticket(**given)


def test_what_is_granted_arrives_as_from_the_reference(case: Case, place: Place) -> None:
    source, ref = case.people(COUNT)
    sink = ListSink()
    outcome = place.deliver(source=source, ticket=place.ticket(resource=ref), rejects=sink)
    sane(outcome, sink)
    assert plain(place.rows()) == plain(expected(COUNT))
    if not isinstance(case, PostgresCase):
        place.fill(COUNT)
    reference = place.deliver("D-2", target=place.target("reference"))
    counts = ("rows_read", "rows_rejected", "rejected", "rows_written", "digest_target")
    extra = {reason for reason in outcome.rejected if reason.startswith("typed(")}
    found = replace(outcome, rejected={name: n for name, n in outcome.rejected.items() if name not in extra})
    assert [getattr(found, name) for name in counts] == [getattr(reference, name) for name in counts]
    assert {rejected.values["division"] for rejected in sink.rows} <= {"511702", "511703", "511799"}
    assert all("secret" not in rejected.values for rejected in sink.rows)


def test_hard_texts_and_names_arrive_as_they_were(case: Case, place: Place) -> None:
    wanted = [text for text in TEXTS if _writable(text, case)]
    rows: list[list[str | None]] = [[str(number), text, None] for number, text in enumerate(wanted)]
    source, ref = case.texts(["id", "v", "n"], rows)
    place.deliver(source=source, ticket=a_ticket(place, ref, ["id", "v", "n"], "id"))
    found = {row[0]: row[1:] for row in place.rows()}
    for number, text in enumerate(wanted):
        kept = None if text == "" and case.empty_is_null else text
        assert found[str(number)] == (kept, None), repr(text)[:40]
    assert {table.table for table in sides.tables(source)} >= {ref.table}
    facts = sides.inspected(source, ref.schema, ref.table)
    assert [column.name for column in facts.columns] == ["id", "v", "n"]


def test_reserved_and_mixed_names_are_quoted(plain_case: Case, place: Place) -> None:
    source, ref = plain_case.texts(NAMES, [[f"value {number}" for number in range(len(NAMES))]])
    items = tuple(Item(name, name) for name in NAMES)
    ticket = a_ticket(place, ref, [], NAMES[0], items=items, checks=(NotNull(NAMES[1]),))
    place.deliver(source=source, ticket=ticket)
    assert place.rows() == [tuple(f"value {number}" for number in range(len(NAMES)))]
    profiles = sides.profiled(source, ref.schema, ref.table)
    assert [(one.name, one.rows, one.empty) for one in profiles] == [(name, 1, 0) for name in NAMES]


def _writable(text: str, case: Case) -> bool:
    """Return whether the case's character set has all signs of a text."""
    encoding = getattr(case, "encoding", None) or {"gbk": "gbk"}.get(getattr(case, "charset", ""), "utf-8")
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_each_type_of_the_table_is_carried_whole(plain_case: Case, place: Place) -> None:
    if not plain_case.samples:
        pytest.skip("this connector has texts alone")
    samples = plain_case.samples
    source, ref = plain_case.typed(samples)
    facts = sides.inspected(source, ref.schema, ref.table)
    assert [str(column.type) for column in facts.columns[1:]] == [sample.becomes for sample in samples]
    names = [column.name for column in facts.columns]
    place.deliver(source=source, ticket=a_ticket(place, ref, names, "id"))
    arrived = {row[0]: row[1:] for row in place.rows(columns=", ".join(f"d{n}::text" for n in range(len(names))))}
    for number, sample in enumerate(samples):
        for row, (_, printed) in enumerate(sample.values):
            # A boolean is printed in full when it is cast, and a padded text without its padding.
            shown = {"t": "true", "f": "false"}.get(printed, printed) if sample.becomes == "boolean" else printed
            shown = shown.rstrip() if sample.becomes.startswith("character(") else shown
            assert arrived[str(row)][number] == shown, sample.native
        assert arrived[str(len(arrived) - 1)][number] is None, sample.native


def test_a_type_that_is_not_carried_is_refused_before_a_row_moves(plain_case: Case, place: Place) -> None:
    made = plain_case.strange()
    if made is None:
        pytest.skip("this connector carries all that it has")
    source, ref = made
    ticket = a_ticket(place, ref, ["id", "g"], "id")
    for work in (
        lambda: check_plan(ticket=ticket, source=source, target=place.target()),
        lambda: place.deliver(source=source, ticket=ticket),
    ):
        with pytest.raises(PlanRefused, match=r"'g'.*not carried"):
            work()
    hidden = replace(ticket, items=(Item("id", "id"), Item("g", "g", mask=Constant("-"))))
    place.deliver(source=source, ticket=hidden)


@dataclass
class StopAtOnce:
    """Stops the run as soon as it moves rows."""

    asked: list[float] = field(default_factory=list)

    def progress(self, now: Progress) -> None:
        if now.rows and not self.asked:
            self.asked.append(time.monotonic())

    def stop_requested(self) -> Literal["stopped", "revoked"] | None:
        return "stopped" if self.asked else None


def test_a_run_is_stopped_within_five_seconds(plain_case: Case, place: Place) -> None:
    source, ref = plain_case.wide(40_000, 1600)
    stop = StopAtOnce()
    with pytest.raises(Stopped):
        place.deliver(
            source=source, ticket=a_ticket(place, ref, ["id", "body"], "id"), watcher=stop,
            options=Options(workers=1, chunk_pages=20),
        )  # fmt: skip
    assert time.monotonic() - stop.asked[0] < 5
    assert place.consumer.run("select to_regclass('arrived') is null") == [(True,)]


def test_a_cut_cable_publishes_nothing_and_may_be_tried_again(plain_case: Case, place: Place) -> None:
    source, ref = plain_case.people(3000)
    proxy = Proxy("127.0.0.1", plain_case.port)
    proxy.limit = 60_000
    far = plain_case.at(source, proxy.port)
    if far is None:
        proxy.close()
        pytest.skip("this connector's source is on the machine")
    with pytest.raises(SideLost) as caught:
        place.deliver(source=far, ticket=place.ticket(resource=ref))
    proxy.close()
    assert caught.value.transient
    assert place.consumer.run("select to_regclass('arrived') is null") == [(True,)]
    place.deliver(source=source, ticket=place.ticket(resource=ref))
    assert plain(place.rows()) == plain(expected(3000))


def test_a_closed_address_is_not_reached_and_a_secret_not_told(plain_case: Case, place: Place) -> None:
    source, ref = plain_case.people(1)
    wrong = plain_case.wrong(source, "a secret word")
    if wrong is None:
        pytest.skip("this connector's source is on the machine and has no secret")
    ticket = place.ticket(resource=ref)
    refused: list[DataPlaneRefusal] = []
    for asked in (
        lambda one, policy: sides.tried(one, policy),
        lambda one, policy: sides.tables(one, policy),
        lambda one, policy: sides.inspected(one, ref.schema, ref.table, policy),
        lambda one, policy: sides.profiled(one, ref.schema, ref.table, policy),
        lambda one, policy: _deliver(place, one, ticket, policy),
    ):
        with pytest.raises(AddressRefused):
            asked(source, closed)
        with pytest.raises(SideRefused) as caught:
            asked(wrong, lambda host, address, port: None)
        refused.append(caught.value)
    assert "a secret word" not in " ".join([repr(wrong), *map(str, refused), *map(repr, refused)])


def _deliver(place: Place, source: Source, ticket: Ticket, policy: Callable[[str, str, int], str | None]) -> None:
    deliver(
        delivery="D-9", token=sign_ticket(ticket, SIGNER), keys=[SIGNER.public], clock=FixedClock(NOW),
        source=source, target=place.target(), rejects=ListSink(), policy=policy,
    )  # fmt: skip


@pytest.mark.slow
def test_memory_is_bounded_whatever_the_table(plain_case: Case, place: Place) -> None:
    if isinstance(plain_case, SftpCase | S3Case):
        pytest.skip("its files are read as those of a folder, of which it is asked")
    if isinstance(plain_case, HttpCase):
        pytest.skip("330 MB of JSON take half a minute; they were measured by hand, and pages are bounded")
    rows, size = 80_000, 4096
    source, ref = plain_case.wide(rows, size)
    ticket = a_ticket(place, ref, ["id", "body"], "id", checks=(NotNull("body"),), target=TargetRef("t", "arrived"))
    given = {
        "delivery": "D-1", "token": sign_ticket(ticket, SIGNER), "source": source, "target": place.target(logged=False),
        "keys": [SIGNER.public], "clock": FixedClock(NOW), "rejects": ListSink(),
    }  # fmt: skip
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "suite" / "memory.py")],
        input=pickle.dumps(given), capture_output=True, check=True,
    )  # fmt: skip
    written, most = map(int, ran.stdout.split())
    assert written == rows
    assert most <= MOST_MEMORY


def test_a_source_that_is_cut_goes_on_from_the_parts_that_are_in(plain_case: Case, place: Place) -> None:
    if not plain_case.capabilities.splits:
        pytest.skip("this connector reads from beginning to end")
    if isinstance(plain_case, PostgresCase):
        pytest.skip("asked of it at length in test_table_delivery")
    source, ref = plain_case.wide(1000, 64)
    ticket, parts = a_ticket(place, ref, ["id", "body"], "id"), Options(workers=2, chunk_pages=1)
    slow_down(place)
    with pytest.raises(Stopped):
        place.deliver(source=source, ticket=ticket, watcher=StopAfter(1), options=parts)
    speed_up(place)
    outcome = place.deliver(source=source, ticket=ticket, options=parts)
    assert (outcome.restarted, outcome.whole) == ("", "")
    assert 100 <= outcome.resumed_rows < outcome.rows_written == 1000
    assert place.consumer.run("select count(*), count(distinct d0), min(d0), max(d0) from arrived") == [
        (1000, 1000, 1, 1000)
    ]


def test_capabilities_hold(plain_case: Case) -> None:
    declared = plain_case.capabilities
    assert declared in sides.CAPABILITIES
    assert declared.reads
