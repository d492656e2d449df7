"""Processes of this machine: who is alive, who is ours, and who ends with us. Reads Linux' /proc."""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1


def started_at(pid: int) -> int | None:
    """Return when process `pid` started, in clock ticks since boot; None when it is gone or a zombie.

    A process number is used again after a while; number and start together name one process.
    """
    fields = _stat(pid)
    return None if fields is None or fields[0] in "ZX" else int(fields[19])


def is_alive(pid: int) -> bool:
    """Return whether `pid` runs; a zombie does not."""
    return started_at(pid) is not None


def is_zombie(pid: int) -> bool:
    """Return whether `pid` has ended and its parent has not noticed yet."""
    fields = _stat(pid)
    return fields is not None and fields[0] == "Z"


def working_in(folder: Path) -> list[int]:
    """Return the live processes that work in `folder`, as every PostgreSQL process does in its data."""
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):  # gone meanwhile, or not ours to look at
            if Path(os.readlink(_PROC / str(pid) / "cwd")) == folder and is_alive(pid):
                found.append(pid)
    return found


def wait_until_gone(pids: list[int], seconds: float) -> bool:
    """Wait at most `seconds` until none of `pids` is alive, and return whether that happened."""
    until = time.monotonic() + seconds
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def end(pid: int, signum: int, *, seconds: float) -> bool:
    """Send `signum` to `pid`, then SIGKILL if it stays longer than `seconds`; return whether it is gone."""
    for number, patience in ((signum, seconds), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        if wait_until_gone([pid], patience):
            return True
    return False


def ends_with_parent(signum: int) -> Callable[[], None]:
    """Return what a child has to call before it starts its program, to get `signum` when this process dies.

    Even kill -9 of a supervisor then leaves no child behind.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signum, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat after the name, from the state on."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold spaces and parentheses itself.
    return text.rpartition(")")[2].split()


def name_of(pid: int) -> str:
    """Return the name of the program that `pid` runs."""
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"


def holding(inodes: set[str]) -> int | None:
    """Return a process with one of these open files (as `socket:[123]`), if this user may look at it."""
    for pid in _pids():
        try:
            for link in (_PROC / str(pid) / "fd").iterdir():
                if os.readlink(link) in inodes:
                    return pid
        except OSError:
            continue
    return None


def carrying(variable: str, value: str) -> list[int]:
    """Return the live processes that were started with `variable` set to `value`, but for this one.

    Children inherit it, so a whole tree is found even after its root is gone and its parents changed.
    """
    wanted = f"{variable}={value}".encode()
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
            if pid != os.getpid() and wanted in environment and is_alive(pid):
                found.append(pid)
    return found


def _pids() -> list[int]:
    return sorted(int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
