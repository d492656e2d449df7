"""`hefu demo`: an invented city, the main job on real databases, and a portal with work waiting in it."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import psycopg
from psycopg import sql

from hefu.cli import up
from hefu.cli.site import prepare_django
from hefu.demo.cast import NAME, PLACE, sign_ins
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.node.config import Config, load
from hefu.node.ports import require_free
from hefu.node.private import write_private

if TYPE_CHECKING:
    from hefu.demo.story import Summary

#: A worker that reaches its next position ends; longer than this it is ended.
_PATIENCE_SECONDS = 30


class NotForDemo(Refusal):
    """The demonstration only begins where nothing is."""

    code = "demo.not_empty"
    text = _(
        "The node in {home} already holds departments of its own; the demonstration would mix with them. Run it in an "
        "empty folder, or name another home with HEFU_HOME."
    )


class WorkerEnded(Refusal):
    """The worker that carries the demonstration's deliveries is gone."""

    code = "demo.worker_ended"
    text = _("The worker ended with status {status}; its last words stand in {log}. Run 'hefu doctor'.")


@dataclass(frozen=True)
class Marker:
    """The note in the home that says how far the demonstration got."""

    path: Path

    def read(self) -> dict[str, str]:
        """Return what it says; nothing when it is not there."""
        try:
            found: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def write(self, **facts: str) -> None:
        """Write it anew; it holds the sign-ins' password, so nobody else may read it."""
        write_private(self.path, json.dumps(self.read() | facts))


@click.command("demo")
@click.option("--once", is_flag=True, help="Run the chain, write the figures, and stop: no portal.")
@click.option("--json", "summary_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures here.")
@click.option("--port", type=click.IntRange(1, 65535), help="Serve the pages here instead of at HEFU_PORT.")
def command(once: bool, summary_file: Path | None, port: int | None) -> None:
    """Make a city with departments and data, run the whole chain, and leave the portal running."""
    if port is not None:
        os.environ["HEFU_PORT"] = str(port)
    config = _settle()
    if not once:
        require_free(config.host, config.port, "HEFU_PORT")
    marker = Marker(config.places.secrets / "demo.json")
    if marker.read().get("state") != "told":
        _tell(config, marker, summary_file)
    elif once:
        click.echo(f"The demonstration in {config.home} was told before; run it in an empty folder.")
    if not once:
        up.run(config, greeting=lambda: greeting(config, marker.read()["password"]))


def greeting(config: Config, password: str) -> str:
    """Return what is shown when the portal answers: where it is and who can sign in."""
    lines = [f"门户 / portal: http://{config.host}:{config.port}/", f"口令 / password: {password}", ""]
    lines += [f"  {username:<16}{name}  {department}" for username, name, department in sign_ins()]
    return "\n".join([*lines, "", "Ctrl-C 停止 / stops it."])


def _settle() -> Config:
    """Give a new home the demonstration's name, place and a port for the departments' databases."""
    config = load(os.environ)
    home = config.places
    home.make()
    if not home.settings.exists() and config.embedded:
        home.settings.write_text(
            f'node_name = "{NAME}政务数据共享平台"\nplace = "{PLACE}"\npg_port = {config.pg_port or _free_port()}\n',
            encoding="utf-8",
        )
    os.environ["HEFU_HOME"] = str(config.home)
    return load(os.environ)


def _tell(config: Config, marker: Marker, summary_file: Path | None) -> None:
    with _database(config):
        if marker.read().get("state") == "begun":
            click.echo("An earlier demonstration was cut off; it begins afresh.")
            _empty(config)
        prepare_django()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _require_empty(config)
        password = f"hefu-{secrets.token_hex(2)}-{secrets.token_hex(2)}"
        marker.write(state="begun", password=password)
        with _worker(config) as check_worker:
            summary = _story(config, password, check_worker)
        marker.write(state="told", password=password)
    total = sum(summary.seconds.values())
    click.echo(f"\nDone in {total:.0f} s. Receipts: {config.home / 'receipts'}")
    if summary_file is not None:
        summary_file.write_text(summary.as_json() + "\n", encoding="utf-8")


def _story(config: Config, password: str, check_worker: Callable[[], None]) -> "Summary":
    from hefu.demo.databases import over_tcp
    from hefu.demo.story import Story
    from hefu.demo.telling import Telling
    from hefu.kernel.clock import SystemClock

    return Story(
        server=over_tcp(config.address(), config.pg_port),
        password=password,
        clock=SystemClock(),
        telling=Telling(click.echo),
        receipts=config.home / "receipts",
        check_worker=check_worker,
    ).tell()


def _require_empty(config: Config) -> None:
    from hefu.kernel.actor import system
    from hefu.rooms.parties.queries import departments

    if departments(viewer=system("demo")).exists():
        raise NotForDemo(home=config.home)


@contextmanager
def _database(config: Config) -> Iterator[None]:
    if not config.embedded:
        yield
        return
    cluster = config.cluster(say=click.echo)
    started = cluster.held_by() is None
    if started:
        cluster.start()
    try:
        yield
    finally:
        from django.db import connections

        connections.close_all()
        if started:
            cluster.stop()


def _empty(config: Config) -> None:
    """Take away the half-told demonstration: everything in the database is its own."""
    from hefu.node.postgres import DATABASE

    if not config.embedded:
        raise NotForDemo(home=config.home)
    cluster = config.cluster()
    with psycopg.connect(cluster.url("postgres", superuser=True), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
    cluster.create_database(DATABASE)


@contextmanager
def _worker(config: Config) -> Iterator[Callable[[], None]]:
    """Run a worker of its own beside the story; the yielded call raises when it is gone."""
    log = config.home / "demo-worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "hefu", "worker"], stdout=output, stderr=output, start_new_session=True
        )

        def check() -> None:
            if process.poll() is not None:
                raise WorkerEnded(status=process.returncode, log=log)

        try:
            yield check
        finally:
            process.send_signal(signal.SIGTERM)
            until = time.monotonic() + _PATIENCE_SECONDS
            while process.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
            if process.poll() is None:
                process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
