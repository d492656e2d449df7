"""How everybody comments on a draft, where the law of its place or its department says so."""

import hashlib
import hmac
from ipaddress import IPv4Address, IPv6Network, ip_address
from uuid import UUID

from django.conf import settings
from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import sha256
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.evidence.services import record
from hefu.rooms.upkeep import errors, queries
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Comment, Round
from hefu.rooms.upkeep.terms import cases

#: Comments taken from one place in a day on one draft, and comments on it that may wait to be looked at.
A_DAY = 5
WAITING = 200
#: Characters of a comment.
LONGEST = 2000


@transaction.atomic
def comment_publicly(*, round_id: UUID, text: str, speaker: str, origin: str, actor: Actor, clock: Clock) -> Comment:
    """Keep what one of the public says on a draft until somebody has looked at it; nobody reads it before.

    Args:
        round_id: Of a round that is open to everybody.
        text: What is said.
        speaker: As the person wants to be called; may be empty.
        origin: Address that it came from; only a keyed digest of it, another one each day, is kept until the round
            closes.
        actor: Whoever it is.
        clock: For its times.

    Raises:
        NotFound: No such round that everybody may read.
        RoundRefused: The round is closed or its last day is over.
        TooManyComments: Too many came from there today, or too many wait.
        InputsRejected: Nothing is said, or too much.
    """
    found = queries.public_round(round_id, viewer=actor)
    row = Round.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if row.closed_at or clock.today() > row.until:
        raise errors.RoundRefused(code=found.entry.code, reason=_("the time for comments is over."))
    if not text.strip():
        raise InputsRejected(problems={"text": _("This is needed.")})
    if len(text.strip()) > LONGEST:
        raise InputsRejected(problems={"text": _("At most 2,000 characters.")})
    mark = _mark(origin, round_id, clock)
    if row.comments.filter(origin=mark).count() >= A_DAY or row.comments.filter(shown__isnull=True).count() >= WAITING:
        raise errors.TooManyComments
    made = Comment.objects.create(
        id=new_id(clock.now()),
        round=row,
        text=text.strip(),
        by=actor.id,
        speaker=speaker.strip()[:80],
        origin=mark,
        shown=None,
        at=clock.now(),
    )
    record(
        cases.COMMENT_OF_PUBLIC,
        subject=row.number,
        by=actor,
        at=clock.now(),
        concerns=[found.entry.provider_id],
        body={"code": found.entry.code, "digest": sha256(made.text.encode())},
    )
    return made


@transaction.atomic
def look_at_comment(*, comment_id: UUID, shown: bool, reason: str = "", actor: Actor, clock: Clock) -> Comment:
    """Show a comment of the public, or keep it back and say why; who reviews the entry reads both.

    Raises:
        NotFound: No such comment of the public.
        Forbidden: Neither of the draft's department nor the authority's reviewer.
        RoundRefused: It was looked at before, or the round is closed.
        InputsRejected: Kept back without a reason.
    """
    row = (
        Comment.objects.select_for_update(of=("self",))
        .select_related("round__entry")
        .filter(pk=comment_id, department__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound(what="comment", key=comment_id)
    entry = row.round.entry
    require(actor, "upkeep.moderate", entry.provider_id)
    if row.shown is not None or row.round.closed_at:
        raise errors.RoundRefused(code=entry.code, reason=_("somebody looked at this comment before."))
    if not shown and not reason.strip():
        raise InputsRejected(problems={"reason": _("Say why it is kept back.")})
    row.shown, row.kept_back = shown, "" if shown else reason.strip()[:500]
    row.save(update_fields=["shown", "kept_back"])
    record(
        cases.COMMENT_LOOKED_AT,
        subject=row.round.number,
        by=actor,
        at=clock.now(),
        concerns=[entry.provider_id],
        body={"code": entry.code, "digest": sha256(row.text.encode()), "shown": shown, "reason": row.kept_back},
    )
    return row


def _mark(origin: str, round_id: UUID, clock: Clock) -> str:
    told = f"{round_id}\n{clock.today()}\n{_place(origin)}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()


def _place(origin: str) -> str:
    """Return what one line has for itself: an IPv4 address, or the 64 bits before those that it chooses itself."""
    try:
        address = ip_address(origin)
    except ValueError:
        return origin
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))
