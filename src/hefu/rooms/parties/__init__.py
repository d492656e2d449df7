"""Departments, people and the seats in which people act for departments."""
