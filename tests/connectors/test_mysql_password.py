"""What a server that only says it is MySQL may ask of us: never the password as it is."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from pymysql.constants import CLIENT

from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.errors import DataPlaneRefusal

SECRET = "nobody-reads-9317"


def packet(number: int, body: bytes) -> bytes:
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


class Impostor:
    """A server without TLS that asks for the password in plain words."""

    def __init__(self, plugin: bytes, asks: bytes) -> None:
        self.heard = b""
        self._plugin, self._asks = plugin, asks
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        flags = CLIENT.PROTOCOL_41 | CLIENT.SECURE_CONNECTION | CLIENT.PLUGIN_AUTH | CLIENT.CONNECT_WITH_DB
        hello = b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"12345678\0" + struct.pack("<H", flags & 0xFFFF)
        hello += b"\x2d\x02\0" + struct.pack("<H", flags >> 16) + b"\x15" + bytes(10) + b"123456789012\0"
        hello += b"mysql_native_password\0"
        taken, _address = self._listening.accept()
        with taken:
            taken.settimeout(3)
            taken.sendall(packet(0, hello))
            taken.recv(65536)
            taken.sendall(packet(2, b"\xfe" + self._plugin + b"\0" + self._asks))
            self.heard = taken.recv(65536)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture(params=[(b"mysql_clear_password", b""), (b"dialog", b"\x02Password: ")], ids=["clear", "dialog"])
def impostor(request: pytest.FixtureRequest) -> Iterator[Impostor]:
    made = Impostor(*request.param)
    yield made
    made.close()


@pytest.mark.parametrize("sslmode", ["prefer", "disable"])
def test_the_password_goes_to_nobody_as_it_is_over_a_line_without_tls(impostor: Impostor, sslmode: str) -> None:
    place = MysqlConnection("127.0.0.1", impostor.port, "d", "u", SECRET, sslmode)
    with pytest.raises(DataPlaneRefusal) as refused:
        MysqlSession(place, "source")
    assert SECRET.encode() not in impostor.heard
    assert place.password not in str(refused.value)


@pytest.mark.parametrize("sslmode", ["require", "verify-ca", "verify-full"])
def test_where_tls_is_required_a_server_without_it_is_refused(impostor: Impostor, sslmode: str) -> None:
    place = MysqlConnection("127.0.0.1", impostor.port, "d", "u", "abc-9317", sslmode)
    with pytest.raises(DataPlaneRefusal):
        MysqlSession(place, "source")
    assert b"abc-9317" not in impostor.heard
