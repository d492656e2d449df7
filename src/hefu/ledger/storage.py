"""What the log asks of a place to keep it, and the simplest such place, memory.

A storage may keep one version of a tile (a database row that grows) or one file for each width: a
reader asks for a tile of some width and takes the first so many hashes of what it gets. The log only
grows, so a wider version begins with the narrower one.
"""

from collections.abc import Mapping
from typing import Protocol

from hefu.ledger.tiles import TileId


class TileReader(Protocol):
    """Gives stored tiles."""

    def read(self, tile: TileId) -> bytes | None:
        """Return the tile of that level and index, at least `tile.width` wide; None when it is not kept."""
        ...


class LogReader(TileReader, Protocol):
    """Gives stored tiles and the newest signed checkpoint."""

    def checkpoint(self) -> str | None:
        """Return the newest published checkpoint; None before the first."""
        ...


class LogStore(LogReader, Protocol):
    """Keeps a log. Tiles come first, the checkpoint that needs them after: a crash between loses nothing."""

    def write(self, tiles: Mapping[TileId, bytes]) -> None:
        """Keep `tiles`, each in place of an earlier version of the same or a smaller width."""
        ...

    def publish(self, checkpoint: str) -> None:
        """Make `checkpoint` the newest one."""
        ...


class MemoryLog:
    """A log that lives as long as the process; keeps the newest version of each tile."""

    def __init__(self) -> None:
        """Begin empty."""
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.note: str | None = None

    def read(self, tile: TileId) -> bytes | None:
        """Return the newest version of the tile."""
        return self.tiles.get((tile.level, tile.index))

    def checkpoint(self) -> str | None:
        """Return the newest checkpoint."""
        return self.note

    def write(self, tiles: Mapping[TileId, bytes]) -> None:
        """Keep `tiles`."""
        self.tiles.update({(tile.level, tile.index): data for tile, data in tiles.items()})

    def publish(self, checkpoint: str) -> None:
        """Keep `checkpoint`."""
        self.note = checkpoint
