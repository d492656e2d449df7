"""Tables of holdings, of their runs and of the rows that did not pass. The rows themselves are in the lake."""

from collections.abc import Iterable
from enum import StrEnum

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.dataplane.lake.table import Taking
from hefu.kernel.words import Sentence, read_back
from hefu.rooms.holdings.terms import (
    LEAST_KEPT_DAYS,
    MOST_KEPT_DAYS,
    OPEN,
    STATUS_NAMES,
    TAKING_NAMES,
    LibraryKind,
    RunStatus,
)


def _values(words: Iterable[StrEnum]) -> list[str]:
    """Return plain texts for a constraint, so that a migration keeps what held when it was written."""
    return sorted(word.value for word in words)


@pghistory.track()
class Holding(models.Model):
    """归集库: what the node keeps of an entry's rows."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="holdings")
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="holdings")
    taking = models.CharField(max_length=8, default=Taking.SNAPSHOT.value)
    timetable = models.CharField(max_length=120, blank=True, help_text="As it was typed: cron, or words.")
    next_at = models.DateTimeField(null=True, blank=True)
    serves = models.BooleanField(default=False, help_text="Grants are delivered from it, not from the source.")
    kept_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="For how long versions are kept after they were replaced; none: for ever."
    )
    by_owner = models.BooleanField(
        default=False, help_text="Its own department opened it or set its times, not the authority alone."
    )
    opened_by = models.CharField(max_length=80)
    opened_by_name = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(taking__in=_values(Taking)), name="holding_taking"),
            models.CheckConstraint(
                condition=Q(kept_days__isnull=True) | Q(kept_days__range=(LEAST_KEPT_DAYS, MOST_KEPT_DAYS)),
                name="holding_kept_days",
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(closed_at__isnull=True), name="holding_one_of_an_entry"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], name="holding_next")]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def taking_name(self) -> str:
        """Return how rows are taken in words, to be translated."""
        return TAKING_NAMES[Taking(self.taking)]


class CollectionRun(models.Model):
    """归集运行: one collection of the source into the next version."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="runs")
    serial = models.PositiveIntegerField(help_text="Within the holding; the lake knows the run by it.")
    taking = models.CharField(max_length=8)
    empty_is_true = models.BooleanField(default=False, help_text="Somebody said that the source is really empty.")
    status = models.CharField(max_length=12, default=RunStatus.WAITING.value)
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    cancel_asked_at = models.DateTimeField(null=True, blank=True)

    attempt = models.PositiveIntegerField(default=0, help_text="Tries begun.")
    pauses = models.PositiveIntegerField(default=0, help_text="Tries that failed for now.")
    takeovers = models.PositiveIntegerField(default=0, help_text="Times it was taken over from a dead worker.")
    next_try_at = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=24, blank=True)
    phase_at = models.DateTimeField(null=True, blank=True)
    rows = models.BigIntegerField(default=0, help_text="Rows that passed in this phase.")
    rows_expected = models.BigIntegerField(null=True, blank=True)
    bytes = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True, help_text="English sentence with fields, the key of its translation.")
    error_facts = models.JSONField(default=dict)

    version = models.PositiveBigIntegerField(null=True, blank=True, help_text="In the Delta log.")
    collected_at = models.DateTimeField(null=True, blank=True, help_text="The version's own time.")
    rows_read = models.BigIntegerField(null=True, blank=True)
    rows_rejected = models.BigIntegerField(null=True, blank=True)
    rejected = models.JSONField(default=dict, help_text="Reason → rows; a row may count under several.")
    rows_held = models.BigIntegerField(null=True, blank=True, help_text="Rows of the version.")
    inserted = models.BigIntegerField(null=True, blank=True)
    updated = models.BigIntegerField(null=True, blank=True)
    removed = models.BigIntegerField(null=True, blank=True)
    digest_source = models.CharField(max_length=20, blank=True)
    digest_held = models.CharField(max_length=20, blank=True)
    milliseconds = models.JSONField(default=dict)
    rejects_kept = models.IntegerField(default=0)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_values(RunStatus)), name="collection_run_status"),
            models.CheckConstraint(condition=Q(taking__in=_values(Taking)), name="collection_run_taking"),
            models.UniqueConstraint(fields=["holding", "serial"], name="collection_run_serial"),
            models.UniqueConstraint(
                fields=["holding"], condition=Q(status__in=_values(OPEN)), name="collection_run_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.DONE.value)
                | Q(
                    version__isnull=False,
                    rows_held__isnull=False,
                    rows_read__gte=F("rows_rejected"),
                    finished_at__isnull=False,
                ),
                name="collection_run_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.DONE.value)
                | ~Q(taking=Taking.SNAPSHOT.value)
                | Q(rows_read=F("rows_held") + F("rows_rejected"), digest_source=F("digest_held")),
                name="collection_run_is_the_source",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.FAILED.value) | ~Q(error_code=""), name="collection_run_failed_why"
            ),
        ]
        indexes = [models.Index(fields=["status", "next_try_at"], name="collection_run_open")]
        triggers = [pgtrigger.Protect(name="collection_run_never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def status_name(self) -> str:
        """Return the status in words, to be translated."""
        return STATUS_NAMES[RunStatus(self.status)]

    @property
    def taking_name(self) -> str:
        """Return how rows are taken in words, to be translated."""
        return TAKING_NAMES[Taking(self.taking)]

    @property
    def error(self) -> str:
        """Return what went wrong, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.error_facts.items()}
        return Sentence(self.error_text, **facts) if self.error_text else ""


class RejectedRow(models.Model):
    """A row that did not pass a check. Its values are sealed: only its department's officers read them."""

    run = models.ForeignKey(CollectionRun, on_delete=models.PROTECT, related_name="rejected_rows")
    place = models.IntegerField(help_text="In the order in which they were found, from 1.")
    reasons = ArrayField(models.CharField(max_length=200), help_text="Every check that the row failed.")
    sealed = models.TextField(help_text="Its values under the master key.")

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["run", "place"], name="holding_rejected_row_place")]

    def __str__(self) -> str:
        """Return the place, never a value."""
        return f"rejected row {self.place}"


@pghistory.track()
class Library(models.Model):
    """基础库、主题库: an assembly over several holdings, one row for each subject."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="libraries")
    subject = models.CharField(max_length=63, help_text="Name of its key.")
    parts = models.JSONField(help_text="[{holding, subject, changed}]")
    fields = models.JSONField(help_text="[{name, wins, sources: [[holding, column]]}]")
    stated_by = models.CharField(max_length=80)
    stated_by_name = models.CharField(max_length=80)
    stated_at = models.DateTimeField()

    status = models.CharField(max_length=12, blank=True, help_text="Of the last assembly; empty before the first.")
    serial = models.PositiveIntegerField(default=0, help_text="Of the last assembly.")
    takeovers = models.PositiveIntegerField(default=0)
    pauses = models.PositiveIntegerField(default=0, help_text="Tries of the last assembly that failed for now.")
    next_try_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveBigIntegerField(null=True, blank=True)
    subjects = models.BigIntegerField(null=True, blank=True)
    assembled = models.JSONField(default=dict, help_text="{subject, parts, fields} that its version was assembled by.")
    kept_days = models.PositiveIntegerField(
        null=True, blank=True, help_text="For how long versions are kept after they were replaced; none: for ever."
    )
    timetable = models.CharField(max_length=120, blank=True, help_text="As it was typed: cron, words, or after what.")
    next_at = models.DateTimeField(null=True, blank=True)
    conflicts = models.JSONField(default=dict, help_text="Field → subjects of which sources say different things.")
    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True)
    error_facts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "libraries"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=_values(LibraryKind)), name="library_kind"),
            models.CheckConstraint(condition=Q(status__in=["", *_values(RunStatus)]), name="library_status"),
            models.CheckConstraint(
                condition=Q(kept_days__isnull=True) | Q(kept_days__range=(LEAST_KEPT_DAYS, MOST_KEPT_DAYS)),
                name="library_kept_days",
            ),
            models.UniqueConstraint(fields=["department", "name"], name="library_name"),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def rests(self) -> bool:
        """Return whether it waits for its next try after one that failed for now."""
        return self.status == RunStatus.WAITING and self.pauses > 0

    @property
    def error(self) -> str:
        """Return what went wrong, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.error_facts.items()}
        return Sentence(self.error_text, **facts) if self.error_text else ""


@pghistory.track()
class LibraryConsent(models.Model):
    """A source department's word that a library of another may share columns of its own on."""

    id = models.UUIDField(primary_key=True)
    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="consents")
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="consents")
    columns = ArrayField(models.CharField(max_length=63), help_text="Columns of the holding.")
    given_by = models.CharField(max_length=80)
    given_by_name = models.CharField(max_length=80)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-given_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["library", "holding"],
                condition=Q(withdrawn_at__isnull=True),
                name="library_consent_one_of_a_holding",
            )
        ]

    def __str__(self) -> str:
        """Return whose columns."""
        return f"{self.library_id}: {', '.join(self.columns)}"


class LibraryConflict(models.Model):
    """What sources say differently of one field of one subject, sealed."""

    library = models.ForeignKey(Library, on_delete=models.PROTECT, related_name="kept_conflicts")
    place = models.IntegerField()
    field = models.CharField(max_length=63)
    sealed = models.TextField(help_text="Subject and values under the master key.")

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["library", "place"], name="library_conflict_place")]

    def __str__(self) -> str:
        """Return the place, never a value."""
        return f"conflict {self.place}"
