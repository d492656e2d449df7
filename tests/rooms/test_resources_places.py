"""The resources room: sources and targets, what may be reached, and that no secret ever comes out."""

import dataclasses
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core import serializers
from django.db import IntegrityError, connection, transaction
from django.forms.models import model_to_dict
from django.views.debug import SafeExceptionReporterFilter

from hefu.crypto.sealing import SealBroken
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.terms import AUTHORITY_ROLES
from hefu.rooms.resources import errors, queries, services
from hefu.rooms.resources.models import Secret, Source
from hefu.rooms.resources.terms import AllowanceKind, Network, PlaceFacts, PlaceKind
from tests.builders import NOON, SYSTEM, a_department, a_place, a_source, a_target, an_actor, the_authority
from tests.conftest import Database

pytestmark = pytest.mark.django_db

PASSWORD = "correct-horse-battery-staple-9Z"
PLATFORM = system("worker")


def a_remote(**changes: object) -> PlaceFacts:
    facts: dict[str, object] = {
        "name": "前置库",
        "kind": PlaceKind.POSTGRES,
        "host": "10.20.30.40",
        "dbname": "exchange",
        "username": "reader",
    }
    return PlaceFacts(**facts | changes)  # type: ignore[arg-type]


def register(office: object, facts: PlaceFacts | None = None, **more: object) -> Source:
    told: dict[str, object] = {
        "department_id": office.pk,  # type: ignore[attr-defined]
        "facts": facts or a_remote(),
        "password": PASSWORD,
        "actor": an_actor(office),  # type: ignore[arg-type]
        "clock": NOON,
    }
    return services.register_source(**told | more)  # type: ignore[arg-type]


class TestSecrets:
    def test_a_password_comes_out_for_the_worker_alone(self) -> None:
        source = register(a_department())
        made = queries.connection_for(source.pk, actor=PLATFORM)
        assert isinstance(made, PostgresConnection)
        assert made.password == PASSWORD
        for role in Role:
            office = the_authority() if role in AUTHORITY_ROLES else source.department
            with pytest.raises(Forbidden):
                queries.connection_for(source.pk, actor=an_actor(office, role))

    def test_nobody_reads_it_through_rows_reprs_forms_exports_or_history(self) -> None:
        office = a_department()
        source = register(office)
        viewer = an_actor(office, Role.CHIEF)
        row = queries.source(source.pk, viewer=viewer)
        sealed = Secret.objects.get(place=source.pk).sealed
        shown = [
            repr(row),
            str(row),
            repr(row.__dict__),
            repr(model_to_dict(row)),
            serializers.serialize("json", [row, *Source.objects.all()]),
            repr(list(queries.sources(viewer=viewer).values())),
            repr(Secret.objects.get(place=source.pk)),
            repr(queries.connection_for(source.pk, actor=PLATFORM)),
            json.dumps([entry.body for entry in Evidence.objects.all()]),
        ]
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(e)::text FROM resources_sourceevent e")
            shown += [line for (line,) in cursor.fetchall()]
        for text in shown:
            assert PASSWORD not in text
            assert sealed not in text
        assert PASSWORD not in sealed

    def test_it_stands_in_no_table_in_the_clear(self) -> None:
        register(a_department())
        with connection.cursor() as cursor:
            cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
            tables = [name for (name,) in cursor.fetchall()]
            for table in tables:
                cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{PASSWORD}%"])
                assert cursor.fetchone() == (0,), table

    def test_a_failed_test_says_why_without_it(self, a_database: Database, caplog: pytest.LogCaptureFixture) -> None:
        office = a_department()
        source = register(office, a_place(a_database, username="nobody_here"))
        with caplog.at_level(logging.DEBUG):
            tested = services.test_source(source_id=source.pk, actor=an_actor(office), clock=NOON)
        assert tested.reached is False
        assert tested.test_text
        told = tested.test_text.format(**tested.test_facts)
        assert PASSWORD not in told + caplog.text + json.dumps(tested.test_facts)

    def test_a_refusal_and_its_traceback_hide_it(self) -> None:
        office = a_department()
        with pytest.raises(Refusal) as caught:
            register(office, a_remote(host="8.8.8.8"))
        assert PASSWORD not in str(caught.value)
        assert PASSWORD not in repr(caught.value.facts)
        frame = next(entry.frame.raw for entry in caught.traceback if entry.name == "_register")
        cleansed = dict(SafeExceptionReporterFilter().get_traceback_frame_variables(None, frame))
        assert PASSWORD not in repr(cleansed)

    def test_one_moved_to_another_place_does_not_open(self) -> None:
        one, other = register(a_department()), register(a_department())
        stolen = Secret.objects.get(place=one.pk).sealed
        Secret.objects.filter(place=other.pk).update(sealed=stolen)
        with pytest.raises(SealBroken):
            queries.connection_for(other.pk, actor=PLATFORM)

    def test_a_new_address_needs_the_password_again(self) -> None:
        office = a_department()
        source = register(office)
        elsewhere = a_remote(host="10.99.0.1")
        with pytest.raises(InputsRejected, match="password"):
            services.change_source(source_id=source.pk, facts=elsewhere, actor=an_actor(office), clock=NOON)
        source.refresh_from_db()
        assert source.host == "10.20.30.40"
        renamed = services.change_source(
            source_id=source.pk, facts=a_remote(name="新名称"), actor=an_actor(office), clock=NOON
        )
        assert renamed.name == "新名称"
        moved = services.change_source(
            source_id=source.pk, facts=elsewhere, password="another-secret", actor=an_actor(office), clock=NOON
        )
        assert queries.connection_for(moved.pk, actor=PLATFORM).password == "another-secret"  # type: ignore[union-attr]

    def test_a_changed_secret_is_on_record_without_itself_and_a_closed_place_forgets_it(self) -> None:
        office = a_department()
        source = register(office)
        services.change_secret(place_id=source.pk, password="second-secret", actor=an_actor(office), clock=NOON)
        services.close_source(source_id=source.pk, reason="系统下线", actor=an_actor(office), clock=NOON)
        kinds = [entry.kind for entry in history(f"source:{source.pk}", viewer=SYSTEM)]
        assert kinds == ["place.registered", "place.secret_changed", "place.closed"]
        assert not Secret.objects.filter(place=source.pk).exists()
        with pytest.raises(errors.NoSecret):
            queries.connection_for(source.pk, actor=PLATFORM)


class TestWhoManages:
    def test_the_department_and_the_operator_see_a_place_and_nobody_else_does(self) -> None:
        office = a_department()
        source, target = register(office), None
        target = services.register_target(
            department_id=office.pk, facts=a_remote(), password=PASSWORD, actor=an_actor(office), clock=NOON
        )
        operator = an_actor(a_department(), Role.OPERATOR)
        for viewer in (an_actor(office), an_actor(office, Role.CHIEF), operator):
            assert queries.source(source.pk, viewer=viewer).pk == source.pk
            assert queries.target(target.pk, viewer=viewer).pk == target.pk
        strangers: list[Actor] = [
            an_actor(a_department()),
            an_actor(a_department(), Role.CHIEF),
            an_actor(office, Role.SECURITY),
            an_actor(office, Role.AUDITOR),
            an_actor(the_authority(), Role.REVIEWER),
        ]
        for viewer in strangers:
            with pytest.raises(NotFound):
                queries.source(source.pk, viewer=viewer)
            with pytest.raises(NotFound):
                services.test_source(source_id=source.pk, actor=viewer, clock=NOON)
            with pytest.raises(NotFound):
                services.change_secret(place_id=target.pk, password="x", actor=viewer, clock=NOON)
            assert not queries.sources(viewer=viewer).exists()
            assert not queries.targets(viewer=viewer).exists()

    def test_another_department_registers_nothing_here(self) -> None:
        office = a_department()
        with pytest.raises(Forbidden):
            register(office, actor=an_actor(a_department()))
        assert register(office, actor=an_actor(a_department(), Role.OPERATOR)).department == office

    def test_the_operator_runs_a_source_but_does_not_look_inside(self, a_database: Database) -> None:
        source = a_source(a_department(), a_database)
        operator = an_actor(a_department(), Role.OPERATOR)
        assert services.test_source(source_id=source.pk, actor=operator, clock=NOON).reached
        with pytest.raises(Forbidden):
            queries.tables(source.pk, viewer=operator)

    def test_names_are_unique_within_a_department_while_open(self) -> None:
        office = a_department()
        first = register(office)
        with pytest.raises(errors.NameTaken):
            register(office)
        services.close_source(source_id=first.pk, reason="重建", actor=an_actor(office), clock=NOON)
        assert register(office).pk != first.pk
        assert register(a_department()).name == first.name

    def test_the_database_refuses_a_place_that_cannot_be_reached(self) -> None:
        source = register(a_department())
        with pytest.raises(IntegrityError, match="source_reachable"), transaction.atomic():
            Source.objects.filter(pk=source.pk).update(host="")

    def test_systems_are_listed_for_their_department_and_the_authority(self) -> None:
        office = a_department()
        made = services.register_system(
            department_id=office.pk, name="人口系统", network=Network.EXTRANET, actor=an_actor(office), clock=NOON
        )
        for viewer in (an_actor(office), an_actor(the_authority(), Role.REVIEWER)):
            assert queries.systems(viewer=viewer).get().pk == made.pk
        assert not queries.systems(viewer=an_actor(a_department())).exists()
        with pytest.raises(errors.NameTaken):
            services.register_system(
                department_id=office.pk, name=" 人口系统 ", network=Network.OTHER, actor=an_actor(office), clock=NOON
            )


class TestWhatMayBeReached:
    def test_public_and_link_local_addresses_are_closed(self) -> None:
        office = a_department()
        for host in ("8.8.8.8", "169.254.169.254", "100.100.100.200", "0.0.0.0"):  # noqa: S104
            with pytest.raises(errors.AddressNotAllowed, match=host):
                register(office, a_remote(host=host))

    def test_the_operators_list_opens_and_closes(self) -> None:
        office = a_department()
        operator = an_actor(a_department(), Role.OPERATOR)
        opened = services.allow(
            kind=AllowanceKind.NETWORK, pattern="8.8.8.0/24", note="外部前置机", actor=operator, clock=NOON
        )
        assert register(office, a_remote(host="8.8.8.8")).host == "8.8.8.8"
        with pytest.raises(errors.AddressNotAllowed):
            register(office, a_remote(name="另一个", host="10.20.30.40"))
        services.disallow(allowance_id=opened.pk, actor=operator, clock=NOON)
        with pytest.raises(errors.AddressNotAllowed):
            register(office, a_remote(name="另一个", host="8.8.4.4"))
        assert [entry.kind for entry in history("allowances", viewer=SYSTEM)] == ["allowance.given", "allowance.ended"]
        with pytest.raises(Forbidden):
            services.allow(kind=AllowanceKind.HOST, pattern="x.cn", note="x", actor=an_actor(office), clock=NOON)

    def test_the_data_plane_asks_the_same_list_when_it_connects(self, a_database: Database) -> None:
        source = a_source(a_department(), a_database)
        operator = an_actor(a_department(), Role.OPERATOR)
        services.allow(kind=AllowanceKind.NETWORK, pattern="10.0.0.0/8", note="政务外网", actor=operator, clock=NOON)
        tested = services.test_source(source_id=source.pk, actor=operator, clock=NOON)
        assert tested.reached is False
        policy = queries.address_policy(actor=PLATFORM)
        assert policy("db", "127.0.0.1", 5432)
        assert policy("db", "10.1.1.1", 5432) is None

    def test_sockets_are_for_the_operator(self) -> None:
        office = a_department()
        with pytest.raises(Forbidden):
            register(office, a_remote(host="/run/postgresql"))
        assert register(office, a_remote(host="/run/postgresql"), actor=an_actor(a_department(), Role.OPERATOR)).pk

    def test_folders_outside_the_allowed_ones_are_closed_also_behind_a_link(self, tmp_path: Path) -> None:
        office = a_department()
        home = Path(settings.HEFU.home, "folders")
        home.mkdir(exist_ok=True)
        link = home / f"link-{office.pk}"
        link.symlink_to("/etc")
        for folder in ("/etc", str(tmp_path), str(link)):
            with pytest.raises(errors.AddressNotAllowed):
                register(office, PlaceFacts(name="文件夹", kind=PlaceKind.FOLDER, folder=folder))
        operator = an_actor(a_department(), Role.OPERATOR)
        services.allow(kind=AllowanceKind.FOLDER, pattern=str(tmp_path), note="报送目录", actor=operator, clock=NOON)
        (tmp_path / "enterprises.csv").write_text("code,name\n1,甲\n", encoding="utf-8")
        source = register(office, PlaceFacts(name="文件夹", kind=PlaceKind.FOLDER, folder=str(tmp_path)))
        (listed,) = queries.tables(source.pk, viewer=an_actor(office))
        assert listed.table == "enterprises.csv"
        tested = services.test_source(source_id=source.pk, actor=operator, clock=NOON)
        assert (tested.reached, tested.test_facts) == (True, {"files": 1})
        assert queries.connection_for(source.pk, actor=PLATFORM) == tmp_path.resolve()


class TestReaching:
    def test_a_test_says_in_words_what_it_found(self, make_database: Callable[[], Database]) -> None:
        office = a_department()
        database = make_database()
        database.run("CREATE TABLE one (id int); CREATE TABLE two (id int)")
        source = services.test_source(source_id=a_source(office, database).pk, actor=an_actor(office), clock=NOON)
        assert source.reached is True
        assert source.test_facts["tables"] == 2
        target = services.test_target(target_id=a_target(office, database).pk, actor=an_actor(office), clock=NOON)
        assert "PostgreSQL" in target.test_text.format(**target.test_facts)

    @pytest.mark.parametrize(
        "changes",
        [{"dbname": "no_such_db"}, {"username": "no_such_user"}, {"port": 1}, {"host": "no-such-host.invalid"}],
    )
    def test_what_is_wrong_is_told_and_nothing_is_raised(
        self, a_database: Database, changes: dict[str, object]
    ) -> None:
        office = a_department()
        facts = dataclasses.replace(a_place(a_database), **changes)  # type: ignore[arg-type]
        source = register(office, facts)
        tested = services.test_source(source_id=source.pk, actor=an_actor(office), clock=NOON)
        assert tested.reached is False
        assert tested.test_text.format(**tested.test_facts)

    def test_a_place_without_a_password_says_so(self, a_database: Database) -> None:
        office = a_department()
        source = register(office, a_place(a_database), password="")
        tested = services.test_source(source_id=source.pk, actor=an_actor(office), clock=NOON)
        assert "no password" in tested.test_text


def test_oracle_and_dameng_are_sources_and_no_targets_and_a_missing_driver_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    department, seen = a_department(), {}
    for module in ("oracledb", "dmPython"):
        monkeypatch.setitem(sys.modules, module, None)
    for kind in (PlaceKind.ORACLE, PlaceKind.DAMENG):
        facts = PlaceFacts(name=kind.value, kind=kind, host="127.0.0.1", port=1521, dbname="ORCL", username="u")
        stated = {"facts": facts, "password": "geheim", "actor": an_actor(department), "clock": NOON}
        source = services.register_source(department_id=department.pk, **stated)
        tested = services.test_source(source_id=source.pk, actor=an_actor(department), clock=NOON)
        assert tested.reached is False
        seen[kind] = tested.test_text + str(tested.test_facts)
        with pytest.raises(InputsRejected) as refused:
            services.register_target(department_id=department.pk, **stated)
        assert "read and not delivered" in refused.value.problems["kind"]
    assert "oracledb" in seen[PlaceKind.ORACLE]
    assert "dmPython" in seen[PlaceKind.DAMENG]
    assert "geheim" not in str(seen)
