"""Servers that the connectors' tests share."""

from tests.mariadb import a_maria, maria, other_maria

__all__ = ["a_maria", "maria", "other_maria"]
