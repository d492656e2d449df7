"""Pages by key: the cursor says after which row the next page begins, so rows neither repeat nor hide."""

import base64
import binascii
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from hefu.api.errors import CursorUnknown

Row = TypeVar("Row", bound=Model)

#: Rows of a page when nobody says, and at most.
USUAL, MOST = 50, 200
#: Signs in no cursor of ours: the database takes them in no text.
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def page(found: QuerySet[Row], order: Sequence[str], cursor: str, size: int) -> tuple[list[Row], str]:
    """Return the rows after `cursor` and the cursor of the page after them; empty on the last.

    Args:
        found: What a scoped read returned.
        order: Fields, a minus before those that fall; the id is added, so that no two rows stand level.
        cursor: From the page before; empty for the first.
        size: Rows wanted.

    Raises:
        CursorUnknown: It is none that a page of this order gave.
    """
    keys = [*order, "pk"]
    rows = found.order_by(*keys)
    if cursor:
        rows = rows.filter(_after(rows, keys, cursor))
    chosen = list(rows[: size + 1])
    following = _cursor(keys, chosen[size - 1]) if len(chosen) > size else ""
    return chosen[:size], following


def _after(rows: QuerySet[Row], keys: list[str], cursor: str) -> Q:
    values = _read(cursor)
    if values.pop("order", None) != keys or set(values) != {"at"} or len(values["at"]) != len(keys):
        raise CursorUnknown()
    condition, level = Q(), Q()
    for key, text in zip(keys, values["at"], strict=True):
        name = key.lstrip("-")
        field = rows.model._meta.pk if name == "pk" else rows.model._meta.get_field(name)
        if not isinstance(text, str) or _NOT_KEPT.search(text):
            raise CursorUnknown()
        try:
            value = field.to_python(text)  # type: ignore[union-attr]
            if isinstance(value, datetime):
                value = value.astimezone(UTC)  # fails for what is beyond the database's years
        except (ValidationError, ValueError, TypeError, OverflowError) as error:
            raise CursorUnknown() from error
        condition |= level & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        level &= Q(**{name: value})
    return condition


def _cursor(keys: list[str], row: Model) -> str:
    told = [getattr(row, key.lstrip("-")) for key in keys]
    plain = [one.isoformat() if isinstance(one, datetime) else str(one) for one in told]
    return base64.urlsafe_b64encode(json.dumps({"order": keys, "at": plain}).encode()).decode().rstrip("=")


def _read(cursor: str) -> dict[str, Any]:
    try:
        told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise CursorUnknown() from error
    if not isinstance(told, dict) or not isinstance(told.get("at"), list):
        raise CursorUnknown()
    return told
