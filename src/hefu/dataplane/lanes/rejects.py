"""Fetches rejected rows with their own values, by address where there is one."""

from collections.abc import Iterator, Mapping, Sequence

from hefu.dataplane.addresses import tid_array
from hefu.dataplane.connectors.postgres.source import Chunk, Snapshot
from hefu.dataplane.control import Control
from hefu.dataplane.lanes.examine import BY_ADDRESS, Examined
from hefu.dataplane.plan_sql import SourceSql

#: Bits of failed checks, and column → value as text.
Row = tuple[int, dict[str, str | None]]


def rejected_rows(
    snapshot: Snapshot, sql: SourceSql, chunks: Sequence[Chunk], examined: Mapping[int, Examined], control: Control
) -> Iterator[list[Row]]:
    """Yield the rejected rows in batches, in the order of the source.

    Raises:
        SideLost: The source is gone.
        SideRefused: The source refused.
    """
    names = sql.looked_at
    values = ", ".join(f"cast({sql.dialect.name_of(name)} as text)" for name in names)
    if chunks[0].whole:
        yield from _in_source(snapshot, sql, names, values, control)
        return
    for chunk in chunks:
        found = examined[chunk.number]
        order = found.rejected.argsort()
        for start in range(0, len(order), BY_ADDRESS):
            some = order[start : start + BY_ADDRESS]
            query = (
                f"select ctid::text, {values} from {sql.relation} where ctid = any({tid_array(found.rejected[some])})"
            )
            by_tid = {row[0]: row[1:] for row in control.call(lambda query=query: snapshot.holder.run(query))}
            rows: list[Row] = []
            for address, bits in zip(found.rejected[some].tolist(), found.bits[some].tolist(), strict=True):
                row = by_tid[f"({address >> 16},{address & 0xFFFF})"]
                rows.append((bits, dict(zip(names, row, strict=True))))
            yield rows


def _in_source(
    snapshot: Snapshot, sql: SourceSql, names: Sequence[str], values: str, control: Control
) -> Iterator[list[Row]]:
    """Yield what the source itself finds; for views and other relations whose rows have no address."""
    quoted = ", ".join(sql.dialect.name_of(name) for name in names)
    snapshot.holder.run(
        f"declare hefu_rejects no scroll cursor for select failed, {values} from "
        f"(select {quoted}, {sql.all_flags} as failed from {sql.relation} where {sql.granted}) as granted "
        "where failed <> 0"
    )
    while True:
        rows = control.call(lambda: snapshot.holder.run(f"fetch {BY_ADDRESS} from hefu_rejects"))
        if not rows:
            return
        yield [(row[0], dict(zip(names, row[1:], strict=True))) for row in rows]
