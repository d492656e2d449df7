import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [
        ("holdings", "0001_initial"),
        ("holdings", "0002_libraries"),
        ("holdings", "0003_by_owner"),
        ("holdings", "0004_library_sharing"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("parties", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE holdings_number", "DROP SEQUENCE holdings_number"),
        Tables(
            [
                migrations.CreateModel(
                    name="Holding",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="holdings", to="catalog.entry"
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holdings",
                                to="parties.department",
                            ),
                        ),
                        ("taking", models.CharField(default="snapshot", max_length=8)),
                        (
                            "timetable",
                            models.CharField(blank=True, help_text="As it was typed: cron, or words.", max_length=120),
                        ),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "serves",
                            models.BooleanField(
                                default=False, help_text="Grants are delivered from it, not from the source."
                            ),
                        ),
                        (
                            "by_owner",
                            models.BooleanField(
                                default=False,
                                help_text="Its own department opened it or set its times, not the authority alone.",
                            ),
                        ),
                        ("opened_by", models.CharField(max_length=80)),
                        ("opened_by_name", models.CharField(max_length=80)),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("closed_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [models.Index(fields=["next_at"], name="holding_next")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("taking__in", ["merge", "snapshot"])), name="holding_taking"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("entry",),
                                name="holding_one_of_an_entry",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="holding",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "holdings_holdingevent" ("by_owner", "closed_at", "closed_reason", "department_id", "entry_id", "id", "next_at", "number", "opened_at", "opened_by", "opened_by_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serves", "taking", "timetable") VALUES (NEW."by_owner", NEW."closed_at", NEW."closed_reason", NEW."department_id", NEW."entry_id", NEW."id", NEW."next_at", NEW."number", NEW."opened_at", NEW."opened_by", NEW."opened_by_name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."serves", NEW."taking", NEW."timetable"); RETURN NULL;',
                            hash="ba4eb706d26713ca6ad7a32ce2bd3097e422e471",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_62fcd",
                            table="holdings_holding",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="holding",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "holdings_holdingevent" ("by_owner", "closed_at", "closed_reason", "department_id", "entry_id", "id", "next_at", "number", "opened_at", "opened_by", "opened_by_name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serves", "taking", "timetable") VALUES (NEW."by_owner", NEW."closed_at", NEW."closed_reason", NEW."department_id", NEW."entry_id", NEW."id", NEW."next_at", NEW."number", NEW."opened_at", NEW."opened_by", NEW."opened_by_name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."serves", NEW."taking", NEW."timetable"); RETURN NULL;',
                            hash="1abd323c047d31a75543448cac3e94b06ca68747",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_95ddb",
                            table="holdings_holding",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="HoldingEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="holdings.holding",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        ("id", models.UUIDField(serialize=False)),
                        ("number", models.CharField(max_length=24)),
                        (
                            "entry",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("taking", models.CharField(default="snapshot", max_length=8)),
                        (
                            "timetable",
                            models.CharField(blank=True, help_text="As it was typed: cron, or words.", max_length=120),
                        ),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "serves",
                            models.BooleanField(
                                default=False, help_text="Grants are delivered from it, not from the source."
                            ),
                        ),
                        (
                            "by_owner",
                            models.BooleanField(
                                default=False,
                                help_text="Its own department opened it or set its times, not the authority alone.",
                            ),
                        ),
                        ("opened_by", models.CharField(max_length=80)),
                        ("opened_by_name", models.CharField(max_length=80)),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("closed_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="CollectionRun",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "holding",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="holdings.holding"
                            ),
                        ),
                        (
                            "serial",
                            models.PositiveIntegerField(help_text="Within the holding; the lake knows the run by it."),
                        ),
                        ("taking", models.CharField(max_length=8)),
                        (
                            "empty_is_true",
                            models.BooleanField(
                                default=False, help_text="Somebody said that the source is really empty."
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=12)),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_by_name", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("cancel_asked_at", models.DateTimeField(blank=True, null=True)),
                        ("attempt", models.PositiveIntegerField(default=0, help_text="Tries begun.")),
                        ("pauses", models.PositiveIntegerField(default=0, help_text="Tries that failed for now.")),
                        (
                            "takeovers",
                            models.PositiveIntegerField(
                                default=0, help_text="Times it was taken over from a dead worker."
                            ),
                        ),
                        ("next_try_at", models.DateTimeField(blank=True, null=True)),
                        ("phase", models.CharField(blank=True, max_length=24)),
                        ("phase_at", models.DateTimeField(blank=True, null=True)),
                        ("rows", models.BigIntegerField(default=0, help_text="Rows that passed in this phase.")),
                        ("rows_expected", models.BigIntegerField(blank=True, null=True)),
                        ("bytes", models.BigIntegerField(default=0)),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                        ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("error_code", models.CharField(blank=True, max_length=60)),
                        (
                            "error_text",
                            models.TextField(
                                blank=True, help_text="English sentence with fields, the key of its translation."
                            ),
                        ),
                        ("error_facts", models.JSONField(default=dict)),
                        (
                            "version",
                            models.PositiveBigIntegerField(blank=True, help_text="In the Delta log.", null=True),
                        ),
                        (
                            "collected_at",
                            models.DateTimeField(blank=True, help_text="The version's own time.", null=True),
                        ),
                        ("rows_read", models.BigIntegerField(blank=True, null=True)),
                        ("rows_rejected", models.BigIntegerField(blank=True, null=True)),
                        (
                            "rejected",
                            models.JSONField(default=dict, help_text="Reason → rows; a row may count under several."),
                        ),
                        ("rows_held", models.BigIntegerField(blank=True, help_text="Rows of the version.", null=True)),
                        ("inserted", models.BigIntegerField(blank=True, null=True)),
                        ("updated", models.BigIntegerField(blank=True, null=True)),
                        ("removed", models.BigIntegerField(blank=True, null=True)),
                        ("digest_source", models.CharField(blank=True, max_length=20)),
                        ("digest_held", models.CharField(blank=True, max_length=20)),
                        ("milliseconds", models.JSONField(default=dict)),
                        ("rejects_kept", models.IntegerField(default=0)),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [models.Index(fields=["status", "next_try_at"], name="collection_run_open")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["cancelled", "done", "failed", "running", "waiting"])
                                ),
                                name="collection_run_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("taking__in", ["merge", "snapshot"])), name="collection_run_taking"
                            ),
                            models.UniqueConstraint(fields=("holding", "serial"), name="collection_run_serial"),
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["running", "waiting"])),
                                fields=("holding",),
                                name="collection_run_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "done"), _negated=True),
                                    models.Q(
                                        ("finished_at__isnull", False),
                                        ("rows_held__isnull", False),
                                        ("rows_read__gte", models.F("rows_rejected")),
                                        ("version__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="collection_run_adds_up",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "done"), _negated=True),
                                    models.Q(("taking", "snapshot"), _negated=True),
                                    models.Q(
                                        ("digest_source", models.F("digest_held")),
                                        (
                                            "rows_read",
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("rows_held"), "+", models.F("rows_rejected")
                                            ),
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="collection_run_is_the_source",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "failed"), _negated=True),
                                    models.Q(("error_code", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="collection_run_failed_why",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="collectionrun",
                    trigger=pgtrigger.compiler.Trigger(
                        name="collection_run_never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="fa89958c1c53737c8a4ba91b095d44c94c5aab3f",
                            operation="DELETE",
                            pgid="pgtrigger_collection_run_never_deleted_bafc1",
                            table="holdings_collectionrun",
                            when="BEFORE",
                        ),
                    ),
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
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rejected_rows",
                                to="holdings.collectionrun",
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
                            models.UniqueConstraint(fields=("run", "place"), name="holding_rejected_row_place")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Library",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=12)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="libraries",
                                to="parties.department",
                            ),
                        ),
                        ("subject", models.CharField(help_text="Name of its key.", max_length=63)),
                        ("parts", models.JSONField(help_text="[{holding, subject, changed}]")),
                        ("fields", models.JSONField(help_text="[{name, wins, sources: [[holding, column]]}]")),
                        ("stated_by", models.CharField(max_length=80)),
                        ("stated_by_name", models.CharField(max_length=80)),
                        ("stated_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                blank=True, help_text="Of the last assembly; empty before the first.", max_length=12
                            ),
                        ),
                        ("serial", models.PositiveIntegerField(default=0, help_text="Of the last assembly.")),
                        ("takeovers", models.PositiveIntegerField(default=0)),
                        ("asked_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("version", models.PositiveBigIntegerField(blank=True, null=True)),
                        ("subjects", models.BigIntegerField(blank=True, null=True)),
                        (
                            "assembled",
                            models.JSONField(
                                default=dict, help_text="{subject, parts, fields} that its version was assembled by."
                            ),
                        ),
                        (
                            "timetable",
                            models.CharField(
                                blank=True, help_text="As it was typed: cron, words, or after what.", max_length=120
                            ),
                        ),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "conflicts",
                            models.JSONField(
                                default=dict, help_text="Field → subjects of which sources say different things."
                            ),
                        ),
                        ("error_code", models.CharField(blank=True, max_length=60)),
                        ("error_text", models.TextField(blank=True)),
                        ("error_facts", models.JSONField(default=dict)),
                    ],
                    options={
                        "verbose_name_plural": "libraries",
                        "ordering": ["-number"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("kind__in", ["legal_person", "licence", "population", "space", "theme"])
                                ),
                                name="library_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["", "cancelled", "done", "failed", "running", "waiting"])
                                ),
                                name="library_status",
                            ),
                            models.UniqueConstraint(fields=("department", "name"), name="library_name"),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="library",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "holdings_libraryevent" ("asked_at", "assembled", "conflicts", "department_id", "error_code", "error_facts", "error_text", "fields", "finished_at", "id", "kind", "name", "next_at", "number", "parts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serial", "stated_at", "stated_by", "stated_by_name", "status", "subject", "subjects", "takeovers", "timetable", "version") VALUES (NEW."asked_at", NEW."assembled", NEW."conflicts", NEW."department_id", NEW."error_code", NEW."error_facts", NEW."error_text", NEW."fields", NEW."finished_at", NEW."id", NEW."kind", NEW."name", NEW."next_at", NEW."number", NEW."parts", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."serial", NEW."stated_at", NEW."stated_by", NEW."stated_by_name", NEW."status", NEW."subject", NEW."subjects", NEW."takeovers", NEW."timetable", NEW."version"); RETURN NULL;',
                            hash="c9b4c3f31bfe29acf12882656402bd278ed69654",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_2066a",
                            table="holdings_library",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="library",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "holdings_libraryevent" ("asked_at", "assembled", "conflicts", "department_id", "error_code", "error_facts", "error_text", "fields", "finished_at", "id", "kind", "name", "next_at", "number", "parts", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "serial", "stated_at", "stated_by", "stated_by_name", "status", "subject", "subjects", "takeovers", "timetable", "version") VALUES (NEW."asked_at", NEW."assembled", NEW."conflicts", NEW."department_id", NEW."error_code", NEW."error_facts", NEW."error_text", NEW."fields", NEW."finished_at", NEW."id", NEW."kind", NEW."name", NEW."next_at", NEW."number", NEW."parts", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."serial", NEW."stated_at", NEW."stated_by", NEW."stated_by_name", NEW."status", NEW."subject", NEW."subjects", NEW."takeovers", NEW."timetable", NEW."version"); RETURN NULL;',
                            hash="30b817a4d1bd12fc8e6a4365dc337bf5908d4627",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_fc664",
                            table="holdings_library",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="LibraryEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="holdings.library",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        ("id", models.UUIDField(serialize=False)),
                        ("number", models.CharField(max_length=24)),
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=12)),
                        (
                            "department",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("subject", models.CharField(help_text="Name of its key.", max_length=63)),
                        ("parts", models.JSONField(help_text="[{holding, subject, changed}]")),
                        ("fields", models.JSONField(help_text="[{name, wins, sources: [[holding, column]]}]")),
                        ("stated_by", models.CharField(max_length=80)),
                        ("stated_by_name", models.CharField(max_length=80)),
                        ("stated_at", models.DateTimeField()),
                        (
                            "status",
                            models.CharField(
                                blank=True, help_text="Of the last assembly; empty before the first.", max_length=12
                            ),
                        ),
                        ("serial", models.PositiveIntegerField(default=0, help_text="Of the last assembly.")),
                        ("takeovers", models.PositiveIntegerField(default=0)),
                        ("asked_at", models.DateTimeField(blank=True, null=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("version", models.PositiveBigIntegerField(blank=True, null=True)),
                        ("subjects", models.BigIntegerField(blank=True, null=True)),
                        (
                            "assembled",
                            models.JSONField(
                                default=dict, help_text="{subject, parts, fields} that its version was assembled by."
                            ),
                        ),
                        (
                            "timetable",
                            models.CharField(
                                blank=True, help_text="As it was typed: cron, words, or after what.", max_length=120
                            ),
                        ),
                        ("next_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "conflicts",
                            models.JSONField(
                                default=dict, help_text="Field → subjects of which sources say different things."
                            ),
                        ),
                        ("error_code", models.CharField(blank=True, max_length=60)),
                        ("error_text", models.TextField(blank=True)),
                        ("error_facts", models.JSONField(default=dict)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="LibraryConsent",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "library",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="consents",
                                to="holdings.library",
                            ),
                        ),
                        (
                            "holding",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="consents",
                                to="holdings.holding",
                            ),
                        ),
                        (
                            "columns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=63),
                                help_text="Columns of the holding.",
                                size=None,
                            ),
                        ),
                        ("given_by", models.CharField(max_length=80)),
                        ("given_by_name", models.CharField(max_length=80)),
                        ("given_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-given_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("withdrawn_at__isnull", True)),
                                fields=("library", "holding"),
                                name="library_consent_one_of_a_holding",
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="libraryconsent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "holdings_libraryconsentevent" ("columns", "given_at", "given_by", "given_by_name", "holding_id", "id", "library_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "withdrawn_at") VALUES (NEW."columns", NEW."given_at", NEW."given_by", NEW."given_by_name", NEW."holding_id", NEW."id", NEW."library_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."withdrawn_at"); RETURN NULL;',
                            hash="db5205c2fac503719713925205c1c8f013480fae",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_b45c0",
                            table="holdings_libraryconsent",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="libraryconsent",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "holdings_libraryconsentevent" ("columns", "given_at", "given_by", "given_by_name", "holding_id", "id", "library_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "withdrawn_at") VALUES (NEW."columns", NEW."given_at", NEW."given_by", NEW."given_by_name", NEW."holding_id", NEW."id", NEW."library_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."withdrawn_at"); RETURN NULL;',
                            hash="e73942eedf3901ea14f8cd61bb1afd5656705375",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_4e8fa",
                            table="holdings_libraryconsent",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="LibraryConsentEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="holdings.libraryconsent",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        ("id", models.UUIDField(serialize=False)),
                        (
                            "library",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="holdings.library",
                            ),
                        ),
                        (
                            "holding",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="holdings.holding",
                            ),
                        ),
                        (
                            "columns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=63),
                                help_text="Columns of the holding.",
                                size=None,
                            ),
                        ),
                        ("given_by", models.CharField(max_length=80)),
                        ("given_by_name", models.CharField(max_length=80)),
                        ("given_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="LibraryConflict",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "library",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kept_conflicts",
                                to="holdings.library",
                            ),
                        ),
                        ("place", models.IntegerField()),
                        ("field", models.CharField(max_length=63)),
                        ("sealed", models.TextField(help_text="Subject and values under the master key.")),
                    ],
                    options={
                        "ordering": ["place"],
                        "constraints": [
                            models.UniqueConstraint(fields=("library", "place"), name="library_conflict_place")
                        ],
                    },
                ),
            ]
        ),
    ]
