"""An SFTP server of its own for a test: OpenSSH's sftp-server behind a transport on loopback."""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
import pytest

from hefu.dataplane.connectors.sftp.connection import SftpConnection, fingerprint

USER, PASSWORD = "exchange", "a long pass'word"
_PLACES = "/usr/lib/openssh:/usr/libexec/openssh:/usr/lib/ssh:/usr/libexec"


class Door(paramiko.ServerInterface):
    """Lets one account in."""

    def check_auth_password(self, username: str, password: str) -> int:
        """Hold the password against the account's."""
        right = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        """Offer passwords."""
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """Open sessions."""
        return paramiko.OPEN_SUCCEEDED


class Files(paramiko.SubsystemHandler):
    """Passes bytes between a channel and a process of sftp-server."""

    def __init__(self, channel: Any, name: str, server: Any, program: str) -> None:
        super().__init__(channel, name, server)
        self._program = program

    def start_subsystem(self, name: str, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        """Serve until one side ends."""
        with subprocess.Popen([self._program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
            assert running.stdin
            assert running.stdout
            back = threading.Thread(target=self._back, args=(running.stdout, channel), daemon=True)
            back.start()
            with contextlib.suppress(OSError, EOFError):
                while data := channel.recv(1 << 16):
                    running.stdin.write(data)
                    running.stdin.flush()
            with contextlib.suppress(OSError):
                running.stdin.close()
            back.join(5)

    @staticmethod
    def _back(out: Any, channel: paramiko.Channel) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := os.read(out.fileno(), 1 << 16):
                channel.sendall(data)


@dataclass(frozen=True)
class SftpServer:
    """A running server."""

    port: int
    #: What it serves; the whole machine, as that account sees it.
    folder: Path
    host_key: str

    @property
    def connection(self) -> SftpConnection:
        """Return how the data plane reaches it."""
        return SftpConnection("127.0.0.1", self.port, USER, str(self.folder), self.host_key, PASSWORD)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    """Start the server for one test."""
    program = shutil.which("sftp-server", path=_PLACES)
    if program is None:
        pytest.skip("sftp-server is not installed: apt-get install openssh-sftp-server brings it")
    key = paramiko.ECDSAKey.generate()
    folder = tmp_path / "remote"
    folder.mkdir()
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(client)
            open_ones.append(transport)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", Files, program)
            with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
                transport.start_server(event=threading.Event(), server=Door())

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield SftpServer(listener.getsockname()[1], folder, fingerprint(key))
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves `accept` waiting
    listener.close()
    thread.join(5)
    for transport in open_ones:
        transport.close()
