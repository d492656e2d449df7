"""A run out of MariaDB that is killed in the middle of a table: the next one goes on, nothing lost, nothing doubled."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.run import Options
from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef, sign_ticket
from hefu.kernel.clock import FixedClock, SystemClock
from tests.conftest import Database
from tests.connectors.place import SIGNER, a_place
from tests.connectors.test_table_delivery import slow_down, speed_up
from tests.faults import forked
from tests.mariadb import MariaDatabase, a_maria, maria

pytestmark = pytest.mark.timeout(60)

__all__ = ["a_maria", "maria"]


def test_a_run_out_of_mariadb_that_is_killed_goes_on_from_its_ranges(
    make_database: Callable[[], Database], a_maria: MariaDatabase
) -> None:
    """KILL: fault 1 of the list, for a table that is read in ranges of a key of two columns."""
    place = a_place(make_database)
    a_maria.run(
        "create table air (station varchar(9) collate utf8mb4_general_ci, hour bigint unsigned, reading varchar(20), "
        "primary key (station, hour)) character set utf8mb4 as "
        "select elt(1 + seq % 4, 'a', 'B', 'ä1', '东') as station, "
        "18446744073709551615 - seq * seq as hour, seq as reading from seq_1_to_600"
    )
    now = SystemClock().now()
    ticket = replace(
        place.ticket(
            resource=ResourceRef("s", ResourceKind.MYSQL_TABLE, a_maria.name, "air"), checks=(), filter=EVERY_ROW,
            items=tuple(Item(name, name) for name in ("station", "hour", "reading")), key=("station", "hour"),
        ), issued_at=now, valid_from=now - timedelta(days=1), valid_until=now + timedelta(days=1),
    )  # fmt: skip
    orders = {
        "delivery": "D-1", "token": sign_ticket(ticket, SIGNER), "key": SIGNER.public.as_text(), "pages": 1,
        "mysql": asdict(a_maria.connection), "target": asdict(place.target().connection), "logged": True,
    }  # fmt: skip
    slow_down(place)
    # The fourth part is not let in, so that the run is surely killed in the middle.
    place.consumer.run(
        "create or replace function hefu.slow() returns trigger language plpgsql as "
        "$$ begin if new.chunk > 2 then perform pg_sleep(30); end if; return new; end $$"
    )
    with forked.Forked("carrier", orders) as process:
        try:
            for line in process.stdout:
                told = json.loads(line)
                assert "refused" not in told, told
                if told.get("phase") == "copy" and told["chunks_done"] >= 3:
                    break
        finally:
            process.kill()
    speed_up(place)
    # Past the end of the order that the server keeps, and nowhere else.
    a_maria.run("insert into air select '东', 18446744073709551615 - 4 + seq, 'new' from seq_1_to_3")
    done = place.consumer.run("select sum(rows) from hefu.hefu_position_chunk")[0][0]
    outcome = place.deliver(
        source=MysqlSource(a_maria.connection), ticket=ticket, options=Options(chunk_pages=1), clock=FixedClock(now)
    )
    assert (outcome.restarted, outcome.whole, outcome.resumed_rows) == ("", "", done)
    assert 300 == done < outcome.rows_written == 603
    arrived = place.consumer.run("select station, hour::text, reading from arrived")
    assert len(arrived) == len(set(arrived)) == 603
    assert set(arrived) == set(a_maria.run("select station, cast(hour as char), reading from air"))
