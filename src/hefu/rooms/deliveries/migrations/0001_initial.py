import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("grants", "0001_initial"),
        ("parties", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE deliveries_number", "DROP SEQUENCE deliveries_number"),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=24, unique=True)),
                ("channel", models.CharField(max_length=12)),
                ("target_id", models.UUIDField(blank=True, help_text="Where the rows go; None for a file.", null=True)),
                (
                    "file_format",
                    models.CharField(blank=True, help_text="csv, xlsx or parquet; empty for a table.", max_length=8),
                ),
                ("status", models.CharField(default="waiting", max_length=12)),
                ("asked_by", models.CharField(max_length=80)),
                ("asked_by_name", models.CharField(max_length=80)),
                ("asked_at", models.DateTimeField()),
                ("cancel_asked_at", models.DateTimeField(blank=True, null=True)),
                ("attempt", models.PositiveIntegerField(default=0, help_text="Tries begun.")),
                (
                    "pauses",
                    models.PositiveIntegerField(default=0, help_text="Tries that failed for now since a row moved."),
                ),
                (
                    "takeovers",
                    models.PositiveIntegerField(default=0, help_text="Times it was taken over from a dead worker."),
                ),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                ("phase", models.CharField(blank=True, max_length=24)),
                ("phase_at", models.DateTimeField(blank=True, help_text="When the phase began.", null=True)),
                ("rows", models.BigIntegerField(default=0, help_text="Rows that passed in this phase.")),
                ("rows_expected", models.BigIntegerField(blank=True, help_text="Estimate of the source.", null=True)),
                ("bytes", models.BigIntegerField(default=0)),
                ("chunks_done", models.IntegerField(default=0)),
                ("chunks", models.IntegerField(default=0)),
                (
                    "started_at",
                    models.DateTimeField(blank=True, help_text="When the current or last try began.", null=True),
                ),
                ("heartbeat_at", models.DateTimeField(blank=True, help_text="Last sign of the worker.", null=True)),
                ("last_row_at", models.DateTimeField(blank=True, help_text="When a row moved last.", null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, max_length=60)),
                (
                    "error_text",
                    models.TextField(blank=True, help_text="English sentence with fields, the key of its translation."),
                ),
                ("error_facts", models.JSONField(default=dict, help_text="What stands in the fields.")),
                ("rows_read", models.BigIntegerField(blank=True, help_text="Rows that the filter grants.", null=True)),
                ("rows_rejected", models.BigIntegerField(blank=True, null=True)),
                ("rejected", models.JSONField(default=dict, help_text="Reason → rows; a row may count under several.")),
                ("rows_written", models.BigIntegerField(blank=True, null=True)),
                ("digest_source", models.CharField(blank=True, max_length=80)),
                ("digest_target", models.CharField(blank=True, max_length=80)),
                ("lane", models.CharField(blank=True, max_length=16)),
                ("columns", models.JSONField(default=list, help_text="Names and types as delivered.")),
                ("milliseconds", models.JSONField(default=dict, help_text="Phase → milliseconds of the last try.")),
                (
                    "resumed_rows",
                    models.BigIntegerField(default=0, help_text="Rows that an earlier try had carried already."),
                ),
                ("rejects_kept", models.IntegerField(default=0, help_text="Rejected rows whose values are kept.")),
                (
                    "file_name",
                    models.CharField(
                        blank=True, help_text="In the folder of files; empty once dropped.", max_length=80
                    ),
                ),
                ("file_sha256", models.CharField(blank=True, max_length=64)),
                ("file_bytes", models.BigIntegerField(blank=True, null=True)),
                (
                    "consumer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                    ),
                ),
                (
                    "grant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="grants.grant"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.signedticket"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="RejectedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.IntegerField(help_text="In the order in which they were found, from 1.")),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        help_text="Every check that the row failed.",
                        size=None,
                    ),
                ),
                ("sealed", models.TextField(help_text="Its values under the master key.")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rejected_rows",
                        to="deliveries.delivery",
                    ),
                ),
            ],
            options={
                "ordering": ["place"],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["consumer", "-number"], name="delivery_consumer"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["provider", "-number"], name="delivery_provider"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["status", "next_try_at"], name="delivery_open"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["finished_at"], name="delivery_finished"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["cancelled", "done", "failed", "running", "stopped", "waiting"])),
                name="delivery_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["file", "table"])), name="delivery_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "table"), ("file_format", ""), ("target_id__isnull", False)),
                    models.Q(
                        ("channel", "file"), ("target_id__isnull", True), models.Q(("file_format", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="delivery_one_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["running", "waiting"])), fields=("grant",), name="delivery_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "done"), _negated=True),
                    models.Q(
                        ("digest_source", models.F("digest_target")),
                        ("finished_at__isnull", False),
                        (
                            "rows_read",
                            django.db.models.expressions.CombinedExpression(
                                models.F("rows_written"), "+", models.F("rows_rejected")
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="delivery_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "failed"), _negated=True),
                    models.Q(("error_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="delivery_failure_has_a_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="delivery",
            trigger=pgtrigger.compiler.Trigger(
                name="delivery_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="60cc2965e4768a385ac128a2a56b4de01c7602a0",
                    operation="DELETE",
                    pgid="pgtrigger_delivery_never_deleted_7d994",
                    table="deliveries_delivery",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="rejectedrow",
            constraint=models.UniqueConstraint(fields=("delivery", "place"), name="rejected_row_place"),
        ),
        migrations.AddConstraint(
            model_name="rejectedrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("reasons__len__gt", 0)), name="rejected_row_has_a_reason"
            ),
        ),
    ]
