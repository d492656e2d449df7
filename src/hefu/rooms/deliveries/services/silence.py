"""What sources give lately: noted with each delivery, told when it stops."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from hefu.dataplane.run import Outcome
from hefu.dataplane.ticket import Channel
from hefu.kernel import events
from hefu.kernel.actor import Actor, system
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog.terms import UpdateCycle
from hefu.rooms.deliveries.access import require
from hefu.rooms.deliveries.decide.silence import least_rows, remembered, silence
from hefu.rooms.deliveries.models import Delivery, News
from hefu.rooms.deliveries.terms.silence import (
    LEAST_SHARE_SET,
    SOURCE_SILENT,
    SOURCE_SPEAKS,
    USUAL_SHARE,
    SourceSilent,
    SourceSpeaks,
)
from hefu.rooms.evidence.services import record
from hefu.rooms.evidence.terms import Kind
from hefu.rooms.grants import queries as grants
from hefu.rooms.grants.terms import OVER
from hefu.rooms.holdings.terms import FRESH_FOR

if TYPE_CHECKING:
    from hefu.rooms.grants.models import Grant

_PLATFORM = system("deliveries")


def rows_needed(row: Delivery) -> int:
    """Return with how many rows a whole copy may replace the consumer's table; fewer are held."""
    if row.fewer_taken or row.channel != Channel.TABLE:
        return 0
    news = News.objects.filter(grant_id=row.grant_id).first()
    if news is None or news.scope != _scope(row.ticket_id):
        return 0
    return least_rows(before=news.rows, percent=news.least_share)


def may_shrink(*, delivery_id: UUID) -> tuple[int, bool]:
    """Return how many percent of its rows a table in step keeps whatever comes, and whether it may lose more once."""
    row = Delivery.objects.only("grant_id", "fewer_taken").get(pk=delivery_id)
    news = News.objects.filter(grant_id=row.grant_id).first()
    return news.least_share if news is not None else USUAL_SHARE, row.fewer_taken


def note_let_through(*, delivery_id: UUID, attempt: int) -> None:
    """Note that the loss has come that somebody let through; the next one is held again."""
    Delivery.objects.filter(pk=delivery_id, attempt=attempt).update(fewer_taken=False)


def note_arrived(row: Delivery, outcome: Outcome, clock: Clock) -> None:
    """Note what a delivery brought, in the transaction that settles it; raise or clear the alarm of its source."""
    news, _made = News.objects.select_for_update().get_or_create(grant_id=row.grant_id)
    merged = outcome.increment is not None and not outcome.increment["whole"]
    if merged and outcome.increment is not None:
        fresh = bool(outcome.increment["inserted"] or outcome.increment["updated"])
        news.rows = (news.rows or 0) + outcome.increment["inserted"]
    else:
        fresh = news.digest != outcome.digest_source or news.rows != outcome.rows_written
        news.rows, news.digest = outcome.rows_written, outcome.digest_source
    news.scope = _scope(row.ticket_id)
    # Whole copies show which rows there are, not what stands in them: a promise binds them once they have grown.
    _look(news, row.grant, fresh=fresh, bound=merged or bool(news.pauses), clock=clock)


def note_followed(grant: "Grant", *, changes: int, as_of: datetime | None, clock: Clock) -> None:
    """Note what a follower in step has brought so far; raise or clear the alarm of its source."""
    if as_of is None:
        return
    news, made = News.objects.select_for_update().get_or_create(grant_id=grant.pk)
    fresh = made or news.news_at is None or changes != news.changes
    if not fresh and news.looked_at is not None and as_of - news.looked_at < timedelta(seconds=5):
        return
    news.changes = changes
    _look(news, grant, fresh=fresh, bound=True, clock=clock)


def _look(news: News, grant: "Grant", *, fresh: bool, bound: bool, clock: Clock) -> None:
    now = clock.now()
    news.looked_at = now
    if fresh:
        if news.news_at is not None:
            news.pauses = remembered(news.pauses, now - news.news_at, on=clock.today())
        if news.silent_since is not None:
            _speaks(news, grant, clock)
        news.news_at = now
    elif news.silent_since is None and news.pause is not None and grant.status not in OVER:
        stated = FRESH_FOR.get(UpdateCycle(grant.entry.update_cycle)) if grant.entry.update_cycle and bound else None
        allowed = silence(pauses=news.pauses, cycle=stated, on=clock.today())
        if allowed is not None and news.news_at is not None and news.pause >= allowed.longest:
            news.silent_since = news.news_at
            longest = round(allowed.longest.total_seconds())
            body = {"since": news.news_at, "bound": allowed.bound, "longest_seconds": longest}
            _write_down(SOURCE_SILENT, grant, clock, body)
            events.announce(SourceSilent(grant.number, grant.request, news.news_at, allowed.bound, now))
    news.save()


def _speaks(news: News, grant: "Grant", clock: Clock) -> None:
    if news.silent_since is None:
        return
    seconds = round((clock.now() - news.silent_since).total_seconds())
    news.silent_since = None
    _write_down(SOURCE_SPEAKS, grant, clock, {"silent_seconds": seconds})
    events.announce(SourceSpeaks(grant.number, grant.request, clock.now()))


@transaction.atomic
def set_least_share(*, grant: str, percent: int, actor: Actor, clock: Clock) -> News:
    """Say from which share of the last rows on a whole copy replaces the table.

    Args:
        grant: Number of the grant.
        percent: 0 to 100; 0 takes whatever comes.
        actor: Somebody of the consumer.
        clock: For the record.

    Raises:
        NotFound, Forbidden: The actor may not see the grant, or not do this.
        InputsRejected: No such share.
    """
    found = grants.grant(grant, viewer=actor)
    require(actor, "deliveries.plan", consumer_id=found.consumer_id, provider_id=found.provider_id)
    if not 0 <= percent <= 100:
        raise InputsRejected(problems={"percent": _("State a share from 0 to 100 percent.")})
    news, _made = News.objects.select_for_update().get_or_create(grant=found)
    news.least_share = percent
    news.save(update_fields=["least_share"])
    _write_down(LEAST_SHARE_SET, found, clock, {"percent": percent}, actor)
    return news


def _scope(ticket_id: UUID) -> str:
    """Return a digest of the rows that a ticket opens: of fewer granted rows, fewer arrive."""
    ticket = grants.read(grants.ticket(ticket_id).token)
    return hashlib.sha256(repr((ticket.resource, ticket.filter)).encode()).hexdigest()


def _write_down(kind: Kind, grant: "Grant", clock: Clock, body: dict[str, Any], actor: Actor = _PLATFORM) -> None:
    concerns = [grant.consumer_id, grant.provider_id]
    record(kind, subject=grant.number, by=actor, at=clock.now(), concerns=concerns, body=body)
