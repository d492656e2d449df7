"""Which rows and what of them: conditions and masks in words, and the fields in which people state them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from hefu.dataplane import masks
from hefu.dataplane.filters import Between, Condition, Equals, IsNull, OneOf, RowFilter, StartsWith, Value
from hefu.kernel.clock import CHINA
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.portal.words import say
from hefu.rooms.requests.terms import written

#: How forms call a way to compare → the operator, and the words, in the order in which they are offered.
WAYS = {"equals": "=", "one_of": "in", "between": "between", "starts": "starts", "empty": "null"}
_WAY_OF = {operator: way for way, operator in WAYS.items()}

#: Empty lines that a new scope begins with.
BLANKS = 1


@dataclass(frozen=True)
class ScopeItem:
    """An item that a condition can look at."""

    code: str
    name: str
    #: One letter of the guide, or empty.
    type: str = ""


@dataclass
class Line:
    """One condition as it was typed."""

    item: str = ""
    way: str = "equals"
    value: str = ""
    upper: str = ""

    @property
    def blank(self) -> bool:
        """Return whether nothing is typed."""
        return not (self.item or self.value or self.upper)


def in_words(condition: Condition, names: Mapping[str, str]) -> str:
    """Return a condition as people say it."""
    item = names.get(condition.column, condition.column)
    match condition:
        case Equals():
            return gettext("{item} is {value}").format(item=item, value=_said(condition.value))
        case OneOf():
            values = gettext(", ").join(_said(value) for value in condition.values)
            return gettext("{item} is one of {values}").format(item=item, values=values)
        case Between(low=None):
            return gettext("{item} is at most {value}").format(item=item, value=_said(condition.high))
        case Between(high=None):
            return gettext("{item} is at least {value}").format(item=item, value=_said(condition.low))
        case Between():
            return gettext("{item} lies between {low} and {high}").format(
                item=item, low=_said(condition.low), high=_said(condition.high)
            )
        case StartsWith():
            return gettext("{item} starts with {value}").format(item=item, value=_said(condition.prefix))
        case IsNull():
            return gettext("{item} is empty").format(item=item)


def scope_in_words(rows: Iterable[Condition], names: Mapping[str, str]) -> list[str]:
    """Return every condition in words; none means every row."""
    return [in_words(condition, names) for condition in rows]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, datetime):
        return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return gettext("“{text}”").format(text=value) if isinstance(value, str) else str(value)


_IN_WORDS: dict[type, Any] = {
    type(None): _("shown"),
    masks.Hash: _("only a digest"),
    masks.FormatPreserving: _("another value of the same form"),
    masks.Null: _("left empty"),
    masks.Drop: _("not delivered"),
}


def mask_in_words(mask: masks.Mask | None) -> str:
    """Return what a mask hides, as people say it."""
    if type(mask) in _IN_WORDS:
        return say(_IN_WORDS[type(mask)])
    match mask:
        case masks.Cover():
            return gettext("first {first} and last {last} shown, the rest covered").format(
                first=mask.first, last=mask.last
            )
        case masks.Truncate():
            return gettext("only the first {length} characters").format(length=mask.length)
        case masks.Bin():
            return gettext("rounded down to {width}").format(width=mask.width)
        case masks.Round():
            return gettext("rounded to {places} places").format(places=mask.places)
        case masks.DateShift():
            return gettext("moved by up to {days} days, the same for each {item}").format(
                days=mask.days, item=mask.subject
            )
        case masks.Translate():
            return _codes_in_words(mask)
        case masks.DateTrunc(unit="month"):
            return gettext("only the month")
        case masks.DateTrunc():
            return gettext("only the year")
        case masks.Constant():
            return gettext("always “{text}”").format(text=mask.text)
    raise TypeError(mask)


def _codes_in_words(mask: masks.Translate) -> str:
    lines = [f"{code.of} → {code.to}" for code in mask.codes]
    shown = gettext("; ").join([*lines[:_SHOWN_CODES], *(["…"] if len(lines) > _SHOWN_CODES else [])])
    if mask.unknown == "keep":
        return gettext("translated: {codes}; other codes are kept").format(codes=shown)
    return gettext("translated: {codes}; other codes reject the row").format(codes=shown)


#: Lines of a code table that are shown in a line.
_SHOWN_CODES = 6

#: Masks that are offered.
MASKS = {"": _("shown"), **written.MASKS}

#: What is typed beside a mask when nothing is.
USUAL = {"cover": "3,4", "truncate": "6", "bin": "10", "round": "0", "constant": "***"}
#: Masks with a salt. When none is named it is the case's own, so that what this case delivers joins with nothing else.
_SALTED = ("hash", "digits", "citizen_id")


def make_mask(kind: str, typed: str, salt: str) -> masks.Mask | None:
    """Return the mask of a kind with what was typed beside it.

    Args:
        kind: One of `MASKS`.
        typed: Figures, a code table, the name of a salt, or days and the item that says whose row it is.
        salt: Name of the salt when none is typed.

    Raises:
        ValidationError: What was typed does not fit.
    """
    if not kind:
        return None
    text = typed.strip() or USUAL.get(kind, "")
    if kind in USUAL and kind != "constant":
        text = text.replace("，", ":").replace(",", ":")
    elif kind in _SALTED:
        text = text or salt
    elif kind == "shift":
        parts = [part.strip() for part in text.replace("，", ",").split(",")]
        text = ":".join([*(parts[2:] or [salt]), *parts[:2]])
    try:
        return written.read_mask(f"{kind}:{text}" if text else kind)
    except InputsRejected:
        raise ValidationError(_WANTED.get(kind, _WHOLE_NUMBERS)) from None


_WHOLE_NUMBERS = _("This mask needs whole numbers: first and last characters as 3,4, else one number.")
_WANTED = {
    "shift": _("Give the most days and the item that says whose row it is, as 180,id_number."),
    "translate": _("Give each code with its translation, as 1=M;2=F."),
    "translate-keep": _("Give each code with its translation, as 1=M;2=F."),
}


def mask_kind(mask: masks.Mask | None, salt: str) -> tuple[str, str]:
    """Return the kind of a mask and what stands beside it, as `make_mask` takes them."""
    if mask is None:
        return "", ""
    kind, _colon, rest = written.write_mask(mask).partition(":")
    if isinstance(mask, masks.DateShift):
        return kind, ",".join([str(mask.days), mask.subject, *([mask.salt] if mask.salt != salt else [])])
    if kind in _SALTED:
        return kind, "" if rest == salt else rest
    return kind, rest.replace(":", ",") if kind in USUAL and kind != "constant" else rest


class ScopeWidget(forms.Widget):
    """Lines of item, comparison and value. Without a script, another empty line comes with a button."""

    input_type = "scope"
    in_fieldset = True

    def __init__(self, items: Sequence[ScopeItem] = ()) -> None:
        """Offer these items."""
        super().__init__()
        self.items = items

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Line]:
        """Return the lines as they were typed."""
        columns = [data.getlist(f"{name}_{part}") for part in ("item", "way", "value", "upper")]
        return [Line(*parts) for parts in zip(*columns, strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the lines were not sent at all."""
        return f"{name}_item" not in data

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Draw the lines, an empty one last."""
        lines = _lines(value)
        lines += [Line() for _blank in range(BLANKS) if not lines or not lines[-1].blank]
        context = {
            "name": name,
            "lines": lines,
            "items": self.items,
            "ways": [(way, say(written.OPERATORS[operator])) for way, operator in WAYS.items()],
        }
        return render_to_string("portal/scope.html", context)


class ScopeField(forms.Field):
    """A row scope, stated over the items of an entry."""

    widget = ScopeWidget

    def __init__(self, *, items: Sequence[ScopeItem], **kwargs: Any) -> None:
        """Offer these items."""
        super().__init__(widget=ScopeWidget(items), required=False, **kwargs)
        self.items = {item.code: item for item in items}

    def clean(self, value: Any) -> RowFilter:
        """Return the filter that the lines state.

        Raises:
            ValidationError: A line is half done, or its value does not fit its item.
        """
        return RowFilter(tuple(self._condition(line) for line in _lines(value) if not line.blank))

    def _condition(self, line: Line) -> Condition:
        item = self.items.get(line.item)
        if item is None:
            raise ValidationError(_("A condition names no item. Choose one, or empty the line."))
        text = f"{line.value}..{line.upper}" if line.way == "between" else line.value
        if line.way not in ("empty", "between") and not text.strip():
            raise ValidationError(_("A condition compares with nothing. Type a value, or empty the line."))
        try:
            return written.condition_of(
                item.code, WAYS.get(line.way, ""), text, value=lambda part: self._value(item, part)
            )
        except InputsRejected as refusal:
            raise ValidationError(list(refusal.problems.values())) from None

    def _value(self, item: ScopeItem, text: str) -> Value:
        try:
            value = written.read_value(text, item.type)
        except ValueError:
            message = gettext("“{value}” does not fit {item}: write days as 2026-03-11, numbers with digits.")
            raise ValidationError(message.format(value=text, item=item.name)) from None
        # A moment is typed as office clocks show it.
        return value.replace(tzinfo=CHINA) if isinstance(value, datetime) and value.tzinfo is None else value


def _lines(value: Any) -> list[Line]:
    """Return lines of whatever a form holds: lines that were typed, or a stored filter."""
    if isinstance(value, RowFilter):
        return [_line(condition) for condition in value.conditions]
    return list(value or [])


def _line(condition: Condition) -> Line:
    code, operator, text = written.write_condition(condition)
    if isinstance(condition, Equals) and isinstance(condition.value, bool):
        text = _said(condition.value)
    low, _dots, high = text.partition("..") if operator == "between" else (text, "", "")
    return Line(code, _WAY_OF[operator], low, high)
