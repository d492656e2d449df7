"""Tables of comments, yearly reviews and second assessments."""

from django.db import models
from django.db.models import Q

from hefu.rooms.upkeep.terms.cases import Word


class Assessment(models.Model):
    """A second person's word on an entry's secrecy and personal-information assessment."""

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="assessments")
    agrees = models.BooleanField()
    note = models.TextField(blank=True)
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was assessed.")
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        """Return whether it agrees."""
        return "agrees" if self.agrees else "objects"


class Round(models.Model):
    """A time in which others may comment on a draft."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="rounds")
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=80)
    until = models.DateField(help_text="Last day for comments.")
    public = models.BooleanField(default=False, help_text="Whether everybody may read the draft and comment.")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(fields=["entry"], condition=Q(closed_at__isnull=True), name="round_one_open")
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class Comment(models.Model):
    """What a department or one of the public said on a draft, and what became of it."""

    id = models.UUIDField(primary_key=True)
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="comments")
    department = models.ForeignKey("parties.Department", null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    by = models.CharField(max_length=80)
    speaker = models.CharField(
        max_length=80, blank=True, help_text="As one of the public calls themselves; may be empty."
    )
    origin = models.CharField(
        max_length=64, blank=True, help_text="Keyed digest of where it came from, by day; gone when the round closes."
    )
    shown = models.BooleanField(
        null=True, default=True, help_text="Whether others read it; None while it waits for somebody to look."
    )
    kept_back = models.CharField(max_length=500, blank=True, help_text="Why it is not shown.")
    at = models.DateTimeField()
    taken = models.BooleanField(null=True, blank=True, help_text="Whether it was followed; None before the answer.")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__isnull=True) | Q(taken=True) | ~Q(answer=""), name="comment_not_taken_why"
            ),
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(shown=True), name="comment_departments_are_heard"
            ),
            models.CheckConstraint(condition=~Q(shown=False) | ~Q(kept_back=""), name="comment_kept_back_why"),
        ]

    def __str__(self) -> str:
        """Return its first words."""
        return self.text[:40]


class FullReview(models.Model):
    """年度全面维护: a department goes through its whole catalogue."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="full_reviews")
    opened_at = models.DateTimeField()
    due_on = models.DateField(help_text="Last day.")
    rule = models.CharField(max_length=60, blank=True, help_text="Rule of the packs; empty when the authority set it.")
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["department"], condition=Q(closed_at__isnull=True), name="full_review_one_open"
            )
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number


class ReviewedEntry(models.Model):
    """What a full review said of one entry."""

    id = models.BigAutoField(primary_key=True)
    review = models.ForeignKey(FullReview, on_delete=models.CASCADE, related_name="words")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    word = models.CharField(max_length=10)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "entry"], name="reviewed_once"),
            models.CheckConstraint(condition=Q(word__in=sorted(word.value for word in Word)), name="reviewed_word"),
        ]

    def __str__(self) -> str:
        """Return the word."""
        return self.word
