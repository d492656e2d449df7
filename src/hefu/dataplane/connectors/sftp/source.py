"""Files on an SFTP server as a source."""

from dataclasses import dataclass

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.far import Opens
from hefu.dataplane.connectors.sftp.connection import SftpConnection, SftpSession


@dataclass(frozen=True)
class SftpSource:
    """A provider's folder on an SFTP server."""

    connection: SftpConnection
    #: Encoding of the text files, as for a folder.
    encoding: str = "utf-8"

    def opens(self, policy: AddressPolicy) -> Opens:
        """Return what opens a session."""
        return lambda side: SftpSession(self.connection, side, policy)
