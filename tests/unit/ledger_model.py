"""The definitions of RFC 6962, written down as they stand there: slow, recursive, and sharing no code with the log."""

from hashlib import sha256

from hefu.crypto.signing import Ed25519Signer
from hefu.ledger.checkpoint import Checkpoint, sign_checkpoint
from hefu.ledger.storage import LogStore, MemoryLog
from hefu.ledger.tree import EMPTY, TreeHead, integrate

ORIGIN = "data.example.gov.cn/log"
LOG_KEY = Ed25519Signer(bytes(range(32)))
WITNESS_KEY = Ed25519Signer(bytes(range(32, 64)))
OTHER_KEY = Ed25519Signer(bytes(range(64, 96)))


class Model:
    """Merkle tree hash, audit path and consistency proof over a list of entries; subtrees are remembered."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self._known: dict[tuple[int, int], bytes] = {}

    def mth(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]), section 2.1."""
        if (start, end) not in self._known:
            if end == start:
                value = sha256(b"").digest()
            elif end - start == 1:
                value = sha256(b"\x00" + self.entries[start]).digest()
            else:
                k = split(end - start)
                value = sha256(b"\x01" + self.mth(start, start + k) + self.mth(start + k, end)).digest()
            self._known[start, end] = value
        return self._known[start, end]

    def path(self, m: int, start: int, end: int) -> list[bytes]:
        """PATH(m, D[start:end]), section 2.1.1."""
        n = end - start
        if n == 1:
            return []
        k = split(n)
        if m < k:
            return [*self.path(m, start, start + k), self.mth(start + k, end)]
        return [*self.path(m - k, start + k, end), self.mth(start, start + k)]

    def proof(self, m: int, n: int) -> list[bytes]:
        """PROOF(m, D[n]), section 2.1.2, for 0 < m <= n."""
        return self._subproof(m, 0, n, True)

    def _subproof(self, m: int, start: int, end: int, whole: bool) -> list[bytes]:
        n = end - start
        if m == n:
            return [] if whole else [self.mth(start, end)]
        k = split(n)
        if m <= k:
            return [*self._subproof(m, start, start + k, whole), self.mth(start + k, end)]
        return [*self._subproof(m - k, start + k, end, False), self.mth(start, start + k)]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def entries(count: int) -> list[bytes]:
    """Entries of many lengths, none like another."""
    return [f"entry {number} ".encode() + b"." * (number % 7) for number in range(count)]


def grown(leaves: list[bytes], *, batch: int = 10_000, log: LogStore | None = None) -> tuple[LogStore, TreeHead]:
    """A signed log that grew by `batch` entries at a time."""
    log = MemoryLog() if log is None else log
    head = EMPTY
    for start in range(0, len(leaves), batch):
        growth = integrate(head, leaves[start : start + batch], log)
        log.write(growth.tiles)
        head = growth.head
        log.publish(signed(head))
    return log, head


def signed(head: TreeHead) -> str:
    """The head's checkpoint with the log's signature."""
    return sign_checkpoint(Checkpoint(ORIGIN, head.size, head.root), LOG_KEY)
