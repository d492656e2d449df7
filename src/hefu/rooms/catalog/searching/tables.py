"""Tables of the search. Triggers fill the first; see the migration."""

from django.db import models
from django.db.models.functions import Now


class SearchChange(models.Model):
    """A note that an entry, or all entries of a department, have to be indexed anew.

    Triggers write it in the transaction of the change, whose number stands in the column `xid`, which
    only SQL reads. An index that was read in some snapshot lacks the notes which that snapshot does not show.
    """

    id = models.BigAutoField(primary_key=True)
    entry_id = models.UUIDField(null=True)
    provider_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        """Return what changed."""
        return f"change of {self.entry_id or self.provider_id}"


class EntryUse(models.Model):
    """How often an entry was granted."""

    entry = models.OneToOneField("catalog.Entry", primary_key=True, on_delete=models.CASCADE, related_name="use")
    grants = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "catalog"

    def __str__(self) -> str:
        """Return the number."""
        return f"{self.grants} grants"


class SavedSearch(models.Model):
    """A search that a person keeps, and is told of new entries that it finds."""

    id = models.UUIDField(primary_key=True)
    person = models.ForeignKey("parties.Person", on_delete=models.CASCADE, related_name="saved_searches")
    department = models.ForeignKey("parties.Department", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    asked = models.JSONField(help_text="Text and chosen values.")
    made_at = models.DateTimeField()
    looked_until = models.DateTimeField(help_text="Entries in force since then have not been looked at.")

    class Meta:
        app_label = "catalog"
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(fields=["person", "department", "name"], name="saved_search_name"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class SearchNotice(models.Model):
    """An entry that came into force and that a kept search finds."""

    id = models.BigAutoField(primary_key=True)
    search = models.ForeignKey(SavedSearch, on_delete=models.CASCADE, related_name="notices")
    entry = models.ForeignKey("catalog.Entry", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "catalog"
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["search", "entry", "version"], name="search_notice_once"),
        ]

    def __str__(self) -> str:
        """Return what was found."""
        return f"{self.search_id} {self.entry_id}"
