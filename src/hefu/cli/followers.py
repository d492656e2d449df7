"""`hefu followers`: carries the deliveries that keep tables in step."""

import signal
import threading

import click

from hefu.cli.site import prepare_site


@click.command("followers")
@click.option("--most", type=click.IntRange(1, 500), help="Carry so many at once instead of HEFU_FOLLOWERS.")
def command(most: int | None) -> None:
    """Keep tables in step until Ctrl-C; several of these on one database share the work.

    When one is told to end, each table stops at its next position and another process goes on from there. When one
    is killed, the others take over what it carried within some ten seconds, and nothing is lost or doubled.
    """
    config = prepare_site()
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.deliveries.followers import Followers

    leaving = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: leaving.set())
    Followers(most=most or config.followers, clock=SystemClock(), leaving=leaving).run()
