"""Sends one alarm to the address of an office, under the policy of addresses that people typed."""

import contextlib
import logging
import threading
from uuid import UUID

from hefu.dataplane.connectors.web import WebServer, WebSession
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.kernel.clock import Clock
from hefu.rooms.deliveries import services
from hefu.rooms.deliveries.decide.hooks import address, signature
from hefu.rooms.deliveries.services import Calling
from hefu.rooms.deliveries.services.carrying import WORKER
from hefu.rooms.deliveries.terms.hooks import CALL_SECONDS
from hefu.rooms.resources import queries as resources

log = logging.getLogger(__name__)


def send_call(call_id: UUID, *, clock: Clock) -> None:
    """Try once to send an alarm, if it is due. Safe to call twice and by two workers at once."""
    calling = services.take_call(call_id=call_id, clock=clock)
    if calling is None:
        return
    status, error = None, None
    try:
        status = _sent(calling, clock)
    except DataPlaneRefusal as refusal:
        error = refusal
    row = services.settle_call(calling=calling, status=status, error=error, clock=clock)
    if row is not None:
        log.info("alarm %s is %s after try %d", row.pk, row.state, row.tries)


def _sent(calling: Calling, clock: Clock) -> int:
    """Return the status that the receiver answers; of what it says beyond that, nothing is read.

    Raises:
        DataPlaneRefusal: It may not be reached, cannot be, or its certificate does not hold.
    """
    to = address(calling.url)
    moment, signed = signature(calling.secret, at=clock.now(), body=calling.body)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Hefu",
        "Hefu-Id": str(calling.id),
        "Hefu-Time": moment,
        "Hefu-Signature": signed,
    }
    server = WebServer(to.host, to.port, "verify-full" if to.encrypted else "disable")
    session = WebSession(server, "named", resources.site_policy(actor=WORKER))
    # A receiver that dribbles is waited for no longer than a silent one.
    ending = threading.Timer(CALL_SECONDS, session.cut)
    ending.start()
    try:
        with contextlib.closing(session), session.asked("POST", to.target, headers, calling.body) as answer:
            return answer.status
    finally:
        ending.cancel()
