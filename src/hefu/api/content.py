"""What an entry says as a program sends it, made from the room's own words so that the two never drift apart."""

import dataclasses
import typing
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, create_model, field_validator

from hefu.rooms.catalog.exporting.plain import NO_SECRET, NOT_SHARED
from hefu.rooms.catalog.terms import Content, Extra, ItemContent, Secrecy, ShareType

#: Words that answers use where "none" alone would read as nothing.
_WORDS = {NOT_SHARED: ShareType.NONE.value, NO_SECRET: Secrecy.NONE.value}


def _named(value: Any) -> Any:
    """Read the words of answers, and an empty text as nothing said."""
    if isinstance(value, str):
        return _WORDS.get(value, value or None)
    return value


def _model(name: str, kind: type, about: str, **replaced: Any) -> type[Schema]:
    """Return a model with the fields of a frozen class; a field that does not exist is named instead of passed over."""
    hints = typing.get_type_hints(kind)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        default = ... if field.default is dataclasses.MISSING else field.default
        fields[field.name] = (replaced.get(field.name, hints[field.name]), default)
    chosen = [one.name for one in dataclasses.fields(kind) if type(None) in typing.get_args(hints[one.name])]
    strict = type(f"{name}Base", (Schema,), {"model_config": ConfigDict(extra="forbid"), "__doc__": about})
    check = {"named": field_validator(*chosen, mode="before")(_named)} if chosen else {}
    made: type[Schema] = create_model(name, __base__=strict, __validators__=check, __doc__=about, **fields)
    return made


ExtraIn = _model("ExtraIn", Extra, "A field that the node's profile adds to the law's.")
ItemIn = _model("ItemIn", ItemContent, "信息项: one field of what an entry describes.")
ContentIn = _model(
    "ContentIn",
    Content,
    "All that an entry says. Only the name is needed for a draft; the law asks the rest at sign-off.",
    items=tuple[ItemIn, ...],  # type: ignore[valid-type]
    extension=tuple[ExtraIn, ...],  # type: ignore[valid-type]
)


def content_of(told: Schema) -> Content:
    """Return what was sent as the room takes it."""
    values = {name: getattr(told, name) for name in type(told).model_fields}
    values["items"] = tuple(ItemContent(**dict(one)) for one in values["items"])
    values["extension"] = tuple(Extra(**dict(one)) for one in values["extension"])
    return Content(**values)
