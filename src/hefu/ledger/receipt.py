"""Receipts: one small file that proves, without the platform, that the log holds an entry.

A receipt is one JSON object in canonical bytes and a final newline. No byte of it is free: the entry
is bound by its hash and the inclusion proof to the root, the root, the size and the origin by the
log's signature, the key by the key id on the signature line, each witness by its own signature, and
all white space, order and spelling by the canonical form.

What it proves depends on the key. `verify_receipt` with the log's key from another place proves that
the log made this statement; without one, only that the file is whole, and the reader must compare
the fingerprint.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hefu.crypto.signing import KeyFault, PublicKey
from hefu.kernel.canonical import canonical
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.ledger.checkpoint import (
    Checkpoint,
    Cosignature,
    OpenedCheckpoint,
    Witness,
    decode,
    encode,
    open_checkpoint,
    parse_checkpoint,
)
from hefu.ledger.errors import CheckpointRefused, LeafTooLarge, ProofRefused
from hefu.ledger.hashing import HASH, leaf_hash
from hefu.ledger.proofs import inclusion_proof, verify_inclusion
from hefu.ledger.storage import TileReader
from hefu.ledger.tiles import LEAF_LIMIT
from hefu.ledger.tree import read_entry

#: Names the format and its version; a reader refuses any other.
FORMAT = "hefu-receipt/1"
#: Longest receipt that is read, in bytes: the largest entry with room for a hundred witnesses.
RECEIPT_LIMIT = 256 * 1024

Kind = TypeVar("Kind")

_FIELDS = frozenset({"format", "origin", "entry", "index", "size", "proof", "checkpoint", "key", "witnesses"})


class ReceiptRefused(Refusal):
    """A receipt that proves nothing; each reason is a class of its own."""

    code = "receipt.refused"
    text = _("The receipt is refused: {reason}. Ask the node that issued it for a new copy.")
    status = 422


class ReceiptNotCanonical(ReceiptRefused):
    """The bytes are not the one way to write this receipt: cut off, edited, or saved again by a program."""

    code = "receipt.not_canonical"
    text = _(
        "The file is not a receipt as it was issued ({reason}). Programs that reformat a file break it: "
        "download it again and check it unopened."
    )


class NoReceipt(ReceiptRefused):
    """The stored entry is one that a receipt cannot hold."""

    code = "receipt.none"
    text = _(
        "Entry {index} has no receipt: {reason}. Only evidence that a node recorded has one; for another entry use its "
        "inclusion proof."
    )
    status = 409


class ReceiptFields(ReceiptRefused):
    """A field is missing, unknown, or of the wrong kind."""

    code = "receipt.fields"
    text = _("The receipt does not have the fields of {format}: {reason}. Ask the node that issued it for a new copy.")


class ReceiptVersion(ReceiptRefused):
    """The receipt is of a format that this version cannot check."""

    code = "receipt.version"
    text = _("The receipt has the format {found}; this version checks {format}. Check it with a newer version of Hefu.")


class ReceiptCheckpoint(ReceiptRefused):
    """The checkpoint inside is malformed, or says something else than the receipt around it."""

    code = "receipt.checkpoint"
    text = _("The checkpoint in the receipt does not fit it: {reason}. Ask the node that issued it for a new copy.")


class ReceiptSignature(ReceiptRefused):
    """A signature under the checkpoint is wrong."""

    code = "receipt.signature"
    text = _(
        "A signature in the receipt is wrong: {reason}. Do not rely on it; ask the node that issued it for "
        "a new copy, and report this one to its auditor."
    )


class EntryNotUnderRoot(ReceiptRefused):
    """The entry is not the one that the signed root covers."""

    code = "receipt.not_under_root"
    text = _(
        "The entry in the receipt is not under the signed root: {reason}. The entry or its proof was "
        "changed; do not rely on it, and report it to the auditor of the node that issued it."
    )


class KeyNotTrusted(ReceiptRefused):
    """The receipt is whole, but signed by a key that the reader does not trust."""

    code = "receipt.key_not_trusted"
    text = _(
        "The receipt is signed by the key {fingerprint} of {origin}, which is not among the keys you trust. "
        "Get the node's key from its authority and compare the fingerprint before you accept it."
    )


@dataclass(frozen=True)
class Verified:
    """What a receipt proves."""

    #: The recorded evidence.
    entry: dict[str, Any]
    #: Its place in the log, from 0.
    index: int
    #: The signed head it was proved under.
    checkpoint: Checkpoint
    #: The key that signed it.
    key: PublicKey
    #: Whether that key is one the reader trusted beforehand. If not, compare the fingerprint.
    pinned: bool
    #: The witnesses that signed too, in the order of the receipt; their keys come from the receipt.
    cosignatures: tuple[Cosignature, ...]

    @property
    def fingerprint(self) -> str:
        """What people compare: see `PublicKey.fingerprint`."""
        return self.key.fingerprint


def make_receipt(
    *,
    entry: Mapping[str, Any],
    index: int,
    proof: Sequence[bytes],
    checkpoint: str,
    key: PublicKey,
    witnesses: Sequence[Witness] = (),
) -> bytes:
    """Return the receipt of one entry; it is verified before it is given away.

    Args:
        entry: The recorded evidence; its canonical bytes are the leaf.
        index: Its place in the log.
        proof: Inclusion proof for the size of `checkpoint`, as `proofs.inclusion_proof` gives it.
        checkpoint: A signed checkpoint of that size. Lines of other keys than `key` and `witnesses`
            are left out, because the reader could not check them.
        key: The log's public key.
        witnesses: Those whose signatures go along, when they are there.

    Raises:
        ReceiptRefused: The parts do not fit together.
        CheckpointRefused: The checkpoint is malformed or not signed by `key`.
        NotCanonical: The entry has no canonical form.
        LeafTooLarge: The entry is longer than a log takes.
    """
    origin = parse_checkpoint(checkpoint).checkpoint.origin
    opened = open_checkpoint(checkpoint, origin=origin, key=key, witnesses=witnesses)
    present = [cosignature.witness for cosignature in opened.cosignatures]
    document = {
        "format": FORMAT,
        "origin": origin,
        "entry": dict(entry),
        "index": index,
        "size": opened.checkpoint.size,
        "proof": [encode(sibling) for sibling in proof],
        "checkpoint": opened.note,
        "key": key.as_text(),
        "witnesses": [{"name": witness.name, "key": witness.key.as_text()} for witness in present],
    }
    leaf = canonical(document["entry"])
    if len(leaf) > LEAF_LIMIT:
        raise LeafTooLarge(size=len(leaf), limit=LEAF_LIMIT)
    data = canonical(document) + b"\n"
    verify_receipt(data, trusted=[key])
    return data


def issue_receipt(
    log: TileReader, index: int, *, checkpoint: str, key: PublicKey, witnesses: Sequence[Witness] = ()
) -> bytes:
    """Return the receipt of entry `index`, read with its proof from the tiles of `log`.

    Raises:
        IndexError: The checkpoint does not cover the entry yet.
        LogDamaged: A tile is missing or short.
        NoReceipt: The stored entry is not a JSON object in canonical form.
        EntryNotUnderRoot: It is not under the checkpoint's root.
        CheckpointRefused: The checkpoint is malformed or not signed by `key`.
    """
    size = parse_checkpoint(checkpoint).checkpoint.size
    leaf = read_entry(log, index, size)
    try:
        entry = _load(leaf)
    except ValueError as error:
        raise NoReceipt(index=index, reason=str(error)) from None
    return make_receipt(
        entry=entry,
        index=index,
        proof=inclusion_proof(log, index, size),
        checkpoint=checkpoint,
        key=key,
        witnesses=witnesses,
    )


def verify_receipt(data: bytes, *, trusted: Sequence[PublicKey] = ()) -> Verified:
    """Check a receipt offline.

    Args:
        data: The file, byte for byte.
        trusted: Keys of logs that the reader trusts. When given, a receipt signed by another key is
            refused; when empty, the key inside is used and `pinned` is False in the result.

    Raises:
        ReceiptNotCanonical: Not the one way to write this receipt.
        ReceiptVersion: Of another format.
        ReceiptFields: A field is missing, unknown or of the wrong kind.
        ReceiptCheckpoint: The checkpoint is malformed or does not fit the fields around it.
        ReceiptSignature: A signature is wrong.
        EntryNotUnderRoot: The proof does not lead from the entry to the signed root.
        KeyNotTrusted: Whole, but signed by a key outside `trusted`.
    """
    receipt = _read(data)
    opened = _open(receipt)
    try:
        verify_inclusion(
            leaf=leaf_hash(canonical(receipt.entry)),
            index=receipt.index,
            size=receipt.size,
            proof=receipt.proof,
            root=opened.checkpoint.root,
        )
    except ProofRefused as refusal:
        raise EntryNotUnderRoot(reason=refusal.facts["reason"]) from None
    if trusted and receipt.key not in trusted:
        raise KeyNotTrusted(fingerprint=receipt.key.fingerprint, origin=receipt.origin)
    return Verified(
        entry=receipt.entry,
        index=receipt.index,
        checkpoint=opened.checkpoint,
        key=receipt.key,
        pinned=bool(trusted),
        cosignatures=opened.cosignatures,
    )


@dataclass(frozen=True)
class _Receipt:
    """The fields of a receipt, each of the right kind, none verified."""

    origin: str
    entry: dict[str, Any]
    index: int
    size: int
    proof: list[bytes]
    checkpoint: str
    key: PublicKey
    witnesses: list[Witness]


def _load(data: bytes) -> dict[str, Any]:
    """Return the JSON object whose canonical bytes are `data`.

    Raises:
        ValueError: It is none, with the reason.
    """
    try:
        value = json.loads(data.decode("utf-8"))
        same = canonical(value) == data
    except (ValueError, RecursionError):  # the decoders and NotCanonical raise kinds of ValueError
        raise ValueError("it is not JSON in canonical form") from None
    if not same:
        raise ValueError("its JSON is written in another way")
    if not isinstance(value, dict):
        raise ValueError("it is not a JSON object")
    return value


def _read(data: bytes) -> _Receipt:
    if len(data) > RECEIPT_LIMIT:
        raise ReceiptNotCanonical(reason=f"it is longer than {RECEIPT_LIMIT} bytes")
    if not data.endswith(b"\n"):
        raise ReceiptNotCanonical(reason="the newline at its end is missing: it may be cut off")
    try:
        fields = _load(data[:-1])
    except ValueError as error:
        raise ReceiptNotCanonical(reason=str(error)) from None
    if fields.get("format") != FORMAT:
        raise ReceiptVersion(found=str(fields.get("format"))[:40], format=FORMAT)
    if fields.keys() != _FIELDS:
        differing = ", ".join(sorted(fields.keys() ^ _FIELDS))[:200]
        raise _wrong(f"missing or unknown: {differing}")
    proof, witnesses = _kind(fields, "proof", list), _kind(fields, "witnesses", list)
    return _Receipt(
        origin=_kind(fields, "origin", str),
        entry=_kind(fields, "entry", dict),
        index=_kind(fields, "index", int),
        size=_kind(fields, "size", int),
        proof=[_hash(sibling) for sibling in proof],
        checkpoint=_kind(fields, "checkpoint", str),
        key=_key(fields["key"]),
        witnesses=[_witness(witness) for witness in witnesses],
    )


def _open(receipt: _Receipt) -> OpenedCheckpoint:
    """Verify the checkpoint: it fits the receipt, and every line under it is right and accounted for."""
    try:
        signed = parse_checkpoint(receipt.checkpoint)
    except CheckpointRefused as refusal:
        raise ReceiptCheckpoint(reason=refusal.facts["reason"]) from None
    if signed.checkpoint.origin != receipt.origin:
        raise ReceiptCheckpoint(reason=f"it is of the log {signed.checkpoint.origin!r}, not {receipt.origin!r}")
    if signed.checkpoint.size != receipt.size:
        raise ReceiptCheckpoint(reason=f"it covers {signed.checkpoint.size} entries, not {receipt.size}")
    try:
        opened = open_checkpoint(
            receipt.checkpoint, origin=receipt.origin, key=receipt.key, witnesses=receipt.witnesses
        )
    except CheckpointRefused as refusal:
        raise ReceiptSignature(reason=refusal.facts["reason"]) from None
    if len(opened.cosignatures) != len(receipt.witnesses):
        raise ReceiptSignature(reason="a witness that the receipt names has not signed")
    if opened.note != receipt.checkpoint:
        raise ReceiptSignature(reason="a line under the checkpoint is of nobody that the receipt names")
    return opened


def _wrong(reason: str) -> ReceiptFields:
    return ReceiptFields(format=FORMAT, reason=reason)


def _kind(fields: dict[str, Any], name: str, kind: type[Kind]) -> Kind:
    value = fields[name]
    if type(value) is not kind:  # isinstance would take true for 1
        raise _wrong(f"{name} is not of the JSON kind it should be")
    return value


def _hash(value: Any) -> bytes:
    try:
        data = decode(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != HASH:
        raise _wrong("the proof is not a list of hashes")
    return data


def _key(value: Any) -> PublicKey:
    try:
        key = PublicKey.from_text(value) if isinstance(value, str) else None
    except KeyFault:
        key = None
    if key is None or key.as_text() != value:
        raise _wrong("a key is not of the form ed25519:<base64>")
    return key


def _witness(value: Any) -> Witness:
    if not isinstance(value, dict) or value.keys() != {"name", "key"} or not isinstance(value["name"], str):
        raise _wrong("a witness is not a name and a key")
    return Witness(value["name"], _key(value["key"]))
