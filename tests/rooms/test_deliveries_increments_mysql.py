"""New rows alone between two databases of MariaDB: chosen, started and shown from the command line."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.dataplane.errors import PlanRefused
from hefu.kernel.actor import Role
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.grants import queries as grants
from hefu.rooms.resources import services as resources
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_person, an_actor, an_entry
from tests.followers import NOW
from tests.mariadb import PASSWORD, MariaDatabase, a_maria, maria, other_maria
from tests.rooms.test_deliveries_following_mysql import facts

__all__ = ["a_maria", "maria", "other_maria"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]


def run(*arguments: str) -> Any:
    """Run a command with --json and return what it says."""
    result = CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, [*arguments, "--json"], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return json.loads(result.output)


def carried(number: str) -> None:
    carry(Delivery.objects.get(number=number).pk, clock=NOW)


def test_an_officer_brings_new_rows_of_mariadb_alone_from_the_command_line(
    a_maria: MariaDatabase, other_maria: MariaDatabase
) -> None:
    a_maria.run("create table population (id_number varchar(18) primary key, name varchar(40), birth_date date)")
    a_maria.run(
        "insert into population select lpad(seq, 18, '0'), 'x', date('1950-01-01') + interval seq day from seq_1_to_50"
    )
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    entry, officer = an_entry(provider), an_actor(provider)
    common: dict[str, Any] = {"password": PASSWORD, "clock": NOON}
    source = resources.register_source(
        department_id=provider.pk, facts=facts("人口库", a_maria), actor=officer, **common
    )
    place = resources.register_target(
        department_id=consumer.pk, facts=facts("救助库", other_maria), actor=an_actor(consumer), **common
    )
    resources.mount(
        entry_id=entry.pk, source_id=source.pk, schema=a_maria.name, table="population", actor=officer, clock=NOON
    )
    today = NOW.today()
    grant = a_grant(entry, consumer, target=place, clock=NOW, term_from=today, term_until=today + timedelta(days=30))
    me = ("--as", a_person(seats={consumer.pk: [Role.OFFICER]}).username)
    signed = grants.read(grants.tickets(grant.number, viewer=SYSTEM)[0].jws)
    by_birth = {item.column: item.name for item in signed.items}["birth_date"]
    # A key that cannot be found again in the consumer's own table is refused when it is chosen, not on the way.
    other_maria.run("create table population (id_number text, name varchar(40), birth_date date)")
    with pytest.raises(PlanRefused, match="has no length of at most 768"):
        run("exchange", "increments", grant.number, "--item", by_birth, *me)
    other_maria.run("drop table population")

    assert run("exchange", "increments", grant.number, "--item", by_birth, "--overlap", "2d", *me)["way"] == "increment"
    services.cancel_delivery(
        number=queries.deliveries(viewer=SYSTEM, grant=grant.number).get().number, actor=SYSTEM, clock=NOW
    )
    first = run("deliveries", "start", grant.number, *me)["number"]
    carried(first)
    shown = run("deliveries", "show", first, *me)
    assert (shown["status"], shown["increment"]["whole"], shown["rows_written"]) == ("done", "first", 50)
    a_maria.run("insert into population values ('1001', 'new', '1950-02-21'), ('1002', 'late', '1950-02-18')")
    a_maria.run("update population set name = 'again', birth_date = '1950-02-20' where id_number = lpad(7, 18, '0')")
    a_maria.run("insert into population values ('1003', 'too late', '1950-01-05')")
    second = run("deliveries", "start", grant.number, *me)["number"]
    carried(second)
    told = run("deliveries", "show", second, *me)["increment"]
    assert [told[name] for name in ("whole", "inserted", "updated", "known")] == ["", 2, 1, 3]
    assert other_maria.run("select count(*), sum(name = 'again') from population") == [(52, 1)]
    whole = run("deliveries", "start", grant.number, "--whole", *me)["number"]
    carried(whole)
    assert run("deliveries", "show", whole, *me)["rows_written"] == 53
    assert sorted(other_maria.run("select id_number, name, birth_date from population")) == sorted(
        a_maria.run("select * from population")
    )
