"""Reads of the catalogue as lists of responsibilities and as a tree of classes."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from hefu.kernel.actor import Actor
from hefu.rooms.catalog import queries as catalog

#: Digits of a class code at which a level of the tree ends: 类, 项, 目.
LEVELS = (1, 3, 6)


@dataclass(frozen=True)
class ClassNode:
    """One class with the entries in force of it and of all below it."""

    code: str
    count: int
    below: tuple["ClassNode", ...] = ()


def class_tree(*, viewer: Actor) -> tuple[ClassNode, ...]:
    """Return the classes that entries in force stand in, three levels deep, with their numbers."""
    rows = catalog.published(viewer=viewer).order_by().select_related(None).defer(None)
    counts = dict(rows.values_list("class_code").annotate(number=Count("pk")).values_list("class_code", "number"))
    return _nodes(counts, LEVELS)


def _nodes(counts: dict[str, int], levels: tuple[int, ...]) -> tuple[ClassNode, ...]:
    if not levels:
        return ()
    groups: dict[str, dict[str, int]] = {}
    for code, number in counts.items():
        if len(code) >= levels[0]:
            groups.setdefault(code[: levels[0]], {})[code] = number
    return tuple(
        ClassNode(code, sum(group.values()), _nodes(group, levels[1:])) for code, group in sorted(groups.items())
    )


def with_sources(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return entries with the department that the authority named as their source, read along."""
    return rows.select_related("provider", "source_naming__department")


def source_name(entry: Any) -> str:
    """Return the source department of an entry read by `with_sources`: the named one, else its provider."""
    naming = getattr(entry, "source_naming", None)
    return str(naming.department.name if naming else entry.provider.name)
