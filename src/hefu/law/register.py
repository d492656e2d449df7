"""The rule ids, events, options and conditions that packs may use: `register.yaml`."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from hefu.law.errors import PackError
from hefu.law.reading import Reader, read_yaml
from hefu.law.terms import Bound, Kind, Resolve, Term, Words

FILE = "register.yaml"


@dataclass(frozen=True)
class RuleEntry:
    """What every pack's version of one rule has in common."""

    id: str
    kind: Kind
    title: Words
    resolve: Resolve
    #: For periods: which way the limit works.
    bound: Bound
    #: For choices: what may be chosen.
    options: dict[str, Term]
    #: Event whose day picks the value.
    chosen_by: str
    #: For periods: event that starts the clock.
    counts_from: str


@dataclass(frozen=True)
class Register:
    """The vocabulary of packs."""

    rules: dict[str, RuleEntry]
    events: dict[str, Term]
    conditions: dict[str, Term]
    units: dict[str, Term]

    def rule(self, rule: str, kind: Kind | None = None) -> RuleEntry:
        """Return the entry of `rule`.

        Raises:
            KeyError: No such rule, or it is of another kind: a mistake of the caller, not of a pack.
        """
        entry = self.rules.get(rule)
        if entry is None:
            raise KeyError(f"{rule} is no rule of {FILE}")
        if kind is not None and entry.kind is not kind:
            raise KeyError(f"{rule} is a {entry.kind}, not a {kind}")
        return entry


@cache
def register() -> Register:
    """Return the register that comes with the software.

    Raises:
        PackError: It does not hold together.
    """
    text = (resources.files("hefu.law") / FILE).read_text(encoding="utf-8")
    return read_register(text, FILE)


def read_register(text: str, file: str) -> Register:
    """Return the register written in `text`.

    Raises:
        PackError: A key is missing, unknown or of another form.
    """
    reader = read_yaml(text, file)
    events = _terms(reader.inner("events"))
    conditions = _terms(reader.inner("conditions"))
    units = _terms(reader.inner("units"))
    rules = {rule: _rule(rule, entry, events) for rule, entry in reader.inner("rules").entries()}
    reader.done()
    return Register(rules, events, conditions, units)


def _terms(reader: Reader) -> dict[str, Term]:
    found = {}
    for key, entry in reader.entries():
        found[key] = Term(key, entry.name())
        entry.done()
    return found


def _rule(rule: str, entry: Reader, events: dict[str, Term]) -> RuleEntry:
    kind = entry.member("kind", Kind)
    default = Resolve.STRICTEST if kind is Kind.PERIOD else None
    found = RuleEntry(
        id=rule,
        kind=kind,
        title=entry.name(),
        resolve=entry.member("resolve", Resolve, default),
        bound=entry.member("bound", Bound, Bound.AT_MOST),
        options=_terms(entry.inner("options")) if kind is Kind.CHOICE else {},
        chosen_by=entry.text("chosen_by"),
        counts_from=entry.text("counts_from") if kind is Kind.PERIOD else "",
    )
    entry.done()
    for key in (found.chosen_by, found.counts_from):
        if key and key not in events:
            raise PackError(file=entry.file, key=entry.at, found=key, expected="a key of events")
    return found
