"""The tree is the one of RFC 6962, however the entries arrived."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.ledger.errors import LeafTooLarge, LogDamaged
from hefu.ledger.hashing import EMPTY_ROOT, leaf_hash, node_hash, subtree_root
from hefu.ledger.storage import MemoryLog
from hefu.ledger.tiles import ENTRIES, TileId, decode_bundle, encode_bundle, tiles_of
from hefu.ledger.tree import EMPTY, TreeHead, integrate, read_entry
from tests.unit.ledger_model import Model, entries, grown

#: The eight entries on which implementations of RFC 6962 compare themselves, and the roots over the first 1, 2, … 8.
#: Source: test data of the Certificate Transparency project and of transparency-dev/merkle.
CLASSIC = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CLASSIC_ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
#: Both sides of every boundary between tiles that a test can afford.
BOUNDARIES = (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 600, 65_535, 65_536, 65_537, 65_792, 65_793, 70_000)


def test_the_published_hashes_of_leaf_node_and_empty_tree() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_the_published_roots_of_the_classic_eight_entries(batch: int) -> None:
    for count, root in enumerate(CLASSIC_ROOTS, start=1):
        _, head = grown(CLASSIC[:count], batch=batch)
        assert head == TreeHead(count, bytes.fromhex(root))


def test_a_node_is_never_taken_for_a_leaf() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_all_roots_up_to_600_are_those_of_the_definition() -> None:
    model = Model(entries(600))
    log, head = MemoryLog(), EMPTY
    for size in range(1, 601):
        growth = integrate(head, [model.entries[size - 1]], log)
        log.write(growth.tiles)
        head = growth.head
        assert head == TreeHead(size, model.mth(0, size))


@pytest.mark.parametrize("size", BOUNDARIES)
def test_a_log_made_at_once_has_the_tiles_that_the_format_asks_for_and_no_others(size: int) -> None:
    leaves = entries(size)
    growth = integrate(EMPTY, leaves, MemoryLog())
    assert set(growth.tiles) == set(tiles_of(size))
    model = Model(leaves)
    assert growth.head == TreeHead(size, model.mth(0, size))
    for tile, data in growth.tiles.items():
        if tile.level == ENTRIES:
            assert list(decode_bundle(data)) == leaves[tile.start : tile.start + tile.width]
        else:
            span = 256**tile.level
            starts = range(tile.start, tile.start + tile.width * span, span)
            assert data == b"".join(model.mth(start, start + span) for start in starts)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 300), max_size=6))
def test_batches_of_any_size_end_in_the_same_tiles_and_root(batches: list[int]) -> None:
    leaves = entries(sum(batches))
    at_once = integrate(EMPTY, leaves, MemoryLog())
    log, head = MemoryLog(), EMPTY
    for batch in batches:
        growth = integrate(head, leaves[head.size : head.size + batch], log)
        log.write(growth.tiles)
        head = growth.head
    assert head == at_once.head
    assert log.tiles == {(tile.level, tile.index): data for tile, data in at_once.tiles.items()}


@pytest.mark.parametrize(("size", "more"), [(255, 1), (256, 1), (65_535, 1), (65_535, 2), (65_536, 1), (600, 300)])
def test_only_changed_tiles_are_given_back(size: int, more: int) -> None:
    leaves = entries(size + more)
    log, head = grown(leaves[:size])
    growth = integrate(head, leaves[size:], log)
    assert set(growth.tiles) == set(tiles_of(size + more)) - set(tiles_of(size))
    assert growth.head.root == Model(leaves).mth(0, size + more)


def test_no_entries_change_nothing() -> None:
    log, head = grown(entries(300))
    assert integrate(head, [], log).tiles == {}
    assert integrate(head, [], log).head == head
    assert integrate(EMPTY, [], MemoryLog()).head.root == EMPTY_ROOT


def test_the_longest_entry_fits_and_one_byte_more_is_refused_before_anything_is_integrated() -> None:
    growth = integrate(EMPTY, [b"x" * 65_535], MemoryLog())
    assert growth.tiles[TileId(ENTRIES, 0, 1)][:2] == b"\xff\xff"
    with pytest.raises(LeafTooLarge, match=r"65536 bytes .* at most 65535.* digest"):
        integrate(EMPTY, [b"small", b"x" * 65_536], MemoryLog())


def test_an_empty_entry_is_an_entry() -> None:
    log, head = grown([b"", b"", b"x", b""])
    assert head.size == 4
    assert [read_entry(log, index, 4) for index in range(4)] == [b"", b"", b"x", b""]
    assert list(decode_bundle(encode_bundle([b"", b"x"]))) == [b"", b"x"]


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_an_entry_is_read_back_by_its_index(index: int) -> None:
    log, head = grown(entries(600))
    assert read_entry(log, index, head.size) == entries(600)[index]


def test_an_entry_beyond_the_head_is_not_read_though_it_is_stored() -> None:
    log, _ = grown(entries(600))
    for index in (-1, 300):
        with pytest.raises(IndexError):
            read_entry(log, index, 300)


def test_an_older_head_can_grow_into_another_future_after_a_crash() -> None:
    # The tiles of 600 entries were kept, but only the checkpoint of 300 was signed.
    leaves = entries(600)
    log, _ = grown(leaves)
    head = TreeHead(300, Model(leaves).mth(0, 300))
    other = leaves[:300] + [b"another"] * 500
    growth = integrate(head, other[300:], log)
    assert growth.head.root == Model(other).mth(0, 800)


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "long"])
@pytest.mark.parametrize("place", [(0, 257), (1, 1), (2, 0)])
def test_nothing_is_added_on_a_damaged_right_edge(damage: str, place: tuple[int, int]) -> None:
    log, head = grown(entries(65_536 + 256 + 5))
    assert isinstance(log, MemoryLog)
    data = log.tiles.pop(place)
    if damage != "gone":
        log.tiles[place] = {
            "flip": bytes([data[0] ^ 1]) + data[1:],
            "cut": data[:-1],
            "long": data + bytes(32 * 256),
        }[damage]
    with pytest.raises(LogDamaged, match=rf"tile/{place[0]}/.*hefu ledger fsck"):
        integrate(head, [b"more"], log)


def test_nothing_is_added_to_a_bundle_whose_entries_were_changed() -> None:
    log, head = grown(entries(5))
    assert isinstance(log, MemoryLog)
    log.tiles[ENTRIES, 0] = log.tiles[ENTRIES, 0].replace(b"entry 3", b"entry 8")
    with pytest.raises(LogDamaged, match=r"tile/entries/000\.p/5"):
        integrate(head, [b"more"], log)
    log.tiles[ENTRIES, 0] = log.tiles[ENTRIES, 0][:-1]
    with pytest.raises(LogDamaged, match="ends within its entry 4"):
        integrate(head, [b"more"], log)


def test_a_wrong_head_is_not_continued() -> None:
    log, head = grown(entries(5))
    with pytest.raises(LogDamaged, match="root of 5 entries"):
        integrate(TreeHead(5, sha256(b"other").digest()), [b"more"], log)
    with pytest.raises(LogDamaged, match="the empty tree"):
        integrate(TreeHead(0, head.root), [b"more"], log)


@given(st.integers(1, 300))
def test_a_row_of_hashes_pairs_up_to_the_defined_root(count: int) -> None:
    model = Model(entries(count))
    row = b"".join(model.mth(place, place + 1) for place in range(count))
    assert subtree_root(row) == model.mth(0, count)
