import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import hefu.dataplane.ticket
import hefu.rooms.catalog.terms.sharing
import hefu.rooms.requests.models
import hefu.rooms.requests.terms
from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [
        ("requests", "0001_initial"),
        ("requests", "0002_notices_of_entries"),
        ("requests", "0003_notice_of_a_failed_delivery"),
        ("requests", "0004_notices_of_unused_grants"),
        ("requests", "0005_notices_of_following"),
        ("requests", "0006_notice_of_a_missed_run"),
        ("requests", "0007_notices_of_silence"),
    ]

    initial = True

    dependencies = [
        ("catalog", "0001_tables"),
        ("parties", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE requests_number", "DROP SEQUENCE requests_number"),
        Tables(
            [
                migrations.CreateModel(
                    name="AccessRequest",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("number", models.CharField(max_length=24, unique=True)),
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
                        (
                            "entry_version",
                            models.PositiveIntegerField(help_text="The version that the request speaks of."),
                        ),
                        ("entry_code", models.CharField(max_length=40)),
                        ("entry_name", models.CharField(max_length=200)),
                        ("status", models.CharField(default=hefu.rooms.requests.terms.Status["DRAFT"], max_length=14)),
                        ("purpose", models.TextField(blank=True)),
                        ("scenario", models.TextField(blank=True)),
                        ("basis_kind", models.CharField(blank=True, max_length=25)),
                        ("basis_title", models.CharField(blank=True, max_length=200)),
                        ("basis_article", models.CharField(blank=True, max_length=60)),
                        (
                            "item_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                blank=True,
                                default=list,
                                help_text="Items asked for.",
                                size=None,
                            ),
                        ),
                        (
                            "asked",
                            models.JSONField(
                                default=list, help_text="The items asked for as the entry's version has them."
                            ),
                        ),
                        (
                            "rows",
                            models.JSONField(
                                default=hefu.rooms.requests.models.every_row,
                                help_text="Conditions on item codes, as tickets write them.",
                            ),
                        ),
                        ("channel", models.CharField(blank=True, max_length=9)),
                        ("target_id", models.UUIDField(blank=True, help_text="Where the rows arrive.", null=True)),
                        ("term_from", models.DateField(blank=True, null=True)),
                        ("term_until", models.DateField(blank=True, help_text="Last day of use, included.", null=True)),
                        (
                            "pledge",
                            models.BooleanField(default=False, help_text="Pledged to be true, lawful and safe."),
                        ),
                        (
                            "place",
                            models.CharField(
                                help_text="Division code of the provider, whose law decides.", max_length=12
                            ),
                        ),
                        (
                            "share_type",
                            models.CharField(
                                blank=True, help_text="Terms on which it is answered; set on receipt.", max_length=13
                            ),
                        ),
                        (
                            "deciders",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=9), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "pack",
                            models.TextField(
                                blank=True, help_text="Packs and calendar on the day of receipt, with their hashes."
                            ),
                        ),
                        ("drafted_at", models.DateTimeField()),
                        ("drafted_name", models.CharField(max_length=80)),
                        ("changed_at", models.DateTimeField()),
                        ("received_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "received_on",
                            models.DateField(blank=True, help_text="Day that counts as the day of receipt.", null=True),
                        ),
                        (
                            "submitted_by",
                            models.CharField(blank=True, help_text="The chief who signed it off.", max_length=80),
                        ),
                        ("submitted_name", models.CharField(blank=True, max_length=80)),
                        ("returned_on", models.DateField(blank=True, null=True)),
                        (
                            "missing",
                            models.JSONField(blank=True, default=dict, help_text="Field → what was named as missing."),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "delivered_on",
                            models.DateField(blank=True, help_text="Day of the first completed delivery.", null=True),
                        ),
                        ("reason", models.TextField(blank=True, help_text="Why it was withdrawn.")),
                    ],
                    options={
                        "ordering": ["-drafted_at", "-number"],
                        "indexes": [
                            models.Index(fields=["consumer", "status"], name="request_consumer"),
                            models.Index(fields=["provider", "status"], name="request_provider"),
                            models.Index(fields=["status", "received_at"], name="request_status_received"),
                            models.Index(fields=["entry"], name="request_entry"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            hefu.rooms.requests.terms.Status["DRAFT"],
                                            hefu.rooms.requests.terms.Status["RECEIVED"],
                                            hefu.rooms.requests.terms.Status["INCOMPLETE"],
                                            hefu.rooms.requests.terms.Status["GRANTED"],
                                            hefu.rooms.requests.terms.Status["PARTLY_GRANTED"],
                                            hefu.rooms.requests.terms.Status["REFUSED"],
                                            hefu.rooms.requests.terms.Status["WITHDRAWN"],
                                        ],
                                    )
                                ),
                                name="request_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("consumer", models.F("provider")), _negated=True),
                                name="request_two_sides",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "basis_kind__in",
                                        [
                                            "",
                                            hefu.rooms.requests.terms.BasisKind["LAW"],
                                            hefu.rooms.requests.terms.BasisKind["ADMINISTRATIVE_REGULATION"],
                                            hefu.rooms.requests.terms.BasisKind["STATE_COUNCIL_DECISION"],
                                            hefu.rooms.requests.terms.BasisKind["LOCAL_REGULATION"],
                                            hefu.rooms.requests.terms.BasisKind["MINISTRY_RULE"],
                                            hefu.rooms.requests.terms.BasisKind["LOCAL_RULE"],
                                            hefu.rooms.requests.terms.BasisKind["DUTIES"],
                                        ],
                                    )
                                ),
                                name="request_basis_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "channel__in",
                                        [
                                            "",
                                            hefu.dataplane.ticket.Channel["TABLE"],
                                            hefu.dataplane.ticket.Channel["FILE"],
                                        ],
                                    )
                                ),
                                name="request_channel",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "share_type__in",
                                        [
                                            "",
                                            hefu.rooms.catalog.terms.sharing.ShareType["UNCONDITIONAL"],
                                            hefu.rooms.catalog.terms.sharing.ShareType["CONDITIONAL"],
                                        ],
                                    )
                                ),
                                name="request_share_type",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "deciders__contained_by",
                                        [
                                            hefu.rooms.requests.terms.Side["CONSUMER"],
                                            hefu.rooms.requests.terms.Side["PROVIDER"],
                                            hefu.rooms.requests.terms.Side["AUTHORITY"],
                                        ],
                                    )
                                ),
                                name="request_deciders",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            hefu.rooms.requests.terms.Status["DRAFT"],
                                            hefu.rooms.requests.terms.Status["WITHDRAWN"],
                                        ],
                                    ),
                                    models.Q(
                                        ("received_at__isnull", False),
                                        ("received_on__isnull", False),
                                        models.Q(("share_type", ""), _negated=True),
                                        models.Q(("submitted_by", ""), _negated=True),
                                        models.Q(("item_ids", []), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="request_received_is_signed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", True),
                                        (
                                            "status__in",
                                            [
                                                hefu.rooms.requests.terms.Status["DRAFT"],
                                                hefu.rooms.requests.terms.Status["INCOMPLETE"],
                                                hefu.rooms.requests.terms.Status["RECEIVED"],
                                            ],
                                        ),
                                    ),
                                    models.Q(
                                        models.Q(
                                            (
                                                "status__in",
                                                [
                                                    hefu.rooms.requests.terms.Status["DRAFT"],
                                                    hefu.rooms.requests.terms.Status["INCOMPLETE"],
                                                    hefu.rooms.requests.terms.Status["RECEIVED"],
                                                ],
                                            ),
                                            _negated=True,
                                        ),
                                        ("closed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="request_closed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("delivered_on__isnull", True),
                                    (
                                        "status__in",
                                        [
                                            hefu.rooms.requests.terms.Status["GRANTED"],
                                            hefu.rooms.requests.terms.Status["PARTLY_GRANTED"],
                                        ],
                                    ),
                                    _connector="OR",
                                ),
                                name="request_delivered",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="accessrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="request_submitted_never_deleted",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."received_at" IS NOT NULL)',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="5c97ee99a10ec05290fdc1eaa477f55a49bc761b",
                            operation="DELETE",
                            pgid="pgtrigger_request_submitted_never_deleted_aa587",
                            table="requests_accessrequest",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="accessrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "requests_accessrequeststatusitemidsrowschanneltargetidtermf1327" ("channel", "item_ids", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rows", "status", "target_id", "term_from", "term_until") VALUES (NEW."channel", NEW."item_ids", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."rows", NEW."status", NEW."target_id", NEW."term_from", NEW."term_until"); RETURN NULL;',
                            hash="54f04dbd4dc8cad9ee44f5b7df5dee336502ef0e",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_ee9ae",
                            table="requests_accessrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="accessrequest",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."channel" IS DISTINCT FROM (NEW."channel") OR OLD."item_ids" IS DISTINCT FROM (NEW."item_ids") OR OLD."rows" IS DISTINCT FROM (NEW."rows") OR OLD."status" IS DISTINCT FROM (NEW."status") OR OLD."target_id" IS DISTINCT FROM (NEW."target_id") OR OLD."term_from" IS DISTINCT FROM (NEW."term_from") OR OLD."term_until" IS DISTINCT FROM (NEW."term_until"))',
                            func='INSERT INTO "requests_accessrequeststatusitemidsrowschanneltargetidtermf1327" ("channel", "item_ids", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rows", "status", "target_id", "term_from", "term_until") VALUES (NEW."channel", NEW."item_ids", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."rows", NEW."status", NEW."target_id", NEW."term_from", NEW."term_until"); RETURN NULL;',
                            hash="639125b439cbf75ef7d9d82222aaa0b94d2a7378",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0f146",
                            table="requests_accessrequest",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="AccessRequestStatusItemIdsRowsChannelTargetIdTermFromTermUntilEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="status_item_ids_rows_channel_target_id_term_from_term_until_events",
                                to="requests.accessrequest",
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
                        ("status", models.CharField(default=hefu.rooms.requests.terms.Status["DRAFT"], max_length=14)),
                        (
                            "item_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                blank=True,
                                default=list,
                                help_text="Items asked for.",
                                size=None,
                            ),
                        ),
                        (
                            "rows",
                            models.JSONField(
                                default=hefu.rooms.requests.models.every_row,
                                help_text="Conditions on item codes, as tickets write them.",
                            ),
                        ),
                        ("channel", models.CharField(blank=True, max_length=9)),
                        ("target_id", models.UUIDField(blank=True, help_text="Where the rows arrive.", null=True)),
                        ("term_from", models.DateField(blank=True, null=True)),
                        ("term_until", models.DateField(blank=True, help_text="Last day of use, included.", null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Submission",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="submissions",
                                to="requests.accessrequest",
                            ),
                        ),
                        (
                            "serial",
                            models.PositiveSmallIntegerField(
                                help_text="1 for the first; completing it makes the next."
                            ),
                        ),
                        ("content", models.JSONField()),
                        ("digest", models.CharField(help_text="SHA-256 of the canonical content.", max_length=64)),
                        ("by", models.CharField(max_length=80)),
                        ("by_name", models.CharField(max_length=80)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["serial"],
                        "constraints": [
                            models.UniqueConstraint(fields=("request", "serial"), name="submission_serial")
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="submission",
                    trigger=pgtrigger.compiler.Trigger(
                        name="submission_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="534aa33709ed733b4662e16d048ee8dd08d7a930",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_submission_frozen_c9f55",
                            table="requests_submission",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Voice",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="voices",
                                to="requests.accessrequest",
                            ),
                        ),
                        ("side", models.CharField(max_length=9)),
                        ("kind", models.CharField(max_length=7)),
                        ("verdict", models.CharField(max_length=10)),
                        (
                            "items",
                            models.JSONField(help_text="Items with masks; null for all that are asked.", null=True),
                        ),
                        (
                            "rows",
                            models.JSONField(
                                default=hefu.rooms.requests.models.every_row,
                                help_text="Conditions that narrow the rows further.",
                            ),
                        ),
                        ("ground", models.CharField(blank=True, max_length=60)),
                        ("document", models.JSONField(help_text="Legal text behind the ground.", null=True)),
                        ("reason", models.TextField(blank=True)),
                        ("by", models.CharField(max_length=80)),
                        ("by_name", models.CharField(max_length=80)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "side__in",
                                        [
                                            hefu.rooms.requests.terms.Side["PROVIDER"],
                                            hefu.rooms.requests.terms.Side["AUTHORITY"],
                                        ],
                                    )
                                ),
                                name="voice_side",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            hefu.rooms.requests.terms.VoiceKind["OPINION"],
                                            hefu.rooms.requests.terms.VoiceKind["VOTE"],
                                        ],
                                    )
                                ),
                                name="voice_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "verdict__in",
                                        [
                                            hefu.rooms.requests.terms.Verdict["GRANT"],
                                            hefu.rooms.requests.terms.Verdict["GRANT_PART"],
                                            hefu.rooms.requests.terms.Verdict["REFUSE"],
                                        ],
                                    )
                                ),
                                name="voice_verdict",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("kind", hefu.rooms.requests.terms.VoiceKind["VOTE"]),
                                        ("verdict", hefu.rooms.requests.terms.Verdict["REFUSE"]),
                                        _negated=True,
                                    ),
                                    models.Q(
                                        models.Q(("ground", ""), _negated=True), models.Q(("reason", ""), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="voice_refusal_has_ground",
                            ),
                            models.UniqueConstraint(fields=("request", "side", "kind"), name="voice_once"),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="voice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="vote_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.\"kind\" = 'vote')",
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="40d2b5c297c289185f4543f911418005012518c3",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_vote_frozen_b1379",
                            table="requests_voice",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Decision",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "request",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decision",
                                to="requests.accessrequest",
                            ),
                        ),
                        ("status", models.CharField(max_length=14)),
                        (
                            "sides",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=9),
                                help_text="Who decided; empty for the platform.",
                                size=None,
                            ),
                        ),
                        ("items", models.JSONField(help_text="Items agreed to, with masks.")),
                        ("rows", models.JSONField(help_text="All conditions together: asked and added.")),
                        ("ground", models.CharField(blank=True, max_length=60)),
                        ("document", models.JSONField(null=True)),
                        ("reason", models.TextField(blank=True)),
                        ("basis", models.JSONField(help_text="Citations it rests on.")),
                        ("decided_at", models.DateTimeField()),
                        ("decided_on", models.DateField()),
                        ("due_on", models.DateField(help_text="Last day to answer, as it was then.", null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            hefu.rooms.requests.terms.Status["GRANTED"],
                                            hefu.rooms.requests.terms.Status["PARTLY_GRANTED"],
                                            hefu.rooms.requests.terms.Status["REFUSED"],
                                        ],
                                    )
                                ),
                                name="decision_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status", hefu.rooms.requests.terms.Status["REFUSED"]), _negated=True),
                                    models.Q(
                                        models.Q(("ground", ""), _negated=True),
                                        models.Q(("reason", ""), _negated=True),
                                        ("items", []),
                                    ),
                                    _connector="OR",
                                ),
                                name="decision_refusal",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status", hefu.rooms.requests.terms.Status["REFUSED"]),
                                    models.Q(("items", []), _negated=True),
                                    _connector="OR",
                                ),
                                name="decision_grant",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="decision",
                    trigger=pgtrigger.compiler.Trigger(
                        name="decision_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="79c8d807950947336b132c712aa96c0629384575",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_decision_frozen_e0936",
                            table="requests_decision",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Extension",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "request",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="extension",
                                to="requests.accessrequest",
                            ),
                        ),
                        (
                            "status",
                            models.CharField(default=hefu.rooms.requests.terms.ExtensionStatus["ASKED"], max_length=9),
                        ),
                        ("days", models.PositiveSmallIntegerField(help_text="Working days wished for.")),
                        ("reason", models.TextField()),
                        ("asked_by", models.CharField(max_length=80)),
                        ("asked_name", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        ("due_before", models.DateField()),
                        ("due_on", models.DateField(blank=True, help_text="New last day, once consented.", null=True)),
                        ("note", models.TextField(blank=True, help_text="The authority's words.")),
                        ("answered_name", models.CharField(blank=True, max_length=80)),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            hefu.rooms.requests.terms.ExtensionStatus["ASKED"],
                                            hefu.rooms.requests.terms.ExtensionStatus["CONSENTED"],
                                            hefu.rooms.requests.terms.ExtensionStatus["DECLINED"],
                                        ],
                                    )
                                ),
                                name="extension_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("due_on__gt", models.F("due_before")),
                                        ("status", hefu.rooms.requests.terms.ExtensionStatus["CONSENTED"]),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("status", hefu.rooms.requests.terms.ExtensionStatus["CONSENTED"]),
                                            _negated=True,
                                        ),
                                        ("due_on__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="extension_due",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "request",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="notices",
                                to="requests.accessrequest",
                            ),
                        ),
                        (
                            "to",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        ("kind", models.CharField(max_length=18)),
                        ("facts", models.JSONField(help_text="What the sentence names.")),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["id"],
                        "indexes": [models.Index(fields=["to", "at"], name="notice_to")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "kind__in",
                                        [
                                            hefu.rooms.requests.terms.NoticeKind["RETURNED"],
                                            hefu.rooms.requests.terms.NoticeKind["EXTENSION_ASKED"],
                                            hefu.rooms.requests.terms.NoticeKind["EXTENDED"],
                                            hefu.rooms.requests.terms.NoticeKind["EXTENSION_DECLINED"],
                                            hefu.rooms.requests.terms.NoticeKind["DECIDED"],
                                            hefu.rooms.requests.terms.NoticeKind["WITHDRAWN"],
                                            hefu.rooms.requests.terms.NoticeKind["DUE_SOON"],
                                            hefu.rooms.requests.terms.NoticeKind["OVERDUE"],
                                            hefu.rooms.requests.terms.NoticeKind["DELIVERED"],
                                            hefu.rooms.requests.terms.NoticeKind["DELIVERY_FAILED"],
                                            hefu.rooms.requests.terms.NoticeKind["DATE_MOVED"],
                                            hefu.rooms.requests.terms.NoticeKind["ENTRY_WITHDRAWN"],
                                            hefu.rooms.requests.terms.NoticeKind["DATA_KEPT"],
                                            hefu.rooms.requests.terms.NoticeKind["TERMS_CHANGED"],
                                            hefu.rooms.requests.terms.NoticeKind["GRANT_IDLE_SOON"],
                                            hefu.rooms.requests.terms.NoticeKind["GRANT_IDLE"],
                                            hefu.rooms.requests.terms.NoticeKind["FOLLOW_STALLED"],
                                            hefu.rooms.requests.terms.NoticeKind["FOLLOW_GOES_ON"],
                                            hefu.rooms.requests.terms.NoticeKind["FOLLOW_ANEW"],
                                            hefu.rooms.requests.terms.NoticeKind["RUN_MISSED"],
                                            hefu.rooms.requests.terms.NoticeKind["SOURCE_SILENT"],
                                            hefu.rooms.requests.terms.NoticeKind["SOURCE_SPEAKS"],
                                        ],
                                    )
                                ),
                                name="notice_kind",
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="notice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="notice_frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="46895e6838c7a16c0ee3e2b6471b2db0e449278b",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_notice_frozen_5e012",
                            table="requests_notice",
                            when="BEFORE",
                        ),
                    ),
                ),
            ]
        ),
    ]
