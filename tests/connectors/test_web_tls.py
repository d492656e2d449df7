"""Encrypted interfaces: whose certificate holds is asked, everybody else learns no key, and nobody keeps us waiting."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hefu.dataplane.connectors import web
from hefu.dataplane.connectors.interface.asking import Asker, HttpConnection
from hefu.dataplane.connectors.interface.paging import Row, rows_of
from hefu.dataplane.connectors.interface.stated import How, Interface, Pages, Paging, Signs, Stated
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.dataplane.types import parse

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL has no other clock
CSV = b"id,name\n1,\xe7\x8e\x8b\n2,x\n"
LENGTH = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CSV)}\r\n\r\n".encode() + CSV
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CSV), CSV)


@dataclass
class Office:
    """An office's own authority, which signs certificates."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "own authority")])
        made = self._begun(self.name, self.key, NOW + timedelta(days=2))
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.root = self.folder / "root.pem"
        self.root.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def _begun(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=3))
            .not_valid_after(until)
        )

    def context(self, host: str, days: float) -> ssl.SSLContext:
        """Return what a server shows whose certificate is for `host` and ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = self._begun(name, key, NOW + timedelta(days=days))
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        file = self.folder / f"{host}{days}.pem"
        plain = serialization.NoEncryption()
        file.write_bytes(
            made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        )
        shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        shown.load_cert_chain(file)
        return shown


@contextlib.contextmanager
def a_server(answer: bytes, shown: ssl.SSLContext | None) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each connection's request and close; without anything to show, never say a word."""
    heard: list[bytes] = []
    ended = threading.Event()

    def speak() -> None:
        while True:
            try:
                client = server.accept()[0]
            except OSError:
                return
            with contextlib.suppress(OSError), client:
                if shown is None:
                    ended.wait(20)
                    continue
                client.settimeout(5)
                with shown.wrap_socket(client, server_side=True) as talking:
                    heard.append(talking.recv(65536))
                    talking.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=speak)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def read(port: int, tls: str = "verify-full") -> list[Row]:
    """Return what an interface of CSV gives there."""
    columns = (Stated("id", parse("integer")), Stated("name", parse("text")))
    interface = Interface("people", "/people", columns, answer="csv", pages=Pages(Paging.NONE))
    connection = HttpConnection("localhost", port, tls, "", "a secret key", Signs(How.HEADER, "X-Key"))
    with contextlib.closing(Asker(connection, interface, "source", lambda *_: None, pause=0.01)) as asker:
        return [row for page in rows_of(asker, "utf-8") for row in page]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An authority that this machine trusts."""
    made = Office(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.root))
    return made


@pytest.mark.parametrize("answer", [LENGTH, CHUNKS])
def test_an_office_with_its_own_authority_is_read(office: Office, answer: bytes) -> None:
    with a_server(answer, office.context("localhost", 1)) as (port, heard):
        assert read(port) == [["1", "王"], ["2", "x"]]
        assert b"a secret key" in heard[0]


@pytest.mark.parametrize("answer", [LENGTH[:-4], CHUNKS[:-9], b"HTTP/1.1 200 OK\r\n\r\n" + CSV[:-4]])
def test_lines_that_were_cut_off_are_not_taken_for_all(office: Office, answer: bytes) -> None:
    """By a length, by chunks, and where the server says nothing of its end, which looks whole at every line."""
    with a_server(answer, office.context("localhost", 1)) as (port, _heard), pytest.raises(DataPlaneRefusal) as caught:
        read(port)
    told = isinstance(caught.value, SideRefused) and "does not say how long" in str(caught.value)
    assert isinstance(caught.value, SideLost) or told


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (lambda office: office.context("elsewhere.example", 1), "Hostname mismatch"),
        (lambda office: office.context("localhost", -1), "expired"),
        (lambda office: Office(office.folder).context("localhost", 1), "signature|issuer|self.signed"),
    ],
    ids=["of another host", "expired", "of an authority that nobody trusts"],
)
def test_a_certificate_that_does_not_hold_is_refused_before_a_key_is_shown(
    office: Office, shown: Callable[[Office], ssl.SSLContext], why: str
) -> None:
    trusted = office.root.read_bytes()
    context = shown(office)
    office.root.write_bytes(trusted)
    with a_server(LENGTH, context) as (port, heard):
        with pytest.raises(SideRefused, match=f"certificate does not hold.*({why})"):
            read(port)
        assert heard == []
        # Who has decided to ask nobody's name is still encrypted.
        assert len(read(port, "require")) == 2


def test_a_handshake_that_stalls_ends_in_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CONNECT_SECONDS", 0.2)
    with a_server(b"", None) as (port, _heard):
        began = time.monotonic()
        with pytest.raises(SideLost, match="silent"):
            read(port)
        assert time.monotonic() - began < 3
