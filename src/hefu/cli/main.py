"""The `hefu` command: finds a command's module when it is asked for, and says every refusal the same way.

`hefu verify` must be quick and work where no database and no settings are, so nothing here imports Django.
"""

import importlib
import os
import sys
import traceback
from types import TracebackType
from typing import Any

import click

from hefu import __version__
from hefu.cli import language
from hefu.cli.secrecy import without_secrets
from hefu.kernel.refusal import Refusal

#: Command → where it is defined, and what `hefu --help` says. A new command is a line here and a file beside.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("hefu.cli.up:command", "Run everything on this machine: database, pages, worker."),
    "db": ("hefu.cli.db:command", "Run the embedded database alone, or show its address."),
    "web": ("hefu.cli.web:command", "Serve the pages."),
    "worker": ("hefu.cli.worker:command", "Do the jobs: deliveries, clocks, evidence."),
    "followers": ("hefu.cli.followers:command", "Carry the deliveries that keep tables in step."),
    "migrate": ("hefu.cli.migrate:command", "Bring the database's tables up to this version."),
    "doctor": ("hefu.cli.doctor:command", "Say what is wrong with this installation, and what to do."),
    "demo": ("hefu.cli.demo:command", "Make a city with departments and data, and run the whole chain."),
    "verify": ("hefu.cli.verify:command", "Check a receipt offline."),
    "ledger": ("hefu.cli.ledger:command", "Look at the evidence log and check all of it."),
    "law": ("hefu.cli.law:command", "Look at the regulation packs: rules, dates, coverage."),
    "catalog": ("hefu.cli.catalog:command", "List, import and publish catalogue entries."),
    "parties": ("hefu.cli.parties:command", "Departments, seats and people."),
    "tokens": ("hefu.cli.tokens:command", "Tokens with which programs call the interface."),
    "resources": ("hefu.cli.resources:command", "Systems, sources and mounted resources."),
    "requests": ("hefu.cli.requests:command", "Ask for data, and decide on what is asked."),
    "clocks": ("hefu.cli.clocks:command", "Statutory periods: what is due, why, and the sweep."),
    "grants": ("hefu.cli.grants:command", "Look at grants, suspend and revoke them."),
    "holdings": ("hefu.cli.holdings:command", "Collect entries into the node's lake, look back, take out."),
    "libraries": ("hefu.cli.libraries:command", "Base and theme libraries over several holdings."),
    "deliveries": ("hefu.cli.deliveries:command", "Run, watch and cancel deliveries."),
    "exchange": ("hefu.cli.exchange:command", "Keep tables in step with their sources, and watch it."),
    "jobs": ("hefu.cli.jobs:command", "What the worker does, did and could not do."),
}

#: What a refusal or a wrong command line ends with; 1 is for errors that should not happen.
REFUSED = 2


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hefu")
def hefu() -> None:
    """Hefu 合符: departments share data under the law, and every delivery can be proved."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its status: 0 done, 2 refused, 1 a fault of ours."""
    sys.excepthook = _show_fault
    asked = sys.argv[1:] if arguments is None else arguments
    try:
        status = hefu.main(args=asked, prog_name="hefu", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except Refusal as refusal:
        _show_refusal(refusal, as_json="--json" in asked)
        sys.exit(REFUSED)
    sys.exit(status if isinstance(status, int) else 0)


def _show_refusal(refusal: Refusal, *, as_json: bool) -> None:
    sentence = language.sentence_of(refusal)
    if as_json:
        from hefu.cli.output import as_json_text

        facts: dict[str, Any] = {"refused": refusal.code, "sentence": sentence}
        if problems := getattr(refusal, "problems", None):
            facts["problems"] = problems
        click.echo(as_json_text(facts))
        return
    click.echo(f"{without_secrets(sentence)} ({refusal.code})", err=True)
    for field, problem in getattr(refusal, "problems", {}).items():
        click.echo(f"  {field}: {problem}", err=True)


def _show_fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error that nobody foresaw, with every secret of this node blotted out."""
    text = "".join(traceback.format_exception(kind, error, trace))
    click.echo("This is a fault of Hefu, not of yours. Please report these lines:", err=True)
    click.echo(without_secrets(text.rstrip("\n"), os.environ), err=True)
