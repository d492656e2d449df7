"""The JSON interface for programs: by room, described in OpenAPI; no rule is decided here."""
