"""Tables of what keeps the catalogue whole."""

from hefu.rooms.upkeep.models.ties import Count, Look, SystemTie, Task, TaskTie

__all__ = ["Count", "Look", "SystemTie", "Task", "TaskTie"]
