"""The control plane: one Django app a room, each with the same files. A lower room never calls a higher one."""
