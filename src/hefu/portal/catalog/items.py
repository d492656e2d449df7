"""The field in which an entry's items are written: one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from hefu.kernel.words import _
from hefu.portal.forms import choices
from hefu.rooms.catalog.terms import (
    GRADE_NAMES,
    ITEM_TYPE_NAMES,
    SHARE_TYPE_NAMES,
    Grade,
    ItemContent,
    ItemType,
    OpenType,
    ShareType,
)

#: Empty lines below the last item.
BLANKS = 3

PARTS = ("id", "open_type", "name", "code", "type", "length", "share_type", "grade", "description")


@dataclass
class ItemLine:
    """One item as it was typed."""

    id: str = ""
    #: Carried through: imports and the interface for programs state it.
    open_type: str = ""
    name: str = ""
    code: str = ""
    type: str = ""
    length: str = ""
    share_type: str = ""
    grade: str = ""
    description: str = ""

    @property
    def blank(self) -> bool:
        """Return whether nothing is typed."""
        return not any((self.name, self.code, self.type, self.length, self.description))


class ItemsWidget(forms.Widget):
    """Lines of name, code, type, length and what differs from the entry."""

    input_type = "items"
    in_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[ItemLine]:
        """Return the lines as they were typed."""
        sent = {part: data.getlist(f"{name}_{part}") for part in PARTS}
        lines = len(sent["name"])
        columns = [sent[part] or [""] * lines for part in PARTS]  # a sender may leave a whole column out
        return [ItemLine(*parts) for parts in zip(*columns, strict=False)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the lines were not sent at all."""
        return f"{name}_name" not in data

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Draw the lines, and empty ones below."""
        filled = [one for one in _lines(value) if not one.blank]
        context = {
            "name": name,
            "lines": [*filled, *(ItemLine() for _blank in range(BLANKS))],
            "types": choices(ITEM_TYPE_NAMES),
            "share_types": choices(SHARE_TYPE_NAMES),
            "grades": choices(GRADE_NAMES),
        }
        return render_to_string("catalog/items_field.html", context)


class ItemsField(forms.Field):
    """The items of an entry."""

    widget = ItemsWidget

    def clean(self, value: Any) -> tuple[ItemContent, ...]:
        """Return the items that the lines say.

        Raises:
            ValidationError: A length is no number.
        """
        return tuple(_item(line) for line in _lines(value) if not line.blank)


def _item(line: ItemLine) -> ItemContent:
    try:
        length = int(line.length) if line.length.strip() else None
    except ValueError:
        raise ValidationError(_("A length is a whole number above 0.")) from None
    return ItemContent(
        name=line.name,
        code=line.code,
        type=ItemType(line.type) if line.type in list(ItemType) else None,
        length=length,
        share_type=ShareType(line.share_type) if line.share_type in list(ShareType) else None,
        grade=Grade(line.grade) if line.grade in list(Grade) else None,
        open_type=OpenType(line.open_type) if line.open_type in list(OpenType) else None,
        description=line.description,
        id=_uuid(line.id),
    )


def _lines(value: Any) -> list[ItemLine]:
    found: Sequence[Any] = value or ()
    return [one if isinstance(one, ItemLine) else _line(one) for one in found]


def _line(item: ItemContent) -> ItemLine:
    return ItemLine(
        id=str(item.id or ""),
        name=item.name,
        code=item.code,
        type=item.type or "",
        length=str(item.length or ""),
        share_type=item.share_type or "",
        grade=item.grade or "",
        open_type=item.open_type or "",
        description=item.description,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
