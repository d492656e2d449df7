"""Remember which departments the providers of a source's files are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the names of providers to what is remembered of a source."""

    dependencies = [("catalog", "0006_history_by_statement")]

    operations = [
        migrations.AddField(
            model_name="learnedmapping",
            name="offices",
            field=models.JSONField(default=dict, help_text="Provider as the files write it → department."),
        ),
    ]
