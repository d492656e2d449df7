"""The queries that every lane reads a chunk with, and the count of what they give."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from hefu.dataplane.connectors.postgres.source import ROW, Chunk, not_among
from hefu.dataplane.connectors.staging import FAILING, PLACE
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.digest import KeyTally, hash_columns, tally_hashes, tally_sql
from hefu.dataplane.lanes.examine import Examined
from hefu.dataplane.lanes.view import Stream
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.plan_sql import SourceSql, as_text
from hefu.dataplane.types import Kind, SqlType

#: Name of the column that carries the bits of failed checks inside a query.
_FLAGS = "hefu flags"

Rows = list[tuple[Any, ...]]


def chunk_query(sql: SourceSql, chunk: Chunk, found: Examined | None) -> str:
    """Return the query that gives a chunk's delivered rows, rejected ones left out."""
    if chunk.staged:
        return f"select {sql.outputs} from {_staged(sql, chunk)}"
    if chunk.whole and sql.plan.checks:
        names, flags = names_of(sql.plan.outputs, sql.dialect.name_of), sql.dialect.name_of(_FLAGS)
        inner = f"select {sql.outputs}, {sql.all_flags} as {flags} from {sql.relation} where {sql.granted}"
        return f"select {names} from ({inner}) as granted where {flags} = 0"
    kept = not_among(found.rejected) if found else "true"
    return f"select {sql.outputs} from {sql.relation} where {sql.granted} and {chunk.condition} and {kept}"


def key_query(sql: SourceSql, chunk: Chunk, select: Callable[[list[str]], str]) -> str:
    """Return a query over the key texts of a chunk's delivered rows where nothing was examined before."""
    if chunk.staged:
        return f"select {select(sql.key_texts)} from {_staged(sql, chunk)}"
    if chunk.whole and sql.plan.checks:
        keys = [as_text(sql.dialect.name_of(output.name), output, sql.dialect) for output in sql.plan.key_outputs]
        return f"select {select(keys)} from ({chunk_query(sql, chunk, None)}) as kept"
    return f"select {select(sql.key_texts)} from {sql.relation} where {sql.granted} and {chunk.condition}"


def _staged(sql: SourceSql, chunk: Chunk) -> str:
    """Return the rows of a part of a staging file, those that were found to fail left out."""
    kept = f' and "{ROW}" not in (select {PLACE} from {FAILING})' if sql.plan.checks else ""
    return f"{sql.relation} where {sql.granted} and {chunk.condition}{kept}"


def tally_in_postgres(sql: SourceSql, chunk: Chunk, found: Examined | None, ask: Callable[[str], Rows]) -> KeyTally:
    """Return the tally of a chunk's delivered rows as PostgreSQL counts it."""
    if found is not None:
        return found.tally
    return KeyTally.of(*ask(key_query(sql, chunk, tally_sql))[0])


def tally_of_stream(sql: SourceSql, chunk: Chunk, stream: Stream) -> KeyTally:
    """Return the same, counted here, for a source that has no such hash."""
    tally = KeyTally()
    for batch in stream.batches(key_query(sql, chunk, ", ".join)):
        tally += tally_hashes(hash_columns(batch.columns))
    return tally


def sum_of(tallies: Mapping[int, KeyTally]) -> KeyTally:
    """Return the tally of all chunks together."""
    return sum(tallies.values(), KeyTally())


def names_of(outputs: tuple[Output, ...], quote: Callable[[str], str]) -> str:
    """Return the delivered columns as a list of quoted names."""
    return ", ".join(quote(output.name) for output in outputs)


def as_carried(plan: Plan) -> Plan:
    """Return the plan with the types that Arrow batches carry: what has no place in Arrow travels as text."""
    outputs = tuple(
        replace(output, type=SqlType("text")) if output.type.kind is Kind.OTHER else output for output in plan.outputs
    )
    return replace(plan, outputs=outputs)


def arrow_query(sql: SourceSql, chunk: Chunk, found: Examined | None) -> str:
    """Return a chunk's rows; decimals as text from PostgreSQL, whose driver has no Arrow type for them."""
    query = chunk_query(sql, chunk, found)
    if sql.dialect is not Dialect.POSTGRES:
        return query
    columns = []
    for output in sql.plan.outputs:
        name = sql.dialect.name_of(output.name)
        plain = output.type.kind not in (Kind.DECIMAL, Kind.TEXT)
        columns.append(name if plain else f"cast({name} as text) as {name}")
    return f"select {', '.join(columns)} from ({query}) as delivered"
