"""Which periods of the packs run as clocks, and why the others wait. The claims stand in `running.yaml`.

The law knows no room: what starts a clock is named by its dotted path, and tests show that each path does start it.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from hefu.law import load
from hefu.law.errors import PackError
from hefu.law.model import Parameter
from hefu.law.reading import Reader, read_yaml
from hefu.law.register import register
from hefu.law.terms import Kind, State, Words

FILE = "running.yaml"


class Running(StrEnum):
    """Whether a period runs."""

    #: A room starts a clock for it.
    RUNS = "runs"
    #: How the software works fulfils it; no clock is needed.
    HELD = "held"
    #: It stays in the packs until what it concerns is there.
    WAITS = "waits"


@dataclass(frozen=True)
class RuleClock:
    """One period of the register and what becomes of it here."""

    rule: str
    state: Running
    #: Dotted paths of what starts the clock; empty unless it runs.
    started_by: tuple[str, ...]
    #: Why no clock runs; None when one does.
    reason: Words | None

    def as_json(self) -> dict[str, Any]:
        """Return the row that the command line and the API show, with the packs that give it a value."""
        title = register().rules[self.rule].title
        return {
            "rule": self.rule,
            "title": {"zh": title.zh, "en": title.en},
            "state": self.state.value,
            "started_by": list(self.started_by),
            "reason": {"zh": self.reason.zh, "en": self.reason.en} if self.reason else None,
            "packs": [pack.ref.id for pack in load.shipped() if _states(pack.parameters.get(self.rule))],
        }


@cache
def clocks() -> tuple[RuleClock, ...]:
    """Return every period of the register with what becomes of it, in the order of the register.

    Raises:
        PackError: `running.yaml` does not hold together, or does not name each period once.
    """
    return read_clocks((resources.files("hefu.law") / FILE).read_text(encoding="utf-8"), FILE)


def read_clocks(text: str, file: str) -> tuple[RuleClock, ...]:
    """Return the claims written in `text`.

    Raises:
        PackError: A key is missing or unknown, or a period of the register is not named.
    """
    reader = read_yaml(text, file)
    reasons = {
        state: {key: _words(entry) for key, entry in reader.inner(table).entries()}
        for state, table in ((Running.WAITS, "waiting"), (Running.HELD, "holding"))
    }
    found = {key: _clock(key, entry, reasons) for key, entry in reader.inner("rules").entries()}
    reader.done()
    periods = [key for key, rule in register().rules.items() if rule.kind is Kind.PERIOD]
    for odd in sorted(set(found) ^ set(periods)):
        raise PackError(file=file, key=f"rules.{odd}", found=odd, expected="every period of register.yaml, once")
    return tuple(found[key] for key in periods)


def _words(entry: Reader) -> Words:
    words = entry.name()
    entry.done()
    return words


def _clock(rule: str, entry: Reader, reasons: dict[Running, dict[str, Words]]) -> RuleClock:
    given = [state for state in Running if entry.has(state.value)]
    if len(given) != 1:
        raise entry.fault("runs", "one of runs, held, waits")
    (state,) = given
    started_by: tuple[str, ...] = ()
    reason = None
    if state is Running.RUNS:
        started_by = entry.texts("runs")
    else:
        named = entry.text(state.value)
        if named not in reasons[state]:
            raise entry.fault(state.value, "one of " + ", ".join(sorted(reasons[state])))
        reason = reasons[state][named]
    entry.done()
    return RuleClock(rule, state, started_by, reason)


def _states(parameter: Parameter | None) -> bool:
    return parameter is not None and any(value.state is State.STATED for value in parameter.values)
