"""Writes of what keeps the catalogue whole."""

from hefu.rooms.upkeep.services.counting import count_coverage
from hefu.rooms.upkeep.services.looks import look_at
from hefu.rooms.upkeep.services.reviewing import review_together
from hefu.rooms.upkeep.services.tasks import end_task, import_tasks, register_task
from hefu.rooms.upkeep.services.tying import tie_by_names, tie_system, tie_task, untie_system, untie_task

__all__ = [
    "count_coverage",
    "end_task",
    "import_tasks",
    "look_at",
    "register_task",
    "review_together",
    "tie_by_names",
    "tie_system",
    "tie_task",
    "untie_system",
    "untie_task",
]
