"""`hefu web`: the pages, on Granian."""

import os

import click

from hefu.cli.site import require_database
from hefu.node.config import load
from hefu.node.ports import require_free


@click.command("web")
def command() -> None:
    """Serve the pages until Ctrl-C."""
    config = load(os.environ)
    require_free(config.host, config.port, "HEFU_PORT")
    # This process only looks after those that serve, so it need not load the rooms itself.
    require_database(config)
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    server = Granian(
        "hefu.site.wsgi:application",
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=config.web_workers,
        # Django under WSGI with one thread for each process measured best: more threads only wait for each other.
        blocking_threads=1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
    )
    server.serve()
