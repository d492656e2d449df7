"""A library as an entry like any other: what its sources let it share, consent, delivery, and its end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from hefu.kernel.actor import Actor, Role
from hefu.kernel.clock import FixedClock
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of
from hefu.rooms.deliveries import carry as carry_of_deliveries
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.carry import carry as carry_delivery
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.models import Comparison, Delivery
from hefu.rooms.evidence.queries import history as evidence_of
from hefu.rooms.grants.models import Grant
from hefu.rooms.holdings import errors, services
from hefu.rooms.holdings.assemble import assemble
from hefu.rooms.holdings.carry import carry
from hefu.rooms.holdings.models import Holding, Library
from hefu.rooms.holdings.sharing import shares
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_department,
    a_grant,
    a_target,
    an_actor,
    publish,
    the_authority,
)
from tests.conftest import Database
from tests.rooms.test_libraries import WHO, assembled, holdings, reviewer, stated

pytestmark = pytest.mark.django_db
__all__ = ["holdings", "reviewer"]

#: Departments withdraw their consent in the moment in which a delivery has found out what it reads.
WITHDRAWN_ONCE_IT_READS = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE FUNCTION withdraws() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE holdings_libraryconsent SET withdrawn_at = now(); RETURN NULL; END $$;
CREATE TRIGGER withdraws AFTER UPDATE OF held ON deliveries_delivery FOR EACH ROW
WHEN (NEW.held <> OLD.held) EXECUTE FUNCTION withdraws();
"""


def why(library: Library) -> list[str]:
    return [str(share.why_not) for share in shares(library, on=NOON.today())]


def agree(library: Library, holding: Holding) -> None:
    services.consent(
        number=library.number,
        holding=holding.number,
        columns=["id_number", "name", "birth_date"],
        actor=an_actor(holding.department),
        clock=NOON,
    )


def delivered(grant: Grant) -> Delivery:
    found = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).first()
    assert found is not None
    carry_delivery(found.pk, clock=NOON)
    found.refresh_from_db()
    return found


@pytest.mark.clause("D809-25")
@pytest.mark.clause("GD2018-17b")
def test_a_library_goes_on_as_far_as_its_sources_let_it_and_no_longer(
    holdings: list[Holding],
    reviewer: Actor,
    make_database: Callable[[], Database],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, consumer = make_database(), a_department("市民政局")
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)
    keeper = an_actor(the_authority(), Role.OFFICER)
    with pytest.raises(errors.NotAssembled):
        services.catalogue_library(number=library.number, fields=["name"], actor=keeper, clock=NOON)
    assembled(library, reviewer)
    # Conditionally shared columns go on with their own department's consent alone.
    with pytest.raises(errors.NotToBePassedOn) as refused:
        services.catalogue_library(number=library.number, fields=["name"], actor=keeper, clock=NOON)
    assert str(refused.value.citation) == "decree-809 art. 25"
    with pytest.raises(InputsRejected):
        services.consent(
            number=library.number,
            holding=holdings[0].number,
            columns=["salary"],
            actor=an_actor(holdings[0].department),
            clock=NOON,
        )
    for other in (keeper, an_actor(holdings[1].department)):
        with pytest.raises((NotFound, Forbidden)):
            services.consent(
                number=library.number, holding=holdings[0].number, columns=["name"], actor=other, clock=NOON
            )
    for holding in holdings:
        agree(library, holding)
    assert why(library) == ["", "", ""]
    with pytest.raises(InputsRejected):
        services.catalogue_library(number=library.number, fields=["name (from)"], actor=keeper, clock=NOON)
    draft = services.catalogue_library(number=library.number, fields=["name"], actor=keeper, clock=NOON)
    said = content_of(catalog.entry(draft.pk, viewer=keeper))
    assert (said.share_type, [item.name for item in said.items]) == ("conditional", ["citizen_id", "name"])
    assert said.share_condition.count("办理社会救助时使用") == 2
    items = tuple(replace(item, length=50) for item in said.items)
    complete = a_content(name=said.name, class_code=said.class_code, items=items)
    catalog_services.change_entry(entry_id=draft.pk, content=complete, actor=keeper, clock=NOON)
    publish(draft)
    entry = catalog.entry(draft.code, viewer=SYSTEM)
    grant = a_grant(entry, consumer, target=a_target(consumer, ours))
    done = delivered(grant)
    assert (done.status, done.error, done.rows_written) == ("done", "", 20)
    proof = deliveries.done_entry(done, viewer=SYSTEM)
    assert proof is not None
    assert proof.body["held"] == [{"number": library.number, "version": 1, "at": NOON.now().isoformat()}]
    columns = ours.run(f"SELECT citizen_id, name FROM \"{grant.target_table}\" WHERE citizen_id = '{WHO}'")
    assert columns == [(WHO, "张柒")]
    read = next(one for one in evidence_of(library.number, viewer=SYSTEM) if one.kind == "library.passed_on")
    assert (read.body["version"], read.body["delivery"], read.body["fields"]) == (
        1,
        done.number,
        ["citizen_id", "name"],
    )

    def again() -> str:
        delivery_services.start_delivery(grant=grant.number, actor=an_actor(consumer), clock=NOON)
        return str(delivered(grant).error_code)

    Entry.objects.filter(pk=entry.pk).update(share_type="unconditional")
    assert again() == "holdings.too_freely_shared"
    Entry.objects.filter(pk=entry.pk).update(share_type="conditional")
    # A later assembly of the same collections makes no row newer.
    services.start_assembly(number=library.number, actor=reviewer, clock=NOON)
    assemble(library.pk, clock=FixedClock(NOON.now() + timedelta(days=7)))
    assert again() == ""
    last = deliveries.deliveries(viewer=SYSTEM, grant=grant.number).first()
    assert last is not None
    assert last.held == [{"number": library.number, "version": 2, "at": NOON.now().isoformat()}]
    # One item can be promised more freely than its entry: whoever asks for it alone is asked for no conditions.
    entry.items.filter(name="name").update(share_type="unconditional")
    assert again() == "holdings.too_freely_shared"
    entry.items.filter(name="name").update(share_type="")

    def compared(*, mends: bool = False) -> Comparison:
        asked = delivery_services.ask_comparison(number=done.number, mends=mends, actor=an_actor(consumer), clock=NOON)
        carry_comparison(asked.pk, clock=NOON)
        asked.refresh_from_db()
        return asked

    assert compared().agrees
    # What is found out about a source later counts from the next delivery on.
    Entry.objects.filter(pk=holdings[0].entry_id).update(grade="important")
    assert again() == "holdings.stated_too_low"
    Entry.objects.filter(pk=holdings[0].entry_id).update(grade="general")
    # A consent that is withdrawn while the rows are under way ends that, and nothing of it arrives.
    monkeypatch.setattr(carry_of_deliveries, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(carry_of_deliveries, "LIBRARY_SECONDS", 0.0)
    ours.run(f'DELETE FROM "{grant.target_table}"')
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAWN_ONCE_IT_READS)
    assert again() == "holdings.not_to_be_passed_on"
    assert ours.run(f'SELECT count(*) FROM "{grant.target_table}"') == [(0,)]
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER withdraws ON deliveries_delivery")
    for holding in holdings:
        agree(library, holding)
    services.withdraw_consent(
        number=library.number, holding=holdings[0].number, actor=an_actor(holdings[0].department), clock=NOON
    )
    assert again() == "holdings.not_to_be_passed_on"
    # Nor does mending bring what a delivery would not.
    ours.run(f'DELETE FROM "{grant.target_table}"')
    assert "has not let the library share" in str(compared(mends=True).error_facts)
    assert ours.run(f'SELECT count(*) FROM "{grant.target_table}"') == [(0,)]
    Entry.objects.filter(pk=holdings[1].entry_id).update(
        share_type="none", basis_kind="law", basis_title="某法", noshare_reason="依法"
    )
    assert "is not shared" in why(library)[0]
    assert again() == "holdings.no_longer_shared"
    with pytest.raises(errors.NothingToCollect):  # a library is no source of a holding
        services.open_holding(entry=entry.code, taking="snapshot", actor=keeper, clock=NOON)


def test_a_library_is_assembled_by_the_clock_and_each_time_after_its_sources(
    holdings: list[Holding], reviewer: Actor
) -> None:
    library = services.define_library(stated=stated(holdings), actor=reviewer, clock=NOON)

    def collect() -> None:
        run = services.start_run(number=holdings[0].number, actor=reviewer, clock=NOON)
        carry(run.pk, holding_id=holdings[0].pk, clock=NOON)

    def timed(text: str) -> None:
        services.time_library(number=library.number, timetable=text, actor=reviewer, clock=NOON)

    for wrong in ("sometimes", "after H2020-000001", "* * * * *"):
        with pytest.raises(InputsRejected):
            timed(wrong)
    timed("每天 02:00")
    assert services.start_due_libraries(clock=NOON) == []
    later = FixedClock(NOON.now() + timedelta(days=1))
    assert services.start_due_libraries(clock=later) == [library.number]
    timed("归集之后")
    taken = services.take_up_library(library_id=library.pk, clock=NOON)
    assert taken is not None
    collect()  # while it is being assembled: once more after that
    assert services.start_due_libraries(clock=later) == []
    error = errors.LibraryBusy(number=library.number)
    services.settle_not_assembled(row=taken, error=error, transient=False, clock=NOON)
    assert services.start_due_libraries(clock=later) == [library.number]
    assemble(library.pk, clock=NOON)
    assert services.start_due_libraries(clock=later) == []
    timed(f"after {holdings[1].number}")
    collect()
    assert services.start_due_libraries(clock=later) == []
