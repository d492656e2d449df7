"""Reads one rule file of a pack."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hefu.kernel.citation import Citation
from hefu.law.count import Manner
from hefu.law.errors import PackError
from hefu.law.model import Amount, Document, Ground, GroundsTerms, Parameter, Pause, Value
from hefu.law.reading import Reader
from hefu.law.register import Register, RuleEntry
from hefu.law.terms import (
    Direction,
    FirstDay,
    Kind,
    LastDay,
    MonthEnd,
    OnExpiry,
    Rank,
    Resume,
    State,
    Term,
    Unit,
    Words,
)


def read_parameter(reader: Reader, register: Register, documents: dict[str, Document]) -> Parameter:
    """Return the rule that `reader` holds.

    Raises:
        PackError: A key is missing, unknown or of another form, a source is not among the documents, or the
            values do not rise by day.
    """
    rule = reader.text("rule", "the id of a rule of register.yaml")
    if rule not in register.rules:
        raise reader.fault("rule", "the id of a rule of register.yaml")
    entry = register.rules[rule]
    parameter = Parameter(
        rule=rule,
        kind=entry.kind,
        meaning=reader.words("meaning"),
        chosen_by=_event(reader, "chosen_by", entry.chosen_by),
        counts_from=_event(reader, "counts_from", entry.counts_from) if entry.kind is Kind.PERIOD else "",
        manner=_manner(reader) if entry.kind is Kind.PERIOD else None,
        values=_values(reader, entry, register, documents),
        checked=reader.day("checked"),
        file=reader.file,
    )
    reader.done()
    return parameter


def _event(reader: Reader, key: str, wanted: str) -> str:
    expected = f"{wanted}, the event that register.yaml gives this rule"
    if reader.text(key, expected) != wanted:
        raise reader.fault(key, expected)
    return wanted


def _manner(reader: Reader) -> Manner:
    unit = reader.member("unit", Unit)
    by_calendar = unit in (Unit.MONTH, Unit.YEAR)
    return Manner(
        unit=unit,
        first_day=reader.member("first_day", FirstDay, FirstDay.NOT_COUNTED),
        last_day=(LastDay.NEXT_WORKING_DAY if unit is Unit.WORKING_DAY else reader.member("last_day", LastDay)),
        month_end=reader.member("month_end", MonthEnd) if by_calendar else MonthEnd.STOP,
        direction=reader.member("direction", Direction, Direction.AFTER),
    )


def _values(reader: Reader, entry: RuleEntry, register: Register, documents: dict[str, Document]) -> tuple[Value, ...]:
    values: list[Value] = []
    for item in reader.each("values", least=1):
        value = _value(item, entry, register, documents)
        if values and value.from_day <= values[-1].from_day:
            raise item.fault("from", f"a day after {values[-1].from_day}, the value before")
        if values and value.state is State.ENDED is values[-1].state:
            raise item.fault("ended", "an end only after a value")
        values.append(value)
    if values[0].state is State.ENDED:
        raise PackError(file=reader.file, key="values[0].ended", found=True, expected="a value before its end")
    return tuple(values)


def _value(item: Reader, entry: RuleEntry, register: Register, documents: dict[str, Document]) -> Value:
    state = _state(item)
    source, amended_by = item.source()
    value = Value(
        from_day=item.day("from"),
        state=state,
        source=_known(item, source, documents),
        amended_by=_known(item, amended_by, documents) if amended_by else None,
        transition=item.words_or_none("transition"),
        note=item.words_or_none("note"),
    )
    _check_span(item, value.from_day, documents[value.source.document], state)
    if state is State.LOST and value.note is None:
        raise item.fault("note", "what is lost, in English (note) and Chinese (note_zh)")
    if state is State.STATED:
        value = _stated(item, value, entry, register, documents)
    item.done()
    return value


def _state(item: Reader) -> State:
    marks = [state for state in (State.ENDED, State.SILENT, State.LOST) if item.flag(state.value)]
    if len(marks) > 1:
        raise item.fault(marks[1].value, "only one of ended, silent, lost")
    return marks[0] if marks else State.STATED


def _check_span(item: Reader, from_day: date, document: Document, state: State) -> None:
    starts, ends = document.in_force_from, document.in_force_until
    if starts and from_day < starts:
        raise item.fault("from", f"a day from {starts} on, when {document.id} came into force")
    if ends and from_day > ends and state is not State.ENDED:
        raise item.fault("from", f"a day until {ends}, when {document.id} ended")


def _known(item: Reader, citation: Citation, documents: dict[str, Document]) -> Citation:
    document = documents.get(citation.document)
    if document is None:
        raise item.fault("source", "a document of sources.yaml: " + ", ".join(sorted(documents)))
    return document.cite(citation.article)


def _stated(item: Reader, value: Value, entry: RuleEntry, register: Register, documents: dict[str, Document]) -> Value:
    match entry.kind:
        case Kind.PERIOD:
            return replace(
                value,
                amount=item.whole("amount"),
                conditions=_conditions(item, register),
                pauses=tuple(_pause(pause, register, documents) for pause in item.each("pauses")),
                on_expiry=item.member("on_expiry", OnExpiry) if item.has("on_expiry") else None,
            )
        case Kind.CHOICE:
            expected = "one of " + ", ".join(sorted(entry.options))
            chosen = item.text("choice", expected)
            if chosen not in entry.options:
                raise item.fault("choice", expected)
            return replace(value, choice=entry.options[chosen], conditions=_conditions(item, register))
        case Kind.LISTING:
            return replace(value, items=_items(item))
        case Kind.AMOUNT:
            return replace(value, quantity=_quantity(item, register))
        case Kind.GROUNDS:
            return replace(value, grounds=_grounds(item, documents))


def _conditions(item: Reader, register: Register) -> tuple[Term, ...]:
    found = []
    for name in item.texts("conditions"):
        if name not in register.conditions:
            raise item.fault("conditions", "keys of conditions in register.yaml")
        found.append(register.conditions[name])
    return tuple(found)


def _pause(item: Reader, register: Register, documents: dict[str, Document]) -> Pause:
    event = item.text("event")
    if event not in register.events:
        raise item.fault("event", "a key of events in register.yaml")
    source, _ = item.source()
    pause = Pause(event, item.member("resume", Resume), _known(item, source, documents))
    item.done()
    return pause


def _items(item: Reader) -> tuple[Term, ...]:
    found: dict[str, Term] = {}
    for entry in item.each("items", least=1):
        term = Term(entry.text("id"), entry.name())
        entry.done()
        if term.id in found:
            raise entry.fault("id", "an id that stands only once in the list")
        found[term.id] = term
    return tuple(found.values())


def _quantity(item: Reader, register: Register) -> Amount:
    number: Any = item.raw("amount", "a number")
    if type(number) not in (int, float):
        raise item.fault("amount", "a number")
    unit = item.text("unit")
    if unit not in register.units:
        raise item.fault("unit", "one of " + ", ".join(sorted(register.units)))
    return Amount(Decimal(str(number)), unit)


def _grounds(item: Reader, documents: dict[str, Document]) -> GroundsTerms:
    terms = GroundsTerms(
        permitted=tuple(_ground(entry, documents) for entry in item.each("permitted", least=1)),
        not_permitted=tuple(_ground(entry, documents) for entry in item.each("not_permitted")),
    )
    both = {ground.term.id for ground in terms.permitted} & {ground.term.id for ground in terms.not_permitted}
    if both:
        raise item.fault("not_permitted", f"grounds that are not permitted above; {sorted(both)[0]} is")
    return terms


def _ground(item: Reader, documents: dict[str, Document]) -> Ground:
    source, _ = item.source()
    ranks = item.texts("ranks")
    known = {rank.value: rank for rank in Rank}
    if any(rank not in known for rank in ranks):
        raise item.fault("ranks", "ranks out of " + ", ".join(known))
    ground = Ground(
        term=Term(item.text("id"), Words(zh=item.text("zh"), en=item.text("en"))),
        source=_known(item, source, documents),
        ranks=tuple(known[rank] for rank in ranks),
    )
    item.done()
    return ground
