"""Pages of departments, people and seats, by role."""

import pytest
from django.test import Client

from hefu.kernel.actor import Role
from hefu.rooms.parties import queries
from hefu.rooms.parties.models import Department, Person
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import PASSWORD, SYSTEM, a_credit_code, a_department, a_person, the_authority
from tests.portal.types import SignIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(signed_in: SignIn) -> Client:
    return signed_in(a_department("大数据中心", DepartmentRole.OPERATOR), Role.OPERATOR)


@pytest.fixture
def security(signed_in: SignIn) -> Client:
    return signed_in(a_department("大数据中心", DepartmentRole.OPERATOR), Role.SECURITY)


def fields(**changes: object) -> dict[str, object]:
    return {
        "credit_code": a_credit_code(),
        "name": "市水利局",
        "short_name": "水利",
        "place": "511700",
        "roles": ["provider", "consumer"],
        "parent_id": "",
        "phone": "",
    } | changes


class TestDepartments:
    def test_the_operator_registers_one_and_lands_on_its_page(self, operator: Client) -> None:
        answer = operator.post("/departments/new", fields(), follow=True)
        made = Department.objects.get(name="市水利局")
        assert answer.request["PATH_INFO"] == f"/departments/{made.pk}/"
        text = answer.content.decode()
        assert "市水利局 is registered" in text
        assert "Department registered" in text or "Nothing on record" in text

    def test_everything_wrong_is_named_at_once_and_what_was_typed_stays(self, operator: Client) -> None:
        typed = fields(name="", place="5", roles=[], short_name="保留的简称")
        answer = operator.post("/departments/new", typed)
        text = answer.content.decode()
        assert answer.status_code == 422
        assert 'href="#id_name"' in text
        assert 'href="#id_roles' in text
        assert 'href="#id_place"' in text
        assert "保留的简称" in text
        assert text.index('id="faults"') < text.index('<form class="sheet"')
        assert not Department.objects.filter(short_name="保留的简称").exists()

    def test_a_wrong_check_character_is_refused_in_the_form_with_its_rule(self, operator: Client) -> None:
        answer = operator.post("/departments/new", fields(credit_code="11510000000000001Z"))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "parties.credit_code" in text
        assert "registration certificate" in text
        assert "市水利局" in text

    def test_the_operator_changes_facts_but_not_the_code(self, operator: Client) -> None:
        office = a_department("旧名局")
        assert "credit_code" not in operator.get(f"/departments/{office.pk}/change").context["form"].fields
        operator.post(f"/departments/{office.pk}/change", fields(name="新名局", data_office="信息中心"))
        office.refresh_from_db()
        assert office.name == "新名局"
        assert "信息中心" in operator.get(f"/departments/{office.pk}/").content.decode()

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.CHIEF, Role.SECURITY, Role.AUDITOR])
    def test_nobody_else_registers_or_changes(self, role: Role, signed_in: SignIn) -> None:
        office = a_department()
        client = signed_in(office, role)
        for address in ("/departments/new", f"/departments/{office.pk}/change"):
            assert client.get(address).status_code == 403
            assert client.post(address, fields()).status_code == 403
        assert "/departments/new" not in client.get("/departments/").content.decode()

    def test_the_tree_shows_who_stands_below_whom(self, operator: Client) -> None:
        top = a_department("市政府")
        below = a_department("市府办", parent=top)
        text = operator.get("/departments/tree").content.decode()
        assert text.index(str(top.pk)) < text.index(str(below.pk))

    def test_a_department_that_is_not_there_is_a_page_that_says_so(self, operator: Client) -> None:
        answer = operator.get("/departments/00000000-0000-4000-8000-000000000000/")
        assert answer.status_code == 404
        assert "access.not_found" in answer.content.decode()

    def test_only_the_department_and_administrators_see_who_sits_there(
        self, signed_in: SignIn, security: Client
    ) -> None:
        office = a_department()
        a_person("张三丰", seats={office.pk: [Role.OFFICER]})
        address = f"/departments/{office.pk}/"
        assert "张三丰" in signed_in(office).get(address).content.decode()
        assert "张三丰" in security.get(address).content.decode()
        assert "张三丰" not in signed_in(a_department()).get(address).content.decode()


class TestPeople:
    def test_the_security_administrator_registers_somebody_who_can_then_sign_in(self, security: Client) -> None:
        typed = {"username": "xinren", "name": "新人", "email": "", "password": PASSWORD}
        answer = security.post("/people/new", typed, follow=True)
        assert "Give a seat next" in answer.content.decode()
        assert Client().post("/signin/", {"login": "xinren", "password": PASSWORD})["Location"] == "/"

    def test_a_typed_password_is_never_sent_back(self, security: Client) -> None:
        answer = security.post("/people/new", {"username": "", "name": "", "password": "short-secret"})
        assert answer.status_code == 422
        assert "short-secret" not in answer.content.decode()

    def test_a_seat_is_given_and_ended_with_a_reason(self, security: Client) -> None:
        person, office = a_person(), a_department()
        page = f"/people/{person.pk}/"
        security.post(page, {"deed": "seat", "department_id": str(office.pk), "role": "officer"})
        (seat,) = queries.seats_of(person)
        end = f"{page}seats/{seat.pk}/end"
        assert security.post(end, {"reason": ""}).status_code == 422
        security.post(end, {"reason": "调离"})
        assert queries.seats_of(person) == []

    def test_powers_that_must_be_apart_are_refused_where_they_are_given(self, security: Client) -> None:
        office = a_department()
        person = a_person(seats={office.pk: [Role.AUDITOR]})
        answer = security.post(
            f"/people/{person.pk}/", {"deed": "seat", "department_id": str(office.pk), "role": "security"}
        )
        assert answer.status_code == 409
        assert "GB/T 22239-2019" in answer.content.decode()

    def test_a_sign_in_is_closed_for_good(self, security: Client) -> None:
        person = a_person(seats={a_department().pk: [Role.OFFICER]})
        security.post(f"/people/{person.pk}/close", {"reason": "退休"})
        person.refresh_from_db()
        assert not person.is_active
        assert queries.seats_of(person) == []
        assert "sign-in closed" in security.get("/people/").content.decode()

    def test_a_new_password_is_set_for_somebody(self, security: Client) -> None:
        person = a_person(seats={a_department().pk: [Role.OFFICER]})
        security.post(f"/people/{person.pk}/", {"deed": "password", "new-password": "another good one 26"})
        signed = Client().post("/signin/", {"login": person.username, "password": "another good one 26"})
        assert signed["Location"] == "/"

    def test_the_auditor_reads_and_changes_nothing(self, signed_in: SignIn) -> None:
        person, office = a_person(), a_department()
        auditor = signed_in(office, Role.AUDITOR)
        assert auditor.get("/people/").status_code == 200
        text = auditor.get(f"/people/{person.pk}/").content.decode()
        assert "Give a seat" not in text.replace("Give a seat below", "")
        for deed in ("seat", "password", "unlock"):
            typed = {"deed": deed, "department_id": str(office.pk), "role": "officer", "new-password": PASSWORD}
            assert auditor.post(f"/people/{person.pk}/", typed).status_code == 403
        assert auditor.post(f"/people/{person.pk}/close", {"reason": "x"}).status_code == 403
        person.refresh_from_db()
        assert person.is_active

    @pytest.mark.parametrize("role", [Role.OFFICER, Role.CHIEF, Role.REVIEWER, Role.OPERATOR])
    def test_nobody_else_sees_people(self, role: Role, signed_in: SignIn) -> None:
        client = signed_in(the_authority(), role)
        person: Person = a_person()
        for address in ("/people/", "/people/new", f"/people/{person.pk}/", f"/people/{person.pk}/close"):
            assert client.get(address).status_code == 403


def test_a_department_is_registered_by_keyboard_and_form_alone(signed_in: SignIn) -> None:
    """No script: each step is a link or a form on the page before."""
    client = signed_in(a_department("大数据中心", DepartmentRole.OPERATOR), Role.OPERATOR)
    assert 'href="/departments/new"' in client.get("/departments/").content.decode()
    assert (
        '<form class="sheet" method="post" action="/departments/new"' in client.get("/departments/new").content.decode()
    )
    assert queries.departments(viewer=SYSTEM).count() == 1
