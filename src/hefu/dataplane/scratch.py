"""Folders for rows that a run needs on the way: they go with the run, or, should it be killed, with a later one."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

#: Seconds for which a folder that nobody holds is left alone: it may be a moment before it is held.
FRESH = 60.0


class Scratch(tempfile.TemporaryDirectory[str]):
    """A folder that only this account may look into, held for as long as it is needed.

    A process that is killed removes nothing, and what lies here are rows of a department. So each folder is held
    by a lock that ends with its process, and whoever makes another one removes those that nobody holds.
    """

    def __init__(self, kind: str) -> None:
        """Make one; `kind` is what it is for, a word of its name."""
        super().__init__(prefix=_prefix(kind))
        here = Path(self.name)
        self._held = _hold(here)
        _sweep(kind, since=here.stat().st_mtime - FRESH)

    def cleanup(self) -> None:
        """Remove it with all that it holds; may be called twice."""
        super().cleanup()
        if self._held is not None:
            os.close(self._held)
            self._held = None


def _sweep(kind: str, since: float) -> None:
    """Remove the folders of one kind whose processes are gone, and that nobody touched `since`."""
    for path in Path(tempfile.gettempdir()).glob(f"{_prefix(kind)}*"):
        with contextlib.suppress(OSError):
            found = path.lstat()
            if found.st_uid != os.getuid() or found.st_mtime > since:
                continue
            held = _hold(path)
            if held is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(held)


def _prefix(kind: str) -> str:
    return f"hefu-{kind}-"


def _hold(path: Path) -> int | None:
    """Return what holds a folder; None when another process does."""
    opened = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    return opened
