"""The pages of holdings: opened, collected, read with a reason, closed to others."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from hefu.cli.main import hefu
from hefu.dataplane.lake.table import Taking
from hefu.kernel.actor import Role
from hefu.rooms.evidence.models import Entry as Evidence
from hefu.rooms.holdings import services
from hefu.rooms.holdings.assemble import assemble
from hefu.rooms.holdings.carry import carry
from hefu.rooms.holdings.models import CollectionRun, Holding
from hefu.rooms.holdings.terms import FieldStated, LibraryKind, LibraryStated, PartStated
from tests.builders import NOON, a_department, a_mounted_entry, a_person, a_population, an_actor, the_authority
from tests.conftest import Database
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


def test_an_officer_opens_collects_and_reads_a_holding_and_the_reviewer_sees_counts_alone(
    a_database: Database, signed_in: SignIn
) -> None:
    provider = a_department("市公安局")
    a_population(a_database, rows=30)
    entry = a_mounted_entry(provider, a_database)
    officer, reviewer = signed_in(provider), signed_in(the_authority(), Role.REVIEWER)
    stranger = signed_in(a_department("市文旅局"))
    assert "Open a holding" in officer.get("/holdings/").content.decode()
    assert entry.code in officer.get("/holdings/new").content.decode()
    assert officer.post("/holdings/new", {"entry": entry.code, "taking": "snapshot"}).status_code == 302
    holding = Holding.objects.get()
    at = f"/holdings/{holding.number}/"
    assert stranger.post("/holdings/new", {"entry": entry.code, "taking": "snapshot"}).status_code == 422
    assert officer.post(f"{at}collect", {}).status_code == 302
    waiting = officer.get(at).content.decode()
    assert "Stop the collection" in waiting
    run = CollectionRun.objects.get()
    carry(run.pk, holding_id=holding.pk, clock=NOON)
    assert officer.get(f"{at}runs/{run.number}/progress")["HX-Refresh"] == "true"
    page = officer.get(at).content.decode()
    assert "rows held" in page
    assert "birth_date" in page
    form = {"column": "id_number", "text": "7".zfill(18), "reason": "核对"}
    seen = officer.post(f"{at}rows", form).content.decode()
    assert ">张7<" in seen
    assert "1 rows match" in seen
    assert ">张7<" not in officer.post(f"{at}rows", {**form, "reason": ""}).content.decode()
    taken = officer.post(f"{at}file", {"version": "1", "file_format": "csv", "reason": "存档"})
    assert b"".join(taken.streaming_content).count(b"\n") == 31
    assert Evidence.objects.filter(kind="holding.read").count() == 2
    assert "rows held" in reviewer.get(at).content.decode()
    for closed in ("rows", "file", "drop", "keep", "close"):
        assert reviewer.get(f"{at}{closed}").status_code == 403
        assert stranger.get(f"{at}{closed}").status_code == 404
    assert stranger.get(at).status_code == 404
    assert officer.post(f"{at}change", {"taking": "merge", "timetable": "每天 02:00"}).status_code == 302
    assert officer.post(f"{at}keep", {"keep_days": "3"}).status_code == 422
    assert officer.post(f"{at}keep", {"keep_days": "30"}).status_code == 302
    page = officer.get(at).content.decode()
    assert "每天 02:00" in page
    assert "for 30 days after they were replaced" in page
    assert officer.post(f"{at}drop", {"keep_days": "90"}).status_code == 302
    assert officer.get("/holdings/?format=csv").status_code == 200


def test_the_keeper_of_a_library_assembles_it_and_looks_one_person_up(
    a_database: Database,
    signed_in: SignIn,
    as_person: Callable[..., Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    provider, authority = a_department("市公安局"), the_authority()
    a_population(a_database, rows=30)
    entry = a_mounted_entry(provider, a_database)
    person = a_person(seats={authority.pk: [Role.REVIEWER]})
    keeper, stranger, reviewer = an_actor(authority, Role.REVIEWER), signed_in(provider), as_person(person)
    holding = services.open_holding(entry=entry.code, taking=Taking.SNAPSHOT, actor=keeper, clock=NOON)
    run = services.start_run(number=holding.number, actor=keeper, clock=NOON)
    carry(run.pk, holding_id=holding.pk, clock=NOON)
    library = services.define_library(
        stated=LibraryStated(
            "人口基础库",
            LibraryKind.POPULATION,
            "citizen_id",
            (PartStated(holding.number, "id_number"),),
            (FieldStated("name", "first", ((holding.number, "name"),)),),
        ),
        actor=keeper,
        clock=NOON,
    )
    at = f"/holdings/libraries/{library.number}/"
    assert library.number in reviewer.get("/holdings/libraries/").content.decode()
    assert reviewer.post(f"{at}assemble").status_code == 302
    assemble(library.pk, clock=NOON)
    assert "Look one subject up" in reviewer.get(at).content.decode()
    found = reviewer.post(f"{at}look", {"subject": "7".zfill(18), "reason": "办理落户"}).content.decode()
    assert ">张7<" in found
    assert holding.number in found
    assert "no such subject" in reviewer.post(f"{at}look", {"subject": "1", "reason": "核对"}).content.decode()
    assert ">张7<" not in reviewer.post(f"{at}look", {"subject": "7".zfill(18), "reason": ""}).content.decode()
    assert reviewer.post(f"{at}conflicts", {"reason": "核对"}).status_code == 200
    sheet = reviewer.post(f"{at}conflicts", {"reason": "核对", "as_file": "on"})
    assert b"".join(sheet.streaming_content).decode("utf-8-sig").startswith("citizen_id,")
    stated = {"kind": "population", "subject": "citizen_id", "parts_stated": f"{holding.number} | id_number"}
    stated |= {"fields_stated": f"name | filled | {holding.number}.name"}
    assert "loudest" in reviewer.post(f"{at}rules", stated | {"fields_stated": "name | loudest | x"}).content.decode()
    assert reviewer.post(f"{at}rules", stated).status_code == 302
    assert reviewer.post(f"{at}times", {"timetable": "归集之后"}).status_code == 302
    assert reviewer.post(f"{at}keep", {"keep_days": "3"}).status_code == 422
    assert reviewer.post(f"{at}keep", {"keep_days": "30"}).status_code == 302
    assert "for 30 days after they were replaced" in reviewer.get(at).content.decode()
    words = ["libraries", "keep", library.number, "--for-ever", "--as", person.username, "--json"]
    hefu.main(args=words, standalone_mode=False)
    assert json.loads(capsys.readouterr().out) == {"number": library.number, "kept_days": None}
    assert reviewer.post("/holdings/libraries/new", stated | {"name": "人口专题库"}).status_code == 302
    assert "has not let the library share" in reviewer.get(at).content.decode()
    office = f"/holdings/{holding.number}/"
    assert library.number in stranger.get(office).content.decode()
    assert reviewer.get(f"{office}consent/{library.number}").status_code == 403
    consented = stranger.post(f"{office}consent/{library.number}", {"chosen": ["name", "id_number"]})
    assert (consented.status_code, stranger.get(f"{office}consent/L2020-000001").status_code) == (302, 404)
    chief = signed_in(authority)
    assert chief.post(f"{at}catalogue", {"chosen": ["birth_date"]}).status_code == 422
    assert chief.post(f"{at}catalogue", {"chosen": ["name"]}).status_code == 302
    assert stranger.post(f"{office}consent/{library.number}", {}).status_code == 302
    assert "has not let the library share" in reviewer.get(at).content.decode()
    assert Evidence.objects.filter(kind="library.looked").count() == 2
    for closed in ("", "look", "conflicts", "rules", "times", "keep", "catalogue"):
        assert stranger.get(f"{at}{closed}").status_code == 404
