"""Decisions on what keeps the catalogue whole: pure functions over frozen facts."""

from hefu.rooms.upkeep.decide.checks import findings
from hefu.rooms.upkeep.decide.likeness import NAMES_IN, NEAR, WARNS, bands, likeness, matches, telling
from hefu.rooms.upkeep.decide.overlap import alike_by_values, left_out, says_something, weighed
from hefu.rooms.upkeep.decide.scanning import grade_of, item, of_table
from hefu.rooms.upkeep.decide.systems import fits, suggested_name
from hefu.rooms.upkeep.decide.ties import COLUMNS_OF_TASKS, columns_of_tasks, named, task_fault, task_lines

__all__ = [
    "COLUMNS_OF_TASKS",
    "NAMES_IN",
    "NEAR",
    "WARNS",
    "alike_by_values",
    "bands",
    "columns_of_tasks",
    "findings",
    "fits",
    "grade_of",
    "item",
    "left_out",
    "likeness",
    "matches",
    "named",
    "of_table",
    "says_something",
    "suggested_name",
    "task_fault",
    "task_lines",
    "telling",
    "weighed",
]
