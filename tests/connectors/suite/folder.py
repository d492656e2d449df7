"""A folder of files in the shared suite: its CSV files, which know texts alone."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hefu.dataplane.connectors.folder import CAPABILITIES
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.sides import Source
from hefu.dataplane.ticket import ResourceKind, ResourceRef
from tests.connectors.place import Place
from tests.connectors.suite.case import Sample


@dataclass
class FolderCase:
    """A provider's folder."""

    place: Place
    path: Path
    encoding: str = "utf-8"
    capabilities = CAPABILITIES
    empty_is_null = True
    samples: Sequence[Sample] = ()
    port = 0

    def people(self, count: int) -> tuple[Source, ResourceRef]:
        """Make the file of people."""
        return self.place.folder(self.path, count, self.encoding), self._ref("people.csv")

    def texts(self, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[Source, ResourceRef]:
        """Make a file of texts."""
        with (self.path / "te xt's.csv").open("w", encoding=self.encoding, newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow(names)
            writer.writerows([cell or "" for cell in row] for row in rows)
        return FolderSource(self.path, self.encoding), self._ref("te xt's.csv")

    def typed(self, samples: Sequence[Sample]) -> tuple[Source, ResourceRef]:
        """Make nothing: the case has no samples."""
        raise AssertionError

    def wide(self, rows: int, size: int) -> tuple[Source, ResourceRef]:
        """Make a file of long rows."""
        with (self.path / "wide.csv").open("w", encoding=self.encoding) as file:
            file.write("id,body\n")
            for number in range(rows):
                file.write(f"{number},{f'{number:032d}' * (size // 32)}\n")
        return FolderSource(self.path, self.encoding), self._ref("wide.csv")

    def strange(self) -> tuple[Source, ResourceRef] | None:
        """Return nothing: a file knows texts alone."""
        return None

    def at(self, source: Source, port: int) -> Source | None:
        """Return nothing: a folder is on the machine."""
        return None

    def wrong(self, source: Source, secret: str) -> Source | None:
        """Return nothing: a folder has no password."""
        return None

    @staticmethod
    def _ref(name: str) -> ResourceRef:
        return ResourceRef("s", ResourceKind.FILE_FOLDER, "", name)
