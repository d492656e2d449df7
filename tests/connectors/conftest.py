"""Servers that the connectors' tests share."""

from tests.interface import interfaces
from tests.mariadb import a_maria, maria, other_maria
from tests.s3 import a_store, store
from tests.sftp import sftp

__all__ = ["a_maria", "a_store", "interfaces", "maria", "other_maria", "sftp", "store"]
