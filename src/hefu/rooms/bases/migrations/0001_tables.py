import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [("bases", "0001_initial")]

    initial = True

    dependencies = []

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="LegalText",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "document",
                            models.CharField(
                                blank=True, help_text="Id in the packs; empty for one registered here.", max_length=60
                            ),
                        ),
                        ("title", models.CharField(max_length=300)),
                        ("title_en", models.CharField(blank=True, max_length=300)),
                        ("folded", models.CharField(help_text="Title as it is compared.", max_length=300)),
                        ("number", models.CharField(blank=True, max_length=120)),
                        ("rank", models.CharField(max_length=30)),
                        (
                            "holds_from",
                            models.DateField(blank=True, help_text="First day in force, where known.", null=True),
                        ),
                        (
                            "holds_until",
                            models.DateField(blank=True, help_text="Last day in force, this day included.", null=True),
                        ),
                        (
                            "lost",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=300),
                                default=list,
                                help_text="Parts missing from every copy.",
                                size=None,
                            ),
                        ),
                        ("doubt", models.TextField(blank=True)),
                        ("doubt_en", models.TextField(blank=True)),
                        (
                            "packs",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                default=list,
                                help_text="Packs that cite it.",
                                size=None,
                            ),
                        ),
                        ("registered_at", models.DateTimeField()),
                        (
                            "repealed_at",
                            models.DateTimeField(
                                blank=True, help_text="When the authority noted the repeal.", null=True
                            ),
                        ),
                        (
                            "repealed_by",
                            models.CharField(blank=True, help_text="The text that repealed it.", max_length=300),
                        ),
                        ("repeal_reason", models.TextField(blank=True)),
                        (
                            "ended_told_at",
                            models.DateTimeField(blank=True, help_text="When its end took effect here.", null=True),
                        ),
                    ],
                    options={
                        "ordering": ["title", "number"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_told_at__isnull", True)),
                                fields=["holds_until"],
                                name="text_ending",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "rank__in",
                                        [
                                            "administrative-regulation",
                                            "law",
                                            "local-regulation",
                                            "normative-document",
                                            "not-binding",
                                            "rule",
                                            "standard",
                                            "state-council-decision",
                                        ],
                                    )
                                ),
                                name="text_rank",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("holds_from__isnull", True),
                                    ("holds_until__isnull", True),
                                    ("holds_until__gte", models.F("holds_from")),
                                    _connector="OR",
                                ),
                                name="text_days",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("document", ""), _negated=True),
                                fields=("document",),
                                name="text_document",
                            ),
                            models.UniqueConstraint(fields=("folded", "number"), name="text_title_number"),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="legaltext",
                    trigger=pgtrigger.compiler.Trigger(
                        name="text_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="8893acd47d6db541a7e8d8000eda1f1901eda9f1",
                            operation="DELETE",
                            pgid="pgtrigger_text_kept_7a174",
                            table="bases_legaltext",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Reliance",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "text",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reliances",
                                to="bases.legaltext",
                            ),
                        ),
                        ("document", models.CharField(blank=True, max_length=60)),
                        ("title", models.CharField(help_text="As the thing writes it.", max_length=300)),
                        ("folded", models.CharField(max_length=300)),
                        ("article", models.CharField(blank=True, max_length=120)),
                        ("resting", models.CharField(max_length=10)),
                        ("subject", models.CharField(help_text="Public number or code of the thing.", max_length=80)),
                        ("name", models.CharField(blank=True, max_length=200)),
                        (
                            "concerns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                default=list,
                                help_text="Departments that may see it.",
                                size=None,
                            ),
                        ),
                        ("noted_at", models.DateTimeField()),
                        (
                            "over_at",
                            models.DateTimeField(blank=True, help_text="When the thing itself ended.", null=True),
                        ),
                        (
                            "review_since",
                            models.DateTimeField(blank=True, help_text="When it went to the reviewers.", null=True),
                        ),
                        ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                        ("reviewed_by", models.CharField(blank=True, max_length=120)),
                        ("note", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["-noted_at", "id"],
                        "indexes": [
                            models.Index(fields=["text", "over_at"], name="reliance_text"),
                            models.Index(
                                condition=models.Q(("text__isnull", True)), fields=["folded"], name="reliance_unlinked"
                            ),
                            models.Index(fields=["resting", "subject"], name="reliance_subject"),
                            django.contrib.postgres.indexes.GinIndex(fields=["concerns"], name="reliance_concerns"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("resting__in", ["entry", "grant", "refusal"])),
                                name="reliance_resting",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("reviewed_at__isnull", True), ("review_since__isnull", False), _connector="OR"
                                ),
                                name="reliance_reviewed_after",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("over_at__isnull", True)),
                                fields=("resting", "subject", "document", "folded", "article"),
                                name="reliance_once",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
