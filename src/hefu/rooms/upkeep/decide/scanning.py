"""What a table seen from outside could be as a catalogue entry: names, types, personal information, grade."""

import re

from hefu.rooms.catalog.terms import Grade, ItemType, PersonalInfo
from hefu.rooms.upkeep.terms.cases import ItemProposed

#: Words in a column's name or comment that speak of somebody; the second list of what the law calls sensitive.
_PERSONAL = re.compile(
    r"姓名|身份证|身份号码|证件号|手机|电话|住址|地址|出生|户籍|邮箱|"
    r"(^|_)(xm|sfzh|sfzhm|gmsfhm|zjhm|sjh|lxdh|name|id_?(number|card|no)|phone|mobile|email|birth(_?date)?|address)($|_)",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"病|诊断|残疾|指纹|人脸|血型|民族|宗教|银行|账号|卡号|工资|收入|犯罪|行踪|轨迹|遗传|婚姻|未成年|"
    r"(^|_)(bank|card_?no|salary|income|disease|diagnosis|race|religion|finger|face)($|_)",
    re.IGNORECASE,
)
#: Patterns of values that are somebody's.
_PERSONAL_PATTERNS = frozenset({"citizen_id", "mobile", "email"})

#: How a database's types are written in the guide's letters.
_TYPES: tuple[tuple[str, ItemType], ...] = (
    (r"^(smallint|integer|bigint)", ItemType.INTEGER),
    (r"^numeric|^decimal", ItemType.NUMBER),
    (r"^(real|double)", ItemType.DOUBLE),
    (r"^money", ItemType.MONEY),
    (r"^date$", ItemType.DATE),
    (r"^timestamp", ItemType.MOMENT),
    (r"^boolean", ItemType.LOGICAL),
    (r"^bytea", ItemType.GENERAL),
)
#: How long an item of text is said to be when nothing was seen in its column.
USUAL_LENGTH = 255
#: Lengths that are said, so that a longer value tomorrow still fits.
_ROUND_LENGTHS = (1, 2, 4, 6, 10, 18, 20, 50, 100, 200, 500, 1000, 2000, 4000)


def item(name: str, column_type: str, comment: str, *, pattern: str = "", longest: int | None = None) -> ItemProposed:
    """Return the item that a column could be.

    Args:
        name: Of the column.
        column_type: As the database writes it; empty for a file.
        comment: On the column.
        pattern: Class of its values, as profiles tell it.
        longest: Characters of its longest value.
    """
    kind = item_type(column_type, pattern)
    return ItemProposed(
        name=comment.strip()[:200] or name,
        code=re.sub(r"[^0-9a-z_]+", "_", name.casefold()).strip("_")[:63],
        column=name,
        type=kind.value,
        length=said_length(column_type, longest) if kind is ItemType.TEXT else None,
        personal_info=personal(name, comment, pattern).value,
    )


def item_type(column_type: str, pattern: str) -> ItemType:
    """Return the guide's type of a column; of a file's column, by the pattern of its values."""
    bare = column_type.casefold().strip()
    found = next((kind for written, kind in _TYPES if re.match(written, bare)), None)
    if found:
        return found
    if not bare and pattern in ("day", "whole", "number"):
        return {"day": ItemType.DATE, "whole": ItemType.INTEGER, "number": ItemType.NUMBER}[pattern]
    return ItemType.TEXT


def said_length(column_type: str, longest: int | None) -> int:
    """Return the length to say: the declared one, else the longest value rounded up."""
    declared = re.search(r"\((\d+)\)", column_type)
    if declared:
        return int(declared[1])
    if longest is None:
        return USUAL_LENGTH
    return next((length for length in _ROUND_LENGTHS if length >= longest), longest)


def personal(name: str, comment: str, pattern: str) -> PersonalInfo:
    """Return how much of a person a column tells, by its name, comment and the pattern of its values."""
    if _SENSITIVE.search(name) or _SENSITIVE.search(comment):
        return PersonalInfo.SENSITIVE
    if pattern in _PERSONAL_PATTERNS or _PERSONAL.search(name) or _PERSONAL.search(comment):
        return PersonalInfo.PERSONAL
    return PersonalInfo.NONE


def of_table(items: list[ItemProposed]) -> PersonalInfo:
    """Return how much of a person a table tells: as much as the most telling of its columns."""
    levels = [PersonalInfo.NONE, PersonalInfo.PERSONAL, PersonalInfo.SENSITIVE]
    return max((PersonalInfo(one.personal_info) for one in items), key=levels.index, default=PersonalInfo.NONE)


def grade_of(personal_info: PersonalInfo, rows: int | None) -> Grade:
    """Return the grade to suggest; very many people's sensitive data may be important (GB/T 43697-2024, annex G)."""
    return Grade.IMPORTANT if personal_info is PersonalInfo.SENSITIVE and (rows or 0) >= 1_000_000 else Grade.GENERAL
