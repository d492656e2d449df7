"""Every listener of every event: the one place where a lower room's news reaches a higher room.

A listener runs in the announcer's transaction: if it fails, the whole fails.
"""

from typing import Any

from hefu.kernel.actor import system
from hefu.kernel.clock import FixedClock
from hefu.kernel.events import Listener
from hefu.rooms.clocks.terms import ClockExpired, ClockMoved, ClockWarned
from hefu.rooms.deliveries import services as deliveries
from hefu.rooms.deliveries.terms import DeliveryDone
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.terms import GrantIssued, GrantStatus, GrantStopped
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.terms import RequestGranted


def _meet_delivery_clock(event: DeliveryDone) -> None:
    requests.delivery_made(number=event.request, actor=system("deliveries"), clock=FixedClock(event.at))


def _stop_delivery_clock(event: GrantStopped) -> None:
    if event.status in (GrantStatus.REVOKED, GrantStatus.EXPIRED):
        requests.delivery_off(
            number=event.request,
            reason=f"grant {event.grant} {event.status}",
            actor=system("grants"),
            clock=FixedClock(event.at),
        )


LISTENERS: dict[type[Any], list[Listener]] = {
    ClockWarned: [requests.on_clock_warned],
    ClockExpired: [requests.on_clock_expired],
    ClockMoved: [requests.on_clock_moved],
    RequestGranted: [grants.on_request_granted],
    GrantIssued: [deliveries.on_ticket_signed],
    GrantStopped: [deliveries.on_grant_stopped, _stop_delivery_clock],
    DeliveryDone: [_meet_delivery_clock],
}
