"""A comparison that waits or runs while its grant is put out of force reads and writes nothing more."""

from collections.abc import Callable

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.deliveries import comparing, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.comparing import carry_comparison
from hefu.rooms.deliveries.models import Comparison, Delivery
from hefu.rooms.deliveries.terms.comparing import Comparing
from hefu.rooms.grants import services as grants
from tests.builders import a_department, an_actor
from tests.conftest import Database
from tests.followers import NOW, a_grant_to_follow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_what_was_asked_for_before_the_grant_was_held_is_neither_read_nor_mended(
    make_database: Callable[[], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, ours, consumer = make_database(), make_database(), a_department("市民政局")
    grant = a_grant_to_follow(consumer, theirs, ours)
    chief, officer = an_actor(grant.provider, Role.CHIEF), an_actor(consumer)
    row: Delivery = services.start_delivery(grant=grant.number, actor=officer, clock=NOW)
    carry(row.pk, clock=NOW)
    theirs.run("UPDATE population SET name = '后' WHERE id_number = lpad('7', 18, '0')")
    asked = services.ask_comparison(number=row.number, mends=True, actor=officer, clock=NOW)
    grants.suspend_grant(number=grant.number, reason="查", actor=chief, clock=NOW)
    carry_comparison(asked.pk, clock=NOW)
    asked.refresh_from_db()
    assert (asked.state, asked.rows_source) == (Comparing.FAILED, None)
    assert "revoked" in asked.error
    assert ours.run("SELECT count(*) FROM population WHERE name = '后'") == [(0,)]

    # While it runs, its watcher hears of it.
    monkeypatch.setattr(comparing, "LOOK_SECONDS", 0.0)
    watch = comparing._Watch(asked.pk, row.ticket_id)
    assert watch.stop_requested() == "revoked"
    assert Comparison.objects.count() == 1
