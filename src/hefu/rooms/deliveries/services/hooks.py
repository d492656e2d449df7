"""Alarms to addresses of offices: registered, written down with what they tell of, sent until they are taken."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.views.decorators.debug import sensitive_variables
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from hefu.crypto.sealing import seal, unseal
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound, Refusal
from hefu.kernel.words import _, stored
from hefu.rooms.deliveries.access import may_hook, visible_hooks
from hefu.rooms.deliveries.decide.hooks import NoAddress, address, next_pause, taken
from hefu.rooms.deliveries.models import Hook, HookCall
from hefu.rooms.deliveries.terms import DeliveryFailed
from hefu.rooms.deliveries.terms.following import FollowAlarm, FollowCleared
from hefu.rooms.deliveries.terms.hooks import (
    CALL_LEASE,
    CALL_PAUSES,
    CALLS_KEPT,
    HOOK_ADDED,
    HOOK_DROPPED,
    MOST_HOOKS,
    CallState,
    Cause,
)
from hefu.rooms.deliveries.terms.silence import SourceSilent, SourceSpeaks
from hefu.rooms.deliveries.terms.timetable import RunMissed
from hefu.rooms.evidence.services import record
from hefu.rooms.grants import queries as grants

#: Name of the task in `jobs`; services may not import what stands above them.
CALL = "deliveries.call_hook"
#: What says that a copy was held, not that something broke.
HELD = "dataplane.too_few_rows"

Alarm = DeliveryFailed | FollowAlarm | FollowCleared | SourceSilent | SourceSpeaks | RunMissed


@dataclass(frozen=True)
class Calling:
    """One try to send an alarm."""

    id: UUID
    number_of_try: int
    url: str
    secret: str
    body: bytes


@transaction.atomic
@sensitive_variables("secret")
def add_hook(
    *, department_id: UUID, url: str, causes: list[Cause] | None = None, actor: Actor, clock: Clock
) -> tuple[Hook, str]:
    """Register an address that alarms are sent to.

    Args:
        department_id: Whose deliveries it is told of, as provider and as consumer.
        url: Of http or https.
        causes: What it is told of; None for everything.
        actor: An officer or chief of that department.
        clock: For the record.

    Returns:
        The address, and the secret that its alarms are signed with, which is shown this once.

    Raises:
        Forbidden: The actor may not do this for that department.
        InputsRejected: It is no address, or there are too many.
    """
    if not may_hook(actor, department_id):
        raise Forbidden(action="deliveries.hook")
    try:
        taken_apart = address(url.strip())
    except NoAddress:
        sentence = _("State an address that begins with https:// or http://, without a name and password in it.")
        raise InputsRejected(problems={"url": sentence}) from None
    if Hook.objects.filter(department_id=department_id, dropped_at__isnull=True).count() >= MOST_HOOKS:
        raise InputsRejected(problems={"url": _("Your department has as many addresses as it may; drop one first.")})
    made, secret = new_id(clock.now()), secrets.token_urlsafe(32)
    wanted = sorted({*(causes or Cause)} - {Cause.TEST})
    row = Hook.objects.create(
        id=made,
        department_id=department_id,
        url=url.strip(),
        causes=[one.value for one in wanted],
        sealed=seal(settings.HEFU.master_key(), secret.encode(), purpose=_purpose(made)),
        added_by=actor.id,
        added_by_name=actor.name,
        added_at=clock.now(),
    )
    body = {"host": taken_apart.host, "causes": row.causes}
    record(HOOK_ADDED, subject=str(made), by=actor, at=clock.now(), concerns=[department_id], body=body)
    return row, secret


@transaction.atomic
def drop_hook(*, hook_id: UUID, actor: Actor, clock: Clock) -> None:
    """Send no more alarms to an address; what waits is given up.

    Raises:
        NotFound, Forbidden: No such address of the actor's department, or the actor may not do this.
    """
    row = _hook(hook_id, actor)
    row.dropped_at = clock.now()
    row.save(update_fields=["dropped_at"])
    _give_up(row.calls.filter(state=CallState.WAITING), clock)
    body = {"host": address(row.url).host}
    record(HOOK_DROPPED, subject=str(row.pk), by=actor, at=clock.now(), concerns=[row.department_id], body=body)


def _give_up(calls: QuerySet[HookCall], clock: Clock) -> None:
    calls.update(
        state=CallState.FAILED, ended_at=clock.now(), next_try_at=None, error_text=_("the address was dropped")
    )


@transaction.atomic
def test_hook(*, hook_id: UUID, actor: Actor, clock: Clock) -> HookCall:
    """Send an alarm that is none, so that the receiver can be tried.

    Raises:
        NotFound, Forbidden: No such address of the actor's department, or the actor may not do this.
    """
    return _call(_hook(hook_id, actor), Cause.TEST, {}, clock.now())


@transaction.atomic
def on_alarm(event: Alarm) -> None:
    """Write the alarms down that an event brings about; they are sent once this transaction commits."""
    cause, facts = _told(event)
    found = grants.grant(event.grant, viewer=system("deliveries"))
    sides = (found.consumer_id, found.provider_id)
    for hook in Hook.objects.filter(department_id__in=sides, dropped_at__isnull=True, causes__contains=[cause.value]):
        _call(hook, cause, {"grant": event.grant, "request": event.request} | facts, event.at)


def _told(event: Alarm) -> tuple[Cause, dict[str, Any]]:
    match event:
        case DeliveryFailed():
            cause = Cause.HELD if event.code == HELD else Cause.FAILED
            return cause, {"delivery": event.delivery, "code": event.code}
        case FollowAlarm():
            return Cause.LAGGING, {"delivery": event.delivery, "detail": event.cause}
        case FollowCleared():
            return Cause.CLEARED, {"delivery": event.delivery, "of": Cause.LAGGING.value}
        case SourceSilent():
            return Cause.SILENT, {"since": event.since.isoformat(), "bound": event.bound.value}
        case SourceSpeaks():
            return Cause.CLEARED, {"of": Cause.SILENT.value}
        case RunMissed():
            return Cause.MISSED, {"due_at": event.due_at.isoformat()}


def _call(hook: Hook, cause: Cause, facts: dict[str, Any], at: datetime) -> HookCall:
    made = new_id(at)
    body = {"id": str(made), "alarm": cause.value, "at": at.isoformat(), **facts}
    row = HookCall.objects.create(
        id=made, hook=hook, cause=cause.value, body=json.dumps(body, ensure_ascii=False), made_at=at, next_try_at=at
    )
    _enqueue(made)
    return row


def _enqueue(call_id: UUID, pause: timedelta | None = None) -> None:
    job = configure_task(
        name=CALL,
        job_manager=JobManager(DjangoConnector()),
        schedule_in={"seconds": int(pause.total_seconds())} if pause else None,
    )
    job.defer(call_id=str(call_id))


@transaction.atomic
def take_call(*, call_id: UUID, clock: Clock) -> Calling | None:
    """Begin a try to send an alarm; None when it is not due, is being sent, or was taken."""
    row = (
        HookCall.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("hook")
        .filter(pk=call_id, state=CallState.WAITING, next_try_at__lte=clock.now(), hook__dropped_at__isnull=True)
        .first()
    )
    if row is None:
        return None
    if row.tries > len(CALL_PAUSES) + 1:  # its workers died, again and again
        row.state, row.ended_at, row.next_try_at = CallState.FAILED, clock.now(), None
        row.save()
        return None
    row.tries += 1
    row.next_try_at = clock.now() + CALL_LEASE
    row.save(update_fields=["tries", "next_try_at"])
    secret = unseal(settings.HEFU.master_key(), row.hook.sealed, purpose=_purpose(row.hook_id)).decode()
    return Calling(row.pk, row.tries, row.hook.url, secret, row.body.encode())


@transaction.atomic
def settle_call(*, calling: Calling, status: int | None, error: Refusal | None, clock: Clock) -> HookCall | None:
    """Write down what became of a try; None when another try counts.

    Args:
        calling: The try.
        status: What the receiver answered; None when it could not be asked.
        error: Why it could not.
        clock: For the record.
    """
    row = (
        HookCall.objects.select_for_update(of=("self",))
        .filter(pk=calling.id, tries=calling.number_of_try, state=CallState.WAITING)
        .first()
    )
    if row is None:
        return None
    row.answer, row.error_text, row.error_facts = status, "", {}
    if status is not None and taken(status):
        row.state, row.ended_at, row.next_try_at = CallState.DONE, clock.now(), None
        row.save()
        return row
    if error is not None:
        row.error_text = error.text
        row.error_facts = {name: stored(value) for name, value in error.facts.items()}
    else:
        row.error_text, row.error_facts = _("the receiver answered {status}"), {"status": status}
    pause = next_pause(row.tries)
    if pause is None:
        row.state, row.ended_at, row.next_try_at = CallState.FAILED, clock.now(), None
    else:
        row.next_try_at = clock.now() + pause
        _enqueue(row.pk, pause)
    row.save()
    return row


def sweep_calls(*, clock: Clock) -> int:
    """Send what is overdue, because its worker died or its job got lost, and forget what is old. Safe to run twice."""
    waiting = HookCall.objects.filter(state=CallState.WAITING)
    # Written down by an event in the very moment in which the address was dropped.
    _give_up(waiting.filter(hook__dropped_at__isnull=False), clock)
    late = waiting.filter(next_try_at__lt=clock.now() - CALL_LEASE)
    found = list(late.values_list("pk", flat=True))
    for call_id in found:
        _enqueue(call_id)
    HookCall.objects.filter(~Q(state=CallState.WAITING), ended_at__lt=clock.now() - CALLS_KEPT).delete()
    return len(found)


def _hook(hook_id: UUID, actor: Actor) -> Hook:
    row = Hook.objects.filter(visible_hooks(actor), pk=hook_id, dropped_at__isnull=True).first()
    if row is None:
        raise NotFound(what="hook", key=hook_id)
    if not may_hook(actor, row.department_id):
        raise Forbidden(action="deliveries.hook")
    return row


def _purpose(hook_id: UUID) -> str:
    return f"hook:{hook_id}"
