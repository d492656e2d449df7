"""The frame of every page: who may come in, what it looks like to each, which headers it has."""

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from tests.builders import PASSWORD, a_department, a_person, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db

EVERYWHERE = ["/", "/departments/", "/departments/tree", "/people/", "/evidence/", "/search"]


@pytest.mark.parametrize("address", EVERYWHERE)
def test_whoever_has_not_signed_in_is_asked_to(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"/signin/?next={address}"


@pytest.mark.parametrize("address", ["/signin/", "/evidence/verify", "/evidence/keys"])
def test_sign_in_and_proof_are_open_to_all(address: str) -> None:
    assert Client().get(address).status_code == 200


def test_pages_allow_no_script_or_style_of_others_and_none_inline(signed_in: SignIn) -> None:
    answer = signed_in(a_department()).get("/")
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    text = answer.content.decode()
    assert "style=" not in text
    assert "<style" not in text
    assert "onclick" not in text
    assert all("src=" in part.split(">", 1)[0] for part in text.split("<script")[1:])


def test_pages_of_a_person_are_kept_by_no_cache(signed_in: SignIn) -> None:
    answer = signed_in(a_department()).get("/")
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_pages_are_chinese_until_somebody_asks_for_english() -> None:
    client = Client(headers={"accept-language": "en-US,en"})
    assert '<html lang="zh-Hans">' in client.get("/signin/").content.decode()
    client.post("/choose/language", {"language": "en", "next": "/signin/"})
    assert '<html lang="en">' in client.get("/signin/").content.decode()


def test_a_language_goes_with_the_person_to_another_browser(signed_in: SignIn, as_person: SignIn) -> None:
    person = a_person(seats={a_department().pk: [Role.OFFICER]})
    client = as_person(person)
    client.post("/choose/language", {"language": "en", "next": "/"})
    person.refresh_from_db()
    assert person.language == "en"
    other = Client()
    other.post("/signin/", {"login": person.username, "password": PASSWORD})
    assert '<html lang="en">' in other.get("/").content.decode()


@pytest.mark.parametrize(
    "bad", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:1"]
)
def test_choices_lead_nowhere_else(bad: str, signed_in: SignIn) -> None:
    client = signed_in(a_department())
    for address in ("/choose/language", "/choose/columns", "/choose/side"):
        assert client.post(address, {"next": bad, "language": "en"})["Location"] == "/"


def test_a_person_with_two_departments_acts_for_one_at_a_time(as_person: SignIn) -> None:
    first, second = a_department("甲局"), a_department("乙局")
    foreign = a_department("丙局")
    client = as_person(a_person(seats={first.pk: [Role.OFFICER], second.pk: [Role.CHIEF]}))
    assert (
        "chief representative"
        in client.get("/").context["homes"][0]["roles"] + client.get("/").context["homes"][1]["roles"]
    )
    client.post("/choose/department", {"department": str(second.pk)})
    assert client.get("/").context["actor"].department_id == second.pk
    client.post("/choose/department", {"department": str(foreign.pk)})
    assert client.get("/").context["actor"].department_id == second.pk


def test_everybody_sees_only_their_workplaces(signed_in: SignIn) -> None:
    office = a_department()

    def workplaces(*roles: Role) -> set[str]:
        return {place.key for place in signed_in(office, *roles).get("/").context["workplaces"]}

    assert "people" not in workplaces(Role.OFFICER)
    assert "people" in workplaces(Role.SECURITY)
    assert "evidence" not in workplaces(Role.OPERATOR)
    assert "deliveries" in workplaces(Role.OPERATOR)
    assert "evidence" in workplaces(Role.AUDITOR)


def test_somebody_without_a_seat_is_told_whom_to_ask(as_person: SignIn) -> None:
    text = as_person(a_person()).get("/").content.decode()
    assert "Ask the security administrator" in text


def test_the_side_is_remembered_as_icons(signed_in: SignIn) -> None:
    client = signed_in(a_department())
    assert '<body class="narrow"' not in client.get("/").content.decode()
    client.post("/choose/side", {"next": "/"})
    assert '<body class="narrow"' in client.get("/").content.decode()


def test_an_unknown_address_is_a_page_of_ours(signed_in: SignIn) -> None:
    answer = signed_in(a_department()).get("/nowhere")
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.content.decode()


def test_a_refusal_says_the_rule_its_code_and_the_way_on(signed_in: SignIn) -> None:
    answer = signed_in(a_department(), Role.OFFICER).get(
        "/people/", headers={"referer": "http://testserver/departments/"}
    )
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "access.forbidden" in text
    assert "Ask an administrator of your department" in text
    assert 'href="/departments/"' in text


def test_a_refusal_is_only_an_alert_when_a_part_of_a_page_was_asked_for(signed_in: SignIn) -> None:
    answer = signed_in(a_department(), Role.OFFICER).get("/people/", headers={"hx-request": "true"})
    assert answer.status_code == 403
    assert answer["HX-Retarget"] == "#alerts"
    assert "<html" not in answer.content.decode()


def test_refusals_are_said_in_chinese(signed_in: SignIn) -> None:
    answer = signed_in(a_department(), Role.OFFICER, language="zh-hans").get("/people/")
    assert "没有权限" in answer.content.decode()


def test_the_search_finds_departments_by_name_and_code(signed_in: SignIn) -> None:
    bureau = a_department("市民政局")
    client = signed_in(the_authority())
    assert str(bureau.pk) in client.get("/search", {"q": "民政"}).content.decode()
    assert str(bureau.pk) in client.get("/search", {"q": bureau.credit_code}).content.decode()
    assert "has “xyz” in its name" in client.get("/search", {"q": "xyz\x00"}).content.decode()
