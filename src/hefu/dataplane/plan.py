"""What will be done, decided before a row moves: read → filter → check → mask → project → write.

A plan is compiled from the ticket, from what the source's columns really are and from the target's
columns. Whatever does not fit is said at once and completely.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from hefu.dataplane.checks import Check, CodeSet, NotNull, Typed, UniqueKey, columns_of
from hefu.dataplane.checks.sql import MOST_CHECKS, check_problems, too_many_checks
from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.filters import IsNull, RowFilter
from hefu.dataplane.filters_sql import filter_problems
from hefu.dataplane.masks import Bin, Constant, Drop, Hash, Mask, Null, Round, Translate
from hefu.dataplane.masks.sql import mask_problem, masked_type
from hefu.dataplane.ticket import Item, Ticket
from hefu.dataplane.types import Kind, SqlType, duckdb_type, fits, parse
from hefu.kernel.words import Sentence, _

#: Type here → type in the target.
Landing = Callable[[SqlType], SqlType]


@dataclass(frozen=True)
class Read:
    """The relation that is read, with the types of all its columns."""

    schema: str
    table: str
    columns: tuple[ColumnFacts, ...]

    @property
    def types(self) -> dict[str, SqlType]:
        """Type by column."""
        return {column.name: column.type for column in self.columns}


@dataclass(frozen=True)
class Output:
    """One delivered column: where it comes from, what is hidden, what it becomes."""

    #: Column of the source.
    column: str
    source_type: SqlType
    mask: Mask | None
    #: Column of the delivery, and its type there.
    name: str
    type: SqlType


@dataclass(frozen=True)
class Plan:
    """The whole, as frozen parts in the order in which they act on a row."""

    read: Read
    filter: RowFilter
    checks: tuple[Check, ...]
    #: Mask and projection: the delivered columns in their order.
    outputs: tuple[Output, ...]
    #: Names of delivered columns that the key digest is taken over.
    key: tuple[str, ...]
    #: Most rows that may leave, or None.
    quota: int | None

    @property
    def key_outputs(self) -> tuple[Output, ...]:
        """The delivered columns of the key, in the key's order."""
        by_name = {output.name: output for output in self.outputs}
        return tuple(by_name[name] for name in self.key)


_MOST_DIGITS_IN_SPARK = 36

#: Types besides the common ones that have exactly one text, so that they can be a key.
_KEY_TYPES = ("uuid", "inet", "cidr", "macaddr")


def compile_plan(
    ticket: Ticket,
    source: Sequence[ColumnFacts],
    target: Sequence[ColumnFacts] | None,
    salts: Mapping[str, str] | None,
    extra_checks: tuple[Typed, ...] = (),
    landing: Landing | None = None,
    engine: Dialect = Dialect.POSTGRES,
) -> Plan:
    """Return the plan of one delivery.

    Args:
        ticket: The grant.
        source: The source's columns as they are now.
        target: The target's columns, or None when the delivery makes its own table or file.
        salts: Salts by name; None when the plan is only looked at, so that no secret is needed.
        extra_checks: What the connector itself checks beside the grant's checks.
        landing: What a type is once it is in the target, for a target that converts values itself; else the
            source casts them to the target's own types.
        engine: Where masks, filter and checks run.

    Raises:
        PlanRefused: Something does not fit; all of it is named.
    """
    columns = {column.name: column for column in source}
    types = {column.name: column.type for column in source}
    problems = _item_problems(ticket.items)
    outputs = []
    for item in ticket.items:
        if isinstance(item.mask, Drop):
            problems += [] if item.column in types else [_no_column(item)]
            continue
        output, found = _output(item, types, salts)
        problems += found
        if output is not None:
            outputs.append(output)
    problems += filter_problems(ticket.filter, types)
    problems += check_problems(ticket.checks, types)
    problems += _key_problems(ticket, outputs)
    problems += _not_carried(ticket, columns)
    problems += _too_wide(ticket, types, engine)
    if target is not None:
        outputs, found = _onto_target(outputs, columns, target, ticket.checks, landing)
        problems += found
    translated = _known_codes(ticket.items)
    number = len(ticket.checks) + len(translated) + len(extra_checks)
    if number > MOST_CHECKS >= len(ticket.checks):
        problems.append(too_many_checks(number))
    if problems:
        raise PlanRefused(tuple(problems))
    delivered = {output.column: output.name for output in outputs}
    used = {*delivered, *ticket.columns_besides}
    return Plan(
        read=Read(ticket.resource.schema, ticket.resource.table, tuple(source)),
        filter=ticket.filter,
        checks=(*ticket.checks, *translated, *(check for check in extra_checks if check.column in used)),
        outputs=tuple(outputs),
        key=tuple(delivered[column] for column in ticket.key),
        quota=ticket.quota.rows if ticket.quota else None,
    )


def _not_carried(ticket: Ticket, columns: Mapping[str, ColumnFacts]) -> list[Sentence]:
    used = [item.column for item in ticket.items if not isinstance(item.mask, Constant | Null | Drop)]
    used += ticket.columns_besides
    return [
        Sentence(_("column {name!r}: {problem}"), code="plan.not_carried", name=name, problem=why)
        for name in dict.fromkeys(used)
        if name in columns and (why := columns[name].not_carried)
    ]


def _too_wide(ticket: Ticket, types: Mapping[str, SqlType], engine: Dialect) -> list[Sentence]:
    """Return what asks the engine to reckon with decimals that are wider than its own."""
    if engine is Dialect.POSTGRES:
        return []
    reckoned = [item.column for item in ticket.items if isinstance(item.mask, Bin | Round)]
    reckoned += [condition.column for condition in ticket.filter.conditions if not isinstance(condition, IsNull)]
    reckoned += [
        name for check in ticket.checks if not isinstance(check, NotNull | UniqueKey) for name in columns_of(check)
    ]
    return [
        Sentence(
            _("column {name!r} is {type}: decimals beyond 38 digits are delivered whole and not reckoned with"),
            code="plan.too_wide",
            name=name,
            type=str(types[name]),
        )
        for name in dict.fromkeys(reckoned)
        if name in types and types[name].kind is Kind.DECIMAL and _beyond(types[name], engine)
    ]


def _beyond(of: SqlType, engine: Dialect) -> bool:
    """Return whether the engine cannot reckon with all digits of such a decimal; Spark needs two more on the way."""
    return duckdb_type(of) is None or (engine is Dialect.SPARK and of.modifiers[0] > _MOST_DIGITS_IN_SPARK)


def _known_codes(items: Sequence[Item]) -> tuple[CodeSet, ...]:
    """Return the checks that reject rows whose code the item's table does not know."""
    return tuple(
        CodeSet(item.column, tuple(code.of for code in item.mask.codes))
        for item in items
        if isinstance(item.mask, Translate) and item.mask.unknown == "reject"
    )


def _item_problems(items: Sequence[Item]) -> list[Sentence]:
    delivered = [item for item in items if not isinstance(item.mask, Drop)]
    problems = [] if delivered else [Sentence(_("the ticket grants no items"), code="plan.no_items")]
    names = [item.name for item in delivered]
    problems += [
        Sentence(_("two items are delivered as {name!r}"), code="plan.name_twice", name=name)
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    sources = [item.column for item in items]
    problems += [
        Sentence(_("column {name!r} is granted twice"), code="plan.column_twice", name=name)
        for name in sorted(set(sources))
        if sources.count(name) > 1
    ]
    for name in names:
        if not name or len(name.encode()) > 63 or "\0" in name:
            problems.append(
                Sentence(_("{name!r} cannot be the name of a column: 1 to 63 bytes"), code="plan.name", name=name)
            )
    return problems


def _no_column(item: Item) -> Sentence:
    return Sentence(
        _("column {name!r} is granted but the source does not have it"), code="plan.no_column", name=item.column
    )


def _output(
    item: Item, types: Mapping[str, SqlType], salts: Mapping[str, str] | None
) -> tuple[Output | None, list[Sentence]]:
    source = types.get(item.column)
    if source is None:
        return None, [_no_column(item)]
    problem = mask_problem(item.mask, source, salts, types) if item.mask else None
    if problem:
        return None, [Sentence(_("item {name!r}: {problem}"), code="plan.mask", name=item.name, problem=problem)]
    became = masked_type(item.mask, source)
    if not item.type:
        return Output(item.column, source, item.mask, item.name, became), []
    try:
        promised = parse(item.type)
    except ValueError:
        return None, [
            Sentence(_("item {name!r}: {type!r} is not a type"), code="plan.type", name=item.name, type=item.type)
        ]
    # A bin may only leave its own type at the very end of that type's range; the cast says so loudly then.
    kept = isinstance(item.mask, Bin | Round) and fits(source, promised)
    if not fits(became, promised) and not kept and not isinstance(item.mask, Null):
        return None, [
            Sentence(
                _("item {name!r} is promised as {promised}, but the source gives {became}"),
                code="plan.promise",
                name=item.name,
                promised=str(promised),
                became=str(became),
            )
        ]
    return Output(item.column, source, item.mask, item.name, promised), []


def _key_problems(ticket: Ticket, outputs: Sequence[Output]) -> list[Sentence]:
    problems = [] if ticket.key else [Sentence(_("the ticket names no key columns"), code="plan.no_key")]
    granted = {item.column for item in ticket.items if not isinstance(item.mask, Drop)}
    by_column = {output.column: output for output in outputs}
    for column in dict.fromkeys(ticket.key):
        if column not in granted:
            problems.append(
                Sentence(
                    _("key column {name!r} is not among the granted items"), code="plan.key_not_granted", name=column
                )
            )
        elif column in by_column and not _can_be_key(by_column[column].type):
            problems.append(
                Sentence(
                    _("key column {name!r} is {type}, which has no one text"),
                    code="plan.key_type",
                    name=column,
                    type=str(by_column[column].type),
                )
            )
    return problems


def _can_be_key(of: SqlType) -> bool:
    return of.kind not in (Kind.OTHER, Kind.FLOAT) or of.name in _KEY_TYPES


def _onto_target(
    outputs: Sequence[Output],
    source: Mapping[str, ColumnFacts],
    target: Sequence[ColumnFacts],
    checks: Sequence[Check],
    landing: Landing | None,
) -> tuple[list[Output], list[Sentence]]:
    columns = {column.name: column for column in target}
    assured = {check.column for check in checks if isinstance(check, NotNull)}
    cast, problems = [], []
    for output in outputs:
        column = columns.get(output.name)
        if column is None or column.generated:
            problems.append(_unwritable(output.name, computed=column is not None))
            continue
        arrives = landing(output.type) if landing else output.type
        if landing and isinstance(output.mask, Hash):
            arrives = SqlType("character varying", (output.mask.length,))
        if not fits(arrives, column.type) and not isinstance(output.mask, Null):
            problems.append(
                Sentence(
                    _("item {name!r} is {type}, the target's column is {wanted}"),
                    code="plan.target_type",
                    name=output.name,
                    type=str(arrives),
                    wanted=str(column.type),
                )
            )
        hides = isinstance(output.mask, Null)
        given = isinstance(output.mask, Constant) or output.column in assured
        if not column.nullable and (hides or (source[output.column].nullable and not given)):
            problems.append(
                Sentence(
                    _(
                        "the target's column {name!r} refuses NULL, but the source's may be NULL: "
                        "add a not-null check or relax the column"
                    ),
                    code="plan.target_not_null",
                    name=output.name,
                )
            )
        cast.append(output if landing else replace(output, type=column.type))
    written = {output.name for output in outputs}
    for column in target:
        if column.name not in written and not (column.nullable or column.has_default or column.generated):
            problems.append(
                Sentence(
                    _("the target's column {name!r} refuses NULL and no item is delivered to it"),
                    code="plan.target_unfilled",
                    name=column.name,
                )
            )
    return cast, problems


def _unwritable(name: str, *, computed: bool) -> Sentence:
    if computed:
        text = _("item {name!r} cannot be written to the target: the column is computed there")
        return Sentence(text, code="plan.target_computed", name=name)
    text = _("item {name!r} cannot be written to the target: the column is missing there")
    return Sentence(text, code="plan.target_missing", name=name)
