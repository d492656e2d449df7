"""The head lets values be compared, sees how far it is, and takes it back; overlaps show by who looks."""

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.parties.models import Department
from hefu.rooms.upkeep import queries, services
from hefu.rooms.upkeep.terms.overlap import RunStatus
from tests.builders import NOON, SYSTEM, a_department, a_population, an_entry, the_authority
from tests.conftest import Database
from tests.portal.types import SignIn
from tests.rooms.test_upkeep_overlap import FIRM, a_firms_table, allowed, mounted

pytestmark = pytest.mark.django_db


def test_the_head_allows_items_follows_the_run_and_takes_it_back(signed_in: SignIn, a_database: Database) -> None:
    a_firms_table(a_database, "registered", tuple(code for _name, code in FIRM), 1, 1500)
    row = mounted(a_database, "registered", FIRM)
    where = f"/upkeep/entries/{row.pk}/values"
    officer, head = signed_in(row.provider), signed_in(row.provider, Role.CHIEF)
    assert where in officer.get(f"/catalog/{row.pk}/").content.decode()
    assert "Let these be compared" not in officer.get(where).content.decode()
    item = str(row.items.get(code="qydm").pk)
    assert officer.post(where, {"items": [item], "reason": "x"}).status_code == 403
    for wrong in ({"items": [], "reason": "x"}, {"items": ["\x00"], "reason": "x"}, {"items": [item], "reason": ""}):
        assert head.post(where, wrong).status_code == 422
    assert head.post(where, {"items": [item], "reason": "核对重复采集"}).status_code == 302
    page = officer.get(where).content.decode()
    assert "waits for the worker" in page
    consent = queries.consent_of(row.pk, viewer=SYSTEM)
    assert consent is not None
    run = queries.runs_of(consent).get()
    officer.post(f"{where}/cancel/{run.pk}")
    assert "stopped" in officer.get(where).content.decode()
    officer.post(f"{where}/measure")
    again = queries.runs_of(consent).exclude(pk=run.pk).get()
    done = services.run_overlap(run_id=again.pk, actor=SYSTEM, clock=NOON)
    assert done.status == RunStatus.DONE
    assert "Take the consent back" in head.get(where).content.decode()
    stranger = signed_in(a_department())
    assert stranger.get(where).status_code == 403
    assert stranger.post(f"{where}/cancel/{run.pk}").status_code == 404
    assert head.post(where, {"deed": "end", "end-reason": ""}).status_code == 422
    head.post(where, {"deed": "end", "end-reason": "业务调整"})
    assert queries.consent_of(row.pk, viewer=SYSTEM) is None


def test_the_authority_reads_the_overlap_in_figures_and_departments_in_a_word(
    signed_in: SignIn, a_database: Database
) -> None:
    codes = tuple(code for _name, code in FIRM)
    offices: list[Department] = []
    for table in ("registered", "taxed"):
        a_firms_table(a_database, table, codes, 1, 1500)
        row = mounted(a_database, table, FIRM)
        allowed(row, "qydm")
        offices.append(row.provider)
    services.find_duplicates(actor=SYSTEM, clock=NOON)
    pair = queries.pairs(viewer=SYSTEM).get()
    where = f"/upkeep/duplicates/{pair.pk}/"
    reviewer, office = signed_in(the_authority(), Role.REVIEWER), signed_in(offices[0])
    assert "100 % of the smaller in the other" in reviewer.get(where).content.decode()
    assert "100 %" in reviewer.get("/upkeep/duplicates/").content.decode()
    told = office.get(where).content.decode()
    assert "most values overlap" in told
    assert "of the smaller in the other" not in told
    assert "most values overlap" in office.get("/upkeep/duplicates/?format=csv").getvalue().decode()


def test_an_entry_without_a_table_offers_nothing_to_compare(signed_in: SignIn, a_database: Database) -> None:
    a_population(a_database, 3)
    row = an_entry()
    page = signed_in(row.provider).get(f"/catalog/{row.pk}/").content.decode()
    assert f"/upkeep/entries/{row.pk}/values" not in page
