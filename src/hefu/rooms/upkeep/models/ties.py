"""Tables of duties, ties and looks at live tables."""

from django.db import models
from django.db.models import Q

from hefu.rooms.upkeep.terms import TaskKind


class Task(models.Model):
    """职责 or 业务事项: what a department is there for."""

    id = models.UUIDField(primary_key=True)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=8)
    under = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=300)
    folded = models.CharField(max_length=300, help_text="Name as it is compared.")
    code = models.CharField(max_length=60, blank=True, help_text="As the department numbers it.")
    basis = models.CharField(max_length=300, blank=True, help_text="Charter or text that gives the duty.")
    registered_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["department", "kind", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=sorted(kind.value for kind in TaskKind)), name="task_kind"),
            models.CheckConstraint(
                condition=Q(kind=TaskKind.BUSINESS.value) | Q(under__isnull=True), name="task_duty_on_top"
            ),
            models.UniqueConstraint(
                fields=["department", "kind", "folded"], condition=Q(ended_at__isnull=True), name="task_once"
            ),
        ]
        indexes = [models.Index(fields=["department", "kind"], name="task_department")]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Tie(models.Model):
    """What ties have in common."""

    id = models.BigAutoField(primary_key=True)
    tied_at = models.DateTimeField()
    tied_by = models.CharField(max_length=80, help_text="As evidence names people.")

    class Meta:
        abstract = True


class TaskTie(Tie):
    """An entry holds the data of a duty or business item."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="task_ties")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="ties")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "task"], name="task_tie_once")]

    def __str__(self) -> str:
        """Return both ends."""
        return f"{self.entry_id} – {self.task_id}"


class SystemTie(Tie):
    """An entry's data lives in an information system."""

    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="system_ties")
    system = models.ForeignKey("resources.System", on_delete=models.PROTECT, related_name="entry_ties")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "system"], name="system_tie_once")]

    def __str__(self) -> str:
        """Return both ends."""
        return f"{self.entry_id} – {self.system_id}"


class Look(models.Model):
    """What the last look at an entry's live table found."""

    entry = models.OneToOneField("catalog.Entry", primary_key=True, on_delete=models.CASCADE, related_name="look")
    looked_at = models.DateTimeField()
    missing = models.PositiveIntegerField(default=0)
    type_differs = models.PositiveIntegerField(default=0)
    not_catalogued = models.PositiveIntegerField(default=0)
    fault = models.TextField(blank=True, help_text="Sentence of why the table could not be looked at.")

    class Meta:
        ordering = ["looked_at"]
        indexes = [
            models.Index(
                fields=["entry"],
                condition=Q(missing__gt=0) | Q(type_differs__gt=0) | Q(not_catalogued__gt=0) | ~Q(fault=""),
                name="look_drifted",
            )
        ]

    def __str__(self) -> str:
        """Return what differs."""
        return f"{self.missing} missing, {self.type_differs} of another type, {self.not_catalogued} not catalogued"

    @property
    def differs(self) -> bool:
        """Return whether the table is not what the entry says."""
        return bool(self.missing or self.type_differs or self.not_catalogued or self.fault)


class Count(models.Model):
    """What a department's coverage was when it was last counted, for nodes too large to count on every look."""

    department = models.OneToOneField(
        "parties.Department", primary_key=True, on_delete=models.CASCADE, related_name="coverage"
    )
    counted_at = models.DateTimeField()
    entries = models.PositiveIntegerField()
    systems = models.PositiveIntegerField()
    duties = models.PositiveIntegerField()
    gaps = models.JSONField(help_text="Gap → rows.")

    def __str__(self) -> str:
        """Return how many entries were counted when."""
        return f"{self.entries} entries at {self.counted_at:%Y-%m-%d %H:%M}"
