"""A plan written out in the source's dialect."""

from collections.abc import Mapping
from dataclasses import dataclass

from hefu.dataplane.checks import as_written, columns_of
from hefu.dataplane.checks.sql import flags_sql
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.filters_sql import filter_sql
from hefu.dataplane.masks.sql import mask_sql
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.types import duckdb_type


@dataclass(frozen=True)
class SourceSql:
    """The texts of one plan for one source. They may hold salts: never show them."""

    plan: Plan
    dialect: Dialect
    salts: Mapping[str, str]
    #: What is read, quoted.
    relation: str
    #: Columns whose text as it stands in a file has a name of its own.
    written: frozenset[str] = frozenset()
    #: Condition of the rows that are new, where only those are read.
    since: str = ""

    def value(self, output: Output) -> str:
        """Return the delivered value: masked, then cast to its type there."""
        column, types = self.dialect.name_of(output.column), self.plan.read.types
        masked = mask_sql(output.mask, column, output.source_type, self.dialect, self.salts, types)
        if output.mask is None and output.type == output.source_type:
            return masked
        wanted = str(output.type) if self.dialect is Dialect.POSTGRES else duckdb_type(output.type)
        return self.dialect.cast(masked, wanted or "text")

    @property
    def outputs(self) -> str:
        """Return the select list of the delivered columns."""
        return ", ".join(f"{self.value(output)} as {self.dialect.name_of(output.name)}" for output in self.plan.outputs)

    @property
    def granted(self) -> str:
        """Return the condition that opens a row."""
        opened = filter_sql(self.plan.filter, self.plan.read.types, self.dialect)
        return f"({opened}) and {self.since}" if self.since else opened

    @property
    def key_texts(self) -> list[str]:
        """Return the text expressions of the delivered key."""
        return [as_text(self.value(output), output, self.dialect) for output in self.plan.key_outputs]

    @property
    def all_flags(self) -> str:
        """Return the bits of all checks, to be asked over all granted rows at once."""
        return flags_sql(tuple(enumerate(self.plan.checks)), self.plan.read.types, self.dialect)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Return the source columns whose values a reject shows: the granted and the checked ones."""
        columns = [output.column for output in self.plan.outputs]
        columns += [column for check in self.plan.checks for column in columns_of(check)]
        return tuple(dict.fromkeys(columns))

    @property
    def own_texts(self) -> str:
        """Return the select list of the source's own values of `looked_at`, as text."""
        names = (as_written(column) if column in self.written else column for column in self.looked_at)
        return ", ".join(self.dialect.cast(self.dialect.name_of(name), "text") for name in names)

    @property
    def own_columns(self) -> str:
        """Return the select list of the columns behind `own_texts`."""
        names = (as_written(column) if column in self.written else column for column in self.looked_at)
        return ", ".join(self.dialect.name_of(name) for name in names)


def as_text(sql: str, output: Output, dialect: Dialect) -> str:
    """Return the text of a value of the output's type; nothing to do where it is text already."""
    return sql if output.type.name in ("text", "character varying") else dialect.cast(sql, "text")
