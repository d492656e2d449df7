from django.db import migrations, models

import hefu.rooms.requests.terms


class Migration(migrations.Migration):
    dependencies = [
        ("requests", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="notice", name="notice_kind"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", list(hefu.rooms.requests.terms.NoticeKind))), name="notice_kind"
            ),
        ),
    ]
