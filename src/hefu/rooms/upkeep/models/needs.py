"""Tables of needs outside the catalogue, and of what a scan of a source proposes."""

from django.db import models
from django.db.models import Q

from hefu.rooms.upkeep.terms.cases import NeedStatus, ProposalStatus, ScanStatus


class Need(models.Model):
    """A department needs data that nobody has catalogued."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=24, unique=True)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="needs")
    name = models.CharField(max_length=200)
    items = models.TextField(help_text="Items wanted, in words.")
    purpose = models.TextField()
    basis = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, default=NeedStatus.RECEIVED.value)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    source = models.ForeignKey(
        "parties.Department", null=True, blank=True, on_delete=models.PROTECT, related_name="needs_to_meet"
    )
    entry = models.ForeignKey("catalog.Entry", null=True, blank=True, on_delete=models.PROTECT, related_name="needs")
    reason = models.TextField(blank=True, help_text="Last word of the authority or the source department.")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in NeedStatus)), name="need_status"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[NeedStatus.ASSIGNED.value, NeedStatus.CONFIRMED.value])
                | Q(source__isnull=False),
                name="need_has_source",
            ),
            models.CheckConstraint(
                condition=~Q(status=NeedStatus.MET.value) | Q(entry__isnull=False), name="need_met_by"
            ),
        ]
        indexes = [models.Index(fields=["status", "asked_at"], name="need_desk")]

    def __str__(self) -> str:
        """Return number and name."""
        return f"{self.number} {self.name}"


class Scan(models.Model):
    """One look through all tables of a source."""

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey("resources.Source", on_delete=models.CASCADE, related_name="scans")
    status = models.CharField(max_length=8, default=ScanStatus.WAITING.value)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in ScanStatus)), name="scan_status"
            )
        ]

    def __str__(self) -> str:
        """Return how far it is."""
        return f"{self.done} of {self.total}"


class Proposal(models.Model):
    """A table or file that a scan found, as the entry it could be. No value of it is kept."""

    id = models.UUIDField(primary_key=True)
    source = models.ForeignKey("resources.Source", on_delete=models.CASCADE, related_name="proposals")
    schema = models.CharField(max_length=63, blank=True)
    table = models.CharField(max_length=255)
    name = models.CharField(max_length=200, help_text="What the entry could be called: the table's comment.")
    rows_estimate = models.BigIntegerField(null=True, blank=True)
    items = models.JSONField(help_text="Columns with type, profile and suggestions.")
    grade = models.CharField(max_length=9)
    personal_info = models.CharField(max_length=9)
    status = models.CharField(max_length=8, default=ProposalStatus.OPEN.value)
    entry = models.ForeignKey("catalog.Entry", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    found_at = models.DateTimeField()

    class Meta:
        ordering = ["schema", "table"]
        constraints = [
            models.UniqueConstraint(fields=["source", "schema", "table"], name="proposal_once"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(status.value for status in ProposalStatus)), name="proposal_status"
            ),
        ]

    def __str__(self) -> str:
        """Return the table."""
        return f"{self.schema}.{self.table}" if self.schema else self.table
