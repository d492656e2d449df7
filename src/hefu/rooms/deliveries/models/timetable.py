"""When a grant's rows are copied as a whole, and compared, without being asked."""

from django.db import models

from hefu.kernel.words import Sentence, read_back


class Timetable(models.Model):
    """One grant's times."""

    grant = models.OneToOneField("grants.Grant", primary_key=True, on_delete=models.PROTECT, related_name="timetable")
    text = models.CharField(max_length=120, help_text="As it was typed: cron, or words.")
    after = models.CharField(
        max_length=24, blank=True, db_index=True, help_text="Number of the grant, holding or library it waits for."
    )
    next_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is due; with `after`, since when it has been."
    )
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
        indexes = [models.Index(fields=["next_at"], name="timetable_next")]

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @property
    def missed_because(self) -> str:
        """Return why a time passed without a delivery, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.missed_facts.items()}
        return Sentence(self.missed_text, **facts) if self.missed_text else ""


class ComparingTimes(models.Model):
    """When a grant's table is held against its source without being asked."""

    grant = models.OneToOneField(
        "grants.Grant", primary_key=True, on_delete=models.PROTECT, related_name="comparing_times"
    )
    text = models.CharField(max_length=120, help_text="As it was typed: cron, or words.")
    next_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True, help_text="When it last started a comparison.")
    missed = models.PositiveIntegerField(default=0, help_text="Times that passed without one since it was set.")
    missed_at = models.DateTimeField(null=True, blank=True)
    missed_text = models.TextField(blank=True, help_text="Why; key of its translation.")
    missed_facts = models.JSONField(default=dict)
    set_by = models.CharField(max_length=80)
    set_by_name = models.CharField(max_length=80)
    set_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="comparing_times_next")]

    def __str__(self) -> str:
        """Return the text."""
        return self.text

    @property
    def missed_because(self) -> str:
        """Return why a time passed without a comparison, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.missed_facts.items()}
        return Sentence(self.missed_text, **facts) if self.missed_text else ""
