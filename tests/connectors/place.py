"""A provider's and a consumer's database with people nobody knows, and tickets between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from hefu.crypto.signing import Ed25519Signer
from hefu.dataplane.checks import CitizenId, CodeSet, DateRange, NotNull, Pattern, UniqueKey
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.formats import FileTarget
from hefu.dataplane.masks import Cover, DateTrunc
from hefu.dataplane.run import ListSink, Options, Outcome, Watcher, deliver
from hefu.dataplane.sides import Table
from hefu.dataplane.ticket import (
    Channel,
    Item,
    Party,
    ResourceKind,
    ResourceRef,
    TargetRef,
    Ticket,
    sign_ticket,
)
from hefu.kernel.clock import FixedClock
from hefu.kernel.identifiers import citizen_id
from hefu.kernel.ids import new_id
from tests.conftest import Database

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SIGNER = Ed25519Signer(b"p" * 32)
#: What a node knows alone.
SECRET = b"s" * 32
ITEMS = (
    Item("id", "id"),
    Item("name", "name", mask=Cover(first=1)),
    Item("birth", "born", "date", DateTrunc("month")),
    Item("division", "division"),
    Item("phone", "phone", mask=Cover(3, 4)),
    Item("income", "income", "numeric(12,2)"),
)
CHECKS = (
    NotNull("name"),
    UniqueKey(("id",)),
    CitizenId("id"),
    CodeSet("division", ("511702", "511703", "511722")),
    DateRange("birth", None, NOW.date()),
    Pattern("phone", "1[3-9][0-9]{9}"),
)
ROWS = RowFilter((OneOf("division", ("511702", "511703", "511799")),))
CREATE = (
    "create table people (id text, name text, birth date, division text, phone text, income numeric(12,2), secret text)"
)


def person(number: int) -> tuple[Any, ...]:
    """Row `number` of the provider's table, in order; every 50th is dirty in one of ten ways."""
    # `secret` is granted to nobody.
    born = NOW.date() - timedelta(days=6000 + number * 7 % 20000)
    body = f"{511702 + number % 3}{born:%Y%m%d}{number % 1000:03d}"
    row = [
        body + citizen_id.check_digit(body), f"王{number}", born, ("511702", "511703", "511722")[number % 3],
        f"139{number:08d}", f"{number % 997}.{number % 100:02d}", "x",
    ]  # fmt: skip
    match number // 50 % 10 if number % 50 == 0 else None:
        case 0:
            row[0] = str(row[0])[:17] + ("0" if str(row[0])[17] != "0" else "1")
        case 1:
            row[1] = None
        case 2:
            row[0] = None
        case 3:
            row[2] = NOW.date() + timedelta(days=1)
        case 4:
            row[3] = "511799"
        case 5:
            row[4] = "１39" + str(row[4])[3:]
        case 6:
            row[0], row[3] = DOUBLED, "511702"
        case 7:
            row[4] = None
        case 8:
            row[1] = "=cmd|' /C calc'!A0"
        case 9:
            row[5] = None
    return tuple(row)


DOUBLED = "51170219900101002" + citizen_id.check_digit("51170219900101002")


@dataclass
class Place:
    """One source, one target, and everything a delivery needs."""

    provider: Database
    consumer: Database
    grants: dict[bool, Ticket] = field(default_factory=dict)

    def grant(self, checks: bool = True) -> Ticket:
        """Return the same ticket each time, as one grant has one ticket."""
        if checks not in self.grants:
            self.grants[checks] = self.ticket() if checks else self.ticket(checks=())
        return self.grants[checks]

    def fill(self, count: int, *, table: str = "people") -> None:
        """Make the provider's table with `count` rows."""
        self.provider.run(CREATE.replace("people", table))
        with self.provider.connect() as connection, connection.cursor().copy(f"copy {table} from stdin") as copy:
            for number in range(count):
                copy.write_row(person(number))
        self.provider.run(f"analyze {table}")

    def folder(self, path: Path, count: int, encoding: str = "utf-8") -> FolderSource:
        """Write the same rows as a CSV file."""
        lines = ["id,name,birth,division,phone,income,secret"]
        for number in range(count):
            cells = ("" if cell is None else f'"{cell}"' for cell in person(number))
            lines.append(",".join(cells))
        (path / "people.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
        return FolderSource(path, encoding)

    @property
    def source(self) -> PostgresSource:
        return PostgresSource(connection_to(self.provider))

    def target(self, table: str = "arrived", **more: Any) -> PostgresTarget:
        return PostgresTarget(connection_to(self.consumer), "public", table, "t", **more)

    def ticket(self, **changes: Any) -> Ticket:
        plain: dict[str, Any] = {
            "id": new_id(NOW), "serial": 1, "grant": "G-1", "request": "R-1", "node": "n", "issuer": "i",
            "provider": Party("1" * 18, "p"), "consumer": Party("2" * 18, "c"), "entry": "e",
            "resource": ResourceRef("s", ResourceKind.POSTGRES_TABLE, "public", "people"), "items": ITEMS,
            "key": ("id",), "channel": Channel.TABLE, "purpose": "p", "basis": (), "issued_at": NOW, "valid_from": NOW,
            "valid_until": NOW + timedelta(days=1), "target": TargetRef("t", "arrived"), "filter": ROWS,
            "checks": CHECKS,
        }  # fmt: skip
        return Ticket(**(plain | changes))

    def deliver(
        self,
        delivery: str = "D-1",
        *,
        ticket: Ticket | None = None,
        source: PostgresSource | FolderSource | None = None,
        target: Table | FileTarget | None = None,
        rejects: ListSink | None = None,
        watcher: Watcher | None = None,
        options: Options | None = None,
        salts: dict[str, str] | None = None,
        clock: FixedClock | None = None,
    ) -> Outcome:
        ticket, target = ticket or self.ticket(), target or self.target()
        if not isinstance(target, FileTarget):
            ticket = replace(ticket, target=TargetRef("t", target.table))
        return deliver(
            delivery=delivery,
            token=sign_ticket(ticket, SIGNER),
            keys=[SIGNER.public],
            clock=clock or FixedClock(NOW),
            source=source or self.source,
            target=target,
            rejects=rejects or ListSink(),
            watcher=watcher,
            options=options,
            salts=salts,
            secret=SECRET,
        )

    def rows(self, table: str = "arrived", columns: str = "*") -> list[tuple[object, ...]]:
        """Return the consumer's rows in one order."""
        return sorted(self.consumer.run(f"select {columns} from {table}"), key=repr)


def expected(count: int, *, checked: bool = True) -> list[tuple[object, ...]]:
    """What must arrive of `count` rows, worked out value by value."""
    people = [person(number) for number in range(count)]
    granted = [row for row in people if row[3] in ("511702", "511703", "511799")]
    keys = [row[0] for row in granted]
    arrived: list[tuple[object, ...]] = []
    for row in granted:
        if checked and _fails(row, keys):
            continue
        name = None if row[1] is None else row[1][:1] + "*" * (len(row[1]) - 1)
        phone = row[4] and row[4][:3] + "*" * (len(row[4]) - 7) + row[4][-4:]
        income = None if row[5] is None else row[5]
        arrived.append((row[0], name, row[2].replace(day=1), row[3], phone, income))
    return arrived


def _fails(row: Sequence[Any], keys: Sequence[Any]) -> bool:
    return (
        row[1] is None
        or (row[0] is not None and (keys.count(row[0]) > 1 or not citizen_id.is_valid(row[0])))
        or row[3] == "511799"
        or row[2] > NOW.date()
        or (row[4] is not None and not row[4].isascii())
    )


def connection_to(database: Database) -> PostgresConnection:
    """How the data plane reaches a test's database."""
    return PostgresConnection(
        database.host or unquote(urlsplit(database.url).query.partition("host=")[2].partition("&")[0]),
        database.port,
        database.name,
        database.user,
        unquote(database.password),
        sslmode="disable",
    )


def a_place(make_database: Callable[[], Database]) -> Place:
    """Two empty databases."""
    return Place(make_database(), make_database())
