"""Tables of running periods and of the office's habits."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from hefu.kernel.citation import Citation
from hefu.law.deadline import Deadline
from hefu.law.notices import Notice, read_notice
from hefu.law.settings import Settings
from hefu.law.terms import OnExpiry, Unit
from hefu.rooms.clocks.decide import ClockFacts
from hefu.rooms.clocks.terms import OPEN, Change, State


class CaseClock(models.Model):
    """One statutory period of one case."""

    id = models.UUIDField(primary_key=True)
    subject = models.CharField(max_length=24, help_text="Public number of the case.")
    rule = models.CharField(max_length=60, help_text="Rule of the packs that set it.")
    place = models.CharField(max_length=12, help_text="Division code whose law and calendar count.")
    responsible = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    concerns = ArrayField(models.UUIDField(), default=list, help_text="Other departments of the case.")
    state = models.CharField(max_length=9, default=State.RUNNING)
    started_on = models.DateField()
    due_on = models.DateField(help_text="Last day in time, this day included.")
    provisional = models.BooleanField(help_text="A day on the way has no official calendar yet.")
    deadline = models.JSONField(help_text="How the first last day was counted: steps, citations, pack.")
    changes = models.JSONField(default=list, help_text="What moved the last day since, oldest first.")
    paused_on = models.DateField(null=True, blank=True)
    extended_on = models.DateField(null=True, blank=True)
    reminded = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Smallest of the office's reminders given so far, in working days left."
    )
    expired_on = models.DateField(null=True, blank=True, help_text="Day on which the sweep saw it expired.")
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(State)), name="clock_state"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN), closed_on__isnull=True)
                | (~Q(state__in=sorted(OPEN)) & Q(closed_on__isnull=False)),
                name="clock_closed",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PAUSED) | Q(paused_on__isnull=False), name="clock_paused_on"
            ),
            models.UniqueConstraint(
                fields=["subject", "rule"], condition=Q(state__in=sorted(OPEN)), name="clock_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(state__in=sorted(OPEN)), name="clock_open_due"),
            models.Index(fields=["subject"], name="clock_subject"),
            models.Index(fields=["responsible", "due_on"], name="clock_responsible"),
            GinIndex(fields=["concerns"], name="clock_concerns"),
        ]

    def __str__(self) -> str:
        """Return the case and the rule."""
        return f"{self.subject} {self.rule}"

    @property
    def is_open(self) -> bool:
        """Return whether something is still owed."""
        return self.state in OPEN

    @property
    def counted(self) -> Deadline:
        """Return the first last day with everything it rests on."""
        return Deadline.from_json(self.deadline)

    @property
    def facts(self) -> ClockFacts:
        """Return the clock as decisions see it."""
        return ClockFacts(
            subject=self.subject,
            rule=self.rule,
            state=State(self.state),
            unit=self.unit,
            due_on=self.due_on,
            paused_on=self.paused_on,
            extended=self.extended_on is not None,
            reminded=self.reminded,
        )

    @property
    def in_force(self) -> Deadline:
        """Return the count that holds now: the last one made again, else the first."""
        again = [change for change in self.changes if change["change"] == Change.RECOUNTED]
        return Deadline.from_json(again[-1]["deadline"]) if again else self.counted

    @property
    def article(self) -> Citation:
        """Return the place in the law on which the last day rests now; the rest of the count is not read."""
        again = [change for change in self.changes if change["change"] == Change.RECOUNTED]
        return Citation(**(again[-1]["deadline"] if again else self.deadline)["source"])

    @property
    def unit(self) -> Unit:
        """Return in what the period is counted."""
        return self.in_force.unit


class HolidayNotice(models.Model):
    """The official notice of a year's holidays as the node took it in; it never changes, a later one replaces it."""

    id = models.UUIDField(primary_key=True)
    year = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=12, help_text="Significant digits of the division code; 00 is national.")
    notice = models.CharField(max_length=300, help_text="Number or address under which it was issued.")
    text = models.TextField(help_text="The file as it was imported.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text.")
    imported_by = models.CharField(max_length=120)
    imported_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-year", "place", "-imported_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "place"], condition=Q(replaced_at__isnull=True), name="notice_in_force_once"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="notice_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="notice_unchanged", exclude=["replaced_at"]),
        ]

    def __str__(self) -> str:
        """Return year and place."""
        return f"{self.year} {self.place}"

    @property
    def as_law(self) -> Notice:
        """Return the notice as the law's calendars take it."""
        return read_notice(self.text, f"notice {self.year} {self.place}")


class Office(models.Model):
    """What the texts leave to the authority; one row. Never law, and always shown as a setting."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    reminder_days = ArrayField(models.PositiveSmallIntegerField(), help_text="Working days left, largest first.")
    cut_off = models.TimeField(null=True, blank=True, help_text="What arrives later counts as the next working day's.")
    promptly_days = models.PositiveSmallIntegerField()
    at_once_hours = models.PositiveSmallIntegerField()
    set_time_days = models.PositiveSmallIntegerField()
    on_expiry = models.CharField(max_length=8)
    pause_while_incomplete = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="office_one"),
            models.CheckConstraint(condition=Q(on_expiry__in=list(OnExpiry)), name="office_on_expiry"),
        ]

    def __str__(self) -> str:
        """Return when it was last changed."""
        return f"office settings of {self.changed_at:%Y-%m-%d}"

    @property
    def settings(self) -> Settings:
        """Return the row as the law's look-up takes it."""
        return Settings(
            reminder_days=tuple(self.reminder_days),
            cut_off=self.cut_off,
            promptly_days=self.promptly_days,
            at_once_hours=self.at_once_hours,
            set_time_days=self.set_time_days,
            on_expiry=OnExpiry(self.on_expiry),
            pause_while_incomplete=self.pause_while_incomplete,
        )
