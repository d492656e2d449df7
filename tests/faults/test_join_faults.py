"""A join that is killed, stopped or revoked on the way: the next run goes on, and nothing is lost or doubled."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.control import StopWord
from hefu.dataplane.errors import Revoked, Stopped
from hefu.dataplane.join import Joining, JoinKind
from hefu.dataplane.lanes.join_run import Half, deliver_joined
from hefu.dataplane.outcome import Outcome
from hefu.dataplane.run import Options, Progress
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, TargetRef, sign_ticket
from hefu.kernel.clock import SystemClock
from tests.conftest import Database
from tests.connectors.place import SIGNER, Place, a_place, connection_to
from tests.faults import forked

#: Licences, the firms that they name, and how many of these there are.
ROWS, FIRMS, LISTED = 4_000, 2_000, 1_500
WANTED = "select l.number, l.firm, r.name from licences l left join firms r on r.code = l.firm"


@dataclass
class Ends:
    """Says that the run is to end as soon as it has done something for a while."""

    word: StopWord
    asked: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def progress(self, now: Progress) -> None:
        """Take no notice."""

    def stop_requested(self) -> StopWord | None:
        """Ask it to end a moment after it began to wait for the source."""
        if time.monotonic() - self.began < 0.3:
            return None
        self.asked = self.asked or time.monotonic()
        return self.word


@dataclass
class Ground:
    """Licences and firms of one provider, each granted."""

    place: Place
    folder: Path

    def __post_init__(self) -> None:
        """Fill the tables."""
        self.place.provider.run(
            f"create table licences as select n as number, 'c' || n % {FIRMS} firm from generate_series(1, {ROWS}) as n"
        )
        self.place.provider.run(
            f"create table firms as select 'c' || n as code, '厂' || n as name from generate_series(1, {LISTED}) as n"
        )
        since = SystemClock().now()
        term = {"valid_from": since - timedelta(days=1), "valid_until": since + timedelta(days=1)}
        plain = replace(self.place.ticket(checks=()), **term)  # type: ignore[arg-type]
        self.tickets = []
        for number, (table, columns) in enumerate((("licences", ("number", "firm")), ("firms", ("code", "name")))):
            self.tickets.append(
                replace(
                    plain,
                    id=uuid4(),
                    grant=f"G{number}",
                    resource=ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", table),
                    target=TargetRef("t", table),
                    items=tuple(Item(name, name) for name in columns),
                    key=columns[:1],
                    filter=replace(plain.filter, conditions=()),
                )
            )

    def orders(self, delivery: str, **changes: Any) -> dict[str, Any]:
        """Return the orders of a process of its own that joins them."""
        tokens = [sign_ticket(ticket, SIGNER) for ticket in self.tickets]
        return {
            "delivery": delivery, "token": tokens[0], "other": tokens[1], "key": SIGNER.public.as_text(),
            "kind": "left", "on": [["firm", "code"]], "pages": 2,
            "source": asdict(connection_to(self.place.provider)), "target": asdict(connection_to(self.place.consumer)),
            **changes,
        }  # fmt: skip

    def join(self, delivery: str, *, apart: bool = False, watcher: Any = None) -> Outcome:
        """Join them here; `apart` takes the firms out of a file."""
        source = PostgresSource(connection_to(self.place.provider))
        tokens = list(self.tickets)
        if apart:
            resource = ResourceRef("f", ResourceKind.FILE_FOLDER, "", "firms.csv")
            tokens[1] = replace(self.tickets[1], resource=resource)
        return deliver_joined(
            delivery=delivery,
            left=Half(sign_ticket(tokens[0], SIGNER), source),
            right=Half(sign_ticket(tokens[1], SIGNER), FolderSource(self.folder) if apart else source),
            joining=Joining(JoinKind.LEFT, (("firm", "code"),), "arrived"),
            keys=[SIGNER.public],
            clock=SystemClock(),
            target=self.place.target("arrived"),
            watcher=watcher,
            options=Options(workers=1, chunk_pages=2),
        )


@pytest.fixture
def ground(make_database: Callable[[], Database], tmp_path: Path) -> Ground:
    return Ground(a_place(make_database), tmp_path)


def test_a_join_that_is_killed_on_the_way_goes_on_and_one_that_is_stopped_or_revoked_ends_at_once(
    ground: Ground,
) -> None:
    # So slowly that it cannot be done before it is killed.
    with forked.Forked("carrier", ground.orders("D-1", most=25_000)) as slow:
        try:
            assert any(json.loads(line).get("chunks_done", 0) >= 2 for line in slow.stdout)
        finally:
            slow.kill()
    assert ground.place.consumer.run("select to_regclass('arrived')") == [(None,)]
    outcome = ground.join("D-1")
    assert (outcome.rows_written, outcome.restarted) == (ROWS, "")
    assert 0 < outcome.resumed_rows < ROWS
    arrived = ground.place.consumer.run("select number, firm, name from arrived")
    assert sorted(arrived, key=repr) == sorted(ground.place.provider.run(WANTED), key=repr)
    assert ground.join("D-1").repeated

    # The source answers too late: whoever is asked to end does not wait for it, wherever the rows are joined.
    ground.place.provider.run("alter table licences rename to kept")
    ground.place.provider.run(
        "create view licences as select number, firm from kept where number > 0 and pg_sleep(30) is not null"
    )
    (ground.folder / "firms.csv").write_text("code,name\nc1,厂1\n", encoding="utf-8")
    ends: list[tuple[StopWord, type[Exception], bool, float]] = [
        ("revoked", Revoked, False, 2.0), ("stopped", Stopped, True, 5.0),
    ]  # fmt: skip
    for place, (word, refusal, apart, bound) in enumerate(ends):
        watcher = Ends(word)
        with pytest.raises(refusal):
            ground.join(f"E-{place}", apart=apart, watcher=watcher)
        assert time.monotonic() - watcher.asked < bound
    assert ground.place.consumer.run("select count(*) from arrived") == [(ROWS,)]
