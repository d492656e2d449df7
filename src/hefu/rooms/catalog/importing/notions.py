"""What a column of a foreign catalogue can mean, and what other catalogues call the same."""

from enum import StrEnum


class Field(StrEnum):
    """What a column of an imported catalogue can mean."""

    NAME = "name"
    ABSTRACT = "abstract"
    PROVIDER = "provider"
    PROVIDER_CODE = "provider_code"
    INTERNAL_OFFICE = "internal_office"
    OUTSIDE_CODE = "outside_code"
    #: The code that an entry of ours bore in the catalogue before, where a file names it beside our own.
    ORIGIN_CODE = "origin_code"
    CLASS_CODE = "class_code"
    FORMAT = "format"
    FORMAT_CLASS = "format_class"
    FORMAT_OTHER = "format_other"
    SHARE_TYPE = "share_type"
    SHARE_CONDITION = "share_condition"
    SHARE_SCOPE = "share_scope"
    NOSHARE_REASON = "noshare_reason"
    BASIS_KIND = "basis_kind"
    BASIS_TITLE = "basis_title"
    BASIS_ARTICLE = "basis_article"
    SHARE_MODE = "share_mode"
    CHANNELS = "channels"
    OPEN_TYPE = "open_type"
    OPEN_CONDITION = "open_condition"
    UPDATE_CYCLE = "update_cycle"
    GRADE = "grade"
    USE_CONDITION = "use_condition"
    SECRECY = "secrecy"
    SECRECY_NOTE = "secrecy_note"
    PERSONAL_INFO = "personal_info"
    IMPACT_NOTE = "impact_note"
    ASSESSED_ON = "assessed_on"
    SYSTEM_NAME = "system_name"
    BUSINESS_ITEM = "business_item"
    THEME = "theme"
    INDUSTRY = "industry"
    TAGS = "tags"
    PHONE = "phone"
    EMAIL = "email"
    PUBLISHED_ON = "published_on"
    UPDATED_ON = "updated_on"
    ROW_COUNT = "row_count"
    DETAIL_URL = "detail_url"
    RELATED_CODES = "related_codes"
    ITEMS = "items"
    ITEM_NAME = "item_name"
    ITEM_CODE = "item_code"
    ITEM_TYPE = "item_type"
    ITEM_LENGTH = "item_length"
    ITEM_DESCRIPTION = "item_description"
    ITEM_SHARE_TYPE = "item_share_type"
    ITEM_GRADE = "item_grade"
    ITEM_OPEN_TYPE = "item_open_type"


#: Fields that describe one item in a row; a row then stands for an item and the entry spans rows.
ITEM_FIELDS = frozenset(
    {
        *(Field.ITEM_NAME, Field.ITEM_CODE, Field.ITEM_TYPE, Field.ITEM_LENGTH, Field.ITEM_DESCRIPTION),
        *(Field.ITEM_SHARE_TYPE, Field.ITEM_GRADE, Field.ITEM_OPEN_TYPE),
    }
)

#: The names that harvesters of open data portals use for the same notions; the rest keep ours.
PORTAL_NAMES: dict[Field, str] = {
    Field.NAME: "title",
    Field.ABSTRACT: "description",
    Field.PROVIDER: "department",
    Field.THEME: "category",
    Field.INDUSTRY: "industry",
    Field.OPEN_TYPE: "is_open",
    Field.UPDATE_CYCLE: "update_frequency",
    Field.FORMAT: "data_formats",
    Field.PUBLISHED_ON: "publish_time",
    Field.UPDATED_ON: "update_time",
    Field.TAGS: "tags",
    Field.PHONE: "telephone",
    Field.EMAIL: "email",
    Field.DETAIL_URL: "url",
    Field.ROW_COUNT: "data_volume",
}
_FIELDS = {name: field for field, name in PORTAL_NAMES.items()} | {field.value: field for field in Field}


def portal_name(field: Field) -> str:
    """Return what mapping files of portals call `field`; ours where they have no word for it."""
    return PORTAL_NAMES.get(field, field.value)


def field_named(name: str) -> Field | None:
    """Return the field of either vocabulary's name, or None."""
    return _FIELDS.get(name)
