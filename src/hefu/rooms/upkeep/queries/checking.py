"""Reads of what reviewers would send back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from hefu.kernel.actor import Actor, system
from hefu.kernel.names import folded
from hefu.law.rules import Rules
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.resources import queries as resources
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.models import Round
from hefu.rooms.upkeep.queries.naming import recollected_in
from hefu.rooms.upkeep.terms import Finding, Neighbours
from hefu.rooms.upkeep.terms.cases import HEARS_RULE

_PLATFORM = system("upkeep")
#: Rule of the packs: by which numbers shared data names people and organisations.
IDENTIFIERS_RULE = "resources.identifiers"


def findings_of(entry_id: UUID, *, viewer: Actor) -> tuple[Finding, ...]:
    """Return what a reviewer would send an entry or change back for.

    Raises:
        NotFound: No such entry that the viewer may read.
    """
    row = catalog.entry(entry_id, viewer=viewer)
    return findings_of_many([row])[row.pk]


def findings_of_many(rows: Iterable[Any]) -> dict[UUID, tuple[Finding, ...]]:
    """Return the findings of entries that were read for their viewer."""
    by_provider: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        by_provider[row.provider_id].append(row)
    found = [row.pk for group in by_provider.values() for row in group]
    heard = frozenset(Round.objects.filter(entry_id__in=found).values_list("entry_id", flat=True))
    contents = {row.pk: (catalog.content_of(row), row.provider_id) for group in by_provider.values() for row in group}
    again = {
        key: tuple((one.item, one.source.name, one.entry.code) for one in told)
        for key, told in recollected_in(contents, viewer=_PLATFORM).items()
    }
    return {
        row.pk: decide.findings(
            contents[row.pk][0], replace(_around(row, names, systems, rules, heard), recollected=again[row.pk])
        )
        for provider, group in by_provider.items()
        for names, systems in [_beside(provider)]
        for rules in [clocks.rules_at(group[0].provider.place)]
        for row in group
    }


def _beside(provider_id: UUID) -> tuple[list[tuple[UUID, str, str]], frozenset[str]]:
    """Return the department's entries (id, code, name) and its systems' folded names."""
    rows = catalog.entries_of(provider_id, viewer=_PLATFORM).exclude(status="withdrawn").order_by()
    systems = resources.registered_systems(viewer=_PLATFORM).filter(department_id=provider_id)
    return list(rows.values_list("pk", "code", "name")), frozenset(
        folded(name) for name in systems.values_list("name", flat=True)
    )


def _around(
    row: Any, names: list[tuple[UUID, str, str]], systems: frozenset[str], rules: Rules, heard: frozenset[UUID]
) -> Neighbours:
    own = {row.pk, row.changes_to_id}
    others = tuple((code, name) for pk, code, name in names if pk not in own)
    day = row.changed_at.date()
    # A new entry is compiled; the next version of one in force follows what has changed.
    unheard = not row.is_change and row.pk not in heard and rules.has(HEARS_RULE, on=day)
    return Neighbours(others, systems, row.original or {}, _identifiers(rules, on=day), unheard)


def _identifiers(rules: Rules, *, on: date) -> frozenset[str]:
    """Return how the law of a place wants people and organisations named on the day an entry was written."""
    return frozenset(rules.listing(IDENTIFIERS_RULE, on=on).ids if rules.has(IDENTIFIERS_RULE, on=on) else ())
