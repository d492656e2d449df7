"""Files on an SFTP server as a source: a run copies its file here once, then reads it like a file of a folder."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hefu.dataplane.connectors.address import AddressPolicy, default_policy
from hefu.dataplane.connectors.folder.inspection import inspect_file
from hefu.dataplane.connectors.folder.profile import profile_file
from hefu.dataplane.connectors.folder.reading import SHEET_MARK, SUFFIXES
from hefu.dataplane.connectors.folder.source import FolderSource, FolderView
from hefu.dataplane.connectors.profile import ColumnProfile
from hefu.dataplane.connectors.relation import TableFacts, TableSummary
from hefu.dataplane.connectors.sftp.connection import SftpConnection, SftpSession
from hefu.dataplane.scratch import Scratch
from hefu.dataplane.ticket import Item


@dataclass(frozen=True)
class SftpSource:
    """A provider's folder on an SFTP server."""

    connection: SftpConnection
    #: Encoding of the text files, as of a folder.
    encoding: str = "utf-8"


class SftpView(FolderView):
    """One file as it was when the run began."""

    def __init__(self, source: SftpSource, policy: AddressPolicy, name: str, items: Sequence[Item]) -> None:
        """Copy the file here.

        Raises:
            DataPlaneRefusal: The server cannot be reached, or has no such file that is whole and can be read.
        """
        self._copies = contextlib.ExitStack()
        try:
            folder = self._copies.enter_context(_fetched(source, policy, name))
            super().__init__(folder, name, items)
        except BaseException:
            self._copies.close()
            raise

    def close(self) -> None:
        """Remove the copy; may be called twice."""
        super().close()
        self._copies.close()


@contextlib.contextmanager
def _fetched(source: SftpSource, policy: AddressPolicy, name: str) -> Iterator[FolderSource]:
    """Keep a copy of the file here for as long as the block lasts."""
    with Scratch("sftp") as here:
        with contextlib.closing(SftpSession(source.connection, "source", policy)) as session:
            remote = _file_of(name, [one.name for one in session.files()])
            session.fetch(remote, Path(here, Path(remote).name))
        yield FolderSource(Path(here), source.encoding)


def _file_of(name: str, there: Sequence[str]) -> str:
    """Return the file that a table's name means: a name may carry a sheet behind the mark."""
    return name if name in there else name.split(SHEET_MARK, 1)[0]


def list_remote(source: SftpSource, policy: AddressPolicy = default_policy) -> tuple[TableSummary, ...]:
    """Return the files of the folder that can be read, in order of their names.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with contextlib.closing(SftpSession(source.connection, "named", policy)) as session:
        names = sorted(one.name for one in session.files() if one.name.lower().endswith(SUFFIXES))
    return tuple(TableSummary("", name, "file") for name in names)


def inspect_remote(source: SftpSource, name: str, policy: AddressPolicy = default_policy) -> TableFacts:
    """Return the columns of one file, all of them text.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with _fetched(source, policy, name) as folder:
        return replace(inspect_file(folder, name), table=name)


def profile_remote(source: SftpSource, name: str, policy: AddressPolicy = default_policy) -> tuple[ColumnProfile, ...]:
    """Return the profile of each column of one file.

    Raises:
        AddressRefused, SideLost, SideRefused: It cannot be reached or read, and why.
    """
    with _fetched(source, policy, name) as folder:
        return profile_file(folder, name)
