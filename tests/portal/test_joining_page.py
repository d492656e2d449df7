"""Joining two grants by page and command line."""

import html
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from hefu.cli.main import hefu
from hefu.kernel.actor import Role
from hefu.rooms.deliveries import queries
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.grants.models import Grant
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_mounted_entry, a_person, a_population, a_target
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_consumer_joins_two_grants_by_page_and_by_command_and_sees_what_each_gave(
    make_database: Callable[[], Database], signed_in: SignIn
) -> None:
    provider, consumer, theirs, ours = a_department(), a_department(), make_database(), make_database()
    a_population(theirs, rows=30)
    target = a_target(consumer, ours)
    left, right = (a_grant(a_mounted_entry(provider, theirs), consumer, target=target) for _ in range(2))
    for grant in (left, right):
        carry(queries.deliveries(viewer=SYSTEM, grant=grant.number).get().pk, clock=NOON)

    client = signed_in(consumer, language="zh-hans")
    assert f"/grants/{left.number}/join" in client.get(f"/grants/{left.number}/").content.decode()
    page = client.get(f"/grants/{left.number}/join").content.decode()
    assert right.number in page
    assert f'value="{left.number}"' not in page
    chosen = client.post(f"/grants/{left.number}/join", {"other": right.number})
    assert chosen.headers["Location"] == f"/grants/{left.number}/join/{right.number}"
    assert client.post(f"/grants/{left.number}/join", {"other": "G0000-000000"}).status_code == 422
    where, form = chosen.headers["Location"], {"left_1": "id_number", "right_1": "id_number", "kind": "inner"}
    assert client.get(where).status_code == 200
    assert client.post(where, form | {"table": "population"}).status_code == 422
    half = client.post(where, form | {"table": "joined_both", "left_2": "name"})
    assert half.status_code == 422  # a column of one side alone is no pair
    assert "joined_both" in half.content.decode()
    assert client.post(where, form | {"table": "joined_both"}).status_code == 302
    row = queries.deliveries(viewer=SYSTEM, grant=left.number).latest("number")
    carry(row.pk, clock=NOON)
    shown = html.unescape(client.get(f"/deliveries/{row.number}/").content.decode())
    for word in ("与另一项授权关联", "joined_both", "id_number = id_number", right.number):
        assert word in shown
    assert "双方数据比对" not in shown  # it is no copy of one source
    assert ours.run("select count(*) from joined_both") == [(30,)]
    assert signed_in(a_department()).get(where).status_code == 404
    assert signed_in(provider).get(where).status_code == 403

    # By the clock: set by the consumer, shown on both grants, dropped again.
    times = f"/deliveries/{row.number}/join-times"
    assert client.post(times, {"text": "有空的时候"}).status_code == 422
    assert client.post(times, {"text": "每个工作日 02:00"}).status_code == 302
    for address in (f"/deliveries/{row.number}/", f"/grants/{right.number}/"):
        assert "每个工作日 02:00" in client.get(address).content.decode()
    assert signed_in(provider).get(times).status_code == 403
    assert client.post(f"{times}/drop").status_code == 302
    assert queries.join_times_of(row, clock=NOON) is None

    me = ("--as", a_person(seats={consumer.pk: [Role.OFFICER]}).username, "--json")
    wanted = ("deliveries", "join", left.number, right.number, "--table", "joined_both", "--on")
    made = CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, [*wanted, "id_number=id_number", *me])
    assert made.exit_code == 0, made.output
    number = json.loads(made.output)["number"]
    told = json.loads(CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, ["deliveries", "show", number, *me]).output)
    assert told["joined"]["on"] == [["id_number", "id_number"]]
    by_clock = ["deliveries", "join-times", number, "0 2 * * 1-5", *me]
    times_told = json.loads(CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, by_clock).output)
    assert (times_told["text"], len(times_told["next_times"])) == ("0 2 * * 1-5", 3)
    assert CliRunner(env={"HEFU_LANG": "en"}).invoke(hefu, [*wanted, "id_number", *me]).exit_code != 0
    assert Grant.objects.count() == 2
