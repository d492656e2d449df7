"""Reads of the addresses that alarms are sent to."""

from uuid import UUID

from django.db.models import QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound
from hefu.rooms.deliveries.access import visible_hooks
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
