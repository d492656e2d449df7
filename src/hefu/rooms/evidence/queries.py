"""Reads of the evidence log, scoped to the viewer; and the log's public parts, which everybody may have."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from hefu.crypto.signing import PublicKey
from hefu.kernel.actor import Actor
from hefu.kernel.ids import read_id
from hefu.kernel.refusal import NotFound
from hefu.ledger.tiles import ENTRIES, WIDTH, TileId, encode_bundle
from hefu.rooms.evidence.access import visible
from hefu.rooms.evidence.models import Checkpoint, Entry, SigningKey, Tile
from hefu.rooms.evidence.terms import KeyPurpose


class DatabaseLog:
    """The log as the ledger reads it: hash tiles from their table, bundles from the entries."""

    def read(self, tile: TileId) -> bytes | None:
        """Return the newest version of a tile, or a bundle of the entries that are there."""
        if tile.level == ENTRIES:
            first = tile.index * WIDTH
            leaves = Entry.objects.filter(leaf_index__gte=first, leaf_index__lt=first + tile.width)
            found = [bytes(leaf) for leaf in leaves.order_by("leaf_index").values_list("leaf", flat=True)]
            return encode_bundle(found) if found else None
        row = Tile.objects.filter(level=tile.level, index=tile.index).values_list("data", flat=True).first()
        return bytes(row) if row is not None else None

    def checkpoint(self) -> str | None:
        """Return the newest signed checkpoint."""
        newest = latest_checkpoint()
        return newest.note if newest else None


def entries(*, viewer: Actor, subject: str = "", kind: str = "") -> QuerySet[Entry]:
    """Return the entries that `viewer` may read, newest first."""
    found = Entry.objects.filter(visible(viewer)).defer("leaf").order_by("-id")
    if subject:
        found = found.filter(subject=subject)
    if kind:
        found = found.filter(kind=kind)
    return found


def history(subject: str, *, viewer: Actor) -> list[Entry]:
    """Return what happened to `subject`, oldest first, as far as `viewer` may read it."""
    return list(entries(viewer=viewer, subject=subject).order_by("id"))


def entry(uid: UUID | str, *, viewer: Actor) -> Entry:
    """Return one entry.

    Raises:
        NotFound: None with that id that the viewer may read.
    """
    found = Entry.objects.filter(visible(viewer), uid=read_id(uid)).first()
    if found is None:
        raise NotFound(what="evidence entry", key=uid)
    return found


def kinds(*, viewer: Actor) -> list[str]:
    """Return the kinds that occur among the entries `viewer` may read."""
    return list(Entry.objects.filter(visible(viewer)).order_by("kind").values_list("kind", flat=True).distinct())


def latest_checkpoint() -> Checkpoint | None:
    """Return the newest signed checkpoint; public."""
    return Checkpoint.objects.order_by("-size").first()


def signing_key(checkpoint: Checkpoint) -> PublicKey:
    """Return the public key that signed `checkpoint`; public."""
    keys = SigningKey.objects.filter(purpose=KeyPurpose.LOG).order_by("-made_at")
    row = keys.filter(made_at__lte=checkpoint.at).first() or keys.first()
    if row is None:
        raise NotFound(what="log key", key="of this node")
    return PublicKey.from_text(row.public)


def earlier_checkpoints() -> Iterator[tuple[str, PublicKey]]:
    """Return every checkpoint but the newest, each with the key that signed it, oldest first; public."""
    newest = latest_checkpoint()
    if newest is not None:
        for row in Checkpoint.objects.filter(size__lt=newest.size).order_by("size").iterator():
            yield row.note, signing_key(row)


def public_keys(purpose: KeyPurpose) -> list[PublicKey]:
    """Return every public key this node ever used for `purpose`, newest first; public."""
    rows = SigningKey.objects.filter(purpose=purpose).order_by("-made_at")
    return [PublicKey.from_text(row.public) for row in rows]


def unsigned() -> int:
    """Return how many entries have a place in the log that no checkpoint covers; anything but 0 is damage."""
    newest = latest_checkpoint()
    return Entry.objects.filter(leaf_index__gte=newest.size if newest else 0).count()


def waiting() -> int:
    """Return how many entries are recorded but not yet sequenced; for the operator's health page."""
    return Entry.objects.filter(leaf_index__isnull=True).count()
