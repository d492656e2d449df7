"""The pages on which a withdrawal is asked for and reviewed, in Xi'an, where the authority reviews it first."""

import pytest

from hefu.kernel.actor import Role
from hefu.rooms.catalog.terms import Status
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import a_department, an_entry
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


def test_a_chief_asks_and_the_reviewer_finds_it_on_the_review_desk_and_agrees(signed_in: SignIn) -> None:
    authority = a_department("市数据局", DepartmentRole.AUTHORITY, place="610100")
    entry = an_entry(a_department("市民政局", place="610100"))
    chief, reviewer = signed_in(entry.provider, Role.CHIEF), signed_in(authority, Role.REVIEWER)
    assert "Ask for the withdrawal" in chief.get(f"/catalog/{entry.pk}/withdraw").content.decode()
    chief.post(f"/catalog/{entry.pk}/withdraw", {"reason": "系统下线"})
    entry.refresh_from_db()
    assert entry.status == Status.PUBLISHED
    page = chief.get(f"/catalog/{entry.pk}/").content.decode()
    assert "the data authority reviews that" in page
    assert f'/catalog/{entry.pk}/withdraw"' not in page
    assert f"/catalog/{entry.pk}/withdrawal" not in page
    assert "withdrawals of entries to review" in reviewer.get("/").content.decode()
    assert f"/catalog/{entry.pk}/withdrawal" in reviewer.get("/upkeep/desk").content.decode()
    assert "系统下线" in reviewer.get(f"/catalog/{entry.pk}/withdrawal").content.decode()
    assert reviewer.post(f"/catalog/{entry.pk}/withdrawal", {"verdict": "decline"}).status_code == 422
    assert reviewer.post(f"/catalog/{entry.pk}/withdrawal", {"verdict": "agree"}).status_code == 302
    entry.refresh_from_db()
    assert (entry.status, entry.reasons) == (Status.WITHDRAWN, "系统下线")
