"""What may happen to a grant, and what its ticket says. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import count

from hefu.dataplane.filters import Condition, RowFilter
from hefu.dataplane.masks import DateShift, Drop, Mask, looks_at
from hefu.dataplane.ticket import Channel, Item, Quota, ResourceRef
from hefu.kernel.clock import CHINA
from hefu.rooms.grants.errors import (
    ChannelNeedsNoTarget,
    FilesAreNotFollowed,
    FilesHaveNoIncrements,
    FollowHasNoLimit,
    FollowNotGranted,
    GrantMoveRefused,
    HoldIsAnothers,
    IncrementsHaveNoLimit,
    NotNarrower,
    TermOver,
)
from hefu.rooms.grants.terms import MOVES, SIDE_NAMES, STATUS_NAMES, GrantFacts, GrantStatus, Lack, Mount, Side, Way
from hefu.rooms.requests.terms import GrantedItem

#: Bytes that PostgreSQL keeps of a name.
LONGEST_NAME = 63


@dataclass(frozen=True)
class Scope:
    """The part of a ticket that grant and mount decide together."""

    resource: ResourceRef
    items: tuple[Item, ...]
    key: tuple[str, ...]
    filter: RowFilter
    quota: Quota | None


@dataclass(frozen=True)
class Wanted:
    """A smaller grant; None leaves a limit as it is."""

    #: Codes of the items that stay.
    items: frozenset[str] | None = None
    #: Items whose values are hidden from now on, with the mask.
    masks: tuple[GrantedItem, ...] = ()
    #: Conditions added to those that hold already.
    rows: tuple[Condition, ...] = ()
    term_until: date | None = None
    quota_rows: int | None = None
    quota_deliveries: int | None = None
    #: False takes back that changes may be followed.
    may_follow: bool | None = None


def move(grant: GrantFacts, wanted: GrantStatus) -> GrantStatus:
    """Return `wanted` when the grant may become it.

    Raises:
        GrantMoveRefused: It may not; a revoked or expired grant never comes back.
    """
    if wanted not in MOVES[grant.status]:
        raise GrantMoveRefused(number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[wanted])
    return wanted


def suspend(grant: GrantFacts) -> None:
    """Let somebody hold an active grant; one that waits delivers nothing that could be held.

    Raises:
        GrantMoveRefused: It is not active.
    """
    if grant.status is not GrantStatus.ACTIVE:
        raise GrantMoveRefused(
            number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[GrantStatus.SUSPENDED]
        )


def resume(grant: GrantFacts, *, side: Side, today: date, lacks: tuple[Lack, ...]) -> GrantStatus:
    """Lift the hold of a suspended grant; it waits when something is missing by then.

    Args:
        grant: As it stands.
        side: From which side the hold is lifted.
        today: In the office's zone.
        lacks: What `missing` found.

    Raises:
        GrantMoveRefused: It is not suspended.
        HoldIsAnothers: Another side put the hold on, and the authority does not lift it.
        TermOver: There is nothing left to lift.
    """
    if grant.status is not GrantStatus.SUSPENDED:
        raise GrantMoveRefused(
            number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[GrantStatus.ACTIVE]
        )
    if grant.held_by is not None and side not in (grant.held_by, Side.AUTHORITY):
        raise HoldIsAnothers(number=grant.number, held_by=SIDE_NAMES[grant.held_by])
    if today > grant.term_until:
        raise TermOver(number=grant.number, term_until=grant.term_until)
    return move(grant, GrantStatus.WAITING if lacks else GrantStatus.ACTIVE)


def narrow(grant: GrantFacts, wanted: Wanted) -> GrantFacts:
    """Return the grant made smaller.

    Raises:
        GrantMoveRefused: It is over, or on hold: lift the hold first, so that nobody narrows unseen.
        NotNarrower: Some limit would be wider, nothing would be left, or nothing would change.
    """
    if grant.status not in (GrantStatus.ACTIVE, GrantStatus.WAITING):
        raise GrantMoveRefused(
            number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[GrantStatus.ACTIVE]
        )
    held = {item.code: item for item in grant.items}
    wider = []
    if wanted.items is not None and (not wanted.items or not wanted.items <= held.keys()):
        wider.append("items")
    # A mask can be put on, never exchanged: which of two masks hides more is a person's question.
    if any(item.mask is None or item.code not in held or held[item.code].mask for item in wanted.masks):
        wider.append("masks")
    if wanted.term_until is not None and not grant.term_from <= wanted.term_until <= grant.term_until:
        wider.append("term_until")
    for name in ("quota_rows", "quota_deliveries"):
        before, after = getattr(grant, name), getattr(wanted, name)
        if after is not None and (after < 1 or (before is not None and after > before)):
            wider.append(name)
    if wanted.may_follow and not grant.may_follow:
        wider.append("may_follow")
    masks = {item.code: item.mask for item in wanted.masks}
    kept = wanted.items if wanted.items is not None else held.keys()
    smaller = replace(
        grant,
        items=tuple(replace(item, mask=masks.get(code, item.mask)) for code, item in held.items() if code in kept),
        rows=(*grant.rows, *(row for row in wanted.rows if row not in grant.rows)),
        term_until=wanted.term_until or grant.term_until,
        quota_rows=wanted.quota_rows or grant.quota_rows,
        quota_deliveries=wanted.quota_deliveries or grant.quota_deliveries,
        may_follow=grant.may_follow and wanted.may_follow is not False,
    )
    # What is limited by the delivery cannot be kept in step, or brought in small parts, any more.
    if not _allows(smaller, smaller.way):
        smaller = replace(smaller, way=Way.WHOLE)
    if wider or smaller == grant:
        raise NotNarrower(wider, number=grant.number)
    return smaller


def choose_target(grant: GrantFacts, table: str = "") -> None:
    """Let the consumer name where rows or files arrive.

    Raises:
        ChannelNeedsNoTarget: A `table` is named, and the grant is delivered as a file.
        GrantMoveRefused: The grant is over.
    """
    if grant.channel is Channel.FILE and table:
        raise ChannelNeedsNoTarget(number=grant.number)
    if not MOVES[grant.status]:
        raise GrantMoveRefused(
            number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[GrantStatus.ACTIVE]
        )


def choose_way(grant: GrantFacts, way: Way) -> Way:
    """Let the consumer say how its rows are kept up to date.

    Raises:
        GrantMoveRefused: The grant is over.
        FilesAreNotFollowed: It is delivered as a file.
        FollowNotGranted: The provider lets nobody follow its changes.
        FollowHasNoLimit: It allows so many rows or deliveries and no more, which following cannot keep.
        FilesHaveNoIncrements: It is delivered as a file, of which new rows alone are asked.
        IncrementsHaveNoLimit: It allows so many rows of a delivery and no more, which many small ones would pass.
    """
    if not MOVES[grant.status]:
        raise GrantMoveRefused(
            number=grant.number, status=STATUS_NAMES[grant.status], wanted=STATUS_NAMES[GrantStatus.ACTIVE]
        )
    if way is Way.FOLLOW:
        if grant.channel is not Channel.TABLE:
            raise FilesAreNotFollowed(number=grant.number)
        if not grant.may_follow:
            raise FollowNotGranted(number=grant.number)
        if not _allows(grant, way):
            raise FollowHasNoLimit(number=grant.number)
    if way is Way.INCREMENT:
        if grant.channel is not Channel.TABLE:
            raise FilesHaveNoIncrements(number=grant.number)
        if not _allows(grant, way):
            raise IncrementsHaveNoLimit(number=grant.number)
    return way


def _allows(grant: GrantFacts, way: Way) -> bool:
    """Return whether what limits a grant can be kept by a way."""
    if way is Way.FOLLOW:
        limited = grant.quota_rows is not None or grant.quota_deliveries is not None
        return grant.channel is Channel.TABLE and grant.may_follow and not limited
    # Many small deliveries would pass a limit on the rows of one.
    return way is Way.WHOLE or (grant.channel is Channel.TABLE and grant.quota_rows is None)


def has_ended(grant: GrantFacts, today: date) -> bool:
    """Return whether the term is over; its last day is still in time."""
    return GrantStatus.EXPIRED in MOVES[grant.status] and today > grant.term_until


def missing(grant: GrantFacts, mount: Mount | None) -> tuple[Lack, ...]:
    """Return everything that keeps the grant from being delivered, all at once."""
    lacks = []
    if mount is None:
        lacks.append(Lack.RESOURCE)
    else:
        looked_at = {code for item in grant.items for code in (item.code, *looks_at(item.mask))}
        if looked_at - mount.columns.keys():
            lacks.append(Lack.ITEMS)
        if any(row.column not in mount.columns for row in grant.rows):
            lacks.append(Lack.FILTER)
    if grant.channel is Channel.TABLE and not grant.has_target:
        lacks.append(Lack.TARGET)
    return tuple(lacks)


def scope(grant: GrantFacts, mount: Mount) -> Scope:
    """Return what the grant opens of the mounted resource, in the resource's own columns.

    Only called when nothing is `missing`.
    """
    items = tuple(
        Item(mount.columns[item.code], item.delivered_as or item.code, mask=_in_columns(item.mask, mount))
        for item in grant.items
    )
    return Scope(
        resource=ResourceRef(source=mount.source, kind=mount.kind, schema=mount.schema, table=mount.table),
        items=items,
        key=key_of(items, mount),
        filter=RowFilter(tuple(replace(row, column=mount.columns[row.column]) for row in grant.rows)),
        quota=Quota(grant.quota_rows) if grant.quota_rows is not None else None,
    )


def _in_columns(mask: Mask | None, mount: Mount) -> Mask | None:
    return replace(mask, subject=mount.columns[mask.subject]) if isinstance(mask, DateShift) else mask


def key_of(items: tuple[Item, ...], mount: Mount) -> tuple[str, ...]:
    """Return the columns whose delivered values name a row.

    The resource's key when all of it is delivered; otherwise every delivered column, because part of a
    key names no row.
    """
    granted = tuple(item.column for item in items if not isinstance(item.mask, Drop))
    return mount.key if mount.key and set(mount.key) <= set(granted) else granted


def table_name(source_table: str, *, taken: Collection[str]) -> str:
    """Return a free name for the consumer's table: the provider's, with a number when it is taken.

    Args:
        source_table: Table, or a file's name; its ending is left out.
        taken: Tables of the same place into which other grants deliver.
    """
    stem = source_table.rpartition(".")[0] or source_table
    for place in count(1):
        ending = f"_{place}" if place > 1 else ""
        name = stem.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if name not in taken:
            return name
    raise AssertionError("unreachable: counting does not end")


def validity(grant: GrantFacts) -> tuple[datetime, datetime]:
    """Return the first instant the ticket holds and the first at which it holds no more."""
    first = datetime.combine(grant.term_from, time.min, tzinfo=CHINA)
    after = datetime.combine(grant.term_until + timedelta(days=1), time.min, tzinfo=CHINA)
    return first, after


def idle_since(*, term_from: date, days: Collection[date]) -> date:
    """Return the day from which a grant counts as unused.

    Args:
        term_from: First day of the term; before it nothing can be used.
        days: When it came into force, was last used and was last kept, as far as each has happened.
    """
    return max(term_from, *days)
