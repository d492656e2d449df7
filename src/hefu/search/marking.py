"""Where a text has the words that were asked for, for a page to mark."""

import re
from dataclasses import dataclass

from hefu.search.cutting import runs
from hefu.search.folding import fold_with_places
from hefu.search.pieces import pieces
from hefu.search.sounds import syllables


@dataclass(frozen=True)
class Stretch:
    """A stretch of a text; `hit` when it was asked for."""

    text: str
    hit: bool


def marked(text: str, asked: str, *, most: int = 0) -> list[Stretch]:
    """Cut a text into what was asked for and what stands between.

    Args:
        text: As it is written; the stretches put together are this text again, unless it was shortened.
        asked: The question.
        most: Characters to show at most, around the first hit; 0 for all.
    """
    spans = _joined(_spans(text, asked))
    begin, end = _window(len(text), spans, most)
    made: list[Stretch] = []
    at = begin
    for first, last in spans:
        first, last = max(first, begin), min(last, end)
        if first >= last:
            continue
        if at < first:
            made.append(Stretch(text[at:first], False))
        made.append(Stretch(text[first:last], True))
        at = last
    if at < end:
        made.append(Stretch(text[at:end], False))
    if begin:
        made.insert(0, Stretch("…", False))
    return [*made, Stretch("…", False)] if end < len(text) else made


def _spans(text: str, asked: str) -> list[tuple[int, int]]:
    folded, places = fold_with_places(text)
    found = []
    for piece in pieces(asked):
        for form in piece.forms:
            for match in re.finditer(re.escape(form), folded):
                found.append((places[match.start()], places[match.end() - 1] + 1))
        if piece.latin and len(piece.forms[0]) > 1:
            found += [(places[first], places[last - 1] + 1) for first, last in _heard(folded, piece.forms[0])]
    return found


def _heard(folded: str, sound: str) -> list[tuple[int, int]]:
    """Return the stretches of Chinese signs that sound like what was typed, in full or by initials."""
    found = []
    at = 0
    for run, han in runs(folded):
        at = folded.index(run, at)
        if han:
            heard = syllables(run)
            found += [(at + first, at + last) for first, last in _alike(heard, sound)] if len(heard) == len(run) else []
        at += len(run)
    return found


def _alike(heard: tuple[str, ...], sound: str) -> list[tuple[int, int]]:
    found = []
    for first in range(len(heard)):
        initials = "".join(one[0] for one in heard[first : first + len(sound)])
        if initials == sound:
            found.append((first, first + len(sound)))
            continue
        spoken = ""
        for last in range(first, len(heard)):
            spoken += heard[last]
            if spoken.startswith(sound):
                found.append((first, last + 1))
                break
            if not sound.startswith(spoken):
                break
    return found


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if made and first <= made[-1][1]:
            made[-1] = (made[-1][0], max(last, made[-1][1]))
        else:
            made.append((first, last))
    return made


def _window(length: int, spans: list[tuple[int, int]], most: int) -> tuple[int, int]:
    """Return the part of a text to show: from its beginning, or from a little before the first hit when that is far."""
    if not most or length <= most:
        return 0, length
    first = spans[0][0] if spans else 0
    begin = 0 if first < most * 2 // 3 else first - most // 4
    return begin, min(length, begin + most)
