"""What a source must tell of every change for a grant to be followed; said before anything is copied."""

from hefu.dataplane.checks import UniqueKey
from hefu.dataplane.connectors.postgres.inspection import no_table, table_facts
from hefu.dataplane.connectors.postgres.replication import require_logical
from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.relation import TableFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused, SideRefused
from hefu.dataplane.masks import Hash
from hefu.dataplane.ticket import Ticket
from hefu.kernel.words import Sentence, _

#: Shortest digest of a key, in hex digits, that still tells rows apart.
_SHORTEST_HASH = 32


def facts_of(session: Session, ticket: Ticket) -> TableFacts:
    """Return what the source's table is like now.

    Raises:
        SideRefused: There is none that may be read.
    """
    schema, table = ticket.resource.schema, ticket.resource.table
    with session.plainly():
        facts = table_facts(session.raw, schema, table)
    session.commit()
    if facts is None:
        raise SideRefused("source", no_table(f"{schema}.{table}", session.connection.user))
    return facts


_IDENTITY = """
select relreplident::text,
       coalesce((select array_agg(a.attname::text) from pg_index i
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey::int2[])
                 where i.indrelid = c.oid and i.indisreplident), '{}')
from pg_class c where c.oid = %s::regclass
"""


def require_followable(session: Session, ticket: Ticket, facts: TableFacts) -> None:
    """See that the source tells of every change which row it was, and that the grant can be kept change by change.

    Raises:
        PlanRefused: It does not; all of it is named.
        SideRefused: Its server hands out no changes.
    """
    require_logical(session)
    if facts.kind not in ("table", "partitioned table"):
        text = _("changes of a {kind} cannot be followed")
        raise PlanRefused((Sentence(text, code="plan.follow_kind", kind=facts.kind),))
    problems = [*_key_problems(session, ticket, facts), *mask_problems(ticket), *check_problems(ticket)]
    read = {*ticket.key, *(item.column for item in ticket.items), *ticket.columns_besides}
    text = _("column {name!r} is computed by the source, which does not tell its changes")
    problems += [
        Sentence(text, code="plan.follow_generated", name=column.name)
        for column in facts.columns
        if column.generated and column.name in read
    ]
    if problems:
        raise PlanRefused(tuple(problems))


def _key_problems(session: Session, ticket: Ticket, facts: TableFacts) -> list[Sentence]:
    identity, index = session.run(_IDENTITY, (Dialect.POSTGRES.name_of(facts.schema, facts.table),))[0]
    session.commit()
    everything = {column.name for column in facts.columns}
    told = {"d": {*facts.primary_key}, "i": {*index}, "f": everything}.get(identity, set())
    given = {column.name for column in facts.columns if not column.nullable}
    unique = (facts.primary_key, *(names for names in facts.unique_keys if {*names} <= given))
    key = {*ticket.key}
    if key in [{*names} for names in unique] and key <= told:
        return []
    text = _(
        "changes are followed by the table's primary key, which the grant's key is not; name it as the key, "
        "or have the source's owner make the key unique and part of its replica identity"
    )
    return [Sentence(text, code="plan.follow_key")]


def mask_problems(ticket: Ticket) -> list[Sentence]:
    """Return which key items are masked so that rows cannot be told apart."""
    text = _("key item {name!r} is masked so that rows cannot be told apart; deliver it, or hash it in full")
    return [
        Sentence(text, code="plan.follow_mask", name=item.name)
        for item in ticket.items
        if item.column in ticket.key
        and item.mask is not None
        and not (isinstance(item.mask, Hash) and item.mask.length >= _SHORTEST_HASH)
    ]


def check_problems(ticket: Ticket) -> list[Sentence]:
    """Return which checks cannot be made change by change."""
    text = _("change by change nobody sees whether {columns} are unique in the whole table; take that check out")
    return [
        Sentence(text, code="plan.follow_unique", columns=", ".join(check.columns))
        for check in ticket.checks
        if isinstance(check, UniqueKey) and not {*ticket.key} <= {*check.columns}
    ]
