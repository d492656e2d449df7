"""Table of which information system a scanned source belongs to."""

from django.db import models
from django.db.models import Q

from hefu.rooms.upkeep.terms.systems import BelongingStatus


class Belonging(models.Model):
    """What a scan proposes as the system of a source, and what its department said."""

    source = models.OneToOneField(
        "resources.Source", primary_key=True, on_delete=models.CASCADE, related_name="belonging"
    )
    status = models.CharField(max_length=8, default=BelongingStatus.OPEN.value)
    fits = models.JSONField(default=list, help_text="Systems that fit, likeliest first, each with why.")
    found_at = models.DateTimeField()
    settled_by = models.CharField(max_length=80, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in BelongingStatus)), name="belonging_status"
            ),
        ]

    def __str__(self) -> str:
        """Return what became of it."""
        return self.status
