"""One writing for what people write in several ways: width, case, traditional and simplified characters.

Folding goes character by character, so that a place in the folded text is a place in the original.
"""

import unicodedata
from functools import cache, lru_cache

from opencc import OpenCC


@cache
def _simplified() -> dict[int, str]:
    """Return traditional character → simplified one, for those that have one of their own."""
    signs = [chr(point) for span in ((0x3400, 0x9FFF), (0xF900, 0xFAFF)) for point in range(span[0], span[1] + 1)]
    turned = OpenCC("t2s").convert("\n".join(signs)).split("\n")
    return {ord(sign): other for sign, other in zip(signs, turned, strict=True) if sign != other and len(other) == 1}


def fold(text: str) -> str:
    """Return `text` narrow, in small letters and simplified.

    >>> fold("戶籍ＡＢｃ")
    '户籍abc'
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_simplified())


#: Texts are of few thousand different signs.
_sign = lru_cache(maxsize=20_000)(fold)


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and for each of its characters the place in `text` that it comes from."""
    if unicodedata.is_normalized("NFKC", text) and len(folded := fold(text)) == len(text):
        return folded, list(range(len(text)))  # as nearly all is written: small letters may be more signs, never fewer
    parts: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        narrow = _sign(sign)
        parts.append(narrow)
        places += [place] * len(narrow)
    return "".join(parts), places
