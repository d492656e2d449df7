"""The main job, end to end: a row leaves one department's database under the law and arrives in another's.

Everything runs through the same services as the pages, on three real databases.
"""

import csv
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.dataplane.checks import CitizenId, NotNull, UniqueKey
from hefu.dataplane.filters import Between, RowFilter
from hefu.dataplane.masks import Cover
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.identifiers import citizen_id
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.clocks.terms import State
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.queries import history, public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants import queries as grants
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Answer, GrantedItem, Status, Verdict
from hefu.rooms.resources import services as resources
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_source,
    a_target,
    an_actor,
    an_application,
    an_entry,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db(transaction=True)

#: Invented people: every 20th has a wrong check character, every 25th no name, and two share a number.
PEOPLE = 1_000
CHECKS = [NotNull("name"), UniqueKey(("id_number",)), CitizenId("id_number")]


def invented_people() -> list[tuple[str, str | None, date]]:
    people: list[tuple[str, str | None, date]] = []
    for n in range(PEOPLE):
        born = date(1940 + n % 80, n % 12 + 1, n % 28 + 1)
        body = f"511702{born:%Y%m%d}{n % 1000:03d}"
        check = citizen_id.check_digit(body)
        if n % 20 == 7:
            check = "0" if check != "0" else "1"
        people.append((body + check, None if n % 25 == 3 else f"张{n}", born))
    people[-1] = (people[0][0], "李四", people[0][2])
    return people


@pytest.fixture
def police() -> Department:
    return a_department("市公安局")


@pytest.fixture
def civil_affairs() -> Department:
    return a_department("市民政局")


@pytest.fixture
def theirs(make_database: Callable[[], Database]) -> Database:
    database = make_database()
    database.run("CREATE TABLE population (id_number text, name text, birth_date date)")
    with (
        database.connect() as connection,
        connection.cursor() as cursor,
        cursor.copy("COPY population FROM STDIN") as copy,
    ):
        for person in invented_people():
            copy.write_row(person)
    return database


def mounted(entry: Entry, database: Database) -> Entry:
    officer = an_actor(entry.provider)
    resources.mount(
        entry_id=entry.pk,
        source_id=a_source(entry.provider, database).pk,
        schema="public",
        table="population",
        key=["id_number"],
        actor=officer,
        clock=NOON,
    )
    resources.set_rules(entry_id=entry.pk, rules=CHECKS, actor=officer, clock=NOON)
    return entry


def asked(entry: Entry, consumer: Department, **application: object) -> AccessRequest:
    case = requests.draft_request(
        entry=entry.pk, application=an_application(entry, **application), actor=an_actor(consumer), clock=NOON
    )
    return requests.submit_request(number=case.number, actor=an_actor(consumer, Role.CHIEF), clock=NOON)


def arrived(case: AccessRequest) -> Delivery:
    """What the worker does with the delivery that the grant of `case` started."""
    grant = grants.grant_of_request(case.number, viewer=SYSTEM)
    assert grant is not None
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).get()
    carry(delivery.pk, clock=NOON)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.error) == (DeliveryStatus.DONE, "")
    return delivery


def expected_rejects(people: list[tuple[str, str | None, date]]) -> dict[str, set[int]]:
    """Count by hand what the checks should find: reason → places of the rows."""
    numbers = [number for number, _name, _born in people]
    return {
        "not_null(name)": {n for n, (_number, name, _born) in enumerate(people) if name is None},
        "unique_key(id_number)": {n for n, number in enumerate(numbers) if numbers.count(number) > 1},
        "citizen_id(id_number)": {n for n, number in enumerate(numbers) if not citizen_id.is_valid(number)},
    }


def test_unconditional_data_arrives_the_same_day_without_an_approval_queue(
    police: Department, civil_affairs: Department, theirs: Database, make_database: Callable[[], Database]
) -> None:
    ours = make_database()
    open_entry = an_entry(police, share_type=ShareType.UNCONDITIONAL, share_condition="", share_scope="")
    case = asked(mounted(open_entry, theirs), civil_affairs, target_id=a_target(civil_affairs, ours).pk)
    assert case.status == Status.GRANTED

    delivery = arrived(case)
    wrong = expected_rejects(invented_people())
    assert delivery.rows_read == PEOPLE
    assert delivery.rejected == {reason: len(rows) for reason, rows in wrong.items()}
    assert delivery.rows_rejected == len(set().union(*wrong.values()))
    assert delivery.rows_written == PEOPLE - delivery.rows_rejected
    assert ours.run("SELECT count(*), count(DISTINCT id_number) FROM population") == [
        (delivery.rows_written, delivery.rows_written)
    ]


def test_conditional_data_arrives_as_it_was_decided_and_can_be_proved_by_either_side(
    police: Department,
    civil_affairs: Department,
    theirs: Database,
    make_database: Callable[[], Database],
    tmp_path: Path,
) -> None:
    ours = make_database()
    the_authority()
    case = asked(mounted(an_entry(police), theirs), civil_affairs, target_id=a_target(civil_affairs, ours).pk)
    assert case.status == Status.RECEIVED
    assert grants.grant_of_request(case.number, viewer=SYSTEM) is None

    requests.decide_request(
        number=case.number,
        answer=Answer(
            Verdict.GRANT_PART,
            reason="核对救助对象不需要出生日期；仅限六十岁以上人员",
            items=(GrantedItem("id_number"), GrantedItem("name", mask=Cover(first=1))),
            rows=RowFilter((Between("birth_date", None, date(1966, 3, 11)),)),
        ),
        actor=an_actor(police, Role.CHIEF),
        clock=NOON,
    )
    delivery = arrived(case)

    granted = [person for person in invented_people() if person[2] <= date(1966, 3, 11)]
    wrong = expected_rejects(granted)
    good = [person for n, person in enumerate(granted) if not any(n in rows for rows in wrong.values())]
    assert delivery.rows_read == len(granted)
    assert delivery.rows_written == len(good)
    rows = ours.run("SELECT * FROM population ORDER BY id_number")
    assert rows == sorted((number, "张" + "*" * (len(name or "") - 1)) for number, name, _born in good)

    periods = {clock.rule: clock.state for clock in clocks.clocks_of(case.number, viewer=SYSTEM)}
    assert periods["requests.answer_conditional"] == State.MET
    assert periods["requests.delivery"] == State.MET

    key = tmp_path / "log.key"
    for side in (police, civil_affairs):
        receipt = tmp_path / f"{side.credit_code}.json"
        viewer = an_actor(side)
        receipt.write_bytes(delivery_services.receipt_of(number=delivery.number, viewer=viewer, clock=NOON))
        key.write_text(public_keys(KeyPurpose.LOG)[0].as_text())
        said = CliRunner().invoke(hefu, ["verify", str(receipt), "--key", str(key), "--json"], standalone_mode=False)
        assert said.return_value == 0, said.output
        body = json.loads(said.output)["entry"]["body"]
        assert (body["rows_written"], body["request"]) == (len(good), case.number)

    told = [entry.kind for entry in history(case.number, viewer=an_actor(civil_affairs))]
    assert told[-1] == "request.delivered"


def test_a_file_of_the_same_grant_holds_the_same_rows(
    police: Department, civil_affairs: Department, theirs: Database
) -> None:
    case = asked(mounted(an_entry(police), theirs), civil_affairs, channel=Channel.FILE)
    requests.decide_request(
        number=case.number, answer=Answer(Verdict.GRANT), actor=an_actor(police, Role.CHIEF), clock=NOON
    )
    delivery = arrived(case)
    fetched = delivery_services.fetch_file(number=delivery.number, actor=an_actor(civil_affairs), clock=NOON)
    with fetched.path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["id_number", "name", "birth_date"]
    assert len(rows) == delivery.rows_written == PEOPLE - (delivery.rows_rejected or 0)
