"""What people and workers do with holdings."""

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
from hefu.rooms.holdings.services.reading import drop_versions, look_at, receipt_of, reveal_rejects, take_out
from hefu.rooms.holdings.services.serving import stand_in

__all__ = [
    "cancel_run",
    "change_holding",
    "close_holding",
    "drop_versions",
    "forget_rejects",
    "keep_rejects",
    "look_at",
    "note_progress",
    "open_holding",
    "receipt_of",
    "requeue_lost",
    "reveal_rejects",
    "settle_done",
    "settle_failure",
    "stand_in",
    "start_due",
    "start_run",
    "stop_asked",
    "take_out",
    "take_up",
]
