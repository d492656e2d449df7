"""Files in an S3-compatible store as a source."""

from dataclasses import dataclass

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.far import Opens
from hefu.dataplane.connectors.s3.connection import S3Connection, S3Session


@dataclass(frozen=True)
class S3Source:
    """A provider's bucket, or a folder in it."""

    connection: S3Connection
    #: Encoding of the text files, as for a folder.
    encoding: str = "utf-8"

    def opens(self, policy: AddressPolicy) -> Opens:
        """Return what opens a session."""
        return lambda side: S3Session(self.connection, side, policy)
