"""What deliveries ask of a source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Q, Sum

from hefu.kernel.actor import Actor
from hefu.rooms.deliveries.access import visible
from hefu.rooms.deliveries.models import Delivery, FollowWindow, Joined
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.grants.terms import Way


@dataclass(frozen=True)
class Burden:
    """What deliveries took from a source, as far as the viewer may see them."""

    #: Under way now, and of these the ones that keep a table in step.
    running: int
    following: int
    #: Ended in the period, the rows that they carried (of a join: what this source's side gave to it), and the seconds
    #: that they ran, added up.
    ended: int
    rows: int
    took_s: float
    #: Changes carried in it by those that keep a table in step.
    changes: int


def burden(source_id: UUID, *, viewer: Actor, since: datetime) -> Burden:
    """Return what deliveries take from a source now and took since an instant; a join burdens both of its sources."""
    left, right = (_of(source_id, grant) for grant in ("grant", "joined__grant"))
    seen = Delivery.objects.filter(visible(viewer)).filter(on_source(source_id)).order_by()
    under_way, ended = Q(status=DeliveryStatus.RUNNING), Q(finished_at__gte=since)
    whole = ended & ~Q(mode=Way.FOLLOW)
    told = seen.filter(under_way | ended).aggregate(
        running=Count("pk", filter=under_way),
        following=Count("pk", filter=under_way & Q(mode=Way.FOLLOW)),
        ended=Count("pk", filter=ended),
        rows=Sum("rows_written", filter=whole & Q(joined__isnull=True), default=0),
        took=Sum(F("finished_at") - F("started_at"), filter=whole, default=timedelta()),
    )
    for side, of in (("left", left), ("right", right)):
        joins = seen.filter(of, ended, joined__told__isnull=False)
        gave = Joined.objects.filter(delivery__in=joins).values_list(f"told__{side}", flat=True)
        told["rows"] += sum(one["rows_read"] - one["rows_rejected"] for one in gave)
    windows = FollowWindow.objects.filter(delivery__in=seen, closed_at__gte=since).order_by()
    changes = windows.aggregate(changes=Sum("changes", default=0))["changes"]
    took: timedelta = told.pop("took")
    return Burden(**told, took_s=took.total_seconds(), changes=changes)


def on_source(source_id: UUID) -> Q:
    """Return the filter of deliveries that read a source, on either side of a join."""
    return _of(source_id, "grant") | _of(source_id, "joined__grant")


def _of(source_id: UUID, grant: str) -> Q:
    """Return the deliveries of which a grant is on an entry that is mounted on the source."""
    mounted = {f"{grant}__entry__resources__source_id": source_id, f"{grant}__entry__resources__unmounted_at": None}
    return Q(pk__in=Delivery.objects.filter(**mounted).order_by().values("pk"))
