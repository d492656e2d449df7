"""Waits for the first page without ever standing still."""

import select
import socket
from contextlib import suppress


class FirstPage:
    """Asks a web server for a page and looks, each time it is called, whether the answer has begun.

    One patient question rather than many hasty ones: a server that is still loading would have to answer
    every one of them before it gets to a person's.
    """

    def __init__(self, host: str, port: int, *, name: str) -> None:
        """Ask at `host`:`port` for `/`, under the host name `name`."""
        self._where = ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)  # noqa: S104 - asked, not bound
        self._question = f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode()
        self._socket: socket.socket | None = None

    def status(self) -> int | None:
        """Return the status of the answer, or None while there is none."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(self._where, timeout=1)
                self._socket.sendall(self._question)
            if not select.select([self._socket], [], [], 0)[0]:
                return None
            words = self._socket.recv(64).split()
        except OSError:
            words = []
        self.close()
        with suppress(ValueError, IndexError):
            return int(words[1])
        return None

    def close(self) -> None:
        """Give up waiting."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
