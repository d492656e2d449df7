import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import hefu.law.terms
import hefu.rooms.clocks.terms
from hefu.rooms.tables import Tables


class Migration(migrations.Migration):
    replaces = [("clocks", "0001_initial")]

    initial = True

    dependencies = [
        ("parties", "0001_tables"),
    ]

    operations = [
        Tables(
            [
                migrations.CreateModel(
                    name="CaseClock",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("subject", models.CharField(help_text="Public number of the case.", max_length=24)),
                        ("rule", models.CharField(help_text="Rule of the packs that set it.", max_length=60)),
                        (
                            "place",
                            models.CharField(help_text="Division code whose law and calendar count.", max_length=12),
                        ),
                        (
                            "responsible",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                            ),
                        ),
                        (
                            "concerns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                default=list,
                                help_text="Other departments of the case.",
                                size=None,
                            ),
                        ),
                        ("state", models.CharField(default=hefu.rooms.clocks.terms.State["RUNNING"], max_length=9)),
                        ("started_on", models.DateField()),
                        ("due_on", models.DateField(help_text="Last day in time, this day included.")),
                        (
                            "provisional",
                            models.BooleanField(help_text="A day on the way has no official calendar yet."),
                        ),
                        (
                            "deadline",
                            models.JSONField(help_text="How the first last day was counted: steps, citations, pack."),
                        ),
                        (
                            "changes",
                            models.JSONField(default=list, help_text="What moved the last day since, oldest first."),
                        ),
                        ("paused_on", models.DateField(blank=True, null=True)),
                        ("extended_on", models.DateField(blank=True, null=True)),
                        (
                            "reminded",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Smallest of the office's reminders given so far, in working days left.",
                                null=True,
                            ),
                        ),
                        (
                            "expired_on",
                            models.DateField(blank=True, help_text="Day on which the sweep saw it expired.", null=True),
                        ),
                        ("closed_on", models.DateField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["due_on", "id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            hefu.rooms.clocks.terms.State["EXPIRED"],
                                            hefu.rooms.clocks.terms.State["PAUSED"],
                                            hefu.rooms.clocks.terms.State["RUNNING"],
                                        ],
                                    )
                                ),
                                fields=["due_on"],
                                name="clock_open_due",
                            ),
                            models.Index(fields=["subject"], name="clock_subject"),
                            models.Index(fields=["responsible", "due_on"], name="clock_responsible"),
                            django.contrib.postgres.indexes.GinIndex(fields=["concerns"], name="clock_concerns"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            hefu.rooms.clocks.terms.State["RUNNING"],
                                            hefu.rooms.clocks.terms.State["PAUSED"],
                                            hefu.rooms.clocks.terms.State["EXPIRED"],
                                            hefu.rooms.clocks.terms.State["MET"],
                                            hefu.rooms.clocks.terms.State["LATE_MET"],
                                            hefu.rooms.clocks.terms.State["CANCELLED"],
                                        ],
                                    )
                                ),
                                name="clock_state",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_on__isnull", True),
                                        (
                                            "state__in",
                                            [
                                                hefu.rooms.clocks.terms.State["EXPIRED"],
                                                hefu.rooms.clocks.terms.State["PAUSED"],
                                                hefu.rooms.clocks.terms.State["RUNNING"],
                                            ],
                                        ),
                                    ),
                                    models.Q(
                                        models.Q(
                                            (
                                                "state__in",
                                                [
                                                    hefu.rooms.clocks.terms.State["EXPIRED"],
                                                    hefu.rooms.clocks.terms.State["PAUSED"],
                                                    hefu.rooms.clocks.terms.State["RUNNING"],
                                                ],
                                            ),
                                            _negated=True,
                                        ),
                                        ("closed_on__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="clock_closed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", hefu.rooms.clocks.terms.State["PAUSED"]), _negated=True),
                                    ("paused_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="clock_paused_on",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    (
                                        "state__in",
                                        [
                                            hefu.rooms.clocks.terms.State["EXPIRED"],
                                            hefu.rooms.clocks.terms.State["PAUSED"],
                                            hefu.rooms.clocks.terms.State["RUNNING"],
                                        ],
                                    )
                                ),
                                fields=("subject", "rule"),
                                name="clock_one_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HolidayNotice",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("year", models.PositiveSmallIntegerField()),
                        (
                            "place",
                            models.CharField(
                                help_text="Significant digits of the division code; 00 is national.", max_length=12
                            ),
                        ),
                        (
                            "notice",
                            models.CharField(help_text="Number or address under which it was issued.", max_length=300),
                        ),
                        ("text", models.TextField(help_text="The file as it was imported.")),
                        ("digest", models.CharField(help_text="SHA-256 of the text.", max_length=64)),
                        ("imported_by", models.CharField(max_length=120)),
                        ("imported_at", models.DateTimeField()),
                        ("replaced_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-year", "place", "-imported_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("replaced_at__isnull", True)),
                                fields=("year", "place"),
                                name="notice_in_force_once",
                            )
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="holidaynotice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="notice_kept",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                            hash="4bd75900bbe75307c2d44a6765aaff9b4015fb1a",
                            operation="DELETE",
                            pgid="pgtrigger_notice_kept_7e343",
                            table="clocks_holidaynotice",
                            when="BEFORE",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="holidaynotice",
                    trigger=pgtrigger.compiler.Trigger(
                        name="notice_unchanged",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."year" IS DISTINCT FROM (NEW."year") OR OLD."place" IS DISTINCT FROM (NEW."place") OR OLD."notice" IS DISTINCT FROM (NEW."notice") OR OLD."text" IS DISTINCT FROM (NEW."text") OR OLD."digest" IS DISTINCT FROM (NEW."digest") OR OLD."imported_by" IS DISTINCT FROM (NEW."imported_by") OR OLD."imported_at" IS DISTINCT FROM (NEW."imported_at"))',
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                            hash="f0f27c411c27030562432a28f5deebeabd11a881",
                            operation="UPDATE",
                            pgid="pgtrigger_notice_unchanged_0cd30",
                            table="clocks_holidaynotice",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Office",
                    fields=[
                        ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                        (
                            "reminder_days",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                help_text="Working days left, largest first.",
                                size=None,
                            ),
                        ),
                        (
                            "cut_off",
                            models.TimeField(
                                blank=True, help_text="What arrives later counts as the next working day's.", null=True
                            ),
                        ),
                        ("promptly_days", models.PositiveSmallIntegerField()),
                        ("at_once_hours", models.PositiveSmallIntegerField()),
                        ("set_time_days", models.PositiveSmallIntegerField()),
                        ("on_expiry", models.CharField(max_length=8)),
                        ("pause_while_incomplete", models.BooleanField()),
                        ("changed_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("id", 1)), name="office_one"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "on_expiry__in",
                                        [
                                            hefu.law.terms.OnExpiry["ESCALATE"],
                                            hefu.law.terms.OnExpiry["LAPSE"],
                                            hefu.law.terms.OnExpiry["NOTHING"],
                                        ],
                                    )
                                ),
                                name="office_on_expiry",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
