"""The changes of rows in an event of a log."""

from collections.abc import Iterator

from hefu.dataplane.capture.binlog.events import DELETED, INSERTED, PARTIAL, rows
from hefu.dataplane.capture.binlog.values import Shape
from hefu.dataplane.capture.pgoutput import UNCHANGED, Delete, Insert, Update
from hefu.dataplane.errors import SideRefused
from hefu.kernel.words import Sentence, _


def changes(event: bytes, kind: int, shape: Shape) -> Iterator[Insert | Update | Delete]:
    """Yield what became of rows, in the order in which the source made it.

    Args:
        event: With rows of the table.
        kind: Of the event.
        shape: How its rows are read.

    Raises:
        Garbled: A row is cut off.
        SideRefused: The server does not tell rows in full.
    """
    if kind == PARTIAL:
        raise not_logged("binlog_row_value_options = ''")
    told = rows(event, kind)
    whole = told.after == (1 << told.width) - 1
    key = [shape.wanted.index(name) for name in shape.key]
    # Of the row before only the key matters, unless what did not change is told there alone.
    before = shape.rows(told.body, told.before, key_only=told.became != INSERTED and whole)
    after = shape.rows(told.body, told.after)
    at, end = 0, len(told.body)
    while at < end:
        row, at = before.row(at)
        if told.became == INSERTED:
            if UNCHANGED in row:
                raise not_logged("binlog_row_image = FULL")
            yield Insert(0, row)
            continue
        if any(row[place] is UNCHANGED for place in key):
            raise not_logged("binlog_row_image = FULL")
        if told.became == DELETED:
            yield Delete(0, row)
            continue
        new, at = after.row(at)
        if UNCHANGED in new:
            new = tuple(b if a is UNCHANGED else a for a, b in zip(new, row, strict=True))
            if UNCHANGED in new:
                raise not_logged("binlog_row_image = FULL")
        yield Update(0, None if all(row[place] == new[place] for place in key) else row, new)


def not_logged(settings: str) -> SideRefused:
    """Return that the server does not log rows in full, and what its administrator has to set."""
    words = _("the server does not log every change of a row in full; have its administrator set: {settings}")
    return SideRefused("source", Sentence(words, code="side.binlog_settings", settings=settings))
