"""The whole log is checked, and the first damage is named for what it is."""

import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.ledger.checkpoint import Checkpoint, Witness, cosign, sign_checkpoint
from hefu.ledger.fsck import Fault, Report, fsck
from hefu.ledger.hashing import leaf_hash, subtree_root
from hefu.ledger.storage import MemoryLog
from hefu.ledger.tiles import ENTRIES, TileId, encode_bundle, tiles_of
from hefu.ledger.tree import EMPTY, TreeHead, integrate
from tests.unit.ledger_model import LOG_KEY, ORIGIN, OTHER_KEY, WITNESS_KEY, Model, entries, grown, signed

SIZE = 600
LARGE = 65_536 + 256 + 5
WITNESS = Witness("province.gov.cn", WITNESS_KEY.public)


def a_log(size: int = SIZE) -> MemoryLog:
    log, _ = grown(entries(size))
    assert isinstance(log, MemoryLog)
    return log


LARGE_LOG = a_log(LARGE)


def a_large_log() -> MemoryLog:
    log = MemoryLog()
    log.tiles, log.note = dict(LARGE_LOG.tiles), LARGE_LOG.note
    return log


def fault(log: MemoryLog) -> Fault:
    report = fsck(log, LOG_KEY.public)
    assert not report.ok
    assert report.fault is not None
    return report.fault


def flip(log: MemoryLog, place: tuple[int, int], byte: int) -> None:
    data = bytearray(log.tiles[place])
    data[byte] ^= 0x10
    log.tiles[place] = bytes(data)


# --- a whole log ---


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 600, 65_536, LARGE])
def test_a_whole_log_is_found_whole(size: int) -> None:
    log = a_log(size)
    if not size:
        log.publish(signed(EMPTY))
    report = fsck(log, LOG_KEY.public)
    assert report.ok
    assert (report.head.size, report.entries, report.tiles) == (size, size, len(list(tiles_of(size))))


def test_a_log_before_its_first_checkpoint_is_whole_and_empty() -> None:
    assert fsck(MemoryLog(), LOG_KEY.public) == Report(EMPTY, 0, 0, None)


def test_entries_that_wait_for_the_next_checkpoint_are_no_damage() -> None:
    log = a_log(300)
    note = log.note
    growth = integrate(TreeHead(300, Model(entries(300)).mth(0, 300)), [b"more"] * 500, log)
    log.write(growth.tiles)
    log.note = note
    report = fsck(log, LOG_KEY.public)
    assert report.ok
    assert report.entries == 300


def test_the_witnesses_of_the_checkpoint_are_reported_and_checked() -> None:
    log = a_log()
    assert log.note is not None
    log.note = cosign(log.note, name=WITNESS.name, signer=WITNESS_KEY, at=datetime(2026, 1, 5, tzinfo=UTC))
    report = fsck(log, LOG_KEY.public, witnesses=[WITNESS])
    assert [seen.witness.name for seen in report.cosignatures] == ["province.gov.cn"]
    log.note = log.note[:-5] + "AAA=\n"
    assert "witness" in fault_with_witness(log).why


def fault_with_witness(log: MemoryLog) -> Fault:
    found = fsck(log, LOG_KEY.public, witnesses=[WITNESS]).fault
    assert found is not None
    return found


def test_progress_is_told_bundle_by_bundle() -> None:
    told: list[int] = []
    fsck(a_log(), LOG_KEY.public, progress=told.append)
    assert told == [256, 512, 600]


# --- damage ---


@pytest.mark.parametrize("index", [0, 7, 255, 256, 599])
def test_a_changed_entry_is_named(index: int) -> None:
    log = a_log()
    bundle = log.tiles[ENTRIES, index // 256]
    log.tiles[ENTRIES, index // 256] = bundle.replace(f"entry {index} ".encode(), f"entrY {index} ".encode())
    found = fault(log)
    assert found.entry == index
    assert found.where == TileId(ENTRIES, index // 256, 256 if index < 512 else 88).path
    assert str(found) == f"{found.where}, entry {index}: it does not hash to its leaf"
    assert fsck(log, LOG_KEY.public).entries == index


def test_an_entry_changed_together_with_its_leaf_hash_is_named_by_its_tile() -> None:
    log = a_log()
    leaves = entries(256)
    leaves[7] = b"forged"
    log.tiles[ENTRIES, 0] = encode_bundle(leaves)
    log.tiles[0, 0] = b"".join(leaf_hash(leaf) for leaf in leaves)
    found = fault(log)
    assert found.where == "tile/0/000"
    assert "tile/1/000.p/2" in found.why


def test_an_entry_changed_together_with_all_hashes_above_it_is_caught_by_the_signature() -> None:
    leaves = entries(SIZE)
    log = a_log()
    leaves[7] = b"forged"
    forged, head = grown(leaves)
    assert isinstance(forged, MemoryLog)
    forged.note = log.note
    assert fault(forged) == Fault(
        "checkpoint", "tiles and entries agree, but on another root than the 600 entries signed"
    )
    forged.note = sign_checkpoint(Checkpoint(ORIGIN, SIZE, head.root), OTHER_KEY)
    assert "has not signed it" in fault(forged).why


@pytest.mark.parametrize(
    "place", [(0, 0), (0, 100), (0, 255), (0, 256), (0, 257), (1, 0), (1, 1), (2, 0), (ENTRIES, 0), (ENTRIES, 257)]
)
@pytest.mark.parametrize("damage", ["first byte", "last byte", "cut", "gone", "empty"])
def test_every_kind_of_damage_is_named_by_the_tile_it_happened_to(place: tuple[int, int], damage: str) -> None:
    log = a_large_log()
    width = {(0, 257): 5, (1, 1): 1, (2, 0): 1, (ENTRIES, 257): 5}.get(place, 256)
    match damage:
        case "first byte":
            flip(log, place, 0)
        case "last byte":
            flip(log, place, -1)
        case "cut":
            log.tiles[place] = log.tiles[place][:-1]
        case "gone":
            del log.tiles[place]
        case _:
            log.tiles[place] = b""
    assert fault(log).where == TileId(*place, width).path


def test_of_two_damages_the_first_in_the_log_is_named() -> None:
    log = a_large_log()
    flip(log, (0, 200), 5)
    flip(log, (ENTRIES, 3), -1)
    assert (fault(log).where, fault(log).entry) == ("tile/entries/003", 1023)


def test_bytes_after_the_last_entry_are_found() -> None:
    log = a_log()
    log.tiles[ENTRIES, 0] += b"\x00\x04more"
    assert fault(log) == Fault("tile/entries/000", "other bytes follow its last entry")
    log = a_log()
    log.tiles[ENTRIES, 2] += b"\x00"
    assert fault(log) == Fault("tile/entries/002.p/88", "other bytes follow its last entry")


def test_entries_without_a_checkpoint_are_found() -> None:
    log = a_log()
    log.note = None
    assert fault(log) == Fault("checkpoint", "it is missing, but there are entries")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda note: note.replace("\n600\n", "\n599\n"), "is wrong"),
        (lambda note: note[:-1], "no signature lines"),
        (lambda note: note.replace(ORIGIN, "other.gov.cn"), "has not signed it"),
        (lambda note: "", "no signature lines"),
    ],
)
def test_a_changed_checkpoint_is_found(change: Callable[[str], str], why: str) -> None:
    log = a_log()
    assert log.note is not None
    log.note = change(log.note)
    assert fault(log).where == "checkpoint"
    assert why in fault(log).why


def test_a_log_of_another_name_is_found() -> None:
    found = fsck(a_log(), LOG_KEY.public, origin="other.gov.cn").fault
    assert found is not None
    assert "not of 'other.gov.cn'" in found.why


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_one_flipped_bit_anywhere_is_found_where_it_is(draw: st.DataObject) -> None:
    log = a_log()
    place = draw.draw(st.sampled_from(sorted(log.tiles)))
    data = bytearray(log.tiles[place])
    data[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    log.tiles[place] = bytes(data)
    found = fault(log)
    assert found.where.partition(".")[0] == TileId(*place).path
    assert (found.entry is None) == (place[0] != ENTRIES)


# --- earlier checkpoints ---


def test_the_log_begins_with_everything_it_ever_signed() -> None:
    model, log = Model(entries(SIZE)), a_log()
    earlier = [(signed(TreeHead(size, model.mth(0, size))), LOG_KEY.public) for size in (0, 1, 255, 256, 599, 600)]
    assert fsck(log, LOG_KEY.public, earlier=earlier).ok


def test_a_history_that_was_signed_otherwise_before_is_found() -> None:
    model = Model([b"what was there first", *entries(SIZE)[1:]])
    earlier = [(signed(TreeHead(300, model.mth(0, 300))), LOG_KEY.public)]
    found = fsck(a_log(), LOG_KEY.public, earlier=earlier).fault
    assert found == Fault("earlier checkpoint", "the log does not begin with the 300 entries that it signed")


def test_a_log_that_has_become_shorter_is_found() -> None:
    earlier = [(signed(TreeHead(700, bytes(32))), LOG_KEY.public)]
    found = fsck(a_log(), LOG_KEY.public, earlier=earlier).fault
    assert found == Fault("checkpoint", "it covers 600 entries, an earlier one 700: entries are lost")


def test_an_earlier_checkpoint_of_another_key_counts_only_with_that_key() -> None:
    head = TreeHead(300, Model(entries(SIZE)).mth(0, 300))
    old = sign_checkpoint(Checkpoint(ORIGIN, head.size, head.root), OTHER_KEY)
    assert fsck(a_log(), LOG_KEY.public, earlier=[(old, OTHER_KEY.public)]).ok
    found = fsck(a_log(), LOG_KEY.public, earlier=[(old, LOG_KEY.public)]).fault
    assert found is not None
    assert found.where == "earlier checkpoint"


# --- memory ---


class Endless:
    """A log of equal entries, 26 MiB of them, made while it is read, so that only the check uses memory."""

    size = 65_536 + 300
    entry = b"x" * 400

    def __init__(self) -> None:
        full = [leaf_hash(self.entry)]
        for _ in range(2):
            full.append(subtree_root(full[-1] * 256))
        self.full = full
        root = subtree_root(full[2] + subtree_root(full[1] + subtree_root(full[0] * 44)))
        self.note = signed(TreeHead(self.size, root))

    def read(self, tile: TileId) -> bytes | None:
        if tile.level == ENTRIES:
            return encode_bundle([self.entry] * tile.width)
        return self.full[tile.level] * tile.width

    def checkpoint(self) -> str | None:
        return self.note


def test_the_check_needs_no_more_memory_for_a_larger_log() -> None:
    log = Endless()
    tracemalloc.start()
    try:
        report = fsck(log, LOG_KEY.public)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.ok
    assert report.entries == Endless.size
    assert peak < 2 * 2**20
