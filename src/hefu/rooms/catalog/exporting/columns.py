"""The columns of the guide's sheet: heads as its template words them, values as the profile writes them.

Source: 发改高技〔2017〕1272号 (thirteen core fields with their items), decree 809 art. 13 and 15 for what the
guide does not ask yet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from hefu.rooms.catalog.exporting.reading import Exported
from hefu.rooms.catalog.importing.own import joined
from hefu.rooms.catalog.profiles import Profile
from hefu.rooms.catalog.terms import BasisKind, Content, Grade, ItemContent, PersonalInfo, Secrecy

Cell = str | int | None


@dataclass(frozen=True)
class Column:
    """One column of the sheet."""

    head: str
    #: The words over several columns that belong together; empty for a column that stands alone.
    group: str = ""
    #: Enumeration of the profile that writes the value.
    table: str = ""
    #: Of the entry; None for a column of items.
    entry: Callable[[Exported], str | StrEnum | tuple[str, ...] | tuple[StrEnum, ...] | None] | None = None
    #: Of an item.
    item: Callable[[ItemContent], str | int | StrEnum | None] | None = None
    #: Whether it says the department named as an item's source.
    source: bool = False


@dataclass(frozen=True)
class Line:
    """One line of the sheet: the entry's cells, and those that the line's item says itself."""

    entry: tuple[Cell, ...]
    own: tuple[Cell, ...]


_GRADES = {Grade.CORE: "核心", Grade.IMPORTANT: "重要", Grade.GENERAL: "一般"}
_PERSONAL = {
    PersonalInfo.NONE: "不涉及",
    PersonalInfo.PERSONAL: "个人信息",
    PersonalInfo.SENSITIVE: "敏感个人信息",
}
_BASES = {
    BasisKind.LAW: "法律",
    BasisKind.ADMINISTRATIVE_REGULATION: "行政法规",
    BasisKind.STATE_COUNCIL_DECISION: "国务院决定",
    BasisKind.LOCAL_REGULATION: "地方性法规",
    BasisKind.MINISTRY_RULE: "部门规章",
    BasisKind.LOCAL_RULE: "地方政府规章",
    BasisKind.INTERNAL_RULE: "规范性文件",
}


def _said(name: str) -> Callable[[Exported], str]:
    def cell(entry: Exported) -> str:
        text: str = getattr(entry.content, name)
        return text

    return cell


def _class_part(first: int, last: int | None) -> Callable[[Exported], str]:
    return lambda entry: entry.content.class_code[first:last]


def _chosen(name: str) -> Callable[[Exported], StrEnum | None]:
    def cell(entry: Exported) -> StrEnum | None:
        value: StrEnum | None = getattr(entry.content, name)
        return value

    return cell


def _personal(content: Content) -> str:
    return _PERSONAL[content.personal_info] if content.personal_info else ""


def _basis(content: Content) -> str:
    return _BASES[content.basis_kind] if content.basis_kind else ""


_CLASS, _FORMAT, _ITEM = "信息资源分类", "信息资源格式", "信息项信息"
_SHARING, _OPENING = "共享属性", "开放属性"

COLUMNS: tuple[Column, ...] = (
    Column("类", _CLASS, entry=_class_part(0, 1)),
    Column("项", _CLASS, entry=_class_part(1, 3)),
    Column("目", _CLASS, entry=_class_part(3, 6)),
    Column("细目", _CLASS, entry=_class_part(6, None)),
    Column("信息资源分类代码", entry=_said("class_code")),
    Column("信息资源名称", entry=_said("name")),
    Column("信息资源代码", entry=lambda entry: entry.code),
    Column("来源目录代码", entry=_said("outside_code")),
    Column("信息资源提供方", entry=lambda entry: entry.provider),
    Column("提供方内部部门", entry=_said("internal_office")),
    Column("信息资源提供方代码", entry=lambda entry: entry.provider_code),
    Column("数源部门", entry=lambda entry: entry.sources.whole),
    Column("信息资源摘要", entry=_said("abstract")),
    Column("信息资源格式分类", _FORMAT, "format_class", entry=_chosen("format_class")),
    Column("信息资源格式类型", _FORMAT, entry=lambda entry: entry.content.format_types),
    Column("其他类型资源格式描述", _FORMAT, entry=_said("format_other")),
    Column("信息项名称", _ITEM, item=lambda item: item.name),
    Column("信息项代码", _ITEM, item=lambda item: item.code),
    Column("信息项数据类型", _ITEM, "item_type", item=lambda item: item.type),
    Column("信息项数据长度", _ITEM, item=lambda item: item.length),
    Column("信息项描述", _ITEM, item=lambda item: item.description),
    # What an item says otherwise than its entry; empty where it says the same.
    Column("信息项共享类型", _ITEM, "share_type", item=lambda item: item.share_type),
    Column("信息项数据分级", _ITEM, item=lambda item: _grade(item.grade)),
    Column("信息项是否开放", _ITEM, "open_type", item=lambda item: item.open_type),
    Column("信息项数源部门", _ITEM, source=True),
    Column("共享类型", _SHARING, "share_type", entry=_chosen("share_type")),
    Column("共享条件", _SHARING, entry=_said("share_condition")),
    Column("共享范围及用途", _SHARING, entry=_said("share_scope")),
    Column("不予共享理由", _SHARING, entry=_said("noshare_reason")),
    Column("不予共享依据类型", _SHARING, entry=lambda entry: _basis(entry.content)),
    Column("不予共享依据", _SHARING, entry=_said("basis_title")),
    Column("依据条款", _SHARING, entry=_said("basis_article")),
    Column("共享方式分类", _SHARING, "share_mode", entry=_chosen("share_mode")),
    Column("共享方式类型", _SHARING, "channel", entry=lambda entry: entry.content.channels),
    Column("是否向社会开放", _OPENING, "open_type", entry=_chosen("open_type")),
    Column("开放条件", _OPENING, entry=_said("open_condition")),
    Column("更新周期", table="update_cycle", entry=_chosen("update_cycle")),
    Column("发布日期", entry=lambda entry: entry.published_at.date().isoformat() if entry.published_at else ""),
    Column("关联资源代码", entry=lambda entry: entry.content.related_codes),
    Column("主题分类", entry=_said("theme")),
    Column("信息系统名称", entry=_said("system_name")),
    Column("关联业务事项", entry=_said("business_item")),
    Column("数据分级", entry=lambda entry: _grade(entry.content.grade)),
    Column("使用条件", entry=_said("use_condition")),
    Column("是否涉密", entry=lambda entry: "否" if entry.content.secrecy is Secrecy.NONE else ""),
    Column("涉密评估说明", entry=_said("secrecy_note")),
    Column("个人信息", entry=lambda entry: _personal(entry.content)),
    Column("个人信息影响评估结论", entry=_said("impact_note")),
    Column("评估日期", entry=lambda entry: entry.content.assessed_on.isoformat() if entry.content.assessed_on else ""),
    Column("标签", entry=lambda entry: entry.content.tags),
    Column("联系电话", entry=_said("phone")),
)


def _grade(grade: Grade | None) -> str:
    return _GRADES[grade] if grade else ""


def lines(entry: Exported, profile: Profile) -> Iterator[Line]:
    """Yield the lines of an entry: one for each item, or one when it has none."""
    extension = {one.key: one.value for one in entry.content.extension}
    beside: tuple[Cell, ...] = tuple(extension.get(one.key) or None for one in profile.extensions)
    whole: tuple[Cell, ...] = (
        *(_cell(column, column.entry(entry) if column.entry else None, profile) for column in COLUMNS),
        *beside,
    )
    nothing: tuple[Cell, ...] = (None,) * len(whole)
    for item in entry.content.items:
        own = tuple(_cell(column, _of_item(column, entry, item), profile) for column in COLUMNS)
        yield Line(whole, (*own, *nothing[len(own) :]))
    if not entry.content.items:
        yield Line(whole, nothing)


def _of_item(column: Column, entry: Exported, item: ItemContent) -> str | int | StrEnum | None:
    if column.source:
        return entry.source_of(item)
    return column.item(item) if column.item else None


def _cell(
    column: Column, value: str | int | StrEnum | tuple[str, ...] | tuple[StrEnum, ...] | None, profile: Profile
) -> Cell:
    if value is None or value == "" or value == ():
        return None
    if isinstance(value, tuple):
        return joined(str(_cell(column, one, profile)) for one in value)
    table = profile.tables.get(column.table)
    if isinstance(value, StrEnum):
        return table.name(value) if table else value.value
    return value
