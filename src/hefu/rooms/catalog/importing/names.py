"""How much the name of a column looks like a notion: by its words, its sounds and its initials."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache

from opencc import OpenCC

from hefu.rooms.catalog.importing import lexicon
from hefu.rooms.catalog.importing.notions import Field

#: What a usual name loses for each place it stands behind the first one.
_LATER = 0.004
#: The most that likeness by parts of a name can reach.
_PARTLY = 0.82
#: Likeness of initials by how many there are; two letters mean many things.
_INITIALS = {2: 0.6, 3: 0.8}
#: Names that only count columns.
_NUMBERED = re.compile(r"(?:column|col|field|unnamed|f|c|列|字段|栏)[\s:_]*\d+")
_SIGNS = re.compile(r"[\u3400-\u9fff]")
_SHORTEST_PINYIN = 4
#: Above this a Latin name is English, and nobody asks how it sounds in Chinese.
_PLAIN_ENGLISH = 0.9


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Return `text` narrow, in small letters and simplified signs."""
    narrow = unicodedata.normalize("NFKC", text).casefold()
    return _simplifier().convert(narrow) if _SIGNS.search(narrow) else narrow


@lru_cache(maxsize=8192)
def bare(column: str) -> str:
    """Return a column's name without what templates hang on it: notes in brackets, stars, numbers, spaces.

    >>> bare("*信息资源名称（必填）")
    '信息资源名称'
    """
    kept, depth = [], 0
    for sign in folded(column):
        depth += sign in "([{【<"
        if not depth and (sign.isalnum() or sign == " "):
            kept.append(sign)
        depth -= sign in ")]}】>" and depth > 0
    words = "".join(kept).strip()
    words = words.lstrip("0123456789 ") or words
    for noise in ("必填项", "必填", "选填"):
        words = words.replace(noise, "")
    return words.strip()


class Lexicon:
    """The names of all notions, made ready for comparison."""

    def __init__(self, without: Iterable[str] = ()) -> None:
        """Prepare the names; `without` leaves some out, for measuring what is known without them."""
        struck = {bare(name) for name in without}
        self._chinese = _listed(lexicon.CHINESE, struck)
        other = _listed(lexicon.OTHER, struck)
        self._exact: dict[Field, dict[str, float]] = {field: {} for field in Field}
        for names in (self._chinese, other):
            for field, listed in names.items():
                for place, name in enumerate(listed):
                    self._exact[field].setdefault(name, 1.0 - _LATER * min(place, 20))
        self._english: dict[Field, dict[frozenset[str], float]] = {
            field: {
                frozenset(words(name)): 1.0 - _LATER * min(place, 20)
                for place, name in reversed(list(enumerate(names)))
                if bare(name) not in struck
            }
            for field, names in lexicon.ENGLISH.items()
        }
        self._nothing_english = [frozenset(words(name)) for name in lexicon.NOTHING_ENGLISH]
        self._word_weight = _rarity([[*name] for sets in self._english.values() for name in sets])
        self._pair_weight = _rarity([_pairs(core(name)) for names in self._chinese.values() for name in names])
        self._cores = {
            field: [(core(name), 1.0 - _LATER * min(place, 20)) for place, name in enumerate(names)]
            for field, names in self._chinese.items()
        }

    def likeness(self, column: str, field: Field) -> float:
        """Return how much a column's name looks like `field`, from 0 to 1; 1 is one of its usual names."""
        return self._all(column).get(field, 0.0)

    def nothing(self, column: str) -> float:
        """Return how much a column's name looks like something no catalogue entry keeps, such as clicks."""
        if _NUMBERED.fullmatch(column.casefold()):
            return 0.0
        name = bare(column)
        if name in lexicon.NOTHING_CHINESE or core(name) in lexicon.NOTHING_CHINESE:
            return 1.0
        if any(part in name for part in lexicon.NOTHING_PARTS):
            return 0.9
        told = frozenset(words(column))
        if told in self._nothing_english:
            return 1.0
        return (
            _PARTLY * max((self._overlap(told, known) for known in self._nothing_english), default=0.0) if told else 0.0
        )

    def is_known(self, column: str) -> bool:
        """Return whether some notion usually bears this name."""
        name = bare(column)
        if not name or name.isdigit():
            return False
        if any(name in names for names in self._exact.values()):
            return True
        return not any(sign.isdigit() for sign in column) and frozenset(words(column)) in self._english_names

    @cached_property
    def _english_names(self) -> frozenset[frozenset[str]]:
        return frozenset(name for names in self._english.values() for name in names)

    @lru_cache(maxsize=4096)  # noqa: B019 - a lexicon lives as long as the program
    def _all(self, column: str) -> dict[Field, float]:
        if _NUMBERED.fullmatch(column.casefold()):
            return {}
        name = bare(column.rpartition(".")[2]) if _SIGNS.search(column) else bare(column)
        found: dict[Field, float] = {}
        for field in Field:
            best = self._exact[field].get(name, 0.0)
            if not best and _SIGNS.search(name):
                best = self._by_signs(name, field)
            found[field] = best
        if not _SIGNS.search(name) and re.search(r"[a-z]", name):
            for field, score in self._by_letters(column).items():
                found[field] = max(found[field], score)
        return {field: score for field, score in found.items() if score > 0}

    def _by_signs(self, name: str, field: Field) -> float:
        kernel, best = core(name), 0.0
        pairs = _pairs(kernel)
        for usual, weight in self._cores.get(field, ()):
            if kernel == usual:
                return 0.97 * weight
            if len(usual) > 1 and kernel.endswith(usual):
                best = max(best, 0.58 + 0.3 * len(usual) / len(kernel))
            elif len(usual) > 1 and usual in kernel:
                best = max(best, 0.35 + 0.3 * len(usual) / len(kernel))
            best = max(best, _PARTLY * _dice(pairs, _pairs(usual), self._pair_weight))
        return best

    def _by_letters(self, column: str) -> dict[Field, float]:
        told = words(column)
        last = words(column.rpartition(".")[2])
        deep = max(0, column.count(".") - 1)
        found = {field: score * 0.9**deep for field, score in self._by_words(frozenset(told)).items()}
        if last != told:
            # `publisher.name` is no title: what stands before the last dot counts.
            for field, score in self._by_words(frozenset(last)).items():
                found[field] = max(found.get(field, 0.0), 0.55 * score)
        if max(found.values(), default=0.0) > _PLAIN_ENGLISH:
            return found
        english = all(word in self._word_weight for word in told)
        for field, score in self._by_sound(re.sub(r"[^a-z]", "", folded(column))).items():
            found[field] = max(found.get(field, 0.0), score * (0.5 if english and told else 1.0))
        return found

    def _by_words(self, told: frozenset[str]) -> dict[Field, float]:
        found: dict[Field, float] = {}
        if not told:
            return found
        for field, names in self._english.items():
            exact = names.get(told, 0.0)
            found[field] = exact or _PARTLY * max((self._overlap(told, name) for name in names), default=0.0)
        return found

    def _overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        return _dice(one, other, self._word_weight)

    def _by_sound(self, letters: str) -> dict[Field, float]:
        """Return likeness of Latin letters to the names' pinyin, whole or initials only."""
        found: dict[Field, float] = {}
        meant = self._initials.get(letters, {})
        for field, weight in meant.items():
            sure = _INITIALS.get(len(letters), 0.92 if len(letters) > 3 else 0.0)
            found[field] = sure * weight * (1 - 0.04 * min(len(meant) - 1, 5))
        if len(letters) < _SHORTEST_PINYIN:
            return found
        for field, weight in self._pinyin.get(letters, {}).items():
            found[field] = max(found.get(field, 0.0), 0.96 * weight)
        if letters not in self._pinyin and len(letters) > 2 * _SHORTEST_PINYIN:
            parts = _triples(letters)
            for field, listed in self._pinyin_parts.items():
                near = max((_dice(parts, other, {}) for other in listed), default=0.0)
                if near > 0.5:
                    found[field] = max(found.get(field, 0.0), _PARTLY * near)
        return found

    @cached_property
    def _spoken(self) -> list[tuple[Field, str, float]]:
        """All Chinese names and what they become behind the words that only frame them."""
        made: dict[tuple[Field, str], float] = {}
        for field, names in self._chinese.items():
            for place, name in enumerate(names):
                weight = 1.0 - _LATER * min(place, 20)
                made.setdefault((field, name), weight)
                kernel = core(name)
                for frame in ("数据", "数据集", "资源", "信息资源", "目录", "") if len(kernel) > 1 else ():
                    made.setdefault((field, frame + kernel), 0.93 * weight)
        return [(field, name, weight) for (field, name), weight in made.items()]

    @cached_property
    def _initials(self) -> dict[str, dict[Field, float]]:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - slow to load, and most processes never need it

        made: dict[str, dict[Field, float]] = defaultdict(dict)
        for field, name, weight in self._spoken:
            letters = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
            made[letters][field] = max(made[letters].get(field, 0.0), weight)
        return dict(made)

    @cached_property
    def _pinyin(self) -> dict[str, dict[Field, float]]:
        from pypinyin import lazy_pinyin  # noqa: PLC0415 - slow to load, and most processes never need it

        made: dict[str, dict[Field, float]] = defaultdict(dict)
        for field, name, weight in self._spoken:
            letters = "".join(lazy_pinyin(name))
            made[letters][field] = max(made[letters].get(field, 0.0), weight)
        return dict(made)

    @cached_property
    def _pinyin_parts(self) -> dict[Field, list[Counter[str]]]:
        made: dict[Field, list[Counter[str]]] = defaultdict(list)
        for letters, fields in self._pinyin.items():
            for field in fields:
                made[field].append(_triples(letters))
        return dict(made)


@lru_cache(maxsize=1)
def general() -> Lexicon:
    """Return the lexicon as it is shipped."""
    return Lexicon()


@lru_cache(maxsize=8192)
def core(name: str) -> str:
    """Return a Chinese name without the words in front that say only that data is meant; never less than two signs.

    >>> core("信息资源提供方")
    '提供方'
    """
    changed = True
    while changed:
        changed = False
        for frame in lexicon.CHINESE_FRAME:
            if name.startswith(frame) and len(name) - len(frame) >= 2:
                name, changed = name[len(frame) :], True
                break
    return name


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Return the English words of a name as one spells them in full, without those that frame every catalogue.

    >>> words("dctermsPublisherOrgNm")
    ('dcterms', 'publisher', 'organization', 'name')
    """
    cut = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", name))
    told = [part for word in re.findall(r"[a-z]+", cut.casefold()) for part in _joined(word)]
    plain = [lexicon.ENGLISH_WORDS.get(word, word) for word in told]
    kept = tuple(word for word in plain if word not in lexicon.ENGLISH_FRAME)
    return kept or tuple(plain)


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    usual = {word for text in lexicon.ENGLISH.values() for word in re.findall(r"[a-z]+", " ".join(text))}
    return frozenset(word for word in {*usual, *lexicon.ENGLISH_WORDS, *lexicon.ENGLISH_FRAME} if len(word) > 2) | {
        "is",
        "id",
    }


@lru_cache(maxsize=4096)
def _joined(word: str) -> tuple[str, ...]:
    """Return the known words that `word` was joined from, as few as will do; itself when there are none."""
    known = _vocabulary()
    if word in known or len(word) < 5:
        return (word,)
    best: list[tuple[str, ...] | None] = [(), *([None] * len(word))]
    for end in range(1, len(word) + 1):
        for start in range(end):
            before = best[start]
            if (
                before is not None
                and word[start:end] in known
                and (best[end] is None or len(before) + 1 < len(best[end] or ()))
            ):
                best[end] = (*before, word[start:end])
    return best[-1] or (word,)


def _listed(names: dict[Field, tuple[str, ...]], struck: set[str]) -> dict[Field, list[str]]:
    made = {}
    for field, told in ((field, map(bare, listed)) for field, listed in names.items()):
        made[field] = [name for name in dict.fromkeys(told) if name and name not in struck]
    return made


def _pairs(name: str) -> Counter[str]:
    return Counter(name[place : place + 2] for place in range(max(1, len(name) - 1)))


def _triples(letters: str) -> Counter[str]:
    return Counter(letters[place : place + 3] for place in range(len(letters) - 2))


def _rarity(names: Iterable[Iterable[str]]) -> dict[str, float]:
    """Return how much each part says: the rarer among all names, the more."""
    counts: Counter[str] = Counter()
    total = 0
    for name in names:
        counts.update(set(name))
        total += 1
    return {part: math.log(1 + total / count) for part, count in counts.items()}


def _dice(one: Iterable[str], other: Iterable[str], weight: dict[str, float]) -> float:
    """Return how much two sets of parts have in common, from 0 to 1; parts nobody knows weigh as middling ones."""
    mine, theirs = set(one), set(other)
    common = sum(_weights(mine & theirs, weight))
    return 2 * common / (sum(_weights(mine, weight)) + sum(_weights(theirs, weight))) if common else 0.0


def _weights(parts: set[str], weight: dict[str, float]) -> Iterator[float]:
    return (weight.get(part, 4.0 if weight else 1.0) for part in parts)
