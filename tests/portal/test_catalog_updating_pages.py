"""Pages on which it is noted that an entry must follow a change, and on which the authority gives more time."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from hefu.kernel.actor import Role
from hefu.rooms.clocks.models import CaseClock
from tests.builders import a_department, an_entry, the_authority

pytestmark = pytest.mark.django_db


def test_a_department_notes_a_change_and_the_authority_gives_more_time_once(signed_in: Callable[..., Any]) -> None:
    row = an_entry()
    page, cause = reverse("catalog:entry", args=[row.pk]), reverse("catalog:cause", args=[row.pk])
    officer, reviewer = signed_in(row.provider), signed_in(the_authority(), Role.REVIEWER)
    assert cause in officer.get(page).content.decode()
    faulty = officer.post(cause, {"cause": "law", "on": "2026-03-12", "note": " "})
    assert faulty.status_code == 422
    assert "still to come" in faulty.content.decode()
    done = officer.post(cause, {"cause": "law", "on": "2026-03-11", "note": "新法施行"})
    assert (done.status_code, done["Location"]) == (302, page)
    more = reverse("catalog:more_time", args=[row.pk])
    assert more not in officer.get(page).content.decode()
    assert more in reviewer.get(page).content.decode()
    assert reviewer.post(more, {"days": "5", "reason": "系统改造"}).status_code == 302
    assert CaseClock.objects.get(subject=row.code, rule="catalog.update").due_on == date(2026, 4, 1)
    assert more not in reviewer.get(page).content.decode()


def test_nobody_else_notes_a_change_of_a_departments_entry(signed_in: Callable[..., Any]) -> None:
    row = an_entry()
    stranger = signed_in(a_department(), Role.CHIEF)
    page, cause = reverse("catalog:entry", args=[row.pk]), reverse("catalog:cause", args=[row.pk])
    assert cause not in stranger.get(page).content.decode()
    assert stranger.get(cause).status_code == 403
