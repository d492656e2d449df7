import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

#: What a note needs besides: the number of its transaction, and a number that rises when the table is emptied.
COLUMNS = """
ALTER TABLE catalog_searchchange ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX catalog_searchchange_xid ON catalog_searchchange (xid);
CREATE SEQUENCE catalog_search_epoch;
"""
NO_COLUMNS = """
DROP SEQUENCE catalog_search_epoch;
ALTER TABLE catalog_searchchange DROP COLUMN xid;
"""

FUNCTIONS = """
CREATE FUNCTION catalog_search_note_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_searchchange (entry_id) SELECT DISTINCT id FROM touched WHERE changes_to_id IS NULL;
    RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_note_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_searchchange (entry_id) SELECT DISTINCT entry_id FROM touched;
    RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_note_department() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_searchchange (provider_id)
    SELECT after.id FROM touched AS after JOIN before ON before.id = after.id
    WHERE (before.name, before.short_name, before.place) IS DISTINCT FROM (after.name, after.short_name, after.place);
    RETURN NULL;
END $$;
CREATE FUNCTION catalog_search_note_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('catalog_search_epoch');
    RETURN NULL;
END $$;
"""
NO_FUNCTIONS = """
DROP FUNCTION catalog_search_note_entry() CASCADE;
DROP FUNCTION catalog_search_note_part() CASCADE;
DROP FUNCTION catalog_search_note_department() CASCADE;
DROP FUNCTION catalog_search_note_emptied() CASCADE;
"""


def _three(table: str, function: str) -> str:
    """Return the triggers that note what statements insert into, update in and delete from a table."""
    return "".join(
        f"CREATE TRIGGER {table}_search_{verb.lower()} AFTER {verb} ON {table} "
        f"REFERENCING {rows} TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {function}();\n"
        for verb, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    )


TRIGGERS = (
    _three("catalog_entry", "catalog_search_note_entry")
    + _three("catalog_item", "catalog_search_note_part")
    + _three("catalog_entryuse", "catalog_search_note_part")
    + """
CREATE TRIGGER catalog_search_department AFTER UPDATE ON parties_department
REFERENCING OLD TABLE AS before NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_note_department();
CREATE TRIGGER catalog_entry_search_emptied AFTER TRUNCATE ON catalog_entry
FOR EACH STATEMENT EXECUTE FUNCTION catalog_search_note_emptied();
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_profiles"),
        ("parties", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField(null=True)),
                ("provider_id", models.UUIDField(null=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="EntryUse",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="use",
                        serialize=False,
                        to="catalog.entry",
                    ),
                ),
                ("grants", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("asked", models.JSONField(help_text="Text and chosen values.")),
                ("made_at", models.DateTimeField()),
                (
                    "looked_until",
                    models.DateTimeField(help_text="Entries in force since then have not been looked at."),
                ),
                (
                    "department",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parties.department"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_searches",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-made_at"]},
        ),
        migrations.CreateModel(
            name="SearchNotice",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                    ),
                ),
                (
                    "search",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="catalog.savedsearch",
                    ),
                ),
            ],
            options={"ordering": ["-at", "-id"]},
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(fields=("person", "department", "name"), name="saved_search_name"),
        ),
        migrations.AddConstraint(
            model_name="searchnotice",
            constraint=models.UniqueConstraint(fields=("search", "entry", "version"), name="search_notice_once"),
        ),
        migrations.RunSQL(COLUMNS, NO_COLUMNS),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
