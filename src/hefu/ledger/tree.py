"""How the log grows: new entries become changed tiles and a new root.

Nothing is written here. The caller keeps the tiles, then signs and publishes the new head, both in
one transaction where the storage has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hefu.ledger.errors import LogDamaged
from hefu.ledger.hashing import EMPTY_ROOT, HASH, leaf_hashes, parents, subtree_root
from hefu.ledger.storage import TileReader
from hefu.ledger.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    TileId,
    decode_bundle,
    encode_bundle,
    right_edge,
    width_at,
)

#: Bytes in a full hash tile.
FULL = WIDTH * HASH


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint says of the tree."""

    #: Entries in it.
    size: int
    #: RFC 6962 root over them.
    root: bytes


#: The head of a log before its first entry.
EMPTY = TreeHead(0, EMPTY_ROOT)


@dataclass(frozen=True)
class Growth:
    """What a batch of entries changes."""

    head: TreeHead
    #: New contents of every tile and bundle that changed, and of no other.
    tiles: dict[TileId, bytes]


def integrate(head: TreeHead, entries: Sequence[bytes], log: TileReader) -> Growth:
    """Append `entries` to the tree that `head` describes.

    The stored right edge is checked against `head` first: a damaged tile is never signed over.

    Args:
        head: The newest signed head; `EMPTY` for a new log.
        entries: The new leaves, in order; each at most 65,535 bytes.
        log: Where the tiles of `head` are read.

    Raises:
        LeafTooLarge: An entry does not fit; nothing is integrated then.
        LogDamaged: The stored right edge is missing or does not hash to `head.root`.
    """
    edge = read_edge(head, log)
    bundles = _bundles(head, entries, edge, log)
    tiles: dict[TileId, bytes] = {}
    tiles.update(bundles)
    level, new = 0, leaf_hashes(entries)
    while new:
        data = edge.get(level, b"") + new
        first = head.size >> HEIGHT * (level + 1)
        for start in range(0, len(data), FULL):
            tile = data[start : start + FULL]
            tiles[TileId(level, first + start // FULL, len(tile) // HASH)] = tile
        whole = len(data) - len(data) % FULL
        edge[level] = data[whole:]
        level, new = level + 1, data[:whole]
        for _ in range(HEIGHT):
            new = parents(new)
    return Growth(TreeHead(head.size + len(entries), edge_root(edge)), tiles)


def read_edge(head: TreeHead, log: TileReader) -> dict[int, bytes]:
    """Return the hashes of the partial tiles at the right edge, by level, checked against `head`.

    Raises:
        LogDamaged: A tile is missing or short, or the edge does not hash to `head.root`.
    """
    edge = {tile.level: read_hashes(log, tile) for tile in right_edge(head.size)}
    if edge_root(edge) != head.root:
        where = ", ".join(tile.path for tile in right_edge(head.size)) or "the empty tree"
        raise LogDamaged(where=where, why=f"the right edge does not hash to the root of {head.size} entries")
    return edge


def edge_root(edge: dict[int, bytes]) -> bytes:
    """Return the root over the partial tiles of the right edge, by level."""
    right = b""
    for level in sorted(edge):
        right = subtree_root(edge[level] + right)
    return right or EMPTY_ROOT


def read_hashes(log: TileReader, tile: TileId) -> bytes:
    """Return the hashes of a hash tile, exactly `tile.width` of them.

    Raises:
        LogDamaged: The tile is missing, too short, or longer than any tile.
    """
    data = log.read(tile)
    if data is None:
        raise LogDamaged(where=tile.path, why="it is missing")
    if not tile.width * HASH <= len(data) <= FULL or len(data) % HASH:
        raise LogDamaged(where=tile.path, why=f"it has {len(data)} bytes instead of {tile.width * HASH}")
    return data[: tile.width * HASH]


def read_entries(log: TileReader, tile: TileId) -> list[bytes]:
    """Return the entries of a bundle, exactly `tile.width` of them.

    Raises:
        LogDamaged: The bundle is missing or too short.
    """
    data = log.read(tile)
    if data is None:
        raise LogDamaged(where=tile.path, why="it is missing")
    try:
        entries = list(decode_bundle(tile.cut(data)))
    except ValueError as error:
        raise LogDamaged(where=tile.path, why=str(error)) from None
    if len(entries) < tile.width:
        raise LogDamaged(where=tile.path, why=f"it has {len(entries)} entries instead of {tile.width}")
    return entries


def read_entry(log: TileReader, index: int, size: int) -> bytes:
    """Return the entry `index` of a log of `size` entries.

    Raises:
        IndexError: There is no such entry.
        LogDamaged: Its bundle is missing or too short.
    """
    if not 0 <= index < size:
        raise IndexError(f"entry {index} of {size}")
    bundle = index >> HEIGHT
    width = min(WIDTH, size - bundle * WIDTH)
    return read_entries(log, TileId(ENTRIES, bundle, width))[index % WIDTH]


def _bundles(head: TreeHead, entries: Sequence[bytes], edge: dict[int, bytes], log: TileReader) -> dict[TileId, bytes]:
    if not entries:
        return {}
    index, width = head.size >> HEIGHT, width_at(ENTRIES, head.size)
    old: list[bytes] = []
    if width:
        tile = TileId(ENTRIES, index, width)
        old = read_entries(log, tile)
        if leaf_hashes(old) != edge[0]:
            raise LogDamaged(where=tile.path, why=f"its entries do not hash to {TileId(0, index, width).path}")
    bundles: dict[TileId, bytes] = {}
    place = 0
    while place < len(entries):
        batch = [*old, *entries[place : place + WIDTH - len(old)]]
        bundles[TileId(ENTRIES, index, len(batch))] = encode_bundle(batch)
        place += len(batch) - len(old)
        index, old = index + 1, []
    return bundles
