"""Answers in a few words, for tables of people: built on the plain data of `hefu.law.tables`."""

from typing import Any

from hefu.law.explain import length_of
from hefu.law.register import register
from hefu.law.terms import Language, Unit

#: Stands for "no answer".
NOTHING = "—"


def value_line(row: dict[str, Any] | None, language: Language) -> str:
    """Return the value of a row of `tables` in a few words; a dash where there is none."""
    if row is None or not row.get("found", True) or row.get("value") is None:
        return NOTHING
    value = row["value"]
    if isinstance(value, list):
        return _joined(value, language)
    if "amount" in value:
        return length_of(value["amount"], Unit(value["unit"]), language)
    if "number" in value:
        return f"{value['number']} {_unit(value['unit'], language)}"
    if "permitted" in value:
        return _joined(value["permitted"], language)
    return said(value, language)


def refused_line(row: dict[str, Any] | None, language: Language) -> str:
    """Return what a rule on grounds does not let pass, in a few words; empty for other rules."""
    if row is None or not row.get("found", True) or not isinstance(row.get("value"), dict):
        return ""
    return _joined(row["value"].get("not_permitted", []), language)


def said(words: dict[str, str], language: Language) -> str:
    """Return words that `tables` gives in both languages, in one."""
    return words[language.value]


def _joined(things: list[dict[str, Any]], language: Language) -> str:
    return ("；" if language is Language.ZH else "; ").join(said(thing, language) for thing in things)


def _unit(unit: str, language: Language) -> str:
    known = register().units.get(unit)
    return known.words.in_(language) if known else unit
