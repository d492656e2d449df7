"""An index in a folder: made anew, brought up to date, read. One writer at a time, any number of readers."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from uuid import UUID

import tantivy

from hefu.search.errors import IndexBroken
from hefu.search.schema import schema, written
from hefu.search.terms import Document

#: Bytes that a writer holds before it writes a segment: for a whole catalogue, and for a few changes.
_WHOLE, _CHANGES = 200_000_000, 30_000_000
#: More segments than these are worth merging.
_MANY = 10


class Index:
    """An index that was opened. A reader sees what was committed when it was last refreshed."""

    def __init__(self, folder: Path, opened: tantivy.Index) -> None:
        """Keep the folder; use `open` or `make`."""
        self.folder = folder
        self.tantivy = opened
        self.schema = opened.schema
        opened.config_reader("manual")

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what is in a folder.

        Raises:
            IndexBroken: There is none, or it cannot be read.
        """
        try:
            found = cls(folder, tantivy.Index.open(str(folder)))
            found.refresh()
        except (ValueError, OSError) as error:
            raise IndexBroken(folder=folder, reason=error) from None
        return found

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make an empty index in a folder that is not there yet."""
        folder.mkdir(parents=True)
        return cls(folder, tantivy.Index(schema(), str(folder)))

    def refresh(self) -> None:
        """See what was committed since.

        Raises:
            IndexBroken: Files are missing or damaged.
        """
        try:
            self.tantivy.reload()
        except (ValueError, OSError) as error:
            raise IndexBroken(folder=self.folder, reason=error) from None

    def searcher(self) -> tantivy.Searcher:
        """Return a view of the index as it was at the last refresh; it may be used by several threads."""
        return self.tantivy.searcher()

    def fill(self, documents: Iterable[Document]) -> None:
        """Write the documents of a whole catalogue into an empty index and merge as far as it is worth."""
        with self._writer(_WHOLE, threads=2, merge=True) as writer:
            for one in documents:
                writer.add_document(written(one))
            writer.commit()
        self.refresh()

    def put(self, gone: Iterable[UUID], documents: Iterable[Document]) -> None:
        """Take out everything under these ids, write these documents, and commit both at once."""
        with self._writer(_CHANGES, threads=1, merge=False) as writer:
            for one in gone:
                writer.delete_documents_by_term("id", str(one))
            for document in documents:
                writer.delete_documents_by_term("id", str(document.id))
                writer.add_document(written(document))
            writer.commit()
        self.refresh()

    def merge(self) -> bool:
        """Merge segments when many small changes have left many; return whether it was worth it."""
        if self.searcher().num_segments <= _MANY:
            return False
        with self._writer(_CHANGES, threads=1, merge=True) as writer:
            writer.commit()
        self.refresh()
        return True

    @contextmanager
    def _writer(self, heap: int, *, threads: int, merge: bool) -> Iterator[tantivy.IndexWriter]:
        """Open a writer. Without `merge` it leaves at once, and merging is left to whoever has the time."""
        try:
            writer = self.tantivy.writer(heap, threads)
            yield writer
            if merge:
                writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise IndexBroken(folder=self.folder, reason=error) from None
