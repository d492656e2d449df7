"""How a program writes entries: again and again, each time only what differs."""

import dataclasses
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.refusal import InputsRejected, NotFound
from hefu.kernel.words import _
from hefu.rooms.catalog.access import require, visible
from hefu.rooms.catalog.models import Entry
from hefu.rooms.catalog.rows import content_of, tidy
from hefu.rooms.catalog.services.drafting import change_entry, draft_entry
from hefu.rooms.catalog.terms import Content


class Outcome(StrEnum):
    """What became of an entry that a program sent."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@transaction.atomic
def upsert_entry(
    *, provider_id: UUID, content: Content, code: str = "", actor: Actor, clock: Clock
) -> tuple[Entry, Outcome]:
    """Draft an entry, or write what differs over the one that is there. Sending it again changes nothing.

    Args:
        provider_id: Whose entry it is.
        content: All that it is to say.
        code: The entry it is; without it, the one of that provider with the content's `outside_code`.
        actor: Officer or chief of the provider.
        clock: For its times.

    Returns:
        The entry, or the change of a published one, and what became of it.

    Raises:
        InputsRejected: Neither a code nor a code elsewhere, by which it would be known again; or as `draft_entry`.
        NotFound: No entry of that provider bears the code.
        Forbidden, NotWritable, SecretRefused, BasisNotEnough: As `draft_entry` and `change_entry`.
    """
    require(actor, "catalog.draft", provider_id)
    if not code and not content.outside_code.strip():
        raise InputsRejected(problems={"outside_code": _("State the entry's code, or your own code for it.")})
    own = Entry.objects.filter(visible(actor), provider_id=provider_id, changes_to__isnull=True)
    found = own.filter(code=code) if code else own.filter(outside_code=content.outside_code.strip())
    row = found.exclude(status="withdrawn").order_by("drafted_at").first()
    if row is None and code:
        raise NotFound(what="catalogue entry", key=code)
    if row is None:
        made = draft_entry(provider_id=provider_id, content=content, actor=actor, clock=clock)
        return made, Outcome.CREATED
    latest = Entry.objects.filter(changes_to=row).first() or row
    if _bare(content_of(latest)) == _bare(tidy(content)):
        return latest, Outcome.UNCHANGED
    return change_entry(entry_id=latest.pk, content=content, actor=actor, clock=clock), Outcome.CHANGED


def _bare(content: Content) -> Content:
    """Return the content without the ids of its items, which senders need not know."""
    return dataclasses.replace(content, items=tuple(dataclasses.replace(item, id=None) for item in content.items))
