"""Values of two departments are compared where both let them be, and nothing of them is kept or shown."""

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import Grade, ItemContent, ItemType, Status
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Department
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.errors import NotMounted
from hefu.rooms.upkeep import queries, sealed, services
from hefu.rooms.upkeep.models import OverlapRun, Pair, Salt, ValueOverlap, ValueSketch
from hefu.rooms.upkeep.services import overlap
from hefu.rooms.upkeep.terms.overlap import LeftOut, RunStatus
from tests.builders import NOON, SYSTEM, a_department, a_source, an_actor, an_entry, publish, the_authority
from tests.conftest import Database

pytestmark = pytest.mark.django_db

FIRM = (("企业代码", "qydm"), ("注册资本", "zczb"), ("成立日期", "clrq"))
TAXED = (("纳税人编码", "nsrbm"), ("实缴资本", "sjzb"), ("开业日期", "kyrq"))


def a_firms_table(database: Database, table: str, codes: tuple[str, ...], first: int, last: int) -> None:
    database.run(
        f"CREATE TABLE {table} ({codes[0]} text, {codes[1]} bigint, {codes[2]} date);"
        f"INSERT INTO {table} SELECT 'QY' || n, 1000 + n * 7, date '1990-01-01' + n % 9000"
        f" FROM generate_series({first}, {last}) n"
    )


def mounted(database: Database, table: str, items: tuple[tuple[str, str], ...], name: str = "企业登记信息") -> Entry:
    office = a_department()
    kinds = (ItemType.TEXT, ItemType.NUMBER, ItemType.DATE)
    told = tuple(ItemContent(*item, kind, 30) for item, kind in zip(items, kinds, strict=False))
    row = an_entry(office, name=name, items=told)
    source = a_source(office, database)
    resource_services.mount(
        entry_id=row.pk, source_id=source.pk, schema="public", table=table, actor=an_actor(office), clock=NOON
    )
    return row


def allowed(row: Entry, *codes: str) -> OverlapRun:
    items = [item.pk for item in row.items.all() if not codes or item.code in codes]
    head = an_actor(row.provider, Role.CHIEF)
    consent = services.allow_overlap(entry_id=row.pk, item_ids=items, reason="核对重复采集", actor=head, clock=NOON)
    return services.run_overlap(run_id=queries.runs_of(consent).get().pk, actor=SYSTEM, clock=NOON)


def look() -> None:
    services.find_duplicates(actor=SYSTEM, clock=NOON)


class TestComparing:
    def test_the_same_values_raise_a_pairs_score_and_other_values_lower_it(self, a_database: Database) -> None:
        codes = tuple(code for _name, code in FIRM)
        a_firms_table(a_database, "registered", codes, 1, 3000)
        a_firms_table(a_database, "taxed", codes, 1, 3000)
        a_firms_table(a_database, "elsewhere", codes, 50_001, 53_000)
        tables = ("registered", "taxed", "elsewhere")
        rows = [mounted(a_database, table, FIRM, f"企业登记信息{at}") for at, table in enumerate(tables)]
        look()
        before = dict(Pair.objects.values_list("pk", "score"))
        for row in rows:
            run = allowed(row, "qydm", "zczb")
            assert run.status == RunStatus.DONE
        same, *other = sorted(Pair.objects.all(), key=lambda pair: -pair.score)
        assert {same.first_id, same.second_id} == {rows[0].pk, rows[1].pk}
        assert same.values is not None
        assert same.values >= 97
        assert same.score > before[same.pk]
        assert len(other) == 2, "a pair found different by its values stays for a person to see"
        for pair in other:
            assert (pair.values or 0) <= 3
            assert pair.score < before[pair.pk]
        told = {one.first.code: one.overlap for one in queries.alike(same)}
        assert told["clrq"] is None
        assert told["qydm"].low <= 100 <= told["qydm"].high
        look()
        same.refresh_from_db()
        assert same.values is not None, "a new look by words keeps what the values said"

    def test_items_of_other_names_and_codes_are_found_by_their_values(self, a_database: Database) -> None:
        a_firms_table(a_database, "registered", tuple(code for _name, code in FIRM), 1, 3000)
        a_firms_table(a_database, "taxed", tuple(code for _name, code in TAXED), 1, 2400)
        first = mounted(a_database, "registered", FIRM)
        second = mounted(a_database, "taxed", TAXED, "税源清册")
        look()
        assert not Pair.objects.exists()
        allowed(first)
        assert not Pair.objects.exists(), "one side alone compares nothing"
        allowed(second)
        pair = queries.pairs(viewer=SYSTEM).get()
        found = {(one.first.code, one.second.code) for one in queries.alike(pair)}
        wanted = {("qydm", "nsrbm"), ("zczb", "sjzb"), ("clrq", "kyrq")}
        assert found == (wanted if pair.first_id == first.pk else {(b, a) for a, b in wanted})
        assert pair.values is not None
        assert pair.values >= 97
        look()
        assert Pair.objects.filter(pk=pair.pk).exists(), "words alone would not have found it"

    def test_one_key_in_common_makes_no_pair(self, a_database: Database) -> None:
        a_firms_table(a_database, "registered", tuple(code for _name, code in FIRM), 1, 3000)
        a_firms_table(a_database, "taxed", tuple(code for _name, code in TAXED), 1, 3000)
        allowed(mounted(a_database, "registered", FIRM), "qydm")
        allowed(mounted(a_database, "taxed", TAXED, "税源清册"), "nsrbm")
        look()
        assert not Pair.objects.exists()


class TestConsent:
    @pytest.fixture
    def row(self, a_database: Database) -> Entry:
        a_firms_table(a_database, "registered", tuple(code for _name, code in FIRM), 1, 3000)
        return mounted(a_database, "registered", FIRM)

    def test_only_the_head_allows_it_for_what_is_mounted_and_with_a_reason(self, row: Entry) -> None:
        head, items = an_actor(row.provider, Role.CHIEF), [item.pk for item in row.items.all()]
        for actor in (an_actor(row.provider), an_actor(a_department(), Role.CHIEF)):
            with pytest.raises(Forbidden):
                services.allow_overlap(entry_id=row.pk, item_ids=items, reason="x", actor=actor, clock=NOON)
        for wrong in ({"reason": " "}, {"item_ids": []}, {"item_ids": [row.pk]}):
            told: dict[str, Any] = {"item_ids": items, "reason": "x"} | wrong
            with pytest.raises(InputsRejected):
                services.allow_overlap(entry_id=row.pk, actor=head, clock=NOON, **told)
        bare = an_entry()
        with pytest.raises(NotMounted):
            services.allow_overlap(
                entry_id=bare.pk, item_ids=[], reason="x", actor=an_actor(bare.provider, Role.CHIEF), clock=NOON
            )
        assert not ValueSketch.objects.exists(), "nothing is compared unless somebody allowed it"

    def test_what_is_allowed_is_on_record_without_a_value_and_sketches_lie_sealed(self, row: Entry) -> None:
        run = allowed(row, "qydm")
        [told] = [one for one in history(row.code, viewer=SYSTEM) if one.kind == "overlap.allowed"]
        assert told.body["items"] == ["qydm"]
        [kept] = ValueSketch.objects.all()
        assert abs(sealed.opened(kept).distinct - 3000) < 300
        assert sealed.opened(kept).to_bytes().hex() not in kept.sealed
        recorded = str([one.body for one in history(row.code, viewer=SYSTEM)])
        assert not any(f"QY{n}" in recorded for n in range(1, 3001))
        salt = sealed.salt(at=NOON.now())
        assert salt.hex() not in Salt.objects.get().sealed
        assert (run.done, run.total) == (run.total, run.total)

    def test_taking_it_back_removes_the_sketches_and_what_they_said(self, row: Entry, a_database: Database) -> None:
        a_firms_table(a_database, "taxed", tuple(code for _name, code in FIRM), 1, 3000)
        other = mounted(a_database, "taxed", FIRM)
        for one in (row, other):
            allowed(one, "qydm")
        look()
        pair = Pair.objects.get()
        assert pair.values is not None
        officer = an_actor(row.provider)
        with pytest.raises(InputsRejected):
            services.end_overlap(entry_id=row.pk, reason="", actor=officer, clock=NOON)
        with pytest.raises(Forbidden):
            services.end_overlap(entry_id=row.pk, reason="x", actor=an_actor(other.provider), clock=NOON)
        services.end_overlap(entry_id=row.pk, reason="业务调整", actor=officer, clock=NOON)
        pair.refresh_from_db()
        assert (pair.values, ValueOverlap.objects.count()) == (None, 0)
        assert {one.entry_id for one in ValueSketch.objects.all()} == {other.pk}
        with pytest.raises(NotFound):
            services.ask_overlap(entry_id=row.pk, actor=officer, clock=NOON)

    def test_what_was_allowed_ends_with_the_mount_it_was_for(self, row: Entry) -> None:
        allowed(row, "qydm")
        officer = an_actor(row.provider)
        waiting = services.ask_overlap(entry_id=row.pk, actor=officer, clock=NOON)
        resource_services.unmount(entry_id=row.pk, reason="库表下线", actor=officer, clock=NOON)
        assert not ValueSketch.objects.exists()
        assert queries.stale_consents(at=NOON.now() + timedelta(days=40), viewer=SYSTEM) == []
        run = services.run_overlap(run_id=waiting.pk, actor=SYSTEM, clock=NOON)
        assert (run.status, run.consent.ended_reason) == (RunStatus.CANCELLED, "库表下线")

    def test_what_was_allowed_ends_with_the_entry_and_with_a_grade_that_forbids_it(self, row: Entry) -> None:
        allowed(row, "qydm", "zczb")
        written = catalog.content_of(catalog.entry(row.pk, viewer=SYSTEM))
        graded = tuple(
            dataclasses.replace(item, grade=Grade.IMPORTANT) if item.code == "qydm" else item for item in written.items
        )
        officer, head = an_actor(row.provider), an_actor(row.provider, Role.CHIEF)
        content = dataclasses.replace(written, items=graded)
        publish(catalog_services.change_entry(entry_id=row.pk, content=content, actor=officer, clock=NOON))
        assert [one.item.code for one in ValueSketch.objects.select_related("item")] == ["zczb"]
        catalog_services.withdraw_entry(entry_id=row.pk, reason="职责划转", actor=head, clock=NOON)
        if catalog.entry(row.pk, viewer=SYSTEM).status != Status.WITHDRAWN:
            reviewer = an_actor(the_authority(), Role.REVIEWER)
            catalog_services.review_withdrawal(entry_id=row.pk, agrees=True, actor=reviewer, clock=NOON)
        assert not ValueSketch.objects.exists()
        assert queries.consent_of(row.pk, viewer=SYSTEM) is None

    def test_nothing_is_read_for_a_consent_that_was_taken_back_before_the_run(self, row: Entry) -> None:
        allowed(row, "qydm")
        officer = an_actor(row.provider)
        consent = queries.consent_of(row.pk, viewer=officer)
        assert consent is not None
        services.end_overlap(entry_id=row.pk, reason="业务调整", actor=officer, clock=NOON)
        late = OverlapRun.objects.create(id=new_id(NOON.now()), consent=consent, asked_by="x", asked_at=NOON.now())
        run = services.run_overlap(run_id=late.pk, actor=SYSTEM, clock=NOON)
        assert (run.status, run.done) == (RunStatus.CANCELLED, 0)

    def test_personal_and_graded_columns_are_never_compared_nor_those_that_look_personal(
        self, a_database: Database
    ) -> None:
        a_database.run(
            "CREATE TABLE people (sfzh text, xm text, bz1 text, zc bigint, few text);"
            "INSERT INTO people SELECT 'x' || n, 'y' || n, '1380000' || lpad(n::text, 4, '0'), n, (n % 7)::text"
            " FROM generate_series(1, 3000) n"
        )
        items = (("身份证号码", "sfzh"), ("姓名", "xm"), ("联系", "bz1"), ("资产", "zc"), ("档次", "few"))
        told = tuple(
            ItemContent(*item, ItemType.TEXT, 30, grade=Grade.IMPORTANT if item[1] == "zc" else None) for item in items
        )
        office = a_department()
        row = an_entry(office, name="困难对象信息", items=told)
        source, officer = a_source(office, a_database), an_actor(office)
        resource_services.mount(
            entry_id=row.pk, source_id=source.pk, schema="public", table="people", actor=officer, clock=NOON
        )
        left = {one.item.code: one.left_out for one in queries.comparable(row, viewer=officer, on=NOON.now())}
        assert left == {
            "sfzh": LeftOut.PERSONAL,
            "xm": LeftOut.PERSONAL,
            "bz1": None,
            "zc": LeftOut.GRADED,
            "few": None,
        }
        run = allowed(row, "bz1", "few")
        why = {Entry.objects.get(pk=row.pk).items.get(pk=item).code: reason for item, reason in run.left_out.items()}
        assert why == {"bz1": LeftOut.LOOKS_PERSONAL, "few": LeftOut.FEW}
        assert not ValueSketch.objects.exists()


class TestRunning:
    @pytest.fixture
    def office(self, a_database: Database) -> tuple[Entry, Department]:
        a_firms_table(a_database, "registered", tuple(code for _name, code in FIRM), 1, 3000)
        row = mounted(a_database, "registered", FIRM)
        return row, row.provider

    def test_a_run_is_stopped_by_a_person_and_a_second_start_changes_nothing(
        self, office: tuple[Entry, Department], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row, department = office
        run = allowed(row, "qydm")
        assert services.run_overlap(run_id=run.pk, actor=SYSTEM, clock=NOON).ended_at == run.ended_at
        assert ValueSketch.objects.count() == 1
        officer = an_actor(department)
        again = services.ask_overlap(entry_id=row.pk, actor=officer, clock=NOON)
        assert services.ask_overlap(entry_id=row.pk, actor=officer, clock=NOON).pk == again.pk
        with pytest.raises(NotFound):
            services.cancel_overlap(run_id=again.pk, actor=an_actor(a_department()), clock=NOON)
        read = overlap.sketch_columns

        def stopped_meanwhile(*args: Any, **kwargs: Any) -> Any:
            services.cancel_overlap(run_id=again.pk, actor=officer, clock=NOON)
            return read(*args, **kwargs)

        monkeypatch.setattr(overlap, "sketch_columns", stopped_meanwhile)
        done = services.run_overlap(run_id=again.pk, actor=SYSTEM, clock=NOON)
        assert (done.status, done.done) == (RunStatus.CANCELLED, 0)

    def test_a_run_that_was_cut_off_begins_anew_and_one_that_cannot_read_says_why(
        self, office: tuple[Entry, Department]
    ) -> None:
        row, department = office
        first = allowed(row, "qydm")
        OverlapRun.objects.filter(pk=first.pk).update(status=RunStatus.RUNNING, ended_at=None)
        assert services.run_overlap(run_id=first.pk, actor=SYSTEM, clock=NOON).status == RunStatus.DONE
        assert ValueSketch.objects.count() == 1
        type(first.consent.resource.source).objects.update(dbname="gone")
        again = services.ask_overlap(entry_id=row.pk, actor=an_actor(department), clock=NOON)
        failed = services.run_overlap(run_id=again.pk, actor=SYSTEM, clock=NOON)
        assert failed.status == RunStatus.FAILED
        assert failed.fault
        with pytest.raises(Forbidden):
            services.run_overlap(run_id=again.pk, actor=an_actor(department), clock=NOON)

    def test_old_sketches_are_asked_for_anew(self, office: tuple[Entry, Department]) -> None:
        row, _department = office
        run = allowed(row, "qydm")
        assert queries.stale_consents(at=NOON.now(), viewer=SYSTEM) == []
        OverlapRun.objects.update(asked_at="2026-01-01T00:00:00Z")
        [stale] = queries.stale_consents(at=NOON.now(), viewer=SYSTEM)
        assert stale == run.consent_id
        services.ask_stale(consent_id=stale, actor=SYSTEM, clock=NOON)
        assert queries.stale_consents(at=NOON.now(), viewer=SYSTEM) == []
