import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [
        ("grants", "0001_initial"),
        ("grants", "0002_last_use"),
        ("grants", "0003_use_record"),
        ("grants", "0004_mend_by"),
        ("grants", "0005_way"),
        ("grants", "0006_increments"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("parties", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE grants_number", "DROP SEQUENCE grants_number"),
        Tables(
            [
                migrations.CreateModel(
                    name="Grant",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
                        (
                            "request",
                            models.CharField(help_text="Number of the decided request.", max_length=24, unique=True),
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
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalog.entry"
                            ),
                        ),
                        ("entry_code", models.CharField(max_length=80)),
                        ("entry_name", models.CharField(max_length=200)),
                        (
                            "entry_version",
                            models.PositiveIntegerField(help_text="The version that the decision spoke of."),
                        ),
                        (
                            "items",
                            models.JSONField(help_text="Granted items with their masks, as the ticket writes them."),
                        ),
                        ("rows", models.JSONField(default=list, help_text="Conditions on item codes; all must hold.")),
                        ("channel", models.CharField(max_length=12)),
                        (
                            "target_id",
                            models.UUIDField(blank=True, help_text="Where the consumer receives.", null=True),
                        ),
                        (
                            "target_table",
                            models.CharField(
                                blank=True, help_text="Table there; named when it is opened.", max_length=63
                            ),
                        ),
                        ("purpose", models.TextField()),
                        ("basis", models.JSONField(default=list, help_text="Citations of the decision.")),
                        ("term_from", models.DateField(help_text="First day of the term.")),
                        ("term_until", models.DateField(help_text="Last day of the term, included.")),
                        (
                            "quota_rows",
                            models.PositiveBigIntegerField(
                                blank=True, help_text="Most rows of one delivery.", null=True
                            ),
                        ),
                        (
                            "quota_deliveries",
                            models.PositiveIntegerField(
                                blank=True, help_text="Most deliveries in the term.", null=True
                            ),
                        ),
                        (
                            "way",
                            models.CharField(default="whole", help_text="How rows are kept up to date.", max_length=12),
                        ),
                        (
                            "may_follow",
                            models.BooleanField(
                                default=True, help_text="Whether changes may be followed as they happen."
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=12)),
                        (
                            "missing",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12),
                                default=list,
                                help_text="What keeps it waiting.",
                                size=None,
                            ),
                        ),
                        (
                            "held_by",
                            models.CharField(blank=True, help_text="Side that put the hold on.", max_length=12),
                        ),
                        (
                            "mend_by",
                            models.DateField(
                                help_text="Until which day the consumer puts it right, or the grant ends.", null=True
                            ),
                        ),
                        (
                            "reason",
                            models.TextField(blank=True, help_text="Why it was suspended, narrowed or revoked last."),
                        ),
                        ("issued_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField(help_text="When the status last changed.")),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [
                            models.Index(fields=["consumer", "status"], name="grant_consumer"),
                            models.Index(fields=["provider", "status"], name="grant_provider"),
                            models.Index(fields=["status", "term_until"], name="grant_term_over"),
                            models.Index(fields=["entry"], name="grant_entry"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["active", "expired", "revoked", "suspended", "waiting"])
                                ),
                                name="grant_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("channel__in", ["file", "table"])), name="grant_channel"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("missing__contained_by", ["filter", "items", "resource", "target"])
                                ),
                                name="grant_missing",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("term_until__gte", models.F("term_from"))), name="grant_term"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        (
                                            "held_by__in",
                                            [
                                                "audit",
                                                "authority",
                                                "consumer",
                                                "operation",
                                                "platform",
                                                "provider",
                                                "security",
                                            ],
                                        ),
                                        ("status", "suspended"),
                                    ),
                                    models.Q(models.Q(("status", "suspended"), _negated=True), ("held_by", "")),
                                    _connector="OR",
                                ),
                                name="grant_held_when_suspended",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", "waiting"), _negated=True),
                                    ("missing__len__gt", 0),
                                    _connector="OR",
                                ),
                                name="grant_waits_for_something",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("consumer", models.F("provider")), _negated=True),
                                name="grant_two_sides",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("way", "whole"),
                                    models.Q(
                                        ("channel", "table"),
                                        ("may_follow", True),
                                        ("quota_deliveries__isnull", True),
                                        ("quota_rows__isnull", True),
                                        ("way", "follow"),
                                    ),
                                    models.Q(("channel", "table"), ("quota_rows__isnull", True), ("way", "increment")),
                                    _connector="OR",
                                ),
                                name="grant_way",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["expired", "revoked"]), _negated=True),
                                    models.Q(("target_table", ""), _negated=True),
                                ),
                                fields=("target_id", "target_table"),
                                name="grant_one_of_a_table",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="grant",
                    trigger=pgtrigger.compiler.Trigger(
                        name="never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="1fea71a0ec7e0a35d4af3d8418aa4ab15a6e7eca",
                            operation="DELETE",
                            pgid="pgtrigger_never_deleted_8cd5c",
                            table="grants_grant",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="grant",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "grants_grantevent" ("basis", "changed_at", "channel", "consumer_id", "entry_code", "entry_id", "entry_name", "entry_version", "held_by", "id", "issued_at", "items", "may_follow", "mend_by", "missing", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "purpose", "quota_deliveries", "quota_rows", "reason", "request", "rows", "status", "target_id", "target_table", "term_from", "term_until", "way") VALUES (NEW."basis", NEW."changed_at", NEW."channel", NEW."consumer_id", NEW."entry_code", NEW."entry_id", NEW."entry_name", NEW."entry_version", NEW."held_by", NEW."id", NEW."issued_at", NEW."items", NEW."may_follow", NEW."mend_by", NEW."missing", NEW."number", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."provider_id", NEW."purpose", NEW."quota_deliveries", NEW."quota_rows", NEW."reason", NEW."request", NEW."rows", NEW."status", NEW."target_id", NEW."target_table", NEW."term_from", NEW."term_until", NEW."way"); RETURN NULL;',
                            hash="274f17be2c6107b681ae327a1b0f456a24b39458",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_9c01d",
                            table="grants_grant",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="grant",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "grants_grantevent" ("basis", "changed_at", "channel", "consumer_id", "entry_code", "entry_id", "entry_name", "entry_version", "held_by", "id", "issued_at", "items", "may_follow", "mend_by", "missing", "number", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "provider_id", "purpose", "quota_deliveries", "quota_rows", "reason", "request", "rows", "status", "target_id", "target_table", "term_from", "term_until", "way") VALUES (NEW."basis", NEW."changed_at", NEW."channel", NEW."consumer_id", NEW."entry_code", NEW."entry_id", NEW."entry_name", NEW."entry_version", NEW."held_by", NEW."id", NEW."issued_at", NEW."items", NEW."may_follow", NEW."mend_by", NEW."missing", NEW."number", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."provider_id", NEW."purpose", NEW."quota_deliveries", NEW."quota_rows", NEW."reason", NEW."request", NEW."rows", NEW."status", NEW."target_id", NEW."target_table", NEW."term_from", NEW."term_until", NEW."way"); RETURN NULL;',
                            hash="cb595cc1f01062c7064bca73f9cfa2e084788054",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_03e25",
                            table="grants_grant",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="GrantEvent",
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
                                to="grants.grant",
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
                        ("request", models.CharField(help_text="Number of the decided request.", max_length=24)),
                        (
                            "consumer",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
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
                        ("entry_code", models.CharField(max_length=80)),
                        ("entry_name", models.CharField(max_length=200)),
                        (
                            "entry_version",
                            models.PositiveIntegerField(help_text="The version that the decision spoke of."),
                        ),
                        (
                            "items",
                            models.JSONField(help_text="Granted items with their masks, as the ticket writes them."),
                        ),
                        ("rows", models.JSONField(default=list, help_text="Conditions on item codes; all must hold.")),
                        ("channel", models.CharField(max_length=12)),
                        (
                            "target_id",
                            models.UUIDField(blank=True, help_text="Where the consumer receives.", null=True),
                        ),
                        (
                            "target_table",
                            models.CharField(
                                blank=True, help_text="Table there; named when it is opened.", max_length=63
                            ),
                        ),
                        ("purpose", models.TextField()),
                        ("basis", models.JSONField(default=list, help_text="Citations of the decision.")),
                        ("term_from", models.DateField(help_text="First day of the term.")),
                        ("term_until", models.DateField(help_text="Last day of the term, included.")),
                        (
                            "quota_rows",
                            models.PositiveBigIntegerField(
                                blank=True, help_text="Most rows of one delivery.", null=True
                            ),
                        ),
                        (
                            "quota_deliveries",
                            models.PositiveIntegerField(
                                blank=True, help_text="Most deliveries in the term.", null=True
                            ),
                        ),
                        (
                            "way",
                            models.CharField(default="whole", help_text="How rows are kept up to date.", max_length=12),
                        ),
                        (
                            "may_follow",
                            models.BooleanField(
                                default=True, help_text="Whether changes may be followed as they happen."
                            ),
                        ),
                        ("status", models.CharField(default="waiting", max_length=12)),
                        (
                            "missing",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12),
                                default=list,
                                help_text="What keeps it waiting.",
                                size=None,
                            ),
                        ),
                        (
                            "held_by",
                            models.CharField(blank=True, help_text="Side that put the hold on.", max_length=12),
                        ),
                        (
                            "mend_by",
                            models.DateField(
                                help_text="Until which day the consumer puts it right, or the grant ends.", null=True
                            ),
                        ),
                        (
                            "reason",
                            models.TextField(blank=True, help_text="Why it was suspended, narrowed or revoked last."),
                        ),
                        ("issued_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField(help_text="When the status last changed.")),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="LastUse",
                    fields=[
                        (
                            "grant",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                related_name="last_use",
                                serialize=False,
                                to="grants.grant",
                            ),
                        ),
                        (
                            "used_at",
                            models.DateTimeField(
                                blank=True, help_text="A delivery arrived, or its file was fetched.", null=True
                            ),
                        ),
                        (
                            "kept_at",
                            models.DateTimeField(
                                blank=True, help_text="The authority kept it although it was idle.", null=True
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="UseRecord",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "grant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="grants.grant"
                            ),
                        ),
                        (
                            "told",
                            models.JSONField(
                                help_text="What the law wants told, by its word in the packs, and the answer."
                            ),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        ("by", models.CharField(help_text="Who told it, as evidence names people.", max_length=60)),
                        ("by_name", models.CharField(max_length=60)),
                        ("kept_until", models.DateField(help_text="Until which day the law has it kept at least.")),
                    ],
                    options={
                        "ordering": ["-recorded_at"],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="userecord",
                    trigger=pgtrigger.compiler.Trigger(
                        name="use_never_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete or update rows from % table', TG_TABLE_NAME;",
                            hash="c6afdd3ff695e1ba18fb068d8949b8df058c2a34",
                            operation="DELETE OR UPDATE",
                            pgid="pgtrigger_use_never_changed_a6577",
                            table="grants_userecord",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="SignedTicket",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                help_text="The ticket's own id, its `jti`.", primary_key=True, serialize=False
                            ),
                        ),
                        (
                            "grant",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="grants.grant"
                            ),
                        ),
                        (
                            "serial",
                            models.PositiveSmallIntegerField(
                                help_text="1 for the first; a changed or resumed grant gets the next."
                            ),
                        ),
                        ("jws", models.TextField(help_text="The signed token, compact.")),
                        ("issued_at", models.DateTimeField()),
                        ("valid_from", models.DateTimeField()),
                        ("valid_until", models.DateTimeField(help_text="First instant at which it holds no more.")),
                        (
                            "ended_at",
                            models.DateTimeField(
                                blank=True, help_text="When it was taken out of force, if it was.", null=True
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-serial"],
                        "constraints": [
                            models.UniqueConstraint(fields=("grant", "serial"), name="ticket_serial"),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("grant",),
                                name="ticket_one_in_force",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("valid_until__gt", models.F("valid_from"))), name="ticket_validity"
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="signedticket",
                    trigger=pgtrigger.compiler.Trigger(
                        name="ticket_never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="1214951c024602d53d5d7aa0c0123505ba452a1f",
                            operation="DELETE",
                            pgid="pgtrigger_ticket_never_deleted_1e261",
                            table="grants_signedticket",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="signedticket",
                    trigger=pgtrigger.compiler.Trigger(
                        name="ticket_never_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."grant_id" IS DISTINCT FROM (NEW."grant_id") OR OLD."serial" IS DISTINCT FROM (NEW."serial") OR OLD."jws" IS DISTINCT FROM (NEW."jws") OR OLD."issued_at" IS DISTINCT FROM (NEW."issued_at") OR OLD."valid_from" IS DISTINCT FROM (NEW."valid_from") OR OLD."valid_until" IS DISTINCT FROM (NEW."valid_until"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="57ce804983e5c1da8d3d482a0dddd55194465198",
                            operation="UPDATE",
                            pgid="pgtrigger_ticket_never_changed_73f36",
                            table="grants_signedticket",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="signedticket",
                    trigger=pgtrigger.compiler.Trigger(
                        name="ticket_never_revived",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."ended_at" IS NOT NULL)',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="6c310d10cce979413d74e3bb1e0ee9aa4b965c8b",
                            operation="UPDATE",
                            pgid="pgtrigger_ticket_never_revived_eb60d",
                            table="grants_signedticket",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
