"""The kinds of evidence that the catalogue writes."""

from hefu.rooms.evidence.terms import Kind

ENTRY_DRAFTED = Kind(
    "entry.drafted", 1, ("code", "provider", "replaces_version", "digest"), "A department drafted an entry or change."
)
ENTRY_CHANGED = Kind("entry.changed", 1, ("code", "fields", "digest"), "A draft was rewritten.")
ENTRY_DROPPED = Kind("entry.dropped", 1, ("code", "digest"), "A draft was thrown away.")
ENTRY_SUBMITTED = Kind(
    "entry.submitted", 1, ("code", "provider", "secrecy", "personal_info", "assessed_on", "digest"), "The head signed."
)
ENTRY_RETURNED = Kind("entry.returned", 1, ("code", "reasons", "digest"), "The authority sent an entry back.")
ENTRY_PUBLISHED = Kind(
    "entry.published", 1, ("code", "version", "provider", "share_type", "digest"), "The authority put it into force."
)
ENTRY_WITHDRAWN = Kind("entry.withdrawn", 1, ("code", "version", "reason"), "An entry left the catalogue.")
_IMPORTED = ("batch", "file_digest", "published", "taken", "changed", "unchanged", "refused", "entries_digest")
CATALOG_IMPORTED = Kind(
    "catalog.imported", 1, _IMPORTED, "A file was imported. `entries_digest`: each entry's code, version and digest."
)
_MENDED = ("batch", "published", "taken", "columns", "entries_digest")
CATALOG_MENDED = Kind("catalog.mended", 1, _MENDED, "Rows that an import had refused were put right and taken in.")
_DIGEST = "The text is a digest."
CAUSE_NOTED = Kind(
    "entry.cause_noted", 1, ("code", "cause", "on", "due_on", "note"), f"An entry must follow a change. {_DIGEST}"
)
UPDATE_EXTENDED = Kind(
    "entry.update_extended",
    1,
    ("code", "days", "due_before", "due_on", "reason"),
    f"An update got more time. {_DIGEST}",
)
WITHDRAWAL_ASKED = Kind(
    "entry.withdrawal_asked", 1, ("code", "version", "due_on", "reason"), f"A withdrawal waits for review. {_DIGEST}"
)
WITHDRAWAL_DECLINED = Kind(
    "entry.withdrawal_declined", 1, ("code", "version", "reasons"), f"A withdrawal was declined. {_DIGEST}"
)
