"""Writes of deliveries: what people ask, what the worker reports, what is kept."""

from hefu.rooms.deliveries.services.asking import (
    begin_terms,
    cancel_delivery,
    on_grant_stopped,
    on_ticket_signed,
    retry_delivery,
    start_delivery,
)
from hefu.rooms.deliveries.services.carrying import (
    Carriage,
    hand_back,
    note_progress,
    requeue_lost,
    settle_done,
    settle_failure,
    stop_reason,
    take_up,
)
from hefu.rooms.deliveries.services.keeping import (
    Fetched,
    fetch_file,
    forget_old,
    forget_rejects,
    keep_rejects,
    receipt_of,
)

__all__ = [
    "Carriage",
    "Fetched",
    "begin_terms",
    "cancel_delivery",
    "fetch_file",
    "forget_old",
    "forget_rejects",
    "hand_back",
    "keep_rejects",
    "note_progress",
    "on_grant_stopped",
    "on_ticket_signed",
    "receipt_of",
    "requeue_lost",
    "retry_delivery",
    "settle_done",
    "settle_failure",
    "start_delivery",
    "stop_reason",
    "take_up",
]
