"""Comparisons of a consumer's table with its source."""

from django.db import models
from django.db.models import Q

from hefu.kernel.words import Sentence, read_back
from hefu.rooms.deliveries.terms.comparing import COMPARING, STATE_NAMES, Comparing


class Comparison(models.Model):
    """One comparison, asked for by a person or by the clock. It keeps counts, never a row's key."""

    id = models.UUIDField(primary_key=True)
    delivery = models.ForeignKey("deliveries.Delivery", on_delete=models.PROTECT, related_name="comparisons")
    mends = models.BooleanField(help_text="Whether what differs is mended.")
    state = models.CharField(max_length=8, default=Comparing.WAITING.value)
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_source = models.BigIntegerField(null=True, blank=True, help_text="Rows that the source grants.")
    rows_target = models.BigIntegerField(null=True, blank=True)
    digest_source = models.CharField(max_length=20, blank=True)
    digest_target = models.CharField(max_length=20, blank=True)
    missing = models.BigIntegerField(default=0)
    extra = models.BigIntegerField(default=0)
    different = models.BigIntegerField(default=0)
    inserted = models.BigIntegerField(default=0, help_text="To mend it.")
    updated = models.BigIntegerField(default=0, help_text="To mend it.")
    deleted = models.BigIntegerField(default=0, help_text="To mend it.")
    error_text = models.TextField(blank=True)
    error_facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(one.value for one in Comparing)), name="comparison_state"
            ),
            models.UniqueConstraint(
                fields=["delivery"],
                condition=Q(state__in=sorted(one.value for one in COMPARING)),
                name="comparison_one_open",
            ),
        ]

    def __str__(self) -> str:
        """Return the state."""
        return self.state

    @property
    def agrees(self) -> bool:
        """Return whether both sides held the same rows."""
        return self.state == Comparing.DONE and not (self.missing or self.extra or self.different)

    @property
    def state_name(self) -> str:
        """Return the state in words, to be translated."""
        return STATE_NAMES[Comparing(self.state)]

    @property
    def error(self) -> str:
        """Return what went wrong, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.error_facts.items()}
        return Sentence(self.error_text, **facts) if self.error_text else ""
