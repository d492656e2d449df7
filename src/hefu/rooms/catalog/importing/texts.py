"""Bytes as text in the encoding that they are in, and text with delimiters as lines of cells."""

import csv
import io
from collections import Counter

from hefu.kernel.cells import unquoted
from hefu.kernel.words import _
from hefu.rooms.catalog.errors import FileUnreadable

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DELIMITERS = ",\t;|"
#: Signs that Chinese office text is full of, simplified and traditional: a text read in the wrong encoding has few.
_COMMON = frozenset(
    "的一是在了和有人这中大为上个国我以要时来用们生到作地于出就分对成会可主发年动同工也能下过民得经十三之进着等部度家电力里如水化高自二理起"
    "小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比"
    "或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流"
    "路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金"
    "增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马"
    "节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响"
    "局目录名称单位标题摘描述更新频率格式领域共享开放时间日期信息资源提供方类型周期"
    "這個為們來時會國對說過學發現實體兩當業從還點開關間樣與無數長動進種條經問題應變氣結話書報頭電車東員場單務縣資訊連機關據類別領域檔項頁總"
    "區廳處廠專員農業產職業勞動環境衛醫療團縣鄉鎮營號鐵選舉財計費價據數統計護標籤說明聯絡"
)
_LEGACY = ("gb18030", "big5", "cp950")
#: Below this share of common signs a text is hardly Chinese.
_DOUBTFUL = 0.25
#: Share of signs that may be unreadable when no encoding fits the whole.
_FEW_FAULTS = 0.005


def decoded(data: bytes, name: str) -> str:
    """Return bytes as text: by their mark, as UTF-8, else as that of GB18030 and Big5 which reads more like Chinese.

    Raises:
        FileUnreadable: No encoding reads it.
    """
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    if 0 in data[:2000]:
        # No text but UTF-16 has zero bytes: before each ASCII sign, or behind it.
        before, behind = data[:2000:2].count(0), data[1:2000:2].count(0)
        return data.decode("utf-16-be" if before > behind else "utf-16-le", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    strict = [text for encoding in _LEGACY if (text := _tried(data, encoding)) is not None]
    western = _tried(data, "cp1252")
    if western is not None and _is_western(western) and max(map(_likeness, strict), default=0.0) < _DOUBTFUL:
        return western
    if strict:
        return max(strict, key=_likeness)
    loose = [data.decode(encoding, errors="replace") for encoding in ("utf-8", *_LEGACY)]
    best = min(loose, key=lambda text: text.count("\ufffd"))
    if best.count("\ufffd") <= _FEW_FAULTS * len(best):
        return best
    raise FileUnreadable(name=name, reason=_("its text is neither UTF-8 nor GB18030 nor Big5"))


def _is_western(text: str) -> bool:
    """Return whether a text is mostly ASCII, and the rest are letters with accents."""
    opening = text[:20_000]
    signs = [sign for sign in opening if not sign.isascii()]
    return len(signs) < 0.2 * len(opening) and all(sign.isalpha() or sign in "«»’‘“”–—°€£…©®·²³½×" for sign in signs)


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _likeness(text: str) -> float:
    """Return the share of common signs among those outside ASCII in the beginning of a text."""
    signs = [sign for sign in text[:20_000] if not sign.isascii()]
    return sum(sign in _COMMON for sign in signs) / len(signs) if signs else 0.0


def cells(text: str, name: str) -> list[list[str]]:
    """Return delimited text as lines of cells; the delimiter is the one by which lines have equally many cells.

    Raises:
        FileUnreadable: Its quotes do not match in any way.
    """
    csv.field_size_limit(1024 * 1024)
    opening = "".join(text[:60_000].splitlines(keepends=True)[:60])
    delimiter = max(_DELIMITERS, key=lambda sign: _evenness(opening, sign))
    try:
        made = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        made = []
        if text.count("\n") < 2:
            raise FileUnreadable(name=name, reason=_("its quotes do not match")) from error
    lines = text.count("\n") + 1
    if 3 * len(made) < lines and text.count('"') % 2:
        # One quote too many has swallowed the lines after it.
        made = [line.split(delimiter) for line in text.splitlines()]
        if max((len(cell) for line in made for cell in line), default=0) > 1024 * 1024:
            raise FileUnreadable(name=name, reason=_("its quotes do not match"))
    return [[unquoted(cell) for cell in line] for line in made] if "'" in text else made


def _evenness(opening: str, sign: str) -> float:
    try:
        counts = Counter(len(line) for line in csv.reader(io.StringIO(opening), delimiter=sign) if any(line))
    except csv.Error:
        return 0.0
    width, lines = max(counts.items(), key=lambda pair: (pair[0] > 1, pair[1]), default=(1, 0))
    return lines / counts.total() * (1 + width / 100) if width > 1 else 0.0
