import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [
        ("resources", "0001_initial"),
        ("resources", "0002_mysql"),
        ("resources", "0003_sftp"),
        ("resources", "0004_s3"),
        ("resources", "0005_http"),
        ("resources", "0006_lake"),
        ("resources", "0007_oracle_dameng"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("parties", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="System",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="systems",
                                to="parties.department",
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("network", models.CharField(max_length=9)),
                        ("description", models.TextField(blank=True)),
                        ("registered_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("department", "name"), name="system_name"),
                            models.CheckConstraint(
                                condition=models.Q(("network__in", ["dedicated", "extranet", "internet", "other"])),
                                name="system_network",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="system",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "resources_systemevent" ("department_id", "description", "id", "name", "network", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "registered_at") VALUES (NEW."department_id", NEW."description", NEW."id", NEW."name", NEW."network", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."registered_at"); RETURN NULL;',
                            hash="07aaac5fab8aba475f8d4e169531233c121587d4",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_a3de0",
                            table="resources_system",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="system",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "resources_systemevent" ("department_id", "description", "id", "name", "network", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "registered_at") VALUES (NEW."department_id", NEW."description", NEW."id", NEW."name", NEW."network", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."registered_at"); RETURN NULL;',
                            hash="4a835757e83f2c51dd345015195eed74d8c7e44a",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_cb53b",
                            table="resources_system",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="SystemEvent",
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
                                to="resources.system",
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
                            "department",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("network", models.CharField(max_length=9)),
                        ("description", models.TextField(blank=True)),
                        ("registered_at", models.DateTimeField()),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Source",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=8)),
                        ("host", models.CharField(blank=True, max_length=255)),
                        ("port", models.PositiveIntegerField(default=5432)),
                        ("dbname", models.CharField(blank=True, max_length=63)),
                        ("username", models.CharField(blank=True, max_length=63)),
                        ("tls", models.CharField(default="prefer", max_length=11)),
                        ("schema", models.CharField(default="public", max_length=63)),
                        ("folder", models.CharField(blank=True, max_length=500)),
                        (
                            "host_key",
                            models.CharField(
                                blank=True, help_text="Fingerprint of the SFTP server's key.", max_length=64
                            ),
                        ),
                        ("region", models.CharField(blank=True, help_text="Of an S3-compatible store.", max_length=32)),
                        (
                            "interface",
                            models.TextField(blank=True, help_text="How interfaces over HTTP are asked, as JSON."),
                        ),
                        ("encoding", models.CharField(default="utf-8", max_length=8)),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("tested_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "reached",
                            models.BooleanField(blank=True, help_text="Whether the last test reached it.", null=True),
                        ),
                        (
                            "test_text",
                            models.TextField(
                                blank=True, help_text="Sentence of the last test, in English with {facts}."
                            ),
                        ),
                        ("test_facts", models.JSONField(blank=True, default=dict)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sources",
                                to="parties.department",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sources",
                                to="resources.system",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("department", "name"),
                                name="source_name",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "dameng",
                                            "folder",
                                            "http",
                                            "lake",
                                            "mysql",
                                            "oracle",
                                            "postgres",
                                            "s3",
                                            "sftp",
                                        ],
                                    )
                                ),
                                name="source_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("tls__in", ["disable", "prefer", "require", "verify-ca", "verify-full"])
                                ),
                                name="source_tls",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind__in", ["dameng", "mysql", "oracle", "postgres"]),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("dbname", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        ("folder", ""),
                                    ),
                                    models.Q(
                                        ("kind__in", ["folder", "lake"]),
                                        models.Q(("folder", ""), _negated=True),
                                        ("host", ""),
                                    ),
                                    models.Q(
                                        ("kind", "sftp"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        models.Q(("folder", ""), _negated=True),
                                        models.Q(("host_key", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("kind", "http"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("interface", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("kind", "s3"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("dbname", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        models.Q(("folder", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="source_reachable",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="source",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "resources_sourceevent" ("closed_at", "dbname", "department_id", "encoding", "folder", "host", "host_key", "id", "interface", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "port", "reached", "region", "registered_at", "schema", "system_id", "test_facts", "test_text", "tested_at", "tls", "username") VALUES (NEW."closed_at", NEW."dbname", NEW."department_id", NEW."encoding", NEW."folder", NEW."host", NEW."host_key", NEW."id", NEW."interface", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."port", NEW."reached", NEW."region", NEW."registered_at", NEW."schema", NEW."system_id", NEW."test_facts", NEW."test_text", NEW."tested_at", NEW."tls", NEW."username"); RETURN NULL;',
                            hash="972b09638c89d7bc3e768d262b4710e09cd90093",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_81693",
                            table="resources_source",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="source",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "resources_sourceevent" ("closed_at", "dbname", "department_id", "encoding", "folder", "host", "host_key", "id", "interface", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "port", "reached", "region", "registered_at", "schema", "system_id", "test_facts", "test_text", "tested_at", "tls", "username") VALUES (NEW."closed_at", NEW."dbname", NEW."department_id", NEW."encoding", NEW."folder", NEW."host", NEW."host_key", NEW."id", NEW."interface", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."port", NEW."reached", NEW."region", NEW."registered_at", NEW."schema", NEW."system_id", NEW."test_facts", NEW."test_text", NEW."tested_at", NEW."tls", NEW."username"); RETURN NULL;',
                            hash="2c10a6b6e2710286a74a9c517b8a2e78cd679899",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_541c5",
                            table="resources_source",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="SourceEvent",
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
                                to="resources.source",
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
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=8)),
                        ("host", models.CharField(blank=True, max_length=255)),
                        ("port", models.PositiveIntegerField(default=5432)),
                        ("dbname", models.CharField(blank=True, max_length=63)),
                        ("username", models.CharField(blank=True, max_length=63)),
                        ("tls", models.CharField(default="prefer", max_length=11)),
                        ("schema", models.CharField(default="public", max_length=63)),
                        ("folder", models.CharField(blank=True, max_length=500)),
                        (
                            "host_key",
                            models.CharField(
                                blank=True, help_text="Fingerprint of the SFTP server's key.", max_length=64
                            ),
                        ),
                        ("region", models.CharField(blank=True, help_text="Of an S3-compatible store.", max_length=32)),
                        (
                            "interface",
                            models.TextField(blank=True, help_text="How interfaces over HTTP are asked, as JSON."),
                        ),
                        ("encoding", models.CharField(default="utf-8", max_length=8)),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("tested_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "reached",
                            models.BooleanField(blank=True, help_text="Whether the last test reached it.", null=True),
                        ),
                        (
                            "test_text",
                            models.TextField(
                                blank=True, help_text="Sentence of the last test, in English with {facts}."
                            ),
                        ),
                        ("test_facts", models.JSONField(blank=True, default=dict)),
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
                        (
                            "system",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="resources.system",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Target",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=8)),
                        ("host", models.CharField(blank=True, max_length=255)),
                        ("port", models.PositiveIntegerField(default=5432)),
                        ("dbname", models.CharField(blank=True, max_length=63)),
                        ("username", models.CharField(blank=True, max_length=63)),
                        ("tls", models.CharField(default="prefer", max_length=11)),
                        ("schema", models.CharField(default="public", max_length=63)),
                        ("folder", models.CharField(blank=True, max_length=500)),
                        (
                            "host_key",
                            models.CharField(
                                blank=True, help_text="Fingerprint of the SFTP server's key.", max_length=64
                            ),
                        ),
                        ("region", models.CharField(blank=True, help_text="Of an S3-compatible store.", max_length=32)),
                        (
                            "interface",
                            models.TextField(blank=True, help_text="How interfaces over HTTP are asked, as JSON."),
                        ),
                        ("encoding", models.CharField(default="utf-8", max_length=8)),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("tested_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "reached",
                            models.BooleanField(blank=True, help_text="Whether the last test reached it.", null=True),
                        ),
                        (
                            "test_text",
                            models.TextField(
                                blank=True, help_text="Sentence of the last test, in English with {facts}."
                            ),
                        ),
                        ("test_facts", models.JSONField(blank=True, default=dict)),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="targets",
                                to="parties.department",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "abstract": False,
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=("department", "name"),
                                name="target_name",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            "dameng",
                                            "folder",
                                            "http",
                                            "lake",
                                            "mysql",
                                            "oracle",
                                            "postgres",
                                            "s3",
                                            "sftp",
                                        ],
                                    )
                                ),
                                name="target_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("tls__in", ["disable", "prefer", "require", "verify-ca", "verify-full"])
                                ),
                                name="target_tls",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind__in", ["dameng", "mysql", "oracle", "postgres"]),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("dbname", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        ("folder", ""),
                                    ),
                                    models.Q(
                                        ("kind__in", ["folder", "lake"]),
                                        models.Q(("folder", ""), _negated=True),
                                        ("host", ""),
                                    ),
                                    models.Q(
                                        ("kind", "sftp"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        models.Q(("folder", ""), _negated=True),
                                        models.Q(("host_key", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("kind", "http"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("interface", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("kind", "s3"),
                                        models.Q(("host", ""), _negated=True),
                                        models.Q(("dbname", ""), _negated=True),
                                        models.Q(("username", ""), _negated=True),
                                        models.Q(("folder", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="target_reachable",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="target",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "resources_targetevent" ("closed_at", "dbname", "department_id", "encoding", "folder", "host", "host_key", "id", "interface", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "port", "reached", "region", "registered_at", "schema", "test_facts", "test_text", "tested_at", "tls", "username") VALUES (NEW."closed_at", NEW."dbname", NEW."department_id", NEW."encoding", NEW."folder", NEW."host", NEW."host_key", NEW."id", NEW."interface", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."port", NEW."reached", NEW."region", NEW."registered_at", NEW."schema", NEW."test_facts", NEW."test_text", NEW."tested_at", NEW."tls", NEW."username"); RETURN NULL;',
                            hash="1f3aaeef2e235f86c357b671772eddd71e01fbd6",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_77817",
                            table="resources_target",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="target",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "resources_targetevent" ("closed_at", "dbname", "department_id", "encoding", "folder", "host", "host_key", "id", "interface", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "port", "reached", "region", "registered_at", "schema", "test_facts", "test_text", "tested_at", "tls", "username") VALUES (NEW."closed_at", NEW."dbname", NEW."department_id", NEW."encoding", NEW."folder", NEW."host", NEW."host_key", NEW."id", NEW."interface", NEW."kind", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."port", NEW."reached", NEW."region", NEW."registered_at", NEW."schema", NEW."test_facts", NEW."test_text", NEW."tested_at", NEW."tls", NEW."username"); RETURN NULL;',
                            hash="6e9d16bd7993f604e6c6281d749a1eb834eb54be",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_bcfe9",
                            table="resources_target",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="TargetEvent",
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
                                to="resources.target",
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
                        ("name", models.CharField(max_length=120)),
                        ("kind", models.CharField(max_length=8)),
                        ("host", models.CharField(blank=True, max_length=255)),
                        ("port", models.PositiveIntegerField(default=5432)),
                        ("dbname", models.CharField(blank=True, max_length=63)),
                        ("username", models.CharField(blank=True, max_length=63)),
                        ("tls", models.CharField(default="prefer", max_length=11)),
                        ("schema", models.CharField(default="public", max_length=63)),
                        ("folder", models.CharField(blank=True, max_length=500)),
                        (
                            "host_key",
                            models.CharField(
                                blank=True, help_text="Fingerprint of the SFTP server's key.", max_length=64
                            ),
                        ),
                        ("region", models.CharField(blank=True, help_text="Of an S3-compatible store.", max_length=32)),
                        (
                            "interface",
                            models.TextField(blank=True, help_text="How interfaces over HTTP are asked, as JSON."),
                        ),
                        ("encoding", models.CharField(default="utf-8", max_length=8)),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("tested_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "reached",
                            models.BooleanField(blank=True, help_text="Whether the last test reached it.", null=True),
                        ),
                        (
                            "test_text",
                            models.TextField(
                                blank=True, help_text="Sentence of the last test, in English with {facts}."
                            ),
                        ),
                        ("test_facts", models.JSONField(blank=True, default=dict)),
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
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Secret",
                    fields=[
                        ("place", models.UUIDField(primary_key=True, serialize=False)),
                        ("sealed", models.TextField()),
                        ("changed_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Allowance",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=7)),
                        ("pattern", models.CharField(max_length=500)),
                        ("note", models.CharField(max_length=200)),
                        ("given_by", models.CharField(max_length=80)),
                        ("given_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["kind", "pattern"],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "pattern"), name="allowance_once"),
                            models.CheckConstraint(
                                condition=models.Q(("kind__in", ["folder", "host", "network"])), name="allowance_kind"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Resource",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="resources",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="resources",
                                to="resources.source",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="resources",
                                to="resources.system",
                            ),
                        ),
                        ("schema", models.CharField(blank=True, max_length=63)),
                        ("table", models.CharField(help_text="Table, or file name within the folder.", max_length=255)),
                        ("columns", models.JSONField(help_text="Item id → column.")),
                        (
                            "key",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=63),
                                default=list,
                                help_text="Columns that tell rows apart.",
                                size=None,
                            ),
                        ),
                        (
                            "rules",
                            models.JSONField(
                                default=list, help_text="What delivered rows must fulfil, in the data plane's form."
                            ),
                        ),
                        ("mounted_at", models.DateTimeField()),
                        ("mounted_by", models.CharField(max_length=80)),
                        ("unmounted_at", models.DateTimeField(blank=True, null=True)),
                        ("unmounted_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["-mounted_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("unmounted_at__isnull", True)),
                                fields=("entry",),
                                name="resource_one_of_an_entry",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("table", ""), _negated=True), name="resource_table"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("unmounted_at__isnull", True),
                                    models.Q(("unmounted_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="resource_unmounted_why",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="resource",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "resources_resourceevent" ("columns", "entry_id", "id", "key", "mounted_at", "mounted_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rules", "schema", "source_id", "system_id", "table", "unmounted_at", "unmounted_reason") VALUES (NEW."columns", NEW."entry_id", NEW."id", NEW."key", NEW."mounted_at", NEW."mounted_by", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."rules", NEW."schema", NEW."source_id", NEW."system_id", NEW."table", NEW."unmounted_at", NEW."unmounted_reason"); RETURN NULL;',
                            hash="f198d3842a170c2c8fcad9f484a00c6d270839af",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_09d61",
                            table="resources_resource",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="resource",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "resources_resourceevent" ("columns", "entry_id", "id", "key", "mounted_at", "mounted_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rules", "schema", "source_id", "system_id", "table", "unmounted_at", "unmounted_reason") VALUES (NEW."columns", NEW."entry_id", NEW."id", NEW."key", NEW."mounted_at", NEW."mounted_by", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."rules", NEW."schema", NEW."source_id", NEW."system_id", NEW."table", NEW."unmounted_at", NEW."unmounted_reason"); RETURN NULL;',
                            hash="f62aa92445bbbe417ea6a2c70c382c2776a9cfc3",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_4f99f",
                            table="resources_resource",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="ResourceEvent",
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
                                to="resources.resource",
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
                            "source",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="resources.source",
                            ),
                        ),
                        (
                            "system",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="resources.system",
                            ),
                        ),
                        ("schema", models.CharField(blank=True, max_length=63)),
                        ("table", models.CharField(help_text="Table, or file name within the folder.", max_length=255)),
                        ("columns", models.JSONField(help_text="Item id → column.")),
                        (
                            "key",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=63),
                                default=list,
                                help_text="Columns that tell rows apart.",
                                size=None,
                            ),
                        ),
                        (
                            "rules",
                            models.JSONField(
                                default=list, help_text="What delivered rows must fulfil, in the data plane's form."
                            ),
                        ),
                        ("mounted_at", models.DateTimeField()),
                        ("mounted_by", models.CharField(max_length=80)),
                        ("unmounted_at", models.DateTimeField(blank=True, null=True)),
                        ("unmounted_reason", models.TextField(blank=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ]
        ),
    ]
