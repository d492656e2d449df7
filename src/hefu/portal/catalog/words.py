"""How pages call what the catalogue stores."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext

from hefu.kernel.words import _
from hefu.law.terms import Language
from hefu.portal.law.words import own_place, places
from hefu.portal.words import in_chinese, say
from hefu.rooms.catalog import queries
from hefu.rooms.catalog.importing.notions import Field
from hefu.rooms.catalog.importing.terms import REASONS
from hefu.rooms.catalog.terms import FIELD_NAMES, ShareType, Status

#: Status → colour.
COLOURS = {
    Status.DRAFT: "draft",
    Status.IN_REVIEW: "waiting",
    Status.RETURNED: "soon",
    Status.PUBLISHED: "good",
    Status.WITHDRAWN: "off",
}

#: Sharing type → colour.
SHARE_COLOURS = {ShareType.UNCONDITIONAL: "shared", ShareType.CONDITIONAL: "asked", ShareType.NONE: "kept"}

#: What a column of an imported file can mean.
COLUMN_NAMES = {
    Field.NAME: _("name"),
    Field.ABSTRACT: _("abstract"),
    Field.PROVIDER: _("provider"),
    Field.PROVIDER_CODE: _("credit code of the provider"),
    Field.INTERNAL_OFFICE: _("office within the department"),
    Field.OUTSIDE_CODE: _("code elsewhere"),
    Field.ORIGIN_CODE: _("code in the catalogue before"),
    Field.CLASS_CODE: _("class code"),
    Field.FORMAT: _("format"),
    Field.FORMAT_CLASS: _("format class"),
    Field.FORMAT_OTHER: _("other format"),
    Field.SHARE_TYPE: _("sharing type"),
    Field.SHARE_CONDITION: _("sharing condition"),
    Field.SHARE_SCOPE: _("scope and purpose"),
    Field.NOSHARE_REASON: _("reason for not sharing"),
    Field.BASIS_KIND: _("kind of legal basis"),
    Field.BASIS_TITLE: _("title of the legal basis"),
    Field.BASIS_ARTICLE: _("article of the legal basis"),
    Field.SHARE_MODE: _("class of sharing mode"),
    Field.CHANNELS: _("channels"),
    Field.OPEN_TYPE: _("opening to the public"),
    Field.OPEN_CONDITION: _("opening condition"),
    Field.UPDATE_CYCLE: _("update cycle"),
    Field.GRADE: _("data grade"),
    Field.USE_CONDITION: _("conditions of use"),
    Field.SECRECY: _("secrecy assessment"),
    Field.SECRECY_NOTE: _("how secrecy was assessed"),
    Field.PERSONAL_INFO: _("personal information"),
    Field.IMPACT_NOTE: _("impact assessment"),
    Field.ASSESSED_ON: _("day of assessment"),
    Field.SYSTEM_NAME: _("information system"),
    Field.BUSINESS_ITEM: _("business item"),
    Field.THEME: _("theme"),
    Field.INDUSTRY: _("industry"),
    Field.TAGS: _("tags"),
    Field.PHONE: _("contact"),
    Field.EMAIL: _("mail"),
    Field.PUBLISHED_ON: _("day of publication"),
    Field.UPDATED_ON: _("day of the last update"),
    Field.ROW_COUNT: _("number of rows"),
    Field.DETAIL_URL: _("address of the entry"),
    Field.RELATED_CODES: _("related entries"),
    Field.ITEMS: _("all items in one cell"),
    Field.ITEM_NAME: _("item name"),
    Field.ITEM_CODE: _("item code"),
    Field.ITEM_TYPE: _("item type"),
    Field.ITEM_LENGTH: _("item length"),
    Field.ITEM_DESCRIPTION: _("item description"),
    Field.ITEM_SHARE_TYPE: _("sharing type of the item"),
    Field.ITEM_GRADE: _("grade of the item"),
    Field.ITEM_OPEN_TYPE: _("opening of the item"),
}

#: First digit of a class code → kind of resource.
KIND_NAMES = {"1": _("base resource"), "2": _("theme resource"), "3": _("department's resource")}

#: Level of government of the department that holds the data.
LEVEL_NAMES = {
    "nation": _("nation"),
    "province": _("province"),
    "city": _("city"),
    "county": _("county"),
    "town": _("town"),
    "village": _("village"),
}

#: Whether an entry says all that the law asks of it.
QUALITY_NAMES = {"complete": _("says all the law asks"), "gaps": _("lacks fields")}


#: First two digits of a division code → name (GB/T 2260).
PROVINCES = {
    "11": "北京市",
    "12": "天津市",
    "13": "河北省",
    "14": "山西省",
    "15": "内蒙古自治区",
    "21": "辽宁省",
    "22": "吉林省",
    "23": "黑龙江省",
    "31": "上海市",
    "32": "江苏省",
    "33": "浙江省",
    "34": "安徽省",
    "35": "福建省",
    "36": "江西省",
    "37": "山东省",
    "41": "河南省",
    "42": "湖北省",
    "43": "湖南省",
    "44": "广东省",
    "45": "广西壮族自治区",
    "46": "海南省",
    "50": "重庆市",
    "51": "四川省",
    "52": "贵州省",
    "53": "云南省",
    "54": "西藏自治区",
    "61": "陕西省",
    "62": "甘肃省",
    "63": "青海省",
    "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
    "71": "台湾省",
    "81": "香港特别行政区",
    "82": "澳门特别行政区",
}


def place_name(code: str) -> str:
    """Return a place as a reader knows it: its name where it is known, and its code."""
    name = places().get(code) or PROVINCES.get(code, "")
    if code == own_place() and name == settings.HEFU.node_name:  # the platform's name is no place's
        name = gettext("here")
    return f"{name} {code}" if name else code


def class_names() -> dict[str, str]:
    """Return class code → its name in the node's profile, in the reader's language."""
    language = Language.ZH if in_chinese() else Language.EN
    return {one.code: one.words.in_(language) for one in queries.classes().named}


def class_path(code: str) -> str:
    """Return the names of the classes that a code stands in, the widest first; empty when the profile has none."""
    language = Language.ZH if in_chinese() else Language.EN
    return " › ".join(one.in_(language) for one in queries.classes().path(code))


def classes_to_type() -> list[str]:
    """Return code and name of every class that the node's profile names, as a person may type it."""
    return [f"{code} {name}" for code, name in class_names().items()]


def in_one_line(cell: Any) -> str:
    """Return a cell of a foreign table as a reader reads it, lists without their brackets."""
    if isinstance(cell, list | tuple):
        return gettext(", ").join(in_one_line(one) for one in cell)
    return "" if cell is None else str(cell)


def reason_kind(code: str) -> str:
    """Return a reason without the facts of one row: for counting and choosing."""
    return say(REASONS[code]).format_map(defaultdict(lambda: "…"))


def reason_in_words(reason: Mapping[str, Any]) -> str:
    """Return why an imported row was refused."""
    facts = dict(reason.get("facts") or {})
    if facts.get("field") in FIELD_NAMES:
        facts["field"] = say(FIELD_NAMES[facts["field"]])
    return say(REASONS[reason["code"]]).format(**facts)
