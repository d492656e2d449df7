"""What people write in catalogues, as the values we keep. A value nobody can read comes back as None."""

import calendar
import re
import tomllib
import unicodedata
from datetime import UTC, date, datetime
from enum import Enum
from functools import lru_cache
from importlib import resources
from typing import Any, TypeVar

from hefu.rooms.catalog.importing.names import folded
from hefu.rooms.catalog.terms import (
    BasisKind,
    Channel,
    FormatClass,
    Grade,
    ItemType,
    OpenType,
    PersonalInfo,
    Secrecy,
    ShareMode,
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
    if type(value) is str and len(value) <= _SHORT:
        return _short_line(value)
    text = block(value)
    return " ".join(text.split()) if "\n" in text else text


#: Texts up to here are remembered: most cells of a catalogue say what a cell above them said.
_SHORT = 40


@lru_cache(maxsize=65536)
def _short_line(value: str) -> str:
    return " ".join(block(value).split())


def block(value: Any) -> str:
    r"""Return a cell as text that may have several lines; a written `\n` is one."""
    if value is None:
        return ""
    if isinstance(value, str) and value.isprintable() and "  " not in value and "\\" not in value:
        made = value.strip()  # as nearly all cells are
        return "" if made.casefold() in EMPTY else made
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).translate(_INVISIBLE).replace("\\r", "").replace("\\n", "\n").replace("\xa0", " ")
    lines = [" ".join(one.split()) for one in text.splitlines()]
    made = "\n".join(one for one in lines if one)
    return "" if made.casefold() in EMPTY else made


def key(value: Any) -> str:
    """Return a cell folded for comparison with a list of words: narrow, small, simplified, without punctuation."""
    return _key(line(value))


@lru_cache(maxsize=65536)
def _key(text: str) -> str:
    return _PUNCTUATION.sub("", folded(text)) if len(text) < 500 else text


_PUNCTUATION = re.compile(r"[\s()（）:：、,，;；.。_\-'’]+")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
#: Seconds or milliseconds since 1970, from 2001 to 2286, as programs write moments.
_SINCE_1970 = re.compile(r"(\d{10})(?:\d{3})?(?:\.0)?")
_NAMED_MONTH = re.compile(r"(?:[a-z]+,? )?(\d{1,2}) ([a-z]{3})[a-z]*\.?,? (\d{4})\b.*")
_MONTH_FIRST = re.compile(r"(?:[a-z]+,? )?([a-z]{3})[a-z]*\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})\b.*")
_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_abbr) if name}
#: Day first when it cannot be a month, else month first as the United States write it.
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b.*")
#: The year of the Republic, as Taiwan counts it: 107/05/03, 民國107年5月3日.
_REPUBLIC = re.compile(r"(?:民[国國])?\s*(\d{2,3})[年/.-](\d{1,2})[月/.-](\d{1,2})日?")


def day(value: Any) -> date | None:
    """Return the day that a cell names.

    Read are 2023-08-01, 2023-6-16, 2019-04-28\\n09:45, 2023年6月16日, 20230616, moments with T and zone,
    seconds since 1970, Nov 22, 2023, 22 November 2023, 11/22/2023 and years of the Republic of China.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return _day(line(value)[:60])


@lru_cache(maxsize=16384)
def _day(told: str) -> date | None:
    text = unicodedata.normalize("NFKC", told).casefold()
    if len(text) < 6 or not any(sign.isdigit() for sign in text):
        return None
    try:
        if found := _DAY.match(text) or _COMPACT_DAY.fullmatch(text):
            year, month, number = (int(part) for part in found.groups()[:3])
        elif found := _SINCE_1970.fullmatch(text):
            return datetime.fromtimestamp(int(found.group(1)), UTC).date()
        elif found := _NAMED_MONTH.fullmatch(text):
            year, month, number = int(found.group(3)), _MONTHS.get(found.group(2), 0), int(found.group(1))
        elif found := _MONTH_FIRST.fullmatch(text):
            year, month, number = int(found.group(3)), _MONTHS.get(found.group(1), 0), int(found.group(2))
        elif found := _SLASHED.fullmatch(text):
            first, second, year = (int(part) for part in found.groups())
            month, number = (second, first) if first > 12 else (first, second)
        elif found := _REPUBLIC.fullmatch(text):
            year, month, number = 1911 + int(found.group(1)), int(found.group(2)), int(found.group(3))
        else:
            return None
        return date(year, month, number)
    except ValueError:
        return None


def number(value: Any) -> int | None:
    """Return a whole number, written with or without thousands separators, or None."""
    text = unicodedata.normalize("NFKC", line(value)).replace(",", "").replace(" ", "")
    return int(text) if re.fullmatch(r"\d{1,15}", text) else None


_FILE = tomllib.loads(resources.files(__package__).joinpath("values.toml").read_text(encoding="utf-8"))


def _words(kind: type[W], table: str) -> dict[str, W]:
    made = {key(word): kind(meaning) for meaning, words in _FILE[table].items() for word in words.split()}
    made.pop("", None)  # a mark for "nothing" must never come to mean something
    return made


_SHARE_TYPES = _words(ShareType, "share_types")
_OPEN_TYPES = _words(OpenType, "open_types")
_CYCLES = _words(UpdateCycle, "cycles")
_GRADES = _words(Grade, "grades")
_SECRECY = _words(Secrecy, "secrecy")
_PERSONAL_INFOS = {
    word: PersonalInfo(meaning) for meaning, words in _FILE["personal_infos"].items() for word in words.split()
}
_SHARE_MODES = _words(ShareMode, "share_modes")
_BASES = _words(BasisKind, "bases")
_CHANNELS = _words(Channel, "channels")
_ITEM_TYPES = _words(ItemType, "item_types")
_FORMAT_CLASSES = _words(FormatClass, "format_classes")


def share_type(value: Any) -> ShareType | None:
    """Return the sharing type a cell names, as words or as the guide's code."""
    return _SHARE_TYPES.get(key(value))


def open_type(value: Any) -> OpenType | None:
    """Return how open a cell says the data is, as words or yes and no."""
    return _OPEN_TYPES.get(key(value))


def update_cycle(value: Any) -> UpdateCycle | None:
    """Return the update cycle: words, the guide's 1-6, the three-digit codes of the newer draft, ISO 8601, URIs."""
    word = key(value)
    if word.startswith(("http", "r/p", "rp")) or "/" in word:
        word = word.rstrip("/").rpartition("authority/frequency/")[2].replace("/", "").rpartition("freq#")[2]
    return _CYCLES.get(word)


def grade(value: Any) -> Grade | None:
    """Return the data grade a cell names."""
    return _GRADES.get(key(value))


def secrecy(value: Any) -> Secrecy | None:
    """Return what a cell says of secrecy."""
    return _SECRECY.get(key(value))


def personal_info(value: Any) -> PersonalInfo | None:
    """Return what a cell says of personal information; here a word for "nothing" is an answer."""
    return _PERSONAL_INFOS.get(str(value).strip().casefold())


def share_mode(value: Any) -> ShareMode | None:
    """Return the class of the way of sharing."""
    return _SHARE_MODES.get(key(value))


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


def codes(value: Any) -> tuple[str, ...]:
    """Return the codes that a cell lists, once each; a stroke is a part of a code and separates none."""
    told = value if isinstance(value, list | tuple) else re.split(r"[\n,，;；、|\s]+", block(value).strip("[]"))
    found = (line(one).strip("'\"") for one in told)
    return tuple(dict.fromkeys(one for one in found if one))


def parts(value: Any) -> tuple[str, ...]:
    """Return the members of a list, of a list written as text, or of text with separators; once each."""
    if isinstance(value, list | tuple):
        return _members([line(one) for one in value])
    return _parts(value) if type(value) is str and len(value) <= _SHORT else _split(value)


def _split(value: Any) -> tuple[str, ...]:
    text = block(value).strip("[]")
    return _members([one.strip(" '\"\t") for one in re.split(r"[\n,，;；、|/\s]+", text)])


_parts = lru_cache(maxsize=16384)(_split)


def _members(told: list[str]) -> tuple[str, ...]:
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
    return _formats(value) if isinstance(value, str) else _formats(tuple(parts(value)))


@lru_cache(maxsize=4096)
def _formats(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.casefold().lstrip(".")[:30] for one in parts(value)))


@lru_cache(maxsize=4096)
def class_of(types: tuple[str, ...]) -> FormatClass | None:
    """Return the class of a list of format types: the most workable one among them."""
    known = {_CLASS_OF[one] for one in types if one in _CLASS_OF}
    order = [FormatClass.DATABASE, FormatClass.SPREADSHEET, FormatClass.SELF_DESCRIBING, *FormatClass]
    return next((kind for kind in order if kind in known), None)
