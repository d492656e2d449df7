"""What is different between the rows that arrived and those that are held, and only that written anew.

Files in which no row changes or goes stay as they are; the others are written again together with what is new, in
the order of the key, so that later changes meet few files. DuckDB compares and sorts within a bound of memory and
puts what does not fit into files of the run's own folder.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hefu.dataplane.control import Control
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.formats.parquet_file import ParquetFormat
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.lake.table import Part, Version
from hefu.dataplane.scratch import Scratch

#: What DuckDB may hold in memory; the rest goes to files.
MEMORY = "96MB"
#: Rows of a data file: small enough that a change writes few rows anew.
FILE_ROWS = 500_000
#: Files with fewer rows are written together with the others whenever something is written at all.
SMALL = 50_000
_BATCH = 50_000
_NAME = Dialect.DUCKDB.name_of
#: Names that no source has. Quoted here, because what quotes names takes most of a second to load at each start.
_FILE, _PLACE, _REST = '"hefu file"', '"hefu place"', '"hefu rest"'


@dataclass(frozen=True)
class Folded:
    """What has to be committed."""

    added: tuple[Part, ...]
    dropped: tuple[Part, ...]
    inserted: int
    updated: int
    removed: int
    #: Keys of the rows that came and that went.
    came: KeyTally
    went: KeyTally


class Folding:
    """One comparison of a staged file with a version."""

    def __init__(self, staged: Path, version: Version, control: Control) -> None:
        """Open the engine; `version` tells columns and key of the staged file."""
        self._version, self._control = version, control
        self._work = Scratch("lake")
        self._staged = staged
        try:
            self.database = duckdb.connect(
                str(Path(self._work.name) / "folding.duckdb"),
                config={
                    "memory_limit": MEMORY,
                    "threads": 1,
                    "temp_directory": self._work.name,
                    "preserve_insertion_order": False,
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                },
            )
            self.database.execute("set timezone = 'UTC'")
            self._view("fresh", [staged])
        except BaseException:
            self._work.cleanup()
            raise

    def is_keyed(self) -> bool:
        """Return whether the key tells every staged row apart and is whole in each."""
        keys = ", ".join(map(_NAME, self._version.key))
        empty = " or ".join(f"{_NAME(name)} is null" for name in self._version.key)
        found = self._ask(
            f"select exists (select 1 from fresh where {empty}) or exists "
            f"(select 1 from (select {keys} from fresh group by all having count(*) > 1) as doubled)"
        )
        return not found[0][0]

    def fold(self, held: Sequence[Part], name: str, *, removes: bool) -> Folded:
        """Write what is different into new files beside the staged one.

        Args:
            held: Files of the version before.
            name: What the new files are called, before their number.
            removes: Whether rows go that did not arrive.
        """
        self._view("held", [part.path for part in held])
        self._differ(removes=removes)
        inserted, updated, removed = self._ask(
            "select count(*) filter (held_place is null), count(*) filter (held_place is not null "
            "and fresh_place is not null), count(*) filter (fresh_place is null) from differing"
        )[0]
        if not inserted + updated + removed:
            return Folded((), (), 0, 0, 0, KeyTally(), KeyTally())
        touched = {row[0] for row in self._ask("select distinct file from differing where file is not null")}
        dropped = tuple(part for part in held if str(part.path) in touched or part.rows < SMALL)
        added = tuple(self._write(dropped, name))
        came = self._tally(f"select {self._keys('f')} from fresh f join differing d on f.{_PLACE} = d.fresh_place "
                           "where d.held_place is null")  # fmt: skip
        went = self._tally(f"select {self._keys('h')} from held h join differing d on h.{_PLACE} = d.held_place "
                           f"and h.{_FILE} = d.file where d.fresh_place is null")  # fmt: skip
        return Folded(added, dropped, inserted, updated, removed, came, went)

    def _view(self, name: str, files: Sequence[Path]) -> None:
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        read = f"read_parquet([{listed}], filename = 'hefu file', file_row_number = true)"
        columns = ", ".join(_NAME(column) for column, _of in self._version.columns)
        self._ask(f"create or replace view {name} as select {columns}, {_FILE}, file_row_number as {_PLACE} from {read}"
                  if files else f"create or replace view {name} as select *, null::varchar as {_FILE}, "
                                f"null::bigint as {_PLACE} from fresh where false")  # fmt: skip

    def _differ(self, *, removes: bool) -> None:
        """Note which rows differ, by key and by the engine's 64-bit hash of all that is beside the key.

        Joining whole rows would take several times the memory; two versions of a row that the hash does not tell
        apart are one in 2⁶⁴.
        """
        keys = [_NAME(name) for name in self._version.key]
        others = [_NAME(name) for name, _of in self._version.columns if name not in self._version.key]
        beside = f"hash({', '.join(others)})" if others else "0"
        same = " and ".join(f"h.{key} = f.{key}" for key in keys)
        narrow = f"select {', '.join(keys)}, {beside} as {_REST}, {_FILE}, {_PLACE}"
        join = "full" if removes else "right"
        self._ask(
            f"create table differing as select h.{_FILE} as file, h.{_PLACE} as held_place, f.{_PLACE} as fresh_place "
            f"from ({narrow} from held) as h {join} join ({narrow} from fresh) as f on {same} "
            f"where h.{_PLACE} is null or f.{_PLACE} is null or h.{_REST} <> f.{_REST}"
        )

    def _write(self, dropped: Sequence[Part], name: str) -> Iterator[Part]:
        """Write the rows of the dropped files that stay, and those that arrived, in files of bounded size."""
        columns = ", ".join(_NAME(column) for column, _of in self._version.columns)
        files = ", ".join("'" + str(part.path).replace("'", "''") + "'" for part in dropped) or "''"
        query = (
            f"select {columns} from (select h.* from held h anti join differing d on h.{_PLACE} = d.held_place "
            f"and h.{_FILE} = d.file where h.{_FILE} in ({files}) "
            f"union all select f.* from fresh f semi join differing d on f.{_PLACE} = d.fresh_place) as whole "
            f"order by {', '.join(map(_NAME, self._version.key))}"
        )
        number, rows, writer = 0, 0, None
        path = self._staged
        try:
            for batch in self._batches(query):
                if writer is None:
                    number += 1
                    path = self._staged.with_name(f"{name}-{number:04d}.parquet")
                    writer, rows = ParquetFormat().writer(path, self._version.outputs), 0
                writer.write(batch)
                rows += batch.num_rows
                if rows >= FILE_ROWS:
                    writer.close()
                    writer = None
                    yield Part(path, rows)
            if writer is not None:
                writer.close()
                writer = None
                yield Part(path, rows)
        finally:
            if writer is not None:
                writer.abandon()

    def _keys(self, alias: str) -> str:
        return ", ".join(f"{alias}.{_NAME(name)}" for name in self._version.key)

    def _tally(self, query: str) -> KeyTally:
        tally = KeyTally()
        for batch in self._batches(query):
            columns = [as_texts(batch.column(place), of.type) for place, of in enumerate(self._version.key_outputs)]
            tally += tally_hashes(hash_columns(columns))
        return tally

    def _batches(self, query: str) -> Iterator[Any]:
        with self._plainly():
            for batch in self.database.cursor().execute(query).to_arrow_reader(_BATCH):
                self._control.check()
                self._control.add(rows=batch.num_rows)
                yield batch

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        with self._plainly():
            return self.database.execute(query).fetchall()

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except duckdb.InterruptException:
            self._control.check()
            raise
        except duckdb.Error as error:
            raise SideRefused("target", str(error).splitlines()[0][:200]) from None

    def cancel(self) -> None:
        """End the running statement."""
        with contextlib.suppress(duckdb.Error):
            self.database.interrupt()

    def cut(self) -> None:
        """End the running statement."""
        self.cancel()

    def close(self) -> None:
        """Remove what was needed on the way."""
        with contextlib.suppress(duckdb.Error):
            self.database.close()
        self._work.cleanup()
