"""What people write in catalogues, as the values we keep. A value nobody can read comes back as None."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from hefu.rooms.catalog.terms import (
    BasisKind,
    Channel,
    FormatClass,
    Grade,
    ItemType,
    OpenType,
    Secrecy,
    ShareType,
    UpdateCycle,
)

W = TypeVar("W", bound=Enum)

_INVISIBLE = dict.fromkeys(map(ord, "\x00\u200b\u200c\u200d\u2060\ufeff\u00ad"))
#: What stands for "nothing" in a cell.
EMPTY = frozenset(
    {"", "-", "--", "—", "——", "/", "\\", "无", "暂无", "空", "未填", "null", "none", "nan", "n/a", "na", "[]", "{}"}
)


def line(value: Any) -> str:
    """Return a cell as one line of text; marks for "nothing" become empty."""
    return " ".join(block(value).split())


def block(value: Any) -> str:
    r"""Return a cell as text that may have several lines; a written `\n` is one."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).translate(_INVISIBLE).replace("\\r", "").replace("\\n", "\n").replace("\xa0", " ")
    lines = [" ".join(one.split()) for one in text.splitlines()]
    made = "\n".join(one for one in lines if one)
    return "" if made.casefold() in EMPTY else made


def key(value: Any) -> str:
    """Return a cell folded for comparison with a list of words."""
    return re.sub(r"[\s()（）:：、,，;；.。]+", "", unicodedata.normalize("NFKC", line(value)).casefold())


_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")


def day(value: Any) -> date | None:
    """Return the day that a cell names: 2023-08-01, 2023-6-16, 2019-04-28\\n09:45, 2023年6月16日, 20230616."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", line(value))
    found = _DAY.match(text) or _COMPACT_DAY.fullmatch(text)
    if not found:
        return None
    try:
        return date(*(int(part) for part in found.groups()[:3]))
    except ValueError:
        return None


def number(value: Any) -> int | None:
    """Return a whole number, written with or without thousands separators, or None."""
    text = unicodedata.normalize("NFKC", line(value)).replace(",", "").replace(" ", "")
    return int(text) if re.fullmatch(r"\d{1,15}", text) else None


def _words(table: Mapping[W, str]) -> dict[str, W]:
    made = {key(word): meaning for meaning, words in table.items() for word in words.split()}
    made.pop("", None)  # a mark for "nothing" must never come to mean something
    return made


_SHARE_TYPES = _words(
    {
        ShareType.UNCONDITIONAL: "无条件共享 无条件 普遍共享 无条件共享类 无条件共享型 1 unconditional",
        ShareType.CONDITIONAL: "有条件共享 有条件 授权共享 受限共享 有条件共享类 部分共享 2 conditional",
        ShareType.NONE: "不予共享 不共享 非共享 不予共享类 不能共享 3",
    }
)
_OPEN_TYPES = _words(
    {
        OpenType.UNCONDITIONAL: "无条件开放 无条件 完全开放 普遍开放 主动开放 免费开放 公开 是 1 unconditional",
        OpenType.CONDITIONAL: "有条件开放 有条件 依申请开放 受限开放 授权开放 限制开放 部分开放 conditional",
        OpenType.CLOSED: "不予开放 不开放 非开放 禁止开放 暂不开放 否 0 closed",
    }
)
_CYCLES = _words(
    {
        UpdateCycle.REALTIME: "实时 实时更新 准实时 1 001 realtime",
        UpdateCycle.DAILY: "每日 每天 日 天 按日 每日更新 每天更新 2 002 daily",
        UpdateCycle.WEEKLY: "每周 周 按周 每星期 每周更新 3 003 weekly",
        UpdateCycle.MONTHLY: "每月 月 按月 月度 每月更新 4 004 monthly",
        UpdateCycle.QUARTERLY: "每季度 每季 季度 季 按季度 按季 每季度更新 5 005 quarterly",
        UpdateCycle.HALF_YEARLY: "每半年 半年 半年度 每半年更新 006 half_yearly",
        UpdateCycle.YEARLY: "每年 年 年度 按年 一年 每一年 每年更新 6 007 yearly",
        UpdateCycle.TWO_YEARLY: "每两年 两年 二年 每二年 每2年 two_yearly",
        UpdateCycle.IRREGULAR: "不定期 不定时 非定期 不定期更新 随时 按需 按需更新 有变动时更新 动态更新 008 irregular",
        UpdateCycle.NEVER: "历史存量 不更新 静态 静态数据 一次性 永久 停止更新 009 never",
    }
)
_GRADES = _words(
    {
        Grade.CORE: "核心 核心数据 核心级 core",
        Grade.IMPORTANT: "重要 重要数据 重要级 important",
        Grade.GENERAL: "一般 一般数据 一般级 普通 general",
    }
)
_SECRECY = _words(
    {
        Secrecy.NONE: "否 非涉密 不涉密 非密 公开 无密级",
        Secrecy.WORK_SECRET: "工作秘密 内部 work_secret",
        Secrecy.STATE_SECRET: "是 涉密 国家秘密 绝密 机密 秘密 state_secret",
    }
)
_BASES = _words(
    {
        BasisKind.LAW: "法律 law",
        BasisKind.ADMINISTRATIVE_REGULATION: "行政法规 administrative_regulation",
        BasisKind.STATE_COUNCIL_DECISION: "国务院决定 党中央国务院政策依据 国务院政策依据 state_council_decision",
        BasisKind.LOCAL_REGULATION: "地方性法规 local_regulation",
        BasisKind.MINISTRY_RULE: "部门规章 部委规章 ministry_rule",
        BasisKind.LOCAL_RULE: "地方政府规章 规章 local_rule",
        BasisKind.INTERNAL_RULE: "规范性文件 内部规定 内部文件 internal_rule",
    }
)
_CHANNELS = _words(
    {
        Channel.TABLE: "库表 数据库 库表交换 批量交换 库表共享 1 table",
        Channel.FILE: "文件 文件下载 文件交换 下载 2 file",
        Channel.INTERFACE: "接口 服务接口 服务 接口服务 api webservice 3 interface",
    }
)
_ITEM_TYPES = _words(
    {
        ItemType.TEXT: "c 字符型 字符 字符串 字符串型 文本 文本型 char varchar varchar2 nvarchar string 枚举",
        ItemType.NUMBER: "n 数值型 数值 数字 数字型 number numeric decimal",
        ItemType.MONEY: "y 货币型 货币 money",
        ItemType.DATE: "d 日期型 日期 date",
        ItemType.MOMENT: "t 日期时间型 日期时间 时间型 时间 时间戳 datetime timestamp",
        ItemType.LOGICAL: "l 逻辑型 逻辑 布尔型 布尔 boolean bool",
        ItemType.MEMO: "m 备注型 备注 长文本 text clob",
        ItemType.GENERAL: "g 通用型 通用 二进制 blob bytea 图片 附件",
        ItemType.DOUBLE: "b 双精度型 双精度 double",
        ItemType.INTEGER: "i 整型 整数型 整数 int integer bigint smallint",
        ItemType.FLOAT: "f 浮点型 浮点数 浮点 float real",
    }
)
_FORMAT_CLASSES = _words(
    {
        FormatClass.DOCUMENT: "1 电子文件",
        FormatClass.SPREADSHEET: "2 电子表格",
        FormatClass.DATABASE: "3 数据库",
        FormatClass.IMAGE: "4 图形图像",
        FormatClass.MEDIA: "5 流媒体",
        FormatClass.SELF_DESCRIBING: "6 自描述格式",
        FormatClass.SERVICE: "7 服务接口",
    }
)


def share_type(value: Any) -> ShareType | None:
    """Return the sharing type a cell names, as words or as the guide's code."""
    return _SHARE_TYPES.get(key(value))


def open_type(value: Any) -> OpenType | None:
    """Return how open a cell says the data is, as words or yes and no."""
    return _OPEN_TYPES.get(key(value))


def update_cycle(value: Any) -> UpdateCycle | None:
    """Return the update cycle: words, the guide's 1-6, or the three-digit codes of the newer draft."""
    return _CYCLES.get(key(value))


def grade(value: Any) -> Grade | None:
    """Return the data grade a cell names."""
    return _GRADES.get(key(value))


def secrecy(value: Any) -> Secrecy | None:
    """Return what a cell says of secrecy."""
    return _SECRECY.get(key(value))


def basis_kind(value: Any) -> BasisKind | None:
    """Return what kind of text a legal basis is."""
    return _BASES.get(key(value))


def item_type(value: Any) -> ItemType | None:
    """Return an item's type: the guide's letter, its Chinese name, or what databases call it."""
    word = re.sub(r"\(.*?\)|（.*?）", "", line(value))  # the length in varchar(50)
    word = key(word)
    named = re.fullmatch(r"([\u4e00-\u9fff]+)[a-z]", word)  # 字符型C
    return _ITEM_TYPES.get(word) or _ITEM_TYPES.get(named.group(1) if named else word.rstrip("0123456789"))


def format_class(value: Any) -> FormatClass | None:
    """Return the format class: code or name."""
    return _FORMAT_CLASSES.get(re.sub(r"^[1-7](?=\D)", "", key(value)))


def channels(value: Any) -> tuple[Channel, ...]:
    """Return the channels a cell lists; words it does not know are passed over."""
    found = {_CHANNELS.get(key(part)) for part in parts(value)}
    return tuple(channel for channel in Channel if channel in found)


def parts(value: Any) -> tuple[str, ...]:
    """Return the members of a list, of a list written as text, or of text with separators; once each."""
    if isinstance(value, list | tuple):
        told = [line(one) for one in value]
    else:
        text = block(value).strip("[]")
        told = [one.strip(" '\"\t") for one in re.split(r"[\n,，;；、|/\s]+", text)]
    return tuple(dict.fromkeys(one for one in told if one and one.casefold() not in EMPTY))


_CLASS_OF = {
    word: kind
    for kind, words in {
        FormatClass.DATABASE: "数据库 库表 table dm kingbasees dbf oracle sqlserver mysql postgresql db2 access sqlite",
        FormatClass.SPREADSHEET: "xls xlsx csv et tsv ods",
        FormatClass.SELF_DESCRIBING: "xml json rdf geojson jsonld kml shp jsonl parquet",
        FormatClass.DOCUMENT: "ofd wps txt doc docx html htm pdf ppt pptx",
        FormatClass.IMAGE: "jpg jpeg gif bmp png tif tiff",
        FormatClass.MEDIA: "swf rm mpg mp4 mp3 avi",
        FormatClass.SERVICE: "api 接口 webservice wms",
    }.items()
    for word in words.split()
}


def formats(value: Any) -> tuple[str, ...]:
    """Return the format types in small letters, once each, in the order given."""
    return tuple(dict.fromkeys(one.casefold().lstrip(".")[:30] for one in parts(value)))


def class_of(types: tuple[str, ...]) -> FormatClass | None:
    """Return the class of a list of format types: the most workable one among them."""
    known = {_CLASS_OF[one] for one in types if one in _CLASS_OF}
    order = [FormatClass.DATABASE, FormatClass.SPREADSHEET, FormatClass.SELF_DESCRIBING, *FormatClass]
    return next((kind for kind in order if kind in known), None)
