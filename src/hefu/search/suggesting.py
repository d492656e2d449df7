"""Did you mean: words of the index that sound like a mistyped one, or differ from it by a letter or two."""

from collections import defaultdict
from functools import cached_property
from itertools import product

import tantivy

from hefu.search.abbreviations import known
from hefu.search.cutting import runs, words
from hefu.search.folding import fold
from hefu.search.schema import WHOLE
from hefu.search.sounds import pinyin_of

#: Words of an index that are kept, the most frequent; Latin words apart.
_KEPT, _KEPT_LATIN = 60_000, 5_000
#: Chinese words longer than these are names, not words.
_LONGEST = 6
#: Other spellings tried for one question.
_TRIED = 4


class Vocabulary:
    """The words that names and items of an index are made of. Building it reads every term once."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        """Read the terms of names and items."""
        counts: dict[str, int] = defaultdict(int)
        for name in ("name", "items"):
            for term, count in searcher.terms_with_prefix(name, ""):
                if not term.startswith(WHOLE):
                    counts[term] += count
        frequent = sorted(counts, key=lambda term: (-counts[term], term))
        chinese = (term for term in frequent if not term.isascii() and 2 <= len(term) <= _LONGEST)
        latin = (term for term in frequent if term.isascii() and term.isalpha() and len(term) > 2)
        # Pairs that straddle two words are in the index as well; only words can have been meant.
        self._words = [term for term, _ in zip((t for t in chinese if _is_word(t)), range(_KEPT), strict=False)]
        # A short form may be meant that no entry writes: it finds what the long form says.
        self._words += [
            form for form in known() if not form.isascii() and len(form) <= _LONGEST and not counts.get(form)
        ]
        self._latin = [term for term, _ in zip(latin, range(_KEPT_LATIN), strict=False)]

    @cached_property
    def _by_sound(self) -> dict[str, list[str]]:
        """Sound → words, the most frequent first."""
        made: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            made[pinyin_of(word)].append(word)
        return made

    @cached_property
    def _by_length(self) -> dict[tuple[str, int], list[str]]:
        """First letter, which people seldom mistype, and length → Latin words and sounds of Chinese ones."""
        made: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in dict.fromkeys((*self._latin, *self._by_sound)):
            made[word[0], len(word)].append(word)
        return made

    def spellings(self, text: str, searcher: tantivy.Searcher) -> list[str]:
        """Return other spellings of a question, the likeliest first."""
        offers: list[list[str]] = []
        for run, han in runs(fold(text)):
            offers += self._chinese(run, searcher) if han else [self._near(run, searcher)]
            offers.append([" "])
        made = ("".join(parts).strip() for parts in product(*offers))
        found = []
        for spelling in made:
            if spelling != " ".join(fold(text).split()) and spelling not in found:
                found.append(spelling)
            if len(found) == _TRIED:
                break
        return found

    def _chinese(self, run: str, searcher: tantivy.Searcher) -> list[list[str]]:
        """Return offers for each stretch of a run: a stretch that sounds like a known word but is none is replaced."""
        offers: list[list[str]] = []
        kept, at = "", 0
        while at < len(run):
            match = self._homophones(run, at, searcher)
            if match is None:
                kept += run[at]
                at += 1
                continue
            if kept:
                offers.append([kept])
                kept = ""
            offers.append(match)
            at += len(match[0])
        return [*offers, [kept]] if kept else offers

    def _homophones(self, run: str, at: int, searcher: tantivy.Searcher) -> list[str] | None:
        for length in range(min(_LONGEST, len(run) - at), 1, -1):
            part = run[at : at + length]
            if searcher.doc_freq("body", part) and _is_word(part):
                continue
            heard = [word for word in self._by_sound.get(pinyin_of(part), ()) if len(word) == length and word != part]
            if heard:
                return heard[:2]
        return None

    def _near(self, word: str, searcher: tantivy.Searcher) -> list[str]:
        """Return Latin words, or Chinese ones by their sound, at most two letters away; a known word itself."""
        if len(word) < 3 or not word.isascii() or searcher.doc_freq("body", word):
            return [word]
        reach = 1 if len(word) < 6 else 2
        found = []
        for length in range(len(word) - reach, len(word) + reach + 1):
            for other in self._by_length.get((word[0], length), ()):
                away = distance(word, other, most=reach)
                if away <= reach:
                    found.append((away, other))
        nearest = [other for _away, other in sorted(found, key=lambda pair: pair[0])[:2]]
        return [self._by_sound[other][0] if other in self._by_sound else other for other in nearest] or [word]


def distance(one: str, other: str, *, most: int) -> int:
    """Return in how many letters two words differ: one missing, one too many, one wrong, two swapped.

    Args:
        one: A word.
        other: Another.
        most: Beyond this the answer is `most + 1`.

    >>> distance("renkuo", "renkou", most=2)
    1
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [at]
        for place, sign in enumerate(other, start=1):
            best = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != sign))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == sign:
                best = min(best, earlier[place - 2] + 1)
            row.append(best)
        if min(row) > most:
            return most + 1
    return row[-1]


def _is_word(term: str) -> bool:
    return words(term) == [term]
