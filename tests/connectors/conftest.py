"""Servers that the connectors' tests share."""

from tests.mariadb import a_maria, maria, other_maria
from tests.sftp import sftp

__all__ = ["a_maria", "maria", "other_maria", "sftp"]
