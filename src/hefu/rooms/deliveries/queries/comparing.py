"""Reads of comparisons."""

from django.db.models import QuerySet

from hefu.rooms.deliveries.models import Comparison, Delivery


def comparisons(found: Delivery) -> QuerySet[Comparison]:
    """Return the comparisons of a delivery that a viewer was given already, newest first."""
    return Comparison.objects.filter(delivery=found)
