"""Keeps a driver that opens its own sockets to the address that was allowed.

A listener of Oracle may answer that the database is elsewhere, and the driver goes there by itself. Python tells of
every connection of a socket before it is made; while the guard is up, this thread may make only the one.
"""

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any

from hefu.dataplane.errors import AddressRefused

_here = threading.local()
_lock = threading.Lock()
_hooked = False


def _told(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    allowed = getattr(_here, "allowed", None)
    address = arguments[1]
    if allowed is not None and (not isinstance(address, tuple) or tuple(address[:2]) != allowed):
        host, port = (address[0], address[1]) if isinstance(address, tuple) else (str(address), 0)
        raise AddressRefused(host=host, port=port, detail="the server sent the driver to another address")


@contextlib.contextmanager
def only_to(address: str, port: int) -> Iterator[None]:
    """Let this thread connect to that address alone while the block lasts."""
    global _hooked
    with _lock:
        if not _hooked:
            sys.addaudithook(_told)
            _hooked = True
    _here.allowed = (address, port)
    try:
        yield
    finally:
        _here.allowed = None
