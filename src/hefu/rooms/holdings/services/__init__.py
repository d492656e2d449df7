"""What people and workers do with holdings."""

from hefu.rooms.holdings.services.after import collections_follow
from hefu.rooms.holdings.services.asking import (
    cancel_run,
    change_holding,
    close_holding,
    open_holding,
    start_due,
    start_run,
)
from hefu.rooms.holdings.services.carrying import (
    forget_rejects,
    keep_rejects,
    note_progress,
    requeue_lost,
    settle_done,
    settle_failure,
    stop_asked,
    take_up,
)
from hefu.rooms.holdings.services.keeping import drop_versions, keep_for, keep_library_for, thin_out
from hefu.rooms.holdings.services.libraries import (
    define_library,
    look_up,
    requeue_lost_libraries,
    reveal_conflicts,
    settle_assembled,
    settle_not_assembled,
    start_assembly,
    take_up_library,
)
from hefu.rooms.holdings.services.passing import catalogue_library, consent, library_for, passing_of, withdraw_consent
from hefu.rooms.holdings.services.reading import look_at, receipt_of, reveal_rejects, take_out
from hefu.rooms.holdings.services.serving import stand_in
from hefu.rooms.holdings.services.times import collected, start_due_libraries, time_library

__all__ = [
    "cancel_run",
    "catalogue_library",
    "change_holding",
    "close_holding",
    "collected",
    "collections_follow",
    "consent",
    "define_library",
    "drop_versions",
    "forget_rejects",
    "keep_for",
    "keep_library_for",
    "keep_rejects",
    "library_for",
    "look_at",
    "look_up",
    "note_progress",
    "open_holding",
    "passing_of",
    "receipt_of",
    "requeue_lost",
    "requeue_lost_libraries",
    "reveal_conflicts",
    "reveal_rejects",
    "settle_assembled",
    "settle_done",
    "settle_failure",
    "settle_not_assembled",
    "stand_in",
    "start_assembly",
    "start_due",
    "start_due_libraries",
    "start_run",
    "stop_asked",
    "take_out",
    "take_up",
    "take_up_library",
    "thin_out",
    "time_library",
    "withdraw_consent",
]
