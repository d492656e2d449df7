"""Pages of the evidence log."""
