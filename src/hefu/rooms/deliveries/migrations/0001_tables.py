import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [
        ("deliveries", "0001_initial"),
        ("deliveries", "0002_following"),
        ("deliveries", "0003_timetables"),
        ("deliveries", "0004_comparisons"),
        ("deliveries", "0005_increments"),
        ("deliveries", "0006_silence"),
        ("deliveries", "0007_files_sent"),
        ("deliveries", "0008_hooks"),
        ("deliveries", "0009_starts_and_comparing"),
        ("deliveries", "0010_joined"),
        ("deliveries", "0011_held"),
        ("deliveries", "0012_together"),
    ]

    initial = True

    dependencies = [
        ("grants", "0001_tables"),
        ("parties", "0001_tables"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE deliveries_number", "DROP SEQUENCE deliveries_number"),
        Tables(
            [
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "grant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deliveries",
                                to="grants.grant",
                            ),
                        ),
                        (
                            "ticket",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.signedticket"
                            ),
                        ),
                        (
                            "consumer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("channel", models.CharField(max_length=12)),
                        (
                            "mode",
                            models.CharField(
                                default="whole", help_text="Whole, kept in step, or new rows.", max_length=12
                            ),
                        ),
                        (
                            "target_id",
                            models.UUIDField(
                                blank=True,
                                help_text="Where the rows go; None for a file that is fetched here.",
                                null=True,
                            ),
                        ),
                        (
                            "file_format",
                            models.CharField(
                                blank=True, help_text="csv, xlsx, parquet or jsonl; empty for a table.", max_length=8
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=12)),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_by_name", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("cancel_asked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "pause_asked_at",
                            models.DateTimeField(blank=True, help_text="Of a running follower.", null=True),
                        ),
                        ("attempt", models.PositiveIntegerField(default=0, help_text="Tries begun.")),
                        (
                            "pauses",
                            models.PositiveIntegerField(
                                default=0, help_text="Tries that failed for now since a row moved."
                            ),
                        ),
                        (
                            "takeovers",
                            models.PositiveIntegerField(
                                default=0, help_text="Times it was taken over from a dead worker."
                            ),
                        ),
                        ("next_try_at", models.DateTimeField(blank=True, null=True)),
                        ("phase", models.CharField(blank=True, max_length=24)),
                        ("phase_at", models.DateTimeField(blank=True, help_text="When the phase began.", null=True)),
                        ("rows", models.BigIntegerField(default=0, help_text="Rows that passed in this phase.")),
                        (
                            "rows_expected",
                            models.BigIntegerField(blank=True, help_text="Estimate of the source.", null=True),
                        ),
                        ("bytes", models.BigIntegerField(default=0)),
                        ("chunks_done", models.IntegerField(default=0)),
                        ("chunks", models.IntegerField(default=0)),
                        (
                            "started_at",
                            models.DateTimeField(
                                blank=True, help_text="When the current or last try began.", null=True
                            ),
                        ),
                        (
                            "heartbeat_at",
                            models.DateTimeField(blank=True, help_text="Last sign of the worker.", null=True),
                        ),
                        (
                            "last_row_at",
                            models.DateTimeField(blank=True, help_text="When a row moved last.", null=True),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("error_code", models.CharField(blank=True, max_length=60)),
                        (
                            "error_text",
                            models.TextField(
                                blank=True, help_text="English sentence with fields, the key of its translation."
                            ),
                        ),
                        ("error_facts", models.JSONField(default=dict, help_text="What stands in the fields.")),
                        (
                            "rows_read",
                            models.BigIntegerField(blank=True, help_text="Rows that the filter grants.", null=True),
                        ),
                        ("rows_rejected", models.BigIntegerField(blank=True, null=True)),
                        (
                            "rejected",
                            models.JSONField(default=dict, help_text="Reason → rows; a row may count under several."),
                        ),
                        ("rows_written", models.BigIntegerField(blank=True, null=True)),
                        ("digest_source", models.CharField(blank=True, max_length=80)),
                        ("digest_target", models.CharField(blank=True, max_length=80)),
                        ("lane", models.CharField(blank=True, max_length=16)),
                        ("columns", models.JSONField(default=list, help_text="Names and types as delivered.")),
                        (
                            "milliseconds",
                            models.JSONField(default=dict, help_text="Phase → milliseconds of the last try."),
                        ),
                        (
                            "resumed_rows",
                            models.BigIntegerField(
                                default=0, help_text="Rows that an earlier try had carried already."
                            ),
                        ),
                        (
                            "rejects_kept",
                            models.IntegerField(default=0, help_text="Rejected rows whose values are kept."),
                        ),
                        (
                            "file_name",
                            models.CharField(
                                blank=True, help_text="In the folder of files; empty once dropped.", max_length=80
                            ),
                        ),
                        (
                            "fewer_taken",
                            models.BooleanField(
                                default=False, help_text="The consumer takes far fewer rows all the same."
                            ),
                        ),
                        (
                            "increment",
                            models.JSONField(
                                blank=True, help_text="What a delivery of new rows alone read and changed.", null=True
                            ),
                        ),
                        (
                            "held",
                            models.JSONField(
                                default=list, help_text="[{number, version, at}] of the holdings and libraries it read."
                            ),
                        ),
                        ("file_sha256", models.CharField(blank=True, max_length=64)),
                        ("file_bytes", models.BigIntegerField(blank=True, null=True)),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "ordering": ["-number"],
                        "indexes": [
                            models.Index(fields=["consumer", "-number"], name="delivery_consumer"),
                            models.Index(fields=["provider", "-number"], name="delivery_provider"),
                            models.Index(fields=["status", "next_try_at"], name="delivery_open"),
                            models.Index(fields=["finished_at"], name="delivery_finished"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        ["cancelled", "done", "failed", "paused", "running", "stopped", "waiting"],
                                    )
                                ),
                                name="delivery_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("channel__in", ["file", "table"])), name="delivery_channel"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("channel", "table"), ("file_format", ""), ("target_id__isnull", False)),
                                    models.Q(("channel", "file"), models.Q(("file_format", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="delivery_one_way",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mode__in", ["follow", "increment", "whole"])), name="delivery_mode"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("mode", "whole"), ("channel", "table"), _connector="OR"),
                                name="delivery_follows_a_table",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "paused"), _negated=True), ("mode", "follow"), _connector="OR"
                                ),
                                name="delivery_rests",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["paused", "running", "waiting"])),
                                fields=("grant",),
                                name="delivery_one_open",
                            ),
                            models.CheckConstraint(
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
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "failed"), _negated=True),
                                    models.Q(("error_code", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="delivery_failure_has_a_reason",
                            ),
                        ],
                    },
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
                migrations.CreateModel(
                    name="Comparison",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="comparisons",
                                to="deliveries.delivery",
                            ),
                        ),
                        ("mends", models.BooleanField(help_text="Whether what differs is mended.")),
                        ("state", models.CharField(default="waiting", max_length=8)),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_by_name", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("stop_asked_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "rows_source",
                            models.BigIntegerField(blank=True, help_text="Rows that the source grants.", null=True),
                        ),
                        ("rows_target", models.BigIntegerField(blank=True, null=True)),
                        ("digest_source", models.CharField(blank=True, max_length=20)),
                        ("digest_target", models.CharField(blank=True, max_length=20)),
                        ("missing", models.BigIntegerField(default=0)),
                        ("extra", models.BigIntegerField(default=0)),
                        ("different", models.BigIntegerField(default=0)),
                        ("inserted", models.BigIntegerField(default=0, help_text="To mend it.")),
                        ("updated", models.BigIntegerField(default=0, help_text="To mend it.")),
                        ("deleted", models.BigIntegerField(default=0, help_text="To mend it.")),
                        ("error_text", models.TextField(blank=True)),
                        ("error_facts", models.JSONField(default=dict)),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["done", "failed", "running", "stopped", "waiting"])),
                                name="comparison_state",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["running", "waiting"])),
                                fields=("delivery",),
                                name="comparison_one_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RejectedRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rejected_rows",
                                to="deliveries.delivery",
                            ),
                        ),
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
                    ],
                    options={
                        "ordering": ["place"],
                        "constraints": [
                            models.UniqueConstraint(fields=("delivery", "place"), name="rejected_row_place"),
                            models.CheckConstraint(
                                condition=models.Q(("reasons__len__gt", 0)), name="rejected_row_has_a_reason"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Following",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="following",
                                serialize=False,
                                to="deliveries.delivery",
                            ),
                        ),
                        ("source_id", models.UUIDField(help_text="Where the changes come from.")),
                        ("target_id", models.UUIDField(help_text="Where they go.")),
                        (
                            "attempt",
                            models.PositiveIntegerField(
                                default=0, help_text="The try that holds it; reports of others are dropped."
                            ),
                        ),
                        ("holder", models.UUIDField(blank=True, help_text="The process that carries it.", null=True)),
                        (
                            "lease_until",
                            models.DateTimeField(
                                blank=True, help_text="Until when it is held without a word.", null=True
                            ),
                        ),
                        (
                            "crowded",
                            models.BooleanField(
                                default=False, help_text="Passed over: its source bears no more at once."
                            ),
                        ),
                        ("slot", models.CharField(blank=True, help_text="Name at the source's server.", max_length=40)),
                        ("slot_state", models.CharField(default="none", max_length=8)),
                        (
                            "held_bytes",
                            models.BigIntegerField(
                                blank=True, help_text="Log that the source keeps for it.", null=True
                            ),
                        ),
                        (
                            "behind_bytes",
                            models.BigIntegerField(
                                blank=True, help_text="Log that it has still to take over.", null=True
                            ),
                        ),
                        ("slot_seen_at", models.DateTimeField(blank=True, null=True)),
                        ("drop_tries", models.PositiveIntegerField(default=0)),
                        ("drop_next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "drop_text",
                            models.TextField(
                                blank=True, help_text="Why the slot could not be dropped; key of its translation."
                            ),
                        ),
                        ("drop_facts", models.JSONField(default=dict)),
                        ("copies", models.PositiveIntegerField(default=0, help_text="Times the table was copied.")),
                        ("copied_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "copied_because",
                            models.TextField(blank=True, help_text="Why it was copied last; marked words."),
                        ),
                        (
                            "lsn",
                            models.CharField(
                                blank=True, help_text="Position up to which everything is in.", max_length=20
                            ),
                        ),
                        (
                            "seen",
                            models.CharField(blank=True, help_text="Up to where the source has spoken.", max_length=20),
                        ),
                        ("counts", models.JSONField(default=dict, help_text="What was taken over since the copy.")),
                        (
                            "committed_at",
                            models.DateTimeField(
                                blank=True, help_text="When the source committed the last change.", null=True
                            ),
                        ),
                        (
                            "heard_at",
                            models.DateTimeField(blank=True, help_text="Last word of the source's server.", null=True),
                        ),
                        (
                            "in_step_at",
                            models.DateTimeField(
                                blank=True, help_text="When the table was last as the source's was.", null=True
                            ),
                        ),
                        (
                            "moved_at",
                            models.DateTimeField(blank=True, help_text="When a change was taken over last.", null=True),
                        ),
                        (
                            "together",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Deliveries for which its log is read once."
                            ),
                        ),
                        ("windows", models.PositiveIntegerField(default=0, help_text="Windows that are closed.")),
                        ("window_opened_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "window_lsn",
                            models.CharField(blank=True, help_text="Where the open window begins.", max_length=20),
                        ),
                        ("window_counts", models.JSONField(default=dict, help_text="What was counted when it began.")),
                        (
                            "beats",
                            models.JSONField(
                                default=list, help_text="Lately: [seconds since 1970, changes, milliseconds behind]."
                            ),
                        ),
                        (
                            "felt",
                            models.CharField(blank=True, help_text="Its pulse when it was last felt.", max_length=12),
                        ),
                        (
                            "felt_at",
                            models.DateTimeField(blank=True, help_text="Since when it is red, or is not.", null=True),
                        ),
                        (
                            "alarm",
                            models.CharField(
                                blank=True, help_text="The pulse for which alarm was raised.", max_length=12
                            ),
                        ),
                        ("alarm_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("slot_state", "leaving")),
                                fields=["drop_next_at"],
                                name="following_leaving",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("slot_state__in", ["kept", "leaving", "none"])),
                                name="following_slot_state",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FollowWindow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="windows",
                                to="deliveries.delivery",
                            ),
                        ),
                        ("number", models.PositiveIntegerField(help_text="From 1.")),
                        ("copy", models.PositiveIntegerField(help_text="Of which copy of the table.")),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField()),
                        ("lsn_from", models.CharField(max_length=20)),
                        ("lsn_to", models.CharField(max_length=20)),
                        ("committed_at", models.DateTimeField(blank=True, null=True)),
                        ("transactions", models.BigIntegerField()),
                        ("changes", models.BigIntegerField()),
                        ("inserted", models.BigIntegerField()),
                        ("updated", models.BigIntegerField()),
                        ("deleted", models.BigIntegerField()),
                        ("rejected", models.BigIntegerField()),
                        ("evidence", models.UUIDField(help_text="Uid of the entry that says it.")),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("delivery", "number"), name="window_number"),
                            models.CheckConstraint(
                                condition=models.Q(("closed_at__gte", models.F("opened_at"))),
                                name="window_closes_after_it_opens",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="followwindow",
                    trigger=pgtrigger.compiler.Trigger(
                        name="window_never_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete or update rows from % table', TG_TABLE_NAME;",
                            hash="b8e62f3655b52177486ff88a4304f61e23ecb620",
                            operation="DELETE OR UPDATE",
                            pgid="pgtrigger_window_never_changed_ae838",
                            table="deliveries_followwindow",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Follower",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("host", models.CharField(max_length=120)),
                        ("pid", models.PositiveIntegerField()),
                        ("started_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        ("carries", models.PositiveIntegerField(default=0)),
                    ],
                ),
                migrations.CreateModel(
                    name="Sparing",
                    fields=[
                        ("source_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("most_followers", models.PositiveIntegerField(default=8, help_text="At once.")),
                        (
                            "most_held_bytes",
                            models.BigIntegerField(default=10737418240, help_text="Of its log, for one of them."),
                        ),
                        (
                            "looked_at",
                            models.DateTimeField(
                                blank=True, help_text="When its slots were looked at last.", null=True
                            ),
                        ),
                        (
                            "closed_from",
                            models.TimeField(
                                blank=True, help_text="Whole copies do not read it from here on.", null=True
                            ),
                        ),
                        ("closed_until", models.TimeField(blank=True, null=True)),
                        ("closed_working_days", models.BooleanField(default=False, help_text="Only on working days.")),
                        (
                            "most_bytes_a_second",
                            models.BigIntegerField(blank=True, help_text="Of one whole copy.", null=True),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("most_followers__gte", 1)), name="sparing_followers"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("most_held_bytes__gte", 1048576)), name="sparing_held_bytes"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("most_bytes_a_second__isnull", True),
                                    ("most_bytes_a_second__gte", 1024),
                                    _connector="OR",
                                ),
                                name="sparing_rate",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_from__isnull", True), ("closed_until__isnull", True)),
                                    models.Q(("closed_from__isnull", False), ("closed_until__isnull", False)),
                                    _connector="OR",
                                ),
                                name="sparing_closed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Hook",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("url", models.CharField(max_length=500)),
                        (
                            "causes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), help_text="What it is told of.", size=None
                            ),
                        ),
                        ("sealed", models.TextField(help_text="The secret, under the node's master key.")),
                        ("added_by", models.CharField(max_length=80)),
                        ("added_by_name", models.CharField(max_length=80)),
                        ("added_at", models.DateTimeField()),
                        ("dropped_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["added_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "causes__contained_by",
                                        ["cleared", "failed", "held", "lagging", "missed", "silent", "test"],
                                    )
                                ),
                                name="hook_causes",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HookCall",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "hook",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="calls", to="deliveries.hook"
                            ),
                        ),
                        ("cause", models.CharField(max_length=12)),
                        ("body", models.TextField(help_text="As it is sent; no value of a row.")),
                        ("state", models.CharField(default="waiting", max_length=8)),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("made_at", models.DateTimeField()),
                        ("next_try_at", models.DateTimeField(blank=True, null=True)),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "answer",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Status of the last answer.", null=True
                            ),
                        ),
                        (
                            "error_text",
                            models.TextField(blank=True, help_text="Why the last try failed; key of its translation."),
                        ),
                        ("error_facts", models.JSONField(default=dict)),
                    ],
                    options={
                        "ordering": ["-made_at", "-id"],
                        "indexes": [
                            models.Index(fields=["hook", "-made_at"], name="hook_call_made"),
                            models.Index(
                                condition=models.Q(("state", "waiting")), fields=["next_try_at"], name="hook_call_due"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("state__in", ["done", "failed", "waiting"])), name="hook_call_state"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Increment",
                    fields=[
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="increment",
                                serialize=False,
                                to="grants.grant",
                            ),
                        ),
                        ("item", models.CharField(help_text="As it is delivered.", max_length=80)),
                        (
                            "moments",
                            models.BooleanField(
                                help_text="Whether the item is a moment; the overlap is in seconds then."
                            ),
                        ),
                        (
                            "overlap",
                            models.BigIntegerField(
                                help_text="Read again each time: seconds, or a difference of numbers."
                            ),
                        ),
                        ("set_by", models.CharField(max_length=80)),
                        ("set_by_name", models.CharField(max_length=80)),
                        ("set_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("overlap__gte", 0)), name="increment_overlap")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Joined",
                    fields=[
                        (
                            "delivery",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="joined",
                                serialize=False,
                                to="deliveries.delivery",
                            ),
                        ),
                        (
                            "grant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="joined_deliveries",
                                to="grants.grant",
                            ),
                        ),
                        (
                            "ticket",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="grants.signedticket"
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("kind", models.CharField(max_length=8)),
                        ("on", models.JSONField(help_text="Pairs of delivered columns that must be equal.")),
                        (
                            "table",
                            models.CharField(
                                help_text="Of the consumer, beside those of the two grants.", max_length=63
                            ),
                        ),
                        (
                            "told",
                            models.JSONField(blank=True, help_text="What each side gave, once it arrived.", null=True),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["inner", "left"])), name="joined_kind"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="News",
                    fields=[
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="news",
                                serialize=False,
                                to="grants.grant",
                            ),
                        ),
                        (
                            "rows",
                            models.BigIntegerField(
                                blank=True, help_text="Of the consumer's table after the last delivery.", null=True
                            ),
                        ),
                        (
                            "scope",
                            models.CharField(
                                blank=True, help_text="Digest of the rows that were granted then.", max_length=64
                            ),
                        ),
                        (
                            "digest",
                            models.CharField(
                                blank=True, help_text="Of the keys of the last whole copy.", max_length=80
                            ),
                        ),
                        (
                            "changes",
                            models.BigIntegerField(
                                default=0, help_text="Changes of the follower when it was last felt."
                            ),
                        ),
                        (
                            "news_at",
                            models.DateTimeField(blank=True, help_text="When something new came last.", null=True),
                        ),
                        (
                            "looked_at",
                            models.DateTimeField(
                                blank=True, help_text="When the source was last looked at.", null=True
                            ),
                        ),
                        (
                            "pauses",
                            models.JSONField(default=dict, help_text="Day → longest pause before news, in seconds."),
                        ),
                        (
                            "silent_since",
                            models.DateTimeField(
                                blank=True, help_text="While alarm is raised: since the last news.", null=True
                            ),
                        ),
                        (
                            "least_share",
                            models.PositiveSmallIntegerField(
                                default=50,
                                help_text="Percent of the last rows below which a whole copy is held; 0 never.",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "news",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("least_share__lte", 100)), name="news_least_share"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Timetable",
                    fields=[
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="timetable",
                                serialize=False,
                                to="grants.grant",
                            ),
                        ),
                        ("text", models.CharField(help_text="As it was typed: cron, or words.", max_length=120)),
                        (
                            "after",
                            models.CharField(
                                blank=True,
                                db_index=True,
                                help_text="Number of the grant, holding or library it waits for.",
                                max_length=24,
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(
                                blank=True, help_text="When it is due; with `after`, since when it has been.", null=True
                            ),
                        ),
                        (
                            "last_at",
                            models.DateTimeField(blank=True, help_text="When it last started a delivery.", null=True),
                        ),
                        ("last_delivery", models.CharField(blank=True, max_length=24)),
                        (
                            "missed",
                            models.PositiveIntegerField(
                                default=0, help_text="Times that passed without a delivery since it was set."
                            ),
                        ),
                        ("missed_at", models.DateTimeField(blank=True, null=True)),
                        ("missed_text", models.TextField(blank=True, help_text="Why; key of its translation.")),
                        ("missed_facts", models.JSONField(default=dict)),
                        ("set_by", models.CharField(max_length=80)),
                        ("set_by_name", models.CharField(max_length=80)),
                        ("set_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["next_at"], name="timetable_next")],
                    },
                ),
                migrations.CreateModel(
                    name="ComparingTimes",
                    fields=[
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="comparing_times",
                                serialize=False,
                                to="grants.grant",
                            ),
                        ),
                        ("text", models.CharField(help_text="As it was typed: cron, or words.", max_length=120)),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "last_at",
                            models.DateTimeField(blank=True, help_text="When it last started a comparison.", null=True),
                        ),
                        (
                            "missed",
                            models.PositiveIntegerField(
                                default=0, help_text="Times that passed without one since it was set."
                            ),
                        ),
                        ("missed_at", models.DateTimeField(blank=True, null=True)),
                        ("missed_text", models.TextField(blank=True, help_text="Why; key of its translation.")),
                        ("missed_facts", models.JSONField(default=dict)),
                        ("set_by", models.CharField(max_length=80)),
                        ("set_by_name", models.CharField(max_length=80)),
                        ("set_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["next_at"], name="comparing_times_next")],
                    },
                ),
            ]
        ),
    ]
