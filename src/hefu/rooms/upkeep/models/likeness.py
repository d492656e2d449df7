"""Tables of near-duplicates and of the departments named as source."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from hefu.rooms.upkeep.terms.cases import PairStatus


class Sketch(models.Model):
    """What an entry's names and items hash to, so that like ones are found without comparing all with all."""

    entry = models.OneToOneField("catalog.Entry", primary_key=True, on_delete=models.CASCADE, related_name="sketch")
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="Version of the entry that it was made of.")
    bands = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [GinIndex(fields=["bands"], name="sketch_bands", fastupdate=False)]

    def __str__(self) -> str:
        """Return of which version it is."""
        return f"sketch of version {self.version}"


class Pair(models.Model):
    """Two entries of two departments that say nearly the same."""

    id = models.UUIDField(primary_key=True)
    first = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField(help_text="0 to 100.")
    names = models.PositiveSmallIntegerField(help_text="Likeness of the names, 0 to 100.")
    items = models.PositiveSmallIntegerField(help_text="Share of items in common, 0 to 100.")
    contained = models.PositiveSmallIntegerField(help_text="Share of the smaller entry's items in the other.")
    values = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How far the values of like items overlap, 0 to 100; empty where unknown."
    )
    shared = ArrayField(models.CharField(max_length=200), default=list, help_text="Items both hold.")
    found_at = models.DateTimeField()
    status = models.CharField(max_length=10, default=PairStatus.OPEN.value)
    source = models.ForeignKey(
        "parties.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="named_source"
    )
    reason = models.TextField(blank=True)
    settled_by = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-score", "id"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_ordered"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in PairStatus)), name="pair_status"
            ),
            models.CheckConstraint(
                condition=~Q(status=PairStatus.ONE_SOURCE.value) | Q(source__isnull=False), name="pair_has_source"
            ),
        ]
        indexes = [models.Index(fields=["status", "-score"], name="pair_desk")]

    def __str__(self) -> str:
        """Return how alike they are."""
        return f"{self.score} of 100"


class Naming(models.Model):
    """数源部门 of a whole entry, where no item stands for itself: the entries are alike by name alone."""

    entry = models.OneToOneField(
        "catalog.Entry", primary_key=True, on_delete=models.CASCADE, related_name="source_naming"
    )
    pair = models.ForeignKey(Pair, null=True, on_delete=models.CASCADE, related_name="whole_namings")
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    named_by = models.CharField(max_length=80)
    named_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return which department."""
        return str(self.department)
