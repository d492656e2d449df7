"""Writes of the evidence log: record, sequence, receipt."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from hefu.crypto.sealing import seal, unseal
from hefu.crypto.signing import Ed25519Signer, PublicKey, Signer
from hefu.kernel.actor import Actor
from hefu.kernel.canonical import encoded, plain
from hefu.kernel.citation import Citation
from hefu.kernel.clock import Clock
from hefu.kernel.ids import new_id
from hefu.ledger.checkpoint import Checkpoint as LogCheckpoint
from hefu.ledger.checkpoint import open_checkpoint, parse_checkpoint, sign_checkpoint
from hefu.ledger.errors import LeafTooLarge
from hefu.ledger.proofs import inclusion_proof
from hefu.ledger.receipt import make_receipt
from hefu.ledger.tiles import ENTRIES, LEAF_LIMIT, TileId
from hefu.ledger.tree import EMPTY, integrate
from hefu.rooms.evidence import terms
from hefu.rooms.evidence.errors import NotSequenced, WrongBody
from hefu.rooms.evidence.models import Checkpoint, Entry, SigningKey, Tile
from hefu.rooms.evidence.queries import DatabaseLog, latest_checkpoint
from hefu.rooms.evidence.queries import entry as readable_entry
from hefu.rooms.evidence.terms import KeyPurpose, Kind

#: Only one process of the node extends the log at a time; the number is ours alone among advisory locks.
SEQUENCER_LOCK = 0x4865_6675
#: How long somebody who asks for a receipt waits for another process that extends the log.
PATIENCE_SECONDS = 5.0


def record(
    kind: Kind,
    *,
    subject: str,
    by: Actor,
    at: datetime,
    body: dict[str, Any],
    basis: Sequence[Citation] = (),
    concerns: Sequence[UUID] = (),
) -> Entry:
    """Record one thing that happened, in the caller's transaction.

    Args:
        kind: Declared in the recording room's terms.
        subject: Public number of the case or thing.
        by: Who did it.
        at: When, aware.
        body: Facts, counts and digests; exactly the kind's fields, no personal data, no floats.
        basis: The rules it rests on.
        concerns: Departments that may read the entry besides the authority and the auditor.

    Raises:
        WrongBody: The body's fields are not the kind's.
        LeafTooLarge: It does not fit the log's format.
        NotCanonical: A value has no canonical form.
    """
    entry = written(kind, subject=subject, by=by, at=at, body=body, basis=basis, concerns=concerns)
    entry.save(force_insert=True)
    return entry


def record_all(entries: Sequence[Entry]) -> None:
    """Record many things at once, in the caller's transaction and in the order given.

    Args:
        entries: Made by `written`, not yet recorded.
    """
    names = ", ".join(f'"{name}"' for name in _COPIED)
    with connection.cursor() as cursor, cursor.copy(f"COPY evidence_entry ({names}) FROM STDIN") as copy:
        for entry in entries:
            copy.write_row([_copied(entry, name) for name in _COPIED])


#: What an entry has when it is recorded.
_COPIED = ("uid", "kind", "version", "subject", "by", "by_name", "concerns", "at", "basis", "body", "leaf")


def _copied(entry: Entry, name: str) -> Any:
    value = getattr(entry, name)
    return encoded(value).decode() if name in ("basis", "body") else value


def written(
    kind: Kind,
    *,
    subject: str,
    by: Actor,
    at: datetime,
    body: dict[str, Any],
    basis: Sequence[Citation] = (),
    concerns: Sequence[UUID] = (),
) -> Entry:
    """Return an entry that is written but not recorded: for `record_all`.

    Raises:
        WrongBody, LeafTooLarge, NotCanonical: As for `record`.
    """
    if set(body) != set(kind.fields):
        raise WrongBody(kind=kind.code, expected=sorted(kind.fields), found=sorted(body))
    uid = new_id(at)
    document = plain(
        {
            "at": at.astimezone(UTC),
            "basis": [citation.as_json() for citation in basis],
            "body": body,
            "by": by.id,
            "department": str(by.department_id) if by.department_id else None,
            "kind": kind.code,
            "subject": subject,
            "uid": uid,
            "version": kind.version,
        }
    )
    leaf = encoded(document)
    if len(leaf) > LEAF_LIMIT:
        raise LeafTooLarge(size=len(leaf), limit=LEAF_LIMIT)
    return Entry(
        uid=uid,
        kind=kind.code,
        version=kind.version,
        subject=subject,
        by=by.id,
        by_name=by.name,
        concerns=sorted({*concerns, *([by.department_id] if by.department_id else [])}),
        at=at,
        basis=document["basis"],
        body=document["body"],
        leaf=leaf,
    )


@transaction.atomic
def sequence(*, clock: Clock, limit: int = 10_000) -> int:
    """Give waiting entries their place in the log and sign the new head; return how many.

    One transaction: indices, tiles and checkpoint are there together or not at all. When another
    process is at it, nothing is done and 0 returned.

    Args:
        clock: For the checkpoint's row.
        limit: Most entries to take at once.

    Raises:
        LogDamaged: The stored right edge does not hash to the last signed root; nothing is signed over it.
    """
    if not _take_lock():
        return 0
    waiting = list(Entry.objects.filter(leaf_index__isnull=True).order_by("id").values_list("id", "leaf")[:limit])
    if not waiting:
        return 0
    newest = _newest_checkpoint()
    head = newest.head if newest else EMPTY
    growth = integrate(head, [bytes(leaf) for _, leaf in waiting], DatabaseLog())
    _keep_tiles(growth.tiles)
    _number([pk for pk, _ in waiting], first=head.size)
    origin = newest.origin if newest else settings.HEFU.origin
    note = sign_checkpoint(
        LogCheckpoint(origin, growth.head.size, growth.head.root), signer(KeyPurpose.LOG, clock=clock)
    )
    Checkpoint.objects.create(size=growth.head.size, note=note, at=clock.now())
    return len(waiting)


def receipt_for(*, entry_uid: UUID | str, viewer: Actor, clock: Clock) -> bytes:
    """Return the receipt of an entry: it proves offline that the log holds it.

    An entry that still waits is sequenced first, by us or by the process that is at it.

    Raises:
        NotFound: No such entry that the viewer may read.
        NotSequenced: The log is not extended within a few seconds.
    """
    entry = readable_entry(entry_uid, viewer=viewer)
    until = time.monotonic() + PATIENCE_SECONDS
    while entry.leaf_index is None:
        if time.monotonic() > until:
            raise NotSequenced(uid=entry.uid)
        if not sequence(clock=clock):
            time.sleep(0.05)
        entry.refresh_from_db(fields=["leaf_index"])
    newest = latest_checkpoint()
    if newest is None or newest.size <= entry.leaf_index:
        raise NotSequenced(uid=entry.uid)
    key = _public_key_of(newest)
    return make_receipt(
        entry=plain_leaf(entry),
        index=entry.leaf_index,
        proof=inclusion_proof(DatabaseLog(), entry.leaf_index, newest.size),
        checkpoint=newest.note,
        key=key,
    )


@transaction.atomic
def record_export(*, entries: int, narrowed_by: str, actor: Actor, clock: Clock) -> Entry:
    """Put on record that somebody took a list of entries out.

    Args:
        entries: How many there are in it.
        narrowed_by: The filters in force, as an address writes them.
        actor: Who took it.
        clock: For the entry's instant.
    """
    body = {"entries": entries, "filter": narrowed_by}
    return record(terms.EXPORTED, subject="evidence", by=actor, at=clock.now(), body=body)


def plain_leaf(entry: Entry) -> dict[str, Any]:
    """Return the document whose canonical bytes are the entry's leaf."""
    document: dict[str, Any] = json.loads(bytes(entry.leaf))
    return document


def signer(purpose: KeyPurpose, *, clock: Clock) -> Signer:
    """Return the node's signer for `purpose`; the key is made, and that recorded, when it is first needed."""
    row = SigningKey.objects.filter(purpose=purpose, retired_at__isnull=True).first()
    if row is None:
        row = _make_key(purpose, clock=clock)
    return _open_key(str(row.pk), row.sealed)


@transaction.atomic
def _make_key(purpose: KeyPurpose, *, clock: Clock) -> SigningKey:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEQUENCER_LOCK + 1])
    row = SigningKey.objects.filter(purpose=purpose, retired_at__isnull=True).first()
    if row is not None:
        return row
    made = Ed25519Signer.generate()
    row_id = new_id(clock.now())
    row = SigningKey.objects.create(
        id=row_id,
        purpose=purpose,
        public=made.public.as_text(),
        sealed=seal(settings.HEFU.master_key(), made.seed, purpose=f"key:{row_id}"),
        made_at=clock.now(),
    )
    record(
        terms.KEY_MADE,
        subject=f"key:{made.public.fingerprint}",
        by=Actor(id="system:node", name="node"),
        at=clock.now(),
        body={
            "purpose": purpose,
            "algorithm": made.public.algorithm,
            "fingerprint": made.public.fingerprint,
        },
    )
    return row


@lru_cache(maxsize=8)
def _open_key(row_id: str, sealed: str) -> Signer:
    return Ed25519Signer(unseal(settings.HEFU.master_key(), sealed, purpose=f"key:{row_id}"))


def _public_key_of(checkpoint: Checkpoint) -> PublicKey:
    signed_before = SigningKey.objects.filter(purpose=KeyPurpose.LOG, made_at__lte=checkpoint.at)
    row = signed_before.order_by("-made_at").first() or SigningKey.objects.filter(purpose=KeyPurpose.LOG).latest(
        "made_at"
    )
    return PublicKey.from_text(row.public)


def _newest_checkpoint() -> LogCheckpoint | None:
    row = latest_checkpoint()
    if row is None:
        return None
    origin = parse_checkpoint(row.note).checkpoint.origin
    return open_checkpoint(row.note, origin=origin, key=_public_key_of(row)).checkpoint


def _take_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        return bool(cursor.fetchone()[0])


def _keep_tiles(tiles: dict[TileId, bytes]) -> None:
    Tile.objects.bulk_create(
        [
            Tile(level=tile.level, index=tile.index, width=tile.width, data=data)
            for tile, data in tiles.items()
            if tile.level != ENTRIES
        ],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["width", "data"],
    )


def _number(entry_ids: list[int], *, first: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE evidence_entry AS entry SET leaf_index = place.index"
            " FROM (SELECT id, %s + ordinality - 1 AS index"
            "       FROM unnest(%s::bigint[]) WITH ORDINALITY AS waiting(id, ordinality)) AS place"
            " WHERE entry.id = place.id",
            [first, entry_ids],
        )
