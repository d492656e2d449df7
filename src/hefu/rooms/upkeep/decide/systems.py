"""Which information system a scanned source most likely belongs to, and why."""

import re
from collections.abc import Iterable
from itertools import pairwise
from math import prod
from typing import Any

from hefu.kernel.names import folded
from hefu.rooms.catalog.itemcodes import proposed
from hefu.rooms.upkeep.terms.systems import Address, Clue, Fit, SourceSide, SystemSide

#: Words that any system's name may hold: they tell none from another.
_COMMON = re.compile(
    r"(系统|平台|数据库|前置库|交换库|业务库|信息化|信息|管理|综合|业务|服务|应用|软件|数据|全国|全省|全市|工程|项目|库$)"
)
_KIND = re.compile(r"(系统|平台)$")
_STORE = re.compile(r"(数据库|前置库|交换库|业务库|备份库|库|数据源)$")
#: Words of addresses that many databases share.
_PLAIN_WORDS = frozenset(
    {"database", "data", "public", "localhost", "local", "internal", "server", "postgres", "postgresql", "main"}
    | {"test", "prod", "gov", "com", "www", "home", "srv", "var", "mnt", "share", "files", "file", "folder", "export"}
)
#: Shorter initials and words stand for too much.
_SHORTEST_INITIALS = 3
_SHORTEST_WORD = 4

#: How far each clue alone convinces, 0 to 1; several add up as independent witnesses do.
_WEIGHTS = {
    Clue.REGISTERED_UNDER: 0.99,
    Clue.SAME_PLACE: 0.9,
    Clue.ENTRIES: 0.85,
    Clue.DESCRIBED: 0.75,
    Clue.NAME_WITHIN: 0.75,
    Clue.INITIALS: 0.65,
    Clue.LIKE_NAME: 0.6,
    Clue.TABLES: 0.45,
    Clue.SAME_HOST: 0.2,
}
#: Names less alike than this say nothing.
_ALIKE = 0.3
#: Below this a system is not named at all.
_WORTH_NAMING = 15


def fits(source: SourceSide, systems: Iterable[SystemSide]) -> tuple[Fit, ...]:
    """Return the systems that something speaks for, the likeliest first."""
    found = [_fit(source, system) for system in systems]
    named = [fit for fit in found if fit.confidence >= _WORTH_NAMING]
    return tuple(sorted(named, key=lambda fit: (-fit.confidence, str(fit.system_id))))


def suggested_name(source: str) -> str:
    """Return what a system of this source could be called.

    >>> suggested_name("人口业务库")
    '人口系统'
    """
    bare = source.strip()
    stem = _STORE.sub("", bare) or bare
    return (bare if _KIND.search(bare) else f"{stem}系统")[:200]


def _fit(source: SourceSide, system: SystemSide) -> Fit:
    clues = sorted(_clues(source, system), key=lambda clue: -clue[0])
    doubt = prod(1 - weight for weight, _clue, _facts in clues)
    return Fit(system.id, min(99, round(100 * (1 - doubt))), tuple((clue, facts) for _w, clue, facts in clues))


def _clues(source: SourceSide, system: SystemSide) -> Iterable[tuple[float, Clue, dict[str, Any]]]:
    if system.holds_source:
        yield _WEIGHTS[Clue.REGISTERED_UNDER], Clue.REGISTERED_UNDER, {}
    if system.entries:
        yield _WEIGHTS[Clue.ENTRIES], Clue.ENTRIES, {"count": system.entries}
    yield from _by_place(source.address, system)
    yield from _by_name(source, system)
    yield from _by_address(source.address, system)


def _by_place(address: Address, system: SystemSide) -> Iterable[tuple[float, Clue, dict[str, Any]]]:
    same = next((name for name, place in system.places if place == address), "")
    beside = next((name for name, place in system.places if place.host and place.host == address.host), "")
    if same:
        yield _WEIGHTS[Clue.SAME_PLACE], Clue.SAME_PLACE, {"source": same}
    elif beside:
        yield _WEIGHTS[Clue.SAME_HOST], Clue.SAME_HOST, {"source": beside}


def _by_name(source: SourceSide, system: SystemSide) -> Iterable[tuple[float, Clue, dict[str, Any]]]:
    core, named = _core(system.name), folded(source.name)
    if len(core) > 1 and core in named:
        yield _WEIGHTS[Clue.NAME_WITHIN], Clue.NAME_WITHIN, {"word": core}
    else:
        share = _alike(core, _core(source.name))
        if share >= _ALIKE:
            yield _WEIGHTS[Clue.LIKE_NAME] * share, Clue.LIKE_NAME, {"share": round(100 * share)}
    speaking = sum(core in folded(table) for table in source.tables) if len(core) > 1 else 0
    if speaking:
        share = speaking / len(source.tables)
        facts = {"count": speaking, "total": len(source.tables), "word": core}
        yield _WEIGHTS[Clue.TABLES] * (0.4 + 0.6 * share), Clue.TABLES, facts


def _by_address(address: Address, system: SystemSide) -> Iterable[tuple[float, Clue, dict[str, Any]]]:
    words = _words(address)
    told = set(re.findall(r"[a-z0-9]+", f"{system.name} {system.description}".casefold()))
    said = next((word for word in words if len(word) >= _SHORTEST_WORD and word in told), "")
    if said:
        yield _WEIGHTS[Clue.DESCRIBED], Clue.DESCRIBED, {"word": said}
    bare = _KIND.sub("", system.name.strip())
    initials = {proposed(one) for one in (system.name, bare, _core(system.name)) if one}
    made = next((word for word in words for one in initials if _is_made_of(word, one)), "")
    if made:
        yield _WEIGHTS[Clue.INITIALS], Clue.INITIALS, {"word": made}


def _is_made_of(word: str, initials: str) -> bool:
    if len(initials) < _SHORTEST_INITIALS:
        return False
    return word == initials or (len(initials) > _SHORTEST_INITIALS and initials in word)


def _words(address: Address) -> list[str]:
    """Return the telling words of an address: of the database, of the host unless it is a number, of the folder."""
    host = "" if re.fullmatch(r"[0-9.:a-f]*", address.host) or address.host.startswith("/") else address.host
    parts = re.findall(r"[a-z]+[0-9]*", f"{address.dbname} {host} {address.folder}".casefold())
    return [word for word in dict.fromkeys(parts) if word not in _PLAIN_WORDS]


def _core(name: str) -> str:
    """Return what tells a name from others: without the words that any system's name may hold."""
    bare = folded(name)
    return _COMMON.sub("", bare) or bare


def _alike(first: str, second: str) -> float:
    """Return how alike two names are by their pairs of signs (Dice), 0 to 1."""
    ours, theirs = set(pairwise(first)), set(pairwise(second))
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0
