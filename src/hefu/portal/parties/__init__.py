"""Pages of departments, people and seats."""
