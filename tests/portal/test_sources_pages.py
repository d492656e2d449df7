"""Data in MariaDB, on an SFTP server or in a store, from the page to rows in another department's database."""

import hashlib
import json
from datetime import timedelta

import pytest
from django.urls import reverse

from hefu.dataplane.checks import NotNull
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources import services
from hefu.rooms.resources.terms import AllowanceKind, PlaceFacts, PlaceKind
from hefu.rooms.upkeep import queries as upkeep_queries
from hefu.rooms.upkeep import services as upkeep
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_target, an_actor, an_entry, the_authority
from tests.conftest import Database
from tests.interface import SECRET, InterfaceServer, interfaces
from tests.mariadb import PASSWORD, MariaDatabase, a_maria, maria, other_maria
from tests.portal.types import SignIn
from tests.s3 import Store, a_store, store
from tests.sftp import SftpServer, sftp

__all__ = ["a_maria", "a_store", "interfaces", "maria", "other_maria", "sftp", "store"]

pytestmark = pytest.mark.django_db(transaction=True)


def typed(database: MariaDatabase, **changes: object) -> dict[str, object]:
    """Return what a person fills in; an empty port means the usual one, so the test's own is typed."""
    facts = {
        "name": "人口库", "kind": "mysql", "host": "127.0.0.1", "port": database.server.port, "dbname": database.name,
        "username": database.connection.user, "password": PASSWORD, "tls": "prefer", "encoding": "utf-8",
        "system_id": "",
    }  # fmt: skip
    return facts | changes


def name_this_machine() -> None:
    """Let connectors speak HTTP with this machine."""
    services.allow(
        kind=AllowanceKind.NETWORK,
        pattern="127.0.0.0/8",
        note="测试",
        actor=an_actor(the_authority(), Role.OPERATOR),
        clock=NOON,
    )


def test_from_the_page_to_rows_in_another_departments_database(
    signed_in: SignIn, a_maria: MariaDatabase, other_maria: MariaDatabase, a_database: Database
) -> None:
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    the_authority()
    a_maria.run(
        "create table population (id_number varchar(18) primary key comment '公民身份号码', name varchar(40), "
        "birth_date date, home point) character set utf8mb4 comment '常住人口'"
    )
    a_maria.run(
        "insert into population select lpad(seq, 18, '0'), if(seq % 10, concat('张', seq), null), "
        "date('1950-01-01') + interval seq day, null from seq_1_to_100"
    )
    officer = signed_in(provider)

    # Registered on the page, tried at once, looked into.
    wrong = officer.post(reverse("resources:new_source"), typed(a_maria, dbname=""))
    assert wrong.status_code == 422
    officer.post(reverse("resources:new_source"), typed(a_maria))
    source = resources.sources(viewer=SYSTEM).get()
    page = officer.get(reverse("resources:source", args=[source.pk]), {"look": "1"}).content.decode()
    assert "MySQL or MariaDB database" in page
    assert "Reached: MariaDB 10" in page
    assert "常住人口" in page
    assert PASSWORD not in page
    tried = officer.post(reverse("resources:test", args=["source", source.pk]), follow=True).content.decode()
    assert "Reached: MariaDB" in tried

    # Mounted: columns and key are found by name, and the comparison knows MySQL's types.
    entry = an_entry(provider)
    address = reverse("resources:mount", args=[entry.pk])
    offered = officer.get(address, {"source": source.pk}).content.decode()
    assert "population" in offered
    actor = an_actor(provider)
    services.mount(
        entry_id=entry.pk, source_id=source.pk, schema=a_maria.name, table="population", actor=actor, clock=NOON
    )
    services.set_rules(entry_id=entry.pk, rules=[NotNull("name")], actor=actor, clock=NOON)
    resource = resources.resource_for_entry(entry.pk, viewer=actor)
    assert resource is not None
    assert resource.key == ["id_number"]
    found = {line.item_name: line.verdict.value for line in resources.compare(entry.pk, viewer=actor) if line.item_id}
    assert set(found.values()) == {"same"}
    assert len(catalog.items_of(entry)) == 3

    # Delivered to a consumer's MariaDB and to a consumer's PostgreSQL.
    signed_in(consumer).post(reverse("resources:new_target"), typed(other_maria, name="接收库"))
    mine = resources.targets(viewer=SYSTEM).get()
    assert mine.reached
    for target, rows in ((mine, other_maria.run), (a_target(consumer, a_database), a_database.run)):
        grant = a_grant(entry, consumer, target=target)
        delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
        carry(delivery.pk, clock=NOON)
        row = deliveries.delivery(delivery.number, viewer=SYSTEM)
        assert (row.status, row.rows_written, row.rows_rejected) == ("done", 90, 10)
        assert rows("select count(*), min(name) from population") == [(90, "张1")]

    # What the source bore of it, and how busy its server is, to those who may look inside.
    since = NOON.now() - timedelta(days=1)
    bore = deliveries.burden(source.pk, viewer=actor, since=since)
    assert (bore.running, bore.ended, bore.rows, bore.changes) == (0, 2, 180, 0)
    assert deliveries.burden(source.pk, viewer=an_actor(a_department("市教育局")), since=since).ended == 0
    officer = signed_in(provider)
    page = officer.get(reverse("resources:source", args=[source.pk]), {"look": "1"}).content.decode()
    assert "Sessions open at the server" in page
    assert (
        "Sessions open at the server" not in officer.get(reverse("resources:source", args=[source.pk])).content.decode()
    )


def test_a_scan_proposes_entries_from_it(a_maria: MariaDatabase) -> None:
    office = a_department()
    a_maria.run("create table firms (code varchar(18) primary key, name varchar(100)) comment '企业'")
    source = services.register_source(
        department_id=office.pk,
        facts=PlaceFacts(
            "企业库", PlaceKind.MYSQL, "127.0.0.1", a_maria.server.port, a_maria.name, a_maria.connection.user
        ),
        password=PASSWORD,
        actor=an_actor(office),
        clock=NOON,
    )
    scan = upkeep.ask_scan(source_id=source.pk, actor=an_actor(office), clock=NOON)
    upkeep.scan_source(scan_id=scan.pk, actor=SYSTEM, clock=NOON)
    proposal = upkeep_queries.proposals(viewer=SYSTEM).get()
    assert proposal.name == "企业"
    assert [item["column"] for item in proposal.items] == ["code", "name"]


def test_files_on_an_sftp_server_are_a_source_whose_key_was_stored(
    signed_in: SignIn, sftp: SftpServer, a_database: Database
) -> None:
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    the_authority()
    rows = "".join(f"{n:018d},张{n},1950-01-01\n" for n in range(1, 21))
    (sftp.folder / "人口.csv").write_text(f"id_number,name,birth_date\n{rows}", encoding="gb18030")
    officer = signed_in(provider)
    typed = {
        "name": "前置机", "kind": "sftp", "host": "127.0.0.1", "port": sftp.port, "username": sftp.connection.user,
        "password": sftp.connection.password, "folder": str(sftp.folder), "encoding": "gb18030", "system_id": "",
    }  # fmt: skip
    assert 'href="#id_host_key"' in officer.post(reverse("resources:new_source"), typed).content.decode()
    strange = officer.post(reverse("resources:new_source"), typed | {"host_key": "SHA256:" + "A" * 43}, follow=True)
    assert sftp.host_key in strange.content.decode()
    source = resources.sources(viewer=SYSTEM).get()
    assert source.reached is False
    # A new key is a new address: who stores it has to know the password.
    address = reverse("resources:change", args=["source", source.pk])
    assert officer.post(address, typed | {"host_key": sftp.host_key, "password": ""}).status_code == 422
    officer.post(address, typed | {"host_key": sftp.host_key})
    officer.post(reverse("resources:test", args=["source", source.pk]))
    page = officer.get(reverse("resources:source", args=[source.pk]), {"look": "1"}).content.decode()
    assert "人口.csv" in page
    assert "it holds 1 files" in page
    assert sftp.connection.password not in page

    entry = an_entry(provider)
    key = ["id_number"]
    services.mount(
        entry_id=entry.pk, source_id=source.pk, table="人口.csv", key=key, actor=an_actor(provider), clock=NOON
    )
    grant = a_grant(entry, consumer, target=a_target(consumer, a_database))
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
    carry(delivery.pk, clock=NOON)
    row = deliveries.delivery(delivery.number, viewer=SYSTEM)
    assert (row.status, row.rows_written) == ("done", 20)

    # The other way: its file is put where the consumer says, and nothing is kept to be fetched here.
    (sftp.folder / "in").mkdir()
    clerk, where = signed_in(consumer), {"folder": str(sftp.folder / "in"), "host_key": sftp.host_key}
    clerk.post(reverse("resources:new_target"), typed | where)
    mine = resources.targets(viewer=SYSTEM).get(kind="sftp")
    assert mine.reached
    by_file = a_grant(entry, consumer, channel=Channel.FILE, purpose="另一用途")
    carry(deliveries.deliveries(viewer=SYSTEM, grant=by_file.number).get().pk, clock=NOON)
    address = reverse("grants:choose_target", args=[by_file.number])
    assert 'name="table"' not in clerk.get(address).content.decode()
    clerk.post(address, {"target_id": str(mine.pk)})
    clerk.post(reverse("grants:grant", args=[by_file.number]), {"file_format": "jsonl"})
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=by_file.number).latest("number")
    carry(delivery.pk, clock=NOON)
    row = deliveries.delivery(delivery.number, viewer=SYSTEM)
    assert (row.status, row.rows_written, row.file_name) == ("done", 20, "")
    (file,) = (sftp.folder / "in").iterdir()
    assert file.name == f"{entry.code.replace('/', '-')}-{row.number}.jsonl"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == row.file_sha256
    page = clerk.get(reverse("deliveries:delivery", args=[row.number])).content.decode()
    assert file.name in page
    assert "Download the file" not in page
    clerk.post(address, {"target_id": ""})
    by_file.refresh_from_db()
    assert by_file.target_id is None


def test_files_in_a_store_are_a_source_whose_secret_key_is_sealed(
    signed_in: SignIn, store: Store, a_database: Database
) -> None:
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    the_authority()
    rows = "".join(f"{n:018d},张{n},1950-01-01\n" for n in range(1, 21))
    name_this_machine()
    store.put("人口.csv", f"id_number,name,birth_date\n{rows}".encode())
    officer, there = signed_in(provider), store.connection
    typed = {
        "name": "对象存储", "kind": "s3", "host": "127.0.0.1", "port": there.port, "dbname": "Not A Bucket",
        "username": there.user, "password": there.password, "folder": there.folder, "tls": "disable", "system_id": "",
    }  # fmt: skip
    assert 'href="#id_dbname"' in officer.post(reverse("resources:new_source"), typed).content.decode()
    officer.post(reverse("resources:new_source"), typed | {"dbname": there.bucket, "password": "another"})
    source = resources.sources(viewer=SYSTEM).get()
    assert (source.reached, source.folder) == (False, there.folder)
    # What the secret key belongs to is changed by nobody who does not know it.
    address = reverse("resources:change", args=["source", source.pk])
    assert officer.post(address, typed | {"dbname": there.bucket, "tls": "", "password": ""}).status_code == 422
    officer.post(address, typed | {"dbname": there.bucket})
    officer.post(reverse("resources:test", args=["source", source.pk]))
    page = officer.get(reverse("resources:source", args=[source.pk]), {"look": "1"}).content.decode()
    assert "人口.csv" in page
    assert f"{there.bucket}{there.folder}" in page
    assert there.password not in page

    entry, actor = an_entry(provider), an_actor(provider)
    services.mount(entry_id=entry.pk, source_id=source.pk, table="人口.csv", key=["id_number"], actor=actor, clock=NOON)
    grant = a_grant(entry, consumer, target=a_target(consumer, a_database))
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
    carry(delivery.pk, clock=NOON)
    row = deliveries.delivery(delivery.number, viewer=SYSTEM)
    assert (row.status, row.rows_written) == ("done", 20)


def test_an_interface_is_a_source_once_it_answers_as_stated(
    signed_in: SignIn, interfaces: InterfaceServer, a_database: Database
) -> None:
    provider, consumer = a_department("市公安局"), a_department("市民政局")
    the_authority()
    interfaces.tables["people"] = [
        {"idNumber": f"{n:018d}", "base": {"name": f"张{n}", "born": "1950-01-01" if n else "unknown"}}
        for n in range(20)
    ]
    columns = [
        {"name": "id_number", "at": "idNumber", "type": "varchar(18)"},
        {"name": "name", "at": "base.name", "type": "text"},
        {"name": "birth_date", "at": "base.born", "type": "date"},
    ]
    one = {
        "name": "population", "path": "/people", "rows": "data.list", "columns": columns, "key": ["id_number"],
        "paging": {"by": "page", "name": "page", "size": "size", "rows": 7}, "total": "data.count", "sid": "s-1",
    }  # fmt: skip
    stated = json.dumps({"key": {"how": "national", "prefix": "p_"}, "interfaces": [one]})
    officer = signed_in(provider)
    typed = {
        "name": "共享接口", "kind": "http", "host": "127.0.0.1", "port": interfaces.port, "username": "rid-1",
        "password": SECRET, "tls": "disable", "system_id": "", "interface": stated.replace('"date"', '"day"'),
    }  # fmt: skip
    assert "day is no type" in officer.post(reverse("resources:new_source"), typed).content.decode()
    # What listens on this machine is asked by nobody before the operator names it.
    assert officer.post(reverse("resources:new_source"), typed | {"interface": stated}).status_code == 403
    assert not interfaces.asked
    name_this_machine()
    officer.post(reverse("resources:new_source"), typed | {"interface": stated})
    source = resources.sources(viewer=SYSTEM).get()
    assert source.reached
    page = officer.get(reverse("resources:source", args=[source.pk]), {"look": "1"}).content.decode()
    assert "population" in page
    assert SECRET not in page
    # Who changes how the key is shown has to know it.
    address = reverse("resources:change", args=["source", source.pk])
    other = typed | {"interface": stated.replace("p_", "q_"), "password": ""}
    assert officer.post(address, other).status_code == 422
    assert 'value="http"' not in officer.get(reverse("resources:new_target")).content.decode()

    entry = an_entry(provider)
    services.mount(entry_id=entry.pk, source_id=source.pk, table="population", actor=an_actor(provider), clock=NOON)
    grant = a_grant(entry, consumer, target=a_target(consumer, a_database))
    delivery = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number")
    carry(delivery.pk, clock=NOON)
    row = deliveries.delivery(delivery.number, viewer=SYSTEM)
    assert (row.status, row.rows_written, row.rejected) == ("done", 19, {"typed(birth_date)": 1})
