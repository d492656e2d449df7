import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import hefu.law.terms
import hefu.rooms.clocks.terms


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("parties", "0001_initial"),
    ]

    operations = [
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
        migrations.CreateModel(
            name="CaseClock",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("subject", models.CharField(help_text="Public number of the case.", max_length=24)),
                ("rule", models.CharField(help_text="Rule of the packs that set it.", max_length=60)),
                ("place", models.CharField(help_text="Division code whose law and calendar count.", max_length=12)),
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
                ("provisional", models.BooleanField(help_text="A day on the way has no official calendar yet.")),
                ("deadline", models.JSONField(help_text="How the first last day was counted: steps, citations, pack.")),
                ("changes", models.JSONField(default=list, help_text="What moved the last day since, oldest first.")),
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
                (
                    "responsible",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="parties.department"
                    ),
                ),
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
    ]
