"""A server's binary log as it comes over the network: one event after the other, and where each ends."""

import contextlib
import select
import socket
import ssl
import struct
import time
from typing import NamedTuple

from hefu.dataplane.capture.binlog.allowed import Place, log_number, no_right
from hefu.dataplane.capture.binlog.events import (
    FIRST,
    FORMAT,
    HEARTBEAT,
    HEARTBEAT_V2,
    ROTATE,
    Garbled,
    Header,
    header,
    is_summed,
    rotate,
    sums,
)
from hefu.dataplane.connectors.address import AddressPolicy
from hefu.dataplane.connectors.mysql.connection import MysqlConnection, MysqlSession
from hefu.dataplane.errors import SideLost, SideRefused
from hefu.kernel.words import Sentence, _

#: Seconds between two words of a server that has nothing to tell.
_BEAT = 1.0
#: Seconds without any word after which the connection counts as dead, and after which a reader that was away,
#: writing, has to listen anew before it calls the server silent.
_DEAF, _AWAY = 20.0, 2.0
#: Bytes that are received at a time; bytes of an event at most, for memory is bounded.
_RECEIVED, _MOST = 1 << 18, 256 << 20
_COM_BINLOG_DUMP = 0x12
#: Numbers of errors: the log is not there any more, or cannot be read from that place; a right is missing.
_GONE, _NO_RIGHT = 1236, (1045, 1227)


class Event(NamedTuple):
    """One event."""

    header: Header
    data: bytes
    #: Where the log goes on after it; None where the server does not say it, or cannot: a log of over 4 GiB.
    end: Place | None


class LogGone(SideRefused):
    """The server has the log no more from that place on."""


class BinlogStream:
    """The events of a server from a place on. Not to be used by two threads, but for `cut`."""

    def __init__(
        self, connection: MysqlConnection, policy: AddressPolicy, *, base: str, place: Place, server_id: int
    ) -> None:
        """Connect and ask for the events.

        Args:
            connection: Of the source.
            policy: Which addresses may be reached.
            base: What the names of the server's logs begin with.
            place: From where.
            server_id: Number by which the server tells us from its other readers; it ends an earlier one of ours.

        Raises:
            DataPlaneRefusal: The server cannot be reached or refuses us.
        """
        self.connection = connection
        self._session = MysqlSession(connection, "source", policy)
        self._data = bytearray()
        self._at = 0
        self._place, self._base = place, base
        #: Whether the events of this log end with a sum.
        self._summed = False
        #: When the server last said anything, and since when it has been listened to, on the monotonic clock.
        self.heard = self._since = self._listened = time.monotonic()
        try:
            self._session.run("set @mariadb_slave_capability = 4")  # its events as they are, none replaced
            self._session.run(
                "set @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = "
                "@@global.binlog_checksum"
            )
            period = int(_BEAT * 1e9)
            self._session.run(f"set @master_heartbeat_period = {period}, @source_heartbeat_period = {period}")
            self._session.commit()
            held = getattr(self._session.raw, "_sock", None)
            if not isinstance(held, socket.socket):
                raise SideLost("source", "the connection is gone")
            self._socket = held
            name = f"{base}.{place.log:06d}".encode()
            command = struct.pack("<BIHI", _COM_BINLOG_DUMP, place.offset, 0, server_id) + name
            with self._session.plainly():
                self._socket.settimeout(10)
                self._socket.sendall(struct.pack("<I", len(command)) + command)
        except BaseException:
            self._session.close()
            raise

    @property
    def seen(self) -> int:
        """Return up to where the server has spoken."""
        return self._place.number

    def read(self, wait: float) -> Event | None:
        """Return the next event, or None when there is none within `wait` seconds.

        Raises:
            SideLost: The connection is gone, or dead.
            SideRefused: The server refuses to go on.
        """
        until = time.monotonic() + wait
        while True:
            packet = self._packet()
            if packet is None:
                left = until - time.monotonic()
                if not self._receive(max(left, 0.0)):
                    self._listen()
                    return None
                continue
            event = self._event(packet)
            if event is not None:
                return event

    def _packet(self) -> bytes | None:
        """Return the next packet of those that were received, put together where it came in parts."""
        data, at, ends, whole = self._data, self._at, [], 0
        while True:
            if len(data) - at < 4:
                return None
            size = int.from_bytes(data[at : at + 3], "little")
            whole += size
            if whole > _MOST:
                text = _("an event of its log is longer than {most} MiB")
                raise SideRefused("source", Sentence(text, code="side.binlog_long", most=_MOST >> 20))
            if len(data) - at - 4 < size:
                return None
            ends.append((at + 4, at + 4 + size))
            at += 4 + size
            if size < 0xFF_FFFF:
                break
        parts = [bytes(data[begin:end]) for begin, end in ends]
        self._at = at
        if at > _RECEIVED or at == len(data):
            del data[:at]
            self._at = 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _receive(self, wait: float) -> bool:
        """Receive what there is within so many seconds; return whether anything came."""
        try:
            pending = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
            if not pending and not select.select([self._socket], [], [], wait)[0]:
                return False
            self._socket.settimeout(_DEAF)
            received = self._socket.recv(_RECEIVED)
        except (OSError, ValueError) as error:
            raise SideLost("source", str(error) or type(error).__name__) from None
        if not received:
            raise SideLost("source", "the server ended the connection")
        self._data += received
        self.heard = self._listened = time.monotonic()
        return True

    def _listen(self) -> None:
        now = time.monotonic()
        if now - self._listened > _AWAY:
            self._since = now
        self._listened = now
        if now - max(self.heard, self._since) > _DEAF:
            words = _("it has said nothing for {seconds} s")
            raise SideLost("source", Sentence(words, code="side.deaf", seconds=round(now - self.heard)))

    def _event(self, packet: bytes) -> Event | None:
        if packet[:1] == b"\xff":
            raise self._refused(packet)
        if packet[:1] == b"\xfe" and len(packet) < 9:
            raise SideLost("source", "the server ended its log")
        data = packet[1:]
        try:
            told = header(data)
            if told.kind == ROTATE:
                name, offset = rotate(data[:-4] if is_summed(data) else data)
                base, log = log_number(name)
                if base != self._base:
                    raise SideRefused("source", f"its logs are called {base}, no longer {self._base}")
                before, self._place = self._place, max(self._place, Place(log, min(offset, 0xFFFF_FFFF)))
                # The one that a server makes up at the beginning says nothing new.
                return Event(told, data, self._place) if self._place > before else None
        except (Garbled, ValueError, struct.error) as error:
            raise SideLost("source", f"the log is garbled: {error}") from None
        if told.kind == FORMAT:
            self._summed = sums(data)
            return Event(told, data, None)
        if told.kind in (HEARTBEAT, HEARTBEAT_V2):
            return None
        if self._summed:
            if not is_summed(data):
                raise SideLost("source", "an event of the log arrived broken")
            data = data[:-4]
        end = None
        if told.end >= max(self._place.offset, FIRST):
            self._place = Place(self._place.log, told.end)
            end = self._place
        return Event(told, data, end)

    def _refused(self, packet: bytes) -> SideRefused | SideLost:
        number = int.from_bytes(packet[1:3], "little")
        words = packet[3:].decode("utf-8", "replace")
        words = (words[6:] if words.startswith("#") else words)[:200]
        if number in _NO_RIGHT:
            return no_right(self._session)
        if number == _GONE:
            # Another reader with our number is as often a run of ours that was taken over.
            return SideLost("source", words) if "same server" in words.lower() else LogGone("source", words, "1236")
        return SideLost("source", words)

    def cancel(self) -> None:
        """Nothing to do: `read` never waits long."""

    def cut(self) -> None:
        """Shut the socket, so that a blocked read returns at once."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close; the server keeps nothing for us."""
        self.cut()
        self._session.close()
