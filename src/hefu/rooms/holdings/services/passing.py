"""A library goes on to other departments: catalogued by its keeper, delivered within what its sources share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from hefu.dataplane.lake.assembling import provenance
from hefu.dataplane.lake.source import TABLE, LakeSource
from hefu.dataplane.lake.table import Version
from hefu.dataplane.masks import Constant, Null
from hefu.dataplane.ticket import Ticket
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import (
    Content,
    FormatClass,
    ItemContent,
    ItemType,
    OpenType,
    ShareType,
)
from hefu.rooms.holdings import decide, errors, queries, terms
from hefu.rooms.holdings.access import require, require_keeper
from hefu.rooms.holdings.models import CollectionRun, Holding, Library, LibraryConsent
from hefu.rooms.holdings.queries import table_of
from hefu.rooms.holdings.services.carrying import WORKER
from hefu.rooms.holdings.services.libraries import record_library, require_shared
from hefu.rooms.holdings.sharing import shares
from hefu.rooms.holdings.terms import ART_14, ART_25, FieldShare, LibraryKind, RunStatus
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources import services as resource_services

if TYPE_CHECKING:
    from hefu.rooms.catalog.models import Entry

#: Class of the entry by the kind of library: base data, or a theme's.
_CLASS = {kind: "2" if kind is LibraryKind.THEME else "1" for kind in LibraryKind}


@transaction.atomic
def catalogue_library(*, number: str, fields: Sequence[str], actor: Actor, clock: Clock) -> "Entry":
    """Draft a catalogue entry of some fields of a library, mounted on it; its keeper completes and submits it.

    The draft says of sharing what the sources say together: the strictest type, grade and finding, and all their
    conditions.

    Args:
        number: Of the library.
        fields: Which, beside the subject.
        actor: Officer or chief of the keeper.
        clock: For its times.

    Raises:
        NotFound, Forbidden: The actor may not see the library, does not keep it, or drafts no entries there.
        NotAssembled: There is no version yet.
        InputsRejected: A field that it does not have, or none.
        NotToBePassedOn: A source does not let the library share a field on.
    """
    row = queries.library(number, viewer=actor)
    require_keeper(actor, "libraries.catalogue", row.department_id)
    if row.version is None:
        raise errors.NotAssembled(number=number)
    found = {share.name: share for share in shares(row, on=clock.today())}
    subject, *_rest = found
    chosen = [subject, *dict.fromkeys(name for name in fields if name != subject)]
    if len(chosen) < 2 or not set(chosen) <= set(found):
        raise InputsRejected(problems={"fields": _("Choose fields that the library has, at least one.")})
    wanted = [found[name] for name in chosen]
    for share in wanted:
        _require_free(row, share)
    entry = catalog_services.draft_entry(
        provider_id=row.department_id, content=_content(row, wanted), actor=actor, clock=clock
    )
    source = resource_services.register_library(
        library_id=row.pk,
        department_id=row.department_id,
        name=f"{row.name} {row.number}"[-120:],
        actor=actor,
        clock=clock,
    )
    held_in = {item.pk: item.name for item in catalog.items_of(catalog.entry(entry.pk, viewer=actor))}
    resource_services.mount(
        entry_id=entry.pk, source_id=source.pk, table=TABLE, columns=held_in, key=[subject], actor=actor, clock=clock
    )
    record_library(
        terms.LIBRARY_CATALOGUED,
        row,
        actor=actor,
        clock=clock,
        entry=entry.code,
        fields=chosen,
        share_type=entry.share_type,
        sources=sorted({source.entry for share in wanted for source in share.sources}),
    )
    return entry


def _require_free(row: Library, share: FieldShare) -> None:
    if share.why_not:
        basis = share.basis or ART_25
        raise errors.NotToBePassedOn(
            library=row.number, field=share.name, why=share.why_not, source=str(basis), citation=basis
        )


def _content(row: Library, wanted: Sequence[FieldShare]) -> Content:
    codes = dict.fromkeys(source.entry for share in wanted for source in share.sources)
    entries = [catalog.entry(code, viewer=WORKER) for code in codes]
    bound = any(share.share_type is ShareType.CONDITIONAL for share in wanted)

    def told(field: str) -> str:
        said = [(one.name, getattr(one, field).strip()) for one in entries if one.share_type == ShareType.CONDITIONAL]
        return "\n".join(f"{name}：{text}" for name, text in said if text) if bound else ""

    return Content(
        name=row.name,
        class_code=_CLASS[LibraryKind(row.kind)],
        format_class=FormatClass.DATABASE,
        share_type=ShareType.CONDITIONAL if bound else ShareType.UNCONDITIONAL,
        share_condition=told("share_condition"),
        share_scope=told("share_scope"),
        use_condition=told("use_condition"),
        open_type=OpenType.CLOSED,
        grade=decide.strictest(entry.grade for entry in entries),
        personal_info=decide.most_personal(entry.personal_info for entry in entries),
        related_codes=tuple(codes),
        items=tuple(
            ItemContent(
                share.name,
                type=ItemType.TEXT,
                share_type=ShareType.UNCONDITIONAL if bound and share.share_type is ShareType.UNCONDITIONAL else None,
                description="；".join(f"{one.department} {one.entry_name} {one.column}" for one in share.sources),
            )
            for share in wanted
        ),
    )


@transaction.atomic
def consent(*, number: str, holding: str, columns: Sequence[str], actor: Actor, clock: Clock) -> LibraryConsent:
    """Let a library of another department share columns of a holding on, in place of what was said before.

    Args:
        number: Of the library.
        holding: Of the actor's department, and a part of the library.
        columns: Which columns of it.
        actor: Officer or chief of the holding's department.
        clock: For the record.

    Raises:
        NotFound: No such holding that the actor may see, or it is no part of such a library.
        Forbidden: Another department's.
        InputsRejected: A column that the library does not take, or none.

    Source: decree 809 art. 25.
    """
    held, row = _part_of(number, holding, "holdings.consent", actor)
    taken = {source.column for share in shares(row, on=clock.today()) for source in share.sources
             if source.holding == holding}  # fmt: skip
    if not columns or not set(columns) <= taken:
        raise InputsRejected(problems={"columns": _("Choose columns that the library takes from the holding.")})
    row.consents.filter(holding=held, withdrawn_at__isnull=True).update(withdrawn_at=clock.now())
    made = LibraryConsent.objects.create(
        id=new_id(clock.now()),
        library=row,
        holding=held,
        columns=sorted(set(columns)),
        given_by=actor.id,
        given_by_name=actor.name,
        given_at=clock.now(),
    )
    record_library(
        terms.CONSENT_GIVEN,
        row,
        actor=actor,
        clock=clock,
        concerns=[held.department_id],
        basis=ART_25,
        holding=holding,
        entry=held.entry.code,
        columns=made.columns,
    )
    return made


@transaction.atomic
def withdraw_consent(*, number: str, holding: str, actor: Actor, clock: Clock) -> None:
    """Let a library share the columns of a holding on no more: from now on deliveries of them are refused.

    Raises:
        NotFound, Forbidden: As `consent`; also where none was given.
    """
    held, row = _part_of(number, holding, "holdings.consent", actor)
    if not row.consents.filter(holding=held, withdrawn_at__isnull=True).update(withdrawn_at=clock.now()):
        raise NotFound(what="consent", key=f"{number} {holding}")
    record_library(
        terms.CONSENT_WITHDRAWN,
        row,
        actor=actor,
        clock=clock,
        concerns=[held.department_id],
        basis=ART_25,
        holding=holding,
        entry=held.entry.code,
    )


def _part_of(number: str, holding: str, action: str, actor: Actor) -> tuple[Holding, Library]:
    held = queries.holding(holding, viewer=actor)
    require(actor, action, held.department_id)
    # Locked, so that two who consent at once leave one consent.
    found = Library.objects.select_for_update(of=("self",)).select_related("department").filter(number=number).first()
    if found is None or holding not in queries.part_numbers(found):
        raise NotFound(what="library", key=number)
    return held, found


@transaction.atomic
def library_for(*, ticket: Ticket, library_id: UUID, delivery: str, actor: Actor, clock: Clock) -> LakeSource:
    """Return the version of a library that a delivery reads, when its sources let all that leaves be shared on.

    Args:
        ticket: What is delivered under.
        library_id: Which library its source is.
        delivery: Number of the delivery, for the record.
        actor: The worker.
        clock: For the record.

    Raises:
        Forbidden: A person asks.
        NotAssembled: There is no version.
        NoSuchVersion: Its files were dropped.
        Refusal: Its sources do not let it, as `Passing.require` says.
    """
    passing = passing_of(ticket=ticket, library_id=library_id, actor=actor)
    leaving = passing.require(on=clock.today())
    row, version = passing.library, passing.version
    record_library(
        terms.LIBRARY_PASSED_ON,
        row,
        actor=actor,
        clock=clock,
        version=version.number,
        rows=version.rows,
        delivery=delivery,
        fields=[share.name for share in leaving],
    )
    return LakeSource(table_of(row.pk), version, name=row.number, as_of=_as_of(version))


def passing_of(*, ticket: Ticket, library_id: UUID, actor: Actor) -> "Passing":
    """Return what a delivery reads of a library, to be looked at before it and while it runs.

    Raises:
        Forbidden: A person asks.
        NotAssembled: There is no version.
        NoSuchVersion: Its files were dropped.
    """
    if not actor.is_system:
        raise Forbidden(action="holdings.library_for")
    row = Library.objects.select_related("department").get(pk=library_id)
    if row.version is None:
        raise errors.NotAssembled(number=row.number)
    # The version that the row speaks of, not one that is about to be put on record.
    return Passing(ticket, row, table_of(row.pk).version(row.version))


@dataclass(frozen=True)
class Passing:
    """What leaves a library under a ticket: the version, and the library as it stood with it."""

    ticket: Ticket
    library: Library
    version: Version

    def refused(self, *, on: date) -> Refusal | None:
        """Return why its sources do not let it leave, or None."""
        try:
            self.require(on=on)
        except Refusal as refusal:
            return refusal
        return None

    def require(self, *, on: date) -> list[FieldShare]:
        """Return the fields that leave, when their sources let all of them be shared on today.

        Raises:
            NoLongerShared: The version holds rows of an entry that is not shared any more.
            NotToBePassedOn: A source does not let the library share a column on.
            TooFreelyShared: The entry shares a column unconditionally, and a source conditionally.
            StatedTooLow: The entry states a lower grade, or less personal information, than a source of a field.
        """
        ticket, row = self.ticket, self.library
        require_shared(row, self.version, on=on)
        shown = {item.column for item in ticket.items if not isinstance(item.mask, Constant | Null)}
        named = {*shown, *ticket.key, *ticket.columns_besides}
        entry = catalog.entry(ticket.entry, viewer=WORKER)
        free = _freely_shared(entry)
        subject, *fields = shares(row, on=on)
        leaving = [subject, *(share for share in fields if {share.name, provenance(share.name)} & named)]
        for share in leaving:
            _require_free(row, share)
            if (
                {share.name, provenance(share.name)} & free
                and share.share_type is ShareType.CONDITIONAL
                and not _is_own(share)
            ):
                raise errors.TooFreelyShared(
                    entry=ticket.entry, field=share.name, library=row.number, source=str(ART_14), citation=ART_14
                )
        for code in dict.fromkeys(source.entry for share in leaving for source in share.sources):
            source = catalog.entry(code, viewer=WORKER)
            if not (
                decide.is_as_strict(entry.grade, source.grade)
                and decide.is_as_personal(entry.personal_info, source.personal_info)
            ):
                raise errors.StatedTooLow(entry=entry.code, library=row.number, kept_in=source.code)
        return leaving


def _freely_shared(entry: "Entry") -> set[str]:
    """Return the columns that an entry promises without conditions: a request for these alone is answered so."""
    resource = resources.resource_for_entry(entry.pk, viewer=WORKER)
    held_in = resources.columns_of(resource) if resource else {}
    return {
        held_in[item.pk]
        for item in catalog.items_of(entry)
        if item.pk in held_in and (item.share_type or entry.share_type) == ShareType.UNCONDITIONAL
    }


def _as_of(version: Version) -> datetime | None:
    """Return when the oldest of what a version was put together from was collected."""
    collected = CollectionRun.objects.filter(status=RunStatus.DONE, collected_at__isnull=False)
    moments = (
        collected.filter(holding__number=number, version=of).values_list("collected_at", flat=True).first()
        for number, of in version.made_of
    )
    return min((at for at in moments if at is not None), default=None)


def _is_own(share: FieldShare) -> bool:
    return all(source.own for source in share.sources if source.share_type is ShareType.CONDITIONAL)
