"""Tables of systems, places and what is mounted."""

from collections.abc import Iterable
from enum import StrEnum

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from hefu.rooms.resources.terms import DATABASES, AllowanceKind, Encoding, Network, PlaceKind, TlsMode

_DATABASES = sorted(kind.value for kind in DATABASES)


def _one_of(field: str, words: Iterable[StrEnum], *, name: str) -> models.CheckConstraint:
    """Return a constraint of plain texts, so that a migration keeps what held when it was written."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": sorted(word.value for word in words)}), name=name)


@pghistory.track()
class System(models.Model):
    """信息系统: an information system of a department."""

    id = models.UUIDField(primary_key=True)
    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="systems")
    name = models.CharField(max_length=200)
    network = models.CharField(max_length=9)
    description = models.TextField(blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["department", "name"], name="system_name"),
            _one_of("network", Network, name="system_network"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Place(models.Model):
    """What sources and targets have in common. The password is in a table of its own, `Secret`."""

    id = models.UUIDField(primary_key=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(default=5432)
    dbname = models.CharField(max_length=63, blank=True)
    username = models.CharField(max_length=63, blank=True)
    tls = models.CharField(max_length=11, default=TlsMode.PREFER.value)
    schema = models.CharField(max_length=63, default="public")
    folder = models.CharField(max_length=500, blank=True)
    host_key = models.CharField(max_length=64, blank=True, help_text="Fingerprint of the SFTP server's key.")
    region = models.CharField(max_length=32, blank=True, help_text="Of an S3-compatible store.")
    interface = models.TextField(blank=True, help_text="How interfaces over HTTP are asked, as JSON.")
    encoding = models.CharField(max_length=8, default=Encoding.UTF_8.value)
    registered_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    reached = models.BooleanField(null=True, blank=True, help_text="Whether the last test reached it.")
    test_text = models.TextField(blank=True, help_text="Sentence of the last test, in English with {facts}.")
    test_facts = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["department", "name"], condition=Q(closed_at__isnull=True), name="%(class)s_name"
            ),
            _one_of("kind", PlaceKind, name="%(class)s_kind"),
            _one_of("tls", TlsMode, name="%(class)s_tls"),
            models.CheckConstraint(
                condition=(
                    (Q(kind__in=_DATABASES) & ~Q(host="") & ~Q(dbname="") & ~Q(username="") & Q(folder=""))
                    | (Q(kind__in=[PlaceKind.FOLDER.value, PlaceKind.LAKE.value]) & ~Q(folder="") & Q(host=""))
                    | (Q(kind=PlaceKind.SFTP.value) & ~Q(host="") & ~Q(username="") & ~Q(folder="") & ~Q(host_key=""))
                    | (Q(kind=PlaceKind.HTTP.value) & ~Q(host="") & ~Q(interface=""))
                    | (Q(kind=PlaceKind.S3.value) & ~Q(host="") & ~Q(dbname="") & ~Q(username="") & ~Q(folder=""))
                ),
                name="%(class)s_reachable",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


@pghistory.track()
class Source(Place):
    """数据源: where a department's data is read."""

    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="sources")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="sources")


@pghistory.track()
class Target(Place):
    """Where a department receives what it was granted."""

    department = models.ForeignKey("parties.Department", on_delete=models.PROTECT, related_name="targets")


class Secret(models.Model):
    """A place's password, sealed under the node's master key for that place alone. No list ever joins it."""

    place = models.UUIDField(primary_key=True)
    sealed = models.TextField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        """Return that there is one, never what it is."""
        return "a sealed secret"


class Allowance(models.Model):
    """An operator's word that connectors may reach something."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=7)
    pattern = models.CharField(max_length=500)
    note = models.CharField(max_length=200)
    given_by = models.CharField(max_length=80)
    given_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "pattern"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "pattern"], name="allowance_once"),
            _one_of("kind", AllowanceKind, name="allowance_kind"),
        ]

    def __str__(self) -> str:
        """Return the pattern."""
        return self.pattern


@pghistory.track()
class Resource(models.Model):
    """数据资源: the table or file set that an entry is mounted on."""

    id = models.UUIDField(primary_key=True)
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="resources")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="resources")
    system = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="resources")
    schema = models.CharField(max_length=63, blank=True)
    table = models.CharField(max_length=255, help_text="Table, or file name within the folder.")
    columns = models.JSONField(help_text="Item id → column.")
    key = ArrayField(models.CharField(max_length=63), default=list, help_text="Columns that tell rows apart.")
    rules = models.JSONField(default=list, help_text="What delivered rows must fulfil, in the data plane's form.")
    mounted_at = models.DateTimeField()
    mounted_by = models.CharField(max_length=80)
    unmounted_at = models.DateTimeField(null=True, blank=True)
    unmounted_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-mounted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(unmounted_at__isnull=True), name="resource_one_of_an_entry"
            ),
            models.CheckConstraint(condition=~Q(table=""), name="resource_table"),
            models.CheckConstraint(
                condition=Q(unmounted_at__isnull=True) | ~Q(unmounted_reason=""), name="resource_unmounted_why"
            ),
        ]

    def __str__(self) -> str:
        """Return the table with its schema."""
        return f"{self.schema}.{self.table}" if self.schema else self.table
