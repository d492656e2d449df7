"""Running on one machine: the home folder, settings, the embedded database, the supervisor, the doctor.

Knows no Django and no room. A node runs on Linux.
"""
