"""What the law says as plain data: for the command line, the API and the pages.

Every function returns JSON types only; names come in both languages as `{"zh": …, "en": …}`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from hefu.law import load
from hefu.law.answers import Amounts, Answer, Choice, Grounds, Listing, Period, Remark
from hefu.law.calendar import calendar_for, describe
from hefu.law.errors import NoRuleInForce
from hefu.law.explain import explain
from hefu.law.model import Document, Pack, Parameter, Value
from hefu.law.notices import Notice, with_notices
from hefu.law.register import register
from hefu.law.rules import Rules, chain, rules_for
from hefu.law.terms import Kind, Language, State, Term, Words

Table = list[dict[str, Any]]


def workdays(year: int, place: str, notices: Sequence[Notice] = ()) -> Table:
    """Return each day of `year` with whether offices of `place` work.

    Args:
        year: Of the calendar.
        place: Division code.
        notices: Holiday notices that a node took in, laid over the calendar that is shipped.

    Raises:
        CalendarNotPublished: The calendar does not know the year.
        IdentifierFault: `place` has not the form of a division code.
    """
    return [
        {
            "day": day.day.isoformat(),
            "works": day.works,
            "kind": day.kind.value,
            "why": {"zh": describe(day, Language.ZH), "en": describe(day, Language.EN)},
            "provisional": day.provisional,
        }
        for day in with_notices(calendar_for(place), notices).year(year)
    ]


def packs() -> Table:
    """Return one row for each shipped pack: what it covers and how much it says."""
    return [
        {
            "id": pack.ref.id,
            "version": str(pack.ref),
            "title": _words(pack.ref.title),
            "place": pack.place,
            "parent": pack.parent,
            "documents": [_document(document) for document in pack.documents.values()],
            "rules": len(pack.parameters),
            "values": sum(len(parameter.values) for parameter in pack.parameters.values()),
            "checked": min(parameter.checked for parameter in pack.parameters.values()).isoformat(),
        }
        for pack in load.shipped()
    ]


def pack(pack_id: str) -> dict[str, Any] | None:
    """Return a pack whole, with every dated value; None when there is no such pack."""
    found = next((one for one in load.shipped() if one.ref.id == pack_id), None)
    if found is None:
        return None
    row = next(row for row in packs() if row["id"] == pack_id)
    return {**row, "parameters": [_parameter(found, parameter) for parameter in found.parameters.values()]}


def rules(place: str, on: date) -> Table:
    """Return every rule that the packs of `place` know, with its answer on `on` or why there is none."""
    found = rules_for(place)
    known = sorted({rule for one in found.packs for rule in one.parameters})
    return [{"rule": rule, **answer(found, rule, on)} for rule in known]


def answer(found: Rules, rule: str, on: date) -> dict[str, Any]:
    """Return the answer to one rule, or the refusal's code and sentence.

    Raises:
        KeyError: No such rule.
    """
    entry = register().rule(rule)
    head = {"title": _words(entry.title), "kind": entry.kind.value, "on": on.isoformat()}
    try:
        return {**head, "found": True, **_answer(_ask(found, rule, entry.kind, on))}
    except NoRuleInForce as refusal:
        return {**head, "found": False, "code": refusal.code, "sentence": refusal.sentence()}


def explain_rule(
    rule: str,
    *,
    place: str,
    on: date,
    starts: date | None = None,
    against: str | None = None,
    notices: Sequence[Notice] = (),
) -> dict[str, Any]:
    """Return a rule's answer with, for a period, the count day by day and the explanation in both languages.

    Args:
        rule: Id of the rule.
        place: Division code.
        on: Day that picks the value.
        starts: Day of the event that starts the clock; `on` when absent.
        against: Another place, whose answer is given under `against`.
        notices: Holiday notices that a node took in, laid over the calendar that is shipped.

    Raises:
        KeyError: No such rule.
        IdentifierFault: A place has not the form of a division code.
        CalendarNotPublished: The calendar does not reach so far.
    """
    found = _rules_with(place, notices)
    result = {"rule": rule, "place": found.place, "version": found.version, **answer(found, rule, on)}
    if result["found"] and result["kind"] == Kind.PERIOD:
        deadline = found.period(rule, on=on).count_from(starts or on)
        result["deadline"] = deadline.as_json()
        result["explanation"] = {language.value: explain(deadline, language) for language in Language}
    if against is not None:
        result["against"] = explain_rule(rule, place=against, on=on, starts=starts, notices=notices)
    return result


def _rules_with(place: str, notices: Sequence[Notice]) -> Rules:
    if not notices:
        return rules_for(place)
    return chain(place, load.shipped(), with_notices(calendar_for(place), notices))


def compare(place: str, other: str, on: date) -> Table:
    """Return the rules of two places side by side on `on`, each with whether they say the same."""
    left = {row["rule"]: row for row in rules(place, on)}
    right = {row["rule"]: row for row in rules(other, on)}
    return [
        {
            "rule": rule,
            "title": _words(register().rule(rule).title),
            "left": left.get(rule),
            "right": right.get(rule),
            "same": _said(left.get(rule)) == _said(right.get(rule)),
        }
        for rule in sorted({*left, *right})
    ]


def _said(row: dict[str, Any] | None) -> Any:
    return row.get("value") if row and row["found"] else None


def _ask(found: Rules, rule: str, kind: Kind, on: date) -> Answer:
    match kind:
        case Kind.PERIOD:
            return found.period(rule, on=on)
        case Kind.CHOICE:
            return found.choice(rule, on=on)
        case Kind.LISTING:
            return found.listing(rule, on=on)
        case Kind.AMOUNT:
            return found.amount(rule, on=on)
        case Kind.GROUNDS:
            return found.grounds(rule, on=on)


def _answer(given: Answer) -> dict[str, Any]:
    others: tuple[Answer, ...] = getattr(given, "also", ())
    return {
        "value": _value(given),
        "meaning": _words(given.meaning),
        "source": given.source.as_json(),
        "amended_by": given.amended_by.as_json() if given.amended_by else None,
        "from": given.from_day.isoformat(),
        "pack": str(given.pack),
        "transition": _words_or_none(given.transition),
        "note": _words_or_none(given.note),
        "doubt": _words_or_none(given.doubt),
        "also": [
            {"value": _value(other), "source": other.source.as_json(), "pack": str(other.pack)} for other in others
        ],
        "remarks": [_remark(remark) for remark in given.remarks],
    }


def _value(given: Answer) -> Any:
    match given:
        case Period():
            return {
                "amount": given.amount,
                "unit": given.unit.value,
                "bound": given.bound.value,
                "counts_from": given.counts_from,
                "conditions": [_term(term) for term in given.conditions],
            }
        case Choice():
            return _term(given.option)
        case Listing():
            return [_term(item) for item in given.items]
        case Amounts():
            return {"number": str(given.number), "unit": given.unit}
        case Grounds():
            return {
                "permitted": [
                    {**_term(ground.term), "ranks": [rank.value for rank in ground.ranks]} for ground in given.permitted
                ],
                "not_permitted": [_term(ground.term) for ground in given.not_permitted],
            }
        case _:
            raise TypeError(f"no plain form for {type(given).__name__}")


def _remark(remark: Remark) -> dict[str, Any]:
    return {
        "pack": str(remark.pack),
        "state": remark.state.value,
        "source": remark.source.as_json(),
        "note": _words_or_none(remark.note),
    }


def _parameter(pack: Pack, parameter: Parameter) -> dict[str, Any]:
    return {
        "rule": parameter.rule,
        "title": _words(register().rule(parameter.rule).title),
        "kind": parameter.kind.value,
        "meaning": _words(parameter.meaning),
        "checked": parameter.checked.isoformat(),
        "file": parameter.file,
        "values": [_dated(pack, parameter, value) for value in parameter.values],
    }


def _dated(pack: Pack, parameter: Parameter, value: Value) -> dict[str, Any]:
    row: dict[str, Any] = {
        "from": value.from_day.isoformat(),
        "state": value.state.value,
        "source": value.source.as_json(),
        "note": _words_or_none(value.note),
    }
    if value.state is State.STATED:
        alone = Rules(pack.place, (pack,), calendar_for(pack.place))
        row["value"] = _value(_ask(alone, parameter.rule, parameter.kind, value.from_day))
    return row


def _document(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "title": _words(document.title),
        "number": document.number,
        "rank": document.rank.value,
        "from": document.in_force_from.isoformat() if document.in_force_from else None,
        "until": document.in_force_until.isoformat() if document.in_force_until else None,
        "lost": list(document.lost),
        "lost_zh": list(document.lost_zh),
        "doubt": _words_or_none(document.doubt),
    }


def _term(term: Term) -> dict[str, Any]:
    return {"id": term.id, **_words(term.words)}


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _words_or_none(words: Words | None) -> dict[str, str] | None:
    return _words(words) if words else None
