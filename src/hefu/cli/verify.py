"""`hefu verify`: check a receipt offline; needs no node, no database and no settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hefu.cli.language import sentence_of, translated
from hefu.cli.output import as_json_text, json_option
from hefu.crypto.signing import KeyFault, PublicKey
from hefu.kernel.words import _
from hefu.ledger.receipt import RECEIPT_LIMIT, ReceiptRefused, Verified, verify_receipt

#: How each field of a known kind is told; what is not here is told as it stands.
FIELD_NAMES = {
    "status": _("status after it"),
    "grant": _("grant"),
    "request": _("request"),
    "ticket": _("ticket"),
    "entry": _("catalogue entry"),
    "provider": _("provider"),
    "consumer": _("consumer"),
    "channel": _("channel"),
    "lane": _("lane"),
    "rows_read": _("rows granted by the filter"),
    "rows_rejected": _("rows rejected by checks"),
    "rejected": _("rejected by reason"),
    "rows_written": _("rows that arrived"),
    "bytes": _("bytes"),
    "digest_source": _("digest at the provider's side"),
    "digest_target": _("digest at the consumer's side"),
    "columns": _("columns"),
    "file_sha256": _("SHA-256 of the file"),
}


@click.command("verify")
@click.argument("receipt", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--key", "keys", multiple=True, metavar="KEYFILE|TEXT", help="Key of the log, from its authority.")
@json_option
def command(receipt: Path, keys: tuple[str, ...], as_json: bool) -> int:
    """Check the file RECEIPT offline: exit 0 when it proves what it says, 1 when it does not."""
    trusted = [_key(text) for text in keys]
    with receipt.open("rb") as file:
        data = file.read(RECEIPT_LIMIT + 1)
    try:
        verified = verify_receipt(data, trusted=trusted)
    except ReceiptRefused as refusal:
        sentence = sentence_of(refusal)
        if as_json:
            click.echo(as_json_text({"verified": False, "refused": refusal.code, "sentence": sentence}))
        else:
            click.echo(f"{translated(_('NOT VERIFIED'))}: {sentence} ({refusal.code})")
        return 1
    click.echo(as_json_text(_facts(verified)) if as_json else "\n".join(_lines(verified)))
    return 0


def _key(text: str) -> PublicKey:
    """Return the key written in `text`, or in the file of that name."""
    path = Path(text)
    try:
        written = path.read_text(encoding="utf-8") if ":" not in text and path.is_file() else text
        return PublicKey.from_text(written)
    except (KeyFault, UnicodeDecodeError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--key") from None


def _facts(verified: Verified) -> dict[str, Any]:
    return {
        "verified": True,
        "key_pinned": verified.pinned,
        "key": verified.key.as_text(),
        "fingerprint": verified.fingerprint,
        "log": verified.checkpoint.origin,
        "index": verified.index,
        "log_size": verified.checkpoint.size,
        "witnesses": [cosignature.witness.name for cosignature in verified.cosignatures],
        "entry": verified.entry,
    }


def _lines(verified: Verified) -> Iterator[str]:
    entry = verified.entry
    yield translated(_("VERIFIED: the log {log} holds this, unchanged, as entry {index} of {size}.")).format(
        log=verified.checkpoint.origin, index=verified.index, size=verified.checkpoint.size
    )
    yield f"  {entry.get('at', '')}  {entry.get('kind', '')}  {entry.get('subject', '')}"
    body = entry.get("body")
    if isinstance(body, dict):
        for name, value in body.items():
            if value not in ("", None, [], {}):
                label = FIELD_NAMES.get(str(name))
                yield f"  {translated(label) if label else name}: {_told(value)}"
    for basis in entry.get("basis") or []:
        yield f"  {basis.get('title', '')} {basis.get('document', '')} {basis.get('article', '')}".rstrip()
    for cosignature in verified.cosignatures:
        yield translated(_("Witnessed by {name}.")).format(name=cosignature.witness.name)
    if verified.pinned:
        yield translated(_("Signed by the key you named, {fingerprint}.")).format(fingerprint=verified.fingerprint)
    else:
        yield translated(
            _(
                "Signed by the key {fingerprint}, which came with the receipt. Compare it with the one that the node's "
                "data authority publishes, or name that one with --key."
            )
        ).format(fingerprint=verified.fingerprint)


def _told(value: Any) -> str:
    match value:
        case dict():
            return ", ".join(f"{name}: {_told(part)}" for name, part in value.items())
        case list():
            return ", ".join(_told(part) for part in value)
        case int():
            return f"{value:,}" if not isinstance(value, bool) else str(value)
        case _:
            return str(value)
