"""One holding's rows: Parquet files and a Delta log. What the log says is what the holding holds.

The log carries, in one commit, which files make up the version, the serial number of the run that brought it (the
Delta protocol's application transaction) and what the run counted. A run that was killed finds either its own
commit or none of it. The log holds no minima and maxima of columns: those would be values.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes
from hefu.dataplane.errors import AlreadyRunning, NoSuchVersion, SideRefused
from hefu.dataplane.formats.parquet_file import ParquetFormat
from hefu.dataplane.formats.texts import arrow_type
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

    path: Path
    rows: int


@dataclass(frozen=True)
class LakeTable:
    """A holding's folder."""

    path: Path

    def serial(self) -> int:
        """Return the serial number of the last run that committed; 0 when none did."""
        if not self._stands():
            return 0
        return self._open().transaction_version(APPLICATION) or 0

    def versions(self) -> tuple[Version, ...]:
        """Return all versions, newest first, those included whose files were dropped."""
        return tuple(self.back())

    def back(self) -> Iterator[Version]:
        """Yield the versions, newest first; of the log only as much is read as is asked for."""
        if not self._stands():
            return
        table = self._open()
        seen, most = 0, _FIRST_LOOK
        while True:
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
        actions: Any = pa.table(self._open(version.number).get_add_actions(flatten=True))
        rows = zip(actions.column("path").to_pylist(), actions.column("num_records").to_pylist(), strict=True)
        return tuple(Part(self.path / name, count) for name, count in sorted(rows))

    def parts(self, version: Version) -> tuple[Part, ...]:
        """Return the files of a version.

        Raises:
            NoSuchVersion: They were dropped.
        """
        found = self.files(version)
        if not all(part.path.is_file() for part in found):
            raise NoSuchVersion(wanted=str(version.number))
        return found

    def readable(self, version: Version) -> bool:
        """Return whether the files of a version are still there."""
        try:
            self.parts(version)
        except NoSuchVersion:
            return False
        return True

    def begin(self, columns: Sequence[tuple[str, str]]) -> None:
        """Make the folder and an empty table where there is none."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._stands():
            from deltalake import DeltaTable  # noqa: PLC0415 - as below

            DeltaTable.create(str(self.path), _schema(columns), mode="ignore", configuration=_SETTINGS)

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
            added: Files that are new.
            dropped: Files of the version before that are not in this one.
            whole: Whether the version consists of the new files alone, whatever was before.
            before: The version that it was compared with; another newest one means that another run was faster.

        Raises:
            AlreadyRunning: Another run committed meanwhile.
            SideRefused: The folder refuses.
        """
        at = int(version.at.timestamp() * 1000)
        # 35 MiB that a run which reads no holding does without.
        from deltalake import CommitProperties, PostCommitHookProperties, Transaction  # noqa: PLC0415
        from deltalake.exceptions import CommitFailedError, DeltaError  # noqa: PLC0415
        from deltalake.transaction import AddAction, RemoveAction  # noqa: PLC0415

        actions: list[AddAction | RemoveAction] = [
            AddAction(part.path.name, _settled(part.path), {}, at, True, json.dumps({"numRecords": part.rows}))
            for part in added
        ]
        if not whole:
            actions += [RemoveAction(part.path.name, True, at, size=part.path.stat().st_size) for part in dropped]
        note = json.dumps(asdict(version) | {"at": version.at.isoformat()}, ensure_ascii=False)
        # Opened first: what comes between the look and the commit, the log itself refuses.
        table = self._open()
        stands = self.latest()
        if stands is not None and (before is None or stands.number != before.number or stands.serial >= version.serial):
            raise AlreadyRunning(what=version.run)
        try:
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
            raise AlreadyRunning(what=version.run) from None
        except (DeltaError, OSError) as error:
            raise SideRefused("target", str(error).splitlines()[0][:200]) from None
        _settle(self.path / "_delta_log")
        made = self.latest()
        if made is None or made.serial != version.serial:
            raise AlreadyRunning(what=version.run)
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

    def drop_old(self, kept_for: timedelta) -> int:
        """Delete the files of versions that were replaced longer ago than `kept_for`; return how many files.

        Files that killed runs left behind go as well, so no run may be under way.
        """
        if not self._stands():
            return 0
        hours = int(kept_for.total_seconds() // 3600)
        gone = self._open().vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True)
        return len(gone)

    def bytes(self) -> int:
        """Return the bytes of all files, older versions included."""
        return sum(file.stat().st_size for file in self.path.glob("*.parquet")) if self.path.is_dir() else 0

    def _stands(self) -> bool:
        from deltalake import DeltaTable  # noqa: PLC0415 - as above

        return (self.path / "_delta_log").is_dir() and DeltaTable.is_deltatable(str(self.path))

    def _open(self, number: int | None = None) -> "DeltaTable":
        from deltalake import DeltaTable  # noqa: PLC0415 - as above

        return DeltaTable(str(self.path), version=number)


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


def _settled(path: Path) -> int:
    """Make a file survive a power cut; return its size."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return path.stat().st_size


def _settle(folder: Path) -> None:
    """Make the names and the newest commit in a folder survive a power cut."""
    newest = max(folder.glob("*.json"), default=None)
    if newest is not None:
        _settled(newest)
    for one in (folder, folder.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
