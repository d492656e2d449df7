"""Checks a whole log against its signed checkpoint and names the first thing that is not right.

The walk goes from the signed root down: a tile is believed only after it hashes to what the believed
tile above says. So the first disagreement is the damage itself, never something that merely rests on
it. In memory are one tile for each level and one bundle of entries, whatever the size of the log.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hefu.crypto.signing import PublicKey
from hefu.ledger.checkpoint import Cosignature, Witness, open_checkpoint, parse_checkpoint
from hefu.ledger.errors import CheckpointRefused, LogDamaged
from hefu.ledger.hashing import HASH, leaf_hashes, subtree_root
from hefu.ledger.proofs import TreeView
from hefu.ledger.storage import LogReader
from hefu.ledger.tiles import ENTRIES, WIDTH, TileId, decode_bundle, encode_bundle, right_edge
from hefu.ledger.tree import EMPTY, TreeHead, edge_root, read_entries, read_hashes


@dataclass(frozen=True)
class Fault:
    """The first thing that is not as it was signed."""

    #: `checkpoint`, or the path of a tile or bundle.
    where: str
    #: What is wrong with it.
    why: str
    #: The damaged entry, where it is one.
    entry: int | None = None

    def __str__(self) -> str:
        """Return one line for people."""
        entry = "" if self.entry is None else f", entry {self.entry}"
        return f"{self.where}{entry}: {self.why}"


@dataclass(frozen=True)
class Report:
    """What `fsck` found."""

    #: The head that the checkpoint signs; the empty one when there is no checkpoint to believe.
    head: TreeHead
    #: Entries that hash up to the root; all of them when nothing is wrong.
    entries: int
    #: Hash tiles and bundles that were checked.
    tiles: int
    #: The first damage, in the order of the log; None when all is well.
    fault: Fault | None
    #: Witnesses whose signatures under the newest checkpoint are right.
    cosignatures: tuple[Cosignature, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the whole log is as it was signed."""
        return self.fault is None


def fsck(
    log: LogReader,
    key: PublicKey,
    *,
    origin: str | None = None,
    witnesses: Sequence[Witness] = (),
    earlier: Iterable[tuple[str, PublicKey]] = (),
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Check every signature, tile and entry of `log`. Nothing is written and nothing is raised for damage.

    Args:
        log: The log; read only.
        key: The key that must have signed its newest checkpoint.
        origin: Name the log must have; by default the one in the checkpoint.
        witnesses: Whose signatures are checked too, where they are there.
        earlier: Older checkpoints, each with the key that signed it: the tree must begin with each.
        progress: Called now and then with the number of entries checked so far.
    """
    note = log.checkpoint()
    if note is None:
        if log.read(TileId(ENTRIES, 0, 1)) is None:
            return Report(EMPTY, 0, 0, None)
        return Report(EMPTY, 0, 0, Fault("checkpoint", "it is missing, but there are entries"))
    try:
        name = origin if origin is not None else parse_checkpoint(note).checkpoint.origin
        opened = open_checkpoint(note, origin=name, key=key, witnesses=witnesses)
    except CheckpointRefused as refusal:
        return Report(EMPTY, 0, 0, Fault("checkpoint", refusal.facts["reason"]))
    head, fault = opened.checkpoint.head, None
    walk = _Walk(log, head, progress)
    try:
        walk.run()
        _check_earlier(log, head, name, earlier)
    except _Damage as damage:
        fault = damage.fault
    except LogDamaged as refusal:
        fault = Fault(refusal.facts["where"], refusal.facts["why"])
    return Report(head, walk.entries, walk.tiles, fault, opened.cosignatures)


class _Damage(Exception):
    """Carries the first fault out of the walk."""

    def __init__(self, where: str, why: str, entry: int | None = None) -> None:
        self.fault = Fault(where, why, entry)
        super().__init__(str(self.fault))


class _Walk:
    """One pass over the tree, from the root down and from the first entry to the last."""

    def __init__(self, log: LogReader, head: TreeHead, progress: Callable[[int], None] | None) -> None:
        self.entries = 0
        self.tiles = 0
        self._log = log
        self._head = head
        self._progress = progress

    def run(self) -> None:
        """Walk the whole tree.

        Raises:
            _Damage: At the first fault.
            LogDamaged: At a tile that is missing or of the wrong length.
        """
        tiles = list(right_edge(self._head.size))
        edge = {tile.level: read_hashes(self._log, tile) for tile in tiles}
        if edge_root(edge) != self._head.root:
            raise self._edge_damage(tiles, edge)
        for tile in reversed(tiles):
            self.tiles += 1
            self._below(tile, edge[tile.level])

    def _edge_damage(self, tiles: list[TileId], edge: dict[int, bytes]) -> _Damage:
        """Find the damaged tile of the edge, which has no tile above it, by making each again from below."""
        for tile in tiles:
            stored, made = edge[tile.level], self._remade(tile)
            if stored != made:
                return _Damage(tile.path, f"its hash {_common(stored, made)} is not that of what lies below it")
        return _Damage(
            "checkpoint", f"tiles and entries agree, but on another root than the {self._head.size} entries signed"
        )

    def _remade(self, tile: TileId) -> bytes:
        if tile.level == 0:
            return leaf_hashes(read_entries(self._log, TileId(ENTRIES, tile.index, tile.width)))
        return b"".join(subtree_root(read_hashes(self._log, _child(tile, place))) for place in range(tile.width))

    def _below(self, tile: TileId, hashes: bytes) -> None:
        """Check all that lies below a tile whose hashes are believed."""
        if tile.level == 0:
            self._bundle(TileId(ENTRIES, tile.index, tile.width), hashes)
            return
        for place in range(tile.width):
            child = _child(tile, place)
            below = read_hashes(self._log, child)
            if subtree_root(below) != hashes[place * HASH : (place + 1) * HASH]:
                raise _Damage(child.path, f"it does not hash to what {tile.path} says")
            self.tiles += 1
            self._below(child, below)

    def _bundle(self, bundle: TileId, hashes: bytes) -> None:
        """Check the entries of one bundle against their believed leaf hashes."""
        data = self._log.read(bundle)
        if data is None:
            raise _Damage(bundle.path, "it is missing")
        entries = _readable(data)
        found = leaf_hashes(entries[: bundle.width])
        good = bundle.width if found == hashes else _common(found, hashes)
        self.entries += good
        if good < bundle.width:
            why = "it does not hash to its leaf" if good < len(entries) else "it is missing or cut off"
            raise _Damage(bundle.path, why, bundle.start + good)
        if len(entries) > WIDTH or len(encode_bundle(entries)) != len(data):
            raise _Damage(bundle.path, "other bytes follow its last entry")
        self.tiles += 1
        if self._progress is not None:
            self._progress(self.entries)


def _check_earlier(log: LogReader, head: TreeHead, origin: str, earlier: Iterable[tuple[str, PublicKey]]) -> None:
    for note, key in earlier:
        try:
            old = open_checkpoint(note, origin=origin, key=key).checkpoint
        except CheckpointRefused as refusal:
            raise _Damage("earlier checkpoint", refusal.facts["reason"]) from None
        if old.size > head.size:
            raise _Damage("checkpoint", f"it covers {head.size} entries, an earlier one {old.size}: entries are lost")
        if TreeView(log, head.size).root(old.size) != old.root:
            raise _Damage("earlier checkpoint", f"the log does not begin with the {old.size} entries that it signed")


def _child(tile: TileId, place: int) -> TileId:
    """Return the full tile whose root is the hash at `place` of `tile`."""
    return TileId(tile.level - 1, tile.index * WIDTH + place)


def _readable(data: bytes) -> list[bytes]:
    """Return the entries of a bundle up to the place where it breaks off."""
    entries: list[bytes] = []
    with suppress(ValueError):  # the caller sees which entry did not come
        for entry in decode_bundle(data):
            entries.append(entry)
    return entries


def _common(found: bytes, expected: bytes) -> int:
    """Return how many hashes two rows have in common at their beginning."""
    shorter = min(len(found), len(expected)) // HASH
    for place in range(shorter):
        part = slice(place * HASH, (place + 1) * HASH)
        if found[part] != expected[part]:
            return place
    return shorter
