"""What the cells of a column look like: days, addresses, offices, cycles, long or short text."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hefu.kernel.identifiers.credit_code import is_valid as is_credit_code
from hefu.rooms.catalog.importing import values
from hefu.rooms.catalog.importing.names import folded
from hefu.rooms.catalog.importing.notions import Field

#: Cells of a column that are looked at.
_LOOKED_AT = 200

_OFFICE = re.compile(
    r"(局|委|委员会|厅|办|办公室|中心|院|政府|会|处|部|区|县|市|镇|乡|街道|公司|队|站|馆|校|所|银行|集团|科|署|机关|单位|部门|分局|支队|总队|总站|学院|大学)$"
    r"|\b(department|ministry|office|agency|bureau|administration|council|authority|commission|institute|university|"
    r"government|directorate|board|service|services|city of|county|corporation|inc|statistics)\b"
)
_PHONE = re.compile(r"(?=(?:\D*[\d*]){6})[\d*#()+ 、,;/转分机-]{6,60}")
_EMAIL = re.compile(r"(mailto:)?[^@\s]+@[^@\s]+\.[a-z]{2,}")
_URL = re.compile(r"(https?|ftp)://\S+|www\.\S+|/[a-z0-9_\-/]+[#?/]\S*")
_CODE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|(?=.*\d)[a-z0-9]+([-_/.:][a-z0-9]+)+|\d{6,}|[a-z]{0,6}\d{3,}[a-z0-9]*"
)
#: A year or a month alone, and the repeating periods that US catalogues put where a day should be.
_PART_OF_DAY = re.compile(r"(19|20)\d\d([-/.年]\d{1,2}月?)?|R/P\S+")
#: The sections of GB/T 4754-2017, as portals shorten them, and their English names in ISIC.
_INDUSTRY = re.compile(
    r"农、?林|农林牧渔|^农业$|采矿|制造业|电力、?热力|^建筑业?$|批发|零售|仓储|邮政业|住宿|餐饮|软件和信息|金融业|房地产|租赁|商务服务业|"
    r"科学研究|居民服务|修理|卫生和社会|^教育业?$|文化、?体育|公共管理|国际组织|水利、环境|信息传输|agricultur|mining|manufactur|construction|"
    r"wholesale|accommodation|real estate|financ.*insur"
)
#: The themes by which national guidance sorts open data, and usual ones beside them.
_THEME = re.compile(
    r"信用|医疗|卫生健康|社保|社会保障|就业|公共安全|城建|住房|城乡建设|交通|教育|科技|资源能源|能源|生态|环境保护|农业|工业|商贸|财税|财政|金融|"
    r"安全生产|市场监管|社会救助|社会民生|民生服务|法律|生活服务|气象|地理空间|机构团体|政府机构|公共服务|经济|文化|旅游|政务|综合|其他|民政|应急|"
    r"health|education|transport|environment|energy|economy|government|population|agricultur|justice|science|regions|society"
)
_LONG_TEXT = 22


@dataclass(frozen=True)
class Cells:
    """The filled cells of a column, and what can be counted of them once."""

    told: tuple[Any, ...]
    lines: tuple[str, ...]
    #: Different cells among the filled ones, from 0 to 1.
    variety: float
    #: Middling number of signs; a Latin letter counts for less than a Chinese sign.
    length: float
    #: Share of cells that are lists.
    listed: float


def cells_of(column: str, samples: Sequence[Mapping[str, Any]]) -> Cells:
    """Return the filled cells of `column`, at most some hundred of them."""
    told = [cell for row in samples if (cell := row.get(column)) is not None and values.line(cell)][:_LOOKED_AT]
    lines = tuple(values.line(cell) for cell in told)
    if not lines:
        return Cells((), (), 0.0, 0.0, 0.0)
    sizes = sorted(sum(1.0 if ord(sign) > 0x2E80 else 0.4 for sign in text) for text in lines)
    listed = sum(isinstance(cell, list) or text.startswith("[") for cell, text in zip(told, lines, strict=True))
    return Cells(tuple(told), lines, len(set(lines)) / len(lines), sizes[len(sizes) // 2], listed / len(lines))


def share(looks: Callable[[Any], bool], cells: Iterable[Any]) -> float:
    """Return the share of cells that look so."""
    found = [looks(cell) for cell in cells]
    return sum(found) / len(found) if found else 0.0


def _is_office(text: str) -> bool:
    word = folded(text)
    return len(word) <= 80 and bool(_OFFICE.search(word))


def _is_phone(text: str) -> bool:
    return bool(_PHONE.fullmatch(unicodedata.normalize("NFKC", text))) and values.day(text) is None


def _is_code(text: str) -> bool:
    return bool(_CODE.fullmatch(text.casefold())) and values.day(text) is None


def _is_slug(text: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)+", text))


def _is_day(cell: Any) -> bool:
    return values.day(cell) is not None or bool(_PART_OF_DAY.fullmatch(values.line(cell)))


def _is_format(cell: Any) -> bool:
    types = values.formats(cell)
    return bool(types) and (
        values.class_of(types) is not None or set(types) <= {"file", "其他", "文件", "zip", "rar", "txt"}
    )


def _is_title(cells: Cells) -> float:
    if cells.length > _LONG_TEXT * 1.6 or cells.length < 1.5 or cells.listed > 0.5:
        return 0.0
    plain = share(lambda text: not (_is_code(text) or _is_phone(text) or "://" in text or _is_slug(text)), cells.lines)
    dated = share(_is_day, cells.lines)
    offices = share(_is_office, cells.lines)
    return max(0.0, cells.variety**2 * plain * (1 - dated) * (1 - 0.5 * offices * (1 - cells.variety)))


def _is_prose(cells: Cells) -> float:
    if cells.listed > 0.5 or share(lambda text: "://" in text[:10], cells.lines) > 0.5:
        return 0.0
    return min(1.0, cells.length / _LONG_TEXT) * min(1.0, 0.3 + cells.variety)


def _few(cells: Cells) -> float:
    """Return how much a column repeats few values, as classes do."""
    return max(0.0, 1 - 1.5 * cells.variety) if len(cells.lines) >= 10 else 0.6


def _is_provider(cells: Cells) -> float:
    return share(_is_office, cells.lines)


def _by_line(looks: Callable[[str], bool]) -> Callable[[Cells], float]:
    return lambda cells: share(looks, cells.lines)


def _by_cell(looks: Callable[[Any], bool]) -> Callable[[Cells], float]:
    return lambda cells: share(looks, cells.told)


def _read(reader: Callable[[Any], Any]) -> Callable[[Cells], float]:
    return lambda cells: share(lambda cell: reader(cell) is not None, cells.told)


def _unread(reader: Callable[[Any], Any]) -> Callable[[Cells], float]:
    return lambda cells: share(lambda cell: reader(cell) is None, cells.told)


def _is_theme(cells: Cells) -> float:
    return share(lambda text: len(text) <= 40 and bool(_THEME.search(folded(text))), cells.lines)


def _is_industry(cells: Cells) -> float:
    return share(lambda text: bool(_INDUSTRY.search(folded(text))), cells.lines)


#: How cells of a field look, from 0 to 1, where one can tell.
LOOKS: dict[Field, Callable[[Cells], float]] = {
    Field.NAME: _is_title,
    Field.ABSTRACT: _is_prose,
    Field.OPEN_TYPE: _read(values.open_type),
    Field.OPEN_CONDITION: _unread(values.open_type),
    Field.SHARE_TYPE: _read(values.share_type),
    Field.SHARE_CONDITION: _unread(values.share_type),
    Field.UPDATE_CYCLE: _read(values.update_cycle),
    Field.PUBLISHED_ON: _by_cell(_is_day),
    Field.UPDATED_ON: _by_cell(_is_day),
    Field.DETAIL_URL: _by_line(lambda text: bool(_URL.match(text.casefold()))),
    Field.EMAIL: _by_line(lambda text: bool(_EMAIL.search(text.casefold()))),
    Field.PHONE: _by_line(_is_phone),
    Field.ROW_COUNT: _by_line(lambda text: values.number(text.rstrip("条笔行个 ")) is not None),
    Field.ITEM_LENGTH: _by_line(lambda text: bool(re.match(r"\d", text))),
    Field.ITEM_TYPE: _read(values.item_type),
    Field.FORMAT: _by_cell(_is_format),
    Field.PROVIDER: _is_provider,
    Field.PROVIDER_CODE: _by_line(is_credit_code),
    Field.OUTSIDE_CODE: _by_line(_is_code),
    Field.SECRECY: _read(values.secrecy),
    Field.GRADE: _read(values.grade),
    Field.CHANNELS: _by_cell(lambda cell: bool(values.channels(cell))),
    Field.THEME: _is_theme,
    Field.INDUSTRY: _is_industry,
}
#: Fields whose cells can be nothing else: a column that does not look so is not theirs.
STRICT = frozenset(
    {
        *(Field.OPEN_TYPE, Field.SHARE_TYPE, Field.UPDATE_CYCLE, Field.PUBLISHED_ON, Field.UPDATED_ON),
        *(Field.OPEN_CONDITION, Field.SHARE_CONDITION, Field.DETAIL_URL, Field.EMAIL, Field.SECRECY, Field.ITEM_TYPE),
        *(Field.ROW_COUNT, Field.FORMAT, Field.PROVIDER_CODE),
    }
)
#: How sure the look alone makes one when the name says nothing.
ALONE: dict[Field, float] = {
    Field.NAME: 0.56,
    Field.ABSTRACT: 0.56,
    Field.OPEN_TYPE: 0.72,
    Field.SHARE_TYPE: 0.55,
    Field.UPDATE_CYCLE: 0.72,
    Field.PUBLISHED_ON: 0.52,
    Field.UPDATED_ON: 0.52,
    Field.DETAIL_URL: 0.66,
    Field.EMAIL: 0.72,
    Field.PHONE: 0.66,
    Field.ROW_COUNT: 0.35,
    Field.FORMAT: 0.72,
    Field.PROVIDER: 0.66,
    Field.PROVIDER_CODE: 0.6,
    Field.OUTSIDE_CODE: 0.3,
    Field.THEME: 0.6,
    Field.INDUSTRY: 0.64,
}
#: A look that few columns have by chance needs only this share of cells to speak for the field.
RARE = {Field.INDUSTRY: 0.3, Field.THEME: 0.5, Field.PROVIDER: 0.5}


def look(field: Field, cells: Cells) -> float | None:
    """Return how much the cells look like `field`; None where nobody can tell, or the column is empty."""
    seer = LOOKS.get(field)
    if seer is None or not cells.lines:
        return None
    return seer(cells)


def repeats(cells: Cells) -> float:
    """Return how much a column repeats few values, from 0 to 1."""
    return _few(cells)
