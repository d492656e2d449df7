"""Reads of legal texts, which are public, and of what rests on them, scoped to the viewer."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from hefu.kernel.actor import Actor
from hefu.kernel.ids import read_id
from hefu.kernel.refusal import NotFound
from hefu.law.terms import Rank
from hefu.rooms.bases.access import visible
from hefu.rooms.bases.decide import folded
from hefu.rooms.bases.models import LegalText, Reliance
from hefu.rooms.bases.terms import Cited, Holding

#: Things that still stand and wait for a reviewer.
WAITING = Q(review_since__isnull=False, reviewed_at__isnull=True, over_at__isnull=True)


def texts(*, viewer: Actor, search: str = "", ranks: Iterable[Rank] = ()) -> QuerySet[LegalText]:
    """Return the legal texts, each with how much rests on it as far as `viewer` may see (`resting`, `waiting`)."""
    seen = Reliance.objects.filter(visible(viewer)).values("pk")
    standing = Q(reliances__in=seen, reliances__over_at__isnull=True)
    waiting = standing & Q(reliances__review_since__isnull=False, reliances__reviewed_at__isnull=True)
    found = LegalText.objects.annotate(
        resting=Count("reliances", filter=standing, distinct=True),
        waiting=Count("reliances", filter=waiting, distinct=True),
    )
    wanted = [rank.value for rank in ranks]
    if wanted:
        found = found.filter(rank__in=wanted)
    if search:
        found = found.filter(
            Q(folded__contains=folded(search))
            | Q(number__icontains=search)
            | Q(title_en__icontains=search)
            | Q(document__icontains=search)
        )
    return found


def text(key: UUID | str, *, viewer: Actor) -> LegalText:
    """Return one text by its id, or by its document's id in the packs.

    Raises:
        NotFound: There is none.
    """
    found = texts(viewer=viewer).filter(Q(pk=read_id(key)) | Q(document=str(key))).first()
    if found is None:
        raise NotFound(what="legal text", key=key)
    return found


def holding_on(day: date, holding: Holding) -> Q:
    """Return the filter of texts that stand so on `day`."""
    ended = Q(holds_until__lt=day)
    not_yet = Q(holds_from__gt=day)
    if holding is Holding.ENDED:
        return ended
    return not_yet & ~ended if holding is Holding.NOT_YET else ~ended & ~not_yet


def resting(*, viewer: Actor, text_id: UUID | None = None, subject: str = "") -> QuerySet[Reliance]:
    """Return what rests on texts, as far as `viewer` may see it, newest first; what is over stays listed."""
    found = Reliance.objects.filter(visible(viewer)).select_related("text")
    if text_id:
        found = found.filter(text_id=text_id)
    if subject:
        found = found.filter(subject=subject)
    return found


def to_review(*, viewer: Actor) -> QuerySet[Reliance]:
    """Return what rests on ended texts and waits for a reviewer, longest first."""
    return resting(viewer=viewer).filter(WAITING).order_by("review_since", "id")


def reliance(key: UUID | str, *, viewer: Actor) -> Reliance:
    """Return one thing that rests on a text.

    Raises:
        NotFound: There is none that the viewer may see.
    """
    identity = read_id(key)
    found = resting(viewer=viewer).filter(pk=identity).first() if identity else None
    if found is None:
        raise NotFound(what="legal basis", key=key)
    return found


def find(cited: Cited, *, on: date) -> LegalText | None:
    """Return the text that a citation means: by its id in the packs, else by its title; one in force comes first."""
    if cited.document:
        known = LegalText.objects.filter(document=cited.document).first()
        if known:
            return known
    named = list(LegalText.objects.filter(folded=folded(cited.title)).order_by("-holds_from", "pk"))
    in_force = [one for one in named if one.holding(on) is Holding.IN_FORCE]
    return next(iter(in_force or named), None)


def ended(title: str, *, on: date) -> LegalText | None:
    """Return the text that `title` names when it has ended by `on`; None when it holds, or is not in the register.

    Where several texts bear the title, one that holds is meant.
    """
    text = find(Cited(title), on=on)
    return text if text is not None and text.holding(on) is Holding.ENDED else None
