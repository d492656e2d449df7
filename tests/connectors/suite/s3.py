"""Files in an S3-compatible store in the shared suite."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hefu.dataplane.connectors.s3 import CAPABILITIES
from hefu.dataplane.connectors.s3.source import S3Source
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceKind, ResourceRef
from tests.connectors.place import Place
from tests.connectors.suite.case import Sample
from tests.connectors.suite.folder import FolderCase
from tests.s3 import Store


@dataclass
class S3Case:
    """A provider's bucket; its files are those of the folder's case."""

    place: Place
    store: Store
    path: Path
    capabilities = CAPABILITIES
    empty_is_null = True
    samples: Sequence[Sample] = ()
    local: FolderCase = field(init=False)

    def __post_init__(self) -> None:
        """Write here first."""
        self.local = FolderCase(self.place, self.path)

    @property
    def port(self) -> int:
        """Return the store's port."""
        return self.store.connection.port

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the file of people."""
        return self._of(self.local.people(count)[1])

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make a file of texts."""
        return self._of(self.local.texts(names, rows)[1])

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make nothing: the case has no samples."""
        raise AssertionError

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make a file of long rows."""
        return self._of(self.local.wide(rows, size)[1])

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Return nothing: a file knows texts alone."""
        return None

    def at(self, source: Source, port: int) -> Source | None:
        """Return the source by another port."""
        assert isinstance(source, S3Source)
        return S3Source(replace(source.connection, port=port))

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return the source with another secret key."""
        assert isinstance(source, S3Source)
        return S3Source(replace(source.connection, password=secret))

    def _of(self, ref: ResourceRef) -> tuple[Source, ResourceRef]:
        self.store.put(ref.table, (self.path / ref.table).read_bytes())
        return S3Source(self.store.connection), replace(ref, kind=ResourceKind.S3_FOLDER)
