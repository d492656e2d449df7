"""Keep with an import which entries of earlier files its file does not name."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the entries that a file does not name any more."""

    dependencies = [("catalog", "0007_learned_offices")]

    operations = [
        migrations.AddField(
            model_name="importbatch",
            name="gone",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(),
                default=list,
                help_text="Entries of earlier files of the source that it does not name.",
                size=None,
            ),
        ),
    ]
