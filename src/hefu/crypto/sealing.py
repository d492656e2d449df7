"""Secrets at rest: AES-256-GCM under the node's master key."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "v1"


class SealBroken(ValueError):
    """A sealed secret that the master key does not open: wrong key, wrong purpose or changed bytes."""


def new_master_key() -> bytes:
    """Return 32 fresh random bytes."""
    return AESGCM.generate_key(256)


def seal(master: bytes, secret: bytes, *, purpose: str) -> str:
    """Return `secret` encrypted under `master`, bound to `purpose`, as printable text.

    Args:
        master: 32 bytes.
        secret: What to hide.
        purpose: Where it belongs, such as `source:0197…`; a sealed text moved elsewhere will not open.
    """
    nonce = os.urandom(12)
    box = AESGCM(master).encrypt(nonce, secret, purpose.encode())
    return f"{_VERSION}.{base64.urlsafe_b64encode(nonce + box).decode()}"


def unseal(master: bytes, sealed: str, *, purpose: str) -> bytes:
    """Return the secret that `seal` hid for the same purpose.

    Raises:
        SealBroken: The key, the purpose or a byte is not the same.
    """
    version, _, encoded = sealed.partition(".")
    try:
        raw = base64.b64decode(encoded, altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if version != _VERSION or len(raw) < 28 or base64.urlsafe_b64encode(raw).decode() != encoded:
        raise SealBroken(
            "this is not a sealed secret as Hefu writes it: it was cut off, edited, or is of another version"
        )
    try:
        return AESGCM(master).decrypt(raw[:12], raw[12:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken(
            "a sealed secret does not open: the master key (HEFU_MASTER_KEY) is not the one it was sealed with, "
            "or the secret was moved or edited"
        ) from error
