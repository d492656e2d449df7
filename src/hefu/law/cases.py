"""Worked cases: what the law answers on a day, kept beside the packs with their article and run as tests.

    cases:
      - name: A request received on the first day of the decree is answered in ten working days
        rule: requests.answer_conditional
        on: 2025-08-01
        due: 2025-08-15
        source: decree-809 art. 21

A case is put to its pack alone; with `whole_chain: true` to the pack and every level above it. Instead of `due`
it may expect `choice`, `items`, `number`, `permitted`, or `refused` (the code of a refusal). `starts` gives
the day of the event where that is not `on`, `units` a length below the ceiling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from hefu.law.calendar import Calendar, calendar_for
from hefu.law.errors import NoRuleInForce, PackError
from hefu.law.load import folders as pack_folders
from hefu.law.model import Pack
from hefu.law.reading import Reader, read_yaml
from hefu.law.register import register
from hefu.law.rules import Rules, chain
from hefu.law.terms import Kind

#: Key of the expectation → kind of rule it belongs to; `refused` goes with every kind.
EXPECTATIONS = {
    "due": Kind.PERIOD,
    "choice": Kind.CHOICE,
    "items": Kind.LISTING,
    "number": Kind.AMOUNT,
    "permitted": Kind.GROUNDS,
}


@dataclass(frozen=True)
class Case:
    """One question to a pack and the answer it must give."""

    name: str
    pack: str
    rule: str
    #: Day that picks the value.
    on: date
    #: Day of the event that starts the clock.
    starts: date
    #: Length below the ceiling; None takes the ceiling.
    units: int | None
    whole_chain: bool
    #: Key of `EXPECTATIONS`, or `refused`.
    expects: str
    expected: Any
    file: str


@cache
def shipped() -> tuple[Case, ...]:
    """Return the cases of the packs of this node.

    Raises:
        PackError: A file of cases is broken.
    """
    return load_cases(*pack_folders())


def load_cases(*folders: Traversable | Path) -> tuple[Case, ...]:
    """Return the cases of every pack in `folders`.

    Raises:
        PackError: A file of cases is broken.
    """
    found: list[Case] = []
    inside = (one for folder in folders for one in sorted(folder.iterdir(), key=lambda item: item.name))
    for pack in (one for one in inside if one.is_dir()):
        cases = pack / "cases"
        if not cases.is_dir():
            continue
        for file in sorted(cases.iterdir(), key=lambda item: item.name):
            if file.name.endswith(".yaml"):
                label = f"{pack.name}/cases/{file.name}"
                found.extend(read_cases(file.read_text(encoding="utf-8"), label, pack.name))
    return tuple(found)


def read_cases(text: str, file: str, pack: str) -> tuple[Case, ...]:
    """Return the cases written in `text`.

    Raises:
        PackError: A key is missing, unknown or of another form.
    """
    reader = read_yaml(text, file)
    cases = tuple(_case(item, pack) for item in reader.each("cases", least=1))
    reader.done()
    return cases


def _case(item: Reader, pack: str) -> Case:
    rule = item.text("rule")
    if rule not in register().rules:
        raise item.fault("rule", "the id of a rule of register.yaml")
    kind = register().rules[rule].kind
    expects = [key for key in (*EXPECTATIONS, "refused") if item.has(key)]
    allowed = [key for key, wanted in EXPECTATIONS.items() if wanted is kind] + ["refused"]
    if len(expects) != 1 or expects[0] not in allowed:
        raise PackError(file=item.file, key=item.at, found=expects, expected="exactly one of " + ", ".join(allowed))
    item.source()
    on = item.day("on")
    case = Case(
        name=item.text("name"),
        pack=pack,
        rule=rule,
        on=on,
        starts=item.day_or("starts") or on,
        units=item.whole("units") if item.has("units") else None,
        whole_chain=item.flag("whole_chain"),
        expects=expects[0],
        expected=_expected(item, expects[0]),
        file=item.file,
    )
    item.done()
    return case


def _expected(item: Reader, key: str) -> Any:
    match key:
        case "due":
            return item.day(key)
        case "items" | "permitted":
            return item.texts(key)
        case "number":
            return item.whole(key, least=0)
        case _:
            return item.text(key)


def failure(case: Case, packs: Sequence[Pack]) -> str | None:
    """Put the case to its pack; return None when it holds, else one sentence that says what came out.

    Raises:
        KeyError: No such pack.
    """
    pack = {one.ref.id: one for one in packs}[case.pack]
    calendar = calendar_for(pack.place)
    rules = chain(pack.place, packs, calendar) if case.whole_chain else _alone(pack, calendar)
    found = _answer(case, rules)
    if found == case.expected:
        return None
    return f"{case.file}: {case.name}: expected {case.expects} {case.expected}, found {found}"


def _alone(pack: Pack, calendar: Calendar) -> Rules:
    return Rules(pack.place, (pack,), calendar)


def _answer(case: Case, rules: Rules) -> Any:
    try:
        match register().rules[case.rule].kind:
            case Kind.PERIOD:
                return rules.period(case.rule, on=case.on).count_from(case.starts, amount=case.units).due_on
            case Kind.CHOICE:
                return rules.choice(case.rule, on=case.on).value
            case Kind.LISTING:
                return rules.listing(case.rule, on=case.on).ids
            case Kind.AMOUNT:
                return Decimal(rules.amount(case.rule, on=case.on).number)
            case Kind.GROUNDS:
                return tuple(ground.term.id for ground in rules.grounds(case.rule, on=case.on).permitted)
    except NoRuleInForce as refusal:
        return refusal.code


@dataclass(frozen=True)
class Unhit:
    """A dated value without a case on its first day or on the day before."""

    pack: str
    rule: str
    day: date


def unhit(packs: Iterable[Pack], cases: Iterable[Case]) -> tuple[Unhit, ...]:
    """Return every first day and every day before of a dated value that no case asks about."""
    asked = {(case.pack, case.rule, case.on) for case in cases}
    wanted = (
        Unhit(pack.ref.id, parameter.rule, value.from_day - timedelta(days=back))
        for pack in packs
        for parameter in pack.parameters.values()
        for value in parameter.values
        for back in (1, 0)
    )
    return tuple(one for one in wanted if (one.pack, one.rule, one.day) not in asked)
