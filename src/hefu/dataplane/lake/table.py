"""One holding's rows: Parquet files and a Delta log. What the log says is what the holding holds.

Files and log lie on a shelf: a folder, or a store with copies here (see `shelves`).

The log carries, in one commit, which files make up the version, the serial number of the run that brought it (the
Delta protocol's application transaction) and what the run counted. A run that was killed finds either its own
commit or none of it. The log holds no minima and maxima of columns: those would be values.
"""

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hefu.dataplane.connectors.s3.connection import S3Connection
from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes
from hefu.dataplane.errors import AlreadyRunning, DataPlaneRefusal, NoSuchVersion
from hefu.dataplane.formats.parquet_file import ParquetFormat
from hefu.dataplane.formats.texts import arrow_type
from hefu.dataplane.lake.shelves import FolderShelf, StoreShelf, nothing
from hefu.dataplane.plan import Output
from hefu.dataplane.types import parse

if TYPE_CHECKING:
    from deltalake import DeltaTable

#: Name under which runs count themselves in the log.
APPLICATION = "hefu.collection"
#: Member of a commit that holds what the run counted.
_NOTE = "hefu"
#: Commits that a look at the log begins with, and by how many times it reaches further each time.
_FIRST_LOOK, _FURTHER = 4, 8
#: The log itself is never thinned out: it is the holding's history.
_SETTINGS = {"delta.logRetentionDuration": "interval 36500 days", "delta.dataSkippingNumIndexedCols": "0"}


class Taking(StrEnum):
    """How collected rows become the holding's."""

    #: 全量: the holding becomes what the source has now; rows that are gone there are gone here.
    SNAPSHOT = "snapshot"
    #: 按主键合并: new and changed rows are taken over by key; rows that the source no longer has are kept.
    MERGE = "merge"


@dataclass(frozen=True)
class Version:
    """One state of a holding, as its commit tells it."""

    #: In the Delta log; the first with rows is 1.
    number: int
    #: Number of the run that brought it, and its serial number within the holding.
    run: str
    serial: int
    at: datetime
    taking: Taking
    rows: int
    #: Digest of the keys of all its rows.
    digest: str
    #: Against the version before; None where the whole was replaced uncompared.
    inserted: int | None
    updated: int | None
    removed: int | None
    #: Name and type of each column.
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    #: Whether no two rows have the same key, and none a key with a NULL in it.
    keyed: bool
    #: What the run read and rejected: its outcome as JSON.
    outcome: dict[str, Any]
    #: What it was collected from: source, schema and table.
    origin: tuple[str, ...] = ()
    #: The holdings that a library's version was put together from, each with its version.
    made_of: tuple[tuple[str, int], ...] = ()
    #: Name of the try that brought it, which its own files' names begin with; empty in old versions.
    tried: str = ""

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Return the columns as a plan's outputs, for the writers of files."""
        return tuple(Output(name, parse(of), None, name, parse(of)) for name, of in self.columns)

    @property
    def key_outputs(self) -> tuple[Output, ...]:
        """Return the key's columns in its order."""
        by_name = {output.name: output for output in self.outputs}
        return tuple(by_name[name] for name in self.key)


@dataclass(frozen=True)
class Part:
    """A data file of a version."""

    #: Where it is here, or will be once it is needed.
    path: Path
    rows: int
    size: int = 0


@dataclass(frozen=True)
class Dropped:
    """What a thinning out removed."""

    files: int
    bytes: int
    #: What lies there still.
    bytes_kept: int


@dataclass(frozen=True)
class LakeTable:
    """A holding's files and log."""

    #: Folder here: it holds all where there is no store, else copies and what is being written.
    path: Path
    #: The store's folder of this holding.
    store: S3Connection | None = None

    @property
    def shelf(self) -> FolderShelf | StoreShelf:
        """Return where files and log lie."""
        return FolderShelf(self.path) if self.store is None else StoreShelf(self.store, self.path)

    def serial(self) -> int:
        """Return the serial number of the last run that committed; 0 when none did."""
        table = self._standing()
        if table is None:
            return 0
        with self.shelf.speaking():
            return table.transaction_version(APPLICATION) or 0

    def versions(self) -> tuple[Version, ...]:
        """Return all versions, newest first, those included whose files were dropped."""
        return tuple(self.back())

    def back(self) -> Iterator[Version]:
        """Yield the versions, newest first; of the log only as much is read as is asked for."""
        table = self._standing()
        if table is None:
            return
        seen, most = 0, _FIRST_LOOK
        while True:
            with self.shelf.speaking():
                commits = table.history(most)
            for commit in commits[seen:]:
                if note := commit.get(_NOTE):
                    yield _told(commit["version"], note)
            if len(commits) < most:
                return
            seen, most = len(commits), most * _FURTHER

    def latest(self) -> Version | None:
        """Return the newest version."""
        return next(self.back(), None)

    def newest(self) -> Version:
        """Return the newest version.

        Raises:
            NoSuchVersion: Nothing was collected yet.
        """
        found = self.latest()
        if found is None:
            raise NoSuchVersion(wanted="1")
        return found

    def at(self, moment: datetime) -> Version:
        """Return the version that stood at an instant.

        Raises:
            NoSuchVersion: The holding held nothing then.
        """
        found = next((version for version in self.back() if version.at <= moment), None)
        if found is None:
            raise NoSuchVersion(wanted=moment.isoformat(timespec="minutes"))
        return found

    def version(self, number: int) -> Version:
        """Return one version.

        Raises:
            NoSuchVersion: There is none of that number.
        """
        found = next((version for version in self.back() if version.number <= number), None)
        found = found if found is not None and found.number == number else None
        if found is None:
            raise NoSuchVersion(wanted=str(number))
        return found

    def files(self, version: Version) -> tuple[Part, ...]:
        """Return the files that a version is made of, whether or not they are still there."""
        with self.shelf.speaking():
            actions: Any = pa.table(self._open(version.number).get_add_actions(flatten=True))
        columns = (actions.column(name).to_pylist() for name in ("path", "num_records", "size_bytes"))
        return tuple(Part(self.path / name, rows, size) for name, rows, size in sorted(zip(*columns, strict=True)))

    def parts(self, version: Version, passed: Callable[[int], None] = nothing) -> tuple[Part, ...]:
        """Return the files of a version, which are here then.

        Args:
            version: Of this holding.
            passed: Told the bytes that arrive from a store; may raise to end it.

        Raises:
            NoSuchVersion: They were dropped.
            LakeLost, LakeRefused: The store cannot be read.
        """
        found = self.files(version)
        if not self.shelf.bring([(part.path, part.size) for part in found], passed):
            raise NoSuchVersion(wanted=str(version.number))
        return found

    def readable(self, version: Version, lying: Collection[str] | None = None) -> bool:
        """Return whether the files of a version are still there.

        Args:
            version: Of this holding.
            lying: Names of the files that are there; None looks.
        """
        there = self.shelf.lying() if lying is None else lying
        return all(part.path.name in there for part in self.files(version))

    def lying(self) -> frozenset[str]:
        """Return the names of the data files that are there."""
        return frozenset(self.shelf.lying())

    def begin(self, columns: Sequence[tuple[str, str]]) -> None:
        """Make the folder and an empty table where there is none.

        Raises:
            LakeLost, LakeRefused: The store cannot be reached, or is none that a lake can lie on.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        shelf = self.shelf
        shelf.require_sound()
        if self._standing() is None:
            from deltalake import DeltaTable  # noqa: PLC0415 - as below

            with shelf.speaking():
                DeltaTable.create(
                    shelf.uri,
                    _schema(columns),
                    mode="ignore",
                    configuration=_SETTINGS,
                    storage_options=shelf.options,
                )

    def lay(self, added: Sequence[Part], passed: Callable[[int], None] = nothing) -> None:
        """Bring new files to where they have to lie before a commit may speak of them.

        Raises:
            LakeLost, LakeRefused: The store cannot be written; what arrived of them is removed, then or later.
        """
        try:
            self.shelf.lay([part.path for part in added], passed)
        except BaseException:
            self._take_back(added)
            raise

    def commit(
        self,
        version: Version,
        added: Sequence[Part],
        dropped: Sequence[Part],
        *,
        whole: bool,
        before: Version | None,
    ) -> Version:
        """Make a version of files that lie in the folder already; return it with its number.

        Args:
            version: What its run counted; its number is not looked at.
            added: Files that are new, and were laid.
            dropped: Files of the version before that are not in this one.
            whole: Whether the version consists of the new files alone, whatever was before.
            before: The version that it was compared with; another newest one means that another run was faster.

        Raises:
            AlreadyRunning: Another run committed meanwhile.
            SideRefused: The folder refuses.
            LakeLost: The store went away; whether the commit is there the next try finds out.
            LakeRefused: The store refuses.
        """
        at = int(version.at.timestamp() * 1000)
        # 35 MiB that a run which reads no holding does without.
        from deltalake import CommitProperties, PostCommitHookProperties, Transaction  # noqa: PLC0415
        from deltalake.exceptions import CommitFailedError  # noqa: PLC0415
        from deltalake.transaction import AddAction, RemoveAction  # noqa: PLC0415

        actions: list[AddAction | RemoveAction] = [
            AddAction(part.path.name, part.path.stat().st_size, {}, at, True, json.dumps({"numRecords": part.rows}))
            for part in added
        ]
        if not whole:
            actions += [RemoveAction(part.path.name, True, at, size=part.path.stat().st_size) for part in dropped]
        note = json.dumps(asdict(version) | {"at": version.at.isoformat()}, ensure_ascii=False)
        # Opened first: what comes between the look and the commit, the log itself refuses.
        table = self._open()
        stands = self.latest()
        if stands is not None and (before is None or stands.number != before.number or stands.serial >= version.serial):
            self._take_back(added)
            raise AlreadyRunning(what=version.run)
        refused: DataPlaneRefusal | None = None
        try:
            with self.shelf.speaking():
                table.create_write_transaction(
                    actions,
                    mode="overwrite" if whole else "append",
                    schema=_schema(version.columns),
                    commit_properties=CommitProperties(
                        custom_metadata={_NOTE: note},
                        app_transactions=[Transaction(APPLICATION, version.serial)],
                        max_commit_retries=0,
                    ),
                    post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                )
        except CommitFailedError:
            refused = AlreadyRunning(what=version.run)
        except DataPlaneRefusal as said:
            refused = said
        self.shelf.settle_log()
        # A store's "no" may follow our own commit, whose "yes" was lost: the log alone says what came of it.
        made = self.of_run(version.serial)
        if made is None or made.tried != version.tried:
            # A store that fell silent may still do what it was asked: then the files are needed.
            if refused is None or isinstance(refused, AlreadyRunning):
                self._take_back(added)
            raise refused or AlreadyRunning(what=version.run)
        return made

    def of_run(self, serial: int) -> Version | None:
        """Return the version that a run brought, None when it brought none."""
        found = next((version for version in self.back() if version.serial <= serial), None)
        return found if found is not None and found.serial == serial else None

    def tally(self, parts: Sequence[Part], version: Version) -> Iterator[KeyTally]:
        """Yield the tally of the keys in files, in steps between which a run can be stopped."""
        for part in parts:
            for columns in ParquetFormat().keys(part.path, version.outputs, version.key_outputs):
                yield tally_hashes(hash_columns(columns))

    def drop_old(self, until: datetime, strays: datetime) -> Dropped:
        """Delete the files of versions that were replaced before `until`; the newest stays whatever its age.

        The library's vacuum is not used: in a table with a checkpoint it forgets after a week when a file was
        replaced, and deletes by the file's own age, so versions too young for it go.

        Args:
            until: Every version that stood then or later can be read afterwards.
            strays: What came before that and is in no version, a killed run has left: it goes as well. No run may
                be under way.

        Raises:
            LakeLost, LakeRefused: The store cannot be read or written; what is left goes the next time.
        """
        if self._standing() is None:
            return Dropped(0, 0, 0)
        kept: set[str] = set()
        begun: set[str] = set()
        for version in self.back():
            names = {part.path.name for part in self.files(version)} if not kept or version.at <= until else set()
            kept |= names
            if version.at <= until:
                break
            begun.add(version.tried or f"{version.run}-")
        there = self.shelf.lying()
        gone = {
            name: file.size
            for name, file in there.items()
            if name not in kept and file.at < strays and not name.startswith(tuple(begun))
        }
        self.shelf.remove(gone)
        self.shelf.forget_parts(before=strays)
        freed = sum(gone.values())
        return Dropped(len(gone), freed, sum(file.size for file in there.values()) - freed)

    def bytes(self) -> int:
        """Return the bytes of all files, older versions included."""
        return sum(file.size for file in self.shelf.lying().values())

    def _take_back(self, added: Sequence[Part]) -> None:
        """Remove files that no commit speaks of; what cannot be removed now goes when old versions are dropped."""
        with contextlib.suppress(DataPlaneRefusal):
            self.shelf.remove([part.path.name for part in added])

    def _standing(self) -> "DeltaTable | None":
        """Return the table; None before the first run has made it."""
        if not self.shelf.may_stand():
            return None
        from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415 - as above

        with self.shelf.speaking():
            try:
                return self._open()
            except TableNotFoundError:
                return None

    def _open(self, number: int | None = None) -> "DeltaTable":
        from deltalake import DeltaTable  # noqa: PLC0415 - as above

        shelf = self.shelf
        return DeltaTable(shelf.uri, version=number, storage_options=shelf.options)


def alike(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first names that are one name to the lake, which does not tell upper from lower case."""
    seen: dict[str, list[str]] = {}
    for name in names:
        seen.setdefault(name.lower(), []).append(name)
    return next((tuple(found) for found in seen.values() if len(found) > 1), ())


def _schema(columns: Sequence[tuple[str, str]]) -> pa.Schema:
    return pa.schema([(name, arrow_type(parse(of))) for name, of in columns])


def _told(number: int, note: str) -> Version:
    body = json.loads(note)
    return Version(
        **body
        | {
            "number": number,
            "at": datetime.fromisoformat(body["at"]),
            "taking": Taking(body["taking"]),
            "columns": tuple((name, of) for name, of in body["columns"]),
            "key": tuple(body["key"]),
            "origin": tuple(body.get("origin", ())),
            "made_of": tuple((name, of) for name, of in body.get("made_of", ())),
        }
    )
