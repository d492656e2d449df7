import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [("parties", "0001_initial"), ("parties", "0002_token"), ("parties", "0003_data_office")]

    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="Department",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "credit_code",
                            models.CharField(help_text="Unified social credit code.", max_length=18, unique=True),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("short_name", models.CharField(help_text="As people say it: 人社, 市场监管.", max_length=40)),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="parties.department",
                            ),
                        ),
                        ("place", models.CharField(help_text="Division code.", max_length=12)),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), size=None
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40)),
                        (
                            "data_office",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="政务数据共享工作机构: the office that answers for its data.",
                                max_length=120,
                            ),
                        ),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "roles__contained_by",
                                        ["authority", "provider", "consumer", "operator", "auditor"],
                                    )
                                ),
                                name="department_roles",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("credit_code__regex", "^[0-9A-Z]{18}$")),
                                name="department_credit_code",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("parent", models.F("id")), _negated=True),
                                name="department_not_own_parent",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="department",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "parties_departmentevent" ("closed_at", "credit_code", "data_office", "id", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "place", "registered_at", "roles", "short_name") VALUES (NEW."closed_at", NEW."credit_code", NEW."data_office", NEW."id", NEW."name", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phone", NEW."place", NEW."registered_at", NEW."roles", NEW."short_name"); RETURN NULL;',
                            hash="32a313a1f7beb8d7b3d4d2cecd01514babd6c061",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_05ff4",
                            table="parties_department",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="department",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "parties_departmentevent" ("closed_at", "credit_code", "data_office", "id", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "place", "registered_at", "roles", "short_name") VALUES (NEW."closed_at", NEW."credit_code", NEW."data_office", NEW."id", NEW."name", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."place", NEW."registered_at", NEW."roles", NEW."short_name"); RETURN NULL;',
                            hash="1f5861a66fbf1ab193ea4a9e0c8f611c434edb84",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_c24da",
                            table="parties_department",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="DepartmentEvent",
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
                                to="parties.department",
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
                        ("credit_code", models.CharField(help_text="Unified social credit code.", max_length=18)),
                        ("name", models.CharField(max_length=120)),
                        ("short_name", models.CharField(help_text="As people say it: 人社, 市场监管.", max_length=40)),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("place", models.CharField(help_text="Division code.", max_length=12)),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12), size=None
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=40)),
                        (
                            "data_office",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="政务数据共享工作机构: the office that answers for its data.",
                                max_length=120,
                            ),
                        ),
                        ("registered_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Person",
                    fields=[
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("username", models.CharField(max_length=60, unique=True)),
                        ("name", models.CharField(max_length=60)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        ("language", models.CharField(default="zh-hans", max_length=10)),
                        ("is_active", models.BooleanField(default=True)),
                        ("registered_at", models.DateTimeField()),
                    ],
                    options={
                        "ordering": ["username"],
                    },
                ),
                migrations.CreateModel(
                    name="Seat",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="seats",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="seats",
                                to="parties.department",
                            ),
                        ),
                        ("role", models.CharField(max_length=12)),
                        ("given_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "role__in",
                                        [
                                            "officer",
                                            "chief",
                                            "reviewer",
                                            "supervisor",
                                            "operator",
                                            "security",
                                            "auditor",
                                        ],
                                    )
                                ),
                                name="seat_role",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("person", "department", "role"),
                                name="seat_once",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="seat",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='INSERT INTO "parties_seatevent" ("department_id", "ended_at", "given_at", "id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") VALUES (NEW."department_id", NEW."ended_at", NEW."given_at", NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."role"); RETURN NULL;',
                            hash="a3306f6d0aa1c2497085c269bb5d2e38f6151451",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_bfe70",
                            table="parties_seat",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="seat",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "parties_seatevent" ("department_id", "ended_at", "given_at", "id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") VALUES (NEW."department_id", NEW."ended_at", NEW."given_at", NEW."id", NEW."person_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."role"); RETURN NULL;',
                            hash="28412c6fb823a0f35549b345a6dafc7bbd017abb",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_0cfec",
                            table="parties_seat",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="SeatEvent",
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
                                to="parties.seat",
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
                            "person",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to=settings.AUTH_USER_MODEL,
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
                        ("role", models.CharField(max_length=12)),
                        ("given_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Token",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tokens",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tokens",
                                to="parties.department",
                            ),
                        ),
                        ("name", models.CharField(help_text="What it is for, in its owner's words.", max_length=60)),
                        ("digest", models.CharField(help_text="SHA-256 of the secret.", max_length=64, unique=True)),
                        ("reads_only", models.BooleanField(default=True)),
                        ("issued_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "used_at",
                            models.DateTimeField(
                                blank=True, help_text="About when it was last used, to the hour.", null=True
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-issued_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("expires_at__gt", models.F("issued_at"))), name="token_ends"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("digest__regex", "^[0-9a-f]{64}$")), name="token_digest"
                            ),
                            models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="token_named"),
                        ],
                    },
                ),
            ]
        ),
    ]
