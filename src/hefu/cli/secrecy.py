"""Keeps secrets out of what a command shows when something goes wrong."""

import re
from collections.abc import Mapping

_IN_ADDRESS = re.compile(r"(?<=://)([^\s:/@]*):([^\s@]*)@")
_NAMED = re.compile(r"(?i)\b(password|passwd|secret|token|api[_-]?key)(['\"]?\s*[=:]\s*)(['\"]?)([^\s'\",;)]+)")
_SECRET_NAMES = ("HEFU_MASTER_KEY", "HEFU_DATABASE_URL")


def without_secrets(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return `text` with passwords blotted out: those in addresses, those named as such, those of `environ`.

    >>> without_secrets("cannot reach postgresql://hefu:s3cret@db/hefu")
    'cannot reach postgresql://hefu:***@db/hefu'
    >>> without_secrets("connect(password='s3cret', user='hefu')")
    "connect(password='***', user='hefu')"
    """
    for name in _SECRET_NAMES:
        if value := (environ or {}).get(name):
            text = text.replace(value, "***")
    text = _IN_ADDRESS.sub(r"\1:***@", text)
    return _NAMED.sub(r"\1\2\3***", text)
