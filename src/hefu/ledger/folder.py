"""A log as a folder of files: how a log is exported, mirrored and served to others.

Source: C2SP tlog-tiles.
"""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hefu.ledger.checkpoint import parse_checkpoint
from hefu.ledger.storage import LogReader, LogStore
from hefu.ledger.tiles import WIDTH, TileId, tiles_of


class FolderLog:
    """A log as files under the paths of C2SP tlog-tiles: any web server can serve the folder as it is."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made when something is first written."""
        self.folder = folder

    def read(self, tile: TileId) -> bytes | None:
        """Return the file of exactly this width, else the full tile that has replaced it."""
        for candidate in (tile, TileId(tile.level, tile.index)):
            try:
                return (self.folder / candidate.path).read_bytes()
            except FileNotFoundError:
                continue
        return None

    def checkpoint(self) -> str | None:
        """Return the text of the file `checkpoint`."""
        try:
            return (self.folder / "checkpoint").read_bytes().decode()
        except FileNotFoundError:
            return None

    def write(self, tiles: Mapping[TileId, bytes]) -> None:
        """Write each tile to its own file, whole or not at all; partial ones go when the tile is full."""
        for tile, data in tiles.items():
            path = self.folder / tile.path
            _write_whole(path, data)
            if tile.width == WIDTH:
                _drop_partials(path.with_name(path.name + ".p"))

    def publish(self, checkpoint: str) -> None:
        """Write the file `checkpoint`, whole or not at all."""
        _write_whole(self.folder / "checkpoint", checkpoint.encode())


def copy_log(source: LogReader, target: LogStore) -> int:
    """Copy the checkpoint and every tile it covers; return how many tiles were copied.

    The checkpoint is read first and published last, so a log that grows meanwhile gives a whole copy.
    A tile missing in `source` stays missing in `target`, where `fsck` names it.

    Raises:
        CheckpointRefused: The checkpoint is malformed.
    """
    note = source.checkpoint()
    if note is None:
        return 0
    copied = 0
    for tile in tiles_of(parse_checkpoint(note).checkpoint.size):
        data = source.read(tile)
        if data is not None:
            target.write({tile: tile.cut(data)})
            copied += 1
    target.publish(note)
    return copied


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _drop_partials(folder: Path) -> None:
    if folder.is_dir():
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
