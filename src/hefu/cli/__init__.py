"""The `hefu` command. Surfaces only: every rule lives in the rooms, every run-time matter in the node."""
