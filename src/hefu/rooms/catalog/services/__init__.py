"""Writes of the catalogue."""

from hefu.rooms.catalog.services.answering import answer_once
from hefu.rooms.catalog.services.drafting import change_entry, draft_entry, drop_draft
from hefu.rooms.catalog.services.fetching import begin_fetch, fetch_on, fetch_site
from hefu.rooms.catalog.services.imports import import_entries
from hefu.rooms.catalog.services.intakes import (
    FETCH,
    apply_intake,
    bring_file,
    carry_on,
    map_intake,
    name_offices,
    stop_intake,
    take_up_lost,
)
from hefu.rooms.catalog.services.mappings import learn_mapping
from hefu.rooms.catalog.services.providers import register_providers
from hefu.rooms.catalog.services.quarantine import Mended, mend_rows, set_aside_rows
from hefu.rooms.catalog.services.review import review_entry, submit_entry
from hefu.rooms.catalog.services.searches import drop_search, keep_search, look_for_people, note_use, read_notices
from hefu.rooms.catalog.services.updating import extend_update, note_cause, text_ended
from hefu.rooms.catalog.services.upserting import Outcome, upsert_entry
from hefu.rooms.catalog.services.withdrawing import (
    MOST_AT_ONCE,
    Left,
    review_withdrawal,
    withdraw_entries,
    withdraw_entry,
)

__all__ = [
    "FETCH",
    "MOST_AT_ONCE",
    "Left",
    "Mended",
    "Outcome",
    "answer_once",
    "apply_intake",
    "begin_fetch",
    "bring_file",
    "carry_on",
    "change_entry",
    "draft_entry",
    "drop_draft",
    "drop_search",
    "extend_update",
    "fetch_on",
    "fetch_site",
    "import_entries",
    "keep_search",
    "learn_mapping",
    "look_for_people",
    "map_intake",
    "mend_rows",
    "name_offices",
    "note_cause",
    "note_use",
    "read_notices",
    "register_providers",
    "review_entry",
    "review_withdrawal",
    "set_aside_rows",
    "stop_intake",
    "submit_entry",
    "take_up_lost",
    "text_ended",
    "upsert_entry",
    "withdraw_entries",
    "withdraw_entry",
]
