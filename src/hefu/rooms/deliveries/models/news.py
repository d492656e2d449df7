"""What a grant's source has given lately."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q

from hefu.rooms.deliveries.terms.silence import USUAL_SHARE


class News(models.Model):
    """When the source of a grant last gave something new, how long its pauses were, and how many rows it had."""

    grant = models.OneToOneField("grants.Grant", primary_key=True, on_delete=models.PROTECT, related_name="news")
    rows = models.BigIntegerField(null=True, blank=True, help_text="Of the consumer's table after the last delivery.")
    scope = models.CharField(max_length=64, blank=True, help_text="Digest of the rows that were granted then.")
    digest = models.CharField(max_length=80, blank=True, help_text="Of the keys of the last whole copy.")
    changes = models.BigIntegerField(default=0, help_text="Changes of the follower when it was last felt.")
    news_at = models.DateTimeField(null=True, blank=True, help_text="When something new came last.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When the source was last looked at.")
    pauses: Any = models.JSONField(default=dict, help_text="Day → longest pause before news, in seconds.")
    silent_since = models.DateTimeField(null=True, blank=True, help_text="While alarm is raised: since the last news.")
    least_share = models.PositiveSmallIntegerField(
        default=USUAL_SHARE, help_text="Percent of the last rows below which a whole copy is held; 0 never."
    )

    class Meta:
        verbose_name_plural = "news"
        constraints = [models.CheckConstraint(condition=Q(least_share__lte=100), name="news_least_share")]

    def __str__(self) -> str:
        """Return when something new came last."""
        return f"{self.news_at}"

    @property
    def pause(self) -> timedelta | None:
        """Return how long nothing new had come when the source was last looked at."""
        return self.looked_at - self.news_at if self.looked_at and self.news_at else None
