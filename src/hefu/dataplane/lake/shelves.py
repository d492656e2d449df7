"""Where a holding's files lie: in a folder, or in an S3-compatible store with copies here of what is in use.

A data file never changes under its name. So a copy of it that is whole is as good as the file, and everything that
reads or compares rows does it over files that are here. The log lies in one place only, and the Delta library alone
writes it: in a store each commit is a request that the store refuses when that number is taken.
"""

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from secrets import token_hex

from hefu.dataplane.connectors.far import FarFile
from hefu.dataplane.connectors.s3.connection import S3Connection, S3Session
from hefu.dataplane.connectors.s3.drop import S3DropSession, forget_parts
from hefu.dataplane.errors import (
    AddressRefused,
    DataPlaneRefusal,
    LakeLost,
    LakeRefused,
    SideLost,
    SideRefused,
)
from hefu.kernel.clock import SystemClock
from hefu.kernel.words import Sentence, _

log = logging.getLogger(__name__)

#: How long a copy stays here that nobody reads: longer than any run reads one version.
COPIES_KEPT = timedelta(days=7)
#: Seconds and tries of one request of the Delta library; what is away longer is told, and tried again by the run.
_TRIES, _TRYING, _REQUEST, _CONNECT = "2", "20s", "60s", "10s"
#: Name under which it is tried out what a store does, and its bytes.
_PROBE = "hefu-probe-"


def nothing(_bytes: int) -> None:
    """Take no notice of bytes that went."""


@dataclass(frozen=True)
class Lying:
    """A data file as it lies."""

    size: int
    #: When it came there.
    at: datetime


@dataclass(frozen=True)
class FolderShelf:
    """A folder of the node."""

    path: Path

    @property
    def uri(self) -> str:
        """Return how the Delta library finds it."""
        return str(self.path)

    @property
    def options(self) -> None:
        """Return that the library needs nothing more."""

    def may_stand(self) -> bool:
        """Return whether there can be a log."""
        return (self.path / "_delta_log").is_dir()

    def require_sound(self) -> None:
        """Ask nothing: two who make one file in a folder are told apart by the system."""

    def lying(self) -> dict[str, Lying]:
        """Return the data files by name, those included that no version has."""
        found: dict[str, Lying] = {}
        for file in self.path.glob("*.parquet"):
            with contextlib.suppress(FileNotFoundError):
                facts = file.stat()
                found[file.name] = Lying(facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))
        return found

    def bring(self, files: Sequence[tuple[Path, int]], passed: Callable[[int], None] = nothing) -> bool:
        """Return whether the files are here."""
        return all(path.is_file() for path, _size in files)

    def lay(self, files: Sequence[Path], passed: Callable[[int], None] = nothing) -> None:
        """Make files survive a power cut."""
        for file in files:
            _settled(file)

    def settle_log(self) -> None:
        """Make the names and the newest commit survive a power cut."""
        folder = self.path / "_delta_log"
        newest = max(folder.glob("*.json"), default=None)
        if newest is not None:
            _settled(newest)
        for one in (folder, self.path):
            descriptor = os.open(one, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def remove(self, names: Iterable[str]) -> None:
        """Remove data files, as far as they are there."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def forget_parts(self, begin: str = "", before: datetime | None = None) -> None:
        """Do nothing: a folder keeps no halves that cannot be seen."""

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Tell what the library says of the folder in our words."""
        # 35 MiB that a run without holdings does without.
        from deltalake.exceptions import CommitFailedError, DeltaError  # noqa: PLC0415

        try:
            yield
        except CommitFailedError:
            raise  # another was faster: for the committer to judge
        except (DeltaError, OSError) as error:
            raise SideRefused("target", str(error).splitlines()[0][:200]) from None


@dataclass(frozen=True)
class StoreShelf:
    """A folder of a bucket."""

    #: Its folder is the holding's; its repr shows no key.
    connection: S3Connection
    #: Here: copies of what is in use, and what is being written.
    copies: Path

    @property
    def uri(self) -> str:
        """Return how the Delta library finds it."""
        return f"s3://{self.connection.bucket}{self.connection.folder}"

    @property
    def options(self) -> dict[str, str]:
        """Return what the library needs beside: keys inside, so never into a message."""
        there = self.connection
        plain = there.tls == "disable"
        return {
            "AWS_ENDPOINT_URL": f"{'http' if plain else 'https'}://{there.server.named}",
            "AWS_REGION": there.region,
            "AWS_ACCESS_KEY_ID": there.user,
            "AWS_SECRET_ACCESS_KEY": there.password,
            "AWS_ALLOW_HTTP": "true" if plain else "false",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": str(there.host.startswith(f"{there.bucket}.")).lower(),
            "AWS_CONDITIONAL_PUT": "etag",
            "AWS_EC2_METADATA_DISABLED": "true",
            "max_retries": _TRIES,
            "retry_timeout": _TRYING,
            "timeout": _REQUEST,
            "connect_timeout": _CONNECT,
        }

    def may_stand(self) -> bool:
        """Return that only the store knows."""
        return True

    def require_sound(self) -> None:
        """Let nobody commit to a store that would let a second writer overwrite a first one's commit.

        Raises:
            LakeLost, LakeRefused: It cannot be reached or written, or is such a store.
        """
        _sound(replace(self.connection, folder=str(Path(self.connection.folder).parent)))

    def lying(self) -> dict[str, Lying]:
        """Return the data files by name, those included that no version has.

        Raises:
            LakeLost, LakeRefused: The store cannot be read.
        """
        with self._session() as session:
            files = [file for file in session.files() if file.name.endswith(".parquet")]
        return {file.name: Lying(file.size, datetime.fromisoformat(file.changed)) for file in files}

    def bring(self, files: Sequence[tuple[Path, int]], passed: Callable[[int], None] = nothing) -> bool:
        """Copy here what is not; return whether all is here.

        Args:
            files: Where each has to be here, its name being the name there, and its bytes.
            passed: Told the bytes as they arrive; may raise to end it.

        Raises:
            LakeLost, LakeRefused: The store cannot be read.
        """
        if any(path.parent != self.copies for path, _size in files):  # a log of ours names no other folder
            raise LakeRefused(Sentence(_("the log of the holding cannot be read"), code="lake.log"))
        missing = [(path, size) for path, size in files if not _is_copy(path, size)]
        if not missing:
            return True
        self.copies.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_copies()
        with self._session() as session:
            for path, size in missing:
                coming = path.with_name(f".{path.name}.{token_hex(4)}.part")
                try:
                    session.take(FarFile(path.name, size, ""), coming, passed)
                    coming.replace(path)
                except SideRefused as refused:
                    if getattr(refused.facts["detail"], "code", "") == "side.no_file":
                        return False
                    raise
                finally:
                    coming.unlink(missing_ok=True)
        return True

    def lay(self, files: Sequence[Path], passed: Callable[[int], None] = nothing) -> None:
        """Bring files there; each is whole there or not at all.

        Raises:
            LakeLost, LakeRefused: The store cannot be written.
        """
        with self._session() as session:
            drop = S3DropSession(session)
            for file in files:
                drop.put(file, file.name, file.stem, _sha256(file), passed)

    def settle_log(self) -> None:
        """Do nothing: what a store has confirmed it keeps."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove data files there and their copies here, as far as they are there.

        Raises:
            LakeLost, LakeRefused: The store says no.
        """
        with self._session() as session:
            for name in names:
                session.ask("DELETE", name)
                (self.copies / name).unlink(missing_ok=True)

    def forget_parts(self, begin: str = "", before: datetime | None = None) -> None:
        """End what killed writers left half sent: nobody sees it, but the store keeps it.

        Args:
            begin: What the names of its files begin with.
            before: Only what was begun before that moment.

        Raises:
            LakeLost, LakeRefused: The store cannot be read.
        """
        with self._session() as session:
            forget_parts(session, begin, lambda upload: before is None or datetime.fromisoformat(upload.begun) < before)

    @contextlib.contextmanager
    def speaking(self) -> Iterator[None]:
        """Tell what the library says of the store in our words: the store itself is asked what the matter is.

        Raises:
            LakeLost, LakeRefused: Why.
        """
        from deltalake.exceptions import CommitFailedError, DeltaError  # noqa: PLC0415 - as above

        try:
            yield
        except CommitFailedError:
            raise
        except (DeltaError, OSError) as error:
            said = str(error)
            log.warning("the lake's store: %s", said.splitlines()[0][:200])
            self.try_to_read()
            if isinstance(error, OSError) or "object store" in said:
                raise LakeLost(Sentence(_("it fell silent in the middle"), code="lake.cut")) from None
            raise LakeRefused(Sentence(_("the log of the holding cannot be read"), code="lake.log")) from None

    def try_to_read(self) -> None:
        """Ask the store for a list.

        Raises:
            LakeLost, LakeRefused: It does not answer, or says no, and why.
        """
        with self._session() as session:
            session.ask("GET", "", query={"list-type": "2", "max-keys": "1", "prefix": self.connection.prefix})

    @contextlib.contextmanager
    def _session(self) -> Iterator[S3Session]:
        with _in_our_words(), contextlib.closing(S3Session(self.connection, "target")) as session:
            yield session

    def _forget_copies(self) -> None:
        """Remove the copies, of all holdings, that nobody has read for long."""
        past = (SystemClock().now() - COPIES_KEPT).timestamp()
        for copy in self.copies.parent.glob("*/*.parquet"):
            with contextlib.suppress(FileNotFoundError):
                if copy.stat().st_mtime < past:
                    copy.unlink()


@contextlib.contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except (LakeLost, LakeRefused):
        raise
    except SideLost as lost:
        raise LakeLost(lost.facts["detail"]) from None
    except SideRefused as refused:
        raise LakeRefused(refused.facts["detail"]) from None
    except AddressRefused as refused:
        raise LakeRefused(refused.facts["detail"]) from None


def try_out(connection: S3Connection) -> None:
    """Write a file, have a second one of its name refused, read it, remove it.

    Args:
        connection: Of the whole lake.

    Raises:
        LakeLost, LakeRefused: The store cannot be reached, or does not do one of these.
    """
    name, only_new = f"{_PROBE}{token_hex(8)}", {"If-None-Match": "*"}
    with _in_our_words(), contextlib.closing(S3Session(connection, "target")) as session:
        session.ask("PUT", name, headers=only_new, body=name.encode())
        try:
            try:
                session.ask("PUT", name, headers=only_new, body=b"another")
            except DataPlaneRefusal as refused:
                if getattr(refused.facts.get("detail"), "code", "") != "side.unfinished":  # 412, as it should be
                    raise
            else:
                text = _("it lets a second writer overwrite a first one's file (it does not heed If-None-Match)")
                raise LakeRefused(Sentence(text, code="lake.overwrites"))
            session.ask("GET", name)
        finally:
            with contextlib.suppress(DataPlaneRefusal):
                session.ask("DELETE", name)


#: The same, once in a process for each lake that passed.
_sound = lru_cache(maxsize=8)(try_out)


def _is_copy(path: Path, size: int) -> bool:
    """Return whether a copy is here and whole, and note that it was used."""
    try:
        if path.stat().st_size != size:
            return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settled(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
