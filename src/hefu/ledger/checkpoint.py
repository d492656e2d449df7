"""Checkpoints: the head of the log as a note that the log signs and witnesses cosign.

Source: C2SP signed-note, tlog-checkpoint and tlog-cosignature (Ed25519 only).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hefu.crypto.signing import PublicKey, Signer
from hefu.ledger.errors import CheckpointRefused, NameRefused
from hefu.ledger.hashing import HASH
from hefu.ledger.tree import TreeHead

#: Signature type bytes of C2SP signed-note.
ED25519_NOTE = 0x01
COSIGNATURE_V1 = 0x04

#: Longest note we read, in characters; a log with a hundred witnesses stays far below.
NOTE_LIMIT = 64 * 1024

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """What the log states: its name, its size and its root."""

    #: Name of the log, such as `data.example.gov.cn/log`; no spaces, no plus sign.
    origin: str
    #: Entries in the tree.
    size: int
    #: RFC 6962 root over them.
    root: bytes
    #: Further signed lines, opaque; ours has none.
    extensions: tuple[str, ...] = ()

    @property
    def head(self) -> TreeHead:
        """Size and root, from which the tree can grow."""
        return TreeHead(self.size, self.root)

    @property
    def body(self) -> str:
        """The text that is signed, with its last newline."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), encode(self.root), *self.extensions))


@dataclass(frozen=True)
class SignatureLine:
    """One signature under a note."""

    #: Name of the signing key; the log's is its origin.
    name: str
    #: First four bytes of a hash over name, type and key: says which key to try, proves nothing.
    key_id: bytes
    #: What follows the key id; its form depends on the type of the key.
    signature: bytes

    @property
    def text(self) -> str:
        """The line with its newline."""
        return f"— {self.name} {encode(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint as it was read: nothing in it is verified yet."""

    checkpoint: Checkpoint
    signatures: tuple[SignatureLine, ...]

    @property
    def text(self) -> str:
        """The whole note; the same bytes that were read."""
        return "".join((self.checkpoint.body, "\n", *(line.text for line in self.signatures)))


@dataclass(frozen=True)
class Witness:
    """Who signs a checkpoint to say: I saw this tree, and it continues what I saw before."""

    #: Name on the signature line.
    name: str
    key: PublicKey


@dataclass(frozen=True)
class Cosignature:
    """A witness's signature that was verified."""

    witness: Witness
    #: When the witness signed, in UTC; None for a plain signature, which carries no time.
    at: datetime | None


@dataclass(frozen=True)
class OpenedCheckpoint:
    """A checkpoint whose log signature is right, with the witnesses whose signatures are right too."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]
    #: The note reduced to what was verified: the log's line, then the witnesses' in the order asked for.
    note: str


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """Return the note: `checkpoint` signed by the log's key under the log's origin.

    Raises:
        NameRefused: The origin cannot be the name of a key.
        CheckpointRefused: Another part could not be read back.
    """
    if not _is_key_name(checkpoint.origin):
        raise NameRefused(name=checkpoint.origin)
    line = SignatureLine(
        checkpoint.origin,
        key_id(checkpoint.origin, signer.public, ED25519_NOTE),
        signer.sign(checkpoint.body.encode()),
    )
    note = SignedCheckpoint(checkpoint, (line,)).text
    parse_checkpoint(note)
    return note


def cosign(note: str, *, name: str, signer: Signer, at: datetime) -> str:
    """Return `note` with the time-stamped signature of a witness added.

    The witness must have checked before that the checkpoint continues the last one it signed.

    Args:
        note: A checkpoint, already verified by the witness.
        name: The witness's name on its line.
        signer: The witness's key, used for nothing but cosignatures.
        at: When it signs; whole seconds count.

    Raises:
        CheckpointRefused: `note` is malformed, or the witness has signed it already.
        NameRefused: The name cannot stand on a signature line.
    """
    if not _is_key_name(name):
        raise NameRefused(name=name)
    signed = parse_checkpoint(note)
    seconds = int(at.timestamp())
    signature = signer.sign(_cosigned(seconds, signed.checkpoint.body))
    line = SignatureLine(name, key_id(name, signer.public, COSIGNATURE_V1), seconds.to_bytes(8, "big") + signature)
    cosigned = SignedCheckpoint(signed.checkpoint, (*signed.signatures, line)).text
    parse_checkpoint(cosigned)
    return cosigned


def parse_checkpoint(note: str) -> SignedCheckpoint:
    """Read a note strictly, without checking any signature: what is read writes back to the same bytes.

    Raises:
        CheckpointRefused: Anything that is not exactly a checkpoint with at least one signature line.
    """
    if len(note) > NOTE_LIMIT:
        raise CheckpointRefused(reason=f"it is longer than {NOTE_LIMIT} characters")
    if any(sign < " " and sign != "\n" for sign in note) or not _is_utf8(note):
        raise CheckpointRefused(reason="it is not plain UTF-8 text")
    body, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise CheckpointRefused(reason="it has no signature lines after a blank line")
    lines = body.split("\n")
    if len(lines) < 3 or "" in lines:
        raise CheckpointRefused(reason="it does not begin with the three lines origin, size and root")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size):
        raise CheckpointRefused(reason=f"its size {size[:40]!r} is not a plain decimal number")
    checkpoint = Checkpoint(origin, int(size), _decode(root, "its root", HASH), tuple(extensions))
    signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
    if len({(line.name, line.key_id) for line in signatures}) < len(signatures):
        raise CheckpointRefused(reason="one key has signed twice")
    return SignedCheckpoint(checkpoint, signatures)


def open_checkpoint(note: str, *, origin: str, key: PublicKey, witnesses: Sequence[Witness] = ()) -> OpenedCheckpoint:
    """Read a note and verify the log's signature and those of `witnesses` that are there.

    Lines of unknown keys are passed over, as the format asks. A witness with a time-stamped and a plain
    line counts once, by the time-stamped one.

    Raises:
        CheckpointRefused: Malformed, of another log, not signed by `key`, or with a wrong signature of
            a known witness.
    """
    signed = parse_checkpoint(note)
    if signed.checkpoint.origin != origin:
        raise CheckpointRefused(reason=f"it is of the log {signed.checkpoint.origin!r}, not of {origin!r}")
    by_id = {(line.name, line.key_id): line for line in signed.signatures}
    own = by_id.get((origin, key_id(origin, key, ED25519_NOTE)))
    body = signed.checkpoint.body
    if own is None:
        raise CheckpointRefused(reason=f"the key {key.fingerprint} has not signed it")
    if not key.verify(own.signature, body.encode()):
        raise CheckpointRefused(reason=f"the signature of the key {key.fingerprint} is wrong")
    lines, cosignatures = [own], []
    for witness in witnesses:
        for kind in (COSIGNATURE_V1, ED25519_NOTE):
            line = by_id.get((witness.name, key_id(witness.name, witness.key, kind)))
            if line is not None:
                cosignatures.append(_verify_witness(line, kind, witness, body))
                lines.append(line)
                break
    note = SignedCheckpoint(signed.checkpoint, tuple(lines)).text
    return OpenedCheckpoint(signed.checkpoint, tuple(cosignatures), note)


def key_id(name: str, key: PublicKey, kind: int) -> bytes:
    """Return the four bytes that name a key on signature lines.

    Args:
        name: Name of the key.
        key: The public half.
        kind: `ED25519_NOTE` or `COSIGNATURE_V1`.
    """
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.raw).digest()[:4]


def verifier_key(name: str, key: PublicKey, kind: int = ED25519_NOTE) -> str:
    """Return the key in the form that other tools for transparency logs read (a vkey)."""
    return f"{name}+{key_id(name, key, kind).hex()}+{encode(bytes([kind]) + key.raw)}"


def encode(data: bytes) -> str:
    """Return standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Read standard base64, accepting only what `encode` writes: one text for one value.

    Raises:
        ValueError: Anything else, loose bits before the padding included.
    """
    data = base64.b64decode(text, validate=True)
    if encode(data) != text:
        raise ValueError("base64 with loose bits at its end")
    return data


def _verify_witness(line: SignatureLine, kind: int, witness: Witness, body: str) -> Cosignature:
    if kind == ED25519_NOTE:
        at, signature, message = None, line.signature, body.encode()
    else:
        seconds, signature = int.from_bytes(line.signature[:8], "big"), line.signature[8:]
        message = _cosigned(seconds, body)
    if not witness.key.verify(signature, message):
        raise CheckpointRefused(reason=f"the signature of the witness {witness.name} is wrong")
    if kind == COSIGNATURE_V1:
        try:
            at = datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, ValueError, OSError):
            raise CheckpointRefused(reason=f"the witness {witness.name} gives no possible time") from None
    return Cosignature(witness, at)


def _cosigned(seconds: int, body: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _signature(line: str) -> SignatureLine:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not _is_key_name(name):
        raise CheckpointRefused(reason="a signature line does not have the form `— name base64`")
    data = _decode(encoded, "a signature")
    if len(data) < 5:
        raise CheckpointRefused(reason="a signature line holds no signature")
    return SignatureLine(name, data[:4], data[4:])


def _decode(text: str, what: str, length: int | None = None) -> bytes:
    try:
        data = decode(text)
    except ValueError:
        raise CheckpointRefused(reason=f"{what} is not base64") from None
    if length is not None and len(data) != length:
        raise CheckpointRefused(reason=f"{what} has {len(data)} bytes instead of {length}")
    return data


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() or sign < " " for sign in name)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
