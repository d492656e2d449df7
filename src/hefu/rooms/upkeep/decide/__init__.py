"""Decisions on what keeps the catalogue whole: pure functions over frozen facts."""

from hefu.rooms.upkeep.decide.checks import findings
from hefu.rooms.upkeep.decide.ties import COLUMNS_OF_TASKS, columns_of_tasks, named, task_fault, task_lines

__all__ = ["COLUMNS_OF_TASKS", "columns_of_tasks", "findings", "named", "task_fault", "task_lines"]
