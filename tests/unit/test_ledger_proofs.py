"""Proofs from tiles are those of the definition, and the textbook check takes them and nothing else."""

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hefu.ledger.errors import LogDamaged, ProofRefused
from hefu.ledger.hashing import EMPTY_ROOT
from hefu.ledger.proofs import (
    TreeView,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from hefu.ledger.storage import MemoryLog
from tests.unit.ledger_model import Model, entries, grown
from tests.unit.test_ledger_tree import CLASSIC, CLASSIC_ROOTS

SIZES = 600
MODEL = Model(entries(SIZES))
LOG, HEAD = grown(MODEL.entries)
#: The tree that spans three levels of tiles; its path crosses full and partial tiles on each.
LARGE = 65_536 + 256 + 5


def refused_inclusion(**claim: object) -> bool:
    try:
        verify_inclusion(**claim)  # type: ignore[arg-type]
    except ProofRefused:
        return True
    return False


def refused_consistency(**claim: object) -> bool:
    try:
        verify_consistency(**claim)  # type: ignore[arg-type]
    except ProofRefused:
        return True
    return False


def hashes(*texts: str) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(text) for text in texts)


# --- published vectors: test data of transparency-dev/merkle, over the classic eight entries ---

INCLUSION_VECTORS = [
    (0, 1, ()),
    (
        0,
        8,
        hashes(
            "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
            "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
            "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
        ),
    ),
    (
        5,
        8,
        hashes(
            "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
            "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
            "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
        ),
    ),
    (2, 3, hashes("+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=")),
]
CONSISTENCY_VECTORS = [
    (1, 1, ()),
    (1, 8, INCLUSION_VECTORS[1][2]),
    (
        6,
        8,
        hashes(
            "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
            "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
            "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
        ),
    ),
    (
        2,
        5,
        hashes(
            "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
            "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
        ),
    ),
]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION_VECTORS)
def test_the_published_inclusion_proofs(index: int, size: int, proof: tuple[bytes, ...]) -> None:
    log, _ = grown(CLASSIC)
    assert inclusion_proof(log, index, size) == proof
    root = bytes.fromhex(CLASSIC_ROOTS[size - 1])
    verify_inclusion(leaf=Model(CLASSIC).mth(index, index + 1), index=index, size=size, proof=proof, root=root)


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY_VECTORS)
def test_the_published_consistency_proofs(old: int, new: int, proof: tuple[bytes, ...]) -> None:
    log, _ = grown(CLASSIC)
    assert consistency_proof(log, old, new) == proof
    old_root, new_root = (bytes.fromhex(CLASSIC_ROOTS[size - 1]) for size in (old, new))
    verify_consistency(old=old, old_root=old_root, new=new, new_root=new_root, proof=proof)


# --- the definition ---


def test_every_inclusion_proof_of_every_small_tree_and_of_trees_around_a_tile() -> None:
    for size in (*range(1, 40), 255, 256, 257, 511, 512, 513):
        view = TreeView(LOG, size)
        assert view.root() == MODEL.mth(0, size)
        for index in range(size):
            proof = view.inclusion(index)
            assert list(proof) == MODEL.path(index, 0, size)
            verify_inclusion(
                leaf=MODEL.mth(index, index + 1), index=index, size=size, proof=proof, root=MODEL.mth(0, size)
            )


def test_every_consistency_proof_between_small_trees_and_around_tiles() -> None:
    for new in (*range(1, 40), 255, 256, 257, 512, 513, SIZES):
        view = TreeView(LOG, new)
        for old in range(1, new + 1):
            proof = view.consistency(old)
            assert list(proof) == MODEL.proof(old, new)
            verify_consistency(old=old, old_root=MODEL.mth(0, old), new=new, new_root=MODEL.mth(0, new), proof=proof)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_proof_up_to_600_is_that_of_the_definition(draw: st.DataObject) -> None:
    new = draw.draw(st.integers(1, SIZES))
    index, old = draw.draw(st.integers(0, new - 1)), draw.draw(st.integers(1, new))
    assert list(inclusion_proof(LOG, index, new)) == MODEL.path(index, 0, new)
    assert list(consistency_proof(LOG, old, new)) == MODEL.proof(old, new)
    assert TreeView(LOG, SIZES).root(old) == MODEL.mth(0, old)


def test_proofs_over_three_levels_of_tiles() -> None:
    leaves = entries(LARGE)
    model, (log, head) = Model(leaves), grown(leaves)
    view = TreeView(log, LARGE)
    chosen = random.Random(6962)
    edges = {0, 255, 256, 65_535, 65_536, 65_791, 65_792, LARGE - 1}
    for index in sorted(edges | {chosen.randrange(LARGE) for _ in range(40)}):
        proof = view.inclusion(index)
        assert list(proof) == model.path(index, 0, LARGE)
        verify_inclusion(leaf=model.mth(index, index + 1), index=index, size=LARGE, proof=proof, root=head.root)
        if index:
            proof = view.consistency(index)
            assert list(proof) == model.proof(index, LARGE)
            verify_consistency(old=index, old_root=model.mth(0, index), new=LARGE, new_root=head.root, proof=proof)


def test_a_proof_reads_few_tiles() -> None:
    leaves = entries(LARGE)
    log, _ = grown(leaves)
    asked: list[object] = []

    class Counting(MemoryLog):
        def read(self, tile):  # type: ignore[no-untyped-def]
            asked.append(tile)
            return log.read(tile)

    inclusion_proof(Counting(), 12_345, LARGE)
    assert len(asked) <= 5


# --- what must be refused ---


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_inclusion_claim_is_refused(draw: st.DataObject) -> None:
    size = draw.draw(st.integers(1, SIZES))
    index = draw.draw(st.integers(0, size - 1))
    good = {
        "leaf": MODEL.mth(index, index + 1),
        "index": index,
        "size": size,
        "proof": MODEL.path(index, 0, size),
        "root": MODEL.mth(0, size),
    }
    proof = MODEL.path(index, 0, size)
    place = draw.draw(st.integers(0, len(proof)))
    changed = [
        {"leaf": draw.draw(st.binary(min_size=32, max_size=32))},
        {"root": draw.draw(st.binary(min_size=32, max_size=32))},
        {"index": draw.draw(st.integers(-2, SIZES + 2).filter(lambda other: other != index))},
        {"proof": [*proof[:place], bytes(32), *proof[place:]]},
        {"proof": [*proof, MODEL.mth(0, size)]},
    ]
    if proof:
        changed += [{"proof": proof[:place] + proof[place + 1 :]}] if place < len(proof) else []
        changed += [{"proof": proof[:-1]}, {"proof": proof[1:]}]
    if len(proof) > 1:
        changed.append({"proof": proof[::-1]})
    assert not refused_inclusion(**good)
    for change in changed:
        assert refused_inclusion(**{**good, **change})


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_changed_consistency_claim_is_refused(draw: st.DataObject) -> None:
    new = draw.draw(st.integers(2, SIZES))
    old = draw.draw(st.integers(1, new - 1))
    proof = MODEL.proof(old, new)
    good = {
        "old": old,
        "old_root": MODEL.mth(0, old),
        "new": new,
        "new_root": MODEL.mth(0, new),
        "proof": proof,
    }
    place = draw.draw(st.integers(0, len(proof) - 1))
    changed = [
        {"old_root": bytes(32)},
        {"new_root": bytes(32)},
        {"old_root": MODEL.mth(0, new), "new_root": MODEL.mth(0, old)},
        {"proof": []},
        {"proof": proof[:-1]},
        {"proof": [*proof, bytes(32)]},
        {"proof": proof[:place] + proof[place + 1 :]},
        {"proof": [*proof[:place], bytes(32), *proof[place + 1 :]]},
        {"old": 0},
        {"old": new},
        {"old": new + 1},
    ]
    assert not refused_consistency(**good)
    for change in changed:
        assert refused_consistency(**{**good, **change})


def test_a_rewritten_history_has_no_proof_of_consistency() -> None:
    forged = Model([b"forged", *MODEL.entries[1:]])
    with pytest.raises(ProofRefused, match="do not begin with the 300"):
        verify_consistency(
            old=300,
            old_root=MODEL.mth(0, 300),
            new=SIZES,
            new_root=forged.mth(0, SIZES),
            proof=forged.proof(300, SIZES),
        )


def test_every_tree_continues_the_empty_one_and_itself_with_no_hashes() -> None:
    root = MODEL.mth(0, 5)
    assert consistency_proof(LOG, 0, 5) == consistency_proof(LOG, 5, 5) == ()
    verify_consistency(old=0, old_root=EMPTY_ROOT, new=5, new_root=root, proof=())
    verify_consistency(old=5, old_root=root, new=5, new_root=root, proof=())
    for claim in (
        {"old": 0, "old_root": root, "new": 5, "new_root": root, "proof": ()},
        {"old": 5, "old_root": EMPTY_ROOT, "new": 5, "new_root": root, "proof": ()},
        {"old": 5, "old_root": root, "new": 5, "new_root": root, "proof": (root,)},
        {"old": 0, "old_root": EMPTY_ROOT, "new": 5, "new_root": root, "proof": (root,)},
        {"old": -1, "old_root": EMPTY_ROOT, "new": 5, "new_root": root, "proof": ()},
    ):
        assert refused_consistency(**claim)


def test_there_is_no_proof_of_what_is_not_in_the_tree() -> None:
    for index in (-1, 5, 6):
        with pytest.raises(IndexError):
            inclusion_proof(LOG, index, 5)
    for old in (-1, 6):
        with pytest.raises(IndexError):
            consistency_proof(LOG, old, 5)
        with pytest.raises(IndexError):
            TreeView(LOG, 5).root(old)
    assert TreeView(LOG, 0).root() == TreeView(LOG, 5).root(0) == EMPTY_ROOT


def test_a_missing_tile_is_named() -> None:
    log, _ = grown(entries(600))
    assert isinstance(log, MemoryLog)
    del log.tiles[0, 1]
    with pytest.raises(LogDamaged, match="tile/0/001: it is missing"):
        inclusion_proof(log, 300, 600)
