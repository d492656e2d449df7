"""How to reach a folder on an SFTP server. The server has to show the very key that is stored with the source."""

import base64
import contextlib
import hashlib
import hmac
import posixpath
import re
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from hefu.dataplane.connectors.address import AddressPolicy, default_policy, open_socket
from hefu.dataplane.connectors.bounds import LEAST_SECONDS, ended_after, seconds_for
from hefu.dataplane.connectors.far import FarFile, found, is_whole, unfinished
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Seconds until an unreachable or silent server counts as lost.
CONNECT_SECONDS, SILENT_SECONDS = 10, 60
#: How a key's fingerprint is written, as `ssh-keygen -l` prints it.
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class SftpConnection:
    """One account's folder; its repr never shows the password."""

    host: str
    port: int
    user: str
    #: On the server, beginning with `/`.
    folder: str
    #: Fingerprint of the server's key, such as `SHA256:…`.
    host_key: str
    password: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """What is the same for two connections to one folder."""
        return f"sftp {self.host}:{self.port}{self.folder}"


class SftpSession:
    """One session of an SFTP server."""

    def __init__(self, connection: SftpConnection, side: str, policy: AddressPolicy = default_policy) -> None:
        """Connect, hold the server's key against the stored one, and only then send the password.

        Raises:
            AddressRefused: The address policy says no.
            SideLost: The server cannot be reached now.
            SideRefused: Another key than the stored one, or the server refuses us.
        """
        self.connection, self.side = connection, side
        with self.plainly():
            self._socket = open_socket(connection.host, connection.port, policy, CONNECT_SECONDS)
            try:
                self._transport = paramiko.Transport(self._socket)
                self._transport.banner_timeout = self._transport.auth_timeout = CONNECT_SECONDS
                self._transport.start_client(timeout=CONNECT_SECONDS)
                self._refuse_strangers()
                self._transport.auth_password(connection.user, connection.password, fallback=False)
                self._transport.set_keepalive(10)
                opened = paramiko.SFTPClient.from_transport(self._transport)
                if opened is None:
                    raise paramiko.SSHException("no SFTP")
                self._files = opened
                channel = opened.get_channel()
                if channel is not None:
                    channel.settimeout(SILENT_SECONDS)
            except BaseException:
                self.close()
                raise

    def _refuse_strangers(self) -> None:
        shown = fingerprint(self._transport.get_remote_server_key())
        if not hmac.compare_digest(shown, self.connection.host_key):
            text = _(
                "the server shows the key {shown}, which is not the one stored with it; store it when the server's "
                "administrator confirms it"
            )
            raise SideRefused(self.side, Sentence(text, code="side.host_key", shown=shown))

    @contextlib.contextmanager
    def plainly(self) -> Iterator[None]:
        """Tell a driver's error in plain words."""
        try:
            yield
        except DataPlaneRefusal:
            raise
        except (paramiko.SSHException, paramiko.SFTPError, OSError, EOFError) as error:
            raise translated(error, self.side) from None

    @property
    def client(self) -> paramiko.SFTPClient:
        """Return what the driver gives; use it within `plainly`."""
        return self._files

    def files(self) -> list[FarFile]:
        """Return the plain files of the folder, without hidden ones and those that are still being written."""
        with ended_after(LEAST_SECONDS, self.cut, self.side), self.plainly():
            listed = self._files.listdir_attr(self.connection.folder)
        return [
            FarFile(one.filename, one.st_size or 0, str(int(one.st_mtime or 0)))
            for one in listed
            if stat.S_ISREG(one.st_mode or 0) and is_whole(one.filename)
        ]

    def fetch(self, name: str, into: Path, passed: Callable[[int], None] = lambda _: None) -> None:
        """Copy a file of the folder into a file here; one that changes meanwhile is not taken.

        Args:
            name: A name as `files` lists it, without any `/`.
            into: The file to write.
            passed: Told the bytes as they arrive; may raise to end the copying.

        Raises:
            SideLost: The connection is gone, or too slow for the file's size, or the file is still being written.
            SideRefused: There is no such file to read.
        """
        before = found(self.files(), name, self.side, into)
        path = posixpath.join(self.connection.folder, name)
        bound = ended_after(seconds_for(before.size), self.cut, self.side)
        with bound, self.plainly(), self._files.open(path, "rb") as remote, into.open("wb") as file:
            _ask_ahead(remote, before.size)
            left = before.size  # what is appended meanwhile is not read: a file may grow for ever
            while left and (block := remote.read(min(_BLOCK, left))):
                file.write(block)
                left -= len(block)
                passed(len(block))
        after = next((one for one in self.files() if one.name == name), None)
        if after != before or into.stat().st_size != before.size:
            raise SideLost(self.side, unfinished(name))

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        self.cut()

    def cut(self) -> None:
        """End the connection, from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; may be called twice."""
        transport = getattr(self, "_transport", None)
        if transport is not None:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                transport.close()
        with contextlib.suppress(OSError):
            self._socket.close()


def _ask_ahead(remote: paramiko.SFTPFile, size: int) -> None:
    """Let the driver ask for the next parts before the last came; of a cut cable the reader tells, not its thread."""
    asking = remote._prefetch_thread  # type: ignore[attr-defined]

    def quietly(*given: object) -> None:
        with contextlib.suppress(paramiko.SSHException, paramiko.SFTPError, OSError, EOFError):
            asking(*given)

    vars(remote)["_prefetch_thread"] = quietly
    remote.prefetch(size, max_concurrent_requests=64)


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's fingerprint as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def translated(error: BaseException, side: str) -> DataPlaneRefusal:
    """Return what a driver's error means to people: lost (run again) or refused (mend first)."""
    if isinstance(error, paramiko.BadAuthenticationType):
        return SideRefused(side, Sentence(_("the server takes no passwords"), code="side.sftp_password"))
    if isinstance(error, paramiko.AuthenticationException):
        return SideRefused(side, Sentence(_("the account or its password is not right"), code="side.sftp_account"))
    if isinstance(error, FileNotFoundError):
        return SideRefused(side, Sentence(_("the folder or file is not there"), code="side.sftp_absent"))
    if isinstance(error, PermissionError) and side == "target":
        return SideRefused(side, Sentence(_("the account may not write to the folder"), code="side.sftp_read_only"))
    if isinstance(error, PermissionError):
        return SideRefused(side, Sentence(_("the account may not read the folder or file"), code="side.sftp_denied"))
    words = " ".join(str(error).split())[:200] or type(error).__name__
    return SideLost(side, words)
