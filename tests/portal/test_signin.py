"""Sign-in: passwords, the lock after five failures, where it leads, the second factor's pages."""

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties.models import Person
from tests.builders import PASSWORD, SYSTEM, a_department, a_person
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> Person:
    return a_person(seats={a_department().pk: [Role.OFFICER]})


def sign_in(client: Client, person: Person, password: str = PASSWORD, **more: str) -> object:
    return client.post("/signin/", {"login": person.username, "password": password, **more})


def test_the_right_password_opens_the_desk_in_a_new_session(officer: Person) -> None:
    client = Client()
    client.post("/choose/side", {"next": "/"})
    before = client.cookies.get("sessionid")
    answer = client.post("/signin/", {"login": officer.username.upper(), "password": PASSWORD})
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200
    after = client.cookies["sessionid"]
    assert before is None or before.value != after.value
    assert after["httponly"]
    assert after["samesite"] == "Lax"
    assert not after["max-age"]


def test_a_wrong_password_is_refused_and_the_name_stays_typed(officer: Person) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    answer = client.post("/signin/", {"login": officer.username, "password": "wrong"})
    text = answer.content.decode()
    assert "do not go together" in text
    assert f'value="{officer.username}"' in text
    assert "wrong" not in text


def test_the_sixth_attempt_is_locked_however_the_name_is_written(officer: Person) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    names = [officer.username, officer.username.upper()]
    for turn in range(5):
        client.post("/signin/", {"login": names[turn % 2], "password": "wrong"})
    answer = client.post("/signin/", {"login": officer.username, "password": PASSWORD})
    assert answer.status_code == 429
    assert "locked for 15 minutes" in answer.content.decode()
    assert "security administrator" in answer.content.decode()
    assert answer["Retry-After"] == "900"
    assert client.get("/").status_code == 302


def test_the_security_administrator_sees_the_lock_and_opens_it(
    officer: Person, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hefu.kernel.clock import SystemClock
    from hefu.portal import middleware

    monkeypatch.setattr(middleware, "CLOCK", SystemClock())  # the lock counts by the machine's clock
    client = Client()
    for _ in range(5):
        sign_in(client, officer, "wrong")
    security = signed_in(a_department(), Role.SECURITY)
    assert "locked" in security.get("/people/", {"q": officer.username}).content.decode()
    assert "Unlock now" in security.get(f"/people/{officer.pk}/").content.decode()
    security.post(f"/people/{officer.pk}/", {"deed": "unlock"})
    assert "Unlock now" not in security.get(f"/people/{officer.pk}/").content.decode()
    assert sign_in(client, officer)["Location"] == "/"  # type: ignore[index]
    assert "person.unlocked" in [entry.kind for entry in history(f"person:{officer.pk}", viewer=SYSTEM)]


def test_nobody_else_opens_a_lock(officer: Person, signed_in: SignIn) -> None:
    for role in (Role.OPERATOR, Role.OFFICER, Role.AUDITOR):
        assert signed_in(a_department(), role).post(f"/people/{officer.pk}/", {"deed": "unlock"}).status_code == 403


@pytest.mark.parametrize(
    "bad",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "http://localhost/",
        "javascript:alert(1)",
        "\thttps://elsewhere.example",
    ],
)
def test_sign_in_leads_nowhere_else(officer: Person, bad: str) -> None:
    assert sign_in(Client(), officer, next=bad)["Location"] == "/"  # type: ignore[index]


def test_sign_in_leads_back_to_the_page_that_was_asked_for(officer: Person) -> None:
    assert sign_in(Client(), officer, next="/departments/?q=a")["Location"] == "/departments/?q=a"  # type: ignore[index]


def test_forms_from_elsewhere_are_not_taken(officer: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    answer = client.post("/signin/", {"login": officer.username, "password": PASSWORD})
    assert answer.status_code == 403
    assert "was not taken" in answer.content.decode()


def test_nobody_signs_up() -> None:
    assert Client().get("/signin/signup/").status_code in (302, 404)


def test_signing_out_takes_a_form_not_a_link(officer: Person, as_person: SignIn) -> None:
    client = as_person(officer)
    client.get("/signin/out")
    assert client.get("/").status_code == 200
    client.post("/signin/out")
    assert client.get("/").status_code == 302


def test_a_closed_person_is_out_at_once(officer: Person, as_person: SignIn) -> None:
    client = as_person(officer)
    officer.is_active = False
    officer.save()
    assert client.get("/").status_code == 302
    fresh = Client()
    sign_in(fresh, officer)
    assert fresh.get("/").status_code == 302


class TestOwnPassword:
    new = "a much better one 26"

    def change(self, client: Client, **typed: str) -> str:
        fields = {"old": PASSWORD, "password": self.new, "again": self.new} | typed
        return client.post("/signin/password", fields).content.decode()

    def test_a_new_one_counts_from_now_and_this_device_stays_signed_in(
        self, officer: Person, as_person: SignIn
    ) -> None:
        client, elsewhere = as_person(officer), as_person(officer)
        assert self.change(client) == ""
        assert client.get("/").status_code == 200
        assert elsewhere.get("/").status_code == 302
        assert sign_in(Client(), officer, self.new)["Location"] == "/"  # type: ignore[index]

    def test_everything_missing_is_named_at_once(self, officer: Person, as_person: SignIn) -> None:
        text = self.change(as_person(officer), old="", password="", again="")
        assert "3 entries need another look" in text
        assert 'href="#id_password"' in text

    def test_the_old_one_must_be_right(self, officer: Person, as_person: SignIn) -> None:
        assert "not your present password" in self.change(as_person(officer), old="nonsense")

    def test_a_weak_one_is_refused_at_its_field(self, officer: Person, as_person: SignIn) -> None:
        text = self.change(as_person(officer), password="1234567890", again="1234567890")
        assert 'aria-invalid="true"' in text

    def test_the_two_must_be_the_same(self, officer: Person, as_person: SignIn) -> None:
        assert "differ" in self.change(as_person(officer), again="something else 26")


def test_the_second_factor_can_be_set_up(officer: Person, as_person: SignIn) -> None:
    client = Client()
    sign_in(client, officer)
    assert client.get("/signin/factor/").status_code == 200
    again = client.get("/signin/factor/totp/activate/")
    assert again["Location"].startswith("/signin/again?next=")
    client.post(again["Location"], {"password": PASSWORD, "next": "/signin/factor/totp/activate/"})
    page = client.get("/signin/factor/totp/activate/")
    assert page.status_code == 200
    assert "data:image/svg+xml" in page.content.decode()
