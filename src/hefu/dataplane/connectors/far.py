"""Files that lie on a server: a run copies its file here once, then reads it like a file of a folder."""

import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hefu.dataplane.connectors.folder.inspection import inspect_file
from hefu.dataplane.connectors.folder.profile import profile_file
from hefu.dataplane.connectors.folder.reading import SHEET_MARK, SUFFIXES
from hefu.dataplane.connectors.folder.source import FolderSource, FolderView
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.connectors.relation import TableFacts, TableSummary
from hefu.dataplane.control import Control
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.scratch import Scratch
from hefu.dataplane.ticket import Item
from hefu.kernel.words import Sentence, _

#: Ends of names that programs give to files which they are still writing.
UNFINISHED = (".part", ".tmp", ".filepart", ".writing")
#: Bytes that a name may have, as on every file system.
_LONGEST = 255


@dataclass(frozen=True)
class FarFile:
    """A file as a listing shows it."""

    name: str
    size: int
    #: What is another when the file is another: the time of its last change, or a tag of its content.
    version: str
    #: When it was put there, as the server writes it; empty where the listing does not say.
    changed: str = ""


class FarFiles(Protocol):
    """A session of a server that keeps files in a folder."""

    def files(self) -> list[FarFile]:
        """Return the plain files of the folder itself, without hidden ones and those that are still being written."""
        ...

    def fetch(self, name: str, into: Path, passed: Callable[[int], None] = ...) -> None:
        """Copy a file of the folder into a file here; one that changes meanwhile is not taken."""
        ...

    def cancel(self) -> None:
        """End what is under way, from another thread."""
        ...

    def cut(self) -> None:
        """End the connection, from another thread."""
        ...

    def close(self) -> None:
        """Close; may be called twice."""
        ...


#: Opens a session whose messages call the server `source`, `named` …
Opens = Callable[[str], FarFiles]


def is_whole(name: str) -> bool:
    """Return whether a name in a folder is that of a finished file that can be copied here under it."""
    plain = bool(name) and not name.startswith(".") and not {"/", "\0"} & set(name)
    return plain and not name.lower().endswith(UNFINISHED) and len(name.encode()) <= _LONGEST


def found(files: Sequence[FarFile], name: str, side: str, into: Path) -> FarFile:
    """Return the file of that name, when there is room for it.

    Raises:
        SideRefused: There is no such file to read, or no room for it here.
    """
    one = next((file for file in files if file.name == name), None)
    if one is None:
        raise no_file(name, side)
    room = shutil.disk_usage(into.parent).free // 2
    if one.size > room:
        text = _("{name} holds {size} MiB, and there is room for {room} MiB here")
        facts = {"name": name, "size": one.size >> 20, "room": room >> 20}
        raise SideRefused(side, Sentence(text, code="side.no_room", **facts))
    return one


def no_file(name: str, side: str) -> SideRefused:
    """Return the refusal that there is no such file."""
    text = _("there is no file {name!r} in the folder that can be read")
    return SideRefused(side, Sentence(text, code="side.no_file", name=name))


def unfinished(name: str) -> Sentence:
    """Return what is told of a file that changed while it was read."""
    return Sentence(
        _("{name} was still being written; it is taken once it stays as it is"), code="side.unfinished", name=name
    )


class FarView(FolderView):
    """One file of a server as it was when the run began, ready to be asked in SQL."""

    def __init__(
        self, opens: Opens, encoding: str, name: str, items: Sequence[Item], control: Control | None = None
    ) -> None:
        """Copy the file here; `control` may end that.

        Raises:
            DataPlaneRefusal: The server cannot be reached, or has no such file that is whole and can be read.
        """
        self._copies = contextlib.ExitStack()
        try:
            folder = self._copies.enter_context(fetched(opens, encoding, name, control=control))
            super().__init__(folder, name, items)
        except BaseException:
            self._copies.close()
            raise

    def close(self) -> None:
        """Remove the copy; may be called twice."""
        super().close()
        self._copies.close()


@contextlib.contextmanager
def fetched(
    opens: Opens, encoding: str, name: str, side: str = "source", control: Control | None = None
) -> Iterator[FolderSource]:
    """Keep a copy of the file here for as long as the block lasts; `control` may end the copying."""
    with Scratch("far") as here:
        with (
            contextlib.closing(opens(side)) as session,
            control.watched(session) if control else contextlib.nullcontext(),
        ):
            remote = _file_of(name, [one.name for one in session.files()])
            session.fetch(
                remote, Path(here, Path(remote).name), lambda _bytes: control.check() if control is not None else None
            )
        yield FolderSource(Path(here), encoding)


def _file_of(name: str, there: Sequence[str]) -> str:
    """Return the file that a table's name means: a name may carry a sheet behind the mark."""
    return name if name in there else name.split(SHEET_MARK, 1)[0]


def list_far(opens: Opens) -> tuple[TableSummary, ...]:
    """Return the files that can be read, in order of their names.

    Raises:
        AddressRefused, SideLost, SideRefused: The server cannot be reached or read, and why.
    """
    with contextlib.closing(opens("named")) as session:
        names = sorted(one.name for one in session.files() if one.name.lower().endswith(SUFFIXES))
    return tuple(TableSummary("", name, "file") for name in names)


def inspect_far(opens: Opens, encoding: str, name: str) -> TableFacts:
    """Return the columns of one file, all of them text.

    Raises:
        AddressRefused, SideLost, SideRefused: The server cannot be reached or read, and why.
    """
    with fetched(opens, encoding, name) as folder:
        return replace(inspect_file(folder, name), table=name)


def profile_far(opens: Opens, encoding: str, name: str) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column of one file.

    Raises:
        AddressRefused, SideLost, SideRefused: The server cannot be reached or read, and why.
    """
    with fetched(opens, encoding, name) as folder:
        return profile_file(folder, name)
