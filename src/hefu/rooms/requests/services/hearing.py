"""What users hear of an entry that leaves the catalogue or is shared on other terms, and of a grant gone unused."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.rooms.catalog.terms import SHARE_TYPE_NAMES, ShareType
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.requests.models import AccessRequest
from hefu.rooms.requests.services._telling import tell, tell_authority
from hefu.rooms.requests.terms import OPEN, NoticeKind

#: How long the data of a withdrawn entry stays available, where the law of the provider's place says so.
KEPT_RULE = "catalog.withdrawn_data_kept"


@transaction.atomic
def tell_withdrawn(
    *, entry_id: UUID, code: str, reason: str, granted: Sequence[str], actor: Actor, clock: Clock
) -> int:
    """Tell every user of an entry that it left the catalogue; return how many cases were told of.

    Users are the consumers of open requests, and of granted ones that still deliver.

    Args:
        entry_id: The entry.
        code: Its code.
        reason: Why it was withdrawn.
        granted: Numbers of the requests whose grants are not over.
        actor: Who acts; the platform.
        clock: Tells the time; the day on which the entry was withdrawn.
    """
    del actor
    rows = list(_users(entry_id, granted))
    for row in rows:
        tell(row, row.consumer_id, NoticeKind.ENTRY_WITHDRAWN, clock=clock, code=code, reason=reason)
        rules = clocks.rules_at(row.provider.place)
        today = clock.today(rules.zone)
        if row.number in granted and rules.has(KEPT_RULE, on=today):
            period = rules.period(KEPT_RULE, on=today)
            until, source = period.count_from(today).due_on, str(period.source)
            for side in (row.consumer_id, row.provider_id):
                tell(row, side, NoticeKind.DATA_KEPT, clock=clock, until=until, source=source)
    return len(rows)


@transaction.atomic
def tell_terms_changed(
    *,
    entry_id: UUID,
    code: str,
    version: int,
    old: ShareType,
    new: ShareType,
    granted: Sequence[str],
    actor: Actor,
    clock: Clock,
) -> int:
    """Tell both sides of open requests, and the users of running grants, that an entry is shared on other terms.

    Args:
        entry_id: The entry.
        code: Its code.
        version: Since when.
        old: How it was shared.
        new: How it is shared now.
        granted: Numbers of the requests whose grants are not over.
        actor: Who acts; the platform.
        clock: Tells the time.
    """
    del actor
    rows = list(_users(entry_id, granted))
    words = {"old": SHARE_TYPE_NAMES[old], "new": SHARE_TYPE_NAMES[new]}
    for row in rows:
        sides = (row.consumer_id, row.provider_id) if row.status in OPEN else (row.consumer_id,)
        for side in dict.fromkeys(sides):
            tell(row, side, NoticeKind.TERMS_CHANGED, clock=clock, code=code, version=version, **words)
    return len(rows)


@transaction.atomic
def tell_idle(*, number: str, grant: str, since: date, due_on: date, passed: bool, actor: Actor, clock: Clock) -> None:
    """Tell both sides that a grant goes unused; when its time has passed, the authority too.

    Args:
        number: Of the request that the grant answered.
        grant: Number of the grant.
        since: Day from which it counts as unused.
        due_on: Last day of the time that the law allows.
        passed: Whether that day has passed.
        actor: Who acts; the platform.
        clock: Tells the time.
    """
    row = AccessRequest.objects.get(number=number)
    kind = NoticeKind.GRANT_IDLE if passed else NoticeKind.GRANT_IDLE_SOON
    facts: dict[str, Any] = {"grant": grant, "since": since, "due_on": due_on}
    for side in dict.fromkeys((row.consumer_id, row.provider_id)):
        tell(row, side, kind, clock=clock, **facts)
    if passed:
        tell_authority(row, kind, viewer=actor, clock=clock, **facts)


def _users(entry_id: UUID, granted: Sequence[str]) -> QuerySet[AccessRequest]:
    wanted = Q(status__in=sorted(OPEN)) | Q(number__in=list(granted))
    return AccessRequest.objects.filter(wanted, entry_id=entry_id).select_related("provider")
