"""Where a delivery stands, kept in the consumer's database beside the rows it speaks of.

A chunk's rows and its line here are committed in one transaction, so after any crash both are there or
neither is. Schema `hefu` belongs to us; nothing in it holds data of persons.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hefu.dataplane.connectors.postgres.session import Session
from hefu.dataplane.connectors.postgres.source import Chunk
from hefu.dataplane.digest import KeyTally

_TABLES = """
create schema if not exists hefu;
create table if not exists hefu.hefu_position (
    delivery text primary key,
    target text not null,
    ticket uuid not null,
    plan text not null,
    source_file text not null,
    oldest_running bigint not null,
    chunks jsonb not null,
    staging text not null,
    started_at timestamptz not null default now(),
    published_at timestamptz,
    outcome jsonb
);
comment on table hefu.hefu_position is 'One line per delivery: what it reads and how far it is.';
create table if not exists hefu.hefu_position_chunk (
    delivery text not null references hefu.hefu_position on delete cascade,
    chunk integer not null,
    granted bigint not null,
    rows bigint not null,
    total numeric not null,
    primary key (delivery, chunk)
);
comment on table hefu.hefu_position_chunk is 'One line per finished part, committed with its rows.';
"""

#: Locks of ours in the consumer's database: this number and a hash of what is locked.
LOCKS = 0x48464655


@dataclass(frozen=True)
class Position:
    """What an earlier run of the same delivery left behind."""

    ticket: str
    plan: str
    source_file: str
    oldest_running: int
    chunks: tuple[Chunk, ...]
    staging: str
    #: What the finished delivery gave, or None while it is not finished.
    outcome: dict[str, Any] | None
    #: Finished chunks: number → (rows the filter granted then, tally of what was written). Of a range of a key, the
    #: first is the mark of the source's rows instead.
    done: dict[int, tuple[int, KeyTally]]


def ensure_tables(session: Session) -> None:
    """Create the position tables where they are missing, and commit."""
    if session.run("select to_regclass('hefu.hefu_position_chunk')")[0][0] is None:
        session.run("select pg_advisory_xact_lock(%s, 0)", (LOCKS,))
        session.run(_TABLES)
    session.commit()


def load(session: Session, delivery: str) -> Position | None:
    """Return the delivery's position, or None when it never ran here."""
    rows = session.run(
        "select ticket::text, plan, source_file, oldest_running, chunks, staging, outcome "
        "from hefu.hefu_position where delivery = %s",
        (delivery,),
    )
    if not rows:
        return None
    ticket, plan, source_file, oldest, chunks, staging, outcome = rows[0]
    done = session.run(
        "select chunk, granted, rows, total from hefu.hefu_position_chunk where delivery = %s", (delivery,)
    )
    return Position(
        ticket,
        plan,
        source_file,
        oldest,
        tuple(Chunk(number, *parts) for number, parts in enumerate(chunks)),
        staging,
        outcome,
        {chunk: (granted, KeyTally.of(rows, total)) for chunk, granted, rows, total in done},
    )


def delivered_before(session: Session, target: str) -> bool:
    """Return whether a finished delivery of ours has filled the table `target` before."""
    return bool(
        session.run(
            "select exists (select from hefu.hefu_position where target = %s and published_at is not null)", (target,)
        )[0][0]
    )


def begin(session: Session, delivery: str, target: str, position: Position) -> None:
    """Write a fresh position, forgetting an older one; the caller commits."""
    session.run("delete from hefu.hefu_position where delivery = %s", (delivery,))
    session.run(
        "insert into hefu.hefu_position (delivery, target, ticket, plan, source_file, oldest_running, chunks, staging) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            delivery,
            target,
            position.ticket,
            position.plan,
            position.source_file,
            position.oldest_running,
            chunks_json(position.chunks),
            position.staging,
        ),
    )


def chunks_json(chunks: Sequence[Chunk]) -> str:
    """Return the parts as they are kept."""
    return json.dumps(
        [[one.first_page, one.end_page, one.whole, one.staged, *([one.bounds] if one.bounds else [])] for one in chunks]
    )


def finish_chunk(session: Session, delivery: str, chunk: int, granted: int, tally: KeyTally) -> None:
    """Write one finished chunk; the caller commits it together with the rows."""
    session.run(
        "insert into hefu.hefu_position_chunk values (%s, %s, %s, %s, %s)",
        (delivery, chunk, granted, tally.rows, tally.total),
    )


def publish(session: Session, delivery: str, outcome: dict[str, Any]) -> None:
    """Note that the delivery is finished and what it gave; the caller commits it with the swap."""
    session.run(
        "update hefu.hefu_position set published_at = now(), outcome = %s where delivery = %s",
        (json.dumps(outcome), delivery),
    )


def forget(session: Session, delivery: str) -> None:
    """Remove the delivery's position; the caller commits."""
    session.run("delete from hefu.hefu_position where delivery = %s", (delivery,))


def lock_number(name: str) -> int:
    """Return the second half of the advisory lock for `name`."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)


def try_lock(session: Session, names: Sequence[str]) -> str | None:
    """Take the session's locks on all `names`; return the first that another run holds, or None."""
    for name in names:
        taken = session.run("select pg_try_advisory_lock(%s, %s)", (LOCKS, lock_number(name)))[0][0]
        session.commit()
        if not taken:
            return name
    return None
