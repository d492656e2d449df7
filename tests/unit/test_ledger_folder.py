"""A log in a folder is what any reader of C2SP tlog-tiles expects, and survives a crash at any moment."""

import resource
from pathlib import Path

import pytest

from hefu.ledger.checkpoint import parse_checkpoint
from hefu.ledger.folder import FolderLog, copy_log
from hefu.ledger.fsck import fsck
from hefu.ledger.proofs import consistency_proof, inclusion_proof
from hefu.ledger.storage import MemoryLog
from hefu.ledger.tiles import TileId, tiles_of
from hefu.ledger.tree import TreeHead, integrate
from tests.unit.ledger_model import LOG_KEY, Model, entries, grown


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_folder_holds_the_files_that_the_format_names(tmp_path: Path) -> None:
    log, _ = grown(entries(600), log=FolderLog(tmp_path))
    assert files(tmp_path) == {"checkpoint", *(tile.path for tile in tiles_of(600))}
    assert (tmp_path / "tile/0/001").stat().st_size == 8192
    assert (tmp_path / "tile/0/002.p/88").stat().st_size == 88 * 32
    assert log.checkpoint() == (tmp_path / "checkpoint").read_text(encoding="utf-8")
    assert (tmp_path / "checkpoint").stat().st_mode & 0o777 == 0o644


def test_a_log_that_grows_in_a_folder_is_the_one_that_grows_in_memory(tmp_path: Path) -> None:
    leaves = entries(700)
    folder, head = grown(leaves, batch=90, log=FolderLog(tmp_path))
    memory, expected = grown(leaves)
    assert head == expected
    assert fsck(folder, LOG_KEY.public).ok
    for tile in tiles_of(700):
        assert folder.read(tile) == memory.read(tile)
    assert inclusion_proof(folder, 300, 700) == inclusion_proof(memory, 300, 700)


def test_proofs_for_an_older_checkpoint_work_after_its_partial_tiles_are_gone(tmp_path: Path) -> None:
    leaves = entries(600)
    folder, _ = grown(leaves, batch=100, log=FolderLog(tmp_path))
    assert not (tmp_path / "tile/0/000.p").exists()
    model = Model(leaves)
    assert list(inclusion_proof(folder, 7, 100)) == model.path(7, 0, 100)
    assert list(consistency_proof(folder, 100, 200)) == model.proof(100, 200)


def test_tiles_left_by_a_crash_do_not_show_in_what_comes_after(tmp_path: Path) -> None:
    # Tiles of 250 and of 600 entries were written, but only the checkpoint of 200 was published.
    leaves = entries(600)
    log = FolderLog(tmp_path)
    _, head = grown(leaves[:200], log=log)
    for size in (250, 600):
        log.write(integrate(head, leaves[200:size], log).tiles)
    other = leaves[:200] + [b"another %d" % number for number in range(300)]
    for size in (230, 260, 500):
        growth = integrate(head, other[head.size : size], log)
        log.write(growth.tiles)
        head = growth.head
        assert head == TreeHead(size, Model(other).mth(0, size))


def test_a_write_that_fails_halfway_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    log = FolderLog(tmp_path)
    log.publish("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            log.publish("new " * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (log.checkpoint(), files(tmp_path)) == ("old", {"checkpoint"})


def test_a_folder_that_is_not_there_is_an_empty_log(tmp_path: Path) -> None:
    log = FolderLog(tmp_path / "none")
    assert log.checkpoint() is None
    assert log.read(TileId(0, 0, 5)) is None
    assert fsck(log, LOG_KEY.public).ok
    assert files(tmp_path) == set()


@pytest.mark.parametrize("size", [1, 256, 600])
def test_a_copy_is_whole_and_holds_exactly_what_its_checkpoint_covers(tmp_path: Path, size: int) -> None:
    source, _ = grown(entries(600))
    assert isinstance(source, MemoryLog)
    small, _ = grown(entries(size))
    source.note = small.checkpoint()
    target = FolderLog(tmp_path)
    assert copy_log(source, target) == len(list(tiles_of(size)))
    assert files(tmp_path) == {"checkpoint", *(tile.path for tile in tiles_of(size))}
    assert {tile: (tmp_path / tile.path).read_bytes() for tile in tiles_of(size)} == {
        tile: small.read(tile) for tile in tiles_of(size)
    }
    assert fsck(target, LOG_KEY.public).ok
    note = target.checkpoint()
    assert note is not None
    assert parse_checkpoint(note).checkpoint.size == size


def test_a_copy_of_a_damaged_log_names_the_same_damage(tmp_path: Path) -> None:
    source, _ = grown(entries(600))
    assert isinstance(source, MemoryLog)
    del source.tiles[0, 1]
    target = FolderLog(tmp_path)
    copy_log(source, target)
    assert fsck(target, LOG_KEY.public).fault == fsck(source, LOG_KEY.public).fault


def test_an_empty_log_has_nothing_to_copy(tmp_path: Path) -> None:
    assert copy_log(MemoryLog(), FolderLog(tmp_path)) == 0
    assert files(tmp_path) == set()
