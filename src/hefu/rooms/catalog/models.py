"""Tables of the catalogue."""

from collections.abc import Iterable
from enum import StrEnum

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.constraints import Deferrable

from hefu.rooms.catalog.importing.terms import LARGEST_INTAKE, IntakeStatus, Settled
from hefu.rooms.catalog.searching.tables import EntryUse as EntryUse
from hefu.rooms.catalog.searching.tables import SavedSearch as SavedSearch
from hefu.rooms.catalog.searching.tables import SearchChange as SearchChange
from hefu.rooms.catalog.searching.tables import SearchNotice as SearchNotice
from hefu.rooms.catalog.terms import (
    PUBLIC,
    BasisKind,
    Channel,
    FormatClass,
    Grade,
    ItemType,
    OpenType,
    PersonalInfo,
    ShareMode,
    ShareType,
    Status,
    UpdateCycle,
)


def _values(words: Iterable[StrEnum]) -> list[str]:
    """Return plain texts, so that a migration keeps what held when it was written."""
    return sorted(word.value for word in words)


def _one_of(field: str, kind: type[StrEnum], *, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": ["", *_values(kind)]}), name=name)


def _history() -> tuple[pghistory.Tracker, ...]:
    """Return what history keeps. Rows that come in together take one statement: imports bring them by the thousand."""
    return pghistory.InsertEvent(level=pghistory.Statement), pghistory.UpdateEvent()


#: Statuses in which the head, or an older catalogue, vouches for what the entry says.
_VOUCHED = Q(status__in=_values([Status.IN_REVIEW, Status.PUBLISHED]))


@pghistory.track(*_history())
class Entry(models.Model):
    """A catalogue entry as it stands: in force when published, else being written.

    The change of a published entry is a row of its own that points to it by `changes_to`; when the
    authority approves it, what it says is copied onto the entry, which keeps its id and code.
    """

    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=40, help_text="Assigned by the node's profile.")
    provider = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="entries")
    status = models.CharField(max_length=10, default=Status.DRAFT.value)
    version = models.PositiveIntegerField(default=0, help_text="Of the content in force; 0 before the first.")
    changes_to = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE, related_name="change")

    name = models.CharField(max_length=200)
    abstract = models.TextField(blank=True)
    class_code = models.CharField(max_length=18)
    internal_office = models.CharField(max_length=120, blank=True)
    format_class = models.CharField(max_length=1, blank=True)
    format_types = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    format_other = models.CharField(max_length=200, blank=True)
    share_type = models.CharField(max_length=13, blank=True)
    share_condition = models.TextField(blank=True)
    share_scope = models.TextField(blank=True)
    noshare_reason = models.TextField(blank=True)
    basis_kind = models.CharField(max_length=25, blank=True)
    basis_title = models.CharField(max_length=200, blank=True)
    basis_article = models.CharField(max_length=60, blank=True)
    share_mode = models.CharField(max_length=8, default=ShareMode.PLATFORM.value)
    channels = ArrayField(models.CharField(max_length=9), default=list, blank=True)
    open_type = models.CharField(max_length=13, blank=True)
    open_condition = models.TextField(blank=True)
    update_cycle = models.CharField(max_length=11, blank=True)
    grade = models.CharField(max_length=9, blank=True)
    use_condition = models.TextField(blank=True)
    secrecy = models.CharField(max_length=12, blank=True)
    secrecy_note = models.TextField(blank=True)
    personal_info = models.CharField(max_length=9, blank=True)
    impact_note = models.TextField(blank=True)
    assessed_on = models.DateField(null=True, blank=True)
    system_name = models.CharField(max_length=200, blank=True)
    business_item = models.CharField(max_length=200, blank=True)
    theme = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    outside_code = models.CharField(max_length=120, blank=True)
    related_codes = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    extension = models.JSONField(default=list, blank=True, help_text="Profile's own fields: [{key, value}].")

    author = models.CharField(max_length=80, help_text="Who wrote it last, as evidence names people.")
    author_name = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    signed_by = models.CharField(max_length=80, blank=True, help_text="The head who signed it off.")
    signed_name = models.CharField(max_length=80, blank=True)
    signed_for = models.UUIDField(null=True, blank=True, help_text="The head's department.")
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.CharField(max_length=80, blank=True)
    reviewed_name = models.CharField(max_length=80, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reasons = models.TextField(blank=True, help_text="Why it was returned or withdrawn.")
    published_at = models.DateTimeField(null=True, blank=True, help_text="When the version in force came into force.")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    carried_over = models.BooleanField(default=False, help_text="Came published from an older catalogue.")
    gaps = ArrayField(models.CharField(max_length=20), default=list, blank=True, help_text="Fields the law misses.")
    import_key = models.CharField(max_length=64, blank=True, help_text="Digest by which an import finds it again.")
    import_digest = models.CharField(max_length=64, blank=True, help_text="Digest of what the last import said.")
    import_batch = models.ForeignKey(
        "catalog.ImportBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="entries"
    )
    original = models.JSONField(null=True, blank=True, help_text="The imported row as it was.")
    more = models.JSONField(default=dict, blank=True, help_text="Days, address, size as the other catalogue had them.")
    words = models.TextField(blank=True, help_text="What a search reads: folded name, abstract, items, provider.")

    class Meta:
        ordering = ["-changed_at", "code"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_values(Status)), name="entry_status"),
            _one_of("share_type", ShareType, name="entry_share_type"),
            _one_of("basis_kind", BasisKind, name="entry_basis_kind"),
            _one_of("open_type", OpenType, name="entry_open_type"),
            _one_of("update_cycle", UpdateCycle, name="entry_update_cycle"),
            _one_of("grade", Grade, name="entry_grade"),
            _one_of("format_class", FormatClass, name="entry_format_class"),
            _one_of("personal_info", PersonalInfo, name="entry_personal_info"),
            models.CheckConstraint(condition=Q(share_mode__in=_values(ShareMode)), name="entry_share_mode"),
            models.CheckConstraint(condition=Q(channels__contained_by=_values(Channel)), name="entry_channels"),
            models.CheckConstraint(
                condition=Q(class_code__regex=r"^[123](\d{2}(\d{3}(\d{1,12})?)?)?$"), name="entry_class_code"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="entry_named"),
            models.CheckConstraint(condition=Q(secrecy__in=["", "none"]), name="entry_no_secret"),
            models.UniqueConstraint(fields=["code"], condition=Q(changes_to__isnull=True), name="entry_code"),
            models.UniqueConstraint(
                fields=["import_key"], condition=Q(changes_to__isnull=True) & ~Q(import_key=""), name="entry_import_key"
            ),
            models.CheckConstraint(
                condition=Q(changes_to__isnull=True) | ~Q(status__in=_values(PUBLIC)),
                name="entry_change_is_not_in_force",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=_values(PUBLIC)) | Q(version__gte=1, published_at__isnull=False),
                name="entry_published_has_version",
            ),
            models.CheckConstraint(
                condition=~_VOUCHED
                | ~Q(share_type=ShareType.NONE.value)
                | (~Q(basis_kind="") & ~Q(basis_title="") & ~Q(noshare_reason="")),
                name="entry_not_shared_has_basis",
            ),
            models.CheckConstraint(
                condition=~_VOUCHED | Q(carried_over=True) | (~Q(signed_by="") & Q(gaps=[])),
                name="entry_in_force_is_signed",
            ),
            models.CheckConstraint(
                condition=~_VOUCHED
                | Q(carried_over=True)
                | ~Q(share_type=ShareType.CONDITIONAL.value)
                | (~Q(share_condition="") & ~Q(share_scope="")),
                name="entry_conditional_has_scope",
            ),
            models.CheckConstraint(condition=~_VOUCHED | ~Q(share_type=""), name="entry_shared_somehow"),
        ]
        indexes = [
            models.Index(fields=["status", "-changed_at"], name="catalog_entry_status"),
            models.Index(fields=["provider", "status"], name="catalog_entry_provider"),
            GinIndex(fields=["channels"], name="catalog_entry_channels"),
        ]

    def __str__(self) -> str:
        """Return code and name."""
        return f"{self.code} {self.name}"

    @property
    def is_change(self) -> bool:
        """Return whether this is the draft of a published entry's next version."""
        return self.changes_to_id is not None


@pghistory.track(*_history())
class Item(models.Model):
    """One field of what an entry describes. An item of a published entry keeps its id through versions."""

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="items")
    stands_for = models.UUIDField(null=True, blank=True, help_text="In a change: the item of the entry it carries on.")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=63)
    type = models.CharField(max_length=1, blank=True)
    length = models.PositiveIntegerField(null=True, blank=True)
    share_type = models.CharField(max_length=13, blank=True)
    grade = models.CharField(max_length=9, blank=True)
    open_type = models.CharField(max_length=13, blank=True)
    description = models.TextField(blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], deferrable=Deferrable.DEFERRED, name="item_position"),
            models.UniqueConstraint(fields=["entry", "code"], deferrable=Deferrable.DEFERRED, name="item_code"),
            _one_of("type", ItemType, name="item_type"),
            _one_of("share_type", ShareType, name="item_share_type"),
            _one_of("grade", Grade, name="item_grade"),
            _one_of("open_type", OpenType, name="item_open_type"),
        ]

    def __str__(self) -> str:
        """Return name and code."""
        return f"{self.name} ({self.code})"


class EntryVersion(models.Model):
    """What an entry said when a version came into force. Written once."""

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    snapshot = models.JSONField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the canonical snapshot.")
    signed_name = models.CharField(max_length=80, blank=True)
    approved_name = models.CharField(max_length=80)
    published_at = models.DateTimeField()
    batch = models.ForeignKey(
        "catalog.ImportBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="versions"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="version_number")]
        triggers = [pgtrigger.Protect(name="frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        """Return the number."""
        return f"version {self.number}"


class Withdrawal(models.Model):
    """What a department asked: to take its entry out of the catalogue, where the authority reviews that."""

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="withdrawals")
    reason = models.TextField()
    asked_by = models.CharField(max_length=80, help_text="Who asked, as evidence names people.")
    asked_name = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    agreed = models.BooleanField(null=True, blank=True, help_text="The authority's word; null while it reviews.")
    note = models.TextField(blank=True, help_text="Why it was declined.")
    decided_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed__isnull=True, decided_at__isnull=True)
                | Q(agreed__isnull=False, decided_at__isnull=False),
                name="withdrawal_decided",
            ),
            models.UniqueConstraint(fields=["entry"], condition=Q(decided_at__isnull=True), name="withdrawal_one_open"),
        ]

    def __str__(self) -> str:
        """Return the entry and the moment."""
        return f"withdrawal of {self.entry_id} asked {self.asked_at:%Y-%m-%d}"


class CodeCounter(models.Model):
    """The last sequence number given out among the codes that begin alike."""

    stem = models.CharField(max_length=40, primary_key=True, help_text="What stands before the number.")
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Return what the codes begin with."""
        return self.stem


class ImportBatch(models.Model):
    """One import of a catalogue file: what went in, what did not."""

    id = models.UUIDField(primary_key=True)
    file_name = models.CharField(max_length=200)
    file_digest = models.CharField(max_length=64)
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=80)
    department = models.ForeignKey(
        "parties.Department", null=True, on_delete=models.PROTECT, related_name="catalog_imports"
    )
    at = models.DateTimeField()
    source = models.CharField(
        max_length=64, blank=True, help_text="Digest of department and layout: whose sheet it is."
    )
    mapping = models.JSONField(help_text="Column → field.")
    defaults = models.JSONField(help_text="What a person stated for rows that do not say it.")
    published = models.BooleanField(help_text="Taken in as published, not as drafts.")
    rows = models.PositiveIntegerField()
    taken = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField(help_text="Rows that say again what an earlier row said.")
    refused = models.PositiveIntegerField()
    notes = models.JSONField(help_text="Values left out or doubtful: note → number of rows.")
    entries_digest = models.CharField(max_length=64, help_text="SHA-256 over each entry's code, version, digest.")
    gone = ArrayField(
        models.UUIDField(), default=list, help_text="Entries of earlier files of the source that it does not name."
    )

    class Meta:
        ordering = ["-at"]
        constraints = [models.CheckConstraint(condition=Q(rows__gte=0), name="batch_rows")]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.file_name


class BadRow(models.Model):
    """A row that an import refused, with its reasons and its values as they were."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(ImportBatch, on_delete=models.CASCADE, related_name="bad_rows")
    row = models.PositiveIntegerField(help_text="As the file counts: the first line is 1; in JSON the first object.")
    reasons = models.JSONField(help_text="List of reason codes with their facts.")
    original = models.JSONField()
    rest = models.JSONField(default=list, help_text="Further rows of the same entry, one for each item.")
    digest = models.CharField(max_length=64, blank=True, help_text="By which a later file's same row is known again.")
    mended = models.JSONField(default=dict, help_text="Cells that somebody put right: column → cell.")
    settled = models.CharField(max_length=10, blank=True, help_text="Empty while it waits; taken, set_aside, repeated.")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.CharField(max_length=80, blank=True)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["row"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled__in=_values(Settled), settled_at__isnull=False)
                | Q(settled="", settled_at__isnull=True),
                name="bad_row_settled",
            ),
        ]
        indexes = [models.Index(fields=["digest"], condition=Q(settled=""), name="bad_row_waiting")]

    def __str__(self) -> str:
        """Return the row number."""
        return f"row {self.row}"


class Intake(models.Model):
    """A file on its way into the catalogue: brought, mapped, compared, then taken in a thousand rows at a time.

    The file itself lies here, so that any host can go on with it; it is let go when the import is over.
    """

    id = models.UUIDField(primary_key=True)
    status = models.CharField(max_length=10)
    file_name = models.CharField(max_length=200)
    sheet = models.CharField(max_length=200, blank=True)
    size = models.PositiveIntegerField(help_text="Bytes.")
    file_digest = models.CharField(max_length=64)
    data = models.BinaryField(null=True, help_text="The file; null when the import is over.")
    source = models.CharField(max_length=64, blank=True)
    site = models.JSONField(default=dict, blank=True, help_text="Where it is fetched from; empty for a file.")
    mapping = models.JSONField(default=dict)
    defaults = models.JSONField(default=dict)
    providers = models.JSONField(default=dict, help_text="Name as the file writes it → department.")
    published = models.BooleanField(default=False)
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=80)
    acting = models.JSONField(help_text="Seat and roles in which the person acts.")
    department = models.ForeignKey("parties.Department", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="When its worker last said that it goes on.")
    total = models.PositiveIntegerField(default=0, help_text="Entries in the file.")
    done = models.PositiveIntegerField(default=0, help_text="Entries that were dealt with.")
    stop = models.BooleanField(default=False, help_text="Somebody asked it to stop.")
    plan = models.JSONField(default=dict, help_text="What it would change: counts, and the first of each kind.")
    fault = models.JSONField(default=dict, help_text="Refusal that ended it: code and sentence.")
    batch = models.ForeignKey(ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_values(IntakeStatus)), name="intake_status"),
            models.CheckConstraint(condition=Q(size__lte=LARGEST_INTAKE), name="intake_size"),
            # Two who ask at the same instant see no fetch of each other's yet.
            models.UniqueConstraint(
                fields=["department"],
                condition=Q(status=IntakeStatus.FETCHING.value),
                nulls_distinct=False,
                name="intake_one_fetch",
            ),
        ]

    def __str__(self) -> str:
        """Return the file's name."""
        return self.file_name


class FetchedPage(models.Model):
    """One page of another site, kept until all of them are here: who goes on begins behind the last."""

    id = models.BigAutoField(primary_key=True)
    intake = models.ForeignKey(Intake, on_delete=models.CASCADE, related_name="pages")
    start = models.PositiveIntegerField(help_text="Place of its first dataset, as the site counts.")
    count = models.PositiveIntegerField(help_text="Datasets that it had, also those read before.")
    size = models.PositiveIntegerField(help_text="Octets of its records as JSON.")
    records = models.BinaryField(help_text="Those not read before: JSON, compressed.")

    class Meta:
        ordering = ["start"]
        constraints = [models.UniqueConstraint(fields=["intake", "start"], name="fetched_page_once")]

    def __str__(self) -> str:
        """Return where it begins."""
        return f"from {self.start}"


class LearnedMapping(models.Model):
    """What the columns of a department's sheet of one layout mean, as a person last confirmed it."""

    id = models.UUIDField(primary_key=True)
    source = models.CharField(max_length=64, unique=True)
    department = models.ForeignKey("parties.Department", null=True, on_delete=models.CASCADE, related_name="+")
    columns = models.JSONField(help_text="Column → field; empty for a column that means nothing.")
    corrected = models.JSONField(default=list, help_text="Columns that were proposed otherwise.")
    offices = models.JSONField(default=dict, help_text="Provider as the files write it → department.")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)

    def __str__(self) -> str:
        """Return the digest of the sheet."""
        return self.source


class Answered(models.Model):
    """What a program was answered when it sent many entries, so that sending them again is answered the same."""

    id = models.UUIDField(primary_key=True)
    by = models.CharField(max_length=80, help_text="Who sent it, as evidence names people.")
    department = models.ForeignKey("parties.Department", null=True, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80, help_text="As the sender made it up.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was sent.")
    answer = models.JSONField(null=True, help_text="Null while it is being worked on.")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["by", "department", "key"], nulls_distinct=False, name="answered_once")
        ]
        indexes = [models.Index(fields=["at"], name="answered_at")]

    def __str__(self) -> str:
        """Return the key."""
        return self.key
