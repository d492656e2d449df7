"""Reads of what keeps the catalogue whole, scoped to the viewer."""

from hefu.rooms.upkeep.queries.checking import findings_of, findings_of_many
from hefu.rooms.upkeep.queries.coverage import by_place, coverage, offending
from hefu.rooms.upkeep.queries.ties import (
    entries_of_task,
    look_of,
    stale_looks,
    systems_of,
    task,
    tasks,
    tasks_of,
    waits_for_names,
)

__all__ = [
    "by_place",
    "coverage",
    "entries_of_task",
    "findings_of",
    "findings_of_many",
    "look_of",
    "offending",
    "stale_looks",
    "systems_of",
    "task",
    "tasks",
    "tasks_of",
    "waits_for_names",
]
