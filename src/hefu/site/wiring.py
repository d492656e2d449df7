"""Every listener of every event: the one place where a lower room's news reaches a higher room.

A listener runs in the announcer's transaction.
"""

from typing import Any

from hefu.kernel.events import Listener

LISTENERS: dict[type[Any], list[Listener]] = {}
