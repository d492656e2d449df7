"""`hefu up`: the whole node under one supervisor."""

import os
import sys
from collections.abc import Callable

import click

from hefu.cli.language import told
from hefu.kernel.words import _
from hefu.node.config import Config, load
from hefu.node.errors import AlreadyRunning
from hefu.node.locks import FileLock
from hefu.node.ports import require_free
from hefu.node.probe import FirstPage
from hefu.node.reach import reach
from hefu.node.sentence import Sentence
from hefu.node.supervisor import Part, Supervisor
from hefu.node.tables import are_current

#: Runs this same installation, whatever the PATH says.
_HEFU = (sys.executable, "-m", "hefu")
_TABLES = Part("tables", [*_HEFU, "migrate"])


@click.command("up")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve the pages here instead of at HEFU_PORT.")
def command(port: int | None) -> None:
    """Run the database, the pages and the worker until Ctrl-C; bring the tables up to date first."""
    if port is not None:
        os.environ["HEFU_PORT"] = str(port)
    run(load(os.environ))


def run(config: Config, *, greeting: Callable[[], str] | None = None) -> None:
    """Run the node of `config` until it is told to stop.

    Args:
        config: Its settings; the children read the same from the environment.
        greeting: Makes the text shown when the pages answer.

    Raises:
        AlreadyRunning: Another `hefu up` runs this home.
        PortInUse: The port is taken.
        Refusal: Whatever keeps the database from starting.
    """
    home = config.places
    home.make()
    lock = FileLock(home.up_lock)
    if not lock.take():
        raise AlreadyRunning(folder=config.home, pid=lock.holder())
    page = FirstPage(config.host, config.port, name=config.allowed_hosts[0])
    try:
        os.environ["HEFU_HOME"] = str(config.home)
        write = _Lines()
        write("hefu", Sentence(_("The home is {home}."), home=config.home))
        if lock.left_by is not None:
            text = _("The earlier run (process {pid}) was cut off; looking after what it left.")
            write("hefu", Sentence(text, pid=lock.left_by))
        cluster = None
        if not config.embedded:
            reach(config.address(), way_on=_("Check HEFU_DATABASE_URL and the server it names."))
        else:
            cluster = config.cluster(say=lambda sentence: write("database", sentence))
            if (holder := cluster.held_by()) is not None:
                text = _("The database of this home already runs (process {pid}); using it.")
                write("database", Sentence(text, pid=holder))
                cluster = None
        supervisor = Supervisor(
            home=str(config.home),
            database=cluster,
            first=lambda: [] if are_current(home.tables_mark, config.address()) else [_TABLES],
            parts=[
                Part("web", [*_HEFU, "web"], patience=15.0),
                # A running delivery gets time to reach its next position; what is cut off resumes from it.
                Part("worker", [*_HEFU, "worker"], patience=30.0),
                Part("follower", [*_HEFU, "followers"], patience=20.0),
            ],
            write=write,
            check=lambda: require_free(config.host, config.port, "HEFU_PORT"),
            ready=lambda: _ready(page, config, greeting),
        )
        supervisor.run()
        write("hefu", Sentence(_("Stopped.")))
    finally:
        page.close()
        lock.give_back()


def _ready(page: FirstPage, config: Config, greeting: Callable[[], str] | None) -> str | None:
    """Return what to say once the pages answer."""
    status = page.status()
    if status is None:
        return None
    address = f"http://{config.host}:{config.port}/"
    if status >= 500:
        text = _("The pages at {address} answer with an error ({status}); 'hefu doctor' says more.")
        return Sentence(text, address=address, status=status)
    return greeting() if greeting else Sentence(_("Ready: {address}  Ctrl-C stops it."), address=address)


class _Lines:
    """Writes each line behind the name of the part it comes from."""

    _WIDTH = 8
    _COLOURS = {"hefu": "bright_blue", "database": "cyan", "web": "green", "worker": "yellow", "follower": "magenta"}

    def __call__(self, name: str, text: str) -> None:
        """Write `text`, every line of it."""
        for line in told(text).splitlines():
            click.echo(f"{click.style(name.ljust(self._WIDTH), fg=self._COLOURS.get(name))} | {line}")
            sys.stdout.flush()
