"""How one office is written in many ways: 合肥市公安局, 市公安局, 合肥公安局; 人社局 for 人力资源和社会保障局."""

import re
from functools import lru_cache

from hefu.rooms.catalog import decide
from hefu.rooms.catalog.importing.names import folded
from hefu.search.abbreviations import shorts

#: A place at the head of an office's full name, and one inside it: 合肥市, then 蜀山区.
_PLACE = re.compile(r"([\u4e00-\u9fff]{2,8}?)(省|自治区|特别行政区|市|自治州|地区|盟|州|自治县|县|区|旗)")


@lru_cache(maxsize=16384)
def short_form(name: str) -> str:
    """Return a name in the form in which all usual writings of it are the same.

    >>> short_form("市人力资源和社会保障局") == short_form("市人社局")
    True
    """
    text = folded(decide.folded(name))
    made, place = "", 0
    for short in shorts(text):
        if short.begin >= place:
            made += text[place : short.begin] + min(short.forms, key=lambda form: (len(form), form))
            place = short.end
    return made + text[place:]


def forms_of(name: str) -> frozenset[str]:
    """Return the short forms under which an office's full name may be written, each as `short_form` gives it."""
    text = folded(decide.folded(name))
    made = {text}
    prefix = ""
    rest = text
    while (found := _PLACE.match(rest)) and len(rest) - found.end() >= 2:
        place, rank = found.groups()
        rest = rest[found.end() :]
        made |= {place + rank + rest, place + rest, rank + rest, rest, prefix + place + rest}
        prefix += place + rank
    return frozenset(short_form(one) for one in made)
