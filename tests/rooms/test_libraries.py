"""Base libraries over holdings: which source wins, what they say differently, and that every look leaves its reason."""

import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hefu.dataplane.lake.table import Taking
from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog.models import Entry
from hefu.rooms.evidence.queries import history as evidence_of
from hefu.rooms.holdings import errors, queries, services
from hefu.rooms.holdings.assemble import assemble
from hefu.rooms.holdings.carry import carry
from hefu.rooms.holdings.models import Holding, Library, LibraryConflict
from hefu.rooms.holdings.services import libraries
from hefu.rooms.holdings.services.libraries import subject_digest
from hefu.rooms.holdings.terms import LATE_AFTER, FieldStated, LibraryKind, LibraryStated, PartStated, RunStatus
from tests.builders import (
    NOON,
    SYSTEM,
    a_department,
    a_mounted_entry,
    a_population,
    an_actor,
    the_authority,
)
from tests.conftest import Database

pytestmark = pytest.mark.django_db

WHO = "7".zfill(18)


@pytest.fixture
def reviewer() -> Actor:
    return an_actor(the_authority(), Role.REVIEWER)


@pytest.fixture
def holdings(make_database: Callable[[], Database], reviewer: Actor) -> list[Holding]:
    """The police and another office both hold people; the other calls the seventh by another name."""
    found = []
    for name in ("市公安局", "市人社局"):
        database = make_database()
        a_population(database, rows=20)
        if found:
            database.run(f"UPDATE population SET name = '张柒' WHERE id_number = '{WHO}'")
        entry = a_mounted_entry(a_department(name), database)
        row = services.open_holding(entry=entry.code, taking=Taking.SNAPSHOT, actor=reviewer, clock=NOON)
        run = services.start_run(number=row.number, actor=reviewer, clock=NOON)
        carry(run.pk, holding_id=row.pk, clock=NOON)
        found.append(row)
    return found


def stated(holdings: list[Holding], **changes: object) -> LibraryStated:
    numbers = [row.number for row in holdings]
    fields = tuple(
        FieldStated(name, wins, tuple((number, name) for number in order))
        for name, wins, order in (("name", "first", numbers[::-1]), ("birth_date", "filled", numbers))
    )
    parts = tuple(PartStated(number, "id_number") for number in numbers)
    facts = {"name": "人口基础库", "kind": LibraryKind.POPULATION, "subject": "citizen_id", "parts": parts}
    return LibraryStated(**{**facts, "fields": fields, **changes})  # type: ignore[arg-type]


def assembled(library: Library, actor: Actor) -> Library:
    services.start_assembly(number=library.number, actor=actor, clock=NOON)
    with pytest.raises(errors.LibraryBusy):
        services.start_assembly(number=library.number, actor=actor, clock=NOON)
    assemble(library.pk, clock=NOON)
    library.refresh_from_db()
    return library


@pytest.mark.clause("NAT2022-3.1d")
def test_one_person_one_file_with_sources_conflicts_and_a_reason_on_record(
    holdings: list[Holding], reviewer: Actor, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    assembled(library, reviewer)
    assert (library.status, library.subjects, library.conflicts, library.error) == (RunStatus.DONE, 20, {"name": 1}, "")
    seen = services.look_up(number=library.number, subject=WHO, reason="办理落户", actor=reviewer, clock=NOON)
    assert seen.fields == (
        ("name", "张柒", holdings[1].number),
        ("birth_date", "1950-01-08", holdings[0].number),
    )
    told = services.reveal_conflicts(number=library.number, limit=9, reason="核对", actor=reviewer, clock=NOON)
    assert [(one.subject, one.field, [value for _name, value in one.values]) for one in told] == [
        (WHO, "name", ["张柒", "张7"])
    ]
    assert "张" not in LibraryConflict.objects.get().sealed
    looked = next(one for one in evidence_of(library.number, viewer=SYSTEM) if one.kind == "library.looked")
    assert (looked.body["reason"], looked.body["subject"]) == ("办理落户", subject_digest(library.pk, WHO))
    assert WHO not in json.dumps([one.body for one in evidence_of(library.number, viewer=SYSTEM)])
    # As if the node's database had lost what the lake has kept: the assembly finds its own commit, and what it was of.
    Library.objects.filter(pk=library.pk).update(status="running", version=None, conflicts={})
    run = services.start_run(number=holdings[0].number, actor=reviewer, clock=NOON)
    carry(run.pk, holding_id=holdings[0].pk, clock=NOON)
    assert services.requeue_lost_libraries(clock=NOON) == [library.number]
    assemble(library.pk, clock=NOON)
    library.refresh_from_db()
    assert (library.status, library.version, library.conflicts) == (RunStatus.DONE, 1, {"name": 1})
    done = [one for one in evidence_of(library.number, viewer=SYSTEM) if one.kind == "library.assembled"]
    assert [one.body["holdings"] for one in done] == [{row.number: 1 for row in holdings}] * 2
    again = assembled(library, reviewer)
    assert [(one.rows, one.inserted, one.updated) for one in queries.history(again)] == [
        (20, 0, 0),
        (20, 20, 0),
    ]


def test_an_assembly_rests_while_its_store_is_away_and_old_versions_go_by_the_librarys_rule(
    holdings: list[Holding], reviewer: Actor, settings: Any
) -> None:
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    assembled(library, reviewer)
    here = settings.HEFU
    with socket.create_server(("127.0.0.1", 0)) as probe:
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    settings.HEFU = replace(here, lake="s3://city/lake", lake_endpoint=nobody, lake_access_key="a", lake_secret_key="b")
    assert assembled(library, reviewer).rests
    assert (library.error_code, library.pauses, library.version) == ("dataplane.lake_lost", 1, 1)
    assert library.next_try_at > NOON.now()
    assert services.requeue_lost_libraries(clock=NOON) == []  # it is waited for, not lost
    late = FixedClock(library.next_try_at + LATE_AFTER + timedelta(seconds=1))
    assert services.requeue_lost_libraries(clock=late) == [library.number]
    settings.HEFU = here
    own = (FieldStated("name", "first", ((holdings[1].number, "name"),)),)
    with pytest.raises(errors.LibraryBusy):  # it may have committed by the old rules, and not know
        services.define_library(stated=stated(holdings[1:], fields=own), actor=reviewer, clock=NOON)
    assert assembled(library, reviewer).status == RunStatus.DONE  # asked for between two tries
    services.define_library(stated=stated(holdings[1:], fields=own), actor=reviewer, clock=NOON)
    assert assembled(library, reviewer).status == RunStatus.DONE
    assert [entry.kind for entry in evidence_of(library.number, viewer=SYSTEM)].count("library.failed") == 0

    for file in queries.table_of(library.pk).path.glob("*.parquet"):
        os.utime(file, (0, 0))  # what is younger than a day somebody may be writing
    much_later = FixedClock(NOON.now() + timedelta(days=31))
    assert services.thin_out(clock=much_later) == []
    with pytest.raises(InputsRejected):
        services.keep_library_for(number=library.number, days=6, actor=reviewer, clock=NOON)
    with pytest.raises(NotFound):
        services.keep_library_for(number=library.number, days=30, actor=an_actor(holdings[0].department), clock=NOON)
    services.keep_library_for(number=library.number, days=30, actor=reviewer, clock=NOON)
    [(number, dropped)] = services.thin_out(clock=much_later)
    assert (number, dropped.files > 0) == (library.number, True)
    assert [one.readable for one in queries.history(library)] == [True, False, False]
    library.refresh_from_db()
    told = queries.last_dropped(library, viewer=reviewer)
    assert told is not None
    assert told.body["bytes_freed"] == dropped.bytes


def test_a_library_is_its_keepers_and_takes_only_what_they_may_collect(
    holdings: list[Holding], reviewer: Actor
) -> None:
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    stranger, police = an_actor(a_department("市文旅局")), an_actor(holdings[0].department)
    for other in (stranger, police):
        with pytest.raises(NotFound):
            services.look_up(number=library.number, subject=WHO, reason="看看", actor=other, clock=NOON)
    with pytest.raises(Forbidden):
        services.look_up(number=library.number, subject=WHO, reason="看看", actor=SYSTEM, clock=NOON)
    with pytest.raises(NotFound):  # the other office's holding is not theirs to see
        services.define_library(stated=stated(holdings), actor=police, clock=NOON)
    assembled(library, reviewer)
    # One item alone is not shared any more: what it says is its department's own again.
    item = holdings[0].entry.items.get(code="birth_date")
    item.share_type = "none"
    item.save()
    with pytest.raises(errors.NoLongerShared):
        services.look_up(number=library.number, subject=WHO, reason="看看", actor=reviewer, clock=NOON)
    with pytest.raises(InputsRejected):
        services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    assert assembled(library, reviewer).error_code == "holdings.not_to_be_collected"
    item.share_type = ""
    item.save()
    Entry.objects.filter(pk=holdings[0].entry_id).update(
        share_type="none", basis_kind="law", basis_title="某法", noshare_reason="依法"
    )
    failed = assembled(library, reviewer)
    assert (failed.status, failed.error_code) == (RunStatus.FAILED, "holdings.not_to_be_collected")
    assert LibraryConflict.objects.filter(library=library).count() == 1  # as it was
    with pytest.raises(errors.NoLongerShared) as refused:
        services.look_up(number=library.number, subject=WHO, reason="看看", actor=reviewer, clock=NOON)
    assert str(refused.value.citation) == "decree-809 art. 14"
    with pytest.raises(errors.NoLongerShared):
        services.reveal_conflicts(number=library.number, limit=9, reason="看看", actor=reviewer, clock=NOON)
    # Stated without that part, it still holds the old version until it is assembled anew.
    own = tuple(FieldStated(one, "first", ((holdings[1].number, one),)) for one in ("name", "birth_date"))
    services.define_library(stated=stated(holdings[1:], fields=own), actor=reviewer, clock=NOON)
    with pytest.raises(errors.NoLongerShared):
        services.look_up(number=library.number, subject=WHO, reason="看看", actor=reviewer, clock=NOON)
    assembled(library, reviewer)
    seen = services.look_up(number=library.number, subject=WHO, reason="看看", actor=reviewer, clock=NOON)
    assert seen.fields[0] == ("name", "张柒", holdings[1].number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(libraries, "_standing", lambda *_given: None)  # as for two who state it in one instant
        with pytest.raises(errors.LibraryStatedTwice):
            services.define_library(stated=stated(holdings[1:], fields=own), actor=reviewer, clock=NOON)
    Holding.objects.filter(pk=holdings[0].pk).update(timetable="每天 02:00", next_at=NOON.now())
    assert services.start_due(clock=NOON) == []  # the authority opened it; its department never asked for it
    for wrong in (
        stated(holdings),
        stated(holdings[1:], fields=(FieldStated("x", "loudest", ((holdings[1].number, "name"),)),)),
        stated(holdings[1:], fields=(FieldStated("x", "first", ((holdings[1].number, "salary"),)),)),
        stated(holdings[1:], subject="NAME"),
    ):
        with pytest.raises(InputsRejected):
            services.define_library(stated=wrong, actor=reviewer, clock=NOON)
    with pytest.raises(InputsRejected):
        services.look_up(number=library.number, subject=WHO, reason=" ", actor=reviewer, clock=NOON)
