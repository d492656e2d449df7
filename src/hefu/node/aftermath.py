"""What an earlier run of the database left behind, and how it is cleared before the next start."""

import contextlib
import signal
import time
from pathlib import Path

from hefu.kernel.words import _
from hefu.node import processes
from hefu.node.sentence import Say, Sentence

#: A killed postmaster stays a zombie until PID 1 reaps it; until then its lock file looks alive.
ZOMBIE_SECONDS = 10.0
#: How long a postmaster may take to end its sessions and write a checkpoint.
_STOP_SECONDS = 30.0


def postmaster_of(data: Path) -> int | None:
    """Return the live process that the note in `data` names, if it really is that folder's postmaster."""
    pid = _noted(data)
    return pid if pid is not None and pid in processes.working_in(data) else None


def clear_earlier_run(data: Path, say: Say) -> None:
    """End what an earlier supervisor left running on `data`, and take away a note that would stop the start.

    The caller holds the cluster's lock, so nobody looks after what is found.
    """
    note = data / "postmaster.pid"
    if (pid := postmaster_of(data)) is not None:
        text = _("A database of an earlier run was up without its supervisor (process {pid}); ending it.")
        say(Sentence(text, pid=pid))
        processes.end(pid, signal.SIGINT, seconds=_STOP_SECONDS)
    elif note.exists():
        say(Sentence(_("The database was not stopped properly last time; it recovers from its own log now.")))
    # The postmaster's children notice its end by themselves, but not at once.
    left = processes.working_in(data)
    if left and not processes.wait_until_gone(left, ZOMBIE_SECONDS):
        for one in left:
            processes.end(one, signal.SIGQUIT, seconds=1.0)
    if note.exists() and not _is_held_by_a_zombie(data):
        # Its process is gone, and nobody works in this folder: the number may by now be anybody's.
        note.unlink()


def _is_held_by_a_zombie(data: Path) -> bool:
    """Return whether the noted process ended but was not reaped, after waiting for that."""
    pid = _noted(data)
    until = time.monotonic() + ZOMBIE_SECONDS
    while pid is not None and processes.is_zombie(pid) and time.monotonic() < until:
        time.sleep(0.1)
    return pid is not None and processes.is_zombie(pid)


def _noted(data: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    return None
