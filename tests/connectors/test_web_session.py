"""A session with a web server ends when it is told to, whatever it is in the middle of."""

import socket
import threading
import time

import pytest

from hefu.dataplane.connectors.web import WebServer, WebSession
from hefu.dataplane.errors import SideLost


def test_a_server_that_dribbles_its_handshake_is_cut() -> None:
    done = threading.Event()

    def dribble(server: socket.socket) -> None:
        talking, _from = server.accept()
        with talking:
            for sign in b"\x16\x03\x03\x40\x00" + bytes(100):
                if done.wait(0.05):
                    return
                try:
                    talking.sendall(bytes([sign]))
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=dribble, args=(server,))
        thread.start()
        session = WebSession(WebServer("127.0.0.1", server.getsockname()[1], "require"), "named", lambda *_: None)
        began = time.monotonic()
        try:
            with pytest.raises(SideLost), session.bounded(0.2), session.asked("POST", "/", {}, b"x"):
                pytest.fail("nobody answered")
            assert time.monotonic() - began < 2
        finally:
            done.set()
            thread.join()


def test_a_cut_while_connecting_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = socket.socketpair()
    session = WebSession(WebServer("127.0.0.1", 80, "disable"), "named", lambda *_: None)

    def slowly(*_args: object) -> socket.socket:
        session.cut()  # by another thread, meanwhile
        return here

    monkeypatch.setattr("hefu.dataplane.connectors.web.open_socket", slowly)
    with there, pytest.raises(SideLost), session.asked("GET", "/", {}):
        pytest.fail("nobody was asked")
    assert here.fileno() == -1
