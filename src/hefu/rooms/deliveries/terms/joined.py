"""The words of deliveries that join two grants."""

import re

from hefu.dataplane.join import JoinKind
from hefu.kernel.words import _
from hefu.rooms.evidence.terms import Kind

#: What the table of joined rows is called: no grant's own table is taken for one.
TABLE_FORM = re.compile(r"joined_[a-z0-9_]{1,50}")

KIND_NAMES = {
    JoinKind.INNER: _("rows that have a partner in the second grant"),
    JoinKind.LEFT: _("all rows of the first grant, with their partner where there is one"),
}

GRANT_JOINED = Kind(
    "grant.joined",
    1,
    ("delivery", "ticket", "with_grant", "kind", "on", "table"),
    "What this grant delivers is joined with what another one delivers to the same consumer; recorded for both.",
)
ENTRY_JOINED = Kind(
    "entry.joined",
    1,
    ("grant", "with_grant", "with_entry", "delivery"),
    "Rows of this entry are joined with those of another one for the first time under two grants; recorded for both.",
)
JOIN_TIMES_SET = Kind(
    "grant.join_times_set",
    1,
    ("timetable", "next_at", "with_grant", "table"),
    "When this grant's rows are joined with another one's again was set; recorded for both.",
)
JOIN_TIMES_DROPPED = Kind(
    "grant.join_times_dropped",
    1,
    ("timetable", "with_grant", "table"),
    "This grant's rows are no more joined by themselves; recorded for both.",
)
