"""New and changed rows alone: read from a watermark on, upserted by key, each row once whatever happens."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.control import Progress
from hefu.dataplane.errors import PlanRefused, SideRefused, Stopped
from hefu.dataplane.filters import Equals, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.run import ListSink, Outcome, deliver
from hefu.dataplane.since import Since
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, Ticket, sign_ticket
from hefu.kernel.clock import FixedClock
from hefu.kernel.ids import new_id
from tests.conftest import Database
from tests.connectors.place import NOW, SIGNER, Place, a_place
from tests.mariadb import MariaDatabase

ITEMS = (Item("id", "id"), Item("station", "station"), Item("pm", "pm", mask=None), Item("at", "at"))
TICKET = new_id(NOW)
HOUR = Since("at", 3600)


@pytest.fixture
def place(make_database: Callable[[], Database]) -> Place:
    place = a_place(make_database)
    place.provider.run(
        "create table people (id bigint primary key, station text, pm numeric(6,1), at timestamptz); "
        f"insert into people select n, case when n % 10 = 0 then 'b' else 'a' end, n, "
        f"timestamptz '{NOW.isoformat()}' - (100 - n) * interval '1 minute' from generate_series(1, 100) n"
    )
    return place


def a_ticket(place: Place, **changes: object) -> Ticket:
    plain: dict[str, object] = {
        "id": TICKET, "items": ITEMS, "filter": RowFilter((Equals("station", "a"),)), "checks": ()
    }  # fmt: skip
    return place.ticket(**plain | changes)


def bring(place: Place, number: int, since: Since | None = HOUR, **more: object) -> Outcome:
    ticket = more.pop("ticket", None) or a_ticket(place)
    plain = {
        "delivery": f"D-{number}", "token": sign_ticket(ticket, SIGNER), "keys": [SIGNER.public],  # type: ignore[arg-type]
        "clock": FixedClock(NOW + timedelta(minutes=number)), "source": place.source, "target": place.target(),
        "rejects": ListSink(), "since": since,
    }  # fmt: skip
    return deliver(**plain | more)  # type: ignore[arg-type]


def told(outcome: Outcome) -> tuple[int, int, int, int, int]:
    """Rows that arrived, and of them: new, changed, known, without a watermark."""
    seen = outcome.increment or {}
    return (
        outcome.rows_written, seen["inserted"], seen["updated"], seen["known"], seen["without_watermark"],
    )  # fmt: skip


def granted(place: Place) -> list[tuple[object, ...]]:
    return sorted(place.provider.run("select id, station, pm, at from people where station = 'a'"), key=repr)


@dataclass
class StopsAt:
    """Stops a run in one of its phases."""

    phase: str
    stop: bool = False

    def progress(self, now: Progress) -> None:
        self.stop = self.stop or now.phase == self.phase

    def stop_requested(self) -> Literal["stopped"] | None:
        return "stopped" if self.stop else None


def test_rows_come_once_whether_late_at_the_border_or_without_a_watermark(place: Place) -> None:
    first = bring(place, 1)
    assert told(first) == (90, 90, 0, 0, 0)
    assert (first.increment or {})["whole"] == "first"
    now = f"timestamptz '{NOW.isoformat()}'"
    place.provider.run(
        # One hour ahead; the watermark's own minute again; late inside the overlap; changed; nobody knows when.
        f"insert into people values (101, 'a', 1, {now} + interval '5 minutes'), (102, 'a', 2, {now}), "
        f"(103, 'a', 3, {now} - interval '59 minutes'), (104, 'a', 4, null), (105, 'b', 5, {now}); "
        f"update people set pm = 0.5, at = {now} where id = 7"
    )
    second = bring(place, 6)
    assert told(second)[1:] == (4, 1, second.rows_written - 5, 1)
    assert second.rows_written < 70  # what is older than the overlap is not read again
    assert second.published == "merged"
    assert place.rows() == granted(place)
    repeated = bring(place, 6)  # the answer to its commit was lost
    assert replace(repeated, seconds={}) == replace(second, seconds={}, repeated=True)
    again = bring(place, 7)
    assert told(again)[1:3] == (0, 0)
    assert place.rows() == granted(place)
    # A clock that goes back by less than the overlap loses nothing, and no row from the future moves the watermark.
    place.provider.run(f"insert into people values (106, 'a', 6, {now} + interval '300 days')")
    place.provider.run(f"insert into people values (107, 'a', 7, {now} - interval '50 minutes')")
    assert told(bring(place, 8))[1:3] == (2, 0)
    place.provider.run(f"insert into people values (108, 'a', 8, {now} + interval '8 minutes')")
    last = bring(place, 9)
    assert told(last)[1:3] == (1, 0)
    assert place.rows() == granted(place)
    # What such a mode cannot see, and says so: rows that went, and rows that changed while the watermark did not.
    place.provider.run("delete from people where id = 1; update people set pm = 99 where id = 2")
    assert told(bring(place, 10))[1:3] == (0, 0)
    assert len(place.rows()) == len(granted(place)) + 1


def test_a_run_that_ends_anywhere_leaves_the_watermark_where_its_rows_are(place: Place) -> None:
    bring(place, 1)
    place.provider.run(f"insert into people values (101, 'a', 1, '{NOW.isoformat()}')")
    before = place.consumer.run("select * from hefu.hefu_increment")
    with place.consumer.connect() as other:
        other.autocommit = False
        other.execute("lock table arrived in share mode")  # the rows are beside the table and cannot get in
        with pytest.raises(Stopped):
            bring(place, 2, watcher=StopsAt("publish"))
        other.rollback()
    assert place.consumer.run("select * from hefu.hefu_increment") == before
    assert len(place.rows()) == 90
    assert told(bring(place, 2))[1:3] == (1, 0)
    # Another grant, or a table that is gone, means a whole copy that says why.
    wider = a_ticket(place, filter=RowFilter())
    assert (bring(place, 3, ticket=wider).increment or {})["whole"] == "changed"
    place.consumer.run("drop table arrived")
    assert (bring(place, 4, ticket=wider).increment or {})["whole"] == "gone"
    assert len(place.rows()) == 101
    # Rows that went from under the watermark come back: an emptied table, and one that another grant filled meanwhile.
    place.consumer.run("truncate arrived")
    assert (bring(place, 5, ticket=wider).increment or {})["whole"] == "emptied"
    assert len(place.rows()) == 101
    bring(place, 6, None, ticket=a_ticket(place, id=new_id(NOW), filter=RowFilter((Equals("station", "b"),))))
    assert len(place.rows()) == 10
    assert (bring(place, 7, ticket=wider).increment or {})["whole"] == "changed"
    bring(place, 8, None, ticket=wider)  # the grant's own whole copy leaves the watermark as it is
    assert (bring(place, 9, ticket=wider).increment or {})["whole"] == ""
    assert len(place.rows()) == 101


def test_what_cannot_tell_new_from_old_is_refused_before_a_row_moves(place: Place) -> None:
    for since, code in ((Since("station", 0), "increment_type"), (Since("nothing", 0), "increment_item")):
        with pytest.raises(PlanRefused) as refused:
            bring(place, 1, since)
        assert [problem.code for problem in refused.value.problems] == [f"plan.{code}"]
    masked = a_ticket(place, items=(Item("id", "id"), Item("station", "station", mask=Cover(first=1)), ITEMS[3]))
    with pytest.raises(PlanRefused, match="masked"):
        bring(place, 1, Since("station", 0), ticket=masked)
    by_station = a_ticket(place, key=("station",))
    with pytest.raises(SideRefused, match="two rows bear the same key"):
        bring(place, 1, ticket=by_station)
    assert place.consumer.run("select to_regclass('arrived')") == [(None,)]


def test_a_file_that_grows_is_brought_by_a_growing_number(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    ticket = a_ticket(
        place, items=(Item("id", "id", "bigint"), Item("pm", "pm")), filter=RowFilter(),
        resource=ResourceRef("s", ResourceKind.FILE_FOLDER, "", "people.csv"),
    )  # fmt: skip
    file.write_text("id,pm\n" + "".join(f"{n},{n}\n" for n in range(1, 51)))
    by_key = {"source": FolderSource(tmp_path, "utf-8"), "ticket": ticket}
    assert told(bring(place, 1, Since("id", 10), **by_key)) == (50, 50, 0, 0, 0)
    file.write_text("id,pm\n" + "".join(f"{n},{n if n != 45 else 0}\n" for n in range(1, 61)))
    assert told(bring(place, 2, Since("id", 10), **by_key)) == (21, 10, 1, 10, 0)
    assert place.consumer.run("select count(*), min(id), max(id) from arrived") == [(60, 1, 60)]


def sent(database: MariaDatabase) -> int:
    """Rows that the server has sent to anybody so far."""
    return int(str(database.run("show global status like 'Rows_sent'")[0][1]))


def test_mysql_is_asked_for_the_new_rows_alone(place: Place, a_maria: MariaDatabase) -> None:
    a_maria.run("create table people (id bigint primary key, pm decimal(6,1), at datetime(6))")
    numbers = ", ".join(f"({n}, {n}, timestamp '2026-03-02 08:00:00' + interval {n} second)" for n in range(1, 301))
    a_maria.run(f"insert into people values {numbers}")
    ticket = a_ticket(
        place, items=(ITEMS[0], ITEMS[2], ITEMS[3]), filter=RowFilter(),
        resource=ResourceRef("s", ResourceKind.MYSQL_TABLE, a_maria.name, "people"),
    )  # fmt: skip
    from_maria = {"source": MysqlSource(a_maria.connection), "ticket": ticket}
    assert told(bring(place, 1, Since("at", 10), **from_maria)) == (300, 300, 0, 0, 0)
    a_maria.run(
        "insert into people values (301, 1, timestamp '2026-03-02 08:05:00'), (302, 2, null), "
        "(303, 3, timestamp '2026-03-02 08:04:55'), (304, 4, timestamp '2026-03-02 08:09:00')"
    )
    before = sent(a_maria)
    assert told(bring(place, 2, Since("at", 10), **from_maria)) == (15, 4, 0, 11, 1)
    assert 15 <= sent(a_maria) - before < 150  # with the looks at the table's columns and keys
    assert place.consumer.run("select count(*), max(id) from arrived") == [(304, 304)]
