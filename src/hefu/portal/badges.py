"""States as pages show them: one of a few colours, always with an icon and a word."""

from functools import cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hefu.portal.words import say

#: Colour → icon. The first four are the clock's; the others say how a thing stands.
ICONS = {
    "waiting": "pause",
    "in-time": "clock",
    "soon": "hourglass",
    "overdue": "overdue",
    "good": "check",
    "bad": "cross",
    "off": "stop",
    "draft": "edit",
    "busy": "play",
    "shared": "link",
    "asked": "key",
    "kept": "lock",
}


@cache
def icons() -> str:
    """Return the address of the drawings, which is the same for as long as the process lives."""
    return static("portal/icons.svg")


def badge(state: str, word: str) -> SafeString:
    """Return the badge of `state` with the marked `word`."""
    return format_html(
        '<span class="state state-{}"><svg class="icon" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>{}</span>',
        state,
        icons(),
        ICONS[state],
        say(word),
    )
