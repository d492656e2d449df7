import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from hefu.rooms.tables import Tables

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
    replaces = [
        ("catalog", "0001_initial"),
        ("catalog", "0002_profiles"),
        ("catalog", "0003_search"),
        ("catalog", "0004_imports"),
        ("catalog", "0005_withdrawals"),
        ("catalog", "0006_history_by_statement"),
        ("catalog", "0007_learned_offices"),
        ("catalog", "0008_no_longer_named"),
        ("catalog", "0009_answered"),
        ("catalog", "0010_fetched_pages"),
        ("catalog", "0011_one_fetch"),
    ]

    initial = True

    dependencies = [
        ("parties", "0001_tables"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        Tables(
            [
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
                    name="SavedSearch",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="saved_searches",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "department",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="parties.department"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("asked", models.JSONField(help_text="Text and chosen values.")),
                        ("made_at", models.DateTimeField()),
                        (
                            "looked_until",
                            models.DateTimeField(help_text="Entries in force since then have not been looked at."),
                        ),
                    ],
                    options={
                        "ordering": ["-made_at"],
                        "constraints": [
                            models.UniqueConstraint(fields=("person", "department", "name"), name="saved_search_name")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CodeCounter",
                    fields=[
                        (
                            "stem",
                            models.CharField(
                                help_text="What stands before the number.",
                                max_length=40,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("last", models.PositiveIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="ImportBatch",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("file_name", models.CharField(max_length=200)),
                        ("file_digest", models.CharField(max_length=64)),
                        ("by", models.CharField(max_length=80)),
                        ("by_name", models.CharField(max_length=80)),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="catalog_imports",
                                to="parties.department",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                help_text="Digest of department and layout: whose sheet it is.",
                                max_length=64,
                            ),
                        ),
                        ("mapping", models.JSONField(help_text="Column → field.")),
                        ("defaults", models.JSONField(help_text="What a person stated for rows that do not say it.")),
                        ("published", models.BooleanField(help_text="Taken in as published, not as drafts.")),
                        ("rows", models.PositiveIntegerField()),
                        ("taken", models.PositiveIntegerField()),
                        ("changed", models.PositiveIntegerField()),
                        ("unchanged", models.PositiveIntegerField()),
                        (
                            "repeated",
                            models.PositiveIntegerField(help_text="Rows that say again what an earlier row said."),
                        ),
                        ("refused", models.PositiveIntegerField()),
                        ("notes", models.JSONField(help_text="Values left out or doubtful: note → number of rows.")),
                        (
                            "entries_digest",
                            models.CharField(
                                help_text="SHA-256 over each entry's code, version, digest.", max_length=64
                            ),
                        ),
                        (
                            "gone",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(),
                                default=list,
                                help_text="Entries of earlier files of the source that it does not name.",
                                size=None,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at"],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("rows__gte", 0)), name="batch_rows")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("code", models.CharField(help_text="Assigned by the node's profile.", max_length=40)),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="parties.department",
                            ),
                        ),
                        ("status", models.CharField(default="draft", max_length=10)),
                        (
                            "version",
                            models.PositiveIntegerField(
                                default=0, help_text="Of the content in force; 0 before the first."
                            ),
                        ),
                        (
                            "changes_to",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="change",
                                to="catalog.entry",
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("abstract", models.TextField(blank=True)),
                        ("class_code", models.CharField(max_length=18)),
                        ("internal_office", models.CharField(blank=True, max_length=120)),
                        ("format_class", models.CharField(blank=True, max_length=1)),
                        (
                            "format_types",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=30), blank=True, default=list, size=None
                            ),
                        ),
                        ("format_other", models.CharField(blank=True, max_length=200)),
                        ("share_type", models.CharField(blank=True, max_length=13)),
                        ("share_condition", models.TextField(blank=True)),
                        ("share_scope", models.TextField(blank=True)),
                        ("noshare_reason", models.TextField(blank=True)),
                        ("basis_kind", models.CharField(blank=True, max_length=25)),
                        ("basis_title", models.CharField(blank=True, max_length=200)),
                        ("basis_article", models.CharField(blank=True, max_length=60)),
                        ("share_mode", models.CharField(default="platform", max_length=8)),
                        (
                            "channels",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=9), blank=True, default=list, size=None
                            ),
                        ),
                        ("open_type", models.CharField(blank=True, max_length=13)),
                        ("open_condition", models.TextField(blank=True)),
                        ("update_cycle", models.CharField(blank=True, max_length=11)),
                        ("grade", models.CharField(blank=True, max_length=9)),
                        ("use_condition", models.TextField(blank=True)),
                        ("secrecy", models.CharField(blank=True, max_length=12)),
                        ("secrecy_note", models.TextField(blank=True)),
                        ("personal_info", models.CharField(blank=True, max_length=9)),
                        ("impact_note", models.TextField(blank=True)),
                        ("assessed_on", models.DateField(blank=True, null=True)),
                        ("system_name", models.CharField(blank=True, max_length=200)),
                        ("business_item", models.CharField(blank=True, max_length=200)),
                        ("theme", models.CharField(blank=True, max_length=60)),
                        (
                            "tags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=60)),
                        ("outside_code", models.CharField(blank=True, max_length=120)),
                        (
                            "related_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "extension",
                            models.JSONField(
                                blank=True, default=list, help_text="Profile's own fields: [{key, value}]."
                            ),
                        ),
                        (
                            "author",
                            models.CharField(help_text="Who wrote it last, as evidence names people.", max_length=80),
                        ),
                        ("author_name", models.CharField(max_length=80)),
                        ("drafted_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                        (
                            "signed_by",
                            models.CharField(blank=True, help_text="The head who signed it off.", max_length=80),
                        ),
                        ("signed_name", models.CharField(blank=True, max_length=80)),
                        ("signed_for", models.UUIDField(blank=True, help_text="The head's department.", null=True)),
                        ("submitted_at", models.DateTimeField(blank=True, null=True)),
                        ("reviewed_by", models.CharField(blank=True, max_length=80)),
                        ("reviewed_name", models.CharField(blank=True, max_length=80)),
                        ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                        ("reasons", models.TextField(blank=True, help_text="Why it was returned or withdrawn.")),
                        (
                            "published_at",
                            models.DateTimeField(
                                blank=True, help_text="When the version in force came into force.", null=True
                            ),
                        ),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "carried_over",
                            models.BooleanField(default=False, help_text="Came published from an older catalogue."),
                        ),
                        (
                            "gaps",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                help_text="Fields the law misses.",
                                size=None,
                            ),
                        ),
                        (
                            "import_key",
                            models.CharField(
                                blank=True, help_text="Digest by which an import finds it again.", max_length=64
                            ),
                        ),
                        (
                            "import_digest",
                            models.CharField(
                                blank=True, help_text="Digest of what the last import said.", max_length=64
                            ),
                        ),
                        (
                            "import_batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="catalog.importbatch",
                            ),
                        ),
                        ("original", models.JSONField(blank=True, help_text="The imported row as it was.", null=True)),
                        (
                            "more",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                help_text="Days, address, size as the other catalogue had them.",
                            ),
                        ),
                        (
                            "words",
                            models.TextField(
                                blank=True, help_text="What a search reads: folded name, abstract, items, provider."
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-changed_at", "code"],
                        "indexes": [
                            models.Index(fields=["status", "-changed_at"], name="catalog_entry_status"),
                            models.Index(fields=["provider", "status"], name="catalog_entry_provider"),
                            django.contrib.postgres.indexes.GinIndex(
                                fields=["channels"], name="catalog_entry_channels"
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["draft", "in_review", "published", "returned", "withdrawn"])
                                ),
                                name="entry_status",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("share_type__in", ["", "conditional", "none", "unconditional"])),
                                name="entry_share_type",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "basis_kind__in",
                                        [
                                            "",
                                            "administrative_regulation",
                                            "internal_rule",
                                            "law",
                                            "local_regulation",
                                            "local_rule",
                                            "ministry_rule",
                                            "state_council_decision",
                                        ],
                                    )
                                ),
                                name="entry_basis_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("open_type__in", ["", "closed", "conditional", "unconditional"])),
                                name="entry_open_type",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "update_cycle__in",
                                        [
                                            "",
                                            "daily",
                                            "half_yearly",
                                            "irregular",
                                            "monthly",
                                            "never",
                                            "quarterly",
                                            "realtime",
                                            "two_yearly",
                                            "weekly",
                                            "yearly",
                                        ],
                                    )
                                ),
                                name="entry_update_cycle",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("grade__in", ["", "core", "general", "important"])),
                                name="entry_grade",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("format_class__in", ["", "1", "2", "3", "4", "5", "6", "7"])),
                                name="entry_format_class",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("personal_info__in", ["", "none", "personal", "sensitive"])),
                                name="entry_personal_info",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("share_mode__in", ["media", "platform"])), name="entry_share_mode"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("channels__contained_by", ["file", "interface", "table"])),
                                name="entry_channels",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("class_code__regex", "^[123](\\d{2}(\\d{3}(\\d{1,12})?)?)?$")),
                                name="entry_class_code",
                            ),
                            models.CheckConstraint(condition=models.Q(("name", ""), _negated=True), name="entry_named"),
                            models.CheckConstraint(
                                condition=models.Q(("secrecy__in", ["", "none"])), name="entry_no_secret"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("changes_to__isnull", True)), fields=("code",), name="entry_code"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("changes_to__isnull", True), models.Q(("import_key", ""), _negated=True)
                                ),
                                fields=("import_key",),
                                name="entry_import_key",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("changes_to__isnull", True),
                                    models.Q(("status__in", ["published", "withdrawn"]), _negated=True),
                                    _connector="OR",
                                ),
                                name="entry_change_is_not_in_force",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["published", "withdrawn"]), _negated=True),
                                    models.Q(("published_at__isnull", False), ("version__gte", 1)),
                                    _connector="OR",
                                ),
                                name="entry_published_has_version",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["in_review", "published"]), _negated=True),
                                    models.Q(("share_type", "none"), _negated=True),
                                    models.Q(
                                        models.Q(("basis_kind", ""), _negated=True),
                                        models.Q(("basis_title", ""), _negated=True),
                                        models.Q(("noshare_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="entry_not_shared_has_basis",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["in_review", "published"]), _negated=True),
                                    ("carried_over", True),
                                    models.Q(models.Q(("signed_by", ""), _negated=True), ("gaps", [])),
                                    _connector="OR",
                                ),
                                name="entry_in_force_is_signed",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["in_review", "published"]), _negated=True),
                                    ("carried_over", True),
                                    models.Q(("share_type", "conditional"), _negated=True),
                                    models.Q(
                                        models.Q(("share_condition", ""), _negated=True),
                                        models.Q(("share_scope", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="entry_conditional_has_scope",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["in_review", "published"]), _negated=True),
                                    models.Q(("share_type", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="entry_shared_somehow",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "catalog_entryevent" ("abstract", "assessed_on", "author", "author_name", "basis_article", "basis_kind", "basis_title", "business_item", "carried_over", "changed_at", "changes_to_id", "channels", "class_code", "code", "drafted_at", "extension", "format_class", "format_other", "format_types", "gaps", "grade", "id", "impact_note", "import_batch_id", "import_digest", "import_key", "internal_office", "more", "name", "noshare_reason", "open_condition", "open_type", "original", "outside_code", "personal_info", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "provider_id", "published_at", "reasons", "related_codes", "reviewed_at", "reviewed_by", "reviewed_name", "secrecy", "secrecy_note", "share_condition", "share_mode", "share_scope", "share_type", "signed_by", "signed_for", "signed_name", "status", "submitted_at", "system_name", "tags", "theme", "update_cycle", "use_condition", "version", "withdrawn_at", "words") VALUES (NEW."abstract", NEW."assessed_on", NEW."author", NEW."author_name", NEW."basis_article", NEW."basis_kind", NEW."basis_title", NEW."business_item", NEW."carried_over", NEW."changed_at", NEW."changes_to_id", NEW."channels", NEW."class_code", NEW."code", NEW."drafted_at", NEW."extension", NEW."format_class", NEW."format_other", NEW."format_types", NEW."gaps", NEW."grade", NEW."id", NEW."impact_note", NEW."import_batch_id", NEW."import_digest", NEW."import_key", NEW."internal_office", NEW."more", NEW."name", NEW."noshare_reason", NEW."open_condition", NEW."open_type", NEW."original", NEW."outside_code", NEW."personal_info", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phone", NEW."provider_id", NEW."published_at", NEW."reasons", NEW."related_codes", NEW."reviewed_at", NEW."reviewed_by", NEW."reviewed_name", NEW."secrecy", NEW."secrecy_note", NEW."share_condition", NEW."share_mode", NEW."share_scope", NEW."share_type", NEW."signed_by", NEW."signed_for", NEW."signed_name", NEW."status", NEW."submitted_at", NEW."system_name", NEW."tags", NEW."theme", NEW."update_cycle", NEW."use_condition", NEW."version", NEW."withdrawn_at", NEW."words"); RETURN NULL;',
                            hash="97a7e4bdce4eb3b02ad96fb6364b66350507a2eb",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_8d1d1",
                            table="catalog_entry",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entry",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_entryevent" ("abstract", "assessed_on", "author", "author_name", "basis_article", "basis_kind", "basis_title", "business_item", "carried_over", "changed_at", "changes_to_id", "channels", "class_code", "code", "drafted_at", "extension", "format_class", "format_other", "format_types", "gaps", "grade", "id", "impact_note", "import_batch_id", "import_digest", "import_key", "internal_office", "more", "name", "noshare_reason", "open_condition", "open_type", "original", "outside_code", "personal_info", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "provider_id", "published_at", "reasons", "related_codes", "reviewed_at", "reviewed_by", "reviewed_name", "secrecy", "secrecy_note", "share_condition", "share_mode", "share_scope", "share_type", "signed_by", "signed_for", "signed_name", "status", "submitted_at", "system_name", "tags", "theme", "update_cycle", "use_condition", "version", "withdrawn_at", "words") SELECT new_values."abstract", new_values."assessed_on", new_values."author", new_values."author_name", new_values."basis_article", new_values."basis_kind", new_values."basis_title", new_values."business_item", new_values."carried_over", new_values."changed_at", new_values."changes_to_id", new_values."channels", new_values."class_code", new_values."code", new_values."drafted_at", new_values."extension", new_values."format_class", new_values."format_other", new_values."format_types", new_values."gaps", new_values."grade", new_values."id", new_values."impact_note", new_values."import_batch_id", new_values."import_digest", new_values."import_key", new_values."internal_office", new_values."more", new_values."name", new_values."noshare_reason", new_values."open_condition", new_values."open_type", new_values."original", new_values."outside_code", new_values."personal_info", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."phone", new_values."provider_id", new_values."published_at", new_values."reasons", new_values."related_codes", new_values."reviewed_at", new_values."reviewed_by", new_values."reviewed_name", new_values."secrecy", new_values."secrecy_note", new_values."share_condition", new_values."share_mode", new_values."share_scope", new_values."share_type", new_values."signed_by", new_values."signed_for", new_values."signed_name", new_values."status", new_values."submitted_at", new_values."system_name", new_values."tags", new_values."theme", new_values."update_cycle", new_values."use_condition", new_values."version", new_values."withdrawn_at", new_values."words" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                            hash="9a753647d0b018c0fe337375e3e96605be06ed41",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_34c50",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="catalog_entry",
                            when="AFTER",
                        ),
                    ),
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
                    name="SearchNotice",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "search",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="notices",
                                to="catalog.savedsearch",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalog.entry"
                            ),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("at", models.DateTimeField()),
                        ("read_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "ordering": ["-at", "-id"],
                        "constraints": [
                            models.UniqueConstraint(fields=("search", "entry", "version"), name="search_notice_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EntryEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        ("id", models.UUIDField(serialize=False)),
                        ("code", models.CharField(help_text="Assigned by the node's profile.", max_length=40)),
                        (
                            "provider",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("status", models.CharField(default="draft", max_length=10)),
                        (
                            "version",
                            models.PositiveIntegerField(
                                default=0, help_text="Of the content in force; 0 before the first."
                            ),
                        ),
                        (
                            "changes_to",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="catalog.entry",
                            ),
                        ),
                        ("name", models.CharField(max_length=200)),
                        ("abstract", models.TextField(blank=True)),
                        ("class_code", models.CharField(max_length=18)),
                        ("internal_office", models.CharField(blank=True, max_length=120)),
                        ("format_class", models.CharField(blank=True, max_length=1)),
                        (
                            "format_types",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=30), blank=True, default=list, size=None
                            ),
                        ),
                        ("format_other", models.CharField(blank=True, max_length=200)),
                        ("share_type", models.CharField(blank=True, max_length=13)),
                        ("share_condition", models.TextField(blank=True)),
                        ("share_scope", models.TextField(blank=True)),
                        ("noshare_reason", models.TextField(blank=True)),
                        ("basis_kind", models.CharField(blank=True, max_length=25)),
                        ("basis_title", models.CharField(blank=True, max_length=200)),
                        ("basis_article", models.CharField(blank=True, max_length=60)),
                        ("share_mode", models.CharField(default="platform", max_length=8)),
                        (
                            "channels",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=9), blank=True, default=list, size=None
                            ),
                        ),
                        ("open_type", models.CharField(blank=True, max_length=13)),
                        ("open_condition", models.TextField(blank=True)),
                        ("update_cycle", models.CharField(blank=True, max_length=11)),
                        ("grade", models.CharField(blank=True, max_length=9)),
                        ("use_condition", models.TextField(blank=True)),
                        ("secrecy", models.CharField(blank=True, max_length=12)),
                        ("secrecy_note", models.TextField(blank=True)),
                        ("personal_info", models.CharField(blank=True, max_length=9)),
                        ("impact_note", models.TextField(blank=True)),
                        ("assessed_on", models.DateField(blank=True, null=True)),
                        ("system_name", models.CharField(blank=True, max_length=200)),
                        ("business_item", models.CharField(blank=True, max_length=200)),
                        ("theme", models.CharField(blank=True, max_length=60)),
                        (
                            "tags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=60)),
                        ("outside_code", models.CharField(blank=True, max_length=120)),
                        (
                            "related_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "extension",
                            models.JSONField(
                                blank=True, default=list, help_text="Profile's own fields: [{key, value}]."
                            ),
                        ),
                        (
                            "author",
                            models.CharField(help_text="Who wrote it last, as evidence names people.", max_length=80),
                        ),
                        ("author_name", models.CharField(max_length=80)),
                        ("drafted_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                        (
                            "signed_by",
                            models.CharField(blank=True, help_text="The head who signed it off.", max_length=80),
                        ),
                        ("signed_name", models.CharField(blank=True, max_length=80)),
                        ("signed_for", models.UUIDField(blank=True, help_text="The head's department.", null=True)),
                        ("submitted_at", models.DateTimeField(blank=True, null=True)),
                        ("reviewed_by", models.CharField(blank=True, max_length=80)),
                        ("reviewed_name", models.CharField(blank=True, max_length=80)),
                        ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                        ("reasons", models.TextField(blank=True, help_text="Why it was returned or withdrawn.")),
                        (
                            "published_at",
                            models.DateTimeField(
                                blank=True, help_text="When the version in force came into force.", null=True
                            ),
                        ),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "carried_over",
                            models.BooleanField(default=False, help_text="Came published from an older catalogue."),
                        ),
                        (
                            "gaps",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20),
                                blank=True,
                                default=list,
                                help_text="Fields the law misses.",
                                size=None,
                            ),
                        ),
                        (
                            "import_key",
                            models.CharField(
                                blank=True, help_text="Digest by which an import finds it again.", max_length=64
                            ),
                        ),
                        (
                            "import_digest",
                            models.CharField(
                                blank=True, help_text="Digest of what the last import said.", max_length=64
                            ),
                        ),
                        (
                            "import_batch",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="catalog.importbatch",
                            ),
                        ),
                        ("original", models.JSONField(blank=True, help_text="The imported row as it was.", null=True)),
                        (
                            "more",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                help_text="Days, address, size as the other catalogue had them.",
                            ),
                        ),
                        (
                            "words",
                            models.TextField(
                                blank=True, help_text="What a search reads: folded name, abstract, items, provider."
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Item",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="items", to="catalog.entry"
                            ),
                        ),
                        (
                            "stands_for",
                            models.UUIDField(
                                blank=True, help_text="In a change: the item of the entry it carries on.", null=True
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("name", models.CharField(max_length=200)),
                        ("code", models.CharField(max_length=63)),
                        ("type", models.CharField(blank=True, max_length=1)),
                        ("length", models.PositiveIntegerField(blank=True, null=True)),
                        ("share_type", models.CharField(blank=True, max_length=13)),
                        ("grade", models.CharField(blank=True, max_length=9)),
                        ("open_type", models.CharField(blank=True, max_length=13)),
                        ("description", models.TextField(blank=True)),
                    ],
                    options={
                        "ordering": ["position"],
                        "constraints": [
                            models.UniqueConstraint(
                                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                                fields=("entry", "position"),
                                name="item_position",
                            ),
                            models.UniqueConstraint(
                                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                                fields=("entry", "code"),
                                name="item_code",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("type__in", ["", "B", "C", "D", "F", "G", "I", "L", "M", "N", "T", "Y"])
                                ),
                                name="item_type",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("share_type__in", ["", "conditional", "none", "unconditional"])),
                                name="item_share_type",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("grade__in", ["", "core", "general", "important"])),
                                name="item_grade",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("open_type__in", ["", "closed", "conditional", "unconditional"])),
                                name="item_open_type",
                            ),
                        ],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="item",
                    trigger=pgtrigger.compiler.Trigger(
                        name="update_update",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                            func='INSERT INTO "catalog_itemevent" ("code", "description", "entry_id", "grade", "id", "length", "name", "open_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "share_type", "stands_for", "type") VALUES (NEW."code", NEW."description", NEW."entry_id", NEW."grade", NEW."id", NEW."length", NEW."name", NEW."open_type", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."position", NEW."share_type", NEW."stands_for", NEW."type"); RETURN NULL;',
                            hash="563d4bf6d37aa9dc06829838ac14137ac098bf82",
                            operation="UPDATE",
                            pgid="pgtrigger_update_update_f3b94",
                            table="catalog_item",
                            when="AFTER",
                        ),
                    ),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="item",
                    trigger=pgtrigger.compiler.Trigger(
                        name="insert_insert",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "catalog_itemevent" ("code", "description", "entry_id", "grade", "id", "length", "name", "open_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "share_type", "stands_for", "type") SELECT new_values."code", new_values."description", new_values."entry_id", new_values."grade", new_values."id", new_values."length", new_values."name", new_values."open_type", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."position", new_values."share_type", new_values."stands_for", new_values."type" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                            hash="398cbaff1dbbe77022cd3aff487021371620679a",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_insert_insert_cc814",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="catalog_item",
                            when="AFTER",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="ItemEvent",
                    fields=[
                        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        (
                            "pgh_obj",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="events",
                                to="catalog.item",
                            ),
                        ),
                        (
                            "pgh_context",
                            models.ForeignKey(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="pghistory.context",
                            ),
                        ),
                        ("id", models.UUIDField(serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="catalog.entry",
                            ),
                        ),
                        (
                            "stands_for",
                            models.UUIDField(
                                blank=True, help_text="In a change: the item of the entry it carries on.", null=True
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("name", models.CharField(max_length=200)),
                        ("code", models.CharField(max_length=63)),
                        ("type", models.CharField(blank=True, max_length=1)),
                        ("length", models.PositiveIntegerField(blank=True, null=True)),
                        ("share_type", models.CharField(blank=True, max_length=13)),
                        ("grade", models.CharField(blank=True, max_length=9)),
                        ("open_type", models.CharField(blank=True, max_length=13)),
                        ("description", models.TextField(blank=True)),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="EntryVersion",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="catalog.entry"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("snapshot", models.JSONField()),
                        ("digest", models.CharField(help_text="SHA-256 of the canonical snapshot.", max_length=64)),
                        ("signed_name", models.CharField(blank=True, max_length=80)),
                        ("approved_name", models.CharField(max_length=80)),
                        ("published_at", models.DateTimeField()),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="catalog.importbatch",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [models.UniqueConstraint(fields=("entry", "number"), name="version_number")],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name="entryversion",
                    trigger=pgtrigger.compiler.Trigger(
                        name="frozen",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="23ec2183dc051f526e7e0ba980e595bcf671a58e",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_frozen_5184f",
                            table="catalog_entryversion",
                            when="BEFORE",
                        ),
                    ),
                ),
                migrations.CreateModel(
                    name="Withdrawal",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="withdrawals",
                                to="catalog.entry",
                            ),
                        ),
                        ("reason", models.TextField()),
                        ("asked_by", models.CharField(help_text="Who asked, as evidence names people.", max_length=80)),
                        ("asked_name", models.CharField(max_length=80)),
                        ("asked_at", models.DateTimeField()),
                        (
                            "agreed",
                            models.BooleanField(
                                blank=True, help_text="The authority's word; null while it reviews.", null=True
                            ),
                        ),
                        ("note", models.TextField(blank=True, help_text="Why it was declined.")),
                        ("decided_name", models.CharField(blank=True, max_length=80)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("agreed__isnull", True), ("decided_at__isnull", True)),
                                    models.Q(("agreed__isnull", False), ("decided_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="withdrawal_decided",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("decided_at__isnull", True)),
                                fields=("entry",),
                                name="withdrawal_one_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BadRow",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="bad_rows",
                                to="catalog.importbatch",
                            ),
                        ),
                        (
                            "row",
                            models.PositiveIntegerField(
                                help_text="As the file counts: the first line is 1; in JSON the first object."
                            ),
                        ),
                        ("reasons", models.JSONField(help_text="List of reason codes with their facts.")),
                        ("original", models.JSONField()),
                        (
                            "rest",
                            models.JSONField(
                                default=list, help_text="Further rows of the same entry, one for each item."
                            ),
                        ),
                        (
                            "digest",
                            models.CharField(
                                blank=True, help_text="By which a later file's same row is known again.", max_length=64
                            ),
                        ),
                        (
                            "mended",
                            models.JSONField(default=dict, help_text="Cells that somebody put right: column → cell."),
                        ),
                        (
                            "settled",
                            models.CharField(
                                blank=True, help_text="Empty while it waits; taken, set_aside, repeated.", max_length=10
                            ),
                        ),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("settled_by", models.CharField(blank=True, max_length=80)),
                        (
                            "entry",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="catalog.entry",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["row"],
                        "indexes": [
                            models.Index(condition=models.Q(("settled", "")), fields=["digest"], name="bad_row_waiting")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("settled__in", ["repeated", "set_aside", "taken"]),
                                        ("settled_at__isnull", False),
                                    ),
                                    models.Q(("settled", ""), ("settled_at__isnull", True)),
                                    _connector="OR",
                                ),
                                name="bad_row_settled",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Intake",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("status", models.CharField(max_length=10)),
                        ("file_name", models.CharField(max_length=200)),
                        ("sheet", models.CharField(blank=True, max_length=200)),
                        ("size", models.PositiveIntegerField(help_text="Bytes.")),
                        ("file_digest", models.CharField(max_length=64)),
                        ("data", models.BinaryField(help_text="The file; null when the import is over.", null=True)),
                        ("source", models.CharField(blank=True, max_length=64)),
                        (
                            "site",
                            models.JSONField(
                                blank=True, default=dict, help_text="Where it is fetched from; empty for a file."
                            ),
                        ),
                        ("mapping", models.JSONField(default=dict)),
                        ("defaults", models.JSONField(default=dict)),
                        (
                            "providers",
                            models.JSONField(default=dict, help_text="Name as the file writes it → department."),
                        ),
                        ("published", models.BooleanField(default=False)),
                        ("by", models.CharField(max_length=80)),
                        ("by_name", models.CharField(max_length=80)),
                        ("acting", models.JSONField(help_text="Seat and roles in which the person acts.")),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("beat_at", models.DateTimeField(help_text="When its worker last said that it goes on.")),
                        ("total", models.PositiveIntegerField(default=0, help_text="Entries in the file.")),
                        ("done", models.PositiveIntegerField(default=0, help_text="Entries that were dealt with.")),
                        ("stop", models.BooleanField(default=False, help_text="Somebody asked it to stop.")),
                        (
                            "plan",
                            models.JSONField(
                                default=dict, help_text="What it would change: counts, and the first of each kind."
                            ),
                        ),
                        (
                            "fault",
                            models.JSONField(default=dict, help_text="Refusal that ended it: code and sentence."),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="catalog.importbatch",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "status__in",
                                        [
                                            "brought",
                                            "compared",
                                            "comparing",
                                            "done",
                                            "failed",
                                            "fetching",
                                            "running",
                                            "stopped",
                                        ],
                                    )
                                ),
                                name="intake_status",
                            ),
                            models.CheckConstraint(condition=models.Q(("size__lte", 52428800)), name="intake_size"),
                            models.UniqueConstraint(
                                condition=models.Q(("status", "fetching")),
                                fields=("department",),
                                name="intake_one_fetch",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FetchedPage",
                    fields=[
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "intake",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="catalog.intake"
                            ),
                        ),
                        (
                            "start",
                            models.PositiveIntegerField(help_text="Place of its first dataset, as the site counts."),
                        ),
                        (
                            "count",
                            models.PositiveIntegerField(help_text="Datasets that it had, also those read before."),
                        ),
                        ("size", models.PositiveIntegerField(help_text="Octets of its records as JSON.")),
                        ("records", models.BinaryField(help_text="Those not read before: JSON, compressed.")),
                    ],
                    options={
                        "ordering": ["start"],
                        "constraints": [models.UniqueConstraint(fields=("intake", "start"), name="fetched_page_once")],
                    },
                ),
                migrations.CreateModel(
                    name="LearnedMapping",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("source", models.CharField(max_length=64, unique=True)),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="parties.department",
                            ),
                        ),
                        (
                            "columns",
                            models.JSONField(help_text="Column → field; empty for a column that means nothing."),
                        ),
                        (
                            "corrected",
                            models.JSONField(default=list, help_text="Columns that were proposed otherwise."),
                        ),
                        (
                            "offices",
                            models.JSONField(default=dict, help_text="Provider as the files write it → department."),
                        ),
                        ("at", models.DateTimeField()),
                        ("by", models.CharField(max_length=80)),
                    ],
                ),
                migrations.CreateModel(
                    name="Answered",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("by", models.CharField(help_text="Who sent it, as evidence names people.", max_length=80)),
                        (
                            "department",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="parties.department",
                            ),
                        ),
                        ("key", models.CharField(help_text="As the sender made it up.", max_length=80)),
                        ("digest", models.CharField(help_text="SHA-256 of what was sent.", max_length=64)),
                        ("answer", models.JSONField(help_text="Null while it is being worked on.", null=True)),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="answered_at")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("by", "department", "key"), name="answered_once", nulls_distinct=False
                            )
                        ],
                    },
                ),
            ]
        ),
        migrations.RunSQL(COLUMNS, NO_COLUMNS),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
