from django.db import migrations


class Migration(migrations.Migration):
    """Buckets say of which band they are now: the next run makes all sketches anew."""

    dependencies = [("upkeep", "0008_value_overlap")]

    operations = [migrations.RunSQL("DELETE FROM upkeep_sketch", migrations.RunSQL.noop)]
