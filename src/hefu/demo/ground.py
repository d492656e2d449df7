"""What the story stands on: departments' databases with data, catalogued and mounted."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from hefu.dataplane.checks import Check, CitizenId, CodeSet, CreditCode, DateRange, NotNull, Pattern, UniqueKey
from hefu.demo import databases, entries, firms, people
from hefu.demo.cast import DISTRICTS, NAME
from hefu.demo.city import City
from hefu.demo.databases import OfficeDatabase
from hefu.demo.dirt import Dirt
from hefu.demo.telling import Telling
from hefu.kernel.clock import Clock, at_noon
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import Content, Verdict
from hefu.rooms.resources import services as resources
from hefu.rooms.resources.terms import AllowanceKind, Network, PlaceFacts, PlaceKind

SEED = 20260101
RESIDENTS = 200_000
FIRMS = 50_000

RESIDENT_CHECKS: tuple[Check, ...] = (
    NotNull("citizen_id"),
    UniqueKey(("citizen_id",)),
    CitizenId("citizen_id"),
    DateRange("birth_date", date(1900, 1, 1), date(2030, 12, 31)),
    CodeSet("sex", ("0", "1", "2", "9")),
    Pattern("phone", "1[0-9]{10}"),
)
FIRM_CHECKS: tuple[Check, ...] = (
    NotNull("credit_code"),
    UniqueKey(("credit_code",)),
    CreditCode("credit_code"),
    DateRange("founded_on", date(1949, 10, 1), date(2030, 12, 31)),
    CodeSet("status", ("1", "2", "3", "4")),
)


@dataclass(frozen=True)
class Ground:
    """Entries and places, by what the story calls them."""

    residents: UUID
    firms: UUID
    #: Where human resources and civil affairs receive.
    social_target: UUID
    civil_target: UUID


def lay_ground(town: City, *, server: str, clock: Clock, telling: Telling) -> Ground:
    """Make the databases, catalogue and publish the entries, mount them, register who receives where.

    Args:
        town: The departments and people.
        server: Where databases are made, reached by TCP.
        clock: Says what day it is; the catalogue is dated two months back.
        telling: Hears of each step.
    """
    with telling.step(
        "data", "两个部门的数据库：生成数据，带常见的脏数据 / two departments' databases, with the usual dirt"
    ):
        police, market = _provider_databases(server, telling)
        social = databases.make_database(server, "demo_social")
        civil = databases.make_database(server, "demo_civil")
    with telling.step("catalogue", "编目、审核、挂接到真实的表 / catalogued, reviewed, mounted on the real tables"):
        then = at_noon(clock.today() - timedelta(days=60))
        resources.allow(
            kind=AllowanceKind.NETWORK,
            pattern="127.0.0.0/8",
            note="演示环境：各部门的数据库都在本机",
            actor=town.actors["yunwei"],
            clock=then,
        )
        residents_entry = publish(town, "police", entries.residents(then.today()), then)
        firms_entry = publish(town, "market", entries.firms(then.today()), then)
        for key, content in (("health", entries.cases_of_illness(then.today())), *entries.others(then.today()).items()):
            publish(town, key, content, then)
        mount(town, "police", residents_entry, "人口综合管理系统", police, "resident", RESIDENT_CHECKS, then)
        mount(town, "market", firms_entry, "市场主体登记系统", market, "enterprise", FIRM_CHECKS, then)
        found = catalog.published(viewer=town.reviewer).count()
        telling.say(f"{found} entries in force, 2 mounted; {len(RESIDENT_CHECKS)} and {len(FIRM_CHECKS)} checks a row")
        return Ground(
            residents=residents_entry,
            firms=firms_entry,
            social_target=_target(town, "social", social, then),
            civil_target=_target(town, "civil", civil, then),
        )


def publish(town: City, department: str, content: Content, clock: Clock) -> UUID:
    """Let the officer draft, the chief sign, and the authority's reviewer approve; return the entry's id."""
    entry = catalog_services.draft_entry(
        provider_id=town.departments[department], content=content, actor=town.officer(department), clock=clock
    )
    catalog_services.submit_entry(entry_id=entry.pk, actor=town.chief(department), clock=clock)
    return catalog_services.review_entry(
        entry_id=entry.pk, verdict=Verdict.APPROVE, actor=town.reviewer, clock=clock
    ).pk


def _provider_databases(server: str, telling: Telling) -> tuple[OfficeDatabase, OfficeDatabase]:
    police = databases.make_database(server, "demo_police")
    market = databases.make_database(server, "demo_market")
    dirt = Dirt()
    rows = people.residents(RESIDENTS, divisions=DISTRICTS, seed=SEED, dirt=dirt)
    loaded = databases.load(police, definition=people.TABLE, table="resident", columns=people.COLUMNS, rows=rows)
    telling.say(f"demo_police.resident     {loaded:>9,} rows; {_faults(dirt)}")
    dirt = Dirt()
    rows = firms.firms(FIRMS, city=NAME, divisions=DISTRICTS, seed=SEED, dirt=dirt)
    loaded = databases.load(market, definition=firms.TABLE, table="enterprise", columns=firms.COLUMNS, rows=rows)
    telling.say(f"demo_market.enterprise   {loaded:>9,} rows; {_faults(dirt)}")
    return (
        databases.make_reader(server, police, "resident"),
        databases.make_reader(server, market, "enterprise"),
    )


def _faults(dirt: Dirt) -> str:
    return "put in on purpose: " + ", ".join(f"{fault} {number:,}" for fault, number in sorted(dirt.counts.items()))


def mount(
    town: City,
    department: str,
    entry_id: UUID,
    system_name: str,
    place: OfficeDatabase,
    table: str,
    checks: tuple[Check, ...],
    clock: Clock,
) -> None:
    """Register a system and its database, and mount an entry on a table of it, with checks."""
    officer = town.officer(department)
    system = resources.register_system(
        department_id=town.departments[department],
        name=system_name,
        network=Network.EXTRANET,
        actor=officer,
        clock=clock,
    )
    source = resources.register_source(
        department_id=town.departments[department],
        facts=_facts(f"{system_name}只读库", place),
        password=place.password,
        system_id=system.pk,
        actor=officer,
        clock=clock,
    )
    resources.test_source(source_id=source.pk, actor=officer, clock=clock)
    resources.mount(entry_id=entry_id, source_id=source.pk, schema="public", table=table, actor=officer, clock=clock)
    resources.set_rules(entry_id=entry_id, rules=checks, actor=officer, clock=clock)


def _target(town: City, department: str, place: OfficeDatabase, clock: Clock) -> UUID:
    officer = town.officer(department)
    target = resources.register_target(
        department_id=town.departments[department],
        facts=_facts("共享数据接收库", place),
        password=place.password,
        actor=officer,
        clock=clock,
    )
    resources.test_target(target_id=target.pk, actor=officer, clock=clock)
    return target.pk


def _facts(name: str, place: OfficeDatabase) -> PlaceFacts:
    return PlaceFacts(
        name=name,
        kind=PlaceKind.POSTGRES,
        host=place.host,
        port=place.port,
        dbname=place.dbname,
        username=place.user,
        schema="public",
    )
