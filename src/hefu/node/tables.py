"""Whether the database's tables were already brought up to this very installation.

Looking costs milliseconds; asking Django costs the loading of every room. So `hefu migrate` leaves a mark of what
it found, and `hefu up` leaves the step out while the mark still fits both the code and the database.
"""

from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from sysconfig import get_path

import psycopg

from hefu.node.private import write_private

_PACKAGE = Path(__file__).resolve().parent.parent


def are_current(mark: Path, url: str) -> bool:
    """Return whether `mark` fits this installation and the database at `url`."""
    with suppress(OSError, psycopg.errors.InsufficientPrivilege):  # who may not look is told so by `hefu migrate`
        return mark.read_text(encoding="ascii").strip() == _fingerprint(url)
    return False


def note_current(mark: Path, url: str) -> None:
    """Write `mark`: the tables at `url` are those of this installation."""
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(mark, _fingerprint(url) + "\n")


def _fingerprint(url: str) -> str:
    """Return a digest of every migration of ours, every installed version, and what the database has had."""
    parts = sorted(folder.name for folder in Path(get_path("purelib")).glob("*.dist-info"))
    for file in sorted(_PACKAGE.glob("**/migrations/*.py")):
        parts.append(f"{file.relative_to(_PACKAGE)} {sha256(file.read_bytes()).hexdigest()}")
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        there = connection.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        if there is not None and there[0]:
            question = "SELECT app || '.' || name || ' ' || applied FROM django_migrations ORDER BY id"
            parts += [str(row[0]) for row in connection.execute(question)]
    return sha256("\n".join(parts).encode()).hexdigest()
