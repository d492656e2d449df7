"""What changed since an index was read: the notes that triggers wrote, by the snapshot that does not show them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

#: Notes are kept so long; an index older than nearly that is made anew.
KEPT = timedelta(days=7)
#: Pending notes are counted up to here.
COUNTED = 100_000

_NOW = """
SELECT pg_current_snapshot()::text, last_value + is_called::int,
    (SELECT oid FROM pg_database WHERE datname = current_database()), now()
FROM catalog_search_epoch
"""
_UNSEEN = "xid >= pg_snapshot_xmin(%(read)s::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, %(read)s::pg_snapshot)"
_PENDING = f"""
SELECT (SELECT count(*) FROM (SELECT 1 FROM catalog_searchchange WHERE {_UNSEEN} LIMIT {COUNTED + 1}) AS unseen),
    pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(%(read)s::pg_snapshot)
        OR last_value + is_called::int <> %(epoch)s OR now() - %(at)s > %(kept)s
        OR %(database)s <> (SELECT oid FROM pg_database WHERE datname = current_database())
FROM catalog_search_epoch
"""  # noqa: S608 - our own text and a number
_TOUCHED = f"""
SELECT DISTINCT entry.id FROM catalog_searchchange AS note
JOIN catalog_entry AS entry ON entry.provider_id = note.provider_id
WHERE {_UNSEEN} AND entry.changes_to_id IS NULL
UNION SELECT entry_id FROM catalog_searchchange WHERE {_UNSEEN} AND entry_id IS NOT NULL
"""  # noqa: S608


@dataclass(frozen=True)
class Moment:
    """A state of the database that an index was read in."""

    #: `pg_snapshot` as text.
    snapshot: str
    #: Rises when the table of entries is emptied at one stroke; the first time leaves a sequence's value as it was.
    epoch: int
    #: Which database it is, for an index that outlived it.
    database: int
    #: By the database's clock.
    at: datetime


def moment() -> Moment:
    """Return the state that a statement would see now."""
    with connection.cursor() as cursor:
        cursor.execute(_NOW)
        return Moment(*cursor.fetchone())


def pending(read: Moment) -> int | None:
    """Return how many notes an index of that moment lacks; None when it cannot be told and it has to be made anew."""
    facts: dict[str, Any] = {
        "read": read.snapshot,
        "epoch": read.epoch,
        "database": read.database,
        "at": read.at,
        "kept": KEPT - timedelta(days=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PENDING, facts)
        count, foreign = cursor.fetchone()
    return None if foreign else int(count)


def touched(read: Moment) -> list[UUID]:
    """Return the entries that have to be indexed anew since that moment, gone ones among them."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, {"read": read.snapshot})
        return [pk for (pk,) in cursor.fetchall()]


def forget(*, before: datetime) -> int:
    """Delete notes older than an instant; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_searchchange WHERE at < %s", [before])
        return int(cursor.rowcount)
