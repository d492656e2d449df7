from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0006_silence"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="delivery",
            name="delivery_one_way",
        ),
        migrations.AlterField(
            model_name="delivery",
            name="file_format",
            field=models.CharField(
                blank=True, help_text="csv, xlsx, parquet or jsonl; empty for a table.", max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="target_id",
            field=models.UUIDField(
                blank=True, help_text="Where the rows go; None for a file that is fetched here.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "table"), ("file_format", ""), ("target_id__isnull", False)),
                    models.Q(("channel", "file"), models.Q(("file_format", ""), _negated=True)),
                    _connector="OR",
                ),
                name="delivery_one_way",
            ),
        ),
    ]
