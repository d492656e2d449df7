"""Answers that never end are ended once, and nothing that was cut is taken for a whole."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from hefu.dataplane.connectors import web
from hefu.dataplane.connectors.web import WebServer, WebSession
from hefu.dataplane.errors import SideLost

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#: An answer without a length, of which more may come.
PART = b"HTTP/1.1 200 OK\r\n\r\na,b\n1,2\n"


class Answers:
    """A server that answers each request with the next of its answers, and then keeps the connection open."""

    def __init__(self, *answers: bytes) -> None:
        self._answers, self.connections = list(answers), 0
        self._held: list[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                one = self.listener.accept()[0]
                self.connections += 1
                self._held.append(one)
                threading.Thread(target=self._speak, args=(one,), daemon=True).start()

    def _speak(self, one: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while one.recv(65536):
                one.sendall(self._answers.pop(0) if self._answers else b"HTTP/1.1 ")

    def close(self) -> None:
        self.listener.close()
        for one in self._held:
            one.close()


@contextlib.contextmanager
def asking(*answers: bytes) -> Iterator[tuple[Answers, WebSession]]:
    server = Answers(*answers)
    there = WebServer("127.0.0.1", server.listener.getsockname()[1], "disable")
    with contextlib.closing(server), contextlib.closing(WebSession(there, "source")) as session:
        yield server, session


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(web, "SILENT_SECONDS", 5)


def test_a_server_that_answers_once_and_then_never_ends_is_not_asked_again() -> None:
    with asking(WHOLE) as (server, session):
        assert session.ask("GET", "/", {}, most=10).body == b"ok"
        with pytest.raises(SideLost):
            session.ask("GET", "/", {}, most=10)
        assert server.connections == 1


def test_an_answer_that_was_cut_is_not_taken_for_a_whole_one() -> None:
    with asking(PART) as (_, session), pytest.raises(SideLost, match="silent"):
        session.ask("GET", "/", {}, most=1000)
