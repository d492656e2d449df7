"""Tables of the source department of each item, and of what departments are told of it."""

import pgtrigger
from django.db import models
from django.db.models import Q

from hefu.rooms.upkeep.models.likeness import Pair
from hefu.rooms.upkeep.terms.naming import Said


class ItemNaming(models.Model):
    """数源部门: the one department that the authority named as the source of an item. What is taken back stays."""

    id = models.UUIDField(primary_key=True)
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="namings")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="item_namings")
    item = models.ForeignKey("catalog.Item", on_delete=models.CASCADE, related_name="source_namings")
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    origin = models.ForeignKey(
        "catalog.Entry",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="The entry in which the source department holds it.",
    )
    origin_item = models.ForeignKey("catalog.Item", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_by = models.ManyToManyField(
        Pair, related_name="confirmed", help_text="Other pairs on which the authority named the same department."
    )
    folded = models.CharField(max_length=200, help_text="Name of the item as it is compared.")
    code = models.CharField(max_length=63, blank=True, help_text="Code of the item, in small letters.")
    reason = models.TextField()
    named_by = models.CharField(max_length=80)
    named_at = models.DateTimeField()
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=Q(ended_at__isnull=True), name="item_has_one_source"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | ~Q(ended_reason=""), name="naming_taken_back_why"
            ),
        ]
        indexes = [
            models.Index(fields=["folded"], condition=Q(ended_at__isnull=True), name="naming_name"),
            models.Index(fields=["code"], condition=Q(ended_at__isnull=True), name="naming_code"),
            models.Index(fields=["entry"], condition=Q(ended_at__isnull=True), name="naming_entry"),
        ]

    def __str__(self) -> str:
        """Return the department."""
        return str(self.department)

    @property
    def is_source(self) -> bool:
        """Return whether the item stands in the source department's own entry."""
        return self.origin_id == self.entry_id


class Told(models.Model):
    """What a department was told of a finding on like entries. Written once."""

    id = models.UUIDField(primary_key=True)
    to = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="+")
    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="told")
    said = models.CharField(max_length=10)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(said__in=sorted(said.value for said in Said)), name="told_said")
        ]
        indexes = [models.Index(fields=["to", "-at"], name="told_to")]
        triggers = [pgtrigger.Protect(name="told_frozen", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        """Return what was said."""
        return self.said
