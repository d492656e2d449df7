from django.db import migrations, models


class Migration(migrations.Migration):
    """A department fetches one site at a time, whoever asks at the same instant."""

    dependencies = [
        ("catalog", "0010_fetched_pages"),
        ("parties", "0003_data_office"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="intake",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "fetching")),
                fields=("department",),
                name="intake_one_fetch",
                nulls_distinct=False,
            ),
        ),
    ]
