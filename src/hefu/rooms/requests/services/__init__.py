"""Writes of requests: drafting and handing in, answering, more time, delivery, and what the clocks say."""

from hefu.rooms.requests.services.answering import decide_request, give_opinion
from hefu.rooms.requests.services.delivering import (
    delivery_failed,
    delivery_made,
    delivery_off,
    tell_following,
    tell_missed,
    tell_silence,
)
from hefu.rooms.requests.services.drafting import (
    change_request,
    draft_request,
    return_incomplete,
    submit_request,
    withdraw_request,
)
from hefu.rooms.requests.services.extending import ask_extension, consent_extension
from hefu.rooms.requests.services.hearing import tell_idle, tell_terms_changed, tell_withdrawn
from hefu.rooms.requests.services.listening import on_clock_expired, on_clock_moved, on_clock_warned

__all__ = [
    "ask_extension",
    "change_request",
    "consent_extension",
    "decide_request",
    "delivery_failed",
    "delivery_made",
    "delivery_off",
    "draft_request",
    "give_opinion",
    "on_clock_expired",
    "on_clock_moved",
    "on_clock_warned",
    "return_incomplete",
    "submit_request",
    "tell_following",
    "tell_idle",
    "tell_missed",
    "tell_silence",
    "tell_terms_changed",
    "tell_withdrawn",
    "withdraw_request",
]
