"""How the tree is cut into tiles and where each tile lies.

Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hefu.ledger.errors import LeafTooLarge
from hefu.ledger.hashing import HASH

#: Tree levels that one tile spans.
HEIGHT = 8
#: Hashes in a full tile, entries in a full bundle.
WIDTH = 1 << HEIGHT
#: Level number under which bundles of entries are kept: one below the leaf hashes.
ENTRIES = -1
#: Highest tile level that a path may name.
MAX_LEVEL = 63
#: Bytes in the longest entry, given by its 16-bit length.
LEAF_LIMIT = 0xFFFF

_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, order=True, slots=True)
class TileId:
    """One hash tile or one entry bundle of the log."""

    #: 0 holds leaf hashes, each next level the roots of full tiles below; `ENTRIES` the entries.
    level: int
    #: Place within the level, from 0.
    index: int
    #: Hashes or entries in it, 1 to 256; fewer than 256 is a partial tile at the right edge.
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Path under the log's prefix, such as `tile/0/x001/x234/067.p/8`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{level}/{_index_path(self.index)}{partial}"

    @property
    def start(self) -> int:
        """Index of the first entry that the tile spans."""
        return self.index << HEIGHT * (max(self.level, 0) + 1)

    def cut(self, data: bytes) -> bytes:
        """Return the first `width` hashes or entries of a version that may be wider."""
        if self.level != ENTRIES:
            return data[: self.width * HASH]
        place = 0
        for _ in range(self.width):
            if place >= len(data):
                break
            place += 2 + int.from_bytes(data[place : place + 2], "big")
        return data[:place]

    @classmethod
    def from_path(cls, path: str) -> "TileId":
        """Read a path.

        Raises:
            ValueError: Not the one path of a tile: a leading zero too many, a width of 256, a level above 63.
        """
        found = _PATH.fullmatch(path)
        if found is None:
            raise ValueError(f"{path!r} is not the path of a tile")
        level, index, width = found.groups()
        tile = cls(
            ENTRIES if level == "entries" else int(level),
            int(index.replace("x", "").replace("/", "")),
            int(width or WIDTH),
        )
        if tile.path != path or tile.level > MAX_LEVEL:
            raise ValueError(f"{path!r} is not the path of a tile")
        return tile


def width_at(level: int, size: int) -> int:
    """Return how many hashes the partial tile at the right edge of `level` holds; 0 when there is none."""
    return (size >> HEIGHT * max(level, 0)) % WIDTH


def right_edge(size: int) -> Iterator[TileId]:
    """Yield the partial hash tiles of a tree of `size` entries, lowest level first."""
    level = 0
    while rest := size >> HEIGHT * level:
        if width := rest % WIDTH:
            yield TileId(level, rest >> HEIGHT, width)
        level += 1


def tiles_of(size: int) -> Iterator[TileId]:
    """Yield every bundle and every hash tile of a tree of `size` entries, level by level."""
    for level in range(ENTRIES, MAX_LEVEL + 1):
        count = size >> HEIGHT * max(level, 0)
        if not count:
            return
        for index in range(count >> HEIGHT):
            yield TileId(level, index)
        if count % WIDTH:
            yield TileId(level, count >> HEIGHT, count % WIDTH)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return `entries` one after the other, each after its length as two bytes.

    Raises:
        LeafTooLarge: An entry is longer than 65,535 bytes.
    """
    for entry in entries:
        if len(entry) > LEAF_LIMIT:
            raise LeafTooLarge(size=len(entry), limit=LEAF_LIMIT)
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def decode_bundle(data: bytes) -> Iterator[bytes]:
    """Yield the entries of a bundle.

    Raises:
        ValueError: The bytes end within an entry; those before it have been yielded.
    """
    place = count = 0
    while place < len(data):
        end = place + 2 + int.from_bytes(data[place : place + 2], "big")
        if end > len(data):
            raise ValueError(f"the bundle ends within its entry {count}")
        yield data[place + 2 : end]
        place, count = end, count + 1


def _index_path(index: int) -> str:
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    return "/".join(reversed(groups))
