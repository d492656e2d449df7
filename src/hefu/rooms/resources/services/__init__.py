"""Writes of systems, places and mounts."""

from hefu.rooms.resources.services.mounting import map_columns, mount, set_rules, unmount
from hefu.rooms.resources.services.places import (
    allow,
    assign_system,
    change_secret,
    change_source,
    change_target,
    close_source,
    close_target,
    disallow,
    register_library,
    register_source,
    register_system,
    register_target,
    test_source,
    test_target,
)

__all__ = [
    "allow",
    "assign_system",
    "change_secret",
    "change_source",
    "change_target",
    "close_source",
    "close_target",
    "disallow",
    "map_columns",
    "mount",
    "register_library",
    "register_source",
    "register_system",
    "register_target",
    "set_rules",
    "test_source",
    "test_target",
    "unmount",
]
