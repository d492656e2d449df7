"""What templates write about evidence."""

import json
from typing import TYPE_CHECKING

from django import template

from hefu.portal.evidence.words import actor_name, kind_name

if TYPE_CHECKING:
    from hefu.rooms.evidence.models import Entry

register = template.Library()


@register.filter
def event_name(entry: "Entry") -> str:
    """Return what happened, in the reader's language."""
    return kind_name(entry.kind)


register.filter("kind_name", kind_name)


@register.filter
def who(entry: "Entry") -> str:
    """Return who did it; the platform's own parts are one to the reader."""
    return actor_name(entry.by, entry.by_name)


@register.filter
def plain_json(said: object) -> str:
    """Return a value of an entry's body as people read it: text as it is, the rest as JSON."""
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
