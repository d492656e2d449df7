"""A TCP proxy on loopback whose cable a test can pull."""

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes between its own port and a server's, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port for the server at `host`:`port`."""
        self._server = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._open = True
        self.passed = 0
        #: Cuts by itself after so many bytes.
        self.limit: int | None = None
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while self._open:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
            except OSError:
                return
            self._pairs.append((client, server))
            for one, other in ((client, server), (server, client)):
                thread = threading.Thread(target=self._pass, args=(one, other), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                self.passed += len(data)
                if self.limit is not None and self.passed > self.limit:
                    self.cut()
                    return
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        """Drop every connection and take no new ones."""
        self._open = False
        self._listener.close()
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Cut, and wait for the threads."""
        self.cut()
        for thread in self._threads:
            thread.join(2)
        for pair in self._pairs:
            for end in pair:
                end.close()
