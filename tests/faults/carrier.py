"""One delivery in a process of its own, which a test may kill; told what to do as JSON on the command line.

Prints a line for each look at the progress, and the outcome or the refusal at the end.
"""

import json
import sys
from pathlib import Path
from typing import Any

from hefu.crypto.signing import PublicKey
from hefu.dataplane.connectors.folder.source import FolderSource
from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.dataplane.join import Joining, JoinKind
from hefu.dataplane.lanes.join_run import Half, deliver_joined
from hefu.dataplane.run import ListSink, Options, Outcome, Progress, deliver
from hefu.dataplane.since import Since
from hefu.kernel.clock import SystemClock


class Telling:
    """Prints how far the run is."""

    def progress(self, now: Progress) -> None:
        say(phase=now.phase, rows=now.rows, chunks_done=now.chunks_done)

    def stop_requested(self) -> None:
        return None


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def source_of(orders: dict[str, Any]) -> FolderSource | MysqlSource | PostgresSource:
    """Return where the rows are."""
    if orders.get("folder"):
        return FolderSource(Path(orders["folder"]))
    if orders.get("mysql"):
        return MysqlSource(MysqlConnection(**orders["mysql"]))
    return PostgresSource(PostgresConnection(**orders["source"]))


def join(orders: dict[str, Any]) -> Outcome:
    """Deliver what two tickets of one database deliver, joined."""
    source = PostgresSource(PostgresConnection(**orders["source"]))
    return deliver_joined(
        delivery=orders["delivery"],
        left=Half(orders["token"], source),
        right=Half(orders["other"], source),
        joining=Joining(JoinKind(orders["kind"]), tuple((one, other) for one, other in orders["on"]), "arrived"),
        keys=[PublicKey.from_text(orders["key"])],
        clock=SystemClock(),
        target=PostgresTarget(PostgresConnection(**orders["target"]), "public", "arrived", "t"),
        watcher=Telling(),
        options=Options(workers=1, chunk_pages=orders["pages"], most_bytes_a_second=orders.get("most")),
    )


def main(orders: dict[str, Any]) -> None:
    """Carry out the orders."""
    say(phase="started")
    try:
        outcome = (
            join(orders)
            if orders.get("other")
            else deliver(
                delivery=orders["delivery"],
                token=orders["token"],
                keys=[PublicKey.from_text(orders["key"])],
                clock=SystemClock(),
                source=source_of(orders),
                target=PostgresTarget(
                    PostgresConnection(**orders["target"]), "public", "arrived", "t", orders["logged"]
                ),
                rejects=ListSink(),
                watcher=Telling(),
                options=Options(workers=2, chunk_pages=orders["pages"]),
                since=Since(*orders["since"]) if orders.get("since") else None,
                secret=b"s" * 32,
            )
        )
    except DataPlaneRefusal as refusal:
        say(refused=refusal.code, transient=refusal.transient, words=str(refusal))
        return
    say(outcome=outcome.as_json())
