"""Where data goes: what each department gives to each other one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Q, Sum

from hefu.kernel.actor import Actor
from hefu.rooms.deliveries.access import visible
from hefu.rooms.deliveries.models import Delivery, FollowWindow
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import GrantStatus, Way
from hefu.rooms.parties import queries as parties


@dataclass(frozen=True)
class Flow:
    """What one department gives to another, as far as the viewer may see it."""

    provider_id: UUID
    provider: str
    consumer_id: UUID
    consumer: str
    #: In force now.
    grants: int
    #: Asked for in the period; rows and changes that arrived in it.
    deliveries: int
    rows: int
    #: Deliveries that stand failed now.
    failed: int
    #: When the last one ended, or the last window of one that keeps a table in step.
    last: datetime | None


def flows(*, viewer: Actor, since: datetime) -> list[Flow]:
    """Return what went from department to department since an instant, and what may go now, the most rows first."""
    seen = Delivery.objects.filter(visible(viewer)).order_by()
    sides = ("provider_id", "consumer_id")
    carried = seen.filter(Q(asked_at__gte=since) | Q(finished_at__gte=since) | Q(status=DeliveryStatus.FAILED))
    told: dict[tuple[UUID, UUID], dict[str, Any]] = {}

    def add(rows: Any, provider: str = "provider_id") -> None:
        for row in rows:
            kept = told.setdefault((row.pop(provider), row.pop("consumer_id")), {})
            for name, value in row.items():
                if name in kept and None not in (value, kept[name]):
                    kept[name] = max(value, kept[name]) if name == "last" else value + kept[name]
                elif value is not None:
                    kept[name] = value

    # A joined row comes from both departments.
    second = carried.filter(joined__isnull=False).exclude(joined__provider_id=F("provider_id"))
    for provider, rows in (("provider_id", carried), ("joined__provider_id", second)):
        add(
            rows.values(provider, "consumer_id").annotate(
                deliveries=Count("pk", filter=Q(asked_at__gte=since)),
                # What keeps a table in step says in its windows what arrived.
                rows=Sum("rows_written", filter=Q(finished_at__gte=since) & ~Q(mode=Way.FOLLOW), default=0),
                failed=Count("pk", filter=Q(status=DeliveryStatus.FAILED)),
                last=Max("finished_at"),
            ),
            provider,
        )
    windows = FollowWindow.objects.filter(delivery__in=seen, closed_at__gte=since).order_by()
    add(
        {"provider_id": provider, "consumer_id": consumer, "changes": changes, "closed": closed}
        for provider, consumer, changes, closed in windows.values_list(
            "delivery__provider_id", "delivery__consumer_id"
        ).annotate(changes=Sum("changes"), closed=Max("closed_at"))
    )
    active = grants.grants(viewer=viewer, status=GrantStatus.ACTIVE).select_related(None).order_by()
    add(active.values(*sides).annotate(grants=Count("pk")))
    names = parties.names({side for pair in told for side in pair}, viewer=viewer)
    found = [
        Flow(
            provider,
            names[provider],
            consumer,
            names[consumer],
            row.get("grants", 0),
            row.get("deliveries", 0),
            row.get("rows", 0) + row.get("changes", 0),
            row.get("failed", 0),
            max((at for at in (row.get("last"), row.get("closed")) if at), default=None),
        )
        for (provider, consumer), row in told.items()
    ]
    return sorted(found, key=lambda one: (-one.rows, -one.grants, one.provider, one.consumer))
