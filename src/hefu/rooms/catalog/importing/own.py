"""The layouts in which this platform itself writes a catalogue: read back, they give every field again."""

import re
from collections.abc import Collection, Iterable

from hefu.rooms.catalog.importing.notions import Field

#: How our JSON names itself.
FORMAT = "hefu-catalog"
#: Head of our sheet and of our CSV → field. The parts of the class stand in its code, the day in the version;
#: the source departments are the authority's word and no file's.
SHEET: dict[str, Field | None] = {
    "序号": None,
    "类": None,
    "项": None,
    "目": None,
    "细目": None,
    "信息资源分类代码": Field.CLASS_CODE,
    "信息资源名称": Field.NAME,
    "信息资源代码": Field.OUTSIDE_CODE,
    "来源目录代码": Field.ORIGIN_CODE,
    "信息资源提供方": Field.PROVIDER,
    "提供方内部部门": Field.INTERNAL_OFFICE,
    "信息资源提供方代码": Field.PROVIDER_CODE,
    "数源部门": None,
    "信息资源摘要": Field.ABSTRACT,
    "信息资源格式分类": Field.FORMAT_CLASS,
    "信息资源格式类型": Field.FORMAT,
    "其他类型资源格式描述": Field.FORMAT_OTHER,
    "信息项名称": Field.ITEM_NAME,
    "信息项代码": Field.ITEM_CODE,
    "信息项数据类型": Field.ITEM_TYPE,
    "信息项数据长度": Field.ITEM_LENGTH,
    "信息项描述": Field.ITEM_DESCRIPTION,
    "信息项共享类型": Field.ITEM_SHARE_TYPE,
    "信息项数据分级": Field.ITEM_GRADE,
    "信息项是否开放": Field.ITEM_OPEN_TYPE,
    "信息项数源部门": None,
    "共享类型": Field.SHARE_TYPE,
    "共享条件": Field.SHARE_CONDITION,
    "共享范围及用途": Field.SHARE_SCOPE,
    "不予共享理由": Field.NOSHARE_REASON,
    "不予共享依据类型": Field.BASIS_KIND,
    "不予共享依据": Field.BASIS_TITLE,
    "依据条款": Field.BASIS_ARTICLE,
    "共享方式分类": Field.SHARE_MODE,
    "共享方式类型": Field.CHANNELS,
    "是否向社会开放": Field.OPEN_TYPE,
    "开放条件": Field.OPEN_CONDITION,
    "更新周期": Field.UPDATE_CYCLE,
    "发布日期": None,
    "关联资源代码": Field.RELATED_CODES,
    "主题分类": Field.THEME,
    "信息系统名称": Field.SYSTEM_NAME,
    "关联业务事项": Field.BUSINESS_ITEM,
    "数据分级": Field.GRADE,
    "使用条件": Field.USE_CONDITION,
    "是否涉密": Field.SECRECY,
    "涉密评估说明": Field.SECRECY_NOTE,
    "个人信息": Field.PERSONAL_INFO,
    "个人信息影响评估结论": Field.IMPACT_NOTE,
    "评估日期": Field.ASSESSED_ON,
    "标签": Field.TAGS,
    "联系电话": Field.PHONE,
}
#: What JSON and graphs call alike: the fields of an entry by our own names.
_BY_NAME: dict[str, Field | None] = {
    **{
        field.value: field
        for field in (
            *(Field.CLASS_CODE, Field.INTERNAL_OFFICE, Field.FORMAT_CLASS, Field.FORMAT_OTHER, Field.SHARE_TYPE),
            *(Field.SHARE_CONDITION, Field.SHARE_SCOPE, Field.NOSHARE_REASON, Field.BASIS_KIND, Field.BASIS_TITLE),
            *(Field.BASIS_ARTICLE, Field.SHARE_MODE, Field.CHANNELS, Field.OPEN_TYPE, Field.OPEN_CONDITION),
            *(Field.UPDATE_CYCLE, Field.GRADE, Field.USE_CONDITION, Field.SECRECY, Field.SECRECY_NOTE),
            *(Field.PERSONAL_INFO, Field.IMPACT_NOTE, Field.ASSESSED_ON, Field.SYSTEM_NAME, Field.BUSINESS_ITEM),
            *(Field.PHONE, Field.RELATED_CODES, Field.ITEMS),
        )
    },
    "format_types": Field.FORMAT,
    "outside_code": Field.ORIGIN_CODE,
}
#: Name in our JSON, as reading flattens it → field.
RECORD: dict[str, Field | None] = {
    **_BY_NAME,
    "code": Field.OUTSIDE_CODE,
    "name": Field.NAME,
    "abstract": Field.ABSTRACT,
    "provider": Field.PROVIDER,
    "provider_code": Field.PROVIDER_CODE,
    "theme": Field.THEME,
    "tags": Field.TAGS,
    "status": None,
    "source_department": None,
    "version": None,
    "published_on": None,
    "more.industry": Field.INDUSTRY,
    "more.email": Field.EMAIL,
    "more.detail_url": Field.DETAIL_URL,
    "more.row_count": Field.ROW_COUNT,
    "more.published_on": Field.PUBLISHED_ON,
    "more.updated_on": Field.UPDATED_ON,
}
#: Name in our graphs → field; what DCAT has a word for is told by that word.
GRAPH: dict[str, Field | None] = {
    **_BY_NAME,
    "identifier": Field.OUTSIDE_CODE,
    "title": Field.NAME,
    "abstract": Field.ABSTRACT,
    "publisher.name": Field.PROVIDER,
    "publisher.identifier": Field.PROVIDER_CODE,
    "theme.prefLabel": Field.THEME,
    "keyword": Field.TAGS,
    "landingPage": Field.DETAIL_URL,
}
#: Names by which each layout is known, because nobody else has all of them.
_MARKS: tuple[tuple[dict[str, Field | None], frozenset[str]], ...] = (
    (SHEET, frozenset({"信息资源代码", "来源目录代码", "信息项是否开放", "共享方式分类", "个人信息影响评估结论"})),
    (RECORD, frozenset({"code", "provider_code", "outside_code", "share_mode", "impact_note", "related_codes"})),
    (GRAPH, frozenset({"identifier", "publisher.identifier", "class_code", "share_mode"})),
)
#: How JSON and graphs name a field of the node's profile: the key stands behind.
EXTENSIONS = ("extension.", "extension_")


def own_mapping(columns: Collection[str]) -> dict[str, Field] | None:
    """Return column → field of a file that this platform wrote; None when another did."""
    known = set(columns)
    for layout, marks in _MARKS:
        if marks <= known:
            return {column: field for column in columns if (field := layout.get(column)) is not None}
    return None


def in_one_cell(columns: Collection[str]) -> bool:
    """Return whether a file of ours tells its lists in one cell each, as sheet and CSV do."""
    return _MARKS[0][1] <= set(columns)


#: Between the members of a list in one cell of our own files.
BETWEEN = "、"
#: A member of such a list: in quotes, or up to the next sign between two.
_MEMBER = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=、|\Z)|([^、]*)')


def joined(members: Iterable[str]) -> str:
    """Return a list as one cell; a member that holds the sign between members, or a quote, stands in quotes.

    >>> joined(["养老", "住房、公积金", '"甲"类'])
    '养老、"住房、公积金"、\"""甲""类\"'
    """
    return BETWEEN.join(
        f'"{one.replace(chr(34), chr(34) * 2)}"' if BETWEEN in one or '"' in one else one for one in members
    )


def members(cell: str) -> list[str]:
    """Return the members of a list that `joined` wrote; what another wrote is parted at each sign between.

    >>> members(joined(["养老", "住房、公积金", '"甲"类']))
    ['养老', '住房、公积金', '"甲"类']
    """
    found, place = [], 0
    while place <= len(cell):
        member = _MEMBER.match(cell, place)
        assert member is not None  # noqa: S101 - the second form takes anything
        found.append(member.group(1).replace('""', '"') if member.group(1) is not None else member.group(2).strip())
        place = member.end() + len(BETWEEN)
    return [one for one in found if one]
