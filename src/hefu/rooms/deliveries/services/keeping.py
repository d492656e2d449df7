"""What is kept after a delivery: rejected rows, files, receipts; and how long."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from hefu.crypto.sealing import seal
from hefu.dataplane.run import Rejected
from hefu.kernel.actor import Actor
from hefu.kernel.clock import Clock
from hefu.kernel.words import _
from hefu.rooms.deliveries import errors, terms
from hefu.rooms.deliveries.models import Delivery, RejectedRow
from hefu.rooms.deliveries.queries import delivery, done_entry, files_folder, reject_purpose
from hefu.rooms.deliveries.services.rows import load, locked, record
from hefu.rooms.deliveries.terms import KEEP_FOR, MOST_REJECTS_KEPT, DeliveryStatus
from hefu.rooms.evidence.services import receipt_for
from hefu.rooms.grants import services as grants
from hefu.rooms.grants.terms import GrantStatus


@dataclass(frozen=True)
class Fetched:
    """A file that the consumer may take now."""

    path: Path
    #: Name under which it is saved.
    name: str
    sha256: str
    bytes: int


@transaction.atomic
def fetch_file(*, number: str, actor: Actor, clock: Clock) -> Fetched:
    """Let the consumer fetch a delivered file, and record that it did.

    Raises:
        NotFound, Forbidden: The actor may not see the delivery, or is not of the consumer.
        NoFile: It is no file, did not arrive, was dropped, or its grant is out of force.
    """
    row = load(number, "deliveries.fetch_file", actor)
    why = _why_no_file(row)
    if why:
        raise errors.NoFile(number=row.number, why=why)
    path = files_folder() / row.file_name
    record(terms.FILE_FETCHED, row, actor=actor, clock=clock, file_sha256=row.file_sha256, bytes=row.file_bytes)
    grants.note_use(number=row.grant.number, actor=actor, clock=clock)
    return Fetched(
        path=path,
        name=f"{row.grant.entry_name}-{row.file_name}",
        sha256=row.file_sha256,
        bytes=row.file_bytes or 0,
    )


def receipt_of(*, number: str, viewer: Actor, clock: Clock) -> bytes:
    """Return the receipt of a delivery: proof, checkable offline, of what arrived.

    Raises:
        NotFound: No such delivery that the viewer may see, or may see the evidence of.
        NoReceipt: It has not arrived.
        NotSequenced: The log is just being extended; ask again.
    """
    row = delivery(number, viewer=viewer)
    entry = done_entry(row, viewer=viewer)
    if entry is None:
        raise errors.NoReceipt(number=row.number, status=row.status_name)
    return receipt_for(entry_uid=entry.uid, viewer=viewer, clock=clock)


def forget_rejects(*, delivery_id: UUID) -> None:
    """Delete the kept rejected rows of a delivery, because another try finds them again."""
    RejectedRow.objects.filter(delivery_id=delivery_id).delete()


def keep_rejects(*, delivery_id: UUID, kept: int, batch: Sequence[Rejected]) -> int:
    """Seal and keep rejected rows, up to the most that are kept; return how many are kept by now."""
    room = batch[: MOST_REJECTS_KEPT - kept]
    master, purpose = settings.HEFU.master_key(), reject_purpose(delivery_id)
    # By COPY: a hundred thousand rows through the ORM would take longer than the delivery itself.
    into = "COPY deliveries_rejectedrow (delivery_id, place, reasons, sealed) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(into) as copy:
        copy.set_types(["uuid", "int4", "text[]", "text"])
        for place, one in enumerate(room, start=kept + 1):
            values = json.dumps(dict(one.values), ensure_ascii=False).encode()
            copy.write_row((delivery_id, place, list(one.reasons), seal(master, values, purpose=purpose)))
    return kept + len(room)


def forget_old(*, actor: Actor, clock: Clock) -> int:
    """Delete rejected values and files that were kept long enough or whose grant is over; return how many deliveries.

    Counts, digests and evidence stay.
    """
    over = Q(finished_at__lt=clock.now() - KEEP_FOR) | Q(grant__status__in=[GrantStatus.REVOKED, GrantStatus.EXPIRED])
    rows = Delivery.objects.filter(over, ~Q(file_name="") | Q(rejects_kept__gt=0))
    numbers = list(rows.values_list("number", flat=True))
    for number in numbers:
        _forget(number, actor=actor, clock=clock)
    return len(numbers)


@transaction.atomic
def _forget(number: str, *, actor: Actor, clock: Clock) -> None:
    row = locked().get(number=number)
    if row.rejects_kept:
        RejectedRow.objects.filter(delivery=row).delete()
        record(terms.REJECTS_FORGOTTEN, row, actor=actor, clock=clock, rows=row.rejects_kept)
        row.rejects_kept = 0
    if row.file_name:
        path = files_folder() / row.file_name
        record(
            terms.FILE_DROPPED,
            row,
            actor=actor,
            clock=clock,
            file_sha256=row.file_sha256,
            because=row.grant.status if row.grant.status != GrantStatus.ACTIVE else "kept long enough",
        )
        row.file_name = ""
        # After the commit: a file without a row is found again, a row without its file is not.
        transaction.on_commit(lambda: path.unlink(missing_ok=True))
    row.save(update_fields=["rejects_kept", "file_name"])


def _why_no_file(row: Delivery) -> str:
    if not row.file_format:
        return _("its rows went into a table")
    if row.status != DeliveryStatus.DONE:
        return _("it has not arrived")
    if row.target_id is not None:
        return _("it was put into the consumer's own place")
    if row.grant.status != GrantStatus.ACTIVE:
        return _("its grant is not in force")
    if not row.file_name or not (files_folder() / row.file_name).is_file():
        return _("the copy kept here was deleted after its time")
    return ""
