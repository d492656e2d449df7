import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [("evidence", "0001_initial")]

    initial = True

    dependencies = []

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("uid", models.UUIDField(help_text="Public id; sorts by time.", unique=True)),
                        ("kind", models.CharField(max_length=60)),
                        ("version", models.PositiveSmallIntegerField()),
                        (
                            "subject",
                            models.CharField(help_text="Number of the case or thing it speaks of.", max_length=60),
                        ),
                        ("by", models.CharField(help_text="Who did it: a seat or the system.", max_length=80)),
                        (
                            "by_name",
                            models.CharField(
                                help_text="For pages only; not in the leaf, so that it can be erased.", max_length=80
                            ),
                        ),
                        (
                            "concerns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                default=list,
                                help_text="Departments that may read it.",
                                size=None,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("basis", models.JSONField(help_text="Citations it rests on.")),
                        ("body", models.JSONField()),
                        ("leaf", models.BinaryField(help_text="Canonical bytes that the log hashes.")),
                        (
                            "leaf_index",
                            models.BigIntegerField(
                                help_text="Place in the log once sequenced.", null=True, unique=True
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["subject", "id"], name="entry_subject"),
                            models.Index(fields=["kind", "id"], name="entry_kind"),
                            models.Index(fields=["at"], name="entry_at"),
                            django.contrib.postgres.indexes.GinIndex(fields=["concerns"], name="entry_concerns"),
                            models.Index(
                                condition=models.Q(("leaf_index__isnull", True)), fields=["id"], name="entry_waiting"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("leaf_index__isnull", True), ("leaf_index__gte", 0), _connector="OR"
                                ),
                                name="entry_index",
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="6931c09c43b5da7db28bac40a6d6f8ae948c9627",
                            operation="DELETE",
                            pgid="pgtrigger_never_deleted_7063a",
                            table="evidence_entry",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="never_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."at" IS DISTINCT FROM (NEW."at") OR OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."body" IS DISTINCT FROM (NEW."body") OR OLD."by" IS DISTINCT FROM (NEW."by") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."leaf" IS DISTINCT FROM (NEW."leaf") OR OLD."subject" IS DISTINCT FROM (NEW."subject") OR OLD."uid" IS DISTINCT FROM (NEW."uid") OR OLD."version" IS DISTINCT FROM (NEW."version"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="187d914a5c7b246bc52401bbd15bb3eb56aec297",
                            operation="UPDATE",
                            pgid="pgtrigger_never_changed_e9b84",
                            table="evidence_entry",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="placed_once",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.leaf_index IS NOT NULL AND NEW.leaf_index IS DISTINCT FROM OLD.leaf_index)",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="19d039dafaa4edbba2a8a699d231dc2532c12b25",
                            operation="UPDATE",
                            pgid="pgtrigger_placed_once_2a7cf",
                            table="evidence_entry",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Tile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("level", models.SmallIntegerField()),
                        ("index", models.BigIntegerField()),
                        ("width", models.SmallIntegerField(help_text="Hashes in it, 1 to 256.")),
                        ("data", models.BinaryField()),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("level", "index"), name="tile_place")],
                    },
                ),
                migrations.CreateModel(
                    name="Checkpoint",
                    fields=[
                        ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("note", models.TextField(help_text="Signed note, C2SP tlog-checkpoint.")),
                        ("at", models.DateTimeField()),
                    ],
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="checkpoint",
                    trigger=pgtrigger.compiler.Trigger(
                        name="never_unsaid",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="f6de6ea40b1afad342f6430c99de06137deeffa4",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_never_unsaid_d2b23",
                            table="evidence_checkpoint",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="SigningKey",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("purpose", models.CharField(max_length=8)),
                        ("public", models.CharField(help_text="As text, `ed25519:…`.", max_length=120, unique=True)),
                        ("sealed", models.TextField()),
                        ("made_at", models.DateTimeField()),
                        ("retired_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("purpose__in", ["log", "ticket"])), name="key_purpose"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("retired_at__isnull", True)),
                                fields=("purpose",),
                                name="key_one_active",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
