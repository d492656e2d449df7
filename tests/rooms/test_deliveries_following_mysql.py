"""A table of MariaDB that is kept in step with another: asked for, carried and ended as one of PostgreSQL is."""

from datetime import timedelta

import pytest

from hefu.dataplane.checks import NotNull
from hefu.dataplane.errors import SideRefused
from hefu.kernel.actor import Role
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.grants import services as grants
from hefu.rooms.resources import services as resources
from hefu.rooms.resources.terms import PlaceFacts, PlaceKind
from tests.builders import NOON, SYSTEM, a_department, a_grant, an_actor, an_entry
from tests.followers import NOW, begun, following, in_step, until
from tests.mariadb import PASSWORD, MariaDatabase, a_maria, maria, other_maria

__all__ = ["a_maria", "maria", "other_maria"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def facts(name: str, database: MariaDatabase) -> PlaceFacts:
    return PlaceFacts(
        name=name, kind=PlaceKind.MYSQL, host="127.0.0.1", port=database.server.port, dbname=database.name,
        username=database.connection.user,
    )  # fmt: skip


def test_it_copies_keeps_in_step_and_stops_within_two_seconds_of_a_revocation(
    a_maria: MariaDatabase, other_maria: MariaDatabase
) -> None:
    a_maria.run(
        "create table population (id_number varchar(18) primary key, name varchar(40), birth_date date) "
        "character set gbk"
    )
    a_maria.run(
        "insert into population select lpad(seq, 18, '0'), if(seq % 10, concat('张', seq), null), "
        "date('1950-01-01') + interval seq day from seq_1_to_100"
    )
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    entry, officer = an_entry(provider), an_actor(provider)
    source = resources.register_source(
        department_id=provider.pk,
        facts=facts("人口库", a_maria),
        password=PASSWORD,
        actor=officer,
        clock=NOON,
    )
    place = resources.register_target(
        department_id=consumer.pk,
        facts=facts("救助库", other_maria),
        password=PASSWORD,
        actor=an_actor(consumer),
        clock=NOON,
    )
    resources.mount(
        entry_id=entry.pk, source_id=source.pk, schema=a_maria.name, table="population", actor=officer, clock=NOON
    )
    resources.set_rules(entry_id=entry.pk, rules=[NotNull("name")], actor=officer, clock=NOON)
    today = NOW.today()
    grant = a_grant(entry, consumer, target=place, clock=NOW, term_from=today, term_until=today + timedelta(days=30))
    first = queries.deliveries(viewer=SYSTEM, grant=grant.number).get()
    services.cancel_delivery(number=first.number, actor=SYSTEM, clock=NOW)
    with pytest.raises(SideRefused, match="grant replication slave, binlog monitor"):
        begun(grant)
    a_maria.run(f"grant replication slave, binlog monitor on *.* to {a_maria.name[:30]}@'127.0.0.1'")

    row = begun(grant)
    with following():
        until(lambda: in_step(row))
        assert other_maria.run("SELECT count(*) FROM population") == [(90,)]
        a_maria.run("update population set name = '李镕' where id_number = lpad(7, 18, '0')")
        a_maria.run("delete from population where id_number = lpad(8, 18, '0')")
        a_maria.run("insert into population values ('1001', '王五', '2000-01-01'), ('x', null, null)")
        until(lambda: queries.follow_now(row.number, viewer=SYSTEM, clock=NOW).changes == 4)
        assert other_maria.run("SELECT count(*) FROM population") == [(90,)]
        assert other_maria.run("SELECT name FROM population WHERE id_number = lpad('7', 18, '0')") == [("李镕",)]
        row.refresh_from_db()
        assert row.rejected == {"not_null(name)": 11}
        asked = services.ask_comparison(number=row.number, actor=an_actor(consumer), clock=NOW)
        carry_comparison(asked.pk, clock=NOW)
        asked.refresh_from_db()
        assert (asked.error, asked.agrees, asked.rows_source, asked.rows_target) == ("", True, 90, 90)

        grants.revoke_grant(number=grant.number, reason="测试", actor=an_actor(provider, Role.CHIEF), clock=NOW)

        def ended() -> bool:
            row.refresh_from_db()
            return row.status == DeliveryStatus.STOPPED

        assert until(ended) < 2
        until(lambda: queries.following(row.number, viewer=SYSTEM).slot_state == "none")
