"""Live feeds from real tables: a city's air hour by hour, and housing figures that change and fall silent.

The files belong to others and are not in this repository; without them the tests say so and are skipped.
"""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hefu.dataplane.checks import CodeSet
from hefu.kernel.clock import FixedClock
from hefu.ledger.receipt import verify_receipt
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.terms import ItemContent, ItemType
from hefu.rooms.deliveries import queries, services
from hefu.rooms.deliveries.carry import carry
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.increments import BLIND_TO
from hefu.rooms.evidence.queries import public_keys
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.grants.models import Grant
from hefu.rooms.parties.models import Department
from hefu.rooms.requests import queries as requests
from hefu.rooms.requests.terms import NoticeKind
from hefu.rooms.resources import services as resources
from tests.builders import NOON, SYSTEM, a_department, a_grant, a_source, a_target, an_actor, an_entry
from tests.conftest import Database
from tests.followers import NOW, begun, following, in_step, until

TABLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "02-tables"
AIR = TABLES / "beijing-air-2013-2017" / "dongsi.csv.gz"
HOUSING = {year: TABLES / f"hangzhou-housing-trade-{year}.jsonl.gz" for year in (2022, 2026)}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.skipif(not AIR.exists(), reason=f"the input files of others are not here: {TABLES}"),
]


def mounted(provider: Department, database: Database, table: str, items: list[ItemContent]) -> Entry:
    """Return a published entry of these items, mounted on a table with the same columns."""
    entry = an_entry(provider, items=tuple(items))
    source = a_source(provider, database)
    resources.mount(
        entry_id=entry.pk, source_id=source.pk, schema="public", table=table, actor=an_actor(provider), clock=NOON
    )
    return entry


def newest(grant: Grant, clock: FixedClock, *, start: bool = True) -> Delivery:
    """Deliver once and return what became of it."""
    if start:
        services.start_delivery(grant=grant.number, actor=an_actor(grant.consumer), clock=clock)
    number = queries.deliveries(viewer=SYSTEM, grant=grant.number).latest("number").number
    carry(queries.delivery(number, viewer=SYSTEM).pk, clock=clock)
    return queries.delivery(number, viewer=SYSTEM)


def told(department: Department, kind: NoticeKind) -> int:
    return requests.notices(viewer=an_actor(department)).filter(kind=kind).count()


def proven(row: Delivery) -> dict[str, Any]:
    """Return what the receipt of a delivery proves, checked as anyone would."""
    data = services.receipt_of(number=row.number, viewer=SYSTEM, clock=NOW)
    body: dict[str, Any] = verify_receipt(data, trusted=public_keys(KeyPurpose.LOG)).entry["body"]
    return body


HOURS, HOURLY, DAILY = 24 * 7, 5, 2


def test_the_air_of_a_city_arrives_hour_by_hour_in_both_ways(make_database: Callable[[], Database]) -> None:
    """All hours but the last week are there; the rest comes while one office follows, another has increments."""
    with gzip.open(AIR, "rt", encoding="utf-8") as file:
        rows = [
            (f"{one['year']}-{one['month']}-{one['day']} {one['hour']}:00", one["station"],
             number(one["PM2.5"]), number(one["TEMP"]))
            for one in csv.DictReader(file)
        ]  # fmt: skip
    assert len(rows) == 35064
    theirs, followed, brought = make_database(), make_database(), make_database()
    theirs.run(
        "create table air (hour timestamp primary key, station text not null, pm25 numeric, temperature numeric)"
    )

    def arrive(some: list[tuple[Any, ...]]) -> None:
        with theirs.connect() as connection, connection.cursor().copy("copy air from stdin") as copy:
            for row in some:
                copy.write_row(row)

    arrive(rows[:-HOURS])
    items = [
        ItemContent("时间", "hour", ItemType.MOMENT), ItemContent("站点", "station", ItemType.TEXT, 50),
        ItemContent("细颗粒物", "pm25", ItemType.NUMBER, 14), ItemContent("气温", "temperature", ItemType.NUMBER, 14),
    ]  # fmt: skip
    entry, today = mounted(a_department("市生态环境局"), theirs, "air", items), NOW.today()
    grants = []
    for name, ours in (("市应急管理局", followed), ("市卫生健康委", brought)):
        office = a_department(name)
        made = a_grant(
            entry, office, target=a_target(office, ours), clock=NOW,
            term_from=today, term_until=today + timedelta(days=30),
        )  # fmt: skip
        first = queries.deliveries(viewer=SYSTEM, grant=made.number).get()
        services.cancel_delivery(number=first.number, actor=SYSTEM, clock=NOW)
        grants.append(made)
    following_row = begun(grants[0])
    services.bring_increments(
        grant=grants[1].number, item="hour", overlap=7200, actor=an_actor(grants[1].consumer), clock=NOW
    )
    with following():
        until(lambda: in_step(following_row))
        first = newest(grants[1], NOW)
        assert proven(first)["increment"]["whole"] == "first"
        last_week, counts = rows[-HOURS:], []
        ends = [*range(HOURLY + 1), *(HOURLY + (HOURS - HOURLY) * n // DAILY for n in range(1, DAILY + 1))]
        for since, upto in pairwise(ends):
            arrive(last_week[since:upto])
            body = proven(newest(grants[1], NOW))["increment"]
            assert (body["inserted"], body["updated"], body["known"]) == (upto - since, 0, 3)  # two hours, both ends
            assert body["blind_to"] == list(BLIND_TO)
            counts.append(body["inserted"])
        assert sum(counts) == HOURS
        everything = theirs.run("select count(*), sum(pm25), sum(temperature), max(hour) from air")
        until(lambda: followed.run("select count(*), sum(pm25), sum(temperature), max(hour) from air") == everything)
        assert brought.run("select count(*), sum(pm25), sum(temperature), max(hour) from air") == everything
        assert everything[0][0] == 35064
        services.pause_delivery(number=following_row.number, actor=an_actor(grants[0].consumer), clock=NOW)
        until(lambda: Delivery.objects.get(pk=following_row.pk).status == DeliveryStatus.PAUSED)
    windows = list(queries.windows(queries.delivery(following_row.number, viewer=SYSTEM)))
    assert sum(one.inserted for one in windows) == HOURS


def number(text: str) -> str | None:
    return None if text == "NA" else text


def figures(year: int) -> dict[date, list[tuple[str, int, Decimal]]]:
    """Return day → district, sets and area of new housing, as the city tells them: units in the values, totals in."""
    found = {}
    with gzip.open(HOUSING[year]) as file:
        for line in io.TextIOWrapper(file, encoding="utf-8"):
            one = json.loads(line)
            found[date.fromisoformat(one["date"])] = [
                (row[0], int(re.sub(r"\D", "", row[1])), Decimal(re.sub(r"[^\d.]", "", row[2]) or 0))
                for row in one["commercialHouse"]
                if row[0] != "合计"
            ]
    return found


def test_housing_figures_whose_districts_change_fall_silent_and_both_desks_hear_of_it(
    make_database: Callable[[], Database],
) -> None:
    days, silent = figures(2022), figures(2026)
    assert not any(silent.values())  # the job of 2026 succeeds each day, and brings nothing
    around = [day for day in sorted(days) if date(2022, 8, 20) <= day <= date(2022, 9, 2) and days[day]]
    summer = [day for day in around if day.day % 3 == 1 or day.day == 31]
    before = sorted({district for day in summer if day <= date(2022, 8, 22) for district, _sets, _area in days[day]})
    theirs, ours, consumer, provider = (
        make_database(),
        make_database(),
        a_department("市统计局"),
        a_department("市住保房管局"),
    )
    theirs.run(
        "create table trade (day date, district text, sets integer, area numeric(14,2), primary key (day, district))"
    )
    items = [
        ItemContent("日期", "day", ItemType.DATE), ItemContent("区县", "district", ItemType.TEXT, 20),
        ItemContent("套数", "sets", ItemType.INTEGER), ItemContent("面积", "area", ItemType.NUMBER, 14),
    ]  # fmt: skip
    entry = mounted(provider, theirs, "trade", items)
    resources.set_rules(
        entry_id=entry.pk, rules=[CodeSet("district", tuple(before))], actor=an_actor(provider), clock=NOON
    )
    grant = a_grant(entry, consumer, target=a_target(consumer, ours))
    newest(grant, NOON, start=False)  # an empty table is delivered as one
    services.bring_increments(grant=grant.number, item="day", overlap=2 * 86400, actor=an_actor(consumer), clock=NOON)

    def collect(day: date) -> FixedClock:
        with theirs.connect() as connection:
            for district, sets, area in days.get(day, silent.get(day, [])):
                connection.execute(
                    "insert into trade values (%s, %s, %s, %s) on conflict (day, district) "
                    "do update set sets = excluded.sets, area = excluded.area",
                    (day, district, sets, area),
                )
        return FixedClock(NOON.now() + timedelta(days=(day - summer[0]).days))

    rejected = {}
    for day in summer:
        rejected[day] = newest(grant, collect(day)).rows_rejected
    # The new districts are in no list of codes yet: they are kept back and told, from the day on which they appear.
    assert not any(rejected[day] for day in summer if day <= date(2022, 8, 22))
    assert rejected[summer[-1]]
    since = {one[0] for day in summer for one in days[day]}
    assert since - {*before}
    rules = [CodeSet("district", tuple(sorted(since)))]
    resources.set_rules(entry_id=entry.pk, rules=rules, actor=an_actor(provider), clock=NOON)
    last = FixedClock(NOON.now() + timedelta(days=(summer[-1] - summer[0]).days))
    again = newest(grant, last, start=False)  # a new ticket begins a delivery by itself
    assert (again.rows_rejected, (again.increment or {})["whole"]) == (0, "changed")
    assert ours.run("select count(*), sum(sets), sum(area) from trade") == theirs.run(
        "select count(*), sum(sets), sum(area) from trade"
    )

    # 2026: every run succeeds and nothing comes. Within the cycle that the entry states, both desks hear of it, once.
    news = queries.news_of(grant)
    assert news is not None
    heard = []
    for ahead in range(1, 5):
        clock = FixedClock(last.now() + timedelta(days=ahead))
        assert newest(grant, clock).status == DeliveryStatus.DONE
        heard.append([told(office, NoticeKind.SOURCE_SILENT) for office in (provider, consumer)])
    longest = max(news.pauses.values())
    assert heard[-1] == [1, 1]
    assert heard.index([1, 1]) == max(1, round(longest / 86400)) - 1
    now = queries.news_of(grant)
    assert now is not None
    assert now.silent_since == news.news_at
    collect(summer[-1] + timedelta(days=9))
    theirs.run("insert into trade values ('2026-08-23', '上城区', 1, 1)")
    newest(grant, FixedClock(last.now() + timedelta(days=9)))
    assert [told(office, NoticeKind.SOURCE_SPEAKS) for office in (provider, consumer)] == [1, 1]

    # The job empties the table: a whole copy would take every row from the consumer, and is held.
    held = ours.run("select count(*) from trade")
    theirs.run("truncate trade")
    services.bring_whole(grant=grant.number, actor=an_actor(consumer), clock=NOON)
    empty = newest(grant, last)
    assert (empty.status, empty.error_code) == (DeliveryStatus.FAILED, "dataplane.too_few_rows")
    assert ours.run("select count(*) from trade") == held
    assert told(provider, NoticeKind.DELIVERY_FAILED) == told(consumer, NoticeKind.DELIVERY_FAILED) == 1
    services.retry_delivery(number=empty.number, take_fewer=True, actor=an_actor(consumer), clock=last)
    assert newest(grant, last, start=False).status == DeliveryStatus.DONE
    assert ours.run("select count(*) from trade") == [(0,)]
