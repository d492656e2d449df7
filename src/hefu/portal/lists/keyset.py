"""Pages by key: the next page begins after the last row, however many rows came and went meanwhile."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import F, Q, QuerySet

_SIGNER = signing.Signer(salt="hefu.portal.lists")


@dataclass(frozen=True)
class Order:
    """A sort column and its direction; the primary key breaks ties, rows without a value come last."""

    path: str
    descending: bool = False

    def of(self, rows: QuerySet[Any], *, backwards: bool = False) -> QuerySet[Any]:
        """Return `rows` in this order, or in its mirror image."""
        down = self.descending != backwards
        empty_last = not backwards
        key = F(self.path)
        first = (
            key.desc(nulls_last=empty_last or None, nulls_first=not empty_last or None)
            if down
            else key.asc(nulls_last=empty_last or None, nulls_first=not empty_last or None)
        )
        return rows.order_by(first, "-pk" if down else "pk")

    def beyond(self, mark: "Mark", *, backwards: bool = False) -> Q:
        """Return the condition of the rows beyond `mark` in this order."""
        compare = "lt" if self.descending != backwards else "gt"
        later = Q(**{f"pk__{compare}": mark.pk})
        empty = Q(**{f"{self.path}__isnull": True})
        if mark.value is None:
            return ~empty | (empty & later) if backwards else empty & later
        same = Q(**{self.path: mark.value})
        further = Q(**{f"{self.path}__{compare}": mark.value}) | (same & later)
        return further if backwards else further | empty


@dataclass(frozen=True)
class Mark:
    """One row's place in an order."""

    value: Any
    pk: Any

    @classmethod
    def of(cls, row: Any, order: Order) -> "Mark":
        """Return the place of `row`."""
        value = row
        for part in order.path.split("__"):
            value = getattr(value, part, None)
        return cls(value, row.pk)

    def write(self, order: Order) -> str:
        """Return the place as signed text for an address."""
        return _SIGNER.sign_object([order.path, _plain(self.value), _plain(self.pk)], compress=False)

    @classmethod
    def read(cls, text: str, order: Order) -> "Mark | None":
        """Return the place that `write` wrote for the same order, or None for anything else."""
        try:
            path, value, pk = _SIGNER.unsign_object(text)
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return cls(value, pk) if path == order.path else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value
