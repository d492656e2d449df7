"""Writes of the catalogue."""

from hefu.rooms.catalog.services.drafting import change_entry, draft_entry, drop_draft
from hefu.rooms.catalog.services.imports import import_entries
from hefu.rooms.catalog.services.providers import register_providers
from hefu.rooms.catalog.services.review import review_entry, submit_entry, withdraw_entry
from hefu.rooms.catalog.services.searches import drop_search, keep_search, look_for_people, note_use, read_notices
from hefu.rooms.catalog.services.updating import extend_update, note_cause, review_in_full, text_ended

__all__ = [
    "change_entry",
    "draft_entry",
    "drop_draft",
    "drop_search",
    "extend_update",
    "import_entries",
    "keep_search",
    "look_for_people",
    "note_cause",
    "note_use",
    "read_notices",
    "register_providers",
    "review_entry",
    "review_in_full",
    "submit_entry",
    "text_ended",
    "withdraw_entry",
]
