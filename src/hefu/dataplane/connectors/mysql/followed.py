"""How far changes were followed into MySQL, kept in the consumer's database beside the rows; and the rows' merge.

The changed rows and the new position are committed in one transaction of InnoDB. Nothing in it may commit by itself:
the staging tables are temporary and made anew for each write, and the consumer's table is emptied by DELETE.
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import UTC, datetime

from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted
from hefu.dataplane.connectors.mysql.overwriting import write_over
from hefu.dataplane.connectors.mysql.target import ROW, MysqlTarget
from hefu.dataplane.connectors.mysql.writing import STATEMENT
from hefu.dataplane.connectors.postgres.followed import Counts, Followed
from hefu.dataplane.errors import NotReconciled, SideRefused
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

_INNODB = "engine = InnoDB default character set utf8mb4 collate utf8mb4_bin"

_TABLE = f"""create table if not exists hefu_followed (
    delivery varchar(64) not null primary key comment 'one line per delivery that follows changes: up to where',
    target varchar(200) not null, ticket char(36) not null, plan char(64) not null, slot varchar(400) not null,
    lsn varchar(40) not null, changes bigint not null default 0, transactions bigint not null default 0,
    inserted bigint not null default 0, updated bigint not null default 0, deleted bigint not null default 0,
    rejected bigint not null default 0, committed_at datetime(6) null,
    begun_at timestamp(6) not null default current_timestamp(6), moved_at timestamp(6) null
    ) {_INNODB}"""

#: Staging tables of a session: keys that were touched, rows as they became.
TOUCHED, FRESH = "hefu_touched", "hefu_fresh"


def ensure_followed(session: MysqlSession) -> None:
    """Create the position table where it is missing; commits by itself."""
    session.run(_TABLE)


def load_followed(session: MysqlSession, delivery: str) -> Followed | None:
    """Return how far the delivery is, or None when it does not follow yet; commits."""
    rows = session.run(
        "select ticket, plan, slot, lsn, committed_at, changes, transactions, inserted, updated, deleted, rejected "
        "from hefu_followed where delivery = %s",
        (delivery,),
    )
    session.commit()
    if not rows:
        return None
    ticket, plan, slot, lsn, committed_at, *counted = rows[0]
    at = None if committed_at is None else committed_at.replace(tzinfo=UTC)
    return Followed(ticket, plan, slot, lsn, Counts(*counted), at)


def begin_followed(session: MysqlSession, delivery: str, target: MysqlTarget, now: Followed) -> None:
    """Note from where the delivery follows; the caller commits."""
    session.run("delete from hefu_followed where delivery = %s", (delivery,))
    session.run(
        "insert into hefu_followed (delivery, target, ticket, plan, slot, lsn) values (%s, %s, %s, %s, %s, %s)",
        (delivery, target.name, now.ticket, now.plan, now.slot, now.lsn),
    )


def move(session: MysqlSession, delivery: str, lsn: str, more: Counts, committed_at: datetime | None = None) -> None:
    """Note that everything before `lsn` is in, and what that was; the caller commits it with the rows."""
    at = None if committed_at is None else committed_at.astimezone(UTC).replace(tzinfo=None)
    found = _do(
        session,
        "update hefu_followed set lsn = %s, changes = changes + %s, transactions = transactions + %s, "
        "inserted = inserted + %s, updated = updated + %s, deleted = deleted + %s, rejected = rejected + %s, "
        "committed_at = coalesce(%s, committed_at), moved_at = current_timestamp(6) where delivery = %s",
        (lsn, *astuple(more), at, delivery),
    )
    if found != 1:
        raise NotReconciled(what="lines of the position", source=1, target=found)


def note_stamp(session: MysqlSession, delivery: str, stamp: str) -> None:
    """Note which log the position stands in; the caller commits it with the position."""
    session.run("update hefu_followed set slot = %s where delivery = %s", (stamp, delivery))


def prepare_merge(session: MysqlSession, target: MysqlTarget, plan: Plan) -> None:
    """Create the session's staging tables, shaped like the target; temporary ones commit nothing."""
    for name in (TOUCHED, FRESH):
        session.run(f"drop temporary table if exists {name}")
        _create(session, target, plan, name)


def _create(session: MysqlSession, target: MysqlTarget, plan: Plan, name: str) -> None:
    outputs = plan.key_outputs if name == TOUCHED else plan.outputs
    columns = ", ".join(quoted(output.name) for output in outputs)
    key = "" if name == TOUCHED else f", key ({', '.join(map(quoted, plan.key))})"
    # Numbered, for there are servers that take no table without a primary key.
    session.run(
        f"create temporary table {name} ({quoted(ROW)} bigint not null auto_increment primary key{key}) "
        f"engine = InnoDB as select {columns} from {_table(target)} where false"
    )


def stage(session: MysqlSession, into: str, outputs: Sequence[Output], columns: Sequence[Sequence[bytes]]) -> int:
    """Write rows, given column by column as literals, into the quoted table `into`; return how many it took.

    Raises:
        SideLost, SideRefused: The target is gone, or it refused.
    """
    names = ", ".join(quoted(output.name) for output in outputs)
    head = f"insert into {into} ({names}) values (".encode()
    taken = 0
    for rows in _statements(zip(*columns, strict=True)):
        statement = head + b"),(".join(rows) + b")"
        session.require_room(statement)
        taken += _do(session, statement)
    return taken


def _statements(rows: Iterable[Sequence[bytes]]) -> Iterable[list[bytes]]:
    """Yield rows for one statement after the other."""
    waiting: list[bytes] = []
    size = 0
    for row in rows:
        line = b",".join(row)
        waiting.append(line)
        size += len(line)
        if size > STATEMENT:
            yield waiting
            waiting, size = [], 0
    if waiting:
        yield waiting


def put(
    session: MysqlSession, target: MysqlTarget, outputs: Sequence[Output], columns: Sequence[Sequence[bytes]]
) -> bool:
    """Write rows of new keys into the table itself; return whether it took them, for else nothing is written."""
    session.run("savepoint hefu_new")
    try:
        stage(session, _table(target), outputs, columns)
    except SideRefused:  # what is really wrong with the rows is said when they are staged
        session.run("rollback to savepoint hefu_new")
        return False
    session.run("release savepoint hefu_new")
    return True


def merge(session: MysqlSession, target: MysqlTarget, plan: Plan, *, emptied: bool, touched: int, fresh: int) -> Counts:
    """Bring the staged changes into the table and empty the staging; the caller commits.

    A row that stays is updated in place, so that what points at it keeps pointing.

    Args:
        session: Whose staging tables hold the changes.
        target: Where they go.
        plan: What is delivered.
        emptied: Whether the source's table was emptied before these changes. TRUNCATE would commit by itself.
        touched: Keys that are staged as touched.
        fresh: Rows that are staged as they became.

    Returns:
        Rows of the table that came, were written over and went.

    Raises:
        SideRefused: The table takes two keys for one that the source tells apart.
        NotReconciled: Not every row is in; nothing may be committed then.
    """
    table = _table(target)
    names = [quoted(output.name) for output in plan.outputs]
    others = [quoted(output.name) for output in plan.outputs if output.name not in plan.key]
    same = " and ".join(f"held.{name} = {{0}}.{name}" for name in map(quoted, plan.key))
    exactly = _exactly(plan)
    deleted = updated = inserted = 0
    if emptied:
        deleted = _do(session, f"delete from {table}")
    elif touched:
        deleted = _do(
            session,
            f"delete held from {TOUCHED} as touched straight_join {table} as held on {same.format('touched')} "
            f"where {exactly.format('touched')} "
            f"and not exists (select 1 from {FRESH} as fresh where {same.format('fresh')})",
        )
    if fresh and not emptied:
        joined = f"{FRESH} as fresh straight_join {table} as held on {same.format('fresh')}"
        if exactly != _ANY:
            _require_exact(session, joined, exactly)
        updated = write_over(session, target, plan, joined, others or names)
    if updated < fresh:
        inserted = _do(
            session,
            f"insert into {table} ({', '.join(names)}) select {', '.join(f'fresh.{name}' for name in names)} "
            f"from {FRESH} as fresh where not exists (select 1 from {table} as held where {same.format('fresh')})",
        )
    if updated + inserted != fresh:
        raise NotReconciled(what="changed rows", source=fresh, target=updated + inserted)
    for name, count in ((TOUCHED, touched), (FRESH, fresh)):
        if count:  # TRUNCATE would commit, and rows that are deleted there are never cleared away
            session.run(f"drop temporary table {name}")
            _create(session, target, plan, name)
    return Counts(inserted=inserted, updated=updated, deleted=deleted)


#: A condition that leaves nothing out.
_ANY = "true"


def _exactly(plan: Plan) -> str:
    """Return the condition that texts of two keys are the same sign by sign: a collation may take two for one."""
    texts = [quoted(output.name) for output in plan.key_outputs if output.type.kind in (Kind.TEXT, Kind.OTHER)]
    return " and ".join(f"cast(held.{name} as binary) = cast({{0}}.{name} as binary)" for name in texts) or _ANY


def _require_exact(session: MysqlSession, joined: str, exactly: str) -> None:
    if session.run(f"select 1 from {joined} where not ({exactly.format('fresh')}) limit 1"):
        text_ = _(
            "the table takes two keys for one that the source tells apart, by capitals, accents or spaces at the end; "
            "give its key a binary collation that does not pad"
        )
        raise SideRefused("target", Sentence(text_, code="side.key_alike"))


def _table(target: MysqlTarget) -> str:
    return quoted(target.connection.dbname, target.table)


def _do(session: MysqlSession, statement: str | bytes, values: Sequence[object] | None = None) -> int:
    """Run a statement and return the rows it found; the driver is told to count those, not the changed ones."""
    with session.plainly(), session.raw.cursor() as cursor:
        return int(cursor.execute(statement, values))
