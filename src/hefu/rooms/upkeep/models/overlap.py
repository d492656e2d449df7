"""Tables of overlapping values: consents, runs, sealed sketches, and what was found. No value of any source."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.rooms.upkeep.models.likeness import Pair
from hefu.rooms.upkeep.terms.overlap import UNDER_WAY, RunStatus


class OverlapConsent(models.Model):
    """A department lets values of one mounted resource be compared; what has ended stays."""

    id = models.UUIDField(primary_key=True)
    resource = models.ForeignKey("resources.Resource", on_delete=models.CASCADE, related_name="overlap_consents")
    items = ArrayField(models.UUIDField(), help_text="Items whose columns may be sketched.")
    reason = models.TextField()
    given_by = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["resource"], condition=Q(ended_at__isnull=True), name="overlap_one_consent"
            ),
            models.CheckConstraint(condition=Q(ended_at__isnull=True) | ~Q(ended_reason=""), name="overlap_ended_why"),
        ]

    def __str__(self) -> str:
        """Return how many items it is for."""
        return f"{len(self.items)} items"


class OverlapRun(models.Model):
    """One sketching of what a consent allows."""

    id = models.UUIDField(primary_key=True)
    consent = models.ForeignKey(OverlapConsent, on_delete=models.CASCADE, related_name="runs")
    status = models.CharField(max_length=9, default=RunStatus.WAITING.value)
    done = models.PositiveBigIntegerField(default=0, help_text="Pages or rows read.")
    total = models.PositiveBigIntegerField(default=0, help_text="Of them, 0 when nobody knows.")
    left_out = models.JSONField(default=dict, help_text="Item → why its column was left out.")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in RunStatus)), name="overlap_run_status"
            ),
            models.UniqueConstraint(
                fields=["consent"],
                condition=Q(status__in=sorted(status.value for status in UNDER_WAY)),
                name="overlap_one_run",
            ),
        ]

    def __str__(self) -> str:
        """Return how far it is."""
        return f"{self.status} {self.done}/{self.total}"


class Salt(models.Model):
    """The node's secret that all sketches are made with, sealed under its master key. Without it they say nothing."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sealed = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="salt_one")]

    def __str__(self) -> str:
        """Return that there is one, never what it is."""
        return "a sealed salt"


class ValueSketch(models.Model):
    """The smallest salted hashes of one column, sealed for this item alone. No list and no page ever joins it."""

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(OverlapConsent, on_delete=models.CASCADE, related_name="sketches")
    item = models.ForeignKey("catalog.Item", on_delete=models.CASCADE, related_name="+")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    sealed = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent", "item"], name="value_sketch_once")]

    def __str__(self) -> str:
        """Return that there is one, never what it is."""
        return "a sealed sketch"


class ValueOverlap(models.Model):
    """How far the values of two items of a pair overlap; shares 0 to 100."""

    id = models.BigAutoField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="overlaps")
    first_item = models.ForeignKey("catalog.Item", on_delete=models.CASCADE, related_name="+")
    second_item = models.ForeignKey("catalog.Item", on_delete=models.CASCADE, related_name="+")
    both = models.PositiveSmallIntegerField(help_text="Of all values of either, those of both (Jaccard).")
    contained = models.PositiveSmallIntegerField(help_text="Of the smaller column's values, those in the other.")
    low = models.PositiveSmallIntegerField(help_text="Least share that `contained` has 19 times out of 20.")
    high = models.PositiveSmallIntegerField()
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pair", "first_item", "second_item"], name="value_overlap_once"),
            models.CheckConstraint(
                condition=Q(low__lte=F("contained")) & Q(high__gte=F("contained")) & Q(high__lte=100),
                name="value_overlap_within",
            ),
        ]

    def __str__(self) -> str:
        """Return the share."""
        return f"{self.contained} of 100"
