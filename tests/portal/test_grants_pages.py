"""Pages of sources, mounts, grants and deliveries: by links and forms alone, and only for whom they concern."""

import html
from collections.abc import Callable

import pytest
from django.test import Client

from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Role
from hefu.kernel.words import Sentence, stored
from hefu.rooms.catalog.models import Entry
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.evidence.models import Entry as Record
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.terms import GrantStatus
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.models import Allowance, Source, System
from tests.builders import (
    SYSTEM,
    a_department,
    a_grant,
    a_mounted_entry,
    a_population,
    a_source,
    an_entry,
    the_authority,
)
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider() -> Department:
    the_authority()
    return a_department("市公安局")


@pytest.fixture
def consumer() -> Department:
    return a_department("市民政局")


@pytest.fixture
def stranger(signed_in: SignIn) -> Client:
    return signed_in(a_department("市教育局"), Role.OFFICER, Role.CHIEF)


@pytest.fixture
def entry(provider: Department, make_database: Callable[[], Database]) -> Entry:
    source = make_database()
    a_population(source)
    return a_mounted_entry(provider, source)


@pytest.fixture
def grant(entry: Entry, consumer: Department) -> Grant:
    return a_grant(entry, consumer, channel=Channel.FILE)


class TestPlaces:
    def test_a_source_is_registered_tested_and_looked_into(
        self, provider: Department, signed_in: SignIn, make_database: Callable[[], Database]
    ) -> None:
        database, officer = make_database(), signed_in(provider)
        a_population(database)
        typed = {
            "name": "人口库",
            "kind": "postgres",
            "host": database.host,
            "port": database.port,
            "dbname": database.name,
            "username": database.user,
            "password": database.password,
        }
        address = officer.post("/resources/source/new", typed)["Location"]
        found = Source.objects.get(name="人口库")
        assert address == f"/resources/source/{found.pk}/"
        assert found.reached is True
        assert "population" in officer.get(address, {"look": "1"}).content.decode()
        page = officer.get(f"{address}change").content.decode()
        assert 'value="人口库"' in page
        assert "人口库" in officer.get("/resources/").content.decode()

    def test_a_place_named_by_half_keeps_what_was_typed_and_never_the_password(
        self, provider: Department, signed_in: SignIn
    ) -> None:
        typed = {"name": "半个库", "kind": "postgres", "host": "", "password": "not to be shown"}
        answer = signed_in(provider).post("/resources/target/new", typed)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="半个库"' in text
        assert 'href="#id_dbname"' in text
        assert "not to be shown" not in text

    def test_another_departments_source_is_not_there(
        self, provider: Department, stranger: Client, make_database: Callable[[], Database]
    ) -> None:
        source = a_source(provider, make_database())
        for address in ("", "change", "close"):
            assert stranger.get(f"/resources/source/{source.pk}/{address}").status_code == 404
        assert stranger.post(f"/resources/source/{source.pk}/test").status_code == 404
        assert source.name not in stranger.get("/resources/").content.decode()

    def test_a_source_is_closed_with_a_reason(
        self, provider: Department, signed_in: SignIn, make_database: Callable[[], Database]
    ) -> None:
        source, officer = a_source(provider, make_database()), signed_in(provider)
        address = f"/resources/source/{source.pk}/close"
        assert officer.post(address, {"reason": ""}).status_code == 422
        officer.post(address, {"reason": "系统下线"})
        source.refresh_from_db()
        assert source.closed_at is not None

    def test_a_system_and_an_allowance_are_registered(self, provider: Department, signed_in: SignIn) -> None:
        signed_in(provider).post(
            "/resources/systems/new", {"name": "户政系统", "network": "extranet", "description": ""}
        )
        assert System.objects.filter(name="户政系统", department=provider).exists()
        operator = signed_in(the_authority(), Role.OPERATOR)
        operator.post("/resources/allowances/new", {"kind": "network", "pattern": "10.20.0.0/16", "note": "政务外网"})
        assert Allowance.objects.filter(pattern="10.20.0.0/16").exists()
        assert signed_in(provider).get("/resources/allowances/new").status_code == 403

    def test_an_allowance_is_ended_by_the_system_administrator_alone(
        self, provider: Department, signed_in: SignIn
    ) -> None:
        operator, officer = signed_in(the_authority(), Role.OPERATOR), signed_in(provider)
        operator.post("/resources/allowances/new", {"kind": "network", "pattern": "10.20.0.0/16", "note": "政务外网"})
        found = Allowance.objects.get(pattern="10.20.0.0/16")
        address = f"/resources/allowances/{found.pk}/end"
        assert f'href="{address}"' in operator.get("/resources/allowances/").content.decode()
        assert address not in officer.get("/resources/allowances/").content.decode()
        assert officer.post(address).status_code == 403
        assert "10.20.0.0/16" in operator.get(address).content.decode()
        assert Allowance.objects.filter(pk=found.pk).exists()
        operator.post(address)
        assert not Allowance.objects.filter(pk=found.pk).exists()
        assert operator.get(address).status_code == 404


class TestMounting:
    def test_an_entry_is_mounted_column_by_column(
        self, provider: Department, signed_in: SignIn, make_database: Callable[[], Database]
    ) -> None:
        database, officer = make_database(), signed_in(provider)
        a_population(database)
        entry, source = an_entry(provider), a_source(provider, database)
        address = f"/resources/mount/{entry.pk}"
        assert "population" in officer.get(address, {"source": str(source.pk)}).content.decode()
        chosen = {"source": str(source.pk), "schema": "public", "table": "population"}
        form = officer.get(address, chosen).context["form"]
        typed = {name: field.initial for name, field in form.fields.items()}
        answer = officer.post(address, chosen | typed)
        assert answer["Location"] == f"/resources/rules/{entry.pk}"
        resource = resources.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert resource is not None
        assert set(resource.columns.values()) == {"id_number", "name", "birth_date"}
        assert resource.key == ["id_number"]
        assert "id_number" in officer.get(f"/catalog/{entry.pk}/").content.decode()

    def test_rules_are_set_and_half_a_rule_stays_as_typed(
        self, provider: Department, entry: Entry, signed_in: SignIn
    ) -> None:
        officer, address = signed_in(provider), f"/resources/rules/{entry.pk}"
        half = {"rules_kind": ["code_set"], "rules_column": ["name"], "rules_more": [""], "deed": "save"}
        answer = officer.post(address, half)
        assert answer.status_code == 422
        assert "lists the codes" in answer.content.decode()
        whole = {"rules_kind": ["not_null"], "rules_column": ["name"], "rules_more": [""], "deed": "save"}
        officer.post(address, whole)
        resource = resources.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert resource is not None
        assert len(resources.checks_of(resource)) == 1

    def test_another_column_holds_an_item_from_now_on(
        self, provider: Department, entry: Entry, signed_in: SignIn
    ) -> None:
        officer, address = signed_in(provider), f"/resources/columns/{entry.pk}"
        assert f'href="{address}"' in officer.get(f"/catalog/{entry.pk}/").content.decode()
        form = officer.get(address).context["form"]
        typed = {name: field.initial for name, field in form.fields.items()}
        birth = next(f"item_{item.id}" for item in form.items if typed[f"item_{item.id}"] == "birth_date")
        twice = officer.post(address, typed | {birth: "name"})
        assert twice.status_code == 422
        assert "share a column" in twice.content.decode()
        assert officer.post(address, typed | {birth: ""})["Location"] == f"/catalog/{entry.pk}/"
        resource = resources.resource_for_entry(entry.pk, viewer=SYSTEM)
        assert resource is not None
        assert set(resource.columns.values()) == {"id_number", "name"}
        assert resource.key == ["id_number"]

    def test_only_the_entrys_department_mounts_it(self, entry: Entry, stranger: Client) -> None:
        for deed in ("mount", "columns", "rules", "unmount"):
            assert stranger.get(f"/resources/{deed}/{entry.pk}").status_code in (403, 404)


class TestGrants:
    def test_both_sides_see_a_grant_and_nobody_else(
        self, grant: Grant, provider: Department, consumer: Department, signed_in: SignIn, stranger: Client
    ) -> None:
        for office in (provider, consumer):
            text = signed_in(office).get(f"/grants/{grant.number}/").content.decode()
            assert "公民身份号码" in text
            assert "Download the ticket" in text
            assert "Passing on to third parties" in text
            assert "art. 25" in text
            assert grant.number in signed_in(office).get("/grants/").content.decode()
        for address in ("", "ticket", "target", "suspend", "resume", "revoke"):
            assert stranger.get(f"/grants/{grant.number}/{address}").status_code == 404
        assert stranger.get("/grants/").context["list"].count == 0

    def test_a_hold_names_the_day_until_which_it_is_put_right(
        self, grant: Grant, provider: Department, consumer: Department, signed_in: SignIn
    ) -> None:
        chief, address = signed_in(provider, Role.CHIEF), f"/grants/{grant.number}/"
        late = chief.post(f"{address}suspend", {"reason": "转给第三方", "mend_by": "2026-03-01"})
        assert late.status_code == 422
        assert 'href="#id_mend_by"' in late.content.decode()
        chief.post(f"{address}suspend", {"reason": "转给第三方", "mend_by": "2026-03-20"})
        text = signed_in(consumer).get(address).content.decode()
        assert "To be put right by" in text
        assert "2026-03-20" in text.split("To be put right by")[1][:80]

    def test_the_consumer_tells_of_its_use_under_the_heads_of_the_law_and_both_sides_read_it(
        self, grant: Grant, provider: Department, consumer: Department, signed_in: SignIn, stranger: Client
    ) -> None:
        officer, address = signed_in(consumer), f"/grants/{grant.number}/use"
        assert "art. 29" in officer.get(address).content.decode()
        told = {"scenario": "低保审核", "process": "逐户比对", "effect": "核减十二户", "storage": "专区"}
        answer = officer.post(address, told)
        assert answer.status_code == 422
        assert 'href="#id_destruction"' in answer.content.decode()
        officer.post(address, told | {"destruction": "尚无"})
        for office in (provider, consumer):
            text = signed_in(office).get(f"/grants/{grant.number}/").content.decode()
            assert "核减十二户" in text
            assert ("Record the use" in text) is (office == consumer)
        assert signed_in(provider).get(address).status_code == 403
        assert stranger.get(address).status_code == 404

    def test_the_page_is_chinese_for_who_reads_chinese(
        self, grant: Grant, consumer: Department, signed_in: SignIn
    ) -> None:
        text = signed_in(consumer, language="zh-hans").get(f"/grants/{grant.number}/").content.decode()
        assert "授权" in text
        assert "Items granted" not in text

    def test_it_is_suspended_resumed_and_revoked_each_with_a_reason(
        self, grant: Grant, provider: Department, signed_in: SignIn
    ) -> None:
        chief, address = signed_in(provider, Role.CHIEF), f"/grants/{grant.number}/"
        assert chief.post(f"{address}suspend", {"reason": ""}).status_code == 422
        for deed, status in (("suspend", GrantStatus.SUSPENDED), ("resume", GrantStatus.ACTIVE)):
            chief.post(address + deed, {"reason": "核查用途"})
            grant.refresh_from_db()
            assert grant.status == status
        wrong = chief.post(f"{address}revoke", {"reason": "用途不符", "typed": "G2026-999999"})
        assert wrong.status_code == 422
        assert "用途不符" in wrong.content.decode()
        chief.post(f"{address}revoke", {"reason": "用途不符", "typed": grant.number})
        grant.refresh_from_db()
        assert grant.status == GrantStatus.REVOKED

    def test_the_provider_narrows_it_by_form_and_cannot_widen_it(
        self, grant: Grant, provider: Department, consumer: Department, signed_in: SignIn
    ) -> None:
        chief, address = signed_in(provider, Role.CHIEF), f"/grants/{grant.number}/narrow"
        assert f'href="{address}"' in chief.get(f"/grants/{grant.number}/").content.decode()
        assert signed_in(consumer, Role.CHIEF).get(address).status_code == 403
        rows = {"rows_item": ["birth_date"], "rows_way": ["between"], "rows_value": ["1960-01-01"], "rows_upper": [""]}
        typed = {"items": ["id_number", "birth_date"], "reason": "核对只需出生日期"} | rows
        more = chief.post(address, typed | {"deed": "more"})
        assert "1960-01-01" in more.content.decode()
        longer = chief.post(address, typed | {"term_until": "2031-01-01"})
        assert longer.status_code == 422
        assert "can only be made smaller here (Last day of use)" in longer.content.decode()
        assert "核对只需出生日期" in longer.content.decode()
        assert chief.post(address, {"items": [], "reason": "全部"} | rows).status_code == 422
        assert chief.post(address, typed)["Location"] == f"/grants/{grant.number}/"
        grant.refresh_from_db()
        assert [item.code for item in grant.granted_items] == ["id_number", "birth_date"]
        assert [one.column for one in grant.conditions] == ["birth_date"]
        assert grant.tickets.filter(ended_at__isnull=True).get().serial == 2

    def test_the_page_to_narrow_it_is_chinese_for_who_reads_chinese(
        self, grant: Grant, provider: Department, signed_in: SignIn
    ) -> None:
        chief, address = signed_in(provider, Role.CHIEF, language="zh-hans"), f"/grants/{grant.number}/narrow"
        assert "缩小授权" in chief.get(address).content.decode()
        kept = {"items": [item.code for item in grant.granted_items], "reason": "没有变化", "rows_item": [""]}
        assert "没有任何变化" in chief.post(address, kept | {"term_until": ""}).content.decode()

    def test_reading_changes_nothing(self, grant: Grant, provider: Department, signed_in: SignIn) -> None:
        chief, before = signed_in(provider, Role.CHIEF), Record.objects.count()
        for address in ("", "ticket", "suspend", "resume", "revoke"):
            assert chief.get(f"/grants/{grant.number}/{address}").status_code == 200
        for address in (f"/resources/mount/{grant.entry_id}", f"/resources/rules/{grant.entry_id}"):
            assert chief.get(address).status_code == 200
        assert chief.get(f"/grants/{grant.number}/open").status_code == 405
        grant.refresh_from_db()
        assert grant.status == GrantStatus.ACTIVE
        assert Record.objects.count() == before


class TestDeliveries:
    @pytest.fixture
    def address(self, grant: Grant) -> str:
        found = deliveries.deliveries(viewer=SYSTEM).filter(grant=grant).get()
        return f"/deliveries/{found.number}/"

    def test_a_delivery_is_shown_cancelled_and_begun_again(
        self, address: str, consumer: Department, signed_in: SignIn
    ) -> None:
        officer, number = signed_in(consumer), address.split("/")[2]
        assert number in officer.get("/deliveries/").content.decode()
        assert f'action="{address}cancel"' in officer.get(address).content.decode()
        assert "<html" not in officer.get(f"{address}progress").content.decode()
        officer.post(f"{address}cancel")
        assert deliveries.delivery(number, viewer=SYSTEM).status == DeliveryStatus.CANCELLED
        assert officer.get(f"{address}progress")["HX-Refresh"] == "true"
        officer.post(f"{address}retry")
        assert deliveries.delivery(number, viewer=SYSTEM).status == DeliveryStatus.WAITING

    def test_why_it_failed_is_said_in_the_readers_language_with_names_as_they_are(
        self, address: str, consumer: Department, signed_in: SignIn
    ) -> None:
        problem = Sentence("column {name!r} is granted twice", code="plan.column_twice", name="source")
        Delivery.objects.filter(number=address.split("/")[2]).update(
            error_code=PlanRefused.code,
            error_text=PlanRefused.text,
            error_facts={"problems": stored(PlanRefused((problem,)).facts["problems"])},
        )
        text = signed_in(consumer, language="zh-hans").get(address).content.decode()
        assert "无法安排交付：字段“source”授予了两次。" in text
        told = html.unescape(signed_in(consumer).get(address).content.decode())
        assert "cannot be planned: column 'source' is granted twice." in told

    def test_asking_for_a_deed_by_link_does_nothing(
        self, address: str, consumer: Department, signed_in: SignIn
    ) -> None:
        officer = signed_in(consumer)
        for deed in ("cancel", "retry", "file"):
            assert officer.get(address + deed).status_code == 405
        for page in ("", "progress", "rejects"):
            assert officer.get(address + page).status_code == 200
        found = deliveries.delivery(address.split("/")[2], viewer=SYSTEM)
        assert found.status == DeliveryStatus.WAITING

    def test_a_format_that_is_none_starts_no_delivery(
        self, grant: Grant, consumer: Department, signed_in: SignIn
    ) -> None:
        officer, before = signed_in(consumer), Delivery.objects.count()
        answer = officer.post(f"/grants/{grant.number}/", {"file_format": "docx"})
        assert answer.status_code == 422
        assert 'href="#id_file_format"' in answer.content.decode()
        assert Delivery.objects.count() == before

    def test_another_departments_delivery_is_not_there(self, address: str, stranger: Client) -> None:
        for page in ("", "progress", "rejects", "receipt"):
            assert stranger.get(address + page).status_code == 404
        for deed in ("cancel", "retry", "file"):
            assert stranger.post(address + deed).status_code == 404
