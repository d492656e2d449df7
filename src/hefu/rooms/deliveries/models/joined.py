"""The second grant of a delivery that joins two."""

from typing import Any

from django.db import models
from django.db.models import Q

from hefu.dataplane.join import Joining, JoinKind
from hefu.kernel.words import Sentence, read_back


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


class JoinTimes(models.Model):
    """When what a delivery joined is joined again into the same table, without being asked."""

    joined = models.OneToOneField(Joined, primary_key=True, on_delete=models.PROTECT, related_name="times")
    text = models.CharField(max_length=120, help_text="As it was typed: cron, or words.")
    next_at = models.DateTimeField(null=True, blank=True, help_text="None once either grant is over.")
    last_at = models.DateTimeField(null=True, blank=True, help_text="When it last started a delivery.")
    last_delivery = models.CharField(max_length=24, blank=True)
    missed = models.PositiveIntegerField(default=0, help_text="Times that passed without a delivery since it was set.")
    missed_at = models.DateTimeField(null=True, blank=True)
    missed_text = models.TextField(blank=True, help_text="Why; key of its translation.")
    missed_facts = models.JSONField(default=dict)
    set_by = models.CharField(max_length=80)
    set_by_name = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="join_times_next")]

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @property
    def missed_because(self) -> str:
        """Return why a time passed without a delivery, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.missed_facts.items()}
        return Sentence(self.missed_text, **facts) if self.missed_text else ""
