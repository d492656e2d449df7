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
        _here.refused = AddressRefused(host=host, port=port, detail="the server sent the driver to another address")
        raise _here.refused


@contextlib.contextmanager
def only_to(address: str, port: int) -> Iterator[None]:
    """Let this thread connect to that address alone while the block lasts.

    Raises:
        AddressRefused: The driver tried another one, whatever it makes of being refused.
    """
    global _hooked
    with _lock:
        if not _hooked:
            sys.addaudithook(_told)
            _hooked = True
    _here.allowed, _here.refused = (address, port), None
    try:
        yield
    except Exception:
        if _here.refused is not None:
            raise _here.refused from None
        raise
    finally:
        _here.allowed = None
