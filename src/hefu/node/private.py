"""Files that nobody but their owner may read."""

import contextlib
import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write `text` to `path`, mode 0600 from its first byte on, whole or not at all."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(half, path)


def read_or_make(path: Path, text: str) -> str:
    """Return what stands in `path`; when there is no such file, write `text` there first.

    Of several processes that come at once, one writes and all read the same.
    """
    with contextlib.suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    write_private(half, text + "\n")
    try:
        os.link(half, path)
    except FileExistsError:
        pass  # another process was quicker: its text counts
    finally:
        half.unlink()
    return path.read_text(encoding="utf-8").strip()
