"""Pages of information systems, sources, targets, mounts and check rules."""
