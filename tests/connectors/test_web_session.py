"""A session with a web server ends when it is told to, whatever it is in the middle of."""

import contextlib
import socket
import threading
import time

import pytest

from hefu.dataplane.connectors.address import is_here
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


def test_this_machine_is_known_by_all_of_its_addresses() -> None:
    assert is_here("127.0.0.1")
    assert is_here("::1")
    assert is_here("64:ff9b::7f00:1")
    assert not is_here("192.0.2.7"), "an address of documents is nobody's"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking, contextlib.suppress(OSError):
        asking.connect(("192.0.2.7", 9))  # nothing is sent: the kernel says from where it would be
        assert is_here(asking.getsockname()[0])
