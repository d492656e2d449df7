"""The second grant of a delivery that joins two."""

from typing import Any

from django.db import models
from django.db.models import Q

from hefu.dataplane.join import Joining, JoinKind


class Joined(models.Model):
    """What a delivery joins beside its own grant. It may run for as long as both tickets hold."""

    delivery = models.OneToOneField(
        "deliveries.Delivery", primary_key=True, on_delete=models.PROTECT, related_name="joined"
    )
    grant = models.ForeignKey("grants.Grant", on_delete=models.PROTECT, related_name="joined_deliveries")
    ticket = models.ForeignKey("grants.SignedTicket", on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)
    on = models.JSONField(help_text="Pairs of delivered columns that must be equal.")
    table = models.CharField(max_length=63, help_text="Of the consumer, beside those of the two grants.")
    told = models.JSONField(null=True, blank=True, help_text="What each side gave, once it arrived.")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=["inner", "left"]), name="joined_kind")]

    def __str__(self) -> str:
        """Return the table."""
        return self.table

    @property
    def joining(self) -> Joining:
        """Return it as the data plane takes it."""
        pairs: list[Any] = self.on
        return Joining(JoinKind(self.kind), tuple((one, other) for one, other in pairs), self.table)
