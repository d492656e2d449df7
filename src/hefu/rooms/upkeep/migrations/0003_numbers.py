from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("upkeep", "0002_cases")]

    operations = [migrations.RunSQL("CREATE SEQUENCE upkeep_number", "DROP SEQUENCE upkeep_number")]
