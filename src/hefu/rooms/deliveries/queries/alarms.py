"""What is wrong now: deliveries for which an alarm stands, and how a source fares."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Max, Min, OuterRef, Q, QuerySet, Subquery

from hefu.kernel.actor import Actor
from hefu.rooms.deliveries.access import visible
from hefu.rooms.deliveries.models import Delivery
from hefu.rooms.deliveries.queries.burden import on_source
from hefu.rooms.deliveries.terms import DeliveryStatus
from hefu.rooms.deliveries.terms.hooks import Cause
from hefu.rooms.grants.terms import OVER, Way

#: Code of a delivery that holds far fewer rows back.
HELD = "dataplane.too_few_rows"


@dataclass(frozen=True)
class Standing:
    """One cause for which an alarm stands."""

    cause: Cause
    #: Since when; of a silent source since its last news.
    since: datetime | None


@dataclass(frozen=True)
class Health:
    """How a source fares, as far as its deliveries show it to the viewer."""

    #: Deliveries of it for which an alarm stands.
    alarms: int
    #: The last row that arrived of it anywhere; None for none yet.
    last_row_at: datetime | None
    #: Moment as of which the table that is furthest behind is in step; None where none is kept in step.
    in_step_at: datetime | None
    #: The earliest last news of those of its grants for which it counts as silent.
    silent_since: datetime | None


def standing_alarms(*, viewer: Actor) -> QuerySet[Delivery]:
    """Return the deliveries that the viewer may see for which an alarm stands; a silent source's is its newest one."""
    newest = Delivery.objects.filter(grant=OuterRef("grant")).order_by("-number").values("pk")[:1]
    silent = Q(grant__news__silent_since__isnull=False, pk=Subquery(newest)) & ~Q(grant__status__in=OVER)
    lagging = Q(mode=Way.FOLLOW, following__isnull=False) & ~Q(following__alarm="")
    found = Delivery.objects.filter(visible(viewer)).filter(Q(status=DeliveryStatus.FAILED) | lagging | silent)
    return found.select_related("grant", "grant__news", "following", "consumer", "provider").order_by("-number")


def causes_of(row: Delivery) -> list[Standing]:
    """Return why an alarm stands for a delivery that `standing_alarms` gave."""
    found = []
    if row.status == DeliveryStatus.FAILED:
        found.append(Standing(Cause.HELD if row.error_code == HELD else Cause.FAILED, row.finished_at))
    following = getattr(row, "following", None)
    if following is not None and following.alarm:
        found.append(Standing(Cause.LAGGING, following.alarm_at))
    news = getattr(row.grant, "news", None)
    if news is not None and news.silent_since is not None:
        found.append(Standing(Cause.SILENT, news.silent_since))
    return found


def health(source_id: UUID, *, viewer: Actor) -> Health:
    """Return how a source fares; a join shows both of its sources."""
    of = on_source(source_id)
    seen = Delivery.objects.filter(visible(viewer)).filter(of).order_by()
    running = Q(mode=Way.FOLLOW, status__in=[DeliveryStatus.RUNNING, DeliveryStatus.WAITING])
    told = seen.aggregate(
        arrived=Max("finished_at", filter=Q(status=DeliveryStatus.DONE, rows_written__gt=0)),
        moved=Max("following__moved_at"),
        in_step=Min("following__in_step_at", filter=running),
        silent=Min(F("grant__news__silent_since"), filter=~Q(grant__status__in=OVER)),
    )
    return Health(
        standing_alarms(viewer=viewer).filter(of).count(),
        max(filter(None, (told["arrived"], told["moved"])), default=None),
        told["in_step"],
        told["silent"],
    )
