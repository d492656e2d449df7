"""Text into terms: words of rjieba, and every pair of neighbouring signs as a net for words it does not know."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from rjieba import Jieba

from hefu.search.folding import fold

#: Longest Latin word or number that becomes a term.
_LONGEST = 64
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUN = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<latin>(?:(?![{_HAN}])\w)+)")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
#: Words that carry no meaning of their own in a question.
IDLE = frozenset("的了和与及或在为等之是有")


@cache
def _jieba() -> Jieba:
    return Jieba()


def runs(folded: str) -> Iterator[tuple[str, bool]]:
    """Yield the stretches of Chinese signs and the Latin words or numbers of a folded text; True for Chinese."""
    for found in _RUN.finditer(folded):
        yield found.group(), found.lastgroup == "han"


def words(run: str) -> list[str]:
    """Return the words of a stretch of Chinese signs."""
    return [str(word) for word in _jieba().cut(run)]


def pairs(run: str) -> list[str]:
    """Return every two neighbouring signs; the sign itself where there is but one.

    >>> pairs("身份证")
    ['身份', '份证']
    """
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]


def terms(text: str, *, signs: bool = False) -> list[str]:
    """Return the terms under which `text` is found.

    Args:
        text: As it was written.
        signs: Also every single Chinese sign, for a question of one sign.
    """
    made: list[str] = []
    for run, han in runs(fold(text)):
        if not han:
            made += _latin(run)
            continue
        made += pairs(run)
        made += [str(word) for word in _jieba().cut_for_search(run) if len(word) > 2]
        if signs:
            made += run
    return made


@lru_cache(maxsize=50_000)
def name_terms(name: str) -> str:
    """Return the terms of a name that many entries have, as one text."""
    return " ".join(terms(name, signs=True))


def _latin(run: str) -> list[str]:
    """Return a Latin word or number, and its parts where signs of other kinds join them: birth_date, gdp2024."""
    parts = _PARTS.findall(run)
    return [part[:_LONGEST] for part in ([run] if parts == [run] else [run, *parts])]
