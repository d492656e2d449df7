"""Keeping the catalogue whole: what hangs together, what is missing, what is said twice."""
