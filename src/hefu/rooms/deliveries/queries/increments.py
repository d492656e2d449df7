"""Reads of how new rows are told from old ones."""

from typing import TYPE_CHECKING

from hefu.rooms.deliveries.models import Increment
from hefu.rooms.grants.terms import Way

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


def increments_of(grant: "Grant") -> Increment | None:
    """Return how new rows of a grant are told, for a grant that a viewer was given already; None for whole copies."""
    return Increment.objects.filter(grant=grant).first() if grant.way == Way.INCREMENT else None
