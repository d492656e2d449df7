"""Signatures. Ed25519 today; a new algorithm is a new `Signer` and a branch in `PublicKey.verify`."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = "ed25519"


class KeyFault(ValueError):
    """Text or bytes that are not a key this version knows."""


@dataclass(frozen=True)
class PublicKey:
    """The half of a key that everyone may have."""

    #: Name of the algorithm, such as `ed25519`.
    algorithm: str
    #: Raw public bytes; 32 for Ed25519.
    raw: bytes

    def __post_init__(self) -> None:
        """Refuse an algorithm or a length this version cannot check."""
        if self.algorithm != ED25519 or len(self.raw) != 32:
            raise KeyFault(f"{self.algorithm} key of {len(self.raw)} bytes is not known; expected ed25519 of 32")

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Return whether `signature` over `data` was made with the other half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True

    @property
    def fingerprint(self) -> str:
        """First 16 hex digits of the SHA-256 of algorithm and raw bytes; what people compare."""
        return hashlib.sha256(self.algorithm.encode() + b"\n" + self.raw).hexdigest()[:16]

    def as_text(self) -> str:
        """Return `ed25519:<base64>`."""
        return f"{self.algorithm}:{base64.b64encode(self.raw).decode()}"

    @classmethod
    def from_text(cls, text: str) -> "PublicKey":
        """Read what `as_text` wrote.

        Raises:
            KeyFault: Not of that form, or another spelling of it: one key has one text.
        """
        algorithm, colon, encoded = text.strip().partition(":")
        if not colon:
            raise KeyFault(f"{text!r} is not a public key; expected ed25519:<base64>")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise KeyFault(f"{text!r} is not a public key: {error}") from None
        key = cls(algorithm, raw)
        if key.as_text() != text.strip():
            raise KeyFault(f"{text!r} is not a public key as written by Hefu; its key is {key.as_text()}")
        return key


class Signer(Protocol):
    """Signs; the private half stays inside (a file, a card, a service)."""

    @property
    def public(self) -> PublicKey:
        """The half to give away."""
        ...

    def sign(self, data: bytes) -> bytes:
        """Return the signature over `data`."""
        ...


class Ed25519Signer:
    """An Ed25519 key held in memory."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 secret bytes."""
        if len(seed) != 32:
            raise KeyFault(f"an Ed25519 seed has 32 bytes, not {len(seed)}")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = PublicKey(ED25519, self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """Make a new key from the machine's randomness."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> PublicKey:
        """The half to give away."""
        return self._public

    @property
    def seed(self) -> bytes:
        """The 32 secret bytes: seal them before they are stored."""
        return self._key.private_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """Return the 64-byte signature over `data`."""
        return self._key.sign(data)
