"""Reads profiles from their files."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from hefu.law.terms import Words
from hefu.rooms.catalog.errors import ProfileUnusable
from hefu.rooms.catalog.profiles.classes import Classes, ClassName
from hefu.rooms.catalog.profiles.codes import CodeRule, Part, PartKind
from hefu.rooms.catalog.profiles.model import Extension, ExtensionKind, Profile, faults
from hefu.rooms.catalog.profiles.tables import ENUMS, Code, Table
from hefu.rooms.catalog.terms import FormatClass

#: Profiles that come with the platform.
GUIDE = "guide-2017"
BUILT_IN = (GUIDE, "description-draft", "dcat-ap-3")


@cache
def profile(name: str) -> Profile:
    """Return a profile: one of `BUILT_IN`, or the one in a YAML file.

    Args:
        name: Key of a built-in profile, or the path of a file.

    Raises:
        ProfileUnusable: No such profile, or something in it is wrong.
    """
    if name in BUILT_IN:
        return read(files("hefu.rooms.catalog.profiles").joinpath(f"{name}.yaml"), name)
    if not name.endswith((".yaml", ".yml")):
        raise ProfileUnusable(name=name, reason=f"not one of {', '.join(BUILT_IN)}, and no YAML file")
    return read(Path(name), name)


def read(file: Traversable | Path, name: str) -> Profile:
    """Return the profile that a file holds.

    Raises:
        ProfileUnusable: It cannot be read, or `faults` finds something.
    """
    try:
        made = _profile(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProfileUnusable(name=name, reason=str(error)) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProfileUnusable(name=name, reason=f"{type(error).__name__} {error}") from error
    wrong = faults(made)
    if wrong:
        raise ProfileUnusable(name=name, reason="; ".join(wrong))
    return made


def _profile(told: Mapping[str, Any]) -> Profile:
    known = {"profile", "title", "source", "standing", "checked", "code", "enums", "extensions", "classes"}
    if set(told) - known:
        raise ValueError(f"unknown: {', '.join(sorted(set(told) - known))}")
    if not isinstance(told["checked"], date):
        raise ValueError("checked is a day")
    return Profile(
        key=str(told["profile"]),
        title=str(told["title"]),
        source=str(told["source"]),
        standing=str(told["standing"]),
        checked=told["checked"],
        code=_rule(told["code"]) if told.get("code") else None,
        tables={field: _table(field, one) for field, one in (told.get("enums") or {}).items()},
        extensions=tuple(_extension(one) for one in told.get("extensions") or ()),
        classes=_classes(told.get("classes"), str(told["profile"])),
    )


def _rule(told: Mapping[str, Any]) -> CodeRule:
    return CodeRule(tuple(_part(one) for one in told["parts"]), str(told.get("source") or ""))


def _part(told: Mapping[str, Any]) -> Part:
    letters = told.get("letters") or {}
    first, last = told.get("signs") or (1, 18)
    if not 1 <= first <= last <= 18:
        raise ValueError(f"a credit code has signs 1 to 18, not {first} to {last}")
    part = Part(
        PartKind(told["part"]),
        text=str(told.get("is") or ""),
        digits=int(told.get("digits") or 0),
        grows=bool(told.get("grows")),
        signs=(first, last),
        letters=tuple((FormatClass(str(kind)), str(sign)) for kind, sign in letters.items()),
        otherwise=str(told.get("otherwise") or ""),
    )
    if part.kind in (PartKind.PLACE, PartKind.COUNTER) and part.digits < 1:
        raise ValueError(f"{part.kind} needs digits")
    if part.kind is PartKind.FORMAT and not part.otherwise:
        raise ValueError("format needs otherwise: a draft may not know its format yet")
    return part


def _table(field: str, told: Mapping[str, Any]) -> Table:
    kind = ENUMS[field]
    return Table(
        field,
        str(told.get("source") or ""),
        tuple(Code(str(code), str(one["name"]), kind(one["is"])) for code, one in told["codes"].items()),
        {kind(value): str(code) for value, code in (told.get("nearest") or {}).items()},
        {kind(value): str(words) for value, words in (told.get("words") or {}).items()},
    )


def _classes(told: Mapping[str, Any] | None, key: str) -> Classes:
    """Return the classes that a profile names; one that names none has those of the guide, whose codes all share."""
    if told is None:
        return Classes() if key == GUIDE else profile(GUIDE).classes
    return Classes(str(told["source"]), tuple(_class(str(code), one) for code, one in told["names"].items()))


def _class(code: str, told: Mapping[str, Any]) -> ClassName:
    return ClassName(code, Words(str(told["zh"]), str(told["en"])), tuple(str(name) for name in told.get("also") or ()))


def _extension(told: Mapping[str, Any]) -> Extension:
    return Extension(
        str(told["key"]),
        str(told["name"]),
        ExtensionKind(told.get("kind") or "text"),
        tuple(str(one) for one in told.get("choices") or ()),
    )
