"""A try of a run owns the files that it writes until one commit makes them a version's.

A process that is killed removes nothing, and what it leaves are rows of a department that no version speaks of. So
each try is held by a lock that ends with its process, under a name that all of its files begin with; whoever begins
another try of the holding removes what is left of those that nobody holds.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hefu.dataplane.lake.table import LakeTable

#: How the file ends that says whether a try lives.
_MARK = ".try"


@contextlib.contextmanager
def begun(table: LakeTable, run: str) -> Iterator[str]:
    """Hold a new try of `run`, and remove what dead ones left; gives what the names of its files begin with.

    No two tries have the same name: a second worker of the same run must never touch what another has committed.
    """
    table.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    sweep(table)
    name, held = _marked(table.path, run)
    try:
        yield name
    finally:
        _mark(table.path, name).unlink(missing_ok=True)
        os.close(held)


def _marked(folder: Path, run: str) -> tuple[str, int]:
    while True:
        name = f"{run}-{secrets.token_hex(4)}"
        held = os.open(_mark(folder, name), os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        if os.fstat(held).st_nlink:
            return name, held
        os.close(held)  # swept by another in the moment before it was held


def sweep(table: LakeTable) -> int:
    """Remove the files of dead tries that no version speaks of; return how many. Living tries are left alone."""
    gone = 0
    for mark in table.path.glob(f".*{_MARK}"):
        with contextlib.suppress(FileNotFoundError):
            held = os.open(mark, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    gone += _clear(table, mark.name[1 : -len(_MARK)])
                    mark.unlink()
            finally:
                os.close(held)
    return gone


def _clear(table: LakeTable, name: str) -> int:
    """Remove what a dead try left, here and where it lies, but for what its commit made a version's; return how many.

    Raises:
        LakeLost, LakeRefused: The store cannot be looked at; the next try clears up.
    """
    run = name.rpartition("-")[0]
    kept = {part.path.name for version in table.back() if version.run == run for part in table.files(version)}
    here = {path.name for start in (name, f".{name}") for path in table.path.glob(f"{start}*.parquet*")}
    there = {file for file in table.shelf.lying() if file.startswith(name)} - kept
    table.shelf.remove(there)
    table.shelf.forget_parts(name)
    for file in here - kept:
        (table.path / file).unlink(missing_ok=True)
    return len((here | there) - kept)


def _mark(folder: Path, name: str) -> Path:
    return folder / f".{name}{_MARK}"
