"""A question cut into pieces, each of which an entry has to fulfil in one of several ways."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from hefu.search.abbreviations import forms, shorts
from hefu.search.cutting import IDLE, pairs, runs, terms, words
from hefu.search.folding import fold

#: A question of more pieces than these is cut off: nobody types it, and each piece costs.
_MOST = 12


@dataclass(frozen=True)
class Piece:
    """One word of a question, with its other forms."""

    #: Forms of the word, the typed one first; what is marked in a text that was found.
    forms: tuple[str, ...]
    #: For each form the terms that all have to occur.
    ways: tuple[tuple[str, ...], ...]
    #: A Latin word or number: also the beginning of one, a code's beginning, or a sound.
    latin: bool = False


@lru_cache(maxsize=256)
def pieces(text: str) -> tuple[Piece, ...]:
    """Cut a question as a person typed it. Remembered: every cell of a page that marks hits asks again.

    >>> [piece.forms[0] for piece in pieces("人社局的低保 rk")]
    ['人社', '低保', 'rk']
    """
    return tuple(dict.fromkeys(_cut(fold(text))))[:_MOST]


def _cut(folded: str) -> Iterator[Piece]:
    for run, han in runs(folded):
        if not han:
            equal = forms(run)
            yield Piece(equal, ((run,), *(_way(form) for form in equal[1:])), latin=True)
            continue
        at = 0
        for short in shorts(run):
            if short.begin < at:
                continue
            yield from _plain(run[at : short.begin], alone=False)
            yield Piece(short.forms, tuple(map(_way, short.forms)))
            at = short.end
        yield from _plain(run[at:], alone=at == 0)


def _plain(run: str, *, alone: bool) -> Iterator[Piece]:
    """Yield the words of a stretch; a sign left alone joins its neighbour, an idle one goes.

    Args:
        run: Chinese signs.
        alone: It is all that was asked, so that even an idle sign counts.
    """
    if not run:
        return
    joined: list[str] = []
    for word in words(run):
        if len(word) == 1 and word in IDLE and not (alone and len(run) == 1):
            joined.append("")
        elif joined and joined[-1] and 1 in (len(word), len(joined[-1])):
            joined[-1] += word
        else:
            joined.append(word)
    for word in joined:
        if word:
            yield Piece((word,), (tuple(dict.fromkeys(pairs(word))),))


def _way(form: str) -> tuple[str, ...]:
    if form.isascii():
        return tuple(terms(form))[:1]
    return tuple(dict.fromkeys(pairs(form)))
