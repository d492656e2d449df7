"""How names sound: pinyin, initials, and a number by which names sort."""

import unicodedata
from functools import cache, lru_cache

from hefu.search.cutting import runs, words
from hefu.search.folding import fold

#: Letters of a sounded name that are kept.
_LONGEST = 40
#: A name can be entered by sound at each of its first signs: where a word begins is a matter of taste.
_ENTRANCES = 12
#: Signs of a name that its sorting number covers, and bits for each.
_SORTED, _BITS = 7, 9


@lru_cache(maxsize=200_000)
def syllables(word: str) -> tuple[str, ...]:
    """Return the syllables of a Chinese word without tones; ü is written v.

    >>> syllables("重庆")
    ('chong', 'qing')
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - slow to load, and most processes never need it

    return tuple(lazy_pinyin(word))


@lru_cache(maxsize=50_000)
def sounds(name: str) -> str:
    """Return the terms by which a name is found by sound: from each sign but the last on, in full and by initials.

    >>> sounds("常住人口")
    'changzhurenkou czrk zhurenkou zrk renkou rk'
    """
    heard = [syllable for run, han in runs(fold(name)) if han for word in words(run) for syllable in syllables(word)]
    made = []
    for at in range(min(max(1, len(heard) - 1), _ENTRANCES)):
        made.append("".join(heard[at:])[:_LONGEST])
        made.append("".join(syllable[0] for syllable in heard[at:])[:_LONGEST])
    return " ".join(dict.fromkeys(made))


@lru_cache(maxsize=200_000)
def pinyin_of(word: str) -> str:
    """Return a word's sound as one text: what homophones share."""
    return "".join(syllables(word))


@cache
def _ranks() -> dict[str, int]:
    """Return syllable → its place among all syllables, after digits and letters."""
    from pypinyin import pinyin_dict  # noqa: PLC0415 - slow to load, and most processes never need it

    readings = {reading.split(",", 1)[0] for reading in pinyin_dict.pinyin_dict.values()}
    plain = {_toneless(reading) for reading in readings}
    return {syllable: 40 + at for at, syllable in enumerate(sorted(one for one in plain if one.isascii()))}


def _toneless(syllable: str) -> str:
    apart = unicodedata.normalize("NFD", syllable).replace("u\u0308", "v")
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def order_of(name: str) -> int:
    """Return a number by which names sort: digits, Latin letters, then Chinese by sound; ties beyond seven signs.

    >>> order_of("2024年") < order_of("GDP") < order_of("安置") < order_of("白云") < order_of("重庆")
    True
    """
    number, taken = 0, 0
    for run, han in runs(fold(name[: 2 * _SORTED])):
        for rank in _han_ranks(run) if han else _latin_ranks(run):
            number = number << _BITS | rank
            taken += 1
            if taken == _SORTED:
                return number
    return number << _BITS * (_SORTED - taken)


def _han_ranks(run: str) -> list[int]:
    ranks, last = _ranks(), (1 << _BITS) - 1
    return [ranks.get(syllable, last) for word in words(run) for syllable in syllables(word)]


def _latin_ranks(run: str) -> list[int]:
    return [1 + int(sign) if sign.isdecimal() and sign.isascii() else 11 + min(ord(sign) % 97, 26) for sign in run]
