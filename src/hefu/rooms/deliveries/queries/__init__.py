"""Reads of deliveries, scoped to the viewer."""

from hefu.rooms.deliveries.queries.burden import Burden, burden
from hefu.rooms.deliveries.queries.carried import (
    ProgressNow,
    RejectSummary,
    RejectView,
    actions,
    deliveries,
    delivery,
    done_entry,
    files_folder,
    progress,
    reject_purpose,
    reject_summary,
    rejects,
    reveal,
    sent_as,
    standing,
)
from hefu.rooms.deliveries.queries.comparing import comparisons
from hefu.rooms.deliveries.queries.flows import Flow, flows
from hefu.rooms.deliveries.queries.following import (
    FollowNow,
    ProcessNow,
    alarmed,
    follow_now,
    followers,
    following,
    lags,
    sparing,
    sparing_of,
    window,
    windows,
)
from hefu.rooms.deliveries.queries.hooks import hook, hook_calls, hooks, last_calls, shown_url
from hefu.rooms.deliveries.queries.increments import increment_of, increments_of
from hefu.rooms.deliveries.queries.joined import join_times_of, joined_by_the_clock, joined_of
from hefu.rooms.deliveries.queries.news import news_of
from hefu.rooms.deliveries.queries.timetable import Times, comparing_times_of, times_of, works_at

__all__ = [
    "Burden",
    "Flow",
    "FollowNow",
    "ProcessNow",
    "ProgressNow",
    "RejectSummary",
    "RejectView",
    "Times",
    "actions",
    "alarmed",
    "burden",
    "comparing_times_of",
    "comparisons",
    "deliveries",
    "delivery",
    "done_entry",
    "files_folder",
    "flows",
    "follow_now",
    "followers",
    "following",
    "hook",
    "hook_calls",
    "hooks",
    "increment_of",
    "increments_of",
    "join_times_of",
    "joined_by_the_clock",
    "joined_of",
    "lags",
    "last_calls",
    "news_of",
    "progress",
    "reject_purpose",
    "reject_summary",
    "rejects",
    "reveal",
    "sent_as",
    "shown_url",
    "sparing",
    "sparing_of",
    "standing",
    "times_of",
    "window",
    "windows",
    "works_at",
]
