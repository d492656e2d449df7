"""Append-only record of what happened, sequenced into a Merkle log. Everyone writes here, nobody edits."""
