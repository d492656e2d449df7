"""Pages of where data goes: the map of all flows, and each column's way from source to consumer."""
