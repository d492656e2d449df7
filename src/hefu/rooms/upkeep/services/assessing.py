"""How a second person looks at what the author assessed, before the head signs."""

from uuid import UUID

from django.db import transaction

from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.hashing import digest
from hefu.kernel.ids import new_id
from hefu.kernel.refusal import InputsRejected
from hefu.kernel.words import _
from hefu.rooms.catalog import queries as catalog
from hefu.rooms.catalog.snapshots import to_json
from hefu.rooms.catalog.terms import ART_13, WRITABLE, Content, EntrySubmitted
from hefu.rooms.evidence.services import record
from hefu.rooms.upkeep import errors
from hefu.rooms.upkeep.access import require
from hefu.rooms.upkeep.models import Assessment, Round
from hefu.rooms.upkeep.terms import cases

#: What the two assessments rest on: whoever changes one of these must be looked at again.
_ASSESSED = ("name", "abstract", "items", "secrecy", "secrecy_note", "personal_info", "impact_note", "assessed_on")


@transaction.atomic
def assess_entry(*, entry_id: UUID, agrees: bool, note: str = "", actor: Actor, clock: Clock) -> Assessment:
    """Give a second person's word on the secrecy and personal-information assessment of a draft.

    It holds for what the draft says now; a draft that is rewritten needs another look.

    Raises:
        NotFound: No such entry that the actor may read.
        Forbidden: Not of its department.
        NotAssessable: It is not being written.
        OwnAssessment: The actor wrote it.
        InputsRejected: An objection without a reason.

    Source: decree 809 art. 13.
    """
    row = catalog.entry(entry_id, viewer=actor)
    require(actor, "upkeep.assess", row.provider_id)
    if row.status not in WRITABLE:
        raise errors.NotAssessable(code=row.code)
    if row.author == actor.id:
        raise errors.OwnAssessment(citation=ART_13, code=row.code)
    if not agrees and not note.strip():
        raise InputsRejected(problems={"note": _("Say what is wrong with the assessments.")})
    made = Assessment.objects.create(
        id=new_id(clock.now()),
        entry_id=row.pk,
        agrees=agrees,
        note=note.strip(),
        digest=assessed_digest(catalog.content_of(row)),
        by=actor.id,
        by_name=actor.name,
        at=clock.now(),
    )
    record(
        cases.ENTRY_ASSESSED,
        subject=row.code,
        by=actor,
        at=clock.now(),
        basis=[ART_13],
        concerns=[row.provider_id],
        body={"code": row.code, "agrees": agrees, "note": made.note, "digest": made.digest},
    )
    return made


def assessed_digest(content: Content) -> str:
    """Return the digest of what the two assessments rest on."""
    told = to_json(content)
    return digest({name: told[name] for name in _ASSESSED})


def on_entry_submitted(event: EntrySubmitted) -> None:
    """Refuse a submission that nobody but its author looked at, that somebody objects to, or that is being discussed.

    The head's own signature is the second look, unless the head wrote the entry.

    Raises:
        SecondPersonNeeded: The head wrote it and nobody else of the department assessed what it says now.
        Objected: The last look at what it says now was an objection.
        StillDiscussed: The time for comments runs.
    """
    row = catalog.entry(event.entry_id, viewer=event.by)
    looks = Assessment.objects.filter(entry_id=row.pk, digest=assessed_digest(catalog.content_of(row)))
    last = looks.first()
    if last and not last.agrees:
        raise errors.Objected(citation=ART_13, code=row.code, name=last.by_name, note=last.note)
    if row.author == event.by.id and not looks.filter(agrees=True).exclude(by=row.author).exists():
        raise errors.SecondPersonNeeded(citation=ART_13, code=row.code)
    if Round.objects.filter(entry_id=row.pk, closed_at__isnull=True).exists():
        raise errors.StillDiscussed(code=row.code)
