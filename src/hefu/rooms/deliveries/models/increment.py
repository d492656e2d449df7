"""How new rows of a grant are told from old ones."""

from django.db import models
from django.db.models import Q

from hefu.dataplane.since import Since


class Increment(models.Model):
    """One grant's watermark: which item, and how much is read again. How far it came stands beside the rows."""

    grant = models.OneToOneField("grants.Grant", primary_key=True, on_delete=models.PROTECT, related_name="increment")
    item = models.CharField(max_length=80, help_text="As it is delivered.")
    moments = models.BooleanField(help_text="Whether the item is a moment; the overlap is in seconds then.")
    overlap = models.BigIntegerField(help_text="Read again each time: seconds, or a difference of numbers.")
    set_by = models.CharField(max_length=80)
    set_by_name = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(overlap__gte=0), name="increment_overlap")]

    def __str__(self) -> str:
        """Return the item."""
        return self.item

    @property
    def since(self) -> Since:
        """Return it as the data plane takes it."""
        return Since(self.item, self.overlap)
