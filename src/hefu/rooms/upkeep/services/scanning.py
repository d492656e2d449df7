"""How a source is scanned for what could be catalogued, and what becomes of the proposals."""

import dataclasses
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound, Refusal
from hefu.kernel.words import _
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import Channel, Content, FormatClass, Grade, ItemContent, ItemType, PersonalInfo
from hefu.rooms.evidence.services import record
from hefu.rooms.resources import queries as resources
from hefu.rooms.resources.terms import DATABASES, PlaceKind
from hefu.rooms.upkeep import decide
from hefu.rooms.upkeep.access import of_departments, require
from hefu.rooms.upkeep.models import Proposal, Scan
from hefu.rooms.upkeep.services.systems import propose_system
from hefu.rooms.upkeep.services.tying import tie_system
from hefu.rooms.upkeep.terms import cases
from hefu.rooms.upkeep.terms.cases import ProposalStatus, ScanStatus, Settled

#: Name of the task in `jobs`; services may not import what stands above them.
RUN = "upkeep.scan"
#: Proposals that are settled together at most.
MOST_TOGETHER = 500
#: What an entry says of the form of its data.
_FORMATS = dict.fromkeys(PlaceKind, "csv") | {PlaceKind.POSTGRES: "postgresql", PlaceKind.MYSQL: "mysql"}
_FORMATS |= {PlaceKind.ORACLE: "oracle", PlaceKind.DAMENG: "dm"}


@transaction.atomic
def ask_scan(*, source_id: UUID, actor: Actor, clock: Clock) -> Scan:
    """Let the worker look through all tables of a source; a scan that waits or runs is returned as it is.

    Raises:
        NotFound: No such source that the actor may see.
        Forbidden: Another department's.
    """
    source = resources.source(source_id, viewer=actor)
    require(actor, "upkeep.scan", source.department_id)
    present = Scan.objects.filter(source_id=source.pk, status__in=[ScanStatus.WAITING, ScanStatus.RUNNING]).first()
    if present:
        return present
    row = Scan.objects.create(id=new_id(clock.now()), source_id=source.pk, asked_by=actor.id, asked_at=clock.now())
    configure_task(name=RUN, job_manager=JobManager(DjangoConnector())).defer(scan_id=str(row.pk))
    return row


def scan_source(*, scan_id: UUID, actor: Actor, clock: Clock) -> Scan:
    """Look through the tables of a source and propose an entry for each that is not mounted yet.

    Safe to do twice: a table is proposed once, and what somebody took or ignored stays so. Progress is kept
    after each table. No value of any table is kept.

    Raises:
        Forbidden: Only the platform scans.
        NotFound: No such scan.
    """
    require(actor, "upkeep.run_scan")
    row = Scan.objects.select_related("source").filter(pk=scan_id).first()
    if row is None:
        raise NotFound(what="scan", key=scan_id)
    if row.status in (ScanStatus.DONE, ScanStatus.FAILED):
        return row
    try:
        tables = resources.tables(row.source_id, viewer=actor)
        row.status, row.total, row.done = ScanStatus.RUNNING, len(tables), 0
        row.save()
        mounted = set(resources.mounts(viewer=actor).filter(source_id=row.source_id).values_list("schema", "table"))
        for one in tables:
            if (one.schema, one.table) not in mounted:
                _propose(row.source_id, one, actor=actor, clock=clock)
            row.done += 1
            row.save(update_fields=["done"])
        told = [f"{one.table} {one.comment}" for one in tables]
        propose_system(source_id=row.source_id, tables=told, actor=actor, clock=clock)
        row.status = ScanStatus.DONE
    except Refusal as refusal:
        row.status, row.fault = ScanStatus.FAILED, str(refusal)
    row.ended_at = clock.now()
    row.save()
    record(
        cases.SOURCE_SCANNED,
        subject=f"source:{row.source_id}",
        by=actor,
        at=clock.now(),
        concerns=[row.source.department_id],
        body={"source": str(row.source_id), "tables": row.done},
    )
    return row


def _propose(source_id: UUID, one: Any, *, actor: Actor, clock: Clock) -> None:
    """Keep what a table could be as an entry; a table that cannot be read is left out."""
    try:
        seen = resources.table(source_id, one.schema, one.table, viewer=actor)
        profiles = {found.name: found for found in resources.profile(source_id, one.schema, one.table, viewer=actor)}
    except Refusal:
        return
    items, told = [], []
    for column in seen.columns:
        profile = profiles.get(column.name)
        pattern = profile.pattern if profile else ""
        made = decide.item(
            column.name, column.type, column.comment, pattern=pattern, longest=profile.longest if profile else None
        )
        items.append(made)
        told.append(
            dataclasses.asdict(made)
            | {
                "column_type": column.type,
                "empty": round(100 * profile.empty_share) if profile else None,
                "distinct": profile.distinct if profile else None,
                "longest": profile.longest if profile else None,
                "pattern": pattern,
            }
        )
    personal = decide.of_table(items)
    facts = {
        "name": (one.comment or one.table)[:200],
        "rows_estimate": one.rows_estimate,
        "items": told,
        "grade": decide.grade_of(personal, one.rows_estimate).value,
        "personal_info": personal.value,
        "found_at": clock.now(),
    }
    Proposal.objects.update_or_create(
        source_id=source_id,
        schema=one.schema,
        table=one.table,
        defaults=facts,
        create_defaults=facts | {"id": new_id(clock.now())},
    )


@transaction.atomic
def take_proposal(
    *, proposal_id: UUID, name: str = "", system_id: UUID | None = None, actor: Actor, clock: Clock
) -> Proposal:
    """Draft an entry from a proposal, tied to its system, for its department to complete.

    Args:
        proposal_id: Which.
        name: What the entry is to be called, when not as proposed.
        system_id: The system whose data it is; without it, the one that the source belongs to, if any.
        actor: Officer or chief of the source's department.
        clock: For its times.

    Raises:
        NotFound: No such proposal that the actor may see, or it was settled; no such system of the department.
        Forbidden: Another department's.
        InputsRejected: As `catalog.services.draft_entry`.
    """
    row = _open(proposal_id, actor)
    source = row.source
    system = _system(system_id, source, actor) if system_id else source.system
    entry = catalog_services.draft_entry(
        provider_id=source.department_id,
        content=Content(
            name=name.strip() or row.name,
            format_class=FormatClass.DATABASE if source.kind in DATABASES else FormatClass.SPREADSHEET,
            format_types=(_FORMATS[PlaceKind(source.kind)],),
            channels=(Channel.TABLE,) if source.kind in DATABASES else (Channel.FILE,),
            grade=Grade(row.grade),
            personal_info=PersonalInfo(row.personal_info),
            system_name=system.name if system else "",
            items=tuple(
                ItemContent(one["name"], one["code"], ItemType(one["type"]), one["length"]) for one in row.items
            ),
        ),
        actor=actor,
        clock=clock,
    )
    row.status, row.entry_id = ProposalStatus.TAKEN.value, entry.pk
    row.save(update_fields=["status", "entry"])
    if system:
        tie_system(entry_id=entry.pk, system_id=system.pk, actor=actor, clock=clock)
    return row


def _system(system_id: UUID, source: Any, actor: Actor) -> Any:
    found = resources.registered_systems(viewer=actor).filter(pk=system_id, department_id=source.department_id).first()
    if found is None:
        raise NotFound(what="information system", key=system_id)
    return found


@transaction.atomic
def ignore_proposal(*, proposal_id: UUID, actor: Actor, clock: Clock) -> Proposal:
    """Say that a table is nothing to catalogue; later scans leave it so.

    Raises:
        NotFound: No such proposal that the actor may see, or it was settled.
        Forbidden: Another department's.
    """
    del clock
    row = _open(proposal_id, actor)
    row.status = ProposalStatus.IGNORED.value
    row.save(update_fields=["status"])
    return row


@transaction.atomic
def settle_together(
    *, proposal_ids: Sequence[UUID | None], status: ProposalStatus, actor: Actor, clock: Clock
) -> list[Settled]:
    """Draft an entry from each of several proposals, or leave each out; what is refused stays and the others go on.

    Args:
        proposal_ids: Which; each is settled as `take_proposal` or `ignore_proposal` does it.
        status: What becomes of them: taken or ignored.
        actor: Officer or chief of the sources' department.
        clock: For their times.

    Raises:
        InputsRejected: None or too many were chosen.
    """
    # In one order, whatever was clicked first: two who settle the same tables must not wait for each other.
    chosen = sorted({one for one in proposal_ids if one is not None})
    if not chosen:
        raise InputsRejected(problems={"pick": _("Choose at least one table.")})
    if len(chosen) > MOST_TOGETHER:
        raise InputsRejected(problems={"pick": _("Choose at most 500 tables at once.")})
    work = take_proposal if status is ProposalStatus.TAKEN else ignore_proposal
    results = []
    for proposal_id in chosen:
        try:
            with transaction.atomic():
                row = work(proposal_id=proposal_id, actor=actor, clock=clock)
            results.append(Settled(proposal_id, row.name))
        except Refusal as refusal:
            results.append(Settled(proposal_id, _called(proposal_id, actor), refusal))
    return results


def _called(proposal_id: UUID, actor: Actor) -> str:
    """Return the name of a proposal that the actor may see, else its id."""
    seen = Proposal.objects.filter(of_departments(actor, "source__department_id"), pk=proposal_id)
    return seen.values_list("name", flat=True).first() or str(proposal_id)


def _open(proposal_id: UUID, actor: Actor) -> Proposal:
    rows = Proposal.objects.select_for_update(of=("self",)).select_related("source__system")
    row = rows.filter(
        of_departments(actor, "source__department_id"), pk=proposal_id, status=ProposalStatus.OPEN
    ).first()
    if row is None:
        raise NotFound(what="proposed entry", key=proposal_id)
    require(actor, "upkeep.scan", row.source.department_id)
    return row
