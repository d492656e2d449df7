"""Writes of the catalogue."""

from hefu.rooms.catalog.services.drafting import change_entry, draft_entry, drop_draft
from hefu.rooms.catalog.services.review import review_entry, submit_entry, withdraw_entry

__all__ = ["change_entry", "draft_entry", "drop_draft", "review_entry", "submit_entry", "withdraw_entry"]
