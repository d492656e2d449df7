"""New and changed rows alone: chosen, delivered, shown and given up by the consumer, by page and command line."""

import html
import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.dataplane.errors import PlanRefused
from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.queries import history
from hefu.rooms.grants import queries as grant_queries
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.errors import IncrementsHaveNoLimit
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.services import Wanted
from hefu.rooms.grants.terms import Way
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_person,
    a_population,
    a_target,
    an_actor,
)
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: str) -> Any:
    result = CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, [*arguments, "--json"], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return json.loads(result.output)


def arrived(grant: Grant) -> Delivery:
    """Carry the newest delivery of a grant and return it."""
    row = queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
    carry(row.pk, clock=NOON)
    return queries.delivery(row.number, viewer=SYSTEM)


def test_a_consumer_has_new_rows_alone_brought_and_sees_what_came(
    make_database: Callable[[], Database], signed_in: SignIn
) -> None:
    provider, consumer, theirs, ours = (
        a_department("市公安局"),
        a_department("市民政局"),
        make_database(),
        make_database(),
    )
    a_population(theirs, rows=50)
    grant = a_grant(a_mounted_entry(provider, theirs), consumer, target=a_target(consumer, ours))
    assert arrived(grant).increment is None
    by_birth = {item.column: item.name for item in granted_items(grant)}["birth_date"]
    by_name = {item.column: item.name for item in granted_items(grant)}["name"]
    with pytest.raises(Forbidden):  # how a table is kept is its consumer's to say
        services.bring_increments(grant=grant.number, item=by_birth, overlap=0, actor=an_actor(provider), clock=NOON)
    with pytest.raises(PlanRefused, match="grows"):
        services.bring_increments(grant=grant.number, item=by_name, overlap=0, actor=an_actor(consumer), clock=NOON)
    assert Grant.objects.get().way == Way.WHOLE

    client = signed_in(consumer, language="zh-hans")
    form = {"item": by_birth, "overlap": "3", "unit": "day"}
    page = client.get(f"/grants/{grant.number}/increments").content.decode()
    assert "看不到" in page
    assert client.post(f"/grants/{grant.number}/increments", form).status_code == 302
    client.post(f"/grants/{grant.number}/")
    first = arrived(grant)
    assert (first.mode, first.rows_written) == (Way.INCREMENT, 50)
    assert first.increment is not None
    assert first.increment["whole"] == "first"
    theirs.run(
        "INSERT INTO population SELECT lpad(n::text, 18, '0'), '新', date '1950-01-01' + n "
        "FROM generate_series(48, 52) n ON CONFLICT (id_number) DO UPDATE SET name = excluded.name; "
        "DELETE FROM population WHERE id_number ~ '01$'"
    )
    client.post(f"/grants/{grant.number}/")
    second = arrived(grant)
    assert second.status == DeliveryStatus.DONE
    told = second.increment or {}
    assert (told["inserted"], told["updated"], told["known"], told["whole"]) == (2, 3, 1, "")
    assert ours.run("SELECT count(*) FROM population") == [(52,)]  # one is gone at the source, and such runs are blind
    shown = html.unescape(client.get(f"/deliveries/{second.number}/").content.decode())
    assert "源端删除的行" in shown
    assert "1950-02-22" in shown  # in up to
    auditor = queries.increment_of(second, viewer=an_actor(a_department("市审计局"), Role.AUDITOR)) or {}
    assert (auditor["inserted"], auditor["watermark"], auditor["read_from"]) == (2, None, None)  # values of rows
    assert "百分之 50" in client.get(f"/grants/{grant.number}/").content.decode()  # held below
    (body,) = [one.body for one in history(second.number, viewer=SYSTEM) if one.kind == "delivery.done"]
    assert body["increment"]["blind_to"] == ["deleted", "changed_without_watermark", "later_than_overlap"]
    assert "1950" not in json.dumps(body)  # no value of a row goes on record

    me = ("--as", a_person(seats={consumer.pk: [Role.OFFICER]}).username)
    assert run("exchange", "increments", grant.number, *me)["overlap"] == 3 * 86400
    assert run("exchange", "timetable", grant.number, "每个工作日 02:00", *me)["text"] == "每个工作日 02:00"
    run("deliveries", "start", grant.number, "--whole", *me)
    assert arrived(grant).rows_written == 51
    assert ours.run("SELECT count(*) FROM population") == [(51,)]
    run("exchange", "increments", grant.number, "--item", by_birth, "--overlap", "2d", *me)
    run("deliveries", "start", grant.number, *me)
    assert (arrived(grant).increment or {})["known"] == 3
    assert run("exchange", "increments", grant.number, "--whole", *me) == {"grant": grant.number, "way": "whole"}
    grants.narrow_grant(
        number=grant.number,
        wanted=Wanted(quota_rows=1000),
        reason="够用",
        actor=an_actor(provider, Role.CHIEF),
        clock=NOON,
    )
    with pytest.raises(IncrementsHaveNoLimit):
        services.bring_increments(grant=grant.number, item=by_birth, overlap=0, actor=an_actor(consumer), clock=NOON)


def granted_items(grant: Grant) -> Any:
    return grant_queries.read(grant_queries.tickets(grant.number, viewer=SYSTEM)[0].jws).items
