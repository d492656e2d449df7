"""Two granted entries as one table: what each grant delivers, joined on named columns.

A join is over what is delivered and never over what the sources hold: filter, checks and masks of each side have
acted before. So it tells the consumer nothing that it could not find by laying both deliveries side by side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal
from uuid import uuid5

from hefu.dataplane.connectors.relation import ColumnFacts
from hefu.dataplane.errors import PlanRefused
from hefu.dataplane.filters import EVERY_ROW
from hefu.dataplane.masks import Drop, FormatPreserving, Hash, Mask, Translate
from hefu.dataplane.plan import Output, Plan
from hefu.dataplane.ticket import Channel, Item, TargetRef, Ticket
from hefu.dataplane.types import Kind, SqlType, duckdb_type
from hefu.kernel.words import Sentence, _

Side = Literal["left", "right"]
#: Columns that may be compared at most, and bytes of a name.
MOST_PAIRS, _LONGEST = 8, 63
#: Kinds whose values are equal in every engine exactly when they are the same.
_COMPARED = (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE)


class JoinKind(StrEnum):
    """Which rows of the left side arrive."""

    #: Those that have one on the right.
    INNER = "inner"
    #: All; without one on the right, its columns are NULL.
    LEFT = "left"


@dataclass(frozen=True)
class Joining:
    """What the consumer asks for."""

    kind: JoinKind
    #: Columns that must be equal, by the names under which each side is delivered: left, right.
    on: tuple[tuple[str, str], ...]
    #: Table beside those that the two grants fill.
    table: str


@dataclass(frozen=True)
class Joined:
    """One column of the joined rows."""

    side: Side
    #: Name and type in the delivery of its side, and its name here.
    column: str
    type: SqlType
    name: str
    nullable: bool


@dataclass(frozen=True)
class Join:
    """The node over two plans: each is done whole, then their rows are joined."""

    left: Plan
    right: Plan
    kind: JoinKind
    on: tuple[tuple[str, str], ...]
    outputs: tuple[Joined, ...]
    #: Names of joined columns that name a row.
    key: tuple[str, ...]
    #: Sides whose key is among the compared columns, so that no row of the other meets two of theirs.
    single: frozenset[Side]

    @property
    def columns(self) -> tuple[ColumnFacts, ...]:
        """Return the joined columns as those of a table."""
        return tuple(ColumnFacts(one.name, one.type, nullable=one.nullable) for one in self.outputs)

    def most_rows(self, left: int, right: int) -> int:
        """Return how many rows there can be at most when the keys name single rows."""
        if "right" in self.single:
            return left
        return right + (left if self.kind is JoinKind.LEFT else 0)


def compile_join(left: Plan, right: Plan, joining: Joining) -> Join:
    """Return the node.

    Raises:
        PlanRefused: The two cannot be joined so; all that stands against it is named.
    """
    problems = _pair_problems(left, right, joining.on)
    single: set[Side] = set()
    if {name for name, _right in joining.on} >= set(left.key):
        single.add("left")
    if {name for _left, name in joining.on} >= set(right.key):
        single.add("right")
    if not single:
        text = _(
            "the compared columns hold neither the left side's key ({left}) nor the right side's ({right}), "
            "so that each row could meet many"
        )
        facts = {"left": ", ".join(left.key), "right": ", ".join(right.key)}
        problems.append(Sentence(text, code="plan.join_many", **facts))
    if problems:
        raise PlanRefused(tuple(problems))
    outputs = _outputs(left, right, joining)
    names = {(one.side, one.column): one.name for one in outputs}
    compared = {theirs for _ours, theirs in joining.on}
    key = [names["left", column] for column in left.key]
    key += [names["right", column] for column in right.key if column not in compared]
    return Join(left, right, joining.kind, joining.on, outputs, tuple(key), frozenset(single))


def _pair_problems(left: Plan, right: Plan, on: Sequence[tuple[str, str]]) -> list[Sentence]:
    if not 1 <= len(on) <= MOST_PAIRS or len(set(on)) < len(on):
        text = _("name 1 to {most} different pairs of columns to compare")
        return [Sentence(text, code="plan.join_pairs", most=MOST_PAIRS)]
    problems = []
    ours = {output.name: output for output in left.outputs}
    theirs = {output.name: output for output in right.outputs}
    for one, other in on:
        missing = [name for name, side in ((one, ours), (other, theirs)) if name not in side]
        if missing:
            text = _("column {name!r} is not granted, so nothing is compared with it")
            problems += [Sentence(text, code="plan.join_not_granted", name=name) for name in missing]
        elif problem := _pair_problem(ours[one], theirs[other]):
            text = _("{left!r} and {right!r}: {problem}")
            problems.append(Sentence(text, code="plan.join_pair", left=one, right=other, problem=problem))
    return problems


def _pair_problem(one: Output, other: Output) -> Sentence | None:
    """Return why the delivered values of two columns are not to be compared."""
    if one.type.kind is not other.type.kind or one.type.array or other.type.array or one.type.kind not in _COMPARED:
        text = _("{left} and {right} are not compared; texts, whole numbers, decimals and days are, with their like")
        return Sentence(text, code="join.types", left=str(one.type), right=str(other.type))
    if one.type.kind is Kind.DECIMAL and not (duckdb_type(one.type) and duckdb_type(other.type)):
        text = _("decimals of more than 38 digits, or without a stated size, are not compared")
        return Sentence(text, code="join.decimals")
    if not (_whole(one.mask) and _whole(other.mask)):
        text = _("a value of which a part is hidden is no longer one value; compare a column that is shown or hashed")
        return Sentence(text, code="join.masked")
    if _keyed(one.mask) != _keyed(other.mask):
        text = _("they are hidden in different ways, or under different salts, so that they are not to be joined")
        return Sentence(text, code="join.salts")
    if isinstance(one.mask, Hash) and (
        None in (places := {_places(one.source_type), _places(other.source_type)}) or len(places) > 1
    ):
        text = _("hashes of {left} and {right} differ where the numbers are equal, because 1.0 and 1.00 are two texts")
        return Sentence(text, code="join.places", left=str(one.source_type), right=str(other.source_type))
    return None


def _places(of: SqlType) -> int | None:
    """Return the places behind the point with which a number is written as text; None when each value has its own."""
    if of.kind is not Kind.DECIMAL:
        return 0
    return (*of.modifiers, 0)[1] if of.modifiers else None


def _whole(mask: Mask | None) -> bool:
    """Return whether different values stay different, and equal ones equal."""
    return mask is None or isinstance(mask, Translate | FormatPreserving) or (isinstance(mask, Hash) and
                                                                             mask.length == Hash.length)  # fmt: skip


def _keyed(mask: Mask | None) -> Mask | None:
    return mask if isinstance(mask, Hash | FormatPreserving) else None


def _outputs(left: Plan, right: Plan, joining: Joining) -> tuple[Joined, ...]:
    """Return all columns of the left side, then those of the right that were not compared; no two names are alike."""
    found: list[Joined] = []
    taken: set[str] = set()
    compared = {theirs for _ours, theirs in joining.on}
    for side, plan in (("left", left), ("right", right)):
        nullable = {column.name: column.nullable for column in plan.read.columns}
        for output in plan.outputs:
            if side == "right" and output.name in compared:
                continue
            name = _free(output.name, taken)
            taken.add(name.lower())
            empty = output.mask is not None or nullable[output.column]
            outer = side == "right" and joining.kind is JoinKind.LEFT
            found.append(Joined("left" if side == "left" else "right", output.name, output.type, name, empty or outer))
    return tuple(found)


def _free(name: str, taken: set[str]) -> str:
    number, wanted = 2, name
    while wanted.lower() in taken:
        end = f"_{number}"
        kept = name.encode()[: _LONGEST - len(end)].decode(errors="ignore")
        number, wanted = number + 1, kept + end
    return wanted


def joined_ticket(left: Ticket, right: Ticket, joining: Joining, join: Join) -> Ticket:
    """Return what both tickets open together, in a ticket's form; nobody signs it, both are asked as long as it runs.

    Raises:
        PlanRefused: The two do not belong together.
    """
    problems = ticket_problems(left, right, joining)
    if problems or left.target is None:
        raise PlanRefused(tuple(problems))
    return replace(
        left,
        id=uuid5(left.id, str(right.id)),
        items=tuple(Item(one.name, one.name) for one in join.outputs),
        key=join.key,
        target=TargetRef(left.target.place, joining.table),
        filter=EVERY_ROW,
        checks=(),
        quota=None,
        valid_from=max(left.valid_from, right.valid_from),
        valid_until=min(left.valid_until, right.valid_until),
    )


def ticket_problems(left: Ticket, right: Ticket, joining: Joining) -> list[Sentence]:
    """Return what stands against joining what two tickets open."""
    problems = []
    if left.grant == right.grant or left.id == right.id:
        problems.append(Sentence(_("a grant is not joined with itself"), code="plan.join_itself"))
    if left.consumer.credit_code != right.consumer.credit_code:
        problems.append(Sentence(_("the two grants are of different consumers"), code="plan.join_consumers"))
    if not left.channel is right.channel is Channel.TABLE:
        problems.append(Sentence(_("both grants must bring tables, not files"), code="plan.join_channel"))
    elif left.target is None or right.target is None or left.target.place != right.target.place:
        text = _("both grants must deliver into the same database; the joined rows go there and nowhere else")
        problems.append(Sentence(text, code="plan.join_place"))
    elif joining.table in (left.target.table, right.target.table):
        text = _("{table} is the table that one of the grants fills; name another for the joined rows")
        problems.append(Sentence(text, code="plan.join_table", table=joining.table))
    return problems + _ungranted(left, right, joining.on)


def _ungranted(left: Ticket, right: Ticket, on: Sequence[tuple[str, str]]) -> list[Sentence]:
    """Return which compared columns no ticket delivers; no source has to be asked for that."""
    text = _("column {name!r} is not granted, so nothing is compared with it")
    ours, theirs = ({item.name for item in one.items if not isinstance(item.mask, Drop)} for one in (left, right))
    missing = [name for name, _other in on if name not in ours] + [name for _one, name in on if name not in theirs]
    return [Sentence(text, code="plan.join_not_granted", name=name) for name in missing]


def told(join: Join, sides: Mapping[Side, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what an outcome says of a join: how, and what each side gave."""
    return {
        "kind": join.kind.value,
        "on": [list(pair) for pair in join.on],
        "left": dict(sides["left"]),
        "right": dict(sides["right"]),
    }
