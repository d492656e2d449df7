"""What reviewers send back, looked for by machine before a person reads.

Source: what a cloud provider's help lists as the usual faults of catalogues (名称为系统名、自动递增、仅标点不同、
格式与类型不符、共享方式与格式不符、普查数字带单位、数据类型不在列表), collected in the project's research notes.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from hefu.kernel.names import folded
from hefu.rooms.catalog.terms import CHANNELS_OF, WITH_LENGTH, Content, FormatClass, ShareType
from hefu.rooms.upkeep.terms import Check, Finding, Neighbours

#: Types that are written into a format class's cell, and the class they belong to.
_TYPES: dict[FormatClass, frozenset[str]] = {
    FormatClass.DOCUMENT: frozenset({"doc", "docx", "pdf", "ofd", "wps", "txt", "html", "ppt", "pptx", "ceb", "rtf"}),
    FormatClass.SPREADSHEET: frozenset({"xls", "xlsx", "et", "csv", "ods", "tsv"}),
    FormatClass.DATABASE: frozenset(
        {"mysql", "postgresql", "oracle", "sqlserver", "sql server", "db2", "dm", "dm8", "达梦", "kingbase", "人大金仓"}
        | {"gbase", "oscar", "sybase", "access", "dbf", "dbase", "mongodb", "hive", "opengauss", "oceanbase", "tidb"}
    ),
    FormatClass.IMAGE: frozenset({"jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "dwg", "shp", "psd"}),
    FormatClass.MEDIA: frozenset({"mp3", "mp4", "avi", "wav", "wmv", "rm", "swf", "mpg", "flv"}),
    FormatClass.SELF_DESCRIBING: frozenset({"xml", "json", "rdf", "jsonl", "geojson"}),
    FormatClass.SERVICE: frozenset({"rest", "webservice", "soap", "wsdl", "http", "api"}),
}
_CLASS_OF = {kind: cls for cls, kinds in _TYPES.items() for kind in kinds}
#: A file of these types may rightly stand under two classes.
_EITHER = {"xml": {FormatClass.DOCUMENT}, "csv": {FormatClass.DOCUMENT}, "shp": {FormatClass.DATABASE}}

_SYSTEM_LIKE = re.compile(r"(系统|平台|网站|门户|app|小程序)$", re.IGNORECASE)
_COUNTED = re.compile(r"^(.*?\D)(\d{1,6})$")
#: What the six columns of the census are called, folded.
_CENSUS = ("存储总量", "结构化记录数", "结构化信息记录总数", "存储量", "记录数")
_NUMBER = re.compile(r"^\d+(\.\d+)?$")

#: Id of the packs' `resources.identifiers` → the check, items that name somebody, items that hold the number.
_NAMED_BY = (
    (
        "citizen_id",
        Check.NO_CITIZEN_ID,
        re.compile(r"^姓名$|(人|者|员|主)姓名$"),
        re.compile(r"身份证|公民身份|身份号码"),
    ),
    (
        "credit_code",
        Check.NO_CREDIT_CODE,
        re.compile(r"(企业|单位|机构|法人|组织|公司|商户|主体)名称$"),
        re.compile(r"信用代码"),
    ),
)

#: Signs under which a class code says too little, and an abstract says nothing.
SHORTEST_CLASS = 6
SHORTEST_ABSTRACT = 10
#: Lengths one apart in a row that no table has and a filled-down column does.
FILLED_DOWN = 4


def findings(content: Content, around: Neighbours) -> tuple[Finding, ...]:
    """Return what a reviewer would send the entry back for, in the order of the form.

    Args:
        content: What the entry says.
        around: What stands beside it in its department, and what an imported row said.
    """
    return (
        *_name(content, around),
        *_code(content),
        *_abstract(content),
        *_format(content),
        *_items(content),
        *_identifiers(content, around.identifiers),
        *([Finding(Check.NOT_HEARD, "name")] if around.unheard else ()),
        *_recollected(around.recollected),
        *_census(around.original),
    )


def _name(content: Content, around: Neighbours) -> Iterable[Finding]:
    bare = folded(content.name)
    if bare in around.systems or (content.system_name and bare == folded(content.system_name)):
        yield Finding(Check.NAME_IS_SYSTEM, "name", {"name": content.name})
    elif _SYSTEM_LIKE.search(content.name.strip()):
        yield Finding(Check.NAME_LIKE_SYSTEM, "name", {"name": content.name})
    twin = next((code for code, name in around.names if folded(name) == bare), "")
    if twin:
        yield Finding(Check.NAMESAKE, "name", {"code": twin})
    counted = _COUNTED.match(content.name.strip())
    if counted and not _is_year(counted[2]):
        stem, number = counted[1], int(counted[2])
        others = {name.strip() for _code_, name in around.names}
        beside = next((f"{stem}{one}" for one in (number - 1, number + 1) if f"{stem}{one}" in others), "")
        if beside:
            yield Finding(Check.COUNTS_UP, "name", {"name": content.name, "other": beside})


def _is_year(digits: str) -> bool:
    return len(digits) == 4 and digits[:2] in ("19", "20")


def _code(content: Content) -> Iterable[Finding]:
    if len(content.class_code) < SHORTEST_CLASS:
        yield Finding(Check.CODE_SHORT, "class_code", {"code": content.class_code})


def _abstract(content: Content) -> Iterable[Finding]:
    bare = folded(content.abstract)
    if not bare:
        yield Finding(Check.NO_ABSTRACT, "abstract")
    elif bare == folded(content.name) or len(bare) < SHORTEST_ABSTRACT:
        yield Finding(Check.ABSTRACT_EMPTY_WORDS, "abstract", {"abstract": content.abstract.strip()})


def _format(content: Content) -> Iterable[Finding]:
    if content.format_class is None:
        return
    for kind in content.format_types:
        bare = kind.strip().casefold().lstrip(".")
        belongs = _CLASS_OF.get(bare)
        if belongs and belongs is not content.format_class and content.format_class not in _EITHER.get(bare, set()):
            yield Finding(Check.FORMAT_TYPE, "format_types", {"type": kind})
    unfit = [one for one in content.channels if one not in CHANNELS_OF[content.format_class]]
    if unfit and content.share_type is not ShareType.NONE:
        yield Finding(Check.CHANNEL, "channels", {"channel": unfit[0].value})


def _items(content: Content) -> Iterable[Finding]:
    if not content.items:
        yield Finding(Check.NO_ITEMS, "items")
        return
    untyped = [item.name for item in content.items if item.type is None]
    if untyped:
        yield Finding(Check.ITEM_TYPE, "items", {"item": untyped[0], "count": len(untyped)})
    unmeasured = [item.name for item in content.items if item.type in WITH_LENGTH and item.length is None]
    if unmeasured:
        yield Finding(Check.ITEM_LENGTH, "items", {"item": unmeasured[0], "count": len(unmeasured)})
    steps = [
        after - before
        for before, after in pairwise([item.length for item in content.items])
        if before is not None and after is not None
    ]
    if _longest_run_of_ones(steps) >= FILLED_DOWN - 1:
        yield Finding(Check.LENGTHS_COUNT_UP, "items")


def _identifiers(content: Content, wanted: frozenset[str]) -> Iterable[Finding]:
    """Yield what is named without the number that the law wants; Guizhou 2020 art. 12."""
    names = [folded(item.name) for item in content.items]
    for identifier, check, named, number in _NAMED_BY:
        if (
            identifier in wanted
            and any(named.search(name) for name in names)
            and not any(number.search(name) for name in names)
        ):
            yield Finding(check, "items")


def _recollected(found: Iterable[tuple[str, str, str]]) -> Iterable[Finding]:
    """Yield one finding for each source department; decree 809 art. 19."""
    held: dict[tuple[str, str], list[str]] = {}
    for item, department, code in found:
        held.setdefault((department, code), []).append(item)
    for (department, code), items in held.items():
        yield Finding(
            Check.RECOLLECTED, "items", {"department": department, "code": code, "items": "、".join(items[:8])}
        )


def _longest_run_of_ones(steps: Iterable[int]) -> int:
    longest = run = 0
    for step in steps:
        run = run + 1 if step == 1 else 0
        longest = max(longest, run)
    return longest


def _census(original: Mapping[str, Any]) -> Iterable[Finding]:
    for column, cell in original.items():
        told = str(cell).strip() if cell is not None else ""
        if told and any(word in folded(str(column)) for word in _CENSUS) and not _NUMBER.match(told):
            yield Finding(Check.CENSUS, "items", {"column": str(column), "cell": told[:40]})
