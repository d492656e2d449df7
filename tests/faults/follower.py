"""One delivery that follows changes, in a process of its own, which a test may kill; orders as JSON.

Prints how far it is, about four times a second, and the refusal at the end.
"""

import json
import sys
from typing import Any

from hefu.crypto.signing import PublicKey
from hefu.dataplane.capture.follow import Reached
from hefu.dataplane.capture.sources import Followable, follows
from hefu.dataplane.connectors.mysql.connection import MysqlConnection
from hefu.dataplane.connectors.mysql.source import MysqlSource
from hefu.dataplane.connectors.mysql.target import MysqlTarget
from hefu.dataplane.connectors.postgres.connection import PostgresConnection
from hefu.dataplane.connectors.postgres.source import PostgresSource
from hefu.dataplane.connectors.postgres.target import PostgresTarget
from hefu.dataplane.errors import DataPlaneRefusal
from hefu.dataplane.run import ListSink
from hefu.kernel.clock import SystemClock


def say(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def tell(now: Reached) -> None:
    say(lsn=now.lsn, changes=now.changes, copied=now.copied)


def main(orders: dict[str, Any]) -> None:
    """Carry out the orders."""
    source: Followable = (
        PostgresSource(PostgresConnection(**orders["source"]))
        if "kind" not in orders
        else (MysqlSource(MysqlConnection(**orders["source"])))
    )
    try:
        follows(source)(
            delivery=orders["delivery"],
            token=orders["token"],
            keys=[PublicKey.from_text(orders["key"])],
            clock=SystemClock(),
            target=(
                MysqlTarget(MysqlConnection(**orders["target"]), "arrived", "t")
                if "into" in orders
                else PostgresTarget(PostgresConnection(**orders["target"]), "public", "arrived", "t")
            ),
            rejects=ListSink(),
            reached=tell,
            once=orders["once"],
        )
    except DataPlaneRefusal as refusal:
        say(refused=refusal.code, transient=refusal.transient, words=str(refusal))
