"""`hefu worker`: does the jobs that pages and clocks put in the queue."""

import asyncio
import signal
import threading
from contextlib import suppress
from datetime import timedelta

import click

from hefu.cli.site import prepare_site

#: Seconds between two signs of life of a worker; one that gives none for a while loses its jobs to another.
BEAT = 5.0


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what waits now, then end.")
def command(once: bool) -> None:
    """Do jobs until Ctrl-C; a delivery then stops at its next position and the next worker goes on from there."""
    config = prepare_site()
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    from hefu.kernel.clock import SystemClock
    from hefu.rooms.catalog.services import take_up_lost
    from hefu.rooms.deliveries.carry import leaving
    from hefu.rooms.deliveries.services import requeue_lost
    from hefu.rooms.evidence.jobs import sequence_until

    for number in requeue_lost(clock=SystemClock()):
        click.echo(f"Delivery {number} lost its worker and is taken up again.", err=True)
    for pk in take_up_lost(clock=SystemClock(), silent=timedelta()):
        click.echo(f"Import {pk} lost its worker and is taken up again.", err=True)

    async def work() -> None:
        async with app.open_async():
            serving = asyncio.create_task(
                app.run_worker_async(
                    name="hefu",
                    concurrency=config.worker_concurrency,
                    wait=not once,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=20,
                    update_heartbeat_interval=BEAT,
                )
            )

            def leave() -> None:
                leaving.set()
                serving.cancel()

            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, leave)
            with suppress(asyncio.CancelledError):
                await serving

    stop = threading.Event()
    sequencer = threading.Thread(target=sequence_until, args=(stop,), kwargs={"clock": SystemClock()}, name="sequencer")
    sequencer.start()
    # The queue is served over a connection of its own, beside those of Django.
    assert isinstance(app.connector, DjangoConnector)  # noqa: S101 - set by procrastinate's Django app
    try:
        with app.replace_connector(app.connector.get_worker_connector()):
            asyncio.run(work())
    finally:
        stop.set()
        sequencer.join()
