"""Tables of the evidence log."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from hefu.rooms.evidence.terms import KeyPurpose


class Entry(models.Model):
    """One thing that happened. Written once; only its place in the log is added later."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(unique=True, help_text="Public id; sorts by time.")
    kind = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=60, help_text="Number of the case or thing it speaks of.")
    by = models.CharField(max_length=80, help_text="Who did it: a seat or the system.")
    by_name = models.CharField(max_length=80, help_text="For pages only; not in the leaf, so that it can be erased.")
    concerns = ArrayField(models.UUIDField(), default=list, help_text="Departments that may read it.")
    at = models.DateTimeField()
    basis = models.JSONField(help_text="Citations it rests on.")
    body = models.JSONField()
    leaf = models.BinaryField(help_text="Canonical bytes that the log hashes.")
    leaf_index = models.BigIntegerField(null=True, unique=True, help_text="Place in the log once sequenced.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(leaf_index__isnull=True) | Q(leaf_index__gte=0), name="entry_index"),
        ]
        indexes = [
            models.Index(fields=["subject", "id"], name="entry_subject"),
            models.Index(fields=["kind", "id"], name="entry_kind"),
            models.Index(fields=["at"], name="entry_at"),
            GinIndex(fields=["concerns"], name="entry_concerns"),
            models.Index(fields=["id"], condition=Q(leaf_index__isnull=True), name="entry_waiting"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="never_changed",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "id", "uid", "kind", "version", "subject", "by", "at", "basis", "body", "leaf"
                ),
            ),
            pgtrigger.Protect(
                name="placed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.leaf_index IS NOT NULL AND NEW.leaf_index IS DISTINCT FROM OLD.leaf_index"
                ),
            ),
        ]

    def __str__(self) -> str:
        """Return the kind and subject."""
        return f"{self.kind} {self.subject}"


class Tile(models.Model):
    """The newest version of one hash tile; the entries themselves stand in `Entry.leaf`."""

    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    width = models.SmallIntegerField(help_text="Hashes in it, 1 to 256.")
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="tile_place")]

    def __str__(self) -> str:
        """Return the place."""
        return f"tile {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed statement of the log's size and root."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField(help_text="Signed note, C2SP tlog-checkpoint.")
    at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="never_unsaid", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the size."""
        return f"checkpoint at {self.size}"


class SigningKey(models.Model):
    """A signing key of this node, its secret half sealed under the master key."""

    id = models.UUIDField(primary_key=True)
    purpose = models.CharField(max_length=8)
    public = models.CharField(max_length=120, unique=True, help_text="As text, `ed25519:…`.")
    sealed = models.TextField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=[purpose.value for purpose in KeyPurpose]), name="key_purpose"
            ),
            models.UniqueConstraint(fields=["purpose"], condition=Q(retired_at__isnull=True), name="key_one_active"),
        ]

    def __str__(self) -> str:
        """Return the purpose, never the secret."""
        return f"{self.purpose} key"
