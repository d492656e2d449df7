"""Which system a scanned source belongs to: confirmed with one click, chosen, registered, or left out."""

import pytest

from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.models import Source, System
from hefu.rooms.resources.terms import Network
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.systems import BelongingStatus
from tests.builders import NOON, SYSTEM, a_department, a_population, a_source, an_actor
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(a_database: Database) -> Source:
    a_population(a_database, 3)
    a_database.run("COMMENT ON TABLE population IS '常住人口'")
    return a_source(a_department("市公安局"), a_database)


def scanned(source: Source) -> None:
    scan = services.ask_scan(source_id=source.pk, actor=an_actor(source.department), clock=NOON)
    services.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)


def a_system(source: Source, name: str) -> System:
    department = source.department
    return resource_services.register_system(
        department_id=department.pk, name=name, network=Network.EXTRANET, actor=an_actor(department), clock=NOON
    )


def test_one_click_confirms_the_likeliest_system_and_a_draft_is_tied_to_it(signed_in: SignIn, source: Source) -> None:
    a_system(source, "车辆管理系统")
    wanted = a_system(source, "人口信息管理系统")
    Source.objects.filter(pk=source.pk).update(name="人口库")
    scanned(source)
    client = signed_in(source.department)
    page = client.get("/upkeep/scans/").content.decode()
    assert "人口信息管理系统" in page
    assert "车辆管理系统" not in page
    assert "the source&#x27;s name says “人口”" in page
    where = f"/upkeep/scans/sources/{source.pk}/system"
    proposal = queries.proposals(viewer=SYSTEM).get()
    take = f"/upkeep/scans/{proposal.pk}/"
    assert f'<option value="{wanted.pk}" selected>' in client.get(take).content.decode(), "the likeliest is chosen"
    assert client.post(where, {"deed": "confirm", "system": str(wanted.pk)}).status_code == 302
    assert "To which system do they belong?" not in client.get("/upkeep/scans/").content.decode()
    drafted = client.post(take, {"name": "常住人口信息", "system": str(wanted.pk)}, follow=True)
    assert "人口信息管理系统" in drafted.content.decode()
    proposal.refresh_from_db()
    assert "人口信息管理系统" in client.get(f"/catalog/{proposal.entry_id}/").content.decode()


def test_where_none_fits_it_is_registered_on_the_same_form(signed_in: SignIn, source: Source) -> None:
    scanned(source)
    client = signed_in(source.department)
    assert "none fits" in client.get("/upkeep/scans/").content.decode()
    where = f"/upkeep/scans/sources/{source.pk}/system"
    assert "No registered system of your department fits" in client.get(where).content.decode()
    assert client.post(where, {"system": "", "name": " "}).status_code == 422
    client.post(where, {"system": "", "name": "人口系统", "network": "dedicated", "description": ""})
    assert [one.name for one in System.objects.all()] == ["人口系统"]
    assert queries.belongings(viewer=SYSTEM).get().status == BelongingStatus.CHOSEN


def test_a_source_is_left_out_and_strange_ids_find_nothing(signed_in: SignIn, source: Source) -> None:
    scanned(source)
    client, where = signed_in(source.department), f"/upkeep/scans/sources/{source.pk}/system"
    for strange in ("\x00", "x" * 5000, str(source.pk)):
        assert client.post(where, {"deed": "confirm", "system": strange}).status_code == 404
    other = signed_in(a_department())
    assert other.get(where).status_code == 404
    assert other.post(where, {"deed": "leave"}).status_code == 404
    client.post(where, {"deed": "leave"})
    assert queries.belongings(viewer=SYSTEM).get().status == BelongingStatus.LEFT_OUT


def test_several_tables_are_chosen_on_the_list_and_drafted(
    signed_in: SignIn, source: Source, a_database: Database
) -> None:
    a_database.run("CREATE TABLE street (code text); COMMENT ON TABLE street IS '街道'")
    scanned(source)
    client, where = signed_in(source.department), "/upkeep/scans/together"
    picks = [str(one.pk) for one in queries.proposals(viewer=SYSTEM)]
    page = client.get("/upkeep/scans/").content.decode()
    assert all(f'name="pick" value="{pick}"' in page for pick in picks)
    assert "Choose at least one table." in client.post(where, {"deed": "take"}).content.decode()
    assert signed_in(a_department()).post(where, {"deed": "take", "pick": picks}).status_code == 302
    assert {one.status for one in queries.proposals(viewer=SYSTEM)} == {"open"}
    client = signed_in(source.department)
    drafted = client.post(where, {"deed": "take", "pick": [*picks, "x\x00"]}, follow=True).content.decode()
    assert "2 entries are drafted." in drafted
    assert 'name="pick"' not in drafted
