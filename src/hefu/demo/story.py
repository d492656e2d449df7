"""The main job, told on real databases: request, decide, grant, deliver, verify; and the cases that wait."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from hefu.dataplane.filters import OneOf, RowFilter
from hefu.dataplane.masks import Cover
from hefu.demo import cases, entries
from hefu.demo.cast import DISTRICTS, NAME, PLACE
from hefu.demo.city import found_city
from hefu.demo.ground import lay_ground
from hefu.demo.lake import Lake
from hefu.demo.telling import Telling
from hefu.kernel.actor import system
from hefu.kernel.clock import Clock, at_noon
from hefu.law.rules import rules_for
from hefu.ledger.receipt import ReceiptRefused, verify_receipt
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.clocks import services as clocks
from hefu.rooms.deliveries import queries as deliveries
from hefu.rooms.deliveries import services as delivery_services
from hefu.rooms.deliveries.terms import OPEN, DeliveryStatus
from hefu.rooms.evidence import queries as evidence
from hefu.rooms.evidence.services import receipt_for
from hefu.rooms.evidence.terms import KeyPurpose
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.terms import Answer, Application, GrantedItem, Verdict

#: A delivery of the demonstration takes seconds; after this long something is wrong.
PATIENCE_SECONDS = 300


@dataclass
class Summary:
    """What the demonstration measured, over all its deliveries."""

    rows_read: int = 0
    rows_delivered: int = 0
    #: Reason → rows; a row may fail for several.
    rows_rejected: Counter[str] = field(default_factory=Counter)
    receipts: list[str] = field(default_factory=list)
    receipts_verified: int = 0
    #: Step → seconds.
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return the object that `hefu demo --json` writes."""
        return json.dumps(
            {
                "rows_read": self.rows_read,
                "rows_delivered": self.rows_delivered,
                "rows_rejected": dict(sorted(self.rows_rejected.items())),
                "receipts": self.receipts,
                "receipts_verified": self.receipts_verified,
                "seconds": self.seconds,
            },
            ensure_ascii=False,
            indent=1,
        )


class DeliveryMissing(RuntimeError):
    """A delivery of the demonstration did not arrive."""


@dataclass
class Story:
    """The demonstration while it is told."""

    #: Server that the departments' databases are made on, reached by TCP.
    server: str
    password: str
    clock: Clock
    telling: Telling
    #: Folder that receipts are written to.
    receipts: Path
    #: Raises when the worker is gone, so that waiting for a delivery ends.
    check_worker: Callable[[], None]
    summary: Summary = field(default_factory=Summary)

    def tell(self) -> Summary:
        """Run every step and return the figures."""
        today = self.clock.today()
        with self.telling.step("city", f"{NAME}：登记部门和席位 / a data authority and its departments"):
            self.town = found_city(password=self.password, clock=at_noon(today - timedelta(days=75)))
            self.telling.say(f"{len(self.town.departments)} departments, {len(self.town.actors)} people in their seats")
        self.ground = lay_ground(self.town, server=self.server, clock=self.clock, telling=self.telling)
        with self.telling.step("earlier", "过去几周的办件 / cases of the past weeks"):
            self._earlier_cases(today)
        with self.telling.step(
            "unconditional", "人社局申请企业信息：无条件，当日开通 / unconditional: granted the same day"
        ):
            first = self._unconditional(today)
        with self.telling.step(
            "conditional", "民政局申请人口信息：由法规指明的人答复 / conditional: the law names who decides"
        ):
            second = self._conditional(today)
        with self.telling.step("file", "卫健委申请两个区的企业信息：文件 / the same plan into a file"):
            third = self._by_file(today)
        with self.telling.step("receipts", "回执离线验证 / receipts verified offline"):
            self._verify([first, second, third])
        with self.telling.step("lake", "归集两个部门的表，组装主题库 / two tables collected, one theme library"):
            Lake(self.town, self.server, self.clock, self.telling, self.check_worker).fill()
        with self.telling.step("waiting", "等你处理的办件 / cases that wait for you"):
            self._waiting_cases(today)
        self.summary.seconds = dict(self.telling.seconds)
        return self.summary

    # -- the chain ----------------------------------------------------------------------------------------

    def _unconditional(self, today: date) -> str:
        items = self._items(self.ground.firms, "credit_code", "name", "kind", "founded_on", "industry", "status")
        application = cases.firms_for_insurance(items, self.ground.social_target, today)
        number = self._ask("social", self.ground.firms, application, self.clock)
        self.telling.say(f"{number}: no approval queue; decree 809 art. 21 gives one working day")
        return self._await_delivery(number)

    def _conditional(self, today: date) -> str:
        asked = ("citizen_id", "name", "sex", "birth_date", "division_code", "address", "phone", "marital_status")
        items = self._items(self.ground.residents, *asked)
        application = cases.residents_for_relief(items, self.ground.civil_target, DISTRICTS[:3], today)
        number = self._ask("civil", self.ground.residents, application, self.clock)
        answer = Answer(
            verdict=Verdict.GRANT_PART,
            reason="资格核验不需要详细住址；联系电话遮盖中间四位；先提供两个区。",
            items=tuple(
                GrantedItem(code, self._name_of(code), Cover(first=3, last=4) if code == "phone" else None)
                for code in asked
                if code != "address"
            ),
            rows=RowFilter((OneOf("division_code", DISTRICTS[:2]),)),
        )
        requests.give_opinion(number=number, answer=answer, actor=self.town.officer("police"), clock=self.clock)
        requests.decide_request(number=number, answer=answer, actor=self.town.chief("police"), clock=self.clock)
        self.telling.say(f"{number}: the provider grants in part: no address, phone covered, two districts of three")
        requests.decide_request(number=number, answer=answer, actor=self.town.reviewer, clock=self.clock)
        self.telling.say("the authority agrees (Guangdong 2018-50 art. 19: jointly); the ticket is signed")
        return self._await_delivery(number)

    def _by_file(self, today: date) -> str:
        items = self._items(self.ground.firms, "credit_code", "name", "address", "division_code", "status")
        number = self._ask(
            "health", self.ground.firms, cases.firms_for_clinics(items, DISTRICTS[:2], today), self.clock
        )
        return self._await_delivery(number)

    def _ask(self, department: str, entry_id: UUID, application: Application, clock: Clock) -> str:
        officer, chief = self.town.officer(department), self.town.chief(department)
        draft = requests.draft_request(entry=entry_id, application=application, actor=officer, clock=clock)
        return requests.submit_request(number=draft.number, actor=chief, clock=clock).number

    def _await_delivery(self, request: str) -> str:
        """Wait for the worker to carry the request's delivery; note its figures and return its number."""
        viewer = system("demo")
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            self.check_worker()
            found = deliveries.deliveries(viewer=viewer).filter(grant__request=request).first()
            if found is not None and found.status not in OPEN:
                break
            time.sleep(0.2)
        else:
            raise DeliveryMissing(f"the delivery of {request} did not arrive within {PATIENCE_SECONDS} s")
        if found.status != DeliveryStatus.DONE:
            raise DeliveryMissing(f"{found.number}: {found.status}: {found.error}")
        self.summary.rows_read += found.rows_read or 0
        self.summary.rows_delivered += found.rows_written or 0
        self.summary.rows_rejected.update(found.rejected)
        self.telling.say(
            f"{found.number}: {found.rows_read:,} rows granted, {found.rows_written:,} delivered, "
            f"{found.rows_rejected:,} kept back; both sides agree on count and digest"
        )
        for reason, rows in sorted(found.rejected.items()):
            self.telling.say(f"    {reason}: {rows:,}")
        return found.number

    def _verify(self, numbers: list[str]) -> None:
        self.receipts.mkdir(parents=True, exist_ok=True)
        viewer, key = system("demo"), evidence.public_keys(KeyPurpose.LOG)[0]
        (self.receipts / "node.key").write_text(key.as_text() + "\n", encoding="utf-8")
        made = {
            number: delivery_services.receipt_of(number=number, viewer=viewer, clock=self.clock) for number in numbers
        }
        for number in numbers:
            request = deliveries.delivery(number, viewer=viewer).grant.request
            decided = [entry for entry in evidence.history(request, viewer=viewer) if entry.kind == "request.decided"]
            made[request] = receipt_for(entry_uid=decided[-1].uid, viewer=viewer, clock=self.clock)
        for name, data in made.items():
            path = self.receipts / f"{name}.receipt.json"
            path.write_bytes(data)
            self.summary.receipts.append(str(path))
            verify_receipt(path.read_bytes(), trusted=[key])
            self.summary.receipts_verified += 1
        self.telling.say(f"{len(made)} receipts verified with the node's key; one byte changed: {_refused(data)}")
        self.telling.say(f"yourself: hefu verify {path} --key {self.receipts / 'node.key'}")

    # -- the other cases ----------------------------------------------------------------------------------

    def _earlier_cases(self, today: date) -> None:
        items = self._items(self.ground.residents, "citizen_id", "name", "phone")
        refused_on = today - timedelta(days=40)
        number = self._ask(
            "school",
            self.ground.residents,
            cases.residents_for("开展家长满意度电话调查", "委托机构电话回访", items, refused_on),
            at_noon(refused_on),
        )
        self._refuse(number, at_noon(refused_on + timedelta(days=2)))
        self.telling.say(f"{number} refused: outside the duties of the asking department")
        overdue_on = today - timedelta(days=25)
        items = self._items(self.ground.residents, "citizen_id", "name", "birth_date")
        application = cases.residents_for("适龄儿童入学资格核验", "秋季招生资格审核", items, overdue_on)
        number = self._ask("school", self.ground.residents, application, at_noon(overdue_on))
        self.telling.say(f"{number} received {overdue_on}, not answered: overdue")
        swept = clocks.sweep(clock=self.clock)
        self.telling.say(f"the sweep warned of {len(swept.warned)} and sent up {len(swept.expired)} clocks")

    def _refuse(self, number: str, clock: Clock) -> None:
        answer = Answer(
            verdict=Verdict.REFUSE,
            ground="not_needed_for_duties",
            reason="满意度调查不属于履行职责确需使用个人信息的情形。",
        )
        requests.give_opinion(number=number, answer=answer, actor=self.town.officer("police"), clock=clock)
        requests.decide_request(number=number, answer=answer, actor=self.town.chief("police"), clock=clock)

    def _waiting_cases(self, today: date) -> None:
        items = self._items(self.ground.residents, "citizen_id", "name", "birth_date", "division_code")
        received = _received_so_that(today, days_left=1)
        number = self._ask(
            "health",
            self.ground.residents,
            cases.residents_for("免疫规划适龄儿童排查", "疫苗接种查漏补种", items, received),
            at_noon(received),
        )
        self.telling.say(f"{number} has one working day left: sign in as gongan-chief")
        received = _received_so_that(today, days_left=9)
        number = self._ask(
            "social",
            self.ground.residents,
            cases.residents_for("核对养老金领取资格", "年度待遇资格认证", items, received),
            at_noon(received),
        )
        self.telling.say(f"{number} waits with nine working days left")
        draft = requests.draft_request(
            entry=self.ground.firms,
            application=Application(purpose="低收入家庭经营情况核对"),
            actor=self.town.officer("civil"),
            clock=self.clock,
        )
        self.telling.say(f"{draft.number} is a draft of civil affairs")
        self._write_entries(today)

    def _write_entries(self, today: date) -> None:
        content = entries.simple(
            "民办培训机构名录",
            "经批准的民办培训机构。",
            "教育行政审批系统",
            "民办学校审批",
            "教育",
            today,
            ("机构名称", "name"),
            ("许可证号", "licence"),
        )
        entry = catalog_services.draft_entry(
            provider_id=self.town.departments["school"],
            content=content,
            actor=self.town.officer("school"),
            clock=self.clock,
        )
        catalog_services.submit_entry(entry_id=entry.pk, actor=self.town.chief("school"), clock=self.clock)
        self.telling.say(f"entry {entry.code} waits for the authority's review")

    def _items(self, entry_id: UUID, *codes: str) -> tuple[UUID, ...]:
        by_code = {item.code: item.pk for item in catalog.items_of(catalog.entry(entry_id, viewer=system("demo")))}
        return tuple(by_code[code] for code in codes)

    def _name_of(self, code: str) -> str:
        entry = catalog.entry(self.ground.residents, viewer=system("demo"))
        return next(item.name for item in catalog.items_of(entry) if item.code == code)


def _refused(data: bytes) -> str:
    changed = data.replace(b'"rows_written":', b'"rows_writtem":', 1)
    if changed == data:
        changed = data[:-2] + b" " + data[-1:]
    try:
        verify_receipt(changed)
    except ReceiptRefused:
        return "refused"
    raise DeliveryMissing("a changed receipt was not refused")


def _received_so_that(today: date, *, days_left: int) -> date:
    """Return the latest day of receipt after which so many working days are left today."""
    rules, received = rules_for(PLACE), today
    while True:
        last_day = rules.period("requests.answer_conditional", on=received).last_day(received)
        if rules.calendar.working_days_left(today, last_day) <= days_left:
            return received
        received -= timedelta(days=1)
