"""Tables of grants and their tickets."""

from collections.abc import Iterable
from enum import StrEnum

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.dataplane import wire
from hefu.dataplane.filters import Condition
from hefu.dataplane.ticket import Channel
from hefu.rooms.grants.terms import OVER, STATUS_NAMES, GrantFacts, GrantStatus, Lack, Side, Way
from hefu.rooms.requests.terms import GrantedItem


def values(words: Iterable[StrEnum]) -> list[str]:
    """Return plain texts for a constraint, so that a migration keeps what held when it was written."""
    return sorted(word.value for word in words)


@pghistory.track()
class Grant(models.Model):
    """Permission bound to purpose, items, rows, masks, channel, term and quota."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    request = models.CharField(max_length=24, unique=True, help_text="Number of the decided request.")
    consumer = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="+")
    entry_code = models.CharField(max_length=80)
    entry_name = models.CharField(max_length=200)
    entry_version = models.PositiveIntegerField(help_text="The version that the decision spoke of.")
    items = models.JSONField(help_text="Granted items with their masks, as the ticket writes them.")
    rows = models.JSONField(default=list, help_text="Conditions on item codes; all must hold.")
    channel = models.CharField(max_length=12)
    target_id = models.UUIDField(null=True, blank=True, help_text="Where the consumer receives.")
    target_table = models.CharField(max_length=63, blank=True, help_text="Table there; named when it is opened.")
    purpose = models.TextField()
    basis = models.JSONField(default=list, help_text="Citations of the decision.")
    term_from = models.DateField(help_text="First day of the term.")
    term_until = models.DateField(help_text="Last day of the term, included.")
    quota_rows = models.PositiveBigIntegerField(null=True, blank=True, help_text="Most rows of one delivery.")
    quota_deliveries = models.PositiveIntegerField(null=True, blank=True, help_text="Most deliveries in the term.")
    way = models.CharField(max_length=12, default=Way.WHOLE.value, help_text="How rows are kept up to date.")
    may_follow = models.BooleanField(default=True, help_text="Whether changes may be followed as they happen.")
    status = models.CharField(max_length=12, default=GrantStatus.WAITING.value)
    missing = ArrayField(models.CharField(max_length=12), default=list, help_text="What keeps it waiting.")
    held_by = models.CharField(max_length=12, blank=True, help_text="Side that put the hold on.")
    mend_by = models.DateField(null=True, help_text="Until which day the consumer puts it right, or the grant ends.")
    reason = models.TextField(blank=True, help_text="Why it was suspended, narrowed or revoked last.")
    issued_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="When the status last changed.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=values(GrantStatus)), name="grant_status"),
            models.CheckConstraint(condition=Q(channel__in=values(Channel)), name="grant_channel"),
            models.CheckConstraint(condition=Q(missing__contained_by=values(Lack)), name="grant_missing"),
            models.CheckConstraint(condition=Q(term_until__gte=F("term_from")), name="grant_term"),
            models.CheckConstraint(
                condition=Q(status=GrantStatus.SUSPENDED.value, held_by__in=values(Side))
                | (~Q(status=GrantStatus.SUSPENDED.value) & Q(held_by="")),
                name="grant_held_when_suspended",
            ),
            models.CheckConstraint(
                condition=~Q(status=GrantStatus.WAITING.value) | Q(missing__len__gt=0), name="grant_waits_for_something"
            ),
            models.CheckConstraint(condition=~Q(consumer=F("provider")), name="grant_two_sides"),
            models.CheckConstraint(
                condition=Q(way=Way.WHOLE.value)
                | Q(
                    way=Way.FOLLOW.value,
                    may_follow=True,
                    channel=Channel.TABLE.value,
                    quota_rows__isnull=True,
                    quota_deliveries__isnull=True,
                )
                | Q(way=Way.INCREMENT.value, channel=Channel.TABLE.value, quota_rows__isnull=True),
                name="grant_way",
            ),
            models.UniqueConstraint(
                fields=["target_id", "target_table"],
                condition=~Q(status__in=values(OVER)) & ~Q(target_table=""),
                name="grant_one_of_a_table",
            ),
        ]
        indexes = [
            models.Index(fields=["consumer", "status"], name="grant_consumer"),
            models.Index(fields=["provider", "status"], name="grant_provider"),
            models.Index(fields=["status", "term_until"], name="grant_term_over"),
            models.Index(fields=["entry"], name="grant_entry"),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def granted_items(self) -> tuple[GrantedItem, ...]:
        """Return the items with their masks."""
        return wire.from_json(self.items, tuple[GrantedItem, ...])

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the row conditions, on item codes."""
        return wire.from_json(self.rows, tuple[Condition, ...])

    @property
    def status_name(self) -> str:
        """Return the status in words, to be translated."""
        return STATUS_NAMES[GrantStatus(self.status)]

    @property
    def facts(self) -> GrantFacts:
        """Return the grant as decisions see it."""
        return GrantFacts(
            number=self.number,
            status=GrantStatus(self.status),
            channel=Channel(self.channel),
            items=self.granted_items,
            rows=self.conditions,
            term_from=self.term_from,
            term_until=self.term_until,
            has_target=self.target_id is not None,
            quota_rows=self.quota_rows,
            quota_deliveries=self.quota_deliveries,
            held_by=Side(self.held_by) if self.held_by else None,
            way=Way(self.way),
            may_follow=self.may_follow,
        )


class LastUse(models.Model):
    """When a grant was last used, and when somebody last kept it although it was not."""

    grant = models.OneToOneField(Grant, primary_key=True, on_delete=models.PROTECT, related_name="last_use")
    used_at = models.DateTimeField(null=True, blank=True, help_text="A delivery arrived, or its file was fetched.")
    kept_at = models.DateTimeField(null=True, blank=True, help_text="The authority kept it although it was idle.")

    def __str__(self) -> str:
        """Return grant and moment."""
        return f"{self.grant_id} used {self.used_at:%Y-%m-%d}" if self.used_at else f"{self.grant_id} not used"


class UseRecord(models.Model):
    """What the consumer tells of its use of granted data. Nothing of it is ever changed or deleted."""

    id = models.UUIDField(primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="uses")
    told = models.JSONField(help_text="What the law wants told, by its word in the packs, and the answer.")
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=60, help_text="Who told it, as evidence names people.")
    by_name = models.CharField(max_length=60)
    kept_until = models.DateField(help_text="Until which day the law has it kept at least.")

    class Meta:
        ordering = ["-recorded_at"]
        triggers = [
            pgtrigger.Protect(name="use_never_changed", operation=pgtrigger.Delete | pgtrigger.Update),
        ]

    def __str__(self) -> str:
        """Return grant and day."""
        return f"{self.grant_id} used, told {self.recorded_at:%Y-%m-%d}"


class SignedTicket(models.Model):
    """One signed version of a grant's ticket. A ticket that has ended never holds again."""

    id = models.UUIDField(primary_key=True, help_text="The ticket's own id, its `jti`.")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="tickets")
    serial = models.PositiveSmallIntegerField(help_text="1 for the first; a changed or resumed grant gets the next.")
    jws = models.TextField(help_text="The signed token, compact.")
    issued_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(help_text="First instant at which it holds no more.")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was taken out of force, if it was.")

    class Meta:
        ordering = ["-serial"]
        constraints = [
            models.UniqueConstraint(fields=["grant", "serial"], name="ticket_serial"),
            models.UniqueConstraint(fields=["grant"], condition=Q(ended_at__isnull=True), name="ticket_one_in_force"),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="ticket_validity"),
        ]
        triggers = [
            pgtrigger.Protect(name="ticket_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="ticket_never_changed", exclude=["ended_at"]),
            pgtrigger.Protect(
                name="ticket_never_revived",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """Return grant and serial."""
        return f"{self.grant_id} ticket {self.serial}"
