"""Tiles lie where C2SP tlog-tiles says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hefu.ledger.tiles import ENTRIES, TileId, decode_bundle, encode_bundle, right_edge, tiles_of, width_at

TILES = st.builds(TileId, st.integers(ENTRIES, 63), st.integers(0, 10**12), st.integers(1, 256))


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (TileId(0, 0), "tile/0/000"),
        (TileId(0, 1_234_067), "tile/0/x001/x234/067"),
        (TileId(0, 999), "tile/0/999"),
        (TileId(0, 1000), "tile/0/x001/000"),
        (TileId(1, 255, 255), "tile/1/255.p/255"),
        (TileId(0, 256, 1), "tile/0/256.p/1"),
        (TileId(ENTRIES, 65_536, 7), "tile/entries/x065/536.p/7"),
        (TileId(63, 0, 1), "tile/63/000.p/1"),
        (TileId(0, 10**9), "tile/0/x001/x000/x000/000"),
    ],
)
def test_the_path_of_a_tile(tile: TileId, path: str) -> None:
    assert tile.path == path
    assert TileId.from_path(path) == tile


@given(TILES)
def test_a_path_is_read_back(tile: TileId) -> None:
    assert TileId.from_path(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/x001",
        "tile/00/001",
        "tile/01/001",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/0/000\n",
        "tile/0/000.p/5\n",
        "/tile/0/000",
        "tile/data/000",
        "tile/0/../000",
        "tile/0/٠٠٠",
        "checkpoint",
    ],
)
def test_what_is_not_exactly_the_path_of_a_tile_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a tile"):
        TileId.from_path(path)


def test_the_example_of_the_specification_has_its_tiles() -> None:
    tiles = list(tiles_of(70_000))
    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert [tile for tile in tiles if tile.width < 256] == [
        TileId(ENTRIES, 273, 112),
        TileId(0, 273, 112),
        TileId(1, 1, 17),
        TileId(2, 0, 1),
    ]
    assert TileId(1, 0) in tiles
    assert list(tiles_of(256)) == [TileId(ENTRIES, 0), TileId(0, 0), TileId(1, 0, 1)]
    assert list(tiles_of(0)) == []


@given(st.integers(0, 2**40))
def test_the_right_edge_holds_the_partial_tiles_and_covers_the_whole_tree(size: int) -> None:
    edge = list(right_edge(size))
    assert sum(tile.width * 256**tile.level for tile in edge) == size
    assert [tile.width for tile in edge] == [width_at(tile.level, size) for tile in edge]
    assert all(0 < tile.width < 256 for tile in edge)


@given(st.integers(1, 200_000))
def test_the_tiles_of_a_tree_are_few_and_all_different(size: int) -> None:
    tiles = list(tiles_of(size))
    assert len(set(tiles)) == len(tiles)
    assert set(right_edge(size)) <= set(tiles)
    assert sum(tile.width for tile in tiles if tile.level == ENTRIES) == size


def test_a_tile_starts_at_its_first_entry() -> None:
    assert TileId(ENTRIES, 3).start == TileId(0, 3).start == 768
    assert TileId(1, 1).start == 65_536
    assert TileId(2, 1).start == 2**24


@given(st.lists(st.binary(max_size=300), max_size=256), st.integers(1, 256))
def test_a_bundle_is_read_back_and_cut_at_an_entry(entries: list[bytes], width: int) -> None:
    data = encode_bundle(entries)
    assert list(decode_bundle(data)) == entries
    assert list(decode_bundle(TileId(ENTRIES, 0, width).cut(data))) == entries[:width]


def test_a_bundle_is_length_and_bytes_one_after_the_other() -> None:
    assert encode_bundle([b"ab", b"", b"c" * 256]) == b"\x00\x02ab" + b"\x00\x00" + b"\x01\x00" + b"c" * 256


def test_a_bundle_that_breaks_off_is_refused_after_its_whole_entries() -> None:
    data = encode_bundle([b"one", b"two"])
    for length in (6, 7, 9):
        whole = []
        with pytest.raises(ValueError, match="within its entry 1"):
            whole.extend(decode_bundle(data[:length]))
        assert next(decode_bundle(data[:length])) == b"one"


def test_a_wider_hash_tile_is_cut_to_its_first_hashes() -> None:
    assert TileId(0, 0, 2).cut(bytes(32) + b"\x01" * 32 + b"\x02" * 32) == bytes(32) + b"\x01" * 32
