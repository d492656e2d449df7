"""Pages of the catalogue: find, read, write, review, import."""
