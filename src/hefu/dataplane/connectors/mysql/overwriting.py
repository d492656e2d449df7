"""Rows of a consumer's table that are written over by newer ones, whatever unique keys the table has of its own.

Of a unique key the server looks at one row after the other, also inside one statement. Where rows exchange the values
of a second such key, or hand one on, the first of them meets the other's. What they held is then taken away before,
as far as the column may be empty, and the rows are written over once more.
"""

from collections.abc import Sequence

from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.errors import SideRefused
from hefu.dataplane.plan import Plan

#: The server's number for a row that repeats a unique key.
_REPEATS = "1062"


def write_over(
    session: MysqlSession,
    target: MysqlTarget,
    plan: Plan,
    joined: str,
    names: Sequence[str],
    *,
    held: str = "held",
    fresh: str = "fresh",
) -> int:
    """Write rows over that are there; return how many were found.

    Args:
        session: Of the target, in an open transaction.
        target: The table.
        plan: What is delivered.
        joined: The rows as they became, joined with those that are there.
        names: Quoted columns that are written.
        held: What `joined` calls the table.
        fresh: What it calls the rows as they became.

    Raises:
        SideLost, SideRefused: The target is gone, or it refused.
    """
    statement = f"update {joined} set {', '.join(f'{held}.{name} = {fresh}.{name}' for name in names)}"
    try:
        return _do(session, statement)
    except SideRefused as refusal:  # the statement is undone, and no other
        if refusal.sqlstate != _REPEATS:
            raise
        emptied = _second_keys(session, target, plan)
        if not emptied:
            raise
        _do(session, f"update {joined} set {', '.join(f'{held}.{quoted(name)} = null' for name in emptied)}")
    return _do(session, statement)


def _second_keys(session: MysqlSession, target: MysqlTarget, plan: Plan) -> set[str]:
    """Return a delivered column of each unique key beside the delivered one, where each has one that may be empty."""
    rows = session.run(
        "select index_name, column_name, nullable from information_schema.statistics where non_unique = 0 and "
        f"table_schema = {text(target.connection.dbname)} and table_name = {text(target.table)}"
    )
    indexes: dict[str, set[str]] = {}
    empties: dict[str, set[str]] = {}
    delivered = {output.name for output in plan.outputs} - {*plan.key}
    for index, column, nullable in rows:
        indexes.setdefault(index, set()).add(column)
        if nullable == "YES" and column in delivered:
            empties.setdefault(index, set()).add(column)
    others = [index for index, columns in indexes.items() if columns & delivered]
    return {min(empties[index]) for index in others} if all(index in empties for index in others) else set()


def _do(session: MysqlSession, statement: str) -> int:
    with session.plainly(), session.raw.cursor() as cursor:
        return int(cursor.execute(statement))
