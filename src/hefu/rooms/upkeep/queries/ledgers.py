"""Reads of the catalogue as lists of responsibilities and as a tree of classes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count

from hefu.kernel.actor import Actor
from hefu.rooms.catalog import queries as catalog

#: Digits of a class code at which a level of the tree ends: 类, 项, 目.
LEVELS = (1, 3, 6)
#: Departments named beside a class.
HOLDERS = 3


@dataclass(frozen=True)
class ClassNode:
    """One class with the entries in force of it and of all below it."""

    code: str
    count: int
    #: Names of the departments that hold most of it, and how many others hold some.
    holders: tuple[str, ...] = ()
    others: int = 0
    below: tuple["ClassNode", ...] = ()


def class_tree(*, viewer: Actor) -> tuple[ClassNode, ...]:
    """Return the classes that entries in force stand in, three levels deep, with their numbers."""
    rows = catalog.published(viewer=viewer).order_by().select_related(None).defer(None)
    counted = rows.values("class_code", "provider__name").annotate(number=Count("pk"))
    held = counted.values_list("class_code", "provider__name", "number")
    return _nodes({(code, holder): number for code, holder, number in held}, LEVELS)


def _nodes(counts: Mapping[tuple[str, str], int], levels: tuple[int, ...]) -> tuple[ClassNode, ...]:
    if not levels:
        return ()
    groups: dict[str, dict[tuple[str, str], int]] = {}
    for (code, holder), number in counts.items():
        if len(code) >= levels[0]:
            groups.setdefault(code[: levels[0]], {})[code, holder] = number
    return tuple(_node(code, group, levels) for code, group in sorted(groups.items()))


def _node(code: str, group: Mapping[tuple[str, str], int], levels: tuple[int, ...]) -> ClassNode:
    holders: Counter[str] = Counter()
    for (_code, holder), number in group.items():
        holders[holder] += number
    most = tuple(name for name, _number in sorted(holders.items(), key=lambda one: (-one[1], one[0]))[:HOLDERS])
    return ClassNode(code, sum(group.values()), most, len(holders) - len(most), _nodes(group, levels[1:]))
