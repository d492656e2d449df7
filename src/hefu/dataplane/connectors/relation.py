"""What a connector finds out about a table, whatever it lives in."""

from dataclasses import dataclass

from hefu.dataplane.types import SqlType
from hefu.kernel.words import Sentence


@dataclass(frozen=True)
class ColumnFacts:
    """One column as it is now."""

    name: str
    type: SqlType
    nullable: bool = True
    comment: str = ""
    #: Filled by the database itself when left out: default, identity or generated.
    has_default: bool = False
    #: Never written: GENERATED ALWAYS AS (…).
    generated: bool = False
    #: Why its values cannot be read, for types that are not in the connector's table; None where they can.
    not_carried: Sentence | None = None


@dataclass(frozen=True)
class TableSummary:
    """One table in a list."""

    schema: str
    table: str
    #: table, partitioned table, view, materialized view, foreign table or file.
    kind: str
    comment: str = ""
    #: What the database believes, or None when it has not looked yet.
    rows_estimate: int | None = None


@dataclass(frozen=True)
class TableFacts(TableSummary):
    """A table with its columns and keys."""

    columns: tuple[ColumnFacts, ...] = ()
    primary_key: tuple[str, ...] = ()
    #: Columns of each unique index without expressions or conditions, the primary key not among them.
    unique_keys: tuple[tuple[str, ...], ...] = ()
