"""Writes of what keeps the catalogue whole."""

from hefu.rooms.upkeep.services.assessing import assess_entry, on_entry_submitted
from hefu.rooms.upkeep.services.commenting import answer_comment, close_round, comment, open_round
from hefu.rooms.upkeep.services.consulting import comment_publicly, look_at_comment
from hefu.rooms.upkeep.services.counting import count_coverage
from hefu.rooms.upkeep.services.likeness import find_duplicates
from hefu.rooms.upkeep.services.looks import look_at
from hefu.rooms.upkeep.services.naming import find_different, name_source, name_sources, take_back
from hefu.rooms.upkeep.services.needs import answer_need, ask_for_data, meet_need, name_provider, refuse_need
from hefu.rooms.upkeep.services.overlap import (
    allow_overlap,
    ask_overlap,
    ask_stale,
    cancel_overlap,
    end_overlap,
    on_entry_published,
    on_entry_withdrawn,
    on_mount_changed,
    run_overlap,
)
from hefu.rooms.upkeep.services.reviewing import review_together
from hefu.rooms.upkeep.services.scanning import ask_scan, ignore_proposal, scan_source, settle_together, take_proposal
from hefu.rooms.upkeep.services.systems import choose_new_system, choose_system, leave_without_system, propose_system
from hefu.rooms.upkeep.services.tasks import end_task, import_tasks, move_tasks, register_task
from hefu.rooms.upkeep.services.tying import tie_by_names, tie_system, tie_task, untie_system, untie_task
from hefu.rooms.upkeep.services.yearly import close_full_review, open_due_reviews, open_full_review, say_of_entries

__all__ = [
    "allow_overlap",
    "answer_comment",
    "answer_need",
    "ask_for_data",
    "ask_overlap",
    "ask_scan",
    "ask_stale",
    "assess_entry",
    "cancel_overlap",
    "choose_new_system",
    "choose_system",
    "close_full_review",
    "close_round",
    "comment",
    "comment_publicly",
    "count_coverage",
    "end_overlap",
    "end_task",
    "find_different",
    "find_duplicates",
    "ignore_proposal",
    "import_tasks",
    "leave_without_system",
    "look_at",
    "look_at_comment",
    "meet_need",
    "move_tasks",
    "name_provider",
    "name_source",
    "name_sources",
    "on_entry_published",
    "on_entry_submitted",
    "on_entry_withdrawn",
    "on_mount_changed",
    "open_due_reviews",
    "open_full_review",
    "open_round",
    "propose_system",
    "refuse_need",
    "register_task",
    "review_together",
    "run_overlap",
    "say_of_entries",
    "scan_source",
    "settle_together",
    "take_back",
    "take_proposal",
    "tie_by_names",
    "tie_system",
    "tie_task",
    "untie_system",
    "untie_task",
]
