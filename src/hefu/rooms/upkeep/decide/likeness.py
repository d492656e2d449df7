"""How alike two entries are, and which of a million are worth comparing.

Names are compared by pairs of signs, items by their names, and items of other names by their technical codes. A
MinHash in bands makes entries that share enough of one of these fall into a common bucket (Broder 1997; Leskovec,
Rajaraman, Ullman, ch. 3): two entries of likeness s meet with probability 1 - (1 - s^rows)^bands.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from hefu.kernel.names import folded as folded_anew
from hefu.rooms.upkeep.terms.cases import Likeness, Side
from hefu.rooms.upkeep.terms.naming import PLAIN_CODES, PLAIN_NAMES, By, Match

#: Rows of a band, and bands: items meet from about 40 of 100 on, names and codes from about 55.
ROWS = 3
ITEM_BANDS = 16
NAME_BANDS = 8
CODE_BANDS = 8
#: Shorter codes are initials that many names share: xm is 姓名 and 项目.
SHORTEST_CODE = 4
#: What a code in common is worth, a name in common being 1.
_BY_CODE = 0.8
#: First and last number of the bands of names.
NAMES_IN = (ITEM_BANDS, ITEM_BANDS + NAME_BANDS - 1)
#: Fewer items than this say nothing by themselves.
FEWEST_ITEMS = 3
#: From this score on two entries are put before the authority, and from this one they warn who drafts.
NEAR = 60
WARNS = 50

#: The same names come up again and again while entries are compared.
folded = lru_cache(200_000)(folded_anew)

_PRIME = np.uint64(4_294_967_311)
#: A bucket is a positive number of 63 bits; its last five say which band it is of.
_MASK = (1 << 63) - (1 << 5)
_RANDOM = np.random.default_rng(809)
_SIZE = ROWS * (ITEM_BANDS + NAME_BANDS + CODE_BANDS)
_A = _RANDOM.integers(1, 2**31, _SIZE, dtype=np.uint64)
_B = _RANDOM.integers(0, 2**31, _SIZE, dtype=np.uint64)


def bands(side: Side) -> list[int]:
    """Return the buckets an entry falls into; entries that are alike share at least one."""
    items = _words(side.items)
    found = _bucketed(_pairs(side.name), range(ITEM_BANDS, ITEM_BANDS + NAME_BANDS))
    if len(items) >= FEWEST_ITEMS:
        found += _bucketed(items, range(ITEM_BANDS))
    codes = frozenset(_coded(side))
    if len(codes) >= FEWEST_ITEMS:
        found += _bucketed(codes, range(ITEM_BANDS + NAME_BANDS, ITEM_BANDS + NAME_BANDS + CODE_BANDS))
    return found


def _bucketed(words: frozenset[str], which: range) -> list[int]:
    if not words:
        return []
    hashes = np.array([_hash(word.encode()) & 0xFFFFFFFF for word in words], dtype=np.uint64)
    first, last = which.start * ROWS, which.stop * ROWS
    signature: npt.NDArray[np.uint64] = ((hashes[:, None] * _A[first:last] + _B[first:last]) % _PRIME).min(axis=0)
    rows = signature.reshape(len(which), ROWS)
    return [_hash(row.tobytes()) & _MASK | band for band, row in zip(which, rows, strict=True)]


def _hash(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest())


def likeness(first: Side, second: Side, by_values: Collection[tuple[int, int]] = ()) -> Likeness:
    """Return how alike two entries are.

    Args:
        first: One entry.
        second: The other.
        by_values: Places of two items whose columns hold the same values; those that nothing else makes alike count
            like items of one name.

    With items on both sides these decide, by what is in common and by how much of the smaller one is in
    the other; without, the names alone do, and then only nearly equal ones count.
    """
    names = _share(_pairs(first.name), _pairs(second.name))
    ours, theirs = _named(first), _named(second)
    common = ours.keys() & theirs.keys()
    smaller = min(len(ours), len(theirs))
    if smaller < FEWEST_ITEMS:
        score = names if names >= 0.85 or folded(first.name) == folded(second.name) else names / 2
        return Likeness(_hundred(score), _hundred(names), 0, 0)
    by_code = _by_code(first, second, common)
    known = {(one.first, one.second) for one in matches(first, second)} if by_values else set()
    taken = {place for place, _there in known}, {there for _place, there in known}
    more = [first.items[place] for place, there in by_values if place not in taken[0] and there not in taken[1]]
    weight = len(common) + _BY_CODE * len(by_code) + len(more)
    items = min(1.0, weight / max(1, len(ours.keys() | theirs.keys()) - len(by_code) - len(more)))
    contained = min(1.0, weight / smaller)
    score = max(0.75 * items + 0.25 * names, 0.65 * contained + 0.25 * names if contained >= 0.6 else 0.0)
    shared = tuple(sorted({*(ours[word] for word in common), *by_code, *more}))
    return Likeness(_hundred(score), _hundred(names), _hundred(items), _hundred(contained), shared)


def matches(first: Side, second: Side, by_values: Collection[tuple[int, int]] = ()) -> tuple[Match, ...]:
    """Return which items of two entries are alike, in the order of the first; each item once.

    Args:
        first: One entry.
        second: The other.
        by_values: Places of two items whose columns hold the same values, the most alike first.
    """
    by_name = _places(folded(name) for name in second.items)
    by_code = _places(_long_codes(second))
    ours = [folded(name) for name in first.items]
    found = {at: by_name[name] for at, name in enumerate(ours) if name in by_name and ours.index(name) == at}
    taken = set(found.values())
    for at, code in enumerate(_long_codes(first)):
        if at not in found and code in by_code and by_code[code] not in taken:
            found[at] = by_code[code]
            taken.add(by_code[code])
    for at, there in by_values:
        if at not in found and there not in taken:
            found[at] = there
            taken.add(there)
    same = frozenset(by_values)
    return tuple(_match(first, second, at, there, (at, there) in same) for at, there in sorted(found.items()))


def _match(first: Side, second: Side, at: int, there: int, same_values: bool) -> Match:
    by = []
    if folded(first.items[at]) == folded(second.items[there]):
        by.append(By.NAME)
    code = _at(_long_codes(first), at)
    if code and code == _at(_long_codes(second), there):
        by.append(By.CODE)
    if same_values:
        by.append(By.VALUES)
    types = _at(first.types, at), _at(second.types, there)
    return Match(at, there, tuple(by), types[0] == types[1] if all(types) else None)


def _at(told: Sequence[str], place: int) -> str:
    return told[place] if place < len(told) else ""


def _long_codes(side: Side) -> list[str]:
    """Return the codes that mean one thing, in small letters; the others empty."""
    return [code.casefold() if len(code) >= SHORTEST_CODE else "" for code in side.codes]


def _places(words: Iterable[str]) -> dict[str, int]:
    """Return word → its first place."""
    found: dict[str, int] = {}
    for place, word in enumerate(words):
        if word:
            found.setdefault(word, place)
    return found


def telling(name: str, code: str) -> tuple[str, str]:
    """Return the folded name and the code of an item as far as they tell a datum; empty where any table has such.

    >>> telling("身份证 号码", "SFZHM"), telling("备注", "remark"), telling("姓名", "xm")
    (('身份证号码', 'sfzhm'), ('', ''), ('姓名', ''))
    """
    bare, small = folded(name), code.casefold()
    plain = bare in PLAIN_NAMES
    return "" if plain else bare, "" if plain or small in PLAIN_CODES or len(small) < SHORTEST_CODE else small


def _by_code(first: Side, second: Side, common: Iterable[str]) -> list[str]:
    """Return the first entry's items that the second holds under another name, by their codes."""
    told = set(common)
    ours = {code: name for code, name in _coded(first).items() if folded(name) not in told}
    theirs = {code for code, name in _coded(second).items() if folded(name) not in told}
    return [name for code, name in ours.items() if code in theirs]


def _coded(side: Side) -> dict[str, str]:
    """Return code → item, of codes long enough to mean one thing."""
    pairs = zip(side.codes, side.items, strict=False)
    return {code.casefold(): name for code, name in pairs if len(code) >= SHORTEST_CODE and folded(name)}


def _named(side: Side) -> dict[str, str]:
    return {folded(name): name for name in side.items if folded(name)}


def _words(names: Iterable[str]) -> frozenset[str]:
    return frozenset(word for word in map(folded, names) if word)


@lru_cache(50_000)
def _pairs(name: str) -> frozenset[str]:
    """Return the pairs of neighbouring signs of a folded name; of a single sign, itself."""
    bare = folded(name)
    return frozenset(bare[at : at + 2] for at in range(len(bare) - 1)) or frozenset({bare} - {""})


def _share(first: Iterable[str], second: Iterable[str]) -> float:
    ours, theirs = set(first), set(second)
    return len(ours & theirs) / len(ours | theirs) if ours or theirs else 0.0


def _hundred(share: float) -> int:
    return round(100 * share)
