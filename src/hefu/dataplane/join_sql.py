"""A join written out in each dialect, and the count that it must give, reckoned another way.

Both take the rows of the two sides as queries: what each grant delivers, under the delivered names.
"""

from hefu.dataplane.dialect import Dialect
from hefu.dataplane.join import Join, JoinKind, Side
from hefu.dataplane.masks import FormatPreserving
from hefu.dataplane.types import Kind

_LETTER: dict[Side, str] = {"left": "l", "right": "r"}


def join_sql(join: Join, left: str, right: str, dialect: Dialect, *, ordered: bool = False) -> str:
    """Return the joined rows.

    Args:
        join: The node.
        left: Query of the left side's delivered rows.
        right: Of the right side's.
        dialect: Which database reads it.
        ordered: Whether equal rows are to come in the same order each time.
    """
    quote = dialect.name_of
    columns = ", ".join(f"{_LETTER[one.side]}.{quote(one.column)} as {quote(one.name)}" for one in join.outputs)
    pairs = zip(_compared(join, "left", dialect), _compared(join, "right", dialect), strict=True)
    equal = " and ".join(f"{ours} = {theirs}" for ours, theirs in pairs)
    how = "left join" if join.kind is JoinKind.LEFT else "join"
    query = f"select {columns} from ({left}) as l {how} ({right}) as r on {equal}"
    return f"{query} order by {', '.join(quote(name) for name in join.key)}" if ordered else query


def count_sql(join: Join, left: str, right: str, dialect: Dialect) -> str:
    """Return a query of three counts: rows of the left side, of the right, and of the join, without joining them.

    Rows are counted by their compared values first; the product of two counts is what the join gives of one value.
    """
    ours, theirs = _groups(join, "left", left, dialect), _groups(join, "right", right, dialect)
    width = len(join.on)
    equal = " and ".join(f"l.v{place} = r.v{place}" for place in range(width))
    alone = "l.n" if join.kind is JoinKind.LEFT else "0"
    met = f"select l.n as n, case when r.n is null then {alone} else l.n * r.n end as met from l left join r on {equal}"
    return (
        f"with l as ({ours}), r as ({theirs}), j as ({met}) "
        "select (select coalesce(sum(n), 0) from l), (select coalesce(sum(n), 0) from r), "
        "(select coalesce(sum(met), 0) from j)"
    )


def share_sql(join: Join, side: Side, dialect: Dialect) -> str:
    """Return a number of a row of one side that is the same for all values that a join holds to be equal."""
    plan = join.left if side == "left" else join.right
    kinds = {output.name: output.type.kind for output in plan.outputs}
    values = []
    for pair in join.on:
        name = pair[0] if side == "left" else pair[1]
        value = f"{_LETTER[side]}.{dialect.name_of(name)}"
        # Equal numbers of different widths have one double, and not always one hash of their own.
        values.append(dialect.cast(value, "double") if kinds[name] in (Kind.INTEGER, Kind.DECIMAL) else value)
    return f"hash({', '.join(values)})"


def _groups(join: Join, side: Side, query: str, dialect: Dialect) -> str:
    letter = _LETTER[side]
    values = _compared(join, side, dialect)
    named = ", ".join(f"{value} as v{place}" for place, value in enumerate(values))
    return f"select {named}, count(*) as n from ({query}) as {letter} group by {', '.join(values)}"


def _compared(join: Join, side: Side, dialect: Dialect) -> list[str]:
    """Return the compared values of one side. Texts are compared by their bytes, whatever order a database sorts in."""
    plan = join.left if side == "left" else join.right
    outputs = {output.name: output for output in plan.outputs}
    found = []
    for pair in join.on:
        name = pair[0] if side == "left" else pair[1]
        value = f"{_LETTER[side]}.{dialect.name_of(name)}"
        if isinstance(outputs[name].mask, FormatPreserving):
            # What is not of the form was covered: such values are not one because they look alike.
            value = f"case when {value} = '' or {dialect.starts(value, dialect.text('*'))} then null else {value} end"
        if outputs[name].type.kind is Kind.TEXT and dialect is Dialect.POSTGRES:
            value = f'cast({value} as text) collate "C"'
        found.append(value)
    return found
