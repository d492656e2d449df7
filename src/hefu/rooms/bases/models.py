"""Tables of legal texts and of what rests on them."""

from datetime import date

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from hefu.law.terms import Rank
from hefu.rooms.bases.decide import Text, holding
from hefu.rooms.bases.terms import Holding, Resting


class LegalText(models.Model):
    """A law, a regulation, a decision or a rule."""

    id = models.UUIDField(primary_key=True)
    document = models.CharField(max_length=60, blank=True, help_text="Id in the packs; empty for one registered here.")
    title = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300, blank=True)
    folded = models.CharField(max_length=300, help_text="Title as it is compared.")
    number = models.CharField(max_length=120, blank=True)
    rank = models.CharField(max_length=30)
    holds_from = models.DateField(null=True, blank=True, help_text="First day in force, where known.")
    holds_until = models.DateField(null=True, blank=True, help_text="Last day in force, this day included.")
    lost = ArrayField(models.CharField(max_length=300), default=list, help_text="Parts missing from every copy.")
    doubt = models.TextField(blank=True)
    doubt_en = models.TextField(blank=True)
    packs = ArrayField(models.CharField(max_length=20), default=list, help_text="Packs that cite it.")
    registered_at = models.DateTimeField()
    repealed_at = models.DateTimeField(null=True, blank=True, help_text="When the authority noted the repeal.")
    repealed_by = models.CharField(max_length=300, blank=True, help_text="The text that repealed it.")
    repeal_reason = models.TextField(blank=True)
    ended_told_at = models.DateTimeField(null=True, blank=True, help_text="When its end took effect here.")

    class Meta:
        ordering = ["title", "number"]
        constraints = [
            models.CheckConstraint(condition=Q(rank__in=sorted(rank.value for rank in Rank)), name="text_rank"),
            models.CheckConstraint(
                condition=Q(holds_from__isnull=True)
                | Q(holds_until__isnull=True)
                | Q(holds_until__gte=F("holds_from")),
                name="text_days",
            ),
            models.UniqueConstraint(fields=["document"], condition=~Q(document=""), name="text_document"),
            models.UniqueConstraint(fields=["folded", "number"], name="text_title_number"),
        ]
        indexes = [
            models.Index(fields=["holds_until"], condition=Q(ended_told_at__isnull=True), name="text_ending"),
        ]
        triggers = [pgtrigger.Protect(name="text_kept", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the title."""
        return self.title

    @property
    def facts(self) -> Text:
        """Return the text as decisions see it."""
        return Text(self.title, self.holds_from, self.holds_until)

    def holding(self, on: date) -> Holding:
        """Return whether it holds on `on`."""
        return holding(self.facts, on)


class Reliance(models.Model):
    """One thing that rests on a place in a text."""

    id = models.UUIDField(primary_key=True)
    text = models.ForeignKey(LegalText, null=True, blank=True, on_delete=models.PROTECT, related_name="reliances")
    document = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=300, help_text="As the thing writes it.")
    folded = models.CharField(max_length=300)
    article = models.CharField(max_length=120, blank=True)
    resting = models.CharField(max_length=10)
    subject = models.CharField(max_length=80, help_text="Public number or code of the thing.")
    name = models.CharField(max_length=200, blank=True)
    concerns = ArrayField(models.UUIDField(), default=list, help_text="Departments that may see it.")
    noted_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True, blank=True, help_text="When the thing itself ended.")
    review_since = models.DateTimeField(null=True, blank=True, help_text="When it went to the reviewers.")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=120, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["-noted_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resting__in=sorted(kind.value for kind in Resting)), name="reliance_resting"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True) | Q(review_since__isnull=False), name="reliance_reviewed_after"
            ),
            models.UniqueConstraint(
                fields=["resting", "subject", "document", "folded", "article"],
                condition=Q(over_at__isnull=True),
                name="reliance_once",
            ),
        ]
        indexes = [
            models.Index(fields=["text", "over_at"], name="reliance_text"),
            models.Index(fields=["folded"], condition=Q(text__isnull=True), name="reliance_unlinked"),
            models.Index(fields=["resting", "subject"], name="reliance_subject"),
            GinIndex(fields=["concerns"], name="reliance_concerns"),
        ]

    def __str__(self) -> str:
        """Return what rests on what."""
        return f"{self.subject} on {self.title} {self.article}".rstrip()

    @property
    def waits_for_review(self) -> bool:
        """Return whether a reviewer still has to look at it."""
        return self.review_since is not None and self.reviewed_at is None and self.over_at is None
