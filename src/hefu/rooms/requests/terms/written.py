"""Row conditions and masks as people write them in forms and commands, read into their types and back.

A condition is an item's code, an operator and a text:

    =        511702                  the value
    in       511702, 511703          one of the values; commas or lines part them
    between  1940-01-01..1959-12-31  both ends included; either may be left out
    starts   5117                    the beginning of a text
    null                             nothing is there

A mask is a word with its figures: `cover:6:4`, `truncate:3`, `bin:1000`, `round:2`, `hash:<name of the salt>`,
`digits:<name of the salt>`, `citizen_id:<name of the salt>`, `shift:<name of the salt>:<days>:<item>` with the item
that says whose row it is, `translate:1=M;2=F` (unknown codes reject the row) and `translate-keep:1=M;2=F` (they are
kept), `month`, `year`, `null`, `constant:<text>`, `drop`.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, StartsWith, Value
from hefu.dataplane.masks import (
    Bin,
    Code,
    Constant,
    Cover,
    DateShift,
    DateTrunc,
    Drop,
    FormatPreserving,
    Hash,
    Mask,
    Null,
    Round,
    Translate,
    Truncate,
)
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog.terms import ItemType
from hefu.rooms.requests.terms import Offer

#: Operator → how forms call it, in the order in which they offer it.
OPERATORS = {
    "=": _("is"),
    "in": _("is one of"),
    "between": _("lies between"),
    "starts": _("starts with"),
    "null": _("is empty"),
}

#: Word of a mask → how forms call it, in the order in which they offer it.
MASKS = {
    "cover": _("cover all but the first and last signs"),
    "truncate": _("keep only the first signs"),
    "hash": _("replace by a digest"),
    "digits": _("replace digits by other digits"),
    "citizen_id": _("replace a citizen's number by another text of its form"),
    "shift": _("move dates by unknown days, the same for all rows of a person or company"),
    "translate": _("translate codes; unknown ones reject the row"),
    "translate-keep": _("translate codes; unknown ones are kept"),
    "month": _("keep only the month"),
    "year": _("keep only the year"),
    "bin": _("round down to a multiple"),
    "round": _("round to places"),
    "null": _("leave empty"),
    "constant": _("replace by a fixed text"),
    "drop": _("check it, but do not deliver it"),
}

_TRUE, _FALSE = frozenset({"true", "yes", "1", "是", "有"}), frozenset({"false", "no", "0", "否", "无"})
_WHOLE = frozenset({ItemType.INTEGER})
_FRACTIONS = frozenset({ItemType.NUMBER, ItemType.MONEY, ItemType.DOUBLE, ItemType.FLOAT})


def read_condition(code: str, operator: str, text: str, *, offer: Offer) -> Condition:
    """Return the condition that a person wrote over an item of the entry.

    Raises:
        InputsRejected: No such item or operator, or a value that is not of the item's type.
    """
    item = offer.item(code)
    if item is None:
        raise _rejected(_("A condition speaks of an item that this entry does not have. Use the codes of its items."))
    try:
        return condition_of(code, operator, text, value=lambda part: read_value(part, item.type))
    except ValueError:
        raise _rejected(_("A condition compares an item with a value of another type.")) from None


def condition_of(code: str, operator: str, text: str, *, value: Callable[[str], Value]) -> Condition:
    """Return the condition that `operator` makes of `text`; `value` reads each value in it.

    Raises:
        InputsRejected: No such operator.
    """
    match operator:
        case "=":
            return Equals(code, value(text.strip()))
        case "in":
            return OneOf(code, tuple(value(part.strip()) for part in re.split(r"[,，、\n]", text) if part.strip()))
        case "between":
            low, _dots, high = (part.strip() for part in text.partition(".."))
            return Between(code, value(low) if low else None, value(high) if high else None)
        case "starts":
            return StartsWith(code, text.strip())
        case "null":
            return IsNull(code)
    raise _rejected(_("A condition uses one of: =, in, between, starts, null."))


def write_condition(condition: Condition) -> tuple[str, str, str]:
    """Return code, operator and text, as `read_condition` reads them."""
    match condition:
        case Equals():
            return condition.column, "=", write_value(condition.value)
        case OneOf():
            return condition.column, "in", ", ".join(write_value(value) for value in condition.values)
        case Between():
            low, high = ("" if end is None else write_value(end) for end in (condition.low, condition.high))
            return condition.column, "between", f"{low}..{high}"
        case StartsWith():
            return condition.column, "starts", condition.prefix
        case IsNull():
            return condition.column, "null", ""


def write_value(value: Value) -> str:
    """Return a compared value as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def read_value(text: str, item_type: str) -> Value:
    """Return a compared value in its item's own type.

    Args:
        text: As it was typed, without spaces around it.
        item_type: One letter of the guide; empty for text.

    Raises:
        ValueError: It is not of that type.
    """
    kind = ItemType(item_type) if item_type else ItemType.TEXT
    if kind is ItemType.DATE:
        return date.fromisoformat(text)
    if kind is ItemType.MOMENT:
        return datetime.fromisoformat(text)
    if kind is ItemType.LOGICAL:
        return _truth(text)
    if kind in _WHOLE:
        return int(text)
    return _number(text) if kind in _FRACTIONS else text


def _truth(text: str) -> bool:
    word = text.casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError(text)
    return word in _TRUE


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return number


def read_mask(text: str) -> Mask:
    """Return the mask that a person wrote.

    Raises:
        InputsRejected: No such mask, or figures that it cannot have.
    """
    word, _colon, rest = text.strip().partition(":")
    try:
        return _mask(word, rest)
    except ValueError:
        raise InputsRejected(
            problems={
                "masks": _(
                    "A mask is one of: cover:first:last, truncate:length, hash:salt, digits:salt, citizen_id:salt, "
                    "shift:salt:days:item, translate:code=code;…, translate-keep:code=code;…, month, year, bin:width, "
                    "round:places, null, constant:text, drop."
                )
            }
        ) from None


#: Masks that have no figures.
_PLAIN: dict[str, Mask] = {"month": DateTrunc("month"), "year": DateTrunc("year"), "null": Null(), "drop": Drop()}


def _mask(word: str, rest: str) -> Mask:
    if word in _PLAIN:
        return _PLAIN[word]
    match word:
        case "cover":
            first, _colon, last = rest.partition(":")
            return Cover(first=_figure(first or "0"), last=_figure(last or "0"))
        case "truncate":
            return Truncate(_figure(rest))
        case "bin":
            return Bin(_figure(rest, least=1))
        case "round":
            return Round(int(rest))
        case "hash" if rest:
            return Hash(salt=rest)
        case "digits" | "citizen_id" if rest:
            return FormatPreserving(rest, "digits" if word == "digits" else "citizen_id")
        case "shift":
            head, _colon, subject = rest.rpartition(":")
            salt, _colon, days = head.rpartition(":")
            if salt and subject:
                return DateShift(salt, subject.strip(), _figure(days, least=1))
        case "translate" | "translate-keep":
            return Translate(_codes(rest), "reject" if word == "translate" else "keep")
        case "constant":
            return Constant(rest)
    raise ValueError(word)


def _codes(text: str) -> tuple[Code, ...]:
    pairs = [line.partition("=") for line in re.split(r"[;；\n]", text) if line.strip()]
    if not pairs or any(not sign for _of, sign, _to in pairs):
        raise ValueError(text)
    return tuple(Code(of.strip(), to.strip()) for of, _sign, to in pairs)


def _figure(text: str, least: int = 0) -> int:
    number = int(text)
    if number < least:
        raise ValueError(text)
    return number


def write_mask(mask: Mask) -> str:
    """Return the mask as `read_mask` reads it."""
    return next((word for word, plain in _PLAIN.items() if plain == mask), "") or _with_figures(mask)


def _with_figures(mask: Mask) -> str:
    match mask:
        case Cover():
            return f"cover:{mask.first}:{mask.last}"
        case Truncate():
            return f"truncate:{mask.length}"
        case Bin():
            return f"bin:{mask.width}"
        case Round():
            return f"round:{mask.places}"
        case Hash():
            return f"hash:{mask.salt}"
        case FormatPreserving():
            return f"{mask.form}:{mask.salt}"
        case DateShift():
            return f"shift:{mask.salt}:{mask.days}:{mask.subject}"
        case Translate():
            word = "translate" if mask.unknown == "reject" else "translate-keep"
            return f"{word}:" + ";".join(f"{code.of}={code.to}" for code in mask.codes)
        case Constant():
            return f"constant:{mask.text}"
    raise TypeError(mask)


def _rejected(sentence: Any) -> InputsRejected:
    return InputsRejected(problems={"rows": sentence})
