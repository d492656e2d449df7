"""Files between two pages of an import: kept in the node's home for a day, for the person who brought them."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings

from hefu.kernel.actor import Actor
from hefu.kernel.refusal import NotFound

#: How long a file waits for its second page.
KEPT = timedelta(days=1)
#: Largest file, in bytes.
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that somebody brought."""

    token: str
    file_name: str
    sheet: str
    data: bytes


def _folder() -> Path:
    folder: Path = settings.HEFU.home / "uploads"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(data: bytes, *, file_name: str, sheet: str, actor: Actor, at: datetime) -> str:
    """Keep a file and return the token that finds it again; files of days before are dropped."""
    folder = _folder()
    for old in folder.iterdir():
        if old.stat().st_mtime < (at - KEPT).timestamp():
            old.unlink(missing_ok=True)
    token = token_hex(16)
    about = {"by": actor.id, "file_name": file_name, "sheet": sheet}
    (folder / f"{token}.json").write_text(json.dumps(about), encoding="utf-8")
    (folder / f"{token}.bin").write_bytes(data)
    return token


def find(token: str, *, actor: Actor) -> Upload:
    """Return the file of `token`.

    Raises:
        NotFound: It is gone, or somebody else's.
    """
    folder = _folder()
    about_file = folder / f"{token}.json"
    if not (len(token) == 32 and token.isalnum() and about_file.is_file()):
        raise NotFound(what="import", key=token)
    about = json.loads(about_file.read_text(encoding="utf-8"))
    if about["by"] != actor.id:
        raise NotFound(what="import", key=token)
    return Upload(token, about["file_name"], about["sheet"], (folder / f"{token}.bin").read_bytes())


def drop(token: str) -> None:
    """Forget a file."""
    for kind in ("json", "bin"):
        (_folder() / f"{token}.{kind}").unlink(missing_ok=True)
