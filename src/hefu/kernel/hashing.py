"""The house's one digest."""

import hashlib
from typing import Any

from hefu.kernel.canonical import canonical


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form of `value` as lower-case hex."""
    return sha256(canonical(value))
