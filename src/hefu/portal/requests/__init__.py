"""Pages of requests: the list, the form, the case."""
