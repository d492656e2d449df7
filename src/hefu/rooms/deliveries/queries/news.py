"""Reads of what a grant's source has given lately."""

from typing import TYPE_CHECKING

from hefu.rooms.deliveries.models import News

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant


def news_of(grant: "Grant") -> News | None:
    """Return what the source of a grant that a viewer was given already has given lately; None before it gave."""
    return News.objects.filter(grant=grant).first()
