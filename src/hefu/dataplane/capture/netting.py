"""What became of each key in many changes at once: whole columns of messages are read, not one value after another.

The messages of a batch lie in one buffer, and where their values begin and end is found for a column of all of them
together. Most keys need no more: their last message says what stands. A key that changed into another, or whose
last message left a value out, is handed back to be netted message by message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from hefu.dataplane.capture.pgoutput import Garbled, Relation, Value

#: Numbers of bytes, of messages or of keys.
Numbers = npt.NDArray[np.int64]
_Flags = npt.NDArray[np.bool_]
_Bytes = npt.NDArray[np.uint8]

_INSERT, _UPDATE, _DELETE = b"IUD"
_TEXT, _NULL, _SAME = b"tnu"
#: Bytes that no UTF-8 text has: before the first value of a row, before every other one, and in place of a NULL.
_ROW, _NEXT, _NO_VALUE, _ROW_NO_VALUE = 0xFF, 0xFE, 0xFD, 0xFC
_NEVER_IN_TEXT = 0xF8
#: The longest key that is compared as one word of so many bytes; longer ones are rare enough to go one by one.
_LONGEST_KEY = 256
#: Bytes from a value's kind to its text, and of a message to its first row's columns.
_HEAD, _FIRST = 5, 6
#: Behind the last message, so that looking for a length never leaves the buffer.
_MARGIN = bytes(8)


class OneByOne(Exception):
    """These messages have to be netted one by one; never leaves this package."""


@dataclass
class _Rows:
    """The columns that are wanted of one row a message: where each value begins and ends, and what kind it is."""

    starts: dict[int, Numbers] = field(default_factory=dict)
    ends: dict[int, Numbers] = field(default_factory=dict)
    kinds: dict[int, _Bytes] = field(default_factory=dict)
    #: Where each row ends.
    after: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))


@dataclass
class Net:
    """What became of the keys of a batch."""

    _buffer: _Bytes
    _rows: _Rows
    #: Messages whose row stands: of keys that may have been in the table before, and of keys that are new in it.
    kept: Numbers
    new: Numbers
    #: Messages that tell of keys that are gone.
    gone: Numbers
    #: Messages, by place and in their order, of the keys that are netted one by one.
    odd: Numbers

    def lines(self, which: Numbers, places: Sequence[int]) -> bytes:
        """Return rows as COPY reads them, their columns in the order of the places, which go up.

        Raises:
            OneByOne: The texts are not UTF-8.
        """
        if not len(which):
            return b""
        cut = self._cut(which, places)
        for sign, written in ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r")):
            if sign in cut:
                cut = cut.replace(sign, written)
        if bytes((_NO_VALUE,)) in cut:
            cut = cut.replace(bytes((_NO_VALUE,)), b"\t\\N")
        if bytes((_ROW_NO_VALUE,)) in cut:
            cut = cut.replace(bytes((_ROW_NO_VALUE,)), b"\n\\N")
        return cut.translate(_SEPARATED)[1:] + b"\n"

    def columns(self, which: Numbers, places: Sequence[int]) -> list[list[Value]]:
        """Return rows column by column; the places go up.

        Raises:
            OneByOne: The texts are not UTF-8.
        """
        if not len(which):
            return [[] for _place in places]
        cut, none = self._cut(which, places).translate(_ALIKE), bytes((_NO_VALUE,))
        if none not in cut:
            flat: list[Value] = list(cut.split(bytes((_NEXT,))))
        else:
            marked = cut.replace(none, bytes((_NEXT, _NO_VALUE)))
            flat = [None if value == none else value for value in marked.split(bytes((_NEXT,)))]
        return [flat[number :: len(places)] for number in range(1, len(places) + 1)]

    def _cut(self, which: Numbers, places: Sequence[int]) -> bytes:
        """Return the values, each behind its mark, and nothing else of the buffer."""
        marked = self._buffer.copy()
        edges = np.zeros(len(marked) + 1, np.int8)
        for number, place in enumerate(places):
            starts, ends = self._rows.starts[place][which], self._rows.ends[place][which]
            text = self._rows.kinds[place][which] == _TEXT
            marked[starts[text] - 1] = _NEXT if number else _ROW
            marked[starts[~text] - 1] = _NO_VALUE if number else _ROW_NO_VALUE
            edges[starts - 1] += 1
            edges[ends] -= 1
        kept = marked[np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)]
        if np.count_nonzero(kept >= _NEVER_IN_TEXT) != len(which) * len(places):
            raise OneByOne
        return kept.tobytes()


_ALIKE = bytes.maketrans(bytes((_ROW, _ROW_NO_VALUE)), bytes((_NEXT, _NO_VALUE)))
_SEPARATED = bytes.maketrans(bytes((_ROW, _NEXT)), b"\n\t")


def net(messages: Sequence[bytes], relation: Relation, key: Sequence[int], wanted: Sequence[int]) -> Net:
    """Return what became of each key.

    Args:
        messages: Of rows of this one table that came, changed and went, in the source's order.
        relation: What they look like.
        key: Places of the columns that name a row.
        wanted: Places of the columns whose values matter, the key's among them.

    Raises:
        Garbled: Bytes that are no such messages.
        OneByOne: The keys are too long to be compared together, or cannot be compared.
    """
    lengths = np.fromiter(map(len, messages), np.int64, len(messages))
    ends = np.cumsum(lengths)
    begins = ends - lengths
    buffer = np.frombuffer(b"".join(messages) + _MARGIN, np.uint8)
    if lengths.min() < _FIRST + 2:
        raise Garbled("a message of a row is cut off")
    kinds = buffer[begins]
    first = begins + _FIRST
    width = len(relation.columns)
    told = buffer[begins + _FIRST - 1]  # whether the new row or the one before comes first
    both = (kinds == _UPDATE) & (told != ord("N"))
    rows = _walk(buffer, first, ends, width, {*wanted})
    known = (kinds == _INSERT) | (kinds == _UPDATE) | (kinds == _DELETE)
    if not known.all():
        raise Garbled("a message that tells of no row")
    changed = np.zeros(len(messages), np.bool_)
    before: Numbers = np.flatnonzero(both)
    old_keys = np.zeros((0, 0), np.uint8)
    if len(before):
        old = _Rows({p: v[before] for p, v in rows.starts.items()}, {p: v[before] for p, v in rows.ends.items()},
                    {p: v[before] for p, v in rows.kinds.items()})  # fmt: skip
        if (rows.after[before] >= ends[before]).any() or (buffer[rows.after[before]] != ord("N")).any():
            raise Garbled("the new row is missing")
        new = _walk(buffer, rows.after[before] + 1, ends[before], width, {*wanted})
        for place in wanted:
            rows.starts[place][before], rows.ends[place][before] = new.starts[place], new.ends[place]
            rows.kinds[place][before] = new.kinds[place]
        rows.after[before] = new.after
    if (rows.after != ends).any():
        raise Garbled("a row does not end where its message ends")
    size = [int((rows.ends[place] - rows.starts[place]).max()) for place in key]
    if len(before):
        size = [max(a, int((old.ends[place] - old.starts[place]).max())) for a, place in zip(size, key, strict=True)]
    if sum(size) > _LONGEST_KEY:
        raise OneByOne
    keys = _words(buffer, rows, key, size)
    if len(before):
        old_keys = _words(buffer, old, key, size)
        changed[before] = (old_keys != keys[before]).any(axis=1)
        old_keys = old_keys[changed[before]]
    count = len(messages)
    ids = _numbered(np.concatenate((keys, old_keys.reshape(-1, keys.shape[1]))))
    mine, others = ids[:count], ids[count:]

    left_out = np.zeros(count, np.bool_)
    for place in wanted:
        left_out |= rows.kinds[place] == _SAME
    numbers = int(ids.max()) + 1
    is_odd = np.zeros(numbers, np.bool_)
    is_odd[others] = True
    is_odd[mine[changed]] = True
    # What a later message says in full needs no message before it.
    last = np.zeros(numbers, np.int64)
    last[mine] = np.arange(count)  # of an index that comes twice, the last stands
    came = np.zeros(numbers, np.int64)
    came[mine[::-1]] = np.arange(count)[::-1]
    touched = np.zeros(numbers, np.bool_)
    touched[mine] = True
    is_odd |= touched & left_out[last]

    plain = np.sort(last[touched & ~is_odd])
    stands = kinds[plain] != _DELETE
    is_new = kinds[came[mine[plain]]] == _INSERT
    return Net(
        buffer,
        rows,
        kept=plain[stands & ~is_new],
        new=plain[stands & is_new],
        gone=plain[~stands],
        odd=np.flatnonzero(is_odd[mine]),
    )


def _walk(buffer: _Bytes, at: Numbers, limits: Numbers, width: int, wanted: set[int]) -> _Rows:
    """Go through one row of each message, column by column.

    Raises:
        Garbled: A row is cut off, or has other columns than its table.
    """
    words = np.ndarray((len(buffer) - 3,), ">u4", buffer, strides=(1,))
    counts = np.ndarray((len(buffer) - 1,), ">u2", buffer, strides=(1,))
    if (at + 2 > limits).any() or (counts[at] != width).any():
        raise Garbled("a row has other columns than its table")
    rows, at = _Rows(), at + 2
    for place in range(width):
        if (at >= limits).any():
            raise Garbled("a row is cut off")
        kinds = buffer[at]
        text = kinds == _TEXT
        if not (text | (kinds == _NULL) | (kinds == _SAME)).all():
            raise Garbled("an unknown kind of value")
        starts = at + np.where(text, _HEAD, 1)
        ends = starts + np.where(text, words[at + 1], 0)
        if (ends > limits).any():
            raise Garbled("a value is cut off")
        if place in wanted:
            rows.starts[place], rows.ends[place], rows.kinds[place] = starts, ends, kinds
        at = ends
    rows.after = at
    return rows


def _words(buffer: _Bytes, rows: _Rows, key: Sequence[int], size: Sequence[int]) -> _Bytes:
    """Return each row's key as one word, its values filled up with a sign that no text has.

    Raises:
        OneByOne: A value of a key is not told.
    """
    words = np.zeros((len(rows.starts[key[0]]), max(sum(size), 1)), np.uint8)
    at = 0
    for place, most in zip(key, size, strict=True):
        if (rows.kinds[place] != _TEXT).any():
            raise OneByOne
        reach = rows.starts[place][:, None] + np.arange(most)
        part = buffer[np.minimum(reach, len(buffer) - 1)]
        part[reach >= rows.ends[place][:, None]] = 0
        words[:, at : at + most] = part
        at += most
    return words


def _numbered(words: _Bytes) -> Numbers:
    """Return a number for each word, the same for the same word."""
    count, size = words.shape
    data = pa.py_buffer(words.tobytes())
    held = pa.FixedSizeBinaryArray.from_buffers(pa.binary(size), count, [None, data])
    return np.asarray(held.dictionary_encode().indices.to_numpy(), np.int64)
