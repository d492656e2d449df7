"""Tables of deliveries and of the rows that did not pass."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.dataplane.errors import TooFewRows
from hefu.dataplane.ticket import Channel
from hefu.kernel.words import Sentence, read_back
from hefu.rooms.deliveries.terms import STANDING, STATUS_NAMES, DeliveryStatus
from hefu.rooms.grants.terms import WAY_NAMES, Way


def values(words: Iterable[StrEnum]) -> list[str]:
    """Return plain texts for a constraint, so that a migration keeps what held when it was written."""
    return sorted(word.value for word in words)


class Delivery(models.Model):
    """One carriage of a grant's rows to the consumer; a rerun of the same delivery goes on where it was."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    grant = models.ForeignKey("grants.Grant", on_delete=models.PROTECT, related_name="deliveries")
    ticket = models.ForeignKey("grants.SignedTicket", on_delete=models.PROTECT, related_name="+")
    consumer = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12)
    mode = models.CharField(max_length=12, default=Way.WHOLE.value, help_text="Whole, kept in step, or new rows.")
    target_id = models.UUIDField(
        null=True, blank=True, help_text="Where the rows go; None for a file that is fetched here."
    )
    file_format = models.CharField(
        max_length=8, blank=True, help_text="csv, xlsx, parquet or jsonl; empty for a table."
    )
    status = models.CharField(max_length=12, default=DeliveryStatus.WAITING.value)
    asked_by = models.CharField(max_length=80)
    asked_by_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    pause_asked_at = models.DateTimeField(null=True, blank=True, help_text="Of a running follower.")

    attempt = models.PositiveIntegerField(default=0, help_text="Tries begun.")
    pauses = models.PositiveIntegerField(default=0, help_text="Tries that failed for now since a row moved.")
    takeovers = models.PositiveIntegerField(default=0, help_text="Times it was taken over from a dead worker.")
    next_try_at = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=24, blank=True)
    phase_at = models.DateTimeField(null=True, blank=True, help_text="When the phase began.")
    rows = models.BigIntegerField(default=0, help_text="Rows that passed in this phase.")
    rows_expected = models.BigIntegerField(null=True, blank=True, help_text="Estimate of the source.")
    bytes = models.BigIntegerField(default=0)
    chunks_done = models.IntegerField(default=0)
    chunks = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True, help_text="When the current or last try began.")
    heartbeat_at = models.DateTimeField(null=True, blank=True, help_text="Last sign of the worker.")
    last_row_at = models.DateTimeField(null=True, blank=True, help_text="When a row moved last.")
    finished_at = models.DateTimeField(null=True, blank=True)

    error_code = models.CharField(max_length=60, blank=True)
    error_text = models.TextField(blank=True, help_text="English sentence with fields, the key of its translation.")
    error_facts = models.JSONField(default=dict, help_text="What stands in the fields.")

    rows_read = models.BigIntegerField(null=True, blank=True, help_text="Rows that the filter grants.")
    rows_rejected = models.BigIntegerField(null=True, blank=True)
    rejected = models.JSONField(default=dict, help_text="Reason → rows; a row may count under several.")
    rows_written = models.BigIntegerField(null=True, blank=True)
    digest_source = models.CharField(max_length=80, blank=True)
    digest_target = models.CharField(max_length=80, blank=True)
    lane = models.CharField(max_length=16, blank=True)
    columns = models.JSONField(default=list, help_text="Names and types as delivered.")
    milliseconds = models.JSONField(default=dict, help_text="Phase → milliseconds of the last try.")
    resumed_rows = models.BigIntegerField(default=0, help_text="Rows that an earlier try had carried already.")
    rejects_kept = models.IntegerField(default=0, help_text="Rejected rows whose values are kept.")
    file_name = models.CharField(max_length=80, blank=True, help_text="In the folder of files; empty once dropped.")
    fewer_taken = models.BooleanField(default=False, help_text="The consumer takes far fewer rows all the same.")
    increment = models.JSONField(null=True, blank=True, help_text="What a delivery of new rows alone read and changed.")
    held = models.JSONField(default=list, help_text="[{number, version, at}] of the holdings and libraries it read.")
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_bytes = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(DeliveryStatus)), name="delivery_status"),
            models.CheckConstraint(condition=Q(channel__in=values(Channel)), name="delivery_channel"),
            models.CheckConstraint(
                condition=Q(channel=Channel.TABLE.value, target_id__isnull=False, file_format="")
                | (Q(channel=Channel.FILE.value) & ~Q(file_format="")),
                name="delivery_one_way",
            ),
            models.CheckConstraint(condition=Q(mode__in=values(Way)), name="delivery_mode"),
            models.CheckConstraint(
                condition=Q(mode=Way.WHOLE.value) | Q(channel=Channel.TABLE.value),
                name="delivery_follows_a_table",
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.PAUSED.value) | Q(mode=Way.FOLLOW.value), name="delivery_rests"
            ),
            models.UniqueConstraint(
                fields=["grant"], condition=Q(status__in=values(STANDING)), name="delivery_one_open"
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.DONE.value)
                | Q(
                    rows_read=F("rows_written") + F("rows_rejected"),
                    digest_source=F("digest_target"),
                    finished_at__isnull=False,
                ),
                name="delivery_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(status=DeliveryStatus.FAILED.value) | ~Q(error_code=""),
                name="delivery_failure_has_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["consumer", "-number"], name="delivery_consumer"),
            models.Index(fields=["provider", "-number"], name="delivery_provider"),
            models.Index(fields=["status", "next_try_at"], name="delivery_open"),
            models.Index(fields=["finished_at"], name="delivery_finished"),
        ]
        triggers = [pgtrigger.Protect(name="delivery_never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def is_held_back(self) -> bool:
        """Return whether it stands failed because far fewer rows came, and somebody may take them all the same."""
        return self.status == DeliveryStatus.FAILED and self.error_code == TooFewRows.code

    @property
    def status_name(self) -> str:
        """Return the status in words, to be translated."""
        return STATUS_NAMES[DeliveryStatus(self.status)]

    @property
    def mode_name(self) -> str:
        """Return the mode in words, to be translated."""
        return WAY_NAMES[Way(self.mode)]

    @property
    def held_versions(self) -> list[tuple[str, int, datetime]]:
        """Return number, version and moment of what the node held that was read in place of the source."""
        return [(one["number"], one["version"], datetime.fromisoformat(one["at"])) for one in self.held]

    @property
    def error(self) -> str:
        """Return what went wrong, in English; surfaces put the sentence in their reader's language."""
        facts = {name: read_back(fact) for name, fact in self.error_facts.items()}
        return Sentence(self.error_text, **facts) if self.error_text else ""


class RejectedRow(models.Model):
    """A granted row that did not pass a check. Its values are sealed: only the provider's officers read them."""

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="rejected_rows")
    place = models.IntegerField(help_text="In the order in which they were found, from 1.")
    reasons = ArrayField(models.CharField(max_length=200), help_text="Every check that the row failed.")
    sealed = models.TextField(help_text="Its values under the master key.")

    class Meta:
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "place"], name="rejected_row_place"),
            models.CheckConstraint(condition=Q(reasons__len__gt=0), name="rejected_row_has_a_reason"),
        ]

    def __str__(self) -> str:
        """Return the place, never a value."""
        return f"rejected row {self.place}"
