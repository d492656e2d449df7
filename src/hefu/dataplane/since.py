"""What is new at a source: rows at or past a watermark, less an overlap. Pure.

A watermark is a granted column that only grows: a number, or a moment at which a row was written. It is kept as one
number, for moments in microseconds since 1970, so that it means the same in every engine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal

from hefu.dataplane.checks import UniqueKey
from hefu.dataplane.dialect import Dialect
from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.masks import Hash
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.types import Kind, duckdb_type
from hefu.kernel.words import Sentence, _

#: Kinds whose values grow and have one order everywhere.
MOMENTS = (Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT)
GROWING = (*MOMENTS, Kind.INTEGER, Kind.DECIMAL)
#: How far ahead of our clock a written time without its zone may rightly be: the easternmost zone.
_EASTERNMOST = timedelta(hours=14)
#: Numbers beyond it, and what is no number, move no watermark.
_MOST = Decimal(10) ** 37
#: A bound may lie below where it has to be, never above: what is between would never be read.
_BELOW = Context(prec=80, rounding=ROUND_FLOOR)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: Shortest digest of a key, in hex digits, that still tells rows apart.
_SHORTEST_HASH = 32


@dataclass(frozen=True)
class Since:
    """How new rows are told from old ones."""

    #: Item as it is delivered.
    item: str
    #: What is read again of what was read already: seconds where the item is a moment, else a difference of numbers.
    overlap: int


@dataclass(frozen=True)
class Range:
    """What one run reads: everything, or what is at or past a bound, and always what has no watermark."""

    output: Output
    dialect: Dialect
    #: The watermark of the last run less the overlap; None reads everything.
    bound: Decimal | None
    #: The instant of the run: a row that claims to come from later moves no watermark.
    at: datetime

    @property
    def column(self) -> str:
        """Return the source's column, quoted."""
        return self.dialect.name_of(self.output.column)

    @property
    def literal(self) -> str:
        """Return the bound as the source compares it; empty where there is none that can be written."""
        return "" if self.bound is None else bound_literal(self.output, self.bound, self.dialect)

    @property
    def condition(self) -> str:
        """Return the condition of the rows that are read; empty for all."""
        return f"({self.column} >= {self.literal} or {self.column} is null)" if self.literal else ""

    @property
    def seen(self) -> str:
        """Return the select list of the highest watermark read, as text, and of the rows without any."""
        column, kind = self.column, self.output.source_type.kind
        if kind in MOMENTS:
            latest = _literal_of_moment(self.output, self._latest, self.dialect)
            kept = f"isfinite({column}) and {column} <= {latest}"
            if self.dialect is Dialect.POSTGRES:
                number = f"trunc(extract(epoch from {column}) * 1000000)"
            else:
                number = f"epoch_us(cast({column} as timestamp))" if kind is Kind.DATE else f"epoch_us({column})"
        elif self.dialect is Dialect.POSTGRES:
            number, kept = column, f"{column} between -{_MOST} and {_MOST}"
        else:
            # There no decimal is endless or none, and a bound of 38 digits does not fit beside digits after the point.
            number, kept = column, "true"
        highest = self.dialect.cast(f"max({number}) filter (where {kept})", "text")
        return f"{highest}, count(*) filter (where {column} is null)"

    @property
    def _latest(self) -> datetime:
        ahead = timedelta(0) if self.output.source_type.kind is Kind.INSTANT else _EASTERNMOST
        return self.at.astimezone(UTC) + ahead


def lower(mark: Decimal | None, since: Since, output: Output) -> Decimal | None:
    """Return from where a run reads when the last one came to `mark`."""
    if mark is None:
        return None
    return _BELOW.subtract(mark, Decimal(since.overlap * (1_000_000 if output.source_type.kind in MOMENTS else 1)))


def higher(before: Decimal | None, seen: str | None) -> Decimal | None:
    """Return the watermark after a run: it never goes back, whatever a source's clock does."""
    now = None if seen is None else Decimal(seen)
    return before if now is None else now if before is None else max(before, now)


def shown(mark: Decimal | None, output: Output) -> str:
    """Return a watermark for people: a moment as such, nothing of a number, which may itself be data."""
    if mark is None or output.source_type.kind not in MOMENTS or (moment := _moment(mark)) is None:
        return ""
    if output.source_type.kind is Kind.DATE:
        return moment.date().isoformat()
    plain = moment if output.source_type.kind is Kind.INSTANT else moment.replace(tzinfo=None)
    return plain.isoformat(sep=" ")


def bound_value(output: Output, bound: Decimal) -> date | Decimal | None:
    """Return the bound as a value of its kind; None where no calendar has that day."""
    if output.source_type.kind not in MOMENTS:
        return bound
    moment = _moment(bound)
    if moment is None or output.source_type.kind is Kind.INSTANT:
        return moment
    return moment.date() if output.source_type.kind is Kind.DATE else moment.replace(tzinfo=None)


def bound_literal(output: Output, bound: Decimal, dialect: Dialect) -> str:
    """Return the bound as a literal of the column's own type, so that an index of the source may serve."""
    if output.source_type.kind not in MOMENTS:
        return f"({bound:f})"
    moment = _moment(bound)
    return _literal_of_moment(output, moment, dialect) if moment else ""


def _literal_of_moment(output: Output, moment: datetime, dialect: Dialect) -> str:
    match output.source_type.kind:
        case Kind.DATE:
            return f"cast({dialect.text(moment.date().isoformat())} as date)"
        case Kind.TIMESTAMP:
            return f"cast({dialect.text(moment.replace(tzinfo=None).isoformat(sep=' '))} as timestamp)"
        case _:
            return f"cast({dialect.text(moment.isoformat(sep=' '))} as timestamptz)"


def _moment(mark: Decimal) -> datetime | None:
    try:
        return _EPOCH + int(mark) * _MICROSECOND
    except OverflowError:
        return None


def range_of(plan: Plan, since: Since, dialect: Dialect, mark: Decimal | None, at: datetime) -> Range:
    """Return what a run reads.

    Raises:
        PlanRefused: Rows cannot be told new from old, or not told apart; all of it is named.
    """
    output = next((output for output in plan.outputs if output.name == since.item), None)
    problems = _watermark_problems(output, since, dialect) + _key_problems(plan.key_outputs)
    text = _("of new rows alone nobody sees whether {columns} are unique in the whole table; take that check out")
    key = {output.column for output in plan.key_outputs}
    problems += [
        Sentence(text, code="plan.increment_unique", columns=", ".join(check.columns))
        for check in plan.checks
        if isinstance(check, UniqueKey) and not key <= {*check.columns}
    ]
    if problems or output is None:
        raise PlanRefused(tuple(problems))
    return Range(output, dialect, lower(mark, since, output), at)


def _watermark_problems(output: Output | None, since: Since, dialect: Dialect) -> list[Sentence]:
    if output is None:
        text = _("{name!r} tells new rows from old ones and is not among the granted items")
        return [Sentence(text, code="plan.increment_item", name=since.item)]
    if output.mask is not None:
        text = _("item {name!r} is masked, so it cannot tell new rows from old ones")
        return [Sentence(text, code="plan.increment_mask", name=since.item)]
    of = output.source_type
    if of.array or of.kind not in GROWING or (dialect is Dialect.DUCKDB and duckdb_type(of) is None):
        text = _("item {name!r} is {type}; only a moment or a number that grows tells new rows from old ones")
        return [Sentence(text, code="plan.increment_type", name=since.item, type=str(of))]
    return []


def _key_problems(keys: Sequence[Output]) -> list[Sentence]:
    text = _("key item {name!r} is masked so that rows cannot be told apart; deliver it, or hash it in full")
    return [
        Sentence(text, code="plan.increment_key", name=output.name)
        for output in keys
        if output.mask is not None and not (isinstance(output.mask, Hash) and output.mask.length >= _SHORTEST_HASH)
    ]
