"""From a decision to a grant that can be delivered."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from hefu.dataplane import wire
from hefu.dataplane.ticket import Channel
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock, FixedClock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.grants import decide, errors, terms
from hefu.rooms.grants.access import require
from hefu.rooms.grants.models import Grant
from hefu.rooms.grants.mounts import is_own_place
from hefu.rooms.grants.queries import passing_on
from hefu.rooms.grants.services.rows import load, write_down
from hefu.rooms.grants.services.tickets import is_up_to_date, look, sign, sign_anew, tables_taken, try_to_open
from hefu.rooms.grants.terms import GrantStatus, Way
from hefu.rooms.parties import queries as parties
from hefu.rooms.requests.terms import RequestGranted
from hefu.rooms.resources.terms import MountChanged


def on_request_granted(event: RequestGranted) -> None:
    """Issue the grant of a decided request; listens to `RequestGranted`."""
    issue_grant(decision=event, actor=system("grants"), clock=FixedClock(event.decided_at))


def on_mount_changed(event: MountChanged) -> None:
    """Bring the entry's grants in line; listens to `MountChanged`."""
    mount_changed(entry_id=event.entry_id, actor=system("grants"), clock=FixedClock(event.at))


@transaction.atomic
def issue_grant(*, decision: RequestGranted, actor: Actor, clock: Clock) -> Grant:
    """Turn a decision into a grant; sign its ticket when nothing is missing. Issuing twice changes nothing.

    Raises:
        Forbidden: Only the platform issues grants, from a decision.
    """
    require(actor, "grants.issue", consumer_id=decision.consumer_id, provider_id=decision.provider_id)
    present = Grant.objects.filter(request=decision.number).first()
    if present is not None:
        return present
    grant = Grant(
        id=new_id(clock.now()),
        number=_next_number(clock),
        request=decision.number,
        consumer=parties.department(decision.consumer_id, viewer=actor),
        provider=parties.department(decision.provider_id, viewer=actor),
        entry_id=decision.entry_id,
        entry_code=decision.entry_code,
        entry_name=decision.entry_name,
        entry_version=decision.entry_version,
        items=wire.to_json(decision.items),
        rows=wire.to_json(decision.rows.conditions),
        channel=decision.channel,
        target_id=_fitting(decision),
        purpose=decision.purpose,
        basis=[citation.as_json() for citation in decision.basis],
        term_from=decision.term_from,
        term_until=decision.term_until,
        status=GrantStatus.WAITING,
        issued_at=clock.now(),
        changed_at=clock.now(),
    )
    mount, lacks = look(grant)
    grant.missing = list(lacks)
    if mount is not None:
        grant.status = decide.move(grant.facts, GrantStatus.ACTIVE)
    grant.save(force_insert=True)
    write_down(
        terms.GRANT_ISSUED,
        grant,
        actor=actor,
        clock=clock,
        request=grant.request,
        entry=grant.entry_code,
        entry_version=grant.entry_version,
        consumer=grant.consumer.credit_code,
        provider=grant.provider.credit_code,
        items=[item.code for item in decision.items],
        masked=[item.code for item in decision.items if item.mask],
        row_conditions=len(decision.rows.conditions),
        channel=grant.channel,
        term_from=grant.term_from,
        term_until=grant.term_until,
        missing=list(lacks),
        passing_on=_passing_on(grant, on=clock.today()),
    )
    if mount is not None:
        sign(grant, mount, actor=actor, clock=clock)
    return grant


def _passing_on(grant: Grant, *, on: date) -> dict[str, Any]:
    """Return what the law says of passing the data on, for the record; empty where it is silent."""
    told = passing_on(grant.provider.place, on=on)
    return {"may": told.value, "source": told.source.as_json()} if told else {}


@transaction.atomic
def open_grant(*, number: str, actor: Actor, clock: Clock) -> Grant:
    """Look again whether a waiting grant can be delivered now, and sign its ticket when it can.

    Nothing happens to a grant that waits for nothing.

    Raises:
        NotFound, Forbidden: The actor may not see it, or not do this.
    """
    grant, _side = load(number, "grants.open", actor)
    if grant.status == GrantStatus.WAITING:
        try_to_open(grant, actor=actor, clock=clock)
    return grant


def _fitting(decision: RequestGranted) -> UUID | None:
    """Return the place that the request named, when it is the consumer's own and takes what the channel brings."""
    channel, named = Channel(decision.channel), decision.target_id
    fits = named is not None and is_own_place(named, department_id=decision.consumer_id, channel=channel)
    return named if fits else None


@transaction.atomic
def choose_target(*, number: str, target_id: UUID | None, table: str = "", actor: Actor, clock: Clock) -> Grant:
    """Name the consumer's place where rows or files arrive; a grant in force on a table is signed anew for it.

    Args:
        number: Of the grant.
        target_id: One of the consumer's own databases; for a file one of its own servers of files, or None when the
            file is fetched from here.
        table: Name of the table there; without it, that of the provider's table when it is free.
        actor: Somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        ChannelNeedsNoTarget: A table is named, and the grant is delivered as a file.
        GrantMoveRefused: The grant is over.
        TableTaken: Another grant delivers into that table.
        InputsRejected: The place is not one of the consumer's, or the table's name is too long.
    """
    grant, _side = load(number, "grants.choose_target", actor)
    decide.choose_target(grant.facts, table)
    channel, problems = Channel(grant.channel), {}
    fits = target_id is not None and is_own_place(target_id, department_id=grant.consumer_id, channel=channel)
    if channel is Channel.TABLE and not fits:
        problems["target"] = _("Choose one of your department's own databases.")
    if channel is Channel.FILE and target_id is not None and not fits:
        problems["target"] = _("Choose one of your department's own SFTP servers or stores.")
    if len(table.encode()) > decide.LONGEST_NAME:
        problems["table"] = _("A table's name has at most 63 bytes; a Chinese character takes three.")
    if problems:
        raise InputsRejected(problems=problems)
    if table and target_id and table in tables_taken(grant, target_id):
        raise errors.TableTaken(table=table)
    if (grant.target_id, grant.target_table) == (target_id, table or grant.target_table):
        return grant
    grant.target_id, grant.target_table = target_id, table
    grant.save(update_fields=["target_id", "target_table"])
    write_down(terms.TARGET_CHOSEN, grant, actor=actor, clock=clock, target=str(target_id or ""), table=table)
    if grant.status == GrantStatus.WAITING:
        try_to_open(grant, actor=actor, clock=clock)
    elif grant.status == GrantStatus.ACTIVE and channel is Channel.TABLE:
        sign_anew(grant, actor=actor, clock=clock)
    return grant


@transaction.atomic
def choose_way(*, number: str, way: Way, actor: Actor, clock: Clock) -> Grant:
    """Say how the consumer's rows are kept up to date; what runs now is the deliveries room's to change.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        GrantMoveRefused, FilesAreNotFollowed, FollowNotGranted, FollowHasNoLimit: As for `decide.choose_way`.
    """
    grant, side = load(number, "grants.choose_way", actor)
    wanted = decide.choose_way(grant.facts, way)
    if grant.way != wanted:
        grant.way = wanted
        grant.save(update_fields=["way"])
        write_down(terms.WAY_CHOSEN, grant, actor=actor, clock=clock, side=side, way=wanted)
    return grant


@transaction.atomic
def mount_changed(*, entry_id: UUID, actor: Actor, clock: Clock) -> list[str]:
    """Bring the grants of an entry in line with what it is mounted on now; return those signed anew or opened.

    A ticket whose scope is the same stays as it is.
    """
    changed = []
    rows = Grant.objects.select_for_update(of=("self",)).select_related("consumer", "provider")
    for grant in rows.filter(entry_id=entry_id, status__in=[GrantStatus.WAITING, GrantStatus.ACTIVE]):
        if grant.status == GrantStatus.WAITING:
            try_to_open(grant, actor=actor, clock=clock)
            if grant.status == GrantStatus.ACTIVE:
                changed.append(grant.number)
        elif not is_up_to_date(grant):
            sign_anew(grant, actor=actor, clock=clock)
            changed.append(grant.number)
    return changed


def open_waiting(*, actor: Actor, clock: Clock) -> list[str]:
    """Look at every waiting grant whether it can be delivered now; return those that can."""
    opened = []
    waiting = Grant.objects.filter(status=GrantStatus.WAITING).order_by("number")
    for number in list(waiting.values_list("number", flat=True)):
        if open_grant(number=number, actor=actor, clock=clock).status == GrantStatus.ACTIVE:
            opened.append(number)
    return opened


def _next_number(clock: Clock) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('grants_number')")
        return f"G{clock.today().year}-{cursor.fetchone()[0]:06d}"
