import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables

#: Counting the coverage of a million entries reads these instead of their rows. They stand here and not with the
#: table, because the catalogue itself never asks for them.
_IN_FORCE = (
    "CREATE INDEX upkeep_in_force ON catalog_entry (id) INCLUDE (provider_id)"
    " WHERE status = 'published' AND changes_to_id IS NULL"
)
_UNCONDITIONED = (
    "CREATE INDEX upkeep_unconditioned ON catalog_entry (provider_id)"
    " WHERE status = 'published' AND changes_to_id IS NULL AND share_type = 'conditional'"
    " AND (share_condition = '' OR share_scope = '')"
)


class Migration(migrations.Migration):
    replaces = [
        ("upkeep", "0001_initial"),
        ("upkeep", "0002_cases"),
        ("upkeep", "0003_numbers"),
        ("upkeep", "0004_public_comments"),
        ("upkeep", "0005_sketches_with_codes"),
        ("upkeep", "0006_belonging"),
        ("upkeep", "0007_item_sources"),
        ("upkeep", "0008_value_overlap"),
        ("upkeep", "0009_buckets_by_band"),
        ("upkeep", "0010_confirmed"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("parties", "0001_tables"),
        ("resources", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE upkeep_number", "DROP SEQUENCE upkeep_number"),
        Tables(
            [
                migrations.CreateModel(
                    name="Sketch",
                    fields=[
                        (
                            "entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="sketch",
                                serialize=False,
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("version", models.PositiveIntegerField(help_text="Version of the entry that it was made of.")),
                        (
                            "bands",
                            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                        ),
                    ],
                    options={
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(
                                fastupdate=False, fields=["bands"], name="sketch_bands"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Pair",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "first",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                            ),
                        ),
                        ("score", models.PositiveSmallIntegerField(help_text="0 to 100.")),
                        ("names", models.PositiveSmallIntegerField(help_text="Likeness of the names, 0 to 100.")),
                        ("items", models.PositiveSmallIntegerField(help_text="Share of items in common, 0 to 100.")),
                        (
                            "contained",
                            models.PositiveSmallIntegerField(
                                help_text="Share of the smaller entry's items in the other."
                            ),
                        ),
                        (
                            "values",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="How far the values of like items overlap, 0 to 100; empty where unknown.",
                                null=True,
                            ),
                        ),
                        (
                            "shared",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=200),
                                default=list,
                                help_text="Items both hold.",
                                size=None,
                            ),
                        ),
                        ("found_at", models.DateTimeField()),
                        ("status", models.CharField(default="open", max_length=10)),
                        (
                            "source",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="named_source",
                                to="parties.department",
                            ),
                        ),
                        ("reason", models.TextField(blank=True)),
                        ("settled_by", models.CharField(blank=True, max_length=80)),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-score", "id"],
                        "indexes": [models.Index(fields=["status", "-score"], name="pair_desk")],
                        "constraints": [
                            models.UniqueConstraint(fields=("first", "second"), name="pair_once"),
                            models.CheckConstraint(
                                condition=models.Q(("first__lt", models.F("second"))), name="pair_ordered"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["different", "one_source", "open"])),
                                name="pair_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "one_source"), _negated=True),
                                    ("source__isnull", False),
                                    _connector="OR",
                                ),
                                name="pair_has_source",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Naming",
                    fields=[
                        (
                            "entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="source_naming",
                                serialize=False,
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "pair",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="whole_namings",
                                to="upkeep.pair",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("named_by", models.CharField(max_length=80)),
                        ("named_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ItemNaming",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "pair",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="namings", to="upkeep.pair"
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="item_namings",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="source_namings",
                                to="catalog.item",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        (
                            "origin",
                            models.ForeignKey(
                                blank=True,
                                help_text="The entry in which the source department holds it.",
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "origin_item",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="catalog.item",
                            ),
                        ),
                        ("folded", models.CharField(help_text="Name of the item as it is compared.", max_length=200)),
                        (
                            "code",
                            models.CharField(
                                blank=True, help_text="Code of the item, in small letters.", max_length=63
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("named_by", models.CharField(max_length=80)),
                        ("named_at", models.DateTimeField()),
                        ("ended_by", models.CharField(blank=True, max_length=80)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_reason", models.TextField(blank=True)),
                        (
                            "confirmed_by",
                            models.ManyToManyField(
                                help_text="Other pairs on which the authority named the same department.",
                                related_name="confirmed",
                                to="upkeep.pair",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)), fields=["folded"], name="naming_name"
                            ),
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)), fields=["code"], name="naming_code"
                            ),
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)), fields=["entry"], name="naming_entry"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("item",),
                                name="item_has_one_source",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_at__isnull", True),
                                    models.Q(("ended_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="naming_taken_back_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Told",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        (
                            "pair",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="told", to="upkeep.pair"
                            ),
                        ),
                        ("said", models.CharField(max_length=10)),
                        ("facts", models.JSONField(default=dict)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-at", "id"],
                        "indexes": [models.Index(fields=["to", "-at"], name="told_to")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("said__in", ["different", "named", "taken_back"])), name="told_said"
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="told",
                    trigger=pgtrigger.compiler.Trigger(
                        name="told_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="e67e2bd20bb323ab34b5d640db756314543ecd1e",
                            operation="UPDATE",
                            pgid="pgtrigger_told_frozen_4a12c",
                            table="upkeep_told",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Need",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="needs",
                                to="parties.department",
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("items", models.TextField(help_text="Items wanted, in words.")),
                        ("purpose", models.TextField()),
                        ("basis", models.CharField(blank=True, max_length=300)),
                        ("status", models.CharField(default="received", max_length=10)),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        (
                            "source",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="needs_to_meet",
                                to="parties.department",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="needs",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "reason",
                            models.TextField(
                                blank=True, help_text="Last word of the authority or the source department."
                            ),
                        ),
                        ("changed_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "indexes": [models.Index(fields=["status", "asked_at"], name="need_desk")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["assigned", "confirmed", "met", "received", "refused"])
                                ),
                                name="need_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["assigned", "confirmed"]), _negated=True),
                                    ("source__isnull", False),
                                    _connector="OR",
                                ),
                                name="need_has_source",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "met"), _negated=True),
                                    ("entry__isnull", False),
                                    _connector="OR",
                                ),
                                name="need_met_by",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Scan",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="scans", to="resources.source"
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=8)),
                        ("total", models.PositiveIntegerField(default=0)),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("fault", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["done", "failed", "running", "waiting"])),
                                name="scan_status",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Proposal",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="proposals",
                                to="resources.source",
                            ),
                        ),
                        ("schema", models.CharField(blank=True, max_length=63)),
                        ("table", models.CharField(max_length=255)),
                        (
                            "name",
                            models.CharField(
                                help_text="What the entry could be called: the table's comment.", max_length=200
                            ),
                        ),
                        ("rows_estimate", models.BigIntegerField(blank=True, null=True)),
                        ("items", models.JSONField(help_text="Columns with type, profile and suggestions.")),
                        ("grade", models.CharField(max_length=9)),
                        ("personal_info", models.CharField(max_length=9)),
                        ("status", models.CharField(default="open", max_length=8)),
                        (
                            "entry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="catalog.entry",
                            ),
                        ),
                        ("found_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["schema", "table"],
                        "constraints": [
                            models.UniqueConstraint(fields=("source", "schema", "table"), name="proposal_once"),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["ignored", "open", "taken"])), name="proposal_status"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OverlapConsent",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "resource",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="overlap_consents",
                                to="resources.resource",
                            ),
                        ),
                        (
                            "items",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                help_text="Items whose columns may be sketched.",
                                size=None,
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("given_by", models.CharField(max_length=80)),
                        ("given_at", models.DateTimeField()),
                        ("ended_by", models.CharField(blank=True, max_length=80)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("resource",),
                                name="overlap_one_consent",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_at__isnull", True),
                                    models.Q(("ended_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="overlap_ended_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OverlapRun",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "consent",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="upkeep.overlapconsent",
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=9)),
                        ("done", models.PositiveBigIntegerField(default=0, help_text="Pages or rows read.")),
                        ("total", models.PositiveBigIntegerField(default=0, help_text="Of them, 0 when nobody knows.")),
                        ("left_out", models.JSONField(default=dict, help_text="Item → why its column was left out.")),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("fault", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["-asked_at", "-id"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["cancelled", "done", "failed", "running", "waiting"])
                                ),
                                name="overlap_run_status",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["running", "waiting"])),
                                fields=("consent",),
                                name="overlap_one_run",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Salt",
                    fields=[
                        ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                        ("sealed", models.TextField()),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="salt_one")],
                    },
                ),
                migrations.CreateModel(
                    name="ValueSketch",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "consent",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sketches",
                                to="upkeep.overlapconsent",
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.item"
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("sealed", models.TextField()),
                        ("made_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("consent", "item"), name="value_sketch_once")],
                    },
                ),
                migrations.CreateModel(
                    name="ValueOverlap",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "pair",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="overlaps", to="upkeep.pair"
                            ),
                        ),
                        (
                            "first_item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.item"
                            ),
                        ),
                        (
                            "second_item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.item"
                            ),
                        ),
                        (
                            "both",
                            models.PositiveSmallIntegerField(
                                help_text="Of all values of either, those of both (Jaccard)."
                            ),
                        ),
                        (
                            "contained",
                            models.PositiveSmallIntegerField(
                                help_text="Of the smaller column's values, those in the other."
                            ),
                        ),
                        (
                            "low",
                            models.PositiveSmallIntegerField(
                                help_text="Least share that `contained` has 19 times out of 20."
                            ),
                        ),
                        ("high", models.PositiveSmallIntegerField()),
                        ("measured_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("pair", "first_item", "second_item"), name="value_overlap_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("low__lte", models.F("contained")),
                                    ("high__gte", models.F("contained")),
                                    ("high__lte", 100),
                                ),
                                name="value_overlap_within",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Assessment",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="assessments",
                                to="catalog.entry",
                            ),
                        ),
                        ("agrees", models.BooleanField()),
                        ("note", models.TextField(blank=True)),
                        ("digest", models.CharField(help_text="SHA-256 of what was assessed.", max_length=64)),
                        ("by", models.CharField(max_length=80)),
                        ("by_name", models.CharField(max_length=80)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["-at"],
                    },
                ),
                migrations.CreateModel(
                    name="Round",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="rounds", to="catalog.entry"
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("opened_by", models.CharField(max_length=80)),
                        ("until", models.DateField(help_text="Last day for comments.")),
                        (
                            "public",
                            models.BooleanField(
                                default=False, help_text="Whether everybody may read the draft and comment."
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-opened_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("entry",),
                                name="round_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Comment",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "round",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="upkeep.round"
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("text", models.TextField()),
                        ("by", models.CharField(max_length=80)),
                        (
                            "speaker",
                            models.CharField(
                                blank=True,
                                help_text="As one of the public calls themselves; may be empty.",
                                max_length=80,
                            ),
                        ),
                        (
                            "origin",
                            models.CharField(
                                blank=True,
                                help_text="Keyed digest of where it came from, by day; gone when the round closes.",
                                max_length=64,
                            ),
                        ),
                        (
                            "shown",
                            models.BooleanField(
                                default=True,
                                help_text="Whether others read it; None while it waits for somebody to look.",
                                null=True,
                            ),
                        ),
                        ("kept_back", models.CharField(blank=True, help_text="Why it is not shown.", max_length=500)),
                        ("at", models.DateTimeField()),
                        (
                            "taken",
                            models.BooleanField(
                                blank=True, help_text="Whether it was followed; None before the answer.", null=True
                            ),
                        ),
                        ("answer", models.TextField(blank=True)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("taken__isnull", True),
                                    ("taken", True),
                                    models.Q(("answer", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="comment_not_taken_why",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("department__isnull", True), ("shown", True), _connector="OR"),
                                name="comment_departments_are_heard",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("shown", False), _negated=True),
                                    models.Q(("kept_back", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="comment_kept_back_why",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FullReview",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="full_reviews",
                                to="parties.department",
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("due_on", models.DateField(help_text="Last day.")),
                        (
                            "rule",
                            models.CharField(
                                blank=True,
                                help_text="Rule of the packs; empty when the authority set it.",
                                max_length=60,
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-opened_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("department",),
                                name="full_review_one_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReviewedEntry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "review",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="words",
                                to="upkeep.fullreview",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                            ),
                        ),
                        ("word", models.CharField(max_length=10)),
                        ("by", models.CharField(max_length=80)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("review", "entry"), name="reviewed_once"),
                            models.CheckConstraint(
                                condition=models.Q(("word__in", ["changed", "confirmed", "withdrawn"])),
                                name="reviewed_word",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Belonging",
                    fields=[
                        (
                            "source",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="belonging",
                                serialize=False,
                                to="resources.source",
                            ),
                        ),
                        ("status", models.CharField(default="open", max_length=8)),
                        (
                            "fits",
                            models.JSONField(
                                default=list, help_text="Systems that fit, likeliest first, each with why."
                            ),
                        ),
                        ("found_at", models.DateTimeField()),
                        ("settled_by", models.CharField(blank=True, max_length=80)),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["chosen", "left_out", "open"])),
                                name="belonging_status",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Task",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tasks",
                                to="parties.department",
                            ),
                        ),
                        ("kind", models.CharField(max_length=8)),
                        (
                            "under",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="upkeep.task",
                            ),
                        ),
                        ("name", models.CharField(max_length=300)),
                        ("folded", models.CharField(help_text="Name as it is compared.", max_length=300)),
                        (
                            "code",
                            models.CharField(blank=True, help_text="As the department numbers it.", max_length=60),
                        ),
                        (
                            "basis",
                            models.CharField(
                                blank=True, help_text="Charter or text that gives the duty.", max_length=300
                            ),
                        ),
                        ("registered_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["department", "kind", "name"],
                        "indexes": [models.Index(fields=["department", "kind"], name="task_department")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["business", "duty"])), name="task_kind"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kind", "business"), ("under__isnull", True), _connector="OR"),
                                name="task_duty_on_top",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("department", "kind", "folded"),
                                name="task_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaskTie",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("tied_at", models.DateTimeField()),
                        ("tied_by", models.CharField(help_text="As evidence names people.", max_length=80)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="task_ties",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "task",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="ties", to="upkeep.task"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("entry", "task"), name="task_tie_once")],
                    },
                ),
                migrations.CreateModel(
                    name="SystemTie",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("tied_at", models.DateTimeField()),
                        ("tied_by", models.CharField(help_text="As evidence names people.", max_length=80)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="system_ties",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entry_ties",
                                to="resources.system",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("entry", "system"), name="system_tie_once")],
                    },
                ),
                migrations.CreateModel(
                    name="Look",
                    fields=[
                        (
                            "entry",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="look",
                                serialize=False,
                                to="catalog.entry",
                            ),
                        ),
                        ("looked_at", models.DateTimeField()),
                        ("missing", models.PositiveIntegerField(default=0)),
                        ("type_differs", models.PositiveIntegerField(default=0)),
                        ("not_catalogued", models.PositiveIntegerField(default=0)),
                        (
                            "fault",
                            models.TextField(blank=True, help_text="Sentence of why the table could not be looked at."),
                        ),
                    ],
                    options={
                        "ordering": ["looked_at"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("missing__gt", 0),
                                    ("type_differs__gt", 0),
                                    ("not_catalogued__gt", 0),
                                    models.Q(("fault", ""), _negated=True),
                                    _connector="OR",
                                ),
                                fields=["entry"],
                                name="look_drifted",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Count",
                    fields=[
                        (
                            "department",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="coverage",
                                serialize=False,
                                to="parties.department",
                            ),
                        ),
                        ("counted_at", models.DateTimeField()),
                        ("entries", models.PositiveIntegerField()),
                        ("systems", models.PositiveIntegerField()),
                        ("duties", models.PositiveIntegerField()),
                        ("gaps", models.JSONField(help_text="Gap → rows.")),
                    ],
                ),
            ]
        ),
        migrations.RunSQL(_IN_FORCE, "DROP INDEX upkeep_in_force"),
        migrations.RunSQL(_UNCONDITIONED, "DROP INDEX upkeep_unconditioned"),
    ]
