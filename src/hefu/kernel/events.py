"""How a lower room tells a higher one without knowing it: frozen events, one list of listeners.

`hefu.site.wiring` fills the list once at start-up. A listener runs in the announcer's transaction:
if it fails, the whole fails.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Listener = Callable[[Any], None]

_listeners: dict[type[Any], list[Listener]] = defaultdict(list)


def wire(listeners: dict[type[Any], list[Listener]]) -> None:
    """Replace the whole list of listeners; called by `hefu.site.wiring` alone."""
    _listeners.clear()
    for event, calls in listeners.items():
        _listeners[event].extend(calls)


def announce(event: Any) -> None:
    """Call every listener of the event's class, in the order of the list, now."""
    for listener in _listeners[type(event)]:
        listener(event)
