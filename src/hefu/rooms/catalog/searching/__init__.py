"""The catalogue's search: what changed, the index of this host, questions, and searches that people keep."""
