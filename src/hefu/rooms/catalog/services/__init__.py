"""Writes of the catalogue."""

from hefu.rooms.catalog.services.drafting import change_entry, draft_entry, drop_draft
from hefu.rooms.catalog.services.imports import import_entries
from hefu.rooms.catalog.services.providers import register_providers
from hefu.rooms.catalog.services.review import review_entry, submit_entry, withdraw_entry

__all__ = [
    "change_entry",
    "draft_entry",
    "drop_draft",
    "import_entries",
    "register_providers",
    "review_entry",
    "submit_entry",
    "withdraw_entry",
]
