"""A lock that one process holds, and that goes with it however it ends."""

import contextlib
import fcntl
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO


@dataclass
class FileLock:
    """An advisory lock on a file that names its holder."""

    path: Path
    #: After `take`: a holder before us that never gave the lock back, because it was killed.
    left_by: int | None = field(default=None, init=False)
    _file: IO[str] | None = field(default=None, init=False, repr=False)

    def take(self) -> bool:
        """Take the lock and return True, or False when another process has it."""
        file = self.path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        file.seek(0)
        with contextlib.suppress(ValueError):
            self.left_by = int(file.read().strip())
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def give_back(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def holder(self) -> int | None:
        """Return the process that holds the lock now, or None when nobody does."""
        with contextlib.suppress(OSError), self.path.open("r", encoding="ascii") as file:
            try:
                # A shared lock would be refused only by a holder.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                with contextlib.suppress(ValueError):
                    return int(file.read().strip())
        return None
