"""JSON lines: one object a row, UTF-8; whole numbers and booleans as such, numbers of exact digits as texts."""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from json.encoder import encode_basestring
from pathlib import Path

import pyarrow as pa

from hefu.dataplane.arrow import Column
from hefu.dataplane.formats.texts import as_texts
from hefu.dataplane.plan import Output
from hefu.dataplane.types import Kind

#: Kinds whose text is a JSON value as it stands. A decimal is none: readers would make a double of it.
_BARE = (Kind.INTEGER, Kind.FLOAT, Kind.BOOLEAN)
#: Texts of a float that JSON has no number for.
_NO_NUMBER = frozenset({"nan", "inf", "-inf", "NaN", "Infinity", "-Infinity"})
_LINES = 50_000


class JsonlFormat:
    """Writes and reads back files of JSON lines."""

    def writer(self, path: Path, outputs: Sequence[Output]) -> "JsonlWriter":
        """Return a writer into `path`."""
        return JsonlWriter(path, outputs)

    def keys(self, path: Path, outputs: Sequence[Output], key: Sequence[Output]) -> Iterator[list[Column]]:
        """Yield the key columns as texts."""
        with path.open("rb") as file:
            while lines := list(islice(file, _LINES)):
                rows = [json.loads(line, parse_int=str, parse_float=str) for line in lines]
                yield [pa.array([_text(row[output.name]) for row in rows], pa.string()) for output in key]


class JsonlWriter:
    """Writes one file of JSON lines."""

    def __init__(self, path: Path, outputs: Sequence[Output]) -> None:
        """Open `path`."""
        self._outputs = outputs
        self._file = path.open("w", encoding="utf-8", newline="\n")

    def write(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        columns = [
            _values(output, as_texts(column, output.type).to_pylist())
            for output, column in zip(self._outputs, batch.columns, strict=True)
        ]
        self._file.writelines(f"{{{', '.join(row)}}}\n" for row in zip(*columns, strict=True))

    def close(self) -> None:
        """Finish the file."""
        self._file.close()

    def abandon(self) -> None:
        """Let an unfinished file be."""
        self._file.close()


def _values(output: Output, texts: list[str | None]) -> Iterator[str]:
    """Yield each text of a column as a member of its row's object."""
    name = f"{encode_basestring(output.name)}: "
    if output.type.kind in _BARE:
        return (name + ("null" if one is None else f'"{one}"' if one in _NO_NUMBER else one) for one in texts)
    return (name + ("null" if one is None else encode_basestring(one)) for one in texts)


def _text(value: str | bool | None) -> str | None:
    return ("true" if value else "false") if isinstance(value, bool) else value
