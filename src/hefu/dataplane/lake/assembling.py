"""A library out of several holdings: one row for each subject, each field from the source that wins by its rule.

What the sources say differently is told as a conflict. Every value is text here; the assembled rows are then
collected like any other file, so a library has versions, counts and digests as a holding has.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Any

import duckdb

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import HoldingDiffers, SideRefused
from hefu.dataplane.lake.table import LakeTable, Version
from hefu.kernel.clock import CHINA
from hefu.kernel.words import Sentence, _

#: What DuckDB may hold in memory; the rest goes to files of the folder that it is given.
MEMORY = "128MB"
#: Conflicts handed over at a time.
_BATCH = 1_000
#: How a time ends that names its zone.
_ZONED = ":[0-9.]+ ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_NAME, _TEXT = Dialect.DUCKDB.name_of, Dialect.DUCKDB.text


class Wins(StrEnum):
    """Which source's value a field takes."""

    #: The first source that has the subject, be its value empty.
    FIRST = "first"
    #: The first source with a value.
    FILLED = "filled"
    #: The source with a value that was changed last.
    NEWEST = "newest"


@dataclass(frozen=True)
class Part:
    """One holding of an assembly."""

    #: Number of the holding.
    name: str
    table: LakeTable
    version: Version
    #: Column that names the subject.
    subject: str
    #: Column that says when a row was changed, in China's time where it names no zone; empty takes the version's own.
    changed: str = ""


@dataclass(frozen=True)
class LibraryField:
    """One field of the library: (part's name, column) in the order in which sources are asked."""

    name: str
    wins: Wins
    sources: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Conflict:
    """Sources that say different things of one field of one subject."""

    subject: str
    field: str
    #: (part's name, value) of each source with a value, in the field's order.
    values: tuple[tuple[str, str], ...]


def _moment(text: str) -> str:
    """Return the expression of a change time in UTC: one that names no zone is China's, as offices write it."""
    told = f"timezone('UTC', try_cast({text} as timestamptz))"
    local = f"timezone('UTC', timezone({_TEXT(CHINA.key)}, try_cast({text} as timestamp)))"
    return f"case when regexp_matches({text}, {_TEXT(_ZONED)}) then {told} else {local} end"


def provenance(field: str) -> str:
    """Return the column that says which part a field's value came from."""
    return f"{field} (from)"


class Assembly:
    """One assembly, over versions that stand still."""

    def __init__(self, subject: str, parts: Sequence[Part], fields: Sequence[LibraryField], folder: Path) -> None:
        """Open the parts.

        Args:
            subject: What the library calls its key.
            parts: Its holdings.
            fields: Its fields.
            folder: For what is needed on the way.

        Raises:
            NoSuchVersion: A part's files are gone.
            HoldingDiffers: A part has not the columns, or two rows of one subject.
        """
        self._subject, self._parts, self._fields = subject, {part.name: part for part in parts}, tuple(fields)
        self.database = duckdb.connect(
            str(folder / "assembly.duckdb"),
            config={
                "memory_limit": MEMORY,
                "threads": 1,
                "temp_directory": str(folder),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        try:
            self.database.execute("set timezone = 'UTC'")
            for number, part in enumerate(parts):
                self._open(f"part_{number}", part)
            self._join()
        except BaseException:
            self.database.close()
            raise

    def write(self, path: Path) -> int:
        """Write the assembled rows into a Parquet file of texts; return how many subjects."""
        columns = [f"subject as {_NAME(self._subject)}"]
        for field in self._fields:
            value, source = self._winner(field)
            columns += [f"{value} as {_NAME(field.name)}", f"{source} as {_NAME(provenance(field.name))}"]
        self._ask(f"copy (select {', '.join(columns)} from whole) to {_TEXT(str(path))} (format parquet)")
        return int(self._ask("select count(*) from whole")[0][0])

    def conflicts(self, most: int, take: Callable[[list[Conflict]], None]) -> dict[str, int]:
        """Hand over at most `most` conflicts in batches; return how many there are of each field."""
        counted: dict[str, int] = {}
        for field in self._fields:
            texts = [self._text(name, column) for name, column in field.sources]
            if len(texts) < 2:
                continue
            differ = f"list_unique([{', '.join(texts)}]) > 1"
            counted[field.name] = int(self._ask(f"select count(*) from whole where {differ}")[0][0])
            room = min(most, counted[field.name])
            most -= room
            asked = f"select subject, {', '.join(texts)} from whole where {differ} order by subject limit {room}"
            for rows in self._batches(asked):
                take([self._conflict(field, row) for row in rows])
        return {name: count for name, count in counted.items() if count}

    def close(self) -> None:
        """Let go."""
        self.database.close()

    def _open(self, name: str, part: Part) -> None:
        columns = {column for column, _of in part.version.columns}
        wanted = {part.subject, *filter(None, [part.changed])}
        wanted |= {column for field in self._fields for source, column in field.sources if source == part.name}
        if not wanted <= columns:
            missing = ", ".join(sorted(wanted - columns))
            raise HoldingDiffers(
                detail=Sentence(_("{holding} has no {columns}"), code="lake.lacks", holding=part.name, columns=missing)
            )
        files = ", ".join(_TEXT(str(one.path)) for one in part.table.parts(part.version))
        read = f"from read_parquet([{files}])" if files else "where false"
        texts = [
            f"nullif(trim(cast({_NAME(column) if files else 'null'} as varchar)), '') as {_NAME(column)}"
            for column in sorted(wanted)
        ]
        self._ask(f"create view {name}_texts as select {', '.join(texts)} {read}")
        changed = f"timestamp '{part.version.at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
        if part.changed:
            changed = f"coalesce({_moment(_NAME(part.changed))}, timestamp '1900-01-01')"
        subject = _NAME(part.subject)
        self._ask(
            f"create view {name} as select *, {subject} as {_NAME('hefu subject')}, "
            f"{changed} as {_NAME('hefu changed')} from {name}_texts where {subject} is not null"
        )
        doubled = f"select 1 from {name} group by {_NAME('hefu subject')} having count(*) > 1 limit 1"
        if self._ask(doubled):
            raise HoldingDiffers(
                detail=Sentence(_("{holding} has several rows of one subject"), code="lake.subject", holding=part.name)
            )

    def _join(self) -> None:
        subjects = " union ".join(
            f"select {_NAME('hefu subject')} as subject from part_{number}" for number in range(len(self._parts))
        )
        columns, joins = ["s.subject"], []
        for number, part in enumerate(self._parts.values()):
            alias = f"p{number}"
            joins.append(f"left join part_{number} {alias} on {alias}.{_NAME('hefu subject')} = s.subject")
            columns.append(f"{alias}.{_NAME('hefu subject')} is not null as {self._has(part.name)}")
            columns.append(f"{alias}.{_NAME('hefu changed')} as {self._when(part.name)}")
            used = {column for field in self._fields for source, column in field.sources if source == part.name}
            columns += [f"{alias}.{_NAME(column)} as {self._text(part.name, column)}" for column in sorted(used)]
        self._ask(f"create table whole as select {', '.join(columns)} from ({subjects}) as s {' '.join(joins)}")

    def _winner(self, field: LibraryField) -> tuple[str, str]:
        """Return the expressions of a field's value and of the part that it came from."""
        cases = []
        latest = ", ".join(
            f"case when {self._text(name, column)} is not null then {self._when(name)} end"
            for name, column in field.sources
        )
        for name, column in field.sources:
            value = self._text(name, column)
            match field.wins:
                case Wins.FIRST:
                    condition = self._has(name)
                case Wins.FILLED:
                    condition = f"{value} is not null"
                case Wins.NEWEST:
                    condition = f"{value} is not null and {self._when(name)} = greatest({latest}, null)"
            cases.append((condition, value, _TEXT(name)))
        values = " ".join(f"when {condition} then {value}" for condition, value, _name in cases)
        names = " ".join(f"when {condition} and {value} is not null then {name}" for condition, value, name in cases)
        return f"case {values} end", f"case {names} end"

    def _text(self, part: str, column: str) -> str:
        return _NAME(f"{part} {column}")

    def _has(self, part: str) -> str:
        return _NAME(f"hefu has {part}")

    def _when(self, part: str) -> str:
        return _NAME(f"hefu when {part}")

    def _conflict(self, field: LibraryField, row: tuple[Any, ...]) -> Conflict:
        told = zip(field.sources, row[1:], strict=True)
        return Conflict(
            row[0], field.name, tuple((name, value) for (name, _column), value in told if value is not None)
        )

    def _batches(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        with self._plainly():
            cursor = self.database.cursor().execute(query)
            while rows := cursor.fetchmany(_BATCH):
                yield rows

    def _ask(self, query: str) -> list[tuple[Any, ...]]:
        with self._plainly():
            return self.database.execute(query).fetchall()

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise SideRefused("source", str(error).splitlines()[0][:200]) from None
