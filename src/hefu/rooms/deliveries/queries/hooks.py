"""Reads of the addresses that alarms are sent to."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries.access import may_hook, visible_hooks
from hefu.rooms.deliveries.decide.hooks import address
from hefu.rooms.deliveries.models import Hook, HookCall


def hooks(*, viewer: Actor) -> QuerySet[Hook]:
    """Return the addresses in use that `viewer` may see, the oldest first."""
    return Hook.objects.filter(visible_hooks(viewer), dropped_at__isnull=True).select_related("department")


def hook(hook_id: UUID, *, viewer: Actor) -> Hook:
    """Return one of them.

    Raises:
        NotFound: No such address that the viewer may see.
    """
    found = hooks(viewer=viewer).filter(pk=hook_id).first()
    if found is None:
        raise NotFound(what="hook", key=hook_id)
    return found


def hook_calls(found: Hook) -> QuerySet[HookCall]:
    """Return the alarms that were sent to an address that a viewer was given already, newest first."""
    return found.calls.all()


def last_calls(found: Iterable[Hook]) -> dict[UUID, HookCall]:
    """Return address → the newest alarm that was sent there, of addresses that a viewer was given already."""
    calls = HookCall.objects.filter(hook__in=list(found)).order_by("hook_id", "-made_at", "-id")
    return {call.hook_id: call for call in calls.distinct("hook_id")}


def shown_url(found: Hook, *, viewer: Actor) -> str:
    """Return an address as far as a viewer may know it: whoever knows the whole of some can send there as well."""
    return found.url if may_hook(viewer, found.department_id) else address(found.url).host
