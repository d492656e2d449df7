"""Reading what programs send: texts come in as the database can keep them, or not at all."""

import re
from typing import Any

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser
from ninja.types import DictStrAny

#: What JSON can spell and UTF-8 or PostgreSQL cannot: NUL, and halves of signs.
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")
#: Without these in it, a body spells none of that.
_SPELLED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


class TextParser(Parser):
    """Ninja's parser, for bodies without signs that no database keeps, and queries from which they are taken."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the body.

        Raises:
            ValueError: It is no JSON, or holds NUL or half a sign; the framework answers 400.
        """
        told = super().parse_body(request)
        if _SPELLED.search(request.body) and _holds_unkept(told):
            raise ValueError("a text holds NUL or half a sign")
        return told

    def parse_querydict(
        self, data: "MultiValueDict[str, Any]", list_fields: list[str], request: HttpRequest
    ) -> DictStrAny:
        """Return the query or form, its texts without such signs."""
        kept = MultiValueDict(
            {
                name: [_NOT_KEPT.sub("", one) if isinstance(one, str) else one for one in many]
                for name, many in data.lists()
            }
        )
        return super().parse_querydict(kept, list_fields, request)


def _holds_unkept(told: Any) -> bool:
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if _NOT_KEPT.search(one):
                return True
        elif isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False
