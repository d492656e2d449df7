"""`hefu db`: the embedded database alone."""

import os
import signal
import time
from types import FrameType

import click

from hefu.cli.language import told, translated
from hefu.cli.output import json_option, show
from hefu.kernel.words import _
from hefu.node.config import load
from hefu.node.errors import DatabaseEnded, NotEmbedded


@click.command("db")
@click.option("--url", "url_only", is_flag=True, help="Print its address, password included, and end.")
@click.option("--status", "status_only", is_flag=True, help="Say whether it runs, and end.")
@json_option
def command(url_only: bool, status_only: bool, as_json: bool) -> None:
    """Run the embedded database until Ctrl-C."""
    config = load(os.environ)
    if url_only:
        click.echo(config.address())
        return
    if not config.embedded:
        raise NotEmbedded
    cluster = config.cluster(say=lambda sentence: click.echo(told(sentence), err=True))
    if status_only:
        status = cluster.status()
        facts = {"running": status.running, "pid": status.pid, "version": status.version, "folder": status.folder}
        show(facts, as_json=as_json)
        return
    config.places.make()
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    cluster.start()
    try:
        click.echo(translated(_("The database is up. Its address: hefu db --url")), err=True)
        while not asked and cluster.returncode() is None:
            time.sleep(0.2)
        if not asked:
            raise DatabaseEnded(log=cluster.log)
    finally:
        cluster.stop()
