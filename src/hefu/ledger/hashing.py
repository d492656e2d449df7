"""RFC 6962 hashing: leaves and nodes can never be taken for each other.

Runs of hashes are kept as one `bytes`, 32 after 32: that is the form tiles have on disk, and it is
several times faster than lists of digests.

Source: RFC 6962 section 2.1.
"""

from collections.abc import Iterable
from hashlib import sha256

#: Bytes in one hash.
HASH = 32
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
#: The root of a log without entries.
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry."""
    return sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two neighbouring subtrees."""
    return sha256(NODE_PREFIX + left + right).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """Return the leaf hashes of `entries`, one after the other."""
    return b"".join([sha256(LEAF_PREFIX + entry).digest() for entry in entries])


def parents(hashes: bytes) -> bytes:
    """Return the row above a row of hashes; an odd last one moves up unchanged."""
    whole = len(hashes) - len(hashes) % (2 * HASH)
    above = [sha256(NODE_PREFIX + hashes[start : start + 2 * HASH]).digest() for start in range(0, whole, 2 * HASH)]
    above.append(hashes[whole:])
    return b"".join(above)


def subtree_root(hashes: bytes) -> bytes:
    """Return the root over a row of neighbouring subtree hashes.

    All subtrees but the last must have the same full size 2ᵏ; the last may be smaller. Pairing from
    the left and moving an odd last one up is the same tree as RFC 6962's split at the largest power
    of two.
    """
    while len(hashes) > HASH:
        hashes = parents(hashes)
    return hashes
