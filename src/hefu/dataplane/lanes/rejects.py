"""Fetches rejected rows with their own values, by address where there is one."""

import contextlib
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

import pyarrow as pa

from hefu.dataplane.addresses import tid_array
from hefu.dataplane.checks import reason_of
from hefu.dataplane.checks.sql import reasons
from hefu.dataplane.connectors.postgres.source import ROW, Chunk
from hefu.dataplane.connectors.staging import FAILED, FAILING, PLACE
from hefu.dataplane.control import Control
from hefu.dataplane.lanes.examine import BY_ADDRESS, Examined
from hefu.dataplane.lanes.view import Stream, View
from hefu.dataplane.outcome import Rejected, RejectSink
from hefu.dataplane.plan_sql import SourceSql


def hand_over(
    view: View,
    sql: SourceSql,
    chunks: Sequence[Chunk],
    examined: Mapping[int, Examined],
    sink: RejectSink,
    control: Control,
) -> tuple[int, dict[str, int]]:
    """Give all rejected rows to the sink; return how many rows there are, and how many by reason.

    Raises:
        SideLost: The source is gone.
        SideRefused: The source refused.
    """
    sink.begin()
    if sql.plan.checks and chunks[0].staged:
        control.call(lambda: view.judge(sql.granted, sql.all_flags))
    counted: Counter[str] = Counter()
    rows = 0
    if sql.plan.checks:
        with control.timed("rejects"), contextlib.closing(_rejected(view, sql, chunks, examined, control)) as batches:
            # Each batch is fetched in a thread and put in the caller's, whose database it may go to.
            while batch := control.call(partial(next, batches, None)):
                found = [Rejected(reasons(bits, sql.plan.checks), values) for bits, values in batch]
                counted.update(reason for row in found for reason in row.reasons)
                rows += len(found)
                sink.put(found)
                control.add(rows=len(found))
    by_reason = {reason_of(check): 0 for check in sql.plan.checks}
    return rows, by_reason | dict(counted)


#: Bits of failed checks, and column → value as text.
_Row = tuple[int, dict[str, str | None]]


def _rejected(
    view: View, sql: SourceSql, chunks: Sequence[Chunk], examined: Mapping[int, Examined], control: Control
) -> Generator[list[_Row]]:
    """Yield the rejected rows in batches, in the order of the source."""
    if not examined:
        yield from found_by_source(view, sql, staged=chunks[0].staged, control=control)
        return
    for chunk in chunks:
        found = examined[chunk.number]
        order = found.rejected.argsort()
        for start in range(0, len(order), BY_ADDRESS):
            some = order[start : start + BY_ADDRESS]
            these = tid_array(found.rejected[some])
            rows = view.ask(f"select ctid::text, {sql.own_texts} from {sql.relation} where ctid = any({these})")
            by_tid = {row[0]: row[1:] for row in rows}
            yield [
                (bits, dict(zip(sql.looked_at, by_tid[f"({address >> 16},{address & 0xFFFF})"], strict=True)))
                for address, bits in zip(found.rejected[some].tolist(), found.bits[some].tolist(), strict=True)
            ]


class Streams(Protocol):
    """Whatever has rows to ask for."""

    def stream(self) -> Stream:
        """Return a reader."""
        ...


def found_by_source(
    view: Streams, sql: SourceSql, *, staged: bool, control: Control | None = None
) -> Generator[list[_Row]]:
    """Yield what the source itself finds; for views, files and others whose rows have no address.

    Args:
        view: Where it finds them.
        sql: What it is asked.
        staged: Whether its rows were judged before.
        control: Of the run, when it is to end a statement that is under way.

    Raises:
        SideLost: The source is gone.
        SideRefused: The source refused.
    """
    failed = sql.dialect.name_of(FAILED.strip('"'))
    inner = f"select {sql.own_columns}, {sql.all_flags} as {failed} from {sql.relation} where {sql.granted}"
    query = f"select {failed}, {sql.own_texts} from ({inner}) as granted where {failed} <> 0"
    if staged:
        joined = f'{sql.relation} join {FAILING} on {PLACE} = "{ROW}"'
        query = f"select {FAILED}, {sql.own_texts} from {joined} order by {PLACE}"
    with contextlib.closing(view.stream()) as stream, contextlib.ExitStack() as stack:
        if control is not None:
            stack.enter_context(control.watched(stream))
        for batch in stack.enter_context(contextlib.closing(stream.batches(query))):
            yield from _as_rows(batch, sql)


def _as_rows(batch: pa.RecordBatch, sql: SourceSql) -> Iterator[list[_Row]]:
    for start in range(0, batch.num_rows, BY_ADDRESS):
        columns = [column.slice(start, BY_ADDRESS).to_pylist() for column in batch.columns]
        yield [(row[0], dict(zip(sql.looked_at, row[1:], strict=True))) for row in zip(*columns, strict=True)]
