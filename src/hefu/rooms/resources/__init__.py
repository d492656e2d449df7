"""Where data really lies and where it may arrive: systems, sources, targets, and what is mounted on an entry."""
