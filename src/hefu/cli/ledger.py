"""`hefu ledger`: the evidence log as a whole."""

from pathlib import Path

import click

from hefu.cli.language import translated
from hefu.cli.output import as_json_text, json_option, show
from hefu.cli.site import prepare_site
from hefu.kernel.words import _
from hefu.ledger.folder import FolderLog, copy_log
from hefu.ledger.fsck import fsck


@click.group("ledger")
def command() -> None:
    """Look at the evidence log and check all of it."""


@command.command("fsck")
@json_option
def check(as_json: bool) -> int:
    """Check every signature, tile and entry: exit 0 when all is as it was signed, 1 when not."""
    prepare_site()
    from hefu.rooms.evidence import queries

    log = queries.DatabaseLog()
    newest = queries.latest_checkpoint()
    if newest is None and not queries.unsigned():
        show({"ok": True, "entries": 0, "waiting": queries.waiting()}, as_json=as_json)
        return 0
    if newest is None or queries.unsigned():
        # Places are given in the transaction that signs: more of them than signed means a checkpoint was taken away.
        fault = translated(_("The log is DAMAGED at {fault}.")).format(
            fault="checkpoint: entries without a signed head"
        )
        show({"ok": False, "fault": fault}, as_json=as_json)
        return 1
    report = fsck(log, queries.signing_key(newest), earlier=queries.earlier_checkpoints())
    facts = {
        "ok": report.ok,
        "entries": report.entries,
        "signed": report.head.size,
        "root": report.head.root.hex(),
        "tiles": report.tiles,
        "waiting": queries.waiting(),
        "fault": str(report.fault) if report.fault else None,
    }
    if as_json:
        click.echo(as_json_text(facts))
    elif report.fault is None:
        click.echo(
            translated(_("The log is whole: {entries} entries hash up to the signed root.")).format(
                entries=report.entries
            )
        )
    else:
        click.echo(translated(_("The log is DAMAGED at {fault}.")).format(fault=report.fault))
    return 0 if report.ok else 1


@command.command("checkpoint")
@json_option
def checkpoint(as_json: bool) -> None:
    """Print the newest signed checkpoint, and the key that signed it."""
    prepare_site()
    from hefu.rooms.evidence import queries

    newest = queries.latest_checkpoint()
    if newest is None:
        show({"size": 0}, as_json=as_json)
        return
    key = queries.signing_key(newest)
    facts = {
        "size": newest.size,
        "at": newest.at,
        "key": key.as_text(),
        "fingerprint": key.fingerprint,
        "note": newest.note,
    }
    show(facts, as_json=as_json)


@command.command("export")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@json_option
def export(folder: Path, as_json: bool) -> None:
    """Copy the log into FOLDER, in the form that any web server can serve and any tlog reader can check."""
    prepare_site()
    from hefu.rooms.evidence import queries

    copied = copy_log(queries.DatabaseLog(), FolderLog(folder))
    newest = queries.latest_checkpoint()
    show({"folder": str(folder), "tiles": copied, "entries": newest.size if newest else 0}, as_json=as_json)
