"""The lake of the demonstration: two small tables collected, one of them twice, and a theme library over them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hefu.dataplane.checks import CreditCode
from hefu.dataplane.lake.table import Taking
from hefu.demo import catering, databases, entries, ground
from hefu.demo.cast import DISTRICTS, NAME
from hefu.demo.city import City
from hefu.demo.databases import OfficeDatabase
from hefu.demo.telling import Telling
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock, at_noon
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.terms import Content
from hefu.rooms.holdings import queries, services
from hefu.rooms.holdings.terms import OPEN, FieldStated, LibraryKind, LibraryStated, PartStated, RunStatus

if TYPE_CHECKING:
    from hefu.rooms.holdings.models import CollectionRun, Holding, Library

ROWS = 1_200
_PATIENCE_SECONDS = 300


class NotCollected(RuntimeError):
    """A collection or an assembly of the demonstration did not come to its end."""


@dataclass
class Lake:
    """The step while it is told."""

    town: City
    #: Server that the offices' databases are made on, reached by TCP.
    server: str
    clock: Clock
    telling: Telling
    #: Raises when the worker is gone.
    check_worker: Callable[[], None]

    def fill(self) -> str:
        """Collect, assemble and return the library's number."""
        facts = {"city": NAME, "divisions": DISTRICTS, "seed": ground.SEED}
        market = databases.make_database(self.server, "demo_licence")
        social = databases.make_database(self.server, "demo_insured")
        rows = catering.licences(ROWS, **facts)  # type: ignore[arg-type]
        databases.load(market, definition=catering.LICENCE_TABLE, table="food_licence", columns=catering.LICENCES,
                       rows=rows)  # fmt: skip
        rows = catering.insured(ROWS, **facts)  # type: ignore[arg-type]
        databases.load(social, definition=catering.INSURED_TABLE, table="insured_unit", columns=catering.INSURED,
                       rows=rows)  # fmt: skip
        then = at_noon(self.clock.today())
        licences = self._hold("market", entries.food_licences(then.today()), "食品经营许可系统", market, "food_licence")
        insured = self._hold("social", entries.insured_units(then.today()), "社会保险参保系统", social, "insured_unit")
        self._collect(licences)
        self._collect(insured)
        with social.connect() as connection:
            connection.execute(catering.LATER.encode())
        self._collect(insured)
        library = self._assemble(licences, insured)
        newest, first = queries.history(insured)
        self.telling.say(f"{insured.number}: two versions, {first.rows:,} rows, then {newest.rows:,}")
        told = ", ".join(f"{name} {count:,}" for name, count in library.conflicts.items())
        self.telling.say(f"{library.number} {library.name}: {library.subjects:,} firms; sources differ: {told}")
        return library.number

    def _hold(self, department: str, content: Content, name: str, place: OfficeDatabase, table: str) -> "Holding":
        then = at_noon(self.clock.today())
        entry = ground.publish(self.town, department, content, then)
        reader = databases.make_reader(self.server, place, table)
        ground.mount(self.town, department, entry, name, reader, table, (CreditCode("credit_code"),), then)
        code = catalog.entry(entry, viewer=self.reviewer).code
        return services.open_holding(entry=code, taking=Taking.SNAPSHOT, actor=self.reviewer, clock=self.clock)

    def _collect(self, holding: "Holding") -> None:
        run = services.start_run(number=holding.number, actor=self.reviewer, clock=self.clock)
        self._wait(lambda: queries.run(run.number, viewer=system("demo")))

    def _assemble(self, licences: "Holding", insured: "Holding") -> "Library":
        name = ((licences.number, "name"), (insured.number, "unit_name"))
        phone = ((licences.number, "phone"), (insured.number, "phone"))
        stated = LibraryStated(
            "餐饮单位主题库",
            LibraryKind.THEME,
            "credit_code",
            tuple(PartStated(one.number, "credit_code", "updated_at") for one in (licences, insured)),
            (
                FieldStated("name", "first", name),
                FieldStated("phone", "newest", phone),
                FieldStated("licence_no", "first", ((licences.number, "licence_no"),)),
                FieldStated("staff", "first", ((insured.number, "staff"),)),
            ),
        )
        made = services.define_library(stated=stated, actor=self.reviewer, clock=self.clock)
        services.time_library(number=made.number, timetable="归集之后", actor=self.reviewer, clock=self.clock)
        services.start_assembly(number=made.number, actor=self.reviewer, clock=self.clock)
        self._wait(lambda: queries.library(made.number, viewer=system("demo")))
        return queries.library(made.number, viewer=system("demo"))

    @property
    def reviewer(self) -> Actor:
        """Return the authority's reviewer: whoever gathers."""
        return self.town.reviewer

    def _wait(self, look: "Callable[[], CollectionRun | Library]") -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            self.check_worker()
            now = look()
            status = RunStatus(now.status)
            if status not in OPEN:
                if status is not RunStatus.DONE:
                    raise NotCollected(f"{now}: {now.error}")
                return
            time.sleep(0.1)
        raise NotCollected("the worker took longer than it may")
