"""Every listener of every event: the one place where a lower room's news reaches a higher room.

A listener runs in the announcer's transaction: if it fails, the whole fails.
"""

from typing import Any
from uuid import UUID

from hefu.kernel.actor import system
from hefu.kernel.clock import FixedClock
from hefu.kernel.events import Listener
from hefu.rooms.bases import queries as bases_queries
from hefu.rooms.bases import services as bases
from hefu.rooms.bases.terms import Cited, Resting, TextEnded
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog import services as catalog_services
from hefu.rooms.catalog.terms import EntryPublished, EntrySubmitted, EntryWithdrawn, ShareTypeChanged
from hefu.rooms.clocks.terms import ClockExpired, ClockMoved, ClockWarned
from hefu.rooms.deliveries import services as deliveries
from hefu.rooms.deliveries.terms import DeliveryDone, DeliveryFailed
from hefu.rooms.deliveries.terms.following import FollowAlarm, FollowCleared, FollowedAnew
from hefu.rooms.deliveries.terms.silence import BOUND_NAMES, SourceSilent, SourceSpeaks
from hefu.rooms.deliveries.terms.timetable import RunMissed
from hefu.rooms.grants import queries as grant_queries
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.terms import IDLE_RULE, OVER, GrantIssued, GrantStatus, GrantStopped
from hefu.rooms.holdings import services as holdings
from hefu.rooms.holdings.terms import Assembled, Collected
from hefu.rooms.requests import queries as request_queries
from hefu.rooms.requests import services as requests
from hefu.rooms.requests.terms import NoticeKind, RequestGranted, RequestRefused
from hefu.rooms.resources.terms import MountChanged
from hefu.rooms.upkeep import services as upkeep


def _meet_delivery_clock(event: DeliveryDone) -> None:
    requests.delivery_made(number=event.request, actor=system("deliveries"), clock=FixedClock(event.at))


def _grant_used(event: DeliveryDone) -> None:
    grants.note_use(number=event.grant, actor=system("deliveries"), clock=FixedClock(event.at))


def _grant_unused(event: ClockWarned | ClockExpired) -> None:
    """Tell of a grant that nobody uses; its clock has the grant's number."""
    if event.rule != IDLE_RULE:
        return
    actor = system("grants")
    grant = grant_queries.grant(event.subject, viewer=actor)
    running = grant_queries.idle_clock(grant, viewer=actor)
    if running is not None:
        requests.tell_idle(
            number=grant.request,
            grant=grant.number,
            since=running.started_on,
            due_on=event.due_on,
            passed=isinstance(event, ClockExpired),
            actor=actor,
            clock=FixedClock(event.at),
        )


def _tell_of_failure(event: DeliveryFailed) -> None:
    requests.delivery_failed(
        number=event.request, delivery=event.delivery, actor=system("deliveries"), clock=FixedClock(event.at)
    )


def _tell_of_alarm(event: FollowAlarm) -> None:
    _tell_following(event, NoticeKind.FOLLOW_STALLED, event.cause)


def _tell_of_recovery(event: FollowCleared) -> None:
    _tell_following(event, NoticeKind.FOLLOW_GOES_ON)


def _tell_of_new_copy(event: FollowedAnew) -> None:
    _tell_following(event, NoticeKind.FOLLOW_ANEW, event.cause)


def _tell_of_missed_run(event: RunMissed) -> None:
    requests.tell_missed(
        number=event.request,
        grant=event.grant,
        due_at=event.due_at,
        actor=system("deliveries"),
        clock=FixedClock(event.at),
    )


def _tell_of_silence(event: SourceSilent) -> None:
    requests.tell_silence(
        number=event.request,
        grant=event.grant,
        since=event.since,
        bound=BOUND_NAMES[event.bound],
        actor=system("deliveries"),
        clock=FixedClock(event.at),
    )


def _tell_of_news(event: SourceSpeaks) -> None:
    requests.tell_silence(
        number=event.request, grant=event.grant, actor=system("deliveries"), clock=FixedClock(event.at)
    )


def _tell_following(event: FollowAlarm | FollowCleared | FollowedAnew, kind: NoticeKind, cause: str = "") -> None:
    requests.tell_following(
        number=event.request,
        kind=kind,
        delivery=event.delivery,
        cause=cause,
        actor=system("deliveries"),
        clock=FixedClock(event.at),
    )


def _stop_delivery_clock(event: GrantStopped) -> None:
    if event.status in (GrantStatus.REVOKED, GrantStatus.EXPIRED):
        requests.delivery_off(
            number=event.request,
            reason=f"grant {event.grant} {event.status}",
            actor=system("grants"),
            clock=FixedClock(event.at),
        )


def _grant_rests(event: RequestGranted) -> None:
    """Note the texts behind a grant: the articles of the decision, and the consumer's own legal basis."""
    actor = system("bases")
    grant = grant_queries.grant_of_request(event.number, viewer=actor)
    own = request_queries.request(event.number, viewer=actor).application.basis
    if grant is not None:
        bases.rest(
            resting=Resting.GRANT,
            subject=grant.number,
            name=event.entry_name,
            cited=[
                *(Cited(citation.title, citation.article, citation.document) for citation in event.basis),
                *([Cited(own.title, own.article)] if own else []),
            ],
            concerns=[event.consumer_id, event.provider_id],
            actor=actor,
            clock=FixedClock(event.decided_at),
        )


def _refusal_rests(event: RequestRefused) -> None:
    """Note the text that a refusal names, and the articles of the decision."""
    actor = system("bases")
    case = request_queries.request(event.number, viewer=actor)
    decision = request_queries.decision_of(case)
    if decision is None:
        return
    named = decision.ground_document
    bases.rest(
        resting=Resting.REFUSAL,
        subject=event.number,
        name=case.entry_name,
        cited=[
            *(Cited(one["title"], one["article"], one["document"]) for one in decision.basis),
            *([Cited(named.title, named.article)] if named else []),
        ],
        concerns=[event.consumer_id, event.provider_id],
        actor=actor,
        clock=FixedClock(event.decided_at),
    )


def _entry_rests(event: EntryPublished) -> None:
    """Note the text that an entry names for its sharing type; a version that names none rests on none."""
    if event.version == 1 and not event.basis_title:
        return  # nothing rested before and nothing does now: imports bring such entries by the ten thousand
    actor = system("bases")
    entry = catalog.entry(event.code, viewer=actor)
    bases.rest(
        resting=Resting.ENTRY,
        subject=event.code,
        name=entry.name,
        cited=[Cited(entry.basis_title, entry.basis_article)],
        concerns=[event.provider_id],
        actor=actor,
        clock=FixedClock(event.at),
    )


def _entry_gone(event: EntryWithdrawn) -> None:
    bases.over(resting=Resting.ENTRY, subject=event.code, actor=system("bases"), clock=FixedClock(event.at))


def _grant_gone(event: GrantStopped) -> None:
    if event.status in (GrantStatus.REVOKED, GrantStatus.EXPIRED):
        bases.over(resting=Resting.GRANT, subject=event.grant, actor=system("bases"), clock=FixedClock(event.at))


def _grant_signed(event: GrantIssued) -> None:
    bases.signed_anew(grant=event.grant, actor=system("grants"), clock=FixedClock(event.at))


def _hold_grants(event: TextEnded) -> None:
    """Hold every grant that rests on a text that has ended, until somebody signs it anew."""
    for number in event.grants:
        grants.hold_grant(
            number=number,
            reason=f"《{event.title}》{event.on:%Y-%m-%d}",
            actor=system("bases"),
            clock=FixedClock(event.at),
        )


def _entries_must_follow(event: TextEnded) -> None:
    """Start the time to update of every entry that rests on a text that has ended."""
    actor = system("bases")
    resting = bases_queries.resting(viewer=actor, text_id=event.text_id).filter(
        resting=Resting.ENTRY, over_at__isnull=True
    )
    catalog_services.text_ended(
        codes=sorted(set(resting.values_list("subject", flat=True))),
        title=event.title,
        on=event.on,
        actor=actor,
        clock=FixedClock(event.at),
    )


def _entry_used(event: RequestGranted) -> None:
    catalog_services.note_use(entry_id=event.entry_id)


def _libraries_follow(event: Collected) -> None:
    holdings.collected(event.number, clock=FixedClock(event.at))


def _collections_follow(event: Collected) -> None:
    holdings.collections_follow(event.number, clock=FixedClock(event.at))


def _live_grants(entry_id: UUID) -> list[str]:
    """Return the numbers of the requests whose grants on an entry are not over."""
    found = grant_queries.grants(viewer=system("catalog"), entry_id=entry_id).exclude(status__in=sorted(OVER))
    return list(found.values_list("request", flat=True))


def _users_hear_of_withdrawal(event: EntryWithdrawn) -> None:
    requests.tell_withdrawn(
        entry_id=event.entry_id,
        code=event.code,
        reason=event.reason,
        granted=_live_grants(event.entry_id),
        actor=system("catalog"),
        clock=FixedClock(event.at),
    )


def _users_hear_of_terms(event: ShareTypeChanged) -> None:
    requests.tell_terms_changed(
        entry_id=event.entry_id,
        code=event.code,
        version=event.version,
        old=event.old,
        new=event.new,
        granted=_live_grants(event.entry_id),
        actor=system("catalog"),
        clock=FixedClock(event.at),
    )


LISTENERS: dict[type[Any], list[Listener]] = {
    MountChanged: [grants.on_mount_changed, upkeep.on_mount_changed],
    ClockWarned: [requests.on_clock_warned, _grant_unused],
    ClockExpired: [requests.on_clock_expired, _grant_unused],
    ClockMoved: [requests.on_clock_moved],
    EntrySubmitted: [upkeep.on_entry_submitted],
    EntryPublished: [_entry_rests, upkeep.on_entry_published],
    EntryWithdrawn: [_entry_gone, _users_hear_of_withdrawal, upkeep.on_entry_withdrawn],
    ShareTypeChanged: [_users_hear_of_terms],
    RequestGranted: [grants.on_request_granted, _grant_rests, _entry_used],
    RequestRefused: [_refusal_rests],
    GrantIssued: [_grant_signed, deliveries.on_ticket_signed],
    GrantStopped: [deliveries.on_grant_stopped, deliveries.on_grant_over, _stop_delivery_clock, _grant_gone],
    TextEnded: [_hold_grants, _entries_must_follow],
    DeliveryDone: [_meet_delivery_clock, _grant_used, deliveries.on_delivered],
    Collected: [_collections_follow, _libraries_follow, deliveries.on_refreshed],
    Assembled: [deliveries.on_refreshed],
    DeliveryFailed: [_tell_of_failure, deliveries.on_alarm],
    FollowAlarm: [_tell_of_alarm, deliveries.on_alarm],
    FollowCleared: [_tell_of_recovery, deliveries.on_alarm],
    FollowedAnew: [_tell_of_new_copy],
    RunMissed: [_tell_of_missed_run, deliveries.on_alarm],
    SourceSilent: [_tell_of_silence, deliveries.on_alarm],
    SourceSpeaks: [_tell_of_news, deliveries.on_alarm],
}
