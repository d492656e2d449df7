from django.db import migrations


class Migration(migrations.Migration):
    """Sketches know codes of items now: the next run makes them all anew."""

    dependencies = [("upkeep", "0004_public_comments")]

    operations = [migrations.RunSQL("DELETE FROM upkeep_sketch", migrations.RunSQL.noop)]
