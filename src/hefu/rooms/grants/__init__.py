"""Permissions: what was decided, as a signed ticket that the data plane obeys; suspended, narrowed, ended."""
