"""Writes of grants: issue, open, suspend, resume, narrow, revoke, expire; and who looks into idle ones."""

from hefu.rooms.grants.decide import Wanted
from hefu.rooms.grants.services.holding import (
    end_unmended,
    expire_due,
    hold_grant,
    narrow_grant,
    resume_grant,
    revoke_grant,
    suspend_grant,
)
from hefu.rooms.grants.services.idling import keep_idle, note_use, watch_idle
from hefu.rooms.grants.services.issuing import (
    choose_target,
    choose_way,
    issue_grant,
    mount_changed,
    on_mount_changed,
    on_request_granted,
    open_grant,
    open_waiting,
)
from hefu.rooms.grants.services.using import record_use

__all__ = [
    "Wanted",
    "choose_target",
    "choose_way",
    "end_unmended",
    "expire_due",
    "hold_grant",
    "issue_grant",
    "keep_idle",
    "mount_changed",
    "narrow_grant",
    "note_use",
    "on_mount_changed",
    "on_request_granted",
    "open_grant",
    "open_waiting",
    "record_use",
    "resume_grant",
    "revoke_grant",
    "suspend_grant",
    "watch_idle",
]
