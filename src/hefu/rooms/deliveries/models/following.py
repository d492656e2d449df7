"""Tables of deliveries that follow changes: how far each is, its windows, who carries it, what a source is spared."""

from datetime import datetime

import pgtrigger
from django.db import models
from django.db.models import F, Q

from hefu.dataplane.control import Waits
from hefu.kernel.words import Sentence, read_back
from hefu.rooms.deliveries.terms.following import (
    MOST_FOLLOWERS,
    MOST_HELD_BYTES,
    Pulse,
    PulseFacts,
    SlotState,
)
from hefu.rooms.deliveries.terms.timetable import Closed


class Following(models.Model):
    """How far a follower is. What it says of counts stands, exactly, in the consumer's database beside the rows."""

    delivery = models.OneToOneField(
        "deliveries.Delivery", primary_key=True, on_delete=models.PROTECT, related_name="following"
    )
    source_id = models.UUIDField(help_text="Where the changes come from.")
    target_id = models.UUIDField(help_text="Where they go.")
    attempt = models.PositiveIntegerField(default=0, help_text="The try that holds it; reports of others are dropped.")
    holder = models.UUIDField(null=True, blank=True, help_text="The process that carries it.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Until when it is held without a word.")
    crowded = models.BooleanField(default=False, help_text="Passed over: its source bears no more at once.")

    slot = models.CharField(max_length=40, blank=True, help_text="Name at the source's server.")
    slot_state = models.CharField(max_length=8, default=SlotState.NONE.value)
    held_bytes = models.BigIntegerField(null=True, blank=True, help_text="Log that the source keeps for it.")
    behind_bytes = models.BigIntegerField(null=True, blank=True, help_text="Log that it has still to take over.")
    slot_seen_at = models.DateTimeField(null=True, blank=True)
    drop_tries = models.PositiveIntegerField(default=0)
    drop_next_at = models.DateTimeField(null=True, blank=True)
    drop_text = models.TextField(blank=True, help_text="Why the slot could not be dropped; key of its translation.")
    drop_facts = models.JSONField(default=dict)

    copies = models.PositiveIntegerField(default=0, help_text="Times the table was copied.")
    copied_at = models.DateTimeField(null=True, blank=True)
    copied_because = models.TextField(blank=True, help_text="Why it was copied last; marked words.")
    lsn = models.CharField(max_length=20, blank=True, help_text="Position up to which everything is in.")
    seen = models.CharField(max_length=20, blank=True, help_text="Up to where the source has spoken.")
    counts = models.JSONField(default=dict, help_text="What was taken over since the copy.")
    committed_at = models.DateTimeField(null=True, blank=True, help_text="When the source committed the last change.")
    heard_at = models.DateTimeField(null=True, blank=True, help_text="Last word of the source's server.")
    in_step_at = models.DateTimeField(null=True, blank=True, help_text="When the table was last as the source's was.")
    moved_at = models.DateTimeField(null=True, blank=True, help_text="When a change was taken over last.")
    waits = models.JSONField(default=dict, help_text="What its source makes it wait for; empty when for nothing.")
    together = models.PositiveSmallIntegerField(default=0, help_text="Deliveries for which its log is read once.")

    windows = models.PositiveIntegerField(default=0, help_text="Windows that are closed.")
    window_opened_at = models.DateTimeField(null=True, blank=True)
    window_lsn = models.CharField(max_length=20, blank=True, help_text="Where the open window begins.")
    window_counts = models.JSONField(default=dict, help_text="What was counted when it began.")

    beats = models.JSONField(default=list, help_text="Lately: [seconds since 1970, changes, milliseconds behind].")
    felt = models.CharField(max_length=12, blank=True, help_text="Its pulse when it was last felt.")
    felt_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is red, or is not.")
    alarm = models.CharField(max_length=12, blank=True, help_text="The pulse for which alarm was raised.")
    alarm_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slot_state__in=sorted(one.value for one in SlotState)), name="following_slot_state"
            ),
        ]
        indexes = [
            models.Index(fields=["drop_next_at"], condition=Q(slot_state="leaving"), name="following_leaving"),
        ]

    def __str__(self) -> str:
        """Return the position."""
        return f"{self.delivery_id} at {self.lsn}"

    @property
    def pulse_facts(self) -> PulseFacts:
        """Return it as its pulse is felt; with its delivery."""
        row = self.delivery
        return PulseFacts(
            status=row.status,
            phase=row.phase,
            heartbeat_at=row.heartbeat_at,
            heard_at=self.heard_at,
            in_step_at=self.in_step_at,
            moved_at=max(filter(None, (self.moved_at, row.last_row_at, row.started_at)), default=None),
            next_try_at=row.next_try_at,
            pauses=row.pauses,
            crowded=self.crowded,
            waits_since=self.waits_now.began if self.waits_now else None,
        )

    @property
    def waits_now(self) -> Waits | None:
        """Return what its source makes it wait for."""
        if not self.waits:
            return None
        since = self.waits["since"]
        moments = {"began": datetime.fromisoformat(self.waits["began"])}
        return Waits(**self.waits | moments | {"since": datetime.fromisoformat(since) if since else None})

    @property
    def drop_error(self) -> str:
        """Return why the slot could not be dropped, in English; surfaces translate."""
        facts = {name: read_back(fact) for name, fact in self.drop_facts.items()}
        return Sentence(self.drop_text, **facts) if self.drop_text else ""

    @property
    def alarm_raised(self) -> Pulse | None:
        """Return the pulse for which alarm was raised."""
        return Pulse(self.alarm) if self.alarm else None


class FollowWindow(models.Model):
    """What a follower did between two positions; its evidence can be proved offline."""

    delivery = models.ForeignKey("deliveries.Delivery", on_delete=models.PROTECT, related_name="windows")
    number = models.PositiveIntegerField(help_text="From 1.")
    copy = models.PositiveIntegerField(help_text="Of which copy of the table.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField()
    lsn_from = models.CharField(max_length=20)
    lsn_to = models.CharField(max_length=20)
    committed_at = models.DateTimeField(null=True, blank=True)
    transactions = models.BigIntegerField()
    changes = models.BigIntegerField()
    inserted = models.BigIntegerField()
    updated = models.BigIntegerField()
    deleted = models.BigIntegerField()
    rejected = models.BigIntegerField()
    evidence = models.UUIDField(help_text="Uid of the entry that says it.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="window_number"),
            models.CheckConstraint(condition=Q(closed_at__gte=F("opened_at")), name="window_closes_after_it_opens"),
        ]
        triggers = [
            pgtrigger.Protect(name="window_never_changed", operation=pgtrigger.Delete | pgtrigger.Update),
        ]

    def __str__(self) -> str:
        """Return the number."""
        return f"window {self.number}"


class Follower(models.Model):
    """A process that carries followers."""

    id = models.UUIDField(primary_key=True)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    carries = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        """Return where it runs."""
        return f"{self.host} {self.pid}"


class Sparing(models.Model):
    """How far deliveries may burden a source; what no line says holds for it as well."""

    source_id = models.UUIDField(primary_key=True)
    most_followers = models.PositiveIntegerField(default=MOST_FOLLOWERS, help_text="At once.")
    most_held_bytes = models.BigIntegerField(default=MOST_HELD_BYTES, help_text="Of its log, for one of them.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When its slots were looked at last.")
    closed_from = models.TimeField(null=True, blank=True, help_text="Whole copies do not read it from here on.")
    closed_until = models.TimeField(null=True, blank=True)
    closed_working_days = models.BooleanField(default=False, help_text="Only on working days.")
    most_bytes_a_second = models.BigIntegerField(null=True, blank=True, help_text="Of one whole copy.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(most_followers__gte=1), name="sparing_followers"),
            models.CheckConstraint(condition=Q(most_held_bytes__gte=1 << 20), name="sparing_held_bytes"),
            models.CheckConstraint(
                condition=Q(most_bytes_a_second__isnull=True) | Q(most_bytes_a_second__gte=1 << 10),
                name="sparing_rate",
            ),
            models.CheckConstraint(
                condition=Q(closed_from__isnull=True, closed_until__isnull=True)
                | Q(closed_from__isnull=False, closed_until__isnull=False),
                name="sparing_closed",
            ),
        ]

    def __str__(self) -> str:
        """Return the source."""
        return str(self.source_id)

    @property
    def closed(self) -> Closed:
        """Return when whole copies do not read it."""
        return Closed(self.closed_from, self.closed_until, self.closed_working_days)
