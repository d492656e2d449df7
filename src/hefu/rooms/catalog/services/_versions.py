"""How services of the catalogue freeze a version and tell the higher rooms of it."""

from datetime import datetime

from hefu.kernel.events import announce
from hefu.kernel.ids import new_id
from hefu.rooms.catalog.models import Entry, EntryVersion, ImportBatch
from hefu.rooms.catalog.snapshots import digest_of, to_json
from hefu.rooms.catalog.terms import Content, EntryPublished, ShareType, ShareTypeChanged


def freeze(
    entry: Entry, content: Content, *, approved_name: str, at: datetime, batch: ImportBatch | None = None
) -> EntryVersion:
    """Return the unsaved version that keeps `content`, which is what `entry` says now."""
    snapshot = to_json(content)
    return EntryVersion(
        id=new_id(at),
        entry_id=entry.pk,
        number=entry.version,
        snapshot=snapshot,
        digest=digest_of(snapshot),
        signed_name=entry.signed_name,
        approved_name=approved_name,
        published_at=at,
        batch_id=batch.pk if batch else None,
    )


def announce_version(entry: Entry, *, was: ShareType | None, at: datetime) -> None:
    """Tell the higher rooms that a version came into force, and when it shares on other terms."""
    share_type = ShareType(entry.share_type)
    announce(EntryPublished(entry.pk, entry.code, entry.version, entry.provider_id, share_type, at, entry.basis_title))
    if was is not None and was is not share_type:
        announce(ShareTypeChanged(entry.pk, entry.code, entry.version, entry.provider_id, was, share_type, at))
