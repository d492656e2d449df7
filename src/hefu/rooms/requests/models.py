"""Tables of requests."""

from typing import Any

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from hefu.dataplane import wire
from hefu.dataplane.filters import RowFilter
from hefu.dataplane.ticket import Channel
from hefu.rooms.catalog.terms import ShareType
from hefu.rooms.requests.decide import CaseFacts
from hefu.rooms.requests.terms import (
    AGREED,
    OPEN,
    STATUS_NAMES,
    Answer,
    Application,
    BasisKind,
    ExtensionStatus,
    GrantedItem,
    GroundDocument,
    LegalBasis,
    NoticeKind,
    OfferedItem,
    Side,
    Status,
    Verdict,
    VoiceKind,
)


def _rows(stored: Any) -> RowFilter:
    return wire.from_json(stored, RowFilter)


def every_row() -> dict[str, Any]:
    """Return the stored form of a filter that opens every row."""
    written: dict[str, Any] = wire.to_json(RowFilter())
    return written


@pghistory.track(fields=["status", "item_ids", "rows", "channel", "target_id", "term_from", "term_until"])
class AccessRequest(models.Model):
    """One department asks another for data of one entry."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    consumer = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    provider = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="+")
    entry_version = models.PositiveIntegerField(help_text="The version that the request speaks of.")
    entry_code = models.CharField(max_length=40)
    entry_name = models.CharField(max_length=200)
    status = models.CharField(max_length=14, default=Status.DRAFT)

    purpose = models.TextField(blank=True)
    scenario = models.TextField(blank=True)
    basis_kind = models.CharField(max_length=25, blank=True)
    basis_title = models.CharField(max_length=200, blank=True)
    basis_article = models.CharField(max_length=60, blank=True)
    item_ids = ArrayField(models.UUIDField(), default=list, blank=True, help_text="Items asked for.")
    asked = models.JSONField(default=list, help_text="The items asked for as the entry's version has them.")
    rows = models.JSONField(default=every_row, help_text="Conditions on item codes, as tickets write them.")
    channel = models.CharField(max_length=9, blank=True)
    target_id = models.UUIDField(null=True, blank=True, help_text="Where the rows arrive.")
    term_from = models.DateField(null=True, blank=True)
    term_until = models.DateField(null=True, blank=True, help_text="Last day of use, included.")
    pledge = models.BooleanField(default=False, help_text="Pledged to be true, lawful and safe.")

    place = models.CharField(max_length=12, help_text="Division code of the provider, whose law decides.")
    share_type = models.CharField(max_length=13, blank=True, help_text="Terms on which it is answered; set on receipt.")
    deciders = ArrayField(models.CharField(max_length=9), default=list, blank=True)
    pack = models.TextField(blank=True, help_text="Packs and calendar on the day of receipt, with their hashes.")
    drafted_at = models.DateTimeField()
    drafted_name = models.CharField(max_length=80)
    changed_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    received_on = models.DateField(null=True, blank=True, help_text="Day that counts as the day of receipt.")
    submitted_by = models.CharField(max_length=80, blank=True, help_text="The chief who signed it off.")
    submitted_name = models.CharField(max_length=80, blank=True)
    returned_on = models.DateField(null=True, blank=True)
    missing = models.JSONField(default=dict, blank=True, help_text="Field → what was named as missing.")
    closed_at = models.DateTimeField(null=True, blank=True)
    delivered_on = models.DateField(null=True, blank=True, help_text="Day of the first completed delivery.")
    reason = models.TextField(blank=True, help_text="Why it was withdrawn.")

    class Meta:
        ordering = ["-drafted_at", "-number"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(Status)), name="request_status"),
            models.CheckConstraint(condition=~Q(consumer=F("provider")), name="request_two_sides"),
            models.CheckConstraint(condition=Q(basis_kind__in=["", *BasisKind]), name="request_basis_kind"),
            models.CheckConstraint(condition=Q(channel__in=["", *Channel]), name="request_channel"),
            models.CheckConstraint(
                condition=Q(share_type__in=["", ShareType.UNCONDITIONAL, ShareType.CONDITIONAL]),
                name="request_share_type",
            ),
            models.CheckConstraint(condition=Q(deciders__contained_by=list(Side)), name="request_deciders"),
            models.CheckConstraint(
                condition=Q(status__in=[Status.DRAFT, Status.WITHDRAWN])
                | (
                    Q(received_at__isnull=False, received_on__isnull=False)
                    & ~Q(share_type="")
                    & ~Q(submitted_by="")
                    & ~Q(item_ids=[])
                ),
                name="request_received_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(OPEN), closed_at__isnull=True)
                | (~Q(status__in=sorted(OPEN)) & Q(closed_at__isnull=False)),
                name="request_closed",
            ),
            models.CheckConstraint(
                condition=Q(delivered_on__isnull=True) | Q(status__in=sorted(AGREED)), name="request_delivered"
            ),
        ]
        indexes = [
            models.Index(fields=["consumer", "status"], name="request_consumer"),
            models.Index(fields=["provider", "status"], name="request_provider"),
            models.Index(fields=["status", "received_at"], name="request_status_received"),
            models.Index(fields=["entry"], name="request_entry"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="request_submitted_never_deleted",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__received_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        """Return the number."""
        return self.number

    @property
    def status_name(self) -> str:
        """Return the status in words, to be translated."""
        return STATUS_NAMES[Status(self.status)]

    @property
    def asked_items(self) -> tuple[OfferedItem, ...]:
        """Return the items asked for as the entry's version has them."""
        return wire.from_json(self.asked, tuple[OfferedItem, ...])

    @property
    def row_filter(self) -> RowFilter:
        """Return the rows asked for, as conditions on item codes."""
        return _rows(self.rows)

    @property
    def basis(self) -> LegalBasis | None:
        """Return what the need rests on, once it is stated."""
        if not self.basis_kind:
            return None
        return LegalBasis(BasisKind(self.basis_kind), self.basis_title, self.basis_article)

    @property
    def application(self) -> Application:
        """Return all that the consumer asks."""
        return Application(
            purpose=self.purpose,
            scenario=self.scenario,
            basis=self.basis,
            item_ids=tuple(self.item_ids),
            rows=self.row_filter,
            channel=Channel(self.channel) if self.channel else None,
            target_id=self.target_id,
            term_from=self.term_from,
            term_until=self.term_until,
            pledge=self.pledge,
        )

    @property
    def decider_sides(self) -> tuple[Side, ...]:
        """Return who decides."""
        return tuple(Side(side) for side in self.deciders)

    @property
    def facts(self) -> CaseFacts:
        """Return the case as decisions see it."""
        votes = [voice for voice in self.voices.all() if voice.kind == VoiceKind.VOTE]
        return CaseFacts(
            number=self.number,
            status=Status(self.status),
            asked=self.asked_items,
            rows=self.row_filter,
            deciders=self.decider_sides,
            votes=tuple((Side(vote.side), vote.answer) for vote in votes),
            returned_on=self.returned_on,
        )


class Submission(models.Model):
    """What a chief signed off: the whole request as it was handed in, never changed."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="submissions")
    serial = models.PositiveSmallIntegerField(help_text="1 for the first; completing it makes the next.")
    content = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical content.")
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ["serial"]
        constraints = [models.UniqueConstraint(fields=["request", "serial"], name="submission_serial")]
        triggers = [pgtrigger.Protect(name="submission_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the serial."""
        return f"submission {self.serial}"


class Voice(models.Model):
    """What a side says: an officer's opinion, which may be rewritten, or a decider's vote, which may not."""

    id = models.UUIDField(primary_key=True)
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="voices")
    side = models.CharField(max_length=9)
    kind = models.CharField(max_length=7)
    verdict = models.CharField(max_length=10)
    items = models.JSONField(null=True, help_text="Items with masks; null for all that are asked.")
    rows = models.JSONField(default=every_row, help_text="Conditions that narrow the rows further.")
    ground = models.CharField(max_length=60, blank=True)
    document = models.JSONField(null=True, help_text="Legal text behind the ground.")
    reason = models.TextField(blank=True)
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(condition=Q(side__in=[Side.PROVIDER, Side.AUTHORITY]), name="voice_side"),
            models.CheckConstraint(condition=Q(kind__in=list(VoiceKind)), name="voice_kind"),
            models.CheckConstraint(condition=Q(verdict__in=list(Verdict)), name="voice_verdict"),
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.REFUSE, kind=VoiceKind.VOTE) | (~Q(ground="") & ~Q(reason="")),
                name="voice_refusal_has_ground",
            ),
            models.UniqueConstraint(fields=["request", "side", "kind"], name="voice_once"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="vote_frozen",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__kind=VoiceKind.VOTE),
            )
        ]

    def __str__(self) -> str:
        """Return side and verdict."""
        return f"{self.side}: {self.verdict}"

    @property
    def answer(self) -> Answer:
        """Return what was said."""
        return Answer(
            verdict=Verdict(self.verdict),
            reason=self.reason,
            items=None if self.items is None else wire.from_json(self.items, tuple[GrantedItem, ...]),
            rows=_rows(self.rows),
            ground=self.ground,
            document=wire.from_json(self.document, GroundDocument) if self.document else None,
        )


class Decision(models.Model):
    """How a request was answered. Written once."""

    id = models.UUIDField(primary_key=True)
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="decision")
    status = models.CharField(max_length=14)
    sides = ArrayField(models.CharField(max_length=9), help_text="Who decided; empty for the platform.")
    items = models.JSONField(help_text="Items agreed to, with masks.")
    rows = models.JSONField(help_text="All conditions together: asked and added.")
    ground = models.CharField(max_length=60, blank=True)
    document = models.JSONField(null=True)
    reason = models.TextField(blank=True)
    basis = models.JSONField(help_text="Citations it rests on.")
    decided_at = models.DateTimeField()
    decided_on = models.DateField()
    due_on = models.DateField(null=True, help_text="Last day to answer, as it was then.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[Status.GRANTED, Status.PARTLY_GRANTED, Status.REFUSED]), name="decision_status"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.REFUSED) | (~Q(ground="") & ~Q(reason="") & Q(items=[])),
                name="decision_refusal",
            ),
            models.CheckConstraint(condition=Q(status=Status.REFUSED) | ~Q(items=[]), name="decision_grant"),
        ]
        triggers = [pgtrigger.Protect(name="decision_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the status."""
        return self.status

    @property
    def granted_items(self) -> tuple[GrantedItem, ...]:
        """Return the items agreed to, with their masks."""
        return wire.from_json(self.items, tuple[GrantedItem, ...])

    @property
    def row_filter(self) -> RowFilter:
        """Return all conditions together, on item codes."""
        return _rows(self.rows)

    @property
    def ground_document(self) -> GroundDocument | None:
        """Return the legal text behind the ground of a refusal."""
        return wire.from_json(self.document, GroundDocument) if self.document else None


class Extension(models.Model):
    """The provider's wish for more time to answer, and the authority's word on it."""

    id = models.UUIDField(primary_key=True)
    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, related_name="extension")
    status = models.CharField(max_length=9, default=ExtensionStatus.ASKED)
    days = models.PositiveSmallIntegerField(help_text="Working days wished for.")
    reason = models.TextField()
    asked_by = models.CharField(max_length=80)
    asked_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    due_before = models.DateField()
    due_on = models.DateField(null=True, blank=True, help_text="New last day, once consented.")
    note = models.TextField(blank=True, help_text="The authority's words.")
    answered_name = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=list(ExtensionStatus)), name="extension_status"),
            models.CheckConstraint(
                condition=Q(status=ExtensionStatus.CONSENTED, due_on__gt=F("due_before"))
                | (~Q(status=ExtensionStatus.CONSENTED) & Q(due_on__isnull=True)),
                name="extension_due",
            ),
        ]

    def __str__(self) -> str:
        """Return days and status."""
        return f"{self.days} days, {self.status}"


class Notice(models.Model):
    """Something that a department was told about a case."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="notices")
    to = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=18)
    facts = models.JSONField(help_text="What the sentence names.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=list(NoticeKind)), name="notice_kind")]
        indexes = [models.Index(fields=["to", "at"], name="notice_to")]
        triggers = [pgtrigger.Protect(name="notice_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the kind."""
        return self.kind
