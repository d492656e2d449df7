"""A TCP proxy on loopback whose cable a test can pull."""

import contextlib
import random
import socket
import threading
import time


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
        #: Passes nothing more after so many bytes, and keeps every connection open.
        self.stalls: int | None = None
        #: Passes so many messages that hold these bytes to the server, and cuts before the last one's answer.
        self.unanswered: tuple[bytes, int] | None = None
        #: Seconds that a piece is late at most. Then all comes in pieces of any size, each late by another time: what
        #: lost, late and reordered packets look like to whoever reads from a connection.
        self.late = 0.0
        #: Bytes that the server's answers bring a second at most; None for as many as come. What keeps a run under way
        #: for as long as a test needs it, on a quick machine and on a slow one.
        self.pace: float | None = None
        self._seen = 0
        self._lock = threading.Lock()
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
                thread = threading.Thread(target=self._pass, args=(one, other, other is server), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pass(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                self.passed += len(data)
                if asks and self._last_question(data):
                    self._never_answered(one, other, data)
                    return
                while self.stalls is not None and self.passed > self.stalls and self._open:
                    time.sleep(0.02)
                if self.limit is not None and self.passed > self.limit:
                    self.cut()
                    return
                if self.pace is not None and not asks:
                    time.sleep(len(data) / self.pace)
                self._send(other, data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _send(self, other: socket.socket, data: bytes) -> None:
        while data and self.late:
            time.sleep(random.uniform(0, self.late))
            size = random.choice((1, 7, 500, 1448, 30_000))
            other.sendall(data[:size])
            data = data[size:]
        other.sendall(data)

    def _last_question(self, data: bytes) -> bool:
        if self.unanswered is None:
            return False
        words, most = self.unanswered
        with self._lock:
            self._seen += words in data
            return words in data and self._seen == most

    def _never_answered(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        """Let the client go before its last message is passed on, and give the server the time to do it."""
        client.shutdown(socket.SHUT_RDWR)
        server.sendall(data)
        time.sleep(0.5)
        self.cut()

    def cut(self) -> None:
        """Drop every connection and take no new ones."""
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone leaves `accept` waiting
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
