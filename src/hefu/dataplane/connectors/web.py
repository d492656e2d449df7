"""Speaking HTTP with one server, over a socket to the very address that was allowed.

Nothing is redirected anywhere: an answer that points elsewhere is an answer, and whoever asked tells what it says.
No client library is used, because each of them resolves names by itself and follows redirects by itself.
"""

import contextlib
import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hefu.dataplane.connectors.address import AddressPolicy, default_policy, open_socket
from hefu.dataplane.connectors.bounds import ended_after, silent
from hefu.dataplane.errors import DataPlaneRefusal, SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Seconds until an unreachable or silent server counts as lost.
CONNECT_SECONDS, SILENT_SECONDS = 10, 60
#: Seconds that a whole answer may take which is read at once.
ANSWER_SECONDS = 300.0
#: Bytes read at a time.
BLOCK = 1 << 18
#: Most bytes of an answer that says why something was refused.
_MOST_WORDS = 1 << 16


@dataclass(frozen=True)
class WebServer:
    """A server that speaks HTTP."""

    host: str
    port: int
    #: As for databases: disable is plain HTTP; require is encrypted, whoever it is; the others look at the certificate.
    tls: str

    @property
    def named(self) -> str:
        """Return what the Host header says: the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (80 if self.tls == "disable" else 443) else f"{host}:{self.port}"


@dataclass(frozen=True)
class Answer:
    """What a server said: small, and read whole."""

    status: int
    #: Names in small letters.
    headers: Mapping[str, str]
    body: bytes
    #: Whether the server said where it ends: otherwise one that was cut off looks whole.
    ends: bool = True


class WebSession:
    """One connection after the other to one server, each kept open as long as the server does."""

    def __init__(self, server: WebServer, side: str, policy: AddressPolicy = default_policy) -> None:
        """Speak with `server`, which is `side` in messages; the first request connects."""
        self.server, self.side, self._policy = server, side, policy
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self._was_cut = self._cut_connecting = False

    @contextlib.contextmanager
    def asked(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Iterator[http.client.HTTPResponse]:
        """Send a request and give what answers it, its body not yet read.

        Args:
            method: Such as GET.
            target: Path and query, percent-encoded.
            headers: Besides Host and the length.
            body: Sent with it.

        Raises:
            AddressRefused: The address policy says no.
            SideLost: The server cannot be reached now, or the connection is gone.
            SideRefused: Its certificate does not hold.
        """
        with self._plainly():
            # A connection that the server closed between two requests is no trouble: the second try has a new one.
            for fresh in (self._connection is None, True):
                try:
                    answer = self._sent(method, target, headers, body)
                    break
                except (ConnectionError, http.client.BadStatusLine):
                    self.close()
                    if fresh or self._was_cut:
                        raise
            try:
                yield answer
            finally:
                if not answer.isclosed() or answer.will_close:
                    self.close()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", *, most: int) -> Answer:
        """Send a request and return the whole answer.

        Raises:
            AddressRefused, SideLost, SideRefused: As `asked`; SideRefused as well beyond `most` bytes.
        """
        with self.bounded(ANSWER_SECONDS), self.asked(method, target, headers, body) as answer:
            ends = answer.length is not None or answer.chunked
            return Answer(answer.status, headers_of(answer), body_of(answer, self.side, most), ends)

    @contextlib.contextmanager
    def bounded(self, seconds: float) -> Iterator[None]:
        """End what is under way after so many seconds: a server that sends a byte now and then is never silent.

        Raises:
            SideLost: It was ended. An answer without a length looks whole wherever it is cut.
        """
        try:
            with ended_after(seconds, self.cut, self.side):
                yield
        except SideLost:
            self.close()
            raise

    def _sent(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> http.client.HTTPResponse:
        connection = self._connection or self._connected()
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        told = {"Host": self.server.named, "Accept-Encoding": "identity", **headers}
        if body or method in ("POST", "PUT"):
            told["Content-Length"] = str(len(body))
        for name, value in told.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        return connection.getresponse()

    def _connected(self) -> http.client.HTTPConnection:
        server = self.server
        self._cut_connecting = False
        raw = open_socket(server.host, server.port, self._policy, CONNECT_SECONDS)
        try:
            if server.tls != "disable":
                context = _context(server.tls)
                raw = context.wrap_socket(raw, server_hostname=server.host, do_handshake_on_connect=False)
            self._socket = raw
            if self._cut_connecting:
                raise TimeoutError
            if isinstance(raw, ssl.SSLSocket):
                raw.do_handshake()
            raw.settimeout(SILENT_SECONDS)
        except BaseException:
            raw.close()
            raise
        made = http.client.HTTPConnection(server.host, server.port)
        # It never opens a socket of its own, which would ask nobody.
        made.sock, made.auto_open = raw, 0
        self._connection, self._socket = made, raw
        return made

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except DataPlaneRefusal:
            raise
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise translated(error, self.side) from None
        except ValueError:
            # Its text would quote what could not be sent, which may be a key.
            self.close()
            text = _("a name, key or header has signs that HTTP does not carry")
            raise SideRefused(self.side, Sentence(text, code="side.web_signs")) from None

    def cut(self) -> None:
        """End what is under way, from another thread."""
        self._was_cut = True  # and is not asked again by itself, which would undo it
        self._cut_connecting = True
        with contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; may be called twice, and the next request opens again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._socket = None


def headers_of(answer: http.client.HTTPResponse) -> dict[str, str]:
    """Return an answer's headers, their names in small letters."""
    return {name.lower(): value for name, value in answer.getheaders()}


def body_of(answer: http.client.HTTPResponse, side: str, most: int) -> bytes:
    """Return the whole body of an answer.

    Raises:
        SideLost: It ended before its length.
        SideRefused: It is longer than `most` bytes.
    """
    length = answer.length
    found = answer.read(most + 1)
    if len(found) > most:
        text = _("the server's answer is larger than {most} MiB")
        raise SideRefused(side, Sentence(text, code="side.web_size", most=most >> 20))
    if length is not None and len(found) < length:
        raise _short(side)
    answer.read()
    return found


def _short(side: str) -> SideLost:
    return SideLost(side, Sentence(_("the connection ended in the middle"), code="side.web_short"))


def blocks(answer: http.client.HTTPResponse, side: str, length: int | None) -> Iterator[bytes]:
    """Yield the body of an answer.

    Args:
        answer: Not yet read.
        side: What messages call the server.
        length: What it has to have; None when nobody said.

    Raises:
        SideLost: It ended before.
    """
    left = length
    while block := answer.read(BLOCK):
        left = None if left is None else left - len(block)
        yield block
    if left:
        raise _short(side)


def words_of(answer: http.client.HTTPResponse) -> bytes:
    """Return the beginning of an answer that says why something was refused."""
    return answer.read(_MOST_WORDS)


def translated(error: BaseException, side: str) -> DataPlaneRefusal:
    """Return what an error on the way means to people: lost (run again) or refused (mend first)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = _("its certificate does not hold: {why}")
        return SideRefused(side, Sentence(text, code="side.certificate", why=str(error.verify_message)[:200]))
    if isinstance(error, ssl.SSLError) and error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        text = _("it does not encrypt on that port; choose no encryption, or the port where it does")
        return SideRefused(side, Sentence(text, code="side.no_tls"))
    if isinstance(error, TimeoutError):
        return silent(side)
    # Words of the library alone: a status line or header of the server's may hold anything.
    said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return SideLost(side, " ".join(str(said).split())[:200])


def _context(tls: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if tls in ("require", "verify-ca"):
        context.check_hostname = False
    if tls == "require":
        context.verify_mode = ssl.CERT_NONE
    return context
