"""New rows alone into MySQL: merged from a staging table in one transaction of InnoDB together with the watermark.

Defining a table or a key commits by itself in MySQL, so all of that stands before the first row is merged.
"""

from decimal import Decimal

from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table
from hefu.dataplane.connectors.mysql.overwriting import write_over
from hefu.dataplane.connectors.mysql.target import KEY, MysqlTarget
from hefu.dataplane.connectors.mysql.types import KEY_BYTES, KEY_COLUMNS, LONGEST_KEY, key_bytes, made_key_bytes
from hefu.dataplane.connectors.postgres.followed import Counts
from hefu.dataplane.connectors.postgres.increments import Line
from hefu.dataplane.errors import NotReconciled, PlanRefused, SideRefused
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _


def load_line(session: MysqlSession, target: MysqlTarget) -> Line | None:
    """Return how far the table is, or None when no increment was brought yet; commits."""
    found = session.run(f"select plan, watermark from hefu_increment where target = {text(target.name)}")
    session.commit()
    return Line(found[0][0], None if found[0][1] is None else Decimal(found[0][1])) if found else None


def move_line(session: MysqlSession, target: MysqlTarget, line: Line, delivery: str) -> None:
    """Note how far the table is now; the caller commits it with the rows."""
    mark = None if line.watermark is None else f"{line.watermark:f}"
    session.run(
        "insert into hefu_increment (target, plan, watermark, delivery) values (%s, %s, %s, %s) "
        "on duplicate key update runs = if(plan = values(plan), runs + 1, 1), plan = values(plan), "
        "watermark = values(watermark), delivery = values(delivery), moved_at = current_timestamp(6)",
        (target.name, line.plan, mark, delivery),
    )


def is_empty(session: MysqlSession, target: MysqlTarget) -> bool:
    """Return whether the table holds no row any more; commits."""
    found = session.run(f"select 1 from {_table(target)} limit 1")
    session.commit()
    return not found


def require_keyable(session: MysqlSession, target: MysqlTarget, plan: Plan) -> None:
    """See that the table finds a row by its delivered key: it has such a key, or can be given one; commits.

    Raises:
        PlanRefused: A column of the key is too long for one, or not of a length at all, which are all named; or all
            of them together are.
    """
    found = native_table(session, target.connection.dbname, target.table, exact=True)
    session.commit()
    if found is not None and _has_key(found, plan):
        return
    sizes = _sizes(session, target, found, plan)
    problems = []
    for output in plan.key_outputs:
        if sizes[output.name] > KEY_BYTES:
            text_ = _(
                "key item {name!r} has no length of at most {longest} signs at the source or in the table, so MySQL "
                "cannot keep it unique; give it one there (varchar), or hash it in full into a new table"
            )
            problems.append(Sentence(text_, code="plan.increment_length", name=output.name, longest=LONGEST_KEY))
    if not problems and (sum(sizes.values()) > KEY_BYTES or len(sizes) > KEY_COLUMNS):
        text_ = _(
            "the {columns} key items take {bytes} bytes together; a key of MySQL has at most {most_columns} columns "
            "and {most} bytes; give texts shorter lengths at the source or in the table (varchar), or deliver by a "
            "shorter key"
        )
        facts = {"columns": len(sizes), "bytes": sum(sizes.values()), "most_columns": KEY_COLUMNS, "most": KEY_BYTES}
        problems.append(Sentence(text_, code="plan.increment_key", **facts))
    if problems:
        raise PlanRefused(tuple(problems))


def _sizes(session: MysqlSession, target: MysqlTarget, found: NativeTable | None, plan: Plan) -> dict[str, int]:
    """Return the bytes that each column of the delivered key takes in a key of the table; commits."""
    if found is None:
        return {output.name: made_key_bytes(output.type, output.mask) for output in plan.key_outputs}
    octets = dict(
        session.run(
            "select column_name, character_octet_length from information_schema.columns where table_schema = "
            f"{text(target.connection.dbname)} and table_name = {text(target.table)}"
        )
    )
    session.commit()
    kinds = {output.name: found.columns[output.name].column_type for output in plan.key_outputs}
    return {name: key_bytes(kind, octets.get(name)) for name, kind in kinds.items()}


def make_key(session: MysqlSession, target: MysqlTarget, plan: Plan) -> None:
    """See that the table has each delivered key only once; commits by itself.

    Raises:
        SideRefused: Two rows bear the same key, or the server takes no such key.
    """
    drop_old_key(session, target, plan)
    found = native_table(session, target.connection.dbname, target.table, exact=True)
    if found is None:
        raise SideRefused("target", Sentence(_("{table} is gone"), code="side.table_gone", table=target.name))
    if not _has_key(found, plan):
        columns = ", ".join(map(quoted, plan.key))
        session.run(f"alter table {_table(target)} add unique key {quoted(KEY)} ({columns})")
    session.commit()


def drop_old_key(session: MysqlSession, target: MysqlTarget, plan: Plan) -> None:
    """Take away a key of ours over other columns: it would refuse rows that the key of now allows; commits."""
    ours = session.run(
        "select column_name from information_schema.statistics where table_schema = "
        f"{text(target.connection.dbname)} and table_name = {text(target.table)} and index_name = {text(KEY)}"
    )
    if ours and {row[0] for row in ours} != {*plan.key}:
        session.run(f"alter table {_table(target)} drop index {quoted(KEY)}")
    session.commit()


def require_keyed(session: MysqlSession, table: str, plan: Plan) -> None:
    """See that every row of the quoted `table` can be found again by the delivered key.

    Raises:
        SideRefused: A row has no whole key, or two bear the same.
    """
    key = [quoted(name) for name in plan.key]
    if session.run(f"select 1 from {table} where {' or '.join(f'{name} is null' for name in key)} limit 1"):
        raise SideRefused(
            "source", Sentence(_("a row has no whole key, so it cannot be found again"), code="side.key_empty")
        )
    if session.run(f"select 1 from {table} group by {', '.join(key)} having count(*) > 1 limit 1"):
        raise SideRefused(
            "source",
            Sentence(
                _("two rows bear the same key; rows that come again are told by it, so it has to be unique"),
                code="side.key_double",
            ),
        )


def merge(session: MysqlSession, target: MysqlTarget, staging: str, plan: Plan, rows: int) -> tuple[Counts, int]:
    """Bring the staged rows into the table; the caller commits.

    Args:
        session: Of the target, in a transaction of its own.
        target: Where they go.
        staging: Name of the table that holds them.
        plan: What is delivered.
        rows: How many were sent.

    Returns:
        Rows that came and were written over, and how many the table held already as they are.

    Raises:
        SideRefused: A row cannot be found by its key.
        NotReconciled: Not every row that was sent is in; nothing may be committed then.
    """
    table, stage = _table(target), quoted(staging)
    stored = session.run(f"select count(*) from {stage}")[0][0]
    if stored != rows:
        raise NotReconciled(what="rows in the staging table", source=rows, target=stored)
    require_keyed(session, stage, plan)
    names = [quoted(output.name) for output in plan.outputs]
    same = " and ".join(f"held.{name} = fresh.{name}" for name in map(quoted, plan.key))
    equal = " and ".join(map(_equal, plan.outputs))
    known = _do(session, f"delete fresh from {stage} as fresh join {table} as held on {same} where {equal}")
    updated = write_over(session, target, plan, f"{table} as held join {stage} as fresh on {same}", names)
    inserted = _do(
        session,
        f"insert into {table} ({', '.join(names)}) select {', '.join(f'fresh.{name}' for name in names)} "
        f"from {stage} as fresh where not exists (select 1 from {table} as held where {same})",
    )
    if known + updated + inserted != rows:
        raise NotReconciled(what="rows merged into the table", source=rows, target=known + updated + inserted)
    return Counts(inserted=inserted, updated=updated), known


def _equal(output: Output) -> str:
    """Return the condition that both hold the same value; a table's own collation may take two texts for one."""
    held, fresh = (f"{side}.{quoted(output.name)}" for side in ("held", "fresh"))
    if output.type.array or output.type.kind in (Kind.TEXT, Kind.OTHER):
        held, fresh = f"cast({held} as binary)", f"cast({fresh} as binary)"
    return f"{held} <=> {fresh}"


def _has_key(found: NativeTable, plan: Plan) -> bool:
    return {*plan.key} in ({*names} for names in (found.facts.primary_key, *found.facts.unique_keys))


def _table(target: MysqlTarget) -> str:
    return quoted(target.connection.dbname, target.table)


def _do(session: MysqlSession, statement: str) -> int:
    """Run a statement and return the rows it found; the driver is told to count those, not the changed ones."""
    with session.plainly(), session.raw.cursor() as cursor:
        return int(cursor.execute(statement))
