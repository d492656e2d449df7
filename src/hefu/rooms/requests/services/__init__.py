"""Writes of requests: drafting and handing in, answering, more time, delivery, and what departments are told."""

from hefu.rooms.requests.services.answering import decide_request, give_opinion
from hefu.rooms.requests.services.delivering import delivery_made, delivery_off
from hefu.rooms.requests.services.drafting import (
    change_request,
    draft_request,
    return_incomplete,
    submit_request,
    withdraw_request,
)
from hefu.rooms.requests.services.extending import ask_extension, consent_extension
from hefu.rooms.requests.services.telling import tell_due_soon, tell_overdue

__all__ = [
    "ask_extension",
    "change_request",
    "consent_extension",
    "decide_request",
    "delivery_made",
    "delivery_off",
    "draft_request",
    "give_opinion",
    "return_incomplete",
    "submit_request",
    "tell_due_soon",
    "tell_overdue",
    "withdraw_request",
]
