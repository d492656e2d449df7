"""The governed lane's first pass: which rows fail which checks, before any row is delivered.

It reads no more than addresses, the columns of the dear checks and hashes; cheap checks and key hashes
are worked out inside the source. The second pass is the plain copy without the rejected addresses, under
the same snapshot.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from hefu.dataplane.addresses import Addresses, read_addresses, tid_array
from hefu.dataplane.arrow import Column
from hefu.dataplane.checks import Check, UniqueKey
from hefu.dataplane.checks.kernels import is_dear, passes
from hefu.dataplane.checks.sql import flags_sql, is_whole, key_texts
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.control import Control
from hefu.dataplane.digest import KeyTally, hash_sql, tally_hashes
from hefu.dataplane.errors import TooManyRejects
from hefu.dataplane.plan_sql import SourceSql
from hefu.dataplane.unique import HashIndex, Pairs

Bits = npt.NDArray[np.int64]

#: More rejects than this are no delivery but a broken source; each costs 16 bytes.
MOST_REJECTS = 8_000_000
#: Rows fetched by their addresses at a time.
BY_ADDRESS = 5_000


@dataclass
class Examined:
    """What the first pass found in one chunk."""

    #: Rows that the filter grants.
    granted: int = 0
    #: Rows that pass, with their keys.
    tally: KeyTally = field(default_factory=KeyTally)
    rejected: Addresses = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    #: Failed checks of each rejected row, as bits.
    bits: Bits = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Examination:
    """The first pass over one source."""

    def __init__(self, sql: SourceSql, snapshot: Snapshot, control: Control, here: bool) -> None:
        """Prepare.

        Args:
            sql: The plan in the source's dialect.
            snapshot: What is read.
            control: The run.
            here: Whether the dear checks run in this process; else all of them run in the source.
        """
        self._sql, self._snapshot, self._control = sql, snapshot, control
        types = sql.plan.read.types
        numbered = list(enumerate(sql.plan.checks))
        self._unique = [(place, check) for place, check in numbered if isinstance(check, UniqueKey)]
        rest = [(place, check) for place, check in numbered if not isinstance(check, UniqueKey)]
        self._dear = [(place, check) for place, check in rest if here and is_dear(check, types[_column(check)])]
        self._cheap = [pair for pair in rest if pair not in self._dear]
        self._indexes = [HashIndex() for _ in self._unique]
        self._lock = threading.Lock()
        self.chunks: dict[int, Examined] = {}
        self._ends: list[tuple[int, int]] = []

    def run(self, chunks: Sequence[Chunk], workers: int) -> dict[int, Examined]:
        """Examine all chunks; return what was found, by chunk number.

        Raises:
            DataPlaneRefusal: A side was lost or refused, the run was stopped, or too much is rejected.
        """
        self._ends = [(chunk.first_page, chunk.number) for chunk in chunks]
        try:
            self._control.each(chunks, workers, self._work)
            if self._indexes:
                self._control.call(self._tell_apart)
        finally:
            for index in self._indexes:
                index.close()
        return self.chunks

    def _work(self, chunks: Iterator[Chunk]) -> None:
        arrow = self._snapshot.stream()
        with contextlib.closing(arrow), self._control.watched(arrow):
            for chunk in chunks:
                found = Examined()
                rejected, bits = [], []
                with contextlib.closing(arrow.batches(self._query(chunk))) as batches:
                    for batch in batches:
                        self._control.check()
                        addresses, failed = self._batch(batch, found)
                        rejected.append(addresses)
                        bits.append(failed)
                        self._control.add(rows=batch.num_rows, bytes_=batch.nbytes)
                if rejected:
                    found.rejected, found.bits = np.concatenate(rejected), np.concatenate(bits)
                with self._lock:
                    self.chunks[chunk.number] = found
                    self._limit()
                self._control.add(chunks=1)

    def _limit(self) -> None:
        rejected = sum(len(found.rejected) for found in self.chunks.values())
        if rejected > MOST_REJECTS:
            raise TooManyRejects(limit=MOST_REJECTS)

    def _query(self, chunk: Chunk) -> str:
        types = self._sql.plan.read.types
        quote = self._sql.dialect.name_of
        columns = ["ctid", f"{hash_sql(self._sql.key_texts)} as key_hash"]
        if self._cheap:
            columns.append(f"{flags_sql(self._cheap, types, self._sql.dialect)} as flags")
        columns += [
            f"{self._unique_hash(check)} as unique_{place}" for place, check in self._unique if not self._is_key(check)
        ]
        dear = dict.fromkeys(_column(check) for _, check in self._dear)
        columns += [f"cast({quote(column)} as text) as {quote(f'dear {number}')}" for number, column in enumerate(dear)]
        return f"select {', '.join(columns)} from {self._sql.relation} where {self._sql.granted} and {chunk.condition}"

    def _unique_hash(self, check: UniqueKey) -> str:
        texts = key_texts(check, self._sql.plan.read.types, self._sql.dialect)
        return f"case when {is_whole(check, self._sql.dialect)} then {hash_sql(texts)} end"

    def _is_key(self, check: UniqueKey) -> bool:
        """Return whether the delivered key is this key, unmasked, so that one hash serves for both."""
        if key_texts(check, self._sql.plan.read.types, self._sql.dialect) != self._sql.key_texts:
            return False
        dear = {_column(other) for _, other in self._dear}
        columns = {column.name: column for column in self._sql.plan.read.columns}
        # A key with a NULL is not compared; where one may be, its column has to be at hand to show it.
        return all(not columns[name].nullable for name in check.columns) or (
            len(check.columns) == 1 and check.columns[0] in dear
        )

    def _unique_hashes(self, batch: pa.RecordBatch, place: int, check: UniqueKey) -> Column:
        """Return the hash of each row's key, NULL where a part of it is NULL."""
        if not self._is_key(check):
            hashes: Column = batch.column(f"unique_{place}")
            return hashes
        keys: Column = batch.column("key_hash")
        dear = list(dict.fromkeys(_column(other) for _, other in self._dear))
        if check.columns[0] not in dear:
            return keys
        shown = batch.column(f"dear {dear.index(check.columns[0])}")
        return pc.if_else(shown.is_valid(), keys, None) if shown.null_count else keys

    def _batch(self, batch: pa.RecordBatch, found: Examined) -> tuple[Addresses, Bits]:
        """Count one batch into `found`; return the addresses that fail and how."""
        addresses = read_addresses(batch.column("ctid"))
        failed = np.zeros(batch.num_rows, dtype=np.int64)
        if self._cheap:
            failed |= batch.column("flags").to_numpy(zero_copy_only=False)
        dear = list(dict.fromkeys(_column(check) for _, check in self._dear))
        for place, check in self._dear:
            passed = passes(check, batch.column(f"dear {dear.index(_column(check))}"))
            failed |= np.where(passed, 0, 1 << place)
        for (place, key), index in zip(self._unique, self._indexes, strict=True):
            hashes, kept = self._unique_hashes(batch, place, key), addresses
            if hashes.null_count:
                kept = addresses[hashes.is_valid().to_numpy(zero_copy_only=False)]
                hashes = hashes.drop_null()
            with self._lock:
                index.add(hashes.to_numpy(zero_copy_only=False), kept)
        bad = failed != 0
        keys = batch.column("key_hash").to_numpy(zero_copy_only=False).view(np.uint64)
        found.granted += batch.num_rows
        found.tally += tally_hashes(keys[~bad])
        return addresses[bad], failed[bad]

    def _tell_apart(self) -> None:
        """Look at the keys whose hashes are equal and reject those that really are."""
        session = self._snapshot.session()
        with contextlib.closing(session), self._control.watched(session):
            for (place, check), index in zip(self._unique, self._indexes, strict=True):
                waiting: list[Pairs] = []
                for pairs in index.repeated():
                    waiting.append(pairs)
                    if sum(map(len, waiting)) >= BY_ADDRESS:
                        self._judge(session, check, np.concatenate(waiting), 1 << place)
                        waiting = []
                if waiting:
                    self._judge(session, check, np.concatenate(waiting), 1 << place)

    def _judge(self, session: Session, check: UniqueKey, pairs: Pairs, bit: int) -> None:
        self._reject(session, self._copies(session, check, pairs[:, 0], pairs[:, 1]), bit)

    def _copies(self, session: Session, check: UniqueKey, hashes: npt.NDArray[np.int64], at: Addresses) -> Addresses:
        """Return the addresses whose key another row of the same hash really has."""
        keys = ", ".join(key_texts(check, self._sql.plan.read.types, self._sql.dialect))
        copies: list[int] = []
        group: dict[tuple[str, ...], list[int]] = {}
        current: int | None = None
        for start in range(0, len(at), BY_ADDRESS):
            self._control.check()
            some = at[start : start + BY_ADDRESS]
            known = {}
            for tid, *key in session.run(
                f"select ctid::text, {keys} from {self._sql.relation} where ctid = any({tid_array(some)})"
            ):
                known[_packed(tid)] = tuple(key)
            for hashed, address in zip(hashes[start : start + BY_ADDRESS].tolist(), some.tolist(), strict=True):
                if hashed != current:
                    copies += _doubled(group)
                    group, current = {}, hashed
                group.setdefault(known[address], []).append(address)
        copies += _doubled(group)
        return np.array(copies, dtype=np.int64)

    def _reject(self, session: Session, copies: Addresses, bit: int) -> None:
        """Add a reason to rows, taking those out of the tally that were in it."""
        if not len(copies):
            return
        copies = np.sort(copies)
        starts = np.array([first for first, _ in self._ends]) << 16
        numbers = np.array([number for _, number in self._ends])
        owners = numbers[np.searchsorted(starts, copies, side="right") - 1]
        for number in np.unique(owners):
            found, mine = self.chunks[int(number)], copies[owners == number]
            order = np.argsort(found.rejected)
            found.rejected, found.bits = found.rejected[order], found.bits[order]
            place = np.searchsorted(found.rejected, mine)
            inside = np.minimum(place, max(0, len(found.rejected) - 1))
            known = found.rejected[inside] == mine if len(found.rejected) else np.zeros(len(mine), dtype=np.bool_)
            found.bits[inside[known]] |= bit
            fresh = mine[~known]
            gone = self._tally_at(session, fresh)
            found.tally += KeyTally(-gone.rows, -gone.total)
            found.rejected = np.concatenate((found.rejected, fresh))
            found.bits = np.concatenate((found.bits, np.full(len(fresh), bit, dtype=np.int64)))
        self._limit()

    def _tally_at(self, session: Session, addresses: Addresses) -> KeyTally:
        tally = KeyTally()
        for start in range(0, len(addresses), BY_ADDRESS):
            self._control.check()
            rows = session.run(
                f"select count(*), sum({hash_sql(self._sql.key_texts)}) from {self._sql.relation} "
                f"where ctid = any({tid_array(addresses[start : start + BY_ADDRESS])})"
            )
            tally += KeyTally.of(*rows[0])
        return tally


def _column(check: Check) -> str:
    return check.columns[0] if isinstance(check, UniqueKey) else check.column


def _packed(tid: str) -> int:
    block, _, place = tid[1:-1].partition(",")
    return (int(block) << 16) | int(place)


def _doubled(group: dict[tuple[str, ...], list[int]]) -> list[int]:
    return [address for addresses in group.values() if len(addresses) > 1 for address in addresses]
