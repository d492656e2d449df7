"""Pages of grants: the list, one grant with its ticket, and what may be done with it."""
