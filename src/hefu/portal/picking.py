"""Choosing from a long list: a box beside it finds choices by name, pinyin, initials and code, on the server.

The page's own form answers, so that only what it offers is ever found. Without a script the list alone does.
"""

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
