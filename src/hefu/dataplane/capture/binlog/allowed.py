"""What a server has to log, and to allow, for a table of it to be followed; and where its log stands."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hefu.dataplane.capture.binlog.values import CODECS
from hefu.dataplane.capture.followable import check_problems, mask_problems
from hefu.dataplane.connectors.mysql.connection import MysqlSession, quoted, text
from hefu.dataplane.connectors.mysql.inspection import NativeTable, native_table, no_table
from hefu.dataplane.errors import PlanRefused, SideLost, SideRefused
from hefu.dataplane.ticket import Ticket
from hefu.dataplane.types import Kind
from hefu.kernel.words import Sentence, _

#: Types whose values a log holds in a form of their own.
_OF_THEIR_OWN = frozenset({"json", "uuid", "inet4", "inet6"})

_SETTINGS = {"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL"}

#: Numbers of errors that say that a right is missing.
_NO_RIGHT = ("1045", "1142", "1227")


@dataclass(frozen=True, order=True)
class Place:
    """A place in a server's logs, which are numbered; kept as one number, like a place in PostgreSQL's log."""

    log: int
    offset: int

    @property
    def number(self) -> int:
        """Return it as one number."""
        return self.log << 32 | self.offset

    @classmethod
    def of(cls, number: int) -> "Place":
        """Return the place of a number."""
        return cls(number >> 32, number & 0xFFFF_FFFF)


def log_number(name: str) -> tuple[str, int]:
    """Return what comes before the number of a log's file, and the number.

    >>> log_number("mysql-bin.000042")
    ('mysql-bin', 42)
    """
    base, _, number = name.rpartition(".")
    return base, int(number)


def table_of(session: MysqlSession, ticket: Ticket) -> NativeTable:
    """Return what the source's table is like now.

    Raises:
        SideRefused: There is none that may be read.
    """
    schema, table = ticket.resource.schema, ticket.resource.table
    found = native_table(session, schema, table)
    session.commit()
    if found is None:
        raise SideRefused("source", no_table(f"{schema}.{table}", session.connection.user))
    return found


def require_logged(session: MysqlSession, schema: str) -> None:
    """See that the server logs every change of a database row by row, whole, and with its columns' names.

    Raises:
        SideRefused: It does not; the sentence says what its administrator has to set.
    """
    names = ", ".join(f"'{name}'" for name in (*_SETTINGS, "binlog_transaction_compression", "log_slave_updates"))
    # The server's settings, not this session's.
    found = {
        name.lower(): value.upper()
        for name, value in session.run(f"show global variables where variable_name in ({names})")
    }
    session.commit()
    wrong = [f"{name} = {value}" for name, value in _SETTINGS.items() if found.get(name) != value]
    if found.get("binlog_transaction_compression", "OFF") != "OFF":
        wrong.append("binlog_transaction_compression = OFF")
    if found.get("log_slave_updates", "ON") != "ON" and _is_replica(session):
        wrong.append("log_slave_updates = ON")
    if wrong:
        words = _("the server does not log every change of a row in full; have its administrator set: {settings}")
        raise SideRefused("source", Sentence(words, code="side.binlog_settings", settings=", ".join(wrong)))

    _status_row, only, never = _asked(session)
    listed = [{name.strip() for name in names.split(",") if name.strip()} for names in (only, never)]
    if (listed[0] and schema not in listed[0]) or schema in listed[1]:
        words = _("the server leaves the changes of database {schema} out of its log (binlog_do_db, binlog_ignore_db)")
        raise SideRefused("source", Sentence(words, code="side.binlog_left_out", schema=schema))


def _is_replica(session: MysqlSession) -> bool:
    """Return whether the server takes over another's changes."""
    found = session.run("show global status where variable_name in ('slave_running', 'slaves_running')")
    session.commit()
    return any(str(value).upper() not in ("OFF", "0") for _name, value in found)


def place_now(session: MysqlSession) -> tuple[str, Place]:
    """Return the name that the server's logs begin with, and where they end now.

    Raises:
        SideRefused: The account may not ask; the sentence says what it has to be granted.
    """
    (name, offset), _only, _never = _asked(session)
    base, log = log_number(name)
    return base, Place(log, offset)


def _asked(session: MysqlSession) -> tuple[tuple[str, int], str, str]:
    """Return where the logs end, and the databases that alone, or never, stand in them."""
    try:
        try:
            rows = session.run("show master status")
        except SideRefused as refusal:
            if refusal.sqlstate != "1064":
                raise
            rows = session.run("show binary log status")  # as MySQL says it since 8.4
    except SideRefused as refusal:
        if refusal.sqlstate in _NO_RIGHT:
            raise no_right(session) from None
        raise
    finally:
        session.rollback()
    name, offset, only, never = rows[0][:4]
    return (name, int(offset)), only or "", never or ""


def no_right(session: MysqlSession) -> SideRefused:
    """Return that the account may not read the logs, with the statement that grants it."""
    maria = "mariadb" in str(session.raw.get_server_info()).lower()  # type: ignore[no-untyped-call]
    monitor = "binlog monitor" if maria else "replication client"
    words = _("{user} may not read the changes; have an administrator run: {statement}")
    statement = f"grant replication slave, {monitor} on *.* to {quoted(session.connection.user)}"
    return SideRefused(
        "source", Sentence(words, code="side.binlog_right", user=session.connection.user, statement=statement)
    )


#: Seconds for which the lock is asked for at a time: whoever wants to write the table waits behind us that long.
_PATIENCE = 1


def place_before_copy(
    session: MysqlSession, schema: str, table: str, waits: Callable[[], None] = lambda: None
) -> Place:
    """Return a place such that whoever looks at the table from now on sees every change before it.

    A server writes a transaction to the log before others can see it, so where the log ends is no such place.
    MariaDB says which place belongs to a snapshot. MySQL does not: there the table is locked against writing for
    the moment in which the place is read, which waits for writers that have not ended.

    Args:
        session: Of the source.
        schema: Its database.
        table: Which is to be copied.
        waits: Called each time when the lock was not had, before it is asked for again; may raise to give up.

    Raises:
        SideRefused: The account may not ask or lock.
    """
    session.rollback()
    try:
        session.run("set session transaction isolation level repeatable read")
        session.run("start transaction with consistent snapshot, read only")
        found = dict(
            session.run("show status where variable_name in ('binlog_snapshot_file', 'binlog_snapshot_position')")
        )
        found = {name.lower(): value for name, value in found.items()}
    finally:
        session.rollback()
    if found.get("binlog_snapshot_file"):
        return Place(log_number(found["binlog_snapshot_file"])[1], int(found["binlog_snapshot_position"]))
    return locked_place(session, schema, table, waits)


def locked_place(session: MysqlSession, schema: str, table: str, waits: Callable[[], None]) -> Place:
    """Return where the log ends while nobody writes the table; as `place_before_copy`.

    Raises:
        SideRefused: The account may not lock it.
    """
    session.run(f"set session lock_wait_timeout = {_PATIENCE}")
    while True:
        try:
            session.run(f"lock tables {quoted(schema, table)} read")
            break
        except SideLost:
            session.run("select 1")  # says it where more was lost than the patience
            waits()
    try:
        return place_now(session)[1]
    finally:
        with contextlib.suppress(SideRefused):
            session.run("unlock tables")


def charsets_of(session: MysqlSession) -> Mapping[int, str]:
    """Return the character set of each collation that the server knows."""
    found: dict[int, str] = {}
    for query in (
        "select id, character_set_name from information_schema.collation_character_set_applicability",
        "select id, character_set_name from information_schema.collations",
    ):
        with contextlib.suppress(SideRefused):  # the first has no numbers in MySQL and older MariaDB
            found |= {int(number): name for number, name in session.run(query) if number is not None and name}
    session.commit()
    return found


def folds(session: MysqlSession) -> bool:
    """Return whether the server does not tell capital names of tables from small ones."""
    return int(session.run("select @@lower_case_table_names")[0][0]) > 0


_CASCADES = """
select constraint_name from information_schema.referential_constraints
where constraint_schema = {schema} and table_name = {table}
and (delete_rule not in ('RESTRICT', 'NO ACTION') or update_rule not in ('RESTRICT', 'NO ACTION'))
"""


def require_followable(session: MysqlSession, ticket: Ticket, table: NativeTable) -> None:
    """See that the log tells of every change which row it was, and that the grant can be kept change by change.

    Raises:
        PlanRefused: It does not; all of it is named.
    """
    facts = table.facts
    kind = session.run(
        f"select lower(table_type) from information_schema.tables where table_schema = {text(facts.schema)} "
        f"and table_name = {text(facts.table)}"
    )[0][0]
    session.commit()
    if kind != "base table":
        words = _("changes of a {kind} cannot be followed")
        raise PlanRefused((Sentence(words, code="plan.follow_kind", kind=kind),))
    problems = [*_table_problems(session, ticket, table), *mask_problems(ticket), *check_problems(ticket)]
    read = {*ticket.key, *(item.column for item in ticket.items), *ticket.columns_besides}
    for column in facts.columns:
        if column.name not in read or column.not_carried is not None:
            continue
        native = table.columns[column.name].data_type
        if column.generated:
            words = _("column {name!r} is computed by the source, which does not tell its changes")
            problems.append(Sentence(words, code="plan.follow_generated", name=column.name))
        elif native in _OF_THEIR_OWN:
            words = _("column {name!r} is {type}, which the log holds in a form of its own")
            problems.append(Sentence(words, code="plan.follow_type", name=column.name, type=native))
        elif column.type.kind is Kind.TEXT and table.charsets.get(column.name) not in CODECS:
            words = _("column {name!r} is in character set {charset}, which is not read from the log")
            charset = table.charsets.get(column.name, "")
            problems.append(Sentence(words, code="plan.follow_charset", name=column.name, charset=charset))
    if problems:
        raise PlanRefused(tuple(problems))


def _table_problems(session: MysqlSession, ticket: Ticket, table: NativeTable) -> list[Sentence]:
    facts, problems = table.facts, []
    given = {column.name for column in facts.columns if not column.nullable}
    unique = (facts.primary_key, *(names for names in facts.unique_keys if {*names} <= given))
    if {*ticket.key} not in [{*names} for names in unique]:
        words = _(
            "changes are followed by the table's primary key, or by a unique key without empty values, which the "
            "grant's key is not; name it as the key"
        )
        problems.append(Sentence(words, code="plan.follow_key_mysql"))
    if table.engine != "InnoDB":
        words = _("{table} is kept by {engine}, which has no transactions; alter it to InnoDB first")
        problems.append(Sentence(words, code="side.engine", table=f"{facts.schema}.{facts.table}", engine=table.engine))
    found = session.run(_CASCADES.format(schema=text(facts.schema), table=text(facts.table)))
    session.commit()
    for (name,) in found:
        words = _(
            "foreign key {name!r} changes rows of the table by itself when those of another change, and the server "
            "does not log that; have the source's owner make it ON DELETE RESTRICT, or take whole copies"
        )
        problems.append(Sentence(words, code="plan.follow_cascade", name=name))
    return problems
