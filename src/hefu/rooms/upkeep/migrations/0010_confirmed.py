from django.db import migrations, models


class Migration(migrations.Migration):
    """Which other pairs name the same source for an item."""

    dependencies = [
        ("upkeep", "0009_buckets_by_band"),
    ]

    operations = [
        migrations.AddField(
            model_name="itemnaming",
            name="confirmed_by",
            field=models.ManyToManyField(
                help_text="Other pairs on which the authority named the same department.",
                related_name="confirmed",
                to="upkeep.pair",
            ),
        ),
    ]
