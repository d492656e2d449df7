"""What templates write with: icons, days, numbers, articles, states, fields, clocks."""

from datetime import date
from functools import lru_cache
from typing import Any

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hefu.portal import clock_face, shows
from hefu.portal.badges import badge as make_badge
from hefu.portal.badges import icons
from hefu.portal.deliveries.words import COLOURS
from hefu.portal.words import say as say_word
from hefu.rooms.deliveries.terms import DeliveryStatus

register = template.Library()

#: More boxes than this stand in columns.
CROWD = 6

register.filter("value", shows.value)
register.filter("day", shows.day)
register.filter("full_day", shows.full_day)
register.filter("moment", shows.moment)
register.filter("instant", shows.instant)
register.filter("number", shows.number)
register.filter("size", shows.size)
register.filter("span", shows.span)
register.filter("working_days", shows.working_days)
register.filter("article", shows.article)
register.filter("code", shows.code)


@register.filter
def say(word: str) -> str:
    """Return a marked word in the reader's language."""
    return say_word(str(word)) if word else ""


@register.filter
def at(mapping: Any, key: Any) -> Any:
    """Return what stands under `key`."""
    return mapping.get(key)


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, css: str = "") -> SafeString:
    """Draw an icon; words beside it say what it means, so it is silent. A page draws the same few many times."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css,
        icons(),
        name,
    )


@register.simple_tag
def badge(state: str, word: str) -> SafeString:
    """Write a state: its colour, its icon and its word."""
    return make_badge(state, word)


@register.filter
def delivery_badge(delivery: Any) -> SafeString:
    """Write the state of a delivery."""
    return make_badge(COLOURS[DeliveryStatus(delivery.status)], delivery.status_name)


@register.inclusion_tag("portal/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Write one field with label, help, article and faults."""
    kind = getattr(bound.field.widget, "input_type", "textarea")
    described = [f"{bound.auto_id}-help"] if bound.help_text else []
    if bound.errors:
        described.append(f"{bound.auto_id}-fault")
    attrs: dict[str, str | bool] = {"class": _css(kind, bound)}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    needed = bound.field.required or bound.name in getattr(bound.form, "needed", ())
    if needed and kind not in ("checkbox", "radio"):
        attrs["aria-required"] = "true"
    return {
        "field": bound,
        "kind": kind,
        "optional": not needed and getattr(bound.form, "marks_optional", True),
        "crowded": len(getattr(bound.field, "choices", ())) > CROWD,
        "many": kind in ("checkbox", "radio") and hasattr(bound.field, "choices"),
        "fieldset": getattr(bound.field.widget, "in_fieldset", False),
        "widget": bound.as_widget(attrs=attrs),
        "article": getattr(bound.form, "explained", {}).get(bound.name),
        "faults": [say_word(str(error)) for error in bound.errors],
    }


@register.simple_tag
def control(bound: BoundField) -> SafeString:
    """Write a field's control alone, where the table around it says the rest."""
    kind = getattr(bound.field.widget, "input_type", "textarea")
    attrs: dict[str, str | bool] = {"class": _css(kind, bound)}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return bound.as_widget(attrs=attrs)


def _css(kind: str, bound: BoundField) -> str:
    css = {"select": "form-select", "checkbox": "form-check-input", "radio": "form-check-input"}.get(
        kind, "form-control"
    )
    own = bound.field.widget.attrs.get("class", "")
    invalid = " is-invalid" if bound.errors else ""
    return f"{css}{invalid} {own}".strip()


@register.inclusion_tag("portal/clock.html")
def clock(face: clock_face.Face | None, *, steps: bool = True) -> dict[str, Any]:
    """Write a clock: date, working days left, bar, article; a click opens the steps."""
    return {"face": face, "steps": steps}


@register.filter
def weekday(on: date) -> str:
    """Return the short name of the day of the week."""
    return shows.weekday(on)
