"""Short forms of office language: what a person types and what an entry says may be two forms of one name."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hefu.search.folding import fold

#: What may follow the field of an organ and adds nothing to the search: 民政局, 民政部门.
_ENDING = re.compile("委员会|管理局|部门|单位|系统|局|厅|委|部|办|署")


@dataclass(frozen=True)
class Short:
    """A stretch of a question that has other forms."""

    begin: int
    #: Behind the stretch, an organ's ending included.
    end: int
    #: The form found, then the others; none that would only say less of it.
    forms: tuple[str, ...]


@dataclass(frozen=True)
class _Shelf:
    #: Any form in Chinese, the longest first.
    pattern: re.Pattern[str]
    #: Form → all forms of its line.
    equals: dict[str, tuple[str, ...]]
    organs: frozenset[str]


@cache
def _shelf() -> _Shelf:
    told = tomllib.loads((files("hefu.search") / "abbreviations.toml").read_text(encoding="utf-8"))
    equals: dict[str, tuple[str, ...]] = {}
    for line in (*told["organs"], *told["terms"]):
        forms = tuple(fold(form) for form in line)
        for form in forms:
            equals[form] = tuple(dict.fromkeys((*equals.get(form, ()), *forms)))
    organs = frozenset(fold(form) for line in told["organs"] for form in line)
    longest_first = sorted((form for form in equals if not form.isascii()), key=lambda form: (-len(form), form))
    return _Shelf(re.compile("|".join(map(re.escape, longest_first))), equals, organs)


def known() -> list[str]:
    """Return every form, folded."""
    return list(_shelf().equals)


def forms(word: str) -> tuple[str, ...]:
    """Return a folded word and the other forms of it.

    >>> forms("gdp")
    ('gdp', '地区生产总值', '国内生产总值')
    """
    return (word, *(one for one in _shelf().equals.get(word, ()) if one not in word))


def shorts(run: str) -> list[Short]:
    """Return the stretches of a run of Chinese signs that have other forms or an organ's ending, in their order.

    >>> [(one.begin, one.end) for one in shorts("人社局的低保")]
    [(0, 3), (4, 6)]
    """
    shelf = _shelf()
    found = []
    for match in shelf.pattern.finditer(run):
        form, end = match.group(), match.end()
        if form in shelf.organs and (ending := _ENDING.match(run, end)):
            end = ending.end()
        if len(forms(form)) > 1 or end > match.end():
            found.append(Short(match.start(), end, forms(form)))
    return found
