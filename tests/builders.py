"""What tests start from: made through the real services, as an office would."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import TYPE_CHECKING
from uuid import UUID

from hefu.dataplane.checks import Check
from hefu.dataplane.ticket import Channel as TicketChannel
from hefu.kernel.actor import Actor, Role, system
from hefu.kernel.clock import FixedClock, at_noon
from hefu.kernel.identifiers import credit_code
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import BasisKind as BasisOfEntry
from hefu.rooms.catalog.terms import (
    Channel,
    Content,
    FormatClass,
    Grade,
    ItemContent,
    ItemType,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareType,
    UpdateCycle,
    Verdict,
)
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties import queries as parties
from hefu.rooms.parties import services as party_services
from hefu.rooms.parties.models import Department, Person
from hefu.rooms.parties.terms import DepartmentRole
from hefu.rooms.requests import services as request_services
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.terms import Answer, Application, BasisKind, LegalBasis
from hefu.rooms.requests.terms import Verdict as Word
from hefu.rooms.resources import services as resource_services
from hefu.rooms.resources.models import Source, Target
from hefu.rooms.resources.terms import PlaceFacts, PlaceKind

if TYPE_CHECKING:
    from tests.conftest import Database

#: A working Wednesday, under decree 809.
TODAY = date(2026, 3, 11)
NOON: FixedClock = at_noon(TODAY)
SYSTEM = system("test")
PASSWORD = "long enough 2026"

_numbers = count(1)


def a_credit_code() -> str:
    """Return a valid, unused credit code of an invented organ."""
    body = f"11510000{next(_numbers):08d}X"
    return body + credit_code.check_digit(body)


def a_department(
    name: str = "",
    *roles: DepartmentRole,
    parent: Department | None = None,
    place: str = "511700",
) -> Department:
    """Return a department; without roles it may provide and ask."""
    number = next(_numbers)
    return party_services.register_department(
        credit_code=a_credit_code(),
        name=name or f"第{number}局",
        short_name=name or f"第{number}局",
        place=place,
        roles=frozenset(roles or (DepartmentRole.PROVIDER, DepartmentRole.CONSUMER)),
        parent_id=parent.pk if parent else None,
        actor=SYSTEM,
        clock=NOON,
    )


def the_authority() -> Department:
    """Return the node's data authority, registered when there is none yet."""
    found = Department.objects.filter(roles__contains=[DepartmentRole.AUTHORITY]).first()
    return found or a_department("市数据局", DepartmentRole.AUTHORITY)


def a_person(name: str = "", *, seats: dict[UUID, list[Role]] | None = None) -> Person:
    """Return a person with sign-in name `u<n>` and `PASSWORD`, in the given seats."""
    number = next(_numbers)
    person = party_services.register_person(
        username=f"u{number}", name=name or f"张{number}", password=PASSWORD, actor=SYSTEM, clock=NOON
    )
    for department_id, roles in (seats or {}).items():
        for role in roles:
            party_services.give_seat(
                person_id=person.pk, department_id=department_id, role=role, actor=SYSTEM, clock=NOON
            )
    return person


def an_actor(department: Department, *roles: Role) -> Actor:
    """Return somebody who acts for `department`; without roles, its officer."""
    person = a_person(seats={department.pk: list(roles or (Role.OFFICER,))})
    return parties.actor_for(person, department.pk)


def a_content(**changes: object) -> Content:
    """Return all that a complete entry says: conditional, a table of three items; `changes` replace fields."""
    facts: dict[str, object] = {
        "name": f"人口基础信息{next(_numbers)}",
        "abstract": "本市户籍人口的基本情况。",
        "class_code": "101",
        "format_class": FormatClass.DATABASE,
        "format_types": ("postgresql",),
        "share_type": ShareType.CONDITIONAL,
        "share_condition": "办理社会救助时使用",
        "share_scope": "民政部门；用途：救助对象核对",
        "channels": (Channel.TABLE, Channel.FILE),
        "open_type": OpenType.CLOSED,
        "update_cycle": UpdateCycle.DAILY,
        "grade": Grade.GENERAL,
        "use_condition": "仅用于申请所述用途",
        "secrecy": Secrecy.NONE,
        "secrecy_note": "经保密办审查，不涉及国家秘密和工作秘密。",
        "personal_info": PersonalInfo.PERSONAL,
        "impact_note": "影响评估结论：最小必要，可共享。",
        "assessed_on": date(2026, 3, 2),
        "system_name": "人口管理信息系统",
        "business_item": "户籍登记",
        "items": (
            ItemContent("公民身份号码", "id_number", ItemType.TEXT, 18),
            ItemContent("姓名", "name", ItemType.TEXT, 50),
            ItemContent("出生日期", "birth_date", ItemType.DATE),
        ),
    }
    return Content(**facts | changes)  # type: ignore[arg-type]


#: What a conditional entry names in Guangdong, where the law asks a basis for conditions.
CONDITIONS_REST_ON: dict[str, object] = {
    "basis_kind": BasisOfEntry.LAW,
    "basis_title": "中华人民共和国个人信息保护法",
    "basis_article": "第三十四条",
}


def a_draft(provider: Department | None = None, **changes: object) -> Entry:
    """Return a complete entry that its department's officer has drafted."""
    office = provider or a_department()
    basis = CONDITIONS_REST_ON if office.place.startswith("44") else {}
    if office.place.startswith("52"):  # where base data is shared without conditions
        basis = {"class_code": "302"}
    return catalog_services.draft_entry(
        provider_id=office.pk, content=a_content(**basis | changes), actor=an_actor(office), clock=NOON
    )


def an_entry(provider: Department | None = None, **changes: object) -> Entry:
    """Return a published entry: drafted, signed off by the chief, approved by the authority's reviewer."""
    row = a_draft(provider, **changes)
    publish(row)
    row.refresh_from_db()
    return row


def publish(row: Entry) -> Entry:
    """Submit and approve a draft or a change, as its chief and the authority's reviewer would."""
    catalog_services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
    reviewer = an_actor(the_authority(), Role.REVIEWER)
    return catalog_services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=reviewer, clock=NOON)


def an_application(entry: Entry, *codes: str, **changes: object) -> Application:
    """Return a complete application for `entry`: the items of `codes`, else all; `changes` replace fields."""
    items = [item for item in entry.items.all() if not codes or item.code in codes]
    facts: dict[str, object] = {
        "purpose": "核对救助对象的户籍情况",
        "scenario": "办理最低生活保障时核对申请人信息",
        "basis": LegalBasis(BasisKind.ADMINISTRATIVE_REGULATION, "社会救助暂行办法", "第六十一条"),
        "item_ids": tuple(item.pk for item in items),
        "channel": TicketChannel.TABLE,
        "term_from": TODAY,
        "term_until": date(2026, 12, 31),
    }
    return Application(**facts | changes)  # type: ignore[arg-type]


def a_case(
    entry: Entry | None = None,
    consumer: Department | None = None,
    *,
    application: Application | None = None,
    clock: FixedClock = NOON,
) -> AccessRequest:
    """Return a request that the consumer's officer drafted and its chief handed in."""
    wanted, office = entry or an_entry(), consumer or a_department()
    row = request_services.draft_request(
        entry=wanted.pk, application=application or an_application(wanted), actor=an_actor(office), clock=clock
    )
    return request_services.submit_request(number=row.number, actor=an_actor(office, Role.CHIEF), clock=clock)


def a_place(database: "Database", **changes: object) -> PlaceFacts:
    """Return what one states of a source or target that is `database`."""
    facts: dict[str, object] = {
        "name": f"数据库{next(_numbers)}",
        "kind": PlaceKind.POSTGRES,
        "host": database.host,
        "port": database.port,
        "dbname": database.name,
        "username": database.user,
    }
    return PlaceFacts(**facts | changes)  # type: ignore[arg-type]


def a_source(department: Department, database: "Database") -> Source:
    """Return a database of `department` that can be read."""
    return resource_services.register_source(
        department_id=department.pk,
        facts=a_place(database),
        password=database.password,
        actor=an_actor(department),
        clock=NOON,
    )


def a_target(department: Department, database: "Database") -> Target:
    """Return a database of `department` where granted rows may arrive."""
    return resource_services.register_target(
        department_id=department.pk,
        facts=a_place(database),
        password=database.password,
        actor=an_actor(department),
        clock=NOON,
    )


def a_population(database: "Database", rows: int = 100) -> None:
    """Make the table that `a_content` speaks of: numbers that are no citizens', every tenth name missing."""
    database.run(
        "CREATE TABLE population (id_number text PRIMARY KEY, name text, birth_date date);"
        "INSERT INTO population SELECT lpad(n::text, 18, '0'), CASE WHEN n % 10 > 0 THEN '张' || n END,"
        f" date '1950-01-01' + (n % 20000) FROM generate_series(1, {rows}) AS n;"
        "ANALYZE population"
    )


def a_mounted_entry(
    provider: Department, database: "Database", *, checks: Sequence[Check] = (), table: str = "population"
) -> Entry:
    """Return a published entry, mounted on `table` of `database`."""
    row, officer = an_entry(provider), an_actor(provider)
    source = a_source(provider, database)
    resource_services.mount(
        entry_id=row.pk, source_id=source.pk, schema="public", table=table, actor=officer, clock=NOON
    )
    if checks:
        resource_services.set_rules(entry_id=row.pk, rules=list(checks), actor=officer, clock=NOON)
    return row


def a_grant(
    entry: Entry,
    consumer: Department,
    *,
    target: Target | None = None,
    answer: Answer | None = None,
    clock: FixedClock = NOON,
    **application: object,
) -> Grant:
    """Return the grant of a request of `consumer` that the chief of the entry's department agreed to."""
    wanted = an_application(entry, target_id=target.pk if target else None, **application)
    case = a_case(entry, consumer, application=wanted, clock=clock)
    request_services.decide_request(
        number=case.number,
        answer=answer or Answer(Word.GRANT),
        actor=an_actor(entry.provider, Role.CHIEF),
        clock=clock,
    )
    found = grants.grant_of_request(case.number, viewer=SYSTEM)
    assert found is not None
    return found
