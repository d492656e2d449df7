"""The parties room: departments under checked codes, seats, three administrators apart."""

import pytest

from hefu.kernel.actor import Role
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.evidence.queries import history
from hefu.rooms.parties import errors, queries, services
from hefu.rooms.parties.models import Department, Seat
from hefu.rooms.parties.terms import DepartmentRole
from tests.builders import NOON, PASSWORD, SYSTEM, a_credit_code, a_department, a_person, an_actor, the_authority

pytestmark = pytest.mark.django_db


def register(**changes: object) -> Department:
    facts = {
        "credit_code": a_credit_code(),
        "name": "市公安局",
        "short_name": "公安",
        "place": "511700",
        "roles": frozenset({DepartmentRole.PROVIDER}),
        "actor": SYSTEM,
        "clock": NOON,
    } | changes
    return services.register_department(**facts)  # type: ignore[arg-type]


class TestDepartments:
    def test_a_wrong_check_character_is_refused(self) -> None:
        code = a_credit_code()
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        with pytest.raises(errors.CreditCodeRefused, match="check"):
            register(credit_code=wrong)

    def test_full_width_and_spaced_codes_are_the_same_code(self) -> None:
        code = a_credit_code()
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
        assert register(credit_code=f" {wide[:8]} {wide[8:]}").credit_code == code
        with pytest.raises(errors.DepartmentExists, match="市公安局"):
            register(credit_code=code.lower())

    def test_everything_wrong_is_named_at_once(self) -> None:
        with pytest.raises(InputsRejected) as caught:
            register(name=" ", place="5", roles=frozenset())
        assert set(caught.value.problems) == {"name", "place", "roles"}

    def test_a_node_has_one_authority(self) -> None:
        the_authority()
        with pytest.raises(errors.OneAuthority, match="市数据局"):
            register(roles=frozenset({DepartmentRole.AUTHORITY}))

    def test_no_department_stands_below_itself(self) -> None:
        top = a_department("市政府")
        below = a_department("办公室", parent=top)
        with pytest.raises(errors.TreeHasCycle):
            services.change_department(
                department_id=top.pk,
                name=top.name,
                short_name=top.short_name,
                place=top.place,
                roles=frozenset({DepartmentRole.PROVIDER}),
                parent_id=below.pk,
                phone="",
                actor=SYSTEM,
                clock=NOON,
            )

    def test_only_the_system_administrator_registers(self) -> None:
        office = a_department()
        with pytest.raises(Forbidden):
            register(actor=an_actor(office, Role.SECURITY))
        assert register(actor=an_actor(office, Role.OPERATOR)).pk

    @pytest.mark.clause("GD2018-06a")
    @pytest.mark.clause("DZ-04f")
    def test_a_department_names_the_one_office_that_answers_for_its_data_and_everybody_sees_it(self) -> None:
        department = register(data_office="科技信息化科")
        reader = an_actor(a_department())
        assert queries.department(department.pk, viewer=reader).data_office == "科技信息化科"
        facts: dict[str, object] = {
            "department_id": department.pk,
            "name": department.name,
            "short_name": department.short_name,
            "place": department.place,
            "roles": frozenset({DepartmentRole.PROVIDER}),
            "parent_id": None,
            "phone": "",
            "actor": SYSTEM,
            "clock": NOON,
        }
        services.change_department(**facts)  # type: ignore[arg-type]
        assert queries.department(department.pk, viewer=reader).data_office == "科技信息化科"
        services.change_department(**facts | {"data_office": "市公安局大数据中心"})  # type: ignore[arg-type]
        assert queries.department(department.pk, viewer=reader).data_office == "市公安局大数据中心"
        changed = list(history(department.credit_code, viewer=SYSTEM))[-1]
        assert (changed.kind, changed.body["changes"]) == ("department.changed", ["data_office"])

    def test_the_registration_is_on_record(self) -> None:
        department = register()
        (entry,) = history(department.credit_code, viewer=SYSTEM)
        assert entry.kind == "department.registered"
        assert entry.body["roles"] == ["provider"]

    def test_departments_are_found_by_name_short_name_and_code(self) -> None:
        department = register(name="市生态环境局", short_name="环保")
        for words in ("生态", "环保", department.credit_code[:12]):
            assert department in queries.departments(viewer=SYSTEM, search=words)


class TestSeats:
    @pytest.mark.parametrize(
        ("held", "wanted"),
        [
            (Role.OPERATOR, Role.SECURITY),
            (Role.SECURITY, Role.AUDITOR),
            (Role.AUDITOR, Role.OPERATOR),
            (Role.OPERATOR, Role.OFFICER),
            (Role.CHIEF, Role.AUDITOR),
        ],
    )
    def test_the_three_administrators_stay_apart_from_each_other_and_from_deciders(
        self, held: Role, wanted: Role
    ) -> None:
        office = a_department()
        person = a_person(seats={office.pk: [held]})
        with pytest.raises(errors.AdministratorsApart):
            services.give_seat(person_id=person.pk, department_id=office.pk, role=wanted, actor=SYSTEM, clock=NOON)

    def test_the_rule_holds_across_departments(self) -> None:
        first, second = a_department(), a_department()
        person = a_person(seats={first.pk: [Role.SECURITY]})
        with pytest.raises(errors.AdministratorsApart):
            services.give_seat(
                person_id=person.pk, department_id=second.pk, role=Role.OFFICER, actor=SYSTEM, clock=NOON
            )

    def test_a_reviewer_sits_in_the_authority(self) -> None:
        office, person = a_department(), a_person()
        with pytest.raises(errors.SeatNeedsAuthority):
            services.give_seat(
                person_id=person.pk, department_id=office.pk, role=Role.REVIEWER, actor=SYSTEM, clock=NOON
            )

    def test_an_actor_has_the_roles_of_the_chosen_department_alone(self) -> None:
        first, second = a_department("甲局"), a_department("乙局")
        person = a_person(seats={first.pk: [Role.OFFICER], second.pk: [Role.CHIEF]})
        assert queries.actor_for(person, second.pk).roles == {Role.CHIEF}
        assert queries.actor_for(person, first.pk).roles == {Role.OFFICER}

    def test_a_department_where_no_seat_is_held_cannot_be_chosen(self) -> None:
        first, other = a_department(), a_department()
        person = a_person(seats={first.pk: [Role.OFFICER]})
        assert queries.actor_for(person, other.pk).department_id == first.pk

    def test_giving_a_seat_twice_gives_it_once(self) -> None:
        office = a_department()
        person = a_person(seats={office.pk: [Role.OFFICER, Role.OFFICER]})
        assert Seat.objects.filter(person=person, ended_at__isnull=True).count() == 1

    def test_a_closed_person_has_no_seat_and_no_role_left(self) -> None:
        office = a_department()
        person = a_person(seats={office.pk: [Role.OFFICER]})
        services.close_person(person_id=person.pk, reason="调离", actor=SYSTEM, clock=NOON)
        person.refresh_from_db()
        assert queries.actor_for(person).roles == frozenset()


class TestPeople:
    def test_a_weak_password_is_refused_and_nothing_is_made(self) -> None:
        with pytest.raises(InputsRejected) as caught:
            services.register_person(username="wang", name="王", password="123", actor=SYSTEM, clock=NOON)
        assert "password" in caught.value.problems

    def test_sign_in_names_differ_by_more_than_case(self) -> None:
        services.register_person(username="Wang", name="王", password=PASSWORD, actor=SYSTEM, clock=NOON)
        with pytest.raises(errors.NameTaken):
            services.register_person(username="wang", name="汪", password=PASSWORD, actor=SYSTEM, clock=NOON)

    def test_one_may_set_ones_own_password_and_nobody_elses(self) -> None:
        office = a_department()
        me, other = a_person(seats={office.pk: [Role.OFFICER]}), a_person()
        actor = queries.actor_for(me)
        services.set_password(person_id=me.pk, password="another one 2026", actor=actor, clock=NOON)
        with pytest.raises(Forbidden):
            services.set_password(person_id=other.pk, password="another one 2026", actor=actor, clock=NOON)

    def test_no_name_of_a_person_is_in_the_evidence(self) -> None:
        person = a_person("欧阳某某")
        for entry in history(f"person:{person.pk}", viewer=SYSTEM):
            assert "欧阳" not in bytes(entry.leaf).decode()

    def test_people_are_listed_for_security_and_audit_alone(self) -> None:
        office = a_department()
        assert queries.people(viewer=an_actor(office, Role.SECURITY)).count() >= 1
        with pytest.raises(Forbidden):
            queries.people(viewer=an_actor(office, Role.OPERATOR))
        with pytest.raises(NotFound):
            queries.person("nobody", viewer=an_actor(office, Role.AUDITOR))
