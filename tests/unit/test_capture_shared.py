"""Whoever changes between the common reading of a log and its own gets each message once, wherever that happens."""

import random
import struct
from dataclasses import dataclass

import pytest

from hefu.dataplane.capture import shared
from hefu.dataplane.capture.member import MemberStream
from hefu.dataplane.capture.pgoutput import Begin, Commit, Insert, decode
from hefu.dataplane.capture.shared import Captures, Member
from hefu.dataplane.connectors.postgres.connection import PostgresConnection, default_policy
from tests.unit.test_dataplane_pgoutput import a_row

MINE, OTHERS = 500, 600
SOURCE = PostgresConnection("h", 1, "d", "u")


def a_log(chance: random.Random, transactions: int) -> list[bytes]:
    """Return transactions of two tables; each row has its number in it."""
    made, number = [], 0
    for position in range(100, 100 + transactions * 10, 10):
        made.append(b"B" + struct.pack(">QqI", position, 0, 1))
        for _row in range(chance.randint(0, 9)):
            number += 1
            table = struct.pack(">I", chance.choice((MINE, OTHERS)))
            made.append(b"I" + table + b"N" + a_row(str(number).encode()))
        made.append(b"C\0" + struct.pack(">QQq", position, position + 5, 0))
    return made


@dataclass
class OwnSlot:
    """The log as a slot of one table hands it out, from a confirmed position on; grows with the list."""

    log: list[bytes]
    confirmed: int
    at: int = 0
    seen: int = 0
    heard: float = 0.0
    known: bool = False

    def read(self, wait: float) -> bytes | None:
        while self.at < len(self.log):
            data = self.log[self.at]
            self.at += 1
            if data[0] == ord("B"):
                self.known = int.from_bytes(data[1:9]) < self.confirmed
            if data[0] == ord("C"):
                self.seen = int.from_bytes(data[10:18])
            if not self.known and (data[0] != ord("I") or int.from_bytes(data[1:5]) == MINE):
                return data
        return None

    def confirm(self, lsn: int, *, now: bool = False, asking: bool = False) -> None:
        """Nothing has to be forgotten here."""

    def close(self) -> None:
        """Nothing is open."""


class Following:
    """What a follower does with a stream: rows in their order, a position between transactions."""

    def __init__(self, log: list[bytes], captures: Captures) -> None:
        self.position, self.inside, self.rows = 0, False, list[int]()
        self.stream = MemberStream(
            lambda: OwnSlot(log, self.position),  # type: ignore[arg-type, return-value]
            captures, Member("s", "p", MINE), SOURCE, default_policy,
        )  # fmt: skip
        self.end = 0

    def take(self, most: int) -> None:
        for _message in range(most):
            data = self.stream.read(0)
            if data is None:
                if not self.inside:
                    self.position = max(self.end, self.position)
                    self.stream.confirm(self.position, asking=True)
                return
            message = decode(data)
            if isinstance(message, Insert):
                assert message.oid == MINE
                self.rows.append(int(message.new[0] or 0))  # type: ignore[arg-type]
            else:
                self.inside = isinstance(message, Begin)
                self.end = message.end if isinstance(message, Commit) else self.end


@pytest.mark.parametrize("seed", range(12))
def test_each_row_comes_once_and_no_row_of_another_table(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    whole = a_log(chance, 60)
    monkeypatch.setattr(shared, "MOST_KEPT", chance.choice((300, 3000, 1 << 20)))
    captures = Captures()
    log: list[bytes] = []
    following, noted, joined = Following(log, captures), 0, 0
    capture = following.stream._capture
    capture._streaming, capture._published = True, frozenset({"p"})
    rows = [one for one in map(decode, whole) if isinstance(one, Insert)]
    wanted = [int(one.new[0] or 0) for one in rows if one.oid == MINE]  # type: ignore[arg-type]
    for _turn in range(2000):
        if len(log) < len(whole):  # a log is handed out by whole transactions
            log.extend(whole[len(log) : _after(whole, len(log))])
        with capture._changed:
            for data in log[noted : noted + chance.randint(0, 15)]:
                capture._note(data)
                noted += 1
            if following.stream._feed and chance.random() < 0.2:
                capture._part(following.stream._feed)
        following.take(chance.randint(0, 20))
        joined += following.stream._feed is not None
        if len(following.rows) == len(wanted) and len(log) == len(whole):
            break
    following.take(1000)
    assert following.rows == wanted
    assert joined
    following.stream.close()
    assert len(captures) == 0  # what nobody follows is not kept


def _after(log: list[bytes], at: int) -> int:
    """Return where the transaction that begins there ends."""
    return next(number for number in range(at, len(log)) if log[number][0] == ord("C")) + 1
