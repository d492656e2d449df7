"""The catalogue's search over PostgreSQL: scope, freshness, repair, and searches that people keep."""

import dataclasses
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from hefu.kernel.actor import Actor, Role
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.rooms.catalog import queries, services
from hefu.rooms.catalog.access import visible
from hefu.rooms.catalog.models import Entry, SearchChange
from hefu.rooms.catalog.searching import asking, fallback, notes
from hefu.rooms.catalog.searching.shelf import AT_ONCE, Shelf, shelf
from hefu.rooms.catalog.terms import OpenType, ShareType
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.models import Department
from hefu.search.terms import FACETS, Count, Question, Sort
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_department,
    a_draft,
    a_grant,
    a_person,
    an_actor,
    an_entry,
    the_authority,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> Path:
    """A home of its own for each test, so that no index outlives it."""
    settings.HEFU = dataclasses.replace(settings.HEFU, home=tmp_path)
    return tmp_path / "search"


@pytest.fixture
def police() -> Department:
    return a_department("市公安局")


@pytest.fixture
def viewer(police: Department) -> Actor:
    return an_actor(police)


def names(viewer: Actor, text: str = "", **more: Any) -> list[str]:
    return [entry.name for entry in queries.search(Question(text, **more), viewer=viewer).entries]


class TestScope:
    def test_the_index_shows_every_viewer_exactly_what_the_filter_of_rows_shows(self, police: Department) -> None:
        civil = a_department("市民政局")
        for office in (police, civil):
            an_entry(office)
            a_draft(office)
        gone = an_entry(civil)
        services.withdraw_entry(entry_id=gone.pk, reason="停办", actor=an_actor(civil, Role.CHIEF), clock=NOON)
        changed = an_entry(police)
        services.change_entry(entry_id=changed.pk, content=a_content(name="改名"), actor=an_actor(police), clock=NOON)
        viewers = [an_actor(office, role) for office in (police, civil, the_authority()) for role in _roles(office)]
        viewers += [SYSTEM, Actor(id="person:x", name="无席位"), Actor("p", "x", police.pk)]
        for viewer in viewers:
            rows = Entry.objects.filter(visible(viewer), changes_to__isnull=True)
            answer = queries.search(Question(limit=100, counted=FACETS), viewer=viewer)
            assert not answer.reason
            assert {entry.pk for entry in answer.entries} == set(rows.values_list("pk", flat=True)), viewer
            assert answer.total == rows.count()
            assert sum(count.count for count in answer.counts["provider"]) == rows.count()

    def test_the_database_counts_the_same_as_the_index(self, police: Department, viewer: Actor) -> None:
        civil = a_department("县民政局", place="511722")
        an_entry(police, name="户籍人口", theme="人口", share_type=ShareType.UNCONDITIONAL)
        an_entry(civil, name="低保对象", theme="救助", open_type=OpenType.UNCONDITIONAL)
        an_entry(civil, name="低保资金", class_code="302")
        questions = [
            Question(counted=FACETS),
            Question("低保", counted=FACETS),
            Question("户籍", sort=Sort.NAME, counted=FACETS),
            Question(chosen=(("place", ("511722",)),), counted=FACETS, sort=Sort.NAME),
            Question(chosen=(("level", ("city",)), ("theme", ("人口", "救助"))), counted=FACETS),
            Question(chosen=(("kind", ("3",)),), counted=FACETS),
            Question(chosen=(("quality", ("complete",)), ("channel", ("file",))), counted=FACETS, sort=Sort.USES),
            Question(chosen=(("provider", ("nonsense",)),), counted=FACETS),
            Question("火星"),
        ]
        for question in questions:
            index, rows = queries.search(question, viewer=viewer), fallback.ask(question, viewer=viewer)
            assert not index.reason
            assert (index.total, {one.pk for one in index.entries}) == (rows.total, set(rows.ids)), question
            assert {name: set(counts) for name, counts in index.counts.items()} == {
                name: set(counts) for name, counts in rows.counts.items()
            }, question


def _roles(office: Department) -> list[Role]:
    if office.is_authority:
        return list(Role)
    return [Role.OFFICER, Role.CHIEF, Role.OPERATOR, Role.SECURITY, Role.AUDITOR]


class TestFreshness:
    def test_who_writes_finds_at_once(self, police: Department, viewer: Actor) -> None:
        assert names(viewer) == []
        draft = a_draft(police, name="常住人口信息")
        assert names(viewer, "常住") == ["常住人口信息"]
        services.change_entry(entry_id=draft.pk, content=a_content(name="流动人口"), actor=viewer, clock=NOON)
        assert names(viewer, "常住") == []
        assert names(viewer, "流动") == ["流动人口"]
        services.drop_draft(entry_id=draft.pk, actor=viewer, clock=NOON)
        assert names(viewer, "流动") == []

    def test_an_answer_says_how_fresh_it_is(self, police: Department, viewer: Actor) -> None:
        a_draft(police)
        before = notes.moment().at
        answer = queries.search(Question(), viewer=viewer)
        assert (answer.pending, answer.reason) == (0, "")
        assert answer.as_of >= before - timedelta(seconds=5)

    def test_what_is_written_past_the_services_is_seen_too(self, police: Department, viewer: Actor) -> None:
        entry = an_entry(police, name="户籍人口")
        assert names(viewer, "曾用名") == []
        entry.items.create(id=entry.pk, position=9, name="曾用名", code="cym")
        assert names(viewer, "曾用名") == ["户籍人口"]
        Entry.objects.filter(pk=entry.pk).update(theme="治安管理")
        assert names(viewer, "治安管理") == ["户籍人口"]

    def test_a_department_that_changes_its_name_is_found_under_the_new_one(
        self, police: Department, viewer: Actor
    ) -> None:
        an_entry(police, name="户籍人口")
        assert names(viewer, "警务") == []
        Department.objects.filter(pk=police.pk).update(short_name="警务")
        assert names(viewer, "警务") == ["户籍人口"]

    def test_a_note_that_concerns_no_entry_is_not_pending_for_ever(self, police: Department, viewer: Actor) -> None:
        names(viewer)
        Department.objects.filter(pk=police.pk).update(short_name="警务")
        assert queries.search(Question(), viewer=viewer).pending == 0

    def test_a_change_whose_transaction_ends_late_is_not_lost(self, police: Department, viewer: Actor) -> None:
        slow, quick = a_draft(police, name="慢"), a_draft(police, name="快")
        assert set(names(viewer)) == {"慢", "快"}
        wrote, go_on = threading.Event(), threading.Event()

        def write_slowly() -> None:
            with transaction.atomic():
                Entry.objects.filter(pk=slow.pk).update(name="慢改")
                wrote.set()
                go_on.wait(10)
            connection.close()

        writer = threading.Thread(target=write_slowly)
        writer.start()
        assert wrote.wait(10)
        Entry.objects.filter(pk=quick.pk).update(name="快改")
        assert set(names(viewer)) == {"慢", "快改"}  # noted later, committed earlier
        go_on.set()
        writer.join()
        assert set(names(viewer)) == {"慢改", "快改"}

    def test_a_writer_in_another_process_is_not_waited_for_without_end(
        self, police: Department, viewer: Actor, own_home: Path
    ) -> None:
        a_draft(police, name="甲")
        assert names(viewer) == ["甲"]
        lock = shelf()._lock("write.lock")
        assert lock.take()
        a_draft(police, name="乙")
        answer = queries.search(Question(), viewer=viewer)
        assert [one.name for one in answer.entries] == ["甲"]
        assert answer.pending > 0
        lock.give_back()
        assert queries.search(Question(), viewer=viewer).pending == 0

    def test_very_many_changes_are_left_to_the_worker_and_the_answer_says_so(
        self, police: Department, viewer: Actor
    ) -> None:
        entry = an_entry(police, name="甲")
        names(viewer)
        SearchChange.objects.bulk_create(SearchChange(entry_id=entry.pk) for _ in range(AT_ONCE + 1))
        assert queries.search(Question(), viewer=viewer).pending == AT_ONCE + 1
        shelf().keep()
        assert queries.search(Question(), viewer=viewer).pending == 0

    def test_inside_a_transaction_the_database_answers_and_sees_what_was_just_written(
        self, police: Department, viewer: Actor
    ) -> None:
        with transaction.atomic():
            a_draft(police, name="未提交")
            answer = queries.search(Question("未提交"), viewer=viewer)
            assert [entry.name for entry in answer.entries] == ["未提交"]
            assert answer.reason == asking.UNSETTLED

    def test_another_process_sees_what_this_one_indexed(
        self, police: Department, viewer: Actor, own_home: Path
    ) -> None:
        names(viewer)
        other = Shelf(own_home)
        first = other.standing()
        assert first is not None
        a_draft(police, name="新来的")
        names(viewer)
        second = other.standing()
        assert second is not None
        assert second.index.searcher().num_docs == 1

    def test_old_notes_are_forgotten(self, police: Department) -> None:
        a_draft(police)
        assert SearchChange.objects.exists()
        assert notes.forget(before=notes.moment().at + timedelta(days=1)) > 0
        assert not SearchChange.objects.exists()


class TestRepair:
    @pytest.fixture
    def filled(self, police: Department, viewer: Actor, own_home: Path) -> Path:
        an_entry(police, name="户籍人口")
        assert names(viewer, "户籍") == ["户籍人口"]
        return own_home

    def folder(self, home: Path) -> Path:
        return next(path for path in home.iterdir() if path.is_dir())

    def test_an_index_that_is_gone_is_made_anew(self, filled: Path, viewer: Actor) -> None:
        (filled / "catalog.json").unlink()
        assert names(viewer, "户籍") == ["户籍人口"]

    @pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"{}"])
    def test_a_damaged_mark_is_no_obstacle(self, filled: Path, viewer: Actor, damage: bytes) -> None:
        (filled / "catalog.json").write_bytes(damage)
        assert names(viewer, "户籍") == ["户籍人口"]

    @pytest.mark.parametrize("ending", ["idx", "term", "fast", "store"])
    def test_damaged_files_are_no_obstacle(self, filled: Path, viewer: Actor, ending: str) -> None:
        for file in self.folder(filled).glob(f"*.{ending}"):
            file.write_bytes(file.read_bytes()[::-1])
        fresh = Shelf(filled)
        assert fresh.standing() is None
        fresh.keep()
        standing = fresh.standing()
        assert standing is not None
        assert standing.index.searcher().num_docs == 1

    def test_an_index_of_another_state_of_the_database_is_made_anew(self, filled: Path, viewer: Actor) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('catalog_search_epoch')")  # as when the table of entries is emptied
        old = self.folder(filled)
        assert names(viewer, "户籍") == ["户籍人口"]
        assert self.folder(filled) != old

    def test_making_it_anew_tells_its_progress_and_leaves_one_folder(
        self, filled: Path, police: Department, viewer: Actor
    ) -> None:
        told: list[tuple[int, int]] = []
        an_entry(police)
        assert shelf().rebuild(lambda done, total: told.append((done, total))) == 2
        assert told == [(2, 2)]
        assert len([path for path in filled.iterdir() if path.is_dir()]) == 1

    def test_two_do_not_make_it_anew_at_once(self, filled: Path) -> None:
        lock = shelf()._lock("rebuild.lock")
        assert lock.take()
        assert shelf().rebuild() is None
        lock.give_back()

    def test_while_a_large_catalogue_is_indexed_the_database_answers_and_says_so(
        self, filled: Path, viewer: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asking, "SMALL", 0)
        (filled / "catalog.json").unlink()
        answer = queries.search(Question("户籍", counted=("status",)), viewer=viewer)
        assert answer.reason == asking.NO_INDEX
        assert answer.counts["status"] == (Count("published", 1),)
        shelf().keep()
        assert queries.search(Question("户籍"), viewer=viewer).reason == ""


class TestMostUsed:
    def test_what_is_granted_more_often_comes_first(self, police: Department, viewer: Actor) -> None:
        from hefu.kernel import events
        from hefu.site.wiring import LISTENERS

        events.wire(LISTENERS)
        seldom, often = an_entry(police, name="少用"), an_entry(police, name="常用")
        assert set(names(viewer)) == {"少用", "常用"}
        a_grant(often, a_department())
        assert names(viewer, sort=Sort.USES) == ["常用", "少用"]
        del seldom


class TestKeptSearches:
    @pytest.fixture
    def person(self, police: Department) -> Actor:
        from hefu.rooms.parties import queries as parties

        return parties.actor_for(a_person(seats={police.pk: [Role.OFFICER]}), police.pk)

    def keep(self, person: Actor, text: str = "低保", **more: Any) -> Any:
        return services.keep_search(name="低保的", question=Question(text, **more), actor=person, clock=NOON)

    def test_new_entries_that_match_are_told_once(self, person: Actor) -> None:
        civil = a_department("市民政局")
        an_entry(civil, name="低保旧账")
        later = NOON.__class__(NOON.now() + timedelta(hours=2))
        services.keep_search(name="低保的", question=Question("低保"), actor=person, clock=later)
        Entry.objects.update(published_at=NOON.now())
        assert services.look_for_people(clock=later) == 0
        fresh = an_entry(civil, name="低保新账")
        an_entry(civil, name="婚姻登记信息")
        Entry.objects.filter(pk=fresh.pk).update(published_at=later.now() + timedelta(minutes=1))
        assert services.look_for_people(clock=later) == 1
        assert services.look_for_people(clock=later) == 0
        assert [one.entry.name for one in queries.search_notices(viewer=person)] == ["低保新账"]
        row = queries.own_searches(viewer=person).get()
        assert row.unread == 1
        services.read_notices(search_id=row.pk, actor=person, clock=later)
        assert not queries.search_notices(viewer=person)

    def test_a_kept_search_is_its_owners_alone(self, person: Actor, police: Department) -> None:
        row = self.keep(person)
        other = an_actor(police)
        assert not queries.own_searches(viewer=other)
        for act in (
            lambda: services.drop_search(search_id=row.pk, actor=other),
            lambda: services.read_notices(search_id=row.pk, actor=other, clock=NOON),
        ):
            with pytest.raises(NotFound):
                act()
        services.drop_search(search_id=row.pk, actor=person)
        assert not queries.own_searches(viewer=person)

    def test_the_same_name_replaces_and_nothing_is_kept_without_a_name(self, person: Actor) -> None:
        self.keep(person)
        self.keep(person, "救助", chosen=(("theme", ("救助",)), ("status", ("draft",))))
        row = queries.own_searches(viewer=person).get()
        assert queries.question_of(row, status="published").chosen == (
            ("status", ("published",)),
            ("theme", ("救助",)),
        )
        with pytest.raises(InputsRejected):
            services.keep_search(name=" ", question=Question(), actor=person, clock=NOON)

    def test_who_lost_the_seat_is_told_nothing(self, person: Actor, police: Department) -> None:
        self.keep(person)
        for seat in police.seats.filter(person_id=person.id.removeprefix("person:")):
            party_services.end_seat(seat_id=seat.pk, reason="调离", actor=SYSTEM, clock=NOON)
        fresh = an_entry(a_department("市民政局"), name="低保新账")
        Entry.objects.filter(pk=fresh.pk).update(published_at=NOON.now() + timedelta(minutes=1))
        assert services.look_for_people(clock=NOON) == 0
