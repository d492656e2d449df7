"""Short technical names for items that come without one."""

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 63


def proposed(name: str) -> str:
    """Return a column name made from the initials of `name`'s Chinese signs and its Latin letters and digits.

    >>> proposed("法定代表人")
    'fddbr'
    >>> proposed("2024年GDP（亿元）")
    'n2024_n_gdp_yy'
    """
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - slow to load, and most processes never need it

    narrow = unicodedata.normalize("NFKC", name).casefold()
    parts = []
    for word in re.findall(r"[a-z0-9]+|[\u3400-\u9fff]+", narrow):
        parts.append(word if word.isascii() else "".join(lazy_pinyin(word, style=Style.FIRST_LETTER)))
    code = re.sub(r"[^a-z0-9_]", "", "_".join(parts))[:_LONGEST]
    return code if code and not code[0].isdigit() else f"n{code}"


def completed(codes: Iterable[tuple[str, str]]) -> list[str]:
    """Return a code for each (name, code): the given one, else a proposed one that no other bears."""
    pairs = list(codes)
    taken = {code.strip().casefold() for _, code in pairs if code.strip()}
    made = []
    for name, code in pairs:
        wanted = code.strip() or _free(proposed(name), taken)
        taken.add(wanted.casefold())
        made.append(wanted)
    return made


def _free(wanted: str, taken: set[str]) -> str:
    number, code = 1, wanted
    while code.casefold() in taken:
        number += 1
        tail = f"_{number}"
        code = f"{wanted[: _LONGEST - len(tail)]}{tail}"
    return code
