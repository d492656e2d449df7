"""Choosing from a long list: a box beside it finds choices by name, pinyin, initials and code, on the server.

The page's own form answers, so that only what it offers is ever found. Without a script the list alone does.
"""

import json
from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from hefu.portal.http import PortalRequest
from hefu.search.folding import fold
from hefu.search.sounds import sounds

#: Lists up to this many choices need no box.
SHORT = 8
#: Choices shown of those found.
SHOWN = 50


class Picker(forms.Select):
    """A list to choose from with a search box, once it is long."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """Draw the list, and the box when there is much to look through."""
        chosen = super().render(name, value, attrs, renderer)
        if len(list(self.choices)) <= SHORT:
            return chosen
        return render_to_string("portal/picker.html", {"select": chosen, "name": name, "id": (attrs or {}).get("id")})


def found_among(choices: Iterable[tuple[Any, Any]], text: str) -> list[tuple[str, str]]:
    """Return the choices that `text` finds: in the name, by its sound or initials, or by the value's beginning.

    >>> offered = [("", "—"), ("1", "市公安局"), ("2", "市民政局"), ("3", "市公路局")]
    >>> [name for _value, name in found_among(offered, "gaj")], [name for _value, name in found_among(offered, "民政")]
    (['市公安局'], ['市民政局'])
    """
    wanted = fold(text).replace(" ", "")
    return [
        (str(value), str(name))
        for value, name in choices
        if value and (not wanted or wanted in fold(str(name)).replace(" ", "") or _heard(wanted, str(name)))
    ]


def _heard(wanted: str, name: str) -> bool:
    return wanted.isascii() and any(sound.startswith(wanted) for sound in sounds(name).split())


def picked(request: PortalRequest, form: forms.Form, field: str) -> HttpResponse:
    """Answer the box of one of the form's lists: the choices that it finds, what is chosen now always among them."""
    offered = list(getattr(form.fields.get(field), "choices", ()))
    chosen = request.GET.get(field, "")
    found = found_among(offered, request.GET.get("find", "")[:200])[:SHOWN]
    kept = [(str(value), str(name)) for value, name in offered if str(value) == chosen and value]
    lines = [*kept, *(one for one in found if one not in kept)]
    only = found[0][0] if len(found) == 1 else chosen
    return HttpResponse(
        format_html(
            '<option value="">—</option>{}',
            format_html_join(
                "",
                '<option value="{}"{}>{}</option>',
                ((value, " selected" if value == only else "", name) for value, name in lines),
            ),
        )
    )


class Suggesting(forms.TextInput):
    """A line to type into, with what it may be in a list beside it: found by name, sound, initials and code.

    The page draws the list itself, a `datalist` of that id with the first of them; without a script that is all.
    """

    def __init__(self, offers: str, attrs: dict[str, Any] | None = None) -> None:
        """Name the list.

        Args:
            offers: Id of the page's `datalist`, and key of what `show` is given as `offers`.
            attrs: As for any widget.
        """
        asks = {"hx-get": "", "hx-vals": json.dumps({"suggest": offers}), "hx-target": f"#{offers}"}
        asks |= {"hx-trigger": "input changed delay:200ms", "hx-swap": "innerHTML", "hx-sync": "this:replace"}
        super().__init__({"list": offers, "autocomplete": "off", **asks, **(attrs or {})})


def suggested(request: PortalRequest, offers: Iterable[tuple[str, str]]) -> HttpResponse:
    """Answer a line that somebody types into: what it may be.

    A browser shows of a list only what holds the very text that was typed, so what was found by its sound says that
    text behind its name.

    Args:
        request: From htmx; it names the line.
        offers: What would be typed, and the name by whose sound it is found.
    """
    typed = request.GET.get(request.headers.get("HX-Trigger-Name", ""), "")[:200]
    wanted = fold(typed).replace(" ", "")
    found = [
        (value, "" if typed in value else f"{value} · {typed}")
        for value, name in offers
        if wanted in fold(value).replace(" ", "") or _heard(wanted, name)
    ]
    return HttpResponse(
        format_html_join(
            "", '<option value="{}" label="{}"></option>', ((one, label or one) for one, label in found[:SHOWN])
        )
    )
