"""A folder on an SFTP server as a place for files: written under another name, renamed when it is whole."""

import posixpath
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import paramiko

from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.sftp.connection import SftpConnection, SftpSession
from hefu.dataplane.errors import SideLost
from hefu.kernel.words import Sentence, _

_BLOCK = 1 << 18


@dataclass(frozen=True)
class SftpDrop:
    """A consumer's folder on an SFTP server."""

    connection: SftpConnection

    def opened(self, policy: AddressPolicy) -> "SftpDropSession":
        """Return a session."""
        return SftpDropSession(SftpSession(self.connection, "target", policy))


class SftpDropSession:
    """Puts files."""

    def __init__(self, session: SftpSession) -> None:
        """Put them with `session`."""
        self._session = session

    def put(self, file: Path, name: str, delivery: str, sha256: str, passed: Callable[[int], None]) -> None:
        """Bring a file there. A file of the name is replaced: the name holds the delivery's number.

        Raises:
            SideLost: The connection is gone, or what arrived is not as long as what left.
            SideRefused: The server says no.
        """
        folder, files = self._session.connection.folder, self._session.client
        aside, whole = posixpath.join(folder, f".{name}.part"), posixpath.join(folder, name)
        with self._session.plainly():
            try:
                with files.open(aside, "wb") as remote, file.open("rb") as opened:
                    remote.set_pipelined(True)
                    while block := opened.read(_BLOCK):
                        remote.write(block)
                        passed(len(block))
                if files.stat(aside).st_size != file.stat().st_size:
                    text = _("what arrived is not what was sent")
                    raise SideLost("target", Sentence(text, code="side.sftp_arrived"))
                self._renamed(aside, whole)
            except BaseException:
                with suppress(OSError, EOFError, paramiko.SSHException):
                    files.remove(aside)
                raise

    def _renamed(self, aside: str, whole: str) -> None:
        try:
            self._session.client.posix_rename(aside, whole)
        except OSError:
            # A server without that extension never replaces: what an earlier try put there goes first.
            with suppress(FileNotFoundError):
                self._session.client.remove(whole)
            self._session.client.rename(aside, whole)

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        self._session.close()

    def cut(self) -> None:
        """End the connection."""
        self._session.close()

    def close(self) -> None:
        """Close; may be called twice."""
        self._session.close()
