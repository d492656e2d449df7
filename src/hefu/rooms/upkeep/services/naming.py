"""How the authority names the source department of each item, finds data different, and takes a finding back."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.names import folded
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record
from hefu.rooms.parties import queries as parties
from hefu.rooms.upkeep import errors, queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import ItemNaming, Naming, Pair, Sketch, Told
from hefu.rooms.upkeep.queries import Alike
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import PairStatus
from hefu.rooms.upkeep.terms.naming import PAIR_REOPENED, SOURCE_NAMED, Said, Words


def name_source(*, pair_id: UUID, department_id: UUID, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Say that two entries hold one datum, and which department is the source of every item they share.

    Raises:
        NotFound, Forbidden, InputsRejected, SourceNamedBefore: As `name_sources`.
    """
    return name_sources(pair_id=pair_id, words=Words(department_id), reason=reason, actor=actor, clock=clock)


@transaction.atomic
def name_sources(*, pair_id: UUID, words: Words, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Name the source department of each item that two entries share.

    An item that has the same source by another pair keeps that naming, which this pair confirms. Entries that are
    alike by name alone get one source as a whole.

    Raises:
        NotFound: No such pair or department, or two items that are not alike.
        Forbidden: The actor does not review for the authority.
        InputsRejected: No reason, or no source for anything.
        SourceNamedBefore: An item, or an entry as a whole, has another source by another pair.

    Source: decree 809 art. 19.
    """
    row = _locked(pair_id, reason, actor)
    alike = queries.alike(row)
    known = {(one.first.pk, one.second.pk) for one in alike}
    strange = next((key for key in words.items if key not in known), None)
    if strange:
        raise NotFound(what="pair of items", key=strange[0])
    chosen = [(one, words.source(one.first.pk, one.second.pk)) for one in alike]
    wanted = {source for _one, source in chosen if source} or ({words.all} if words.all and not alike else set())
    if not wanted:
        raise InputsRejected(
            problems={"finding": _("Name the source of at least one item, or find the data different.")}
        )
    departments = {key: parties.department(key, viewer=actor) for key in sorted(wanted)}
    _take_back(row, reason, actor, clock.now())
    named = [(one, departments[source]) for one, source in chosen if source]
    for one, department in named:
        _name(row, one, department, actor, clock.now(), reason.strip())
    if not alike:
        _name_whole(row, next(iter(departments.values())), actor, clock.now(), reason.strip())
    counts = Counter(source for _one, source in chosen if source) or Counter(wanted)
    main = departments[min(counts, key=lambda key: (-counts[key], departments[key].name))]
    row.status, row.source = PairStatus.ONE_SOURCE.value, main
    _settle(row, reason, actor, clock)
    body = {
        "source": main.credit_code,
        "items": [one.first.name for one, _department in named],
        "sources": [
            {"items": [one.first.code, one.second.code], "source": department.credit_code} for one, department in named
        ],
        "score": row.score,
    }
    _record(row, SOURCE_NAMED, actor, clock, concerns=sorted(departments), **body)
    for key, department in departments.items():
        facts = {"source": department.name, "count": counts[key] if alike else 0}
        _tell(row, Said.NAMED, [key], facts, clock.now())
    return row


@transaction.atomic
def find_different(*, pair_id: UUID, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Say that two like entries hold different data; what was named on the pair before ends.

    Raises:
        NotFound: No such pair.
        Forbidden: The actor does not review for the authority.
        InputsRejected: No reason.
    """
    row = _locked(pair_id, reason, actor)
    _take_back(row, reason, actor, clock.now())
    row.status, row.source = PairStatus.DIFFERENT.value, None
    _settle(row, reason, actor, clock)
    _record(row, cases.PAIR_DISMISSED, actor, clock, concerns=[], score=row.score)
    _tell(row, Said.DIFFERENT, [], {}, clock.now())
    return row


@transaction.atomic
def take_back(*, pair_id: UUID, reason: str, actor: Actor, clock: Clock) -> Pair:
    """Take a finding on a pair back: its namings end, and the pair waits for the authority again.

    What another pair confirms stays named, by that pair.

    Raises:
        NotFound: No such pair.
        Forbidden: The actor does not review for the authority.
        InputsRejected: No reason.
        NothingToTakeBack: Nobody has found anything on it.
    """
    row = _locked(pair_id, reason, actor)
    if row.status == PairStatus.OPEN:
        raise errors.NothingToTakeBack(entry=row.first.name, other=row.second.name)
    was = row.status
    sources = list(row.namings.filter(ended_at__isnull=True).values_list("department_id", flat=True).distinct())
    ended = _take_back(row, reason, actor, clock.now())
    row.status, row.source, row.reason, row.settled_by, row.settled_at = PairStatus.OPEN.value, None, "", "", None
    row.save()
    body: dict[str, Any] = {"was": was, "items": ended, "reason": reason.strip()}
    _record(row, PAIR_REOPENED, actor, clock, concerns=sources, **body)
    _tell(row, Said.TAKEN_BACK, sources, {"reason": reason.strip()}, clock.now())
    return row


def _name(row: Pair, one: Alike, department: Any, actor: Actor, at: datetime, reason: str) -> None:
    """Give both items their source, unless they have it."""
    held = {entry.provider_id: (entry, item) for entry, item in ((row.second, one.second), (row.first, one.first))}
    origin, origin_item = held.get(department.pk, (None, None))
    present = ItemNaming.objects.select_for_update().filter(item__in=[one.first.pk, one.second.pk])
    live = {naming.item_id: naming for naming in present.filter(ended_at__isnull=True)}
    for naming in live.values():
        if naming.department_id != department.pk:
            item, entry = (one.first, row.first) if naming.item_id == one.first.pk else (one.second, row.second)
            raise errors.SourceNamedBefore(item=item.name, entry=entry.code, department=naming.department.name)
        if naming.pair_id != row.pk:
            naming.confirmed_by.add(row)
        if origin is None:
            origin, origin_item = naming.origin, naming.origin_item
    for entry, item in ((row.first, one.first), (row.second, one.second)):
        if item.pk not in live:
            ItemNaming.objects.create(
                id=new_id(at),
                pair=row,
                entry=entry,
                item=item,
                department=department,
                origin=origin,
                origin_item=origin_item,
                folded=folded(item.name),
                code=item.code.casefold(),
                reason=reason,
                named_by=actor.id,
                named_at=at,
            )


def _name_whole(row: Pair, department: Any, actor: Actor, at: datetime, reason: str) -> None:
    """Give both entries their source as a whole, unless they have it."""
    present = Naming.objects.select_for_update(of=("self",)).select_related("department")
    live = {one.entry_id: one for one in present.filter(entry__in=[row.first_id, row.second_id])}
    for entry in (row.first, row.second):
        before = live.get(entry.pk)
        if before is None or before.pair_id is None:  # one without a pair is from before there were any
            facts = {"pair": row, "department": department, "reason": reason, "named_by": actor.id, "named_at": at}
            Naming.objects.update_or_create(entry_id=entry.pk, defaults=facts)
        elif before.department_id != department.pk:
            raise errors.SourceNamedBefore(item=entry.name, entry=entry.code, department=before.department.name)


def _take_back(row: Pair, reason: str, actor: Actor, at: datetime) -> int:
    """End what was named on the pair, except what another pair says too; return how many items have no source now."""
    row.confirmed.clear()
    _take_back_whole(row)
    live = list(row.namings.filter(ended_at__isnull=True).prefetch_related("confirmed_by"))
    row.namings.filter(ended_at__isnull=True).update(ended_at=at, ended_by=actor.id, ended_reason=reason.strip())
    for naming in live:
        confirming = sorted(naming.confirmed_by.all(), key=lambda pair: pair.pk)
        if confirming:
            _hand_over(naming, confirming, at)
    return sum(not naming.confirmed_by.all() for naming in live)


def _hand_over(naming: ItemNaming, confirming: list[Pair], at: datetime) -> None:
    """Let the first of the pairs that confirm a naming stand for it from now on."""
    heir, *others = confirming
    named = ItemNaming.objects.create(
        id=new_id(at),
        pair=heir,
        entry_id=naming.entry_id,
        item_id=naming.item_id,
        department_id=naming.department_id,
        origin_id=naming.origin_id,
        origin_item_id=naming.origin_item_id,
        folded=naming.folded,
        code=naming.code,
        reason=heir.reason,
        named_by=heir.settled_by,
        named_at=at,
    )
    named.confirmed_by.set(others)


def _take_back_whole(row: Pair) -> None:
    """End what was named on the pair for its entries as wholes, except what another pair says of them too."""
    for naming in row.whole_namings.all():
        says_so = Pair.objects.filter(
            Q(first_id=naming.entry_id) | Q(second_id=naming.entry_id),
            status=PairStatus.ONE_SOURCE.value,
            source_id=naming.department_id,
            namings__isnull=True,
        )
        heir = says_so.exclude(pk=row.pk).order_by("pk").first()
        if heir is None:
            naming.delete()
            continue
        naming.pair, naming.reason, naming.named_by = heir, heir.reason, heir.settled_by
        naming.save()


def _locked(pair_id: UUID, reason: str, actor: Actor) -> Pair:
    require(actor, "upkeep.settle_duplicates")
    rows = Pair.objects.select_for_update(of=("self",)).select_related("first__provider", "second__provider")
    row = rows.filter(pk=pair_id).first()
    if row is None:
        raise NotFound(what="pair of entries", key=pair_id)
    if not reason.strip():
        raise InputsRejected(problems={"reason": _("This is needed.")})
    # Pairs that share an entry are settled one after the other: each item has one source.
    list(Sketch.objects.select_for_update().filter(pk__in=[row.first_id, row.second_id]).order_by("pk"))
    return row


def _settle(row: Pair, reason: str, actor: Actor, clock: Clock) -> None:
    row.reason, row.settled_by, row.settled_at = reason.strip(), actor.id, clock.now()
    row.save()


def _record(row: Pair, kind: Any, actor: Actor, clock: Clock, *, concerns: list[UUID], **body: Any) -> None:
    record(
        kind,
        subject=row.first.code,
        by=actor,
        at=clock.now(),
        basis=[cases.ART_19],
        concerns=[row.first.provider_id, row.second.provider_id, *concerns],
        body={"entries": [row.first.code, row.second.code], "reason": row.reason} | body,
    )


def _tell(row: Pair, said: Said, others: list[UUID], facts: dict[str, Any], at: datetime) -> None:
    """Leave a notice for both departments and for those named."""
    told = {"entry": row.first.name, "other": row.second.name} | facts
    whom = sorted({row.first.provider_id, row.second.provider_id, *others})
    Told.objects.bulk_create(
        [Told(id=new_id(at), to_id=one, pair=row, said=said.value, facts=told, at=at) for one in whom]
    )
