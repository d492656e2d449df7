"""Makes `.venv` from the hashed lock, and installs Hefu into it. Quick when nothing changed.

Runs on the machine's own Python with nothing but its standard library. Every package is checked against
its hash. uv, itself taken from the lock by its hash, does the bulk because it is many times quicker than
pip; pip does it where uv cannot.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
#: What the installed command, its translations and the pages' files depend on.
PACKAGE = ("pyproject.toml", "hatch_build.py", "package-lock.json", "tools/assets.py", "tools/messages.py")
OLDEST = (3, 11)

_SAFE = ("--disable-pip-version-check", "--no-input")
_HASHED = ("--require-hashes", "--only-binary", ":all:", "--no-deps")
#: Packages that come as source alone. They are built by setuptools of the lock, with no other code fetched for it.
SOURCES = ("pyspark-client",)


def main() -> None:
    """Bring `.venv` up to date."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Hefu needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.11 setup"
        )
    lock_stamp = _digest([LOCK])
    package_stamp = _digest([ROOT / name for name in PACKAGE] + sorted(ROOT.glob("src/hefu/**/*.po")))
    _make_venv()
    if not _done("lock", lock_stamp):
        print("Installing what requirements.lock names ...", flush=True)
        _install_lock()
        _note("lock", lock_stamp)
        _forget("package")
    if not _done("package", package_stamp):
        print("Installing Hefu itself ...", flush=True)
        # Everything that building needs came from the lock: no build environment, no index.
        _run(_pip("install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)))
        _note("package", package_stamp)


def _make_venv() -> None:
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", "import pip"], check=False, capture_output=True).returncode == 0
    ):
        return
    print("Making .venv ...", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("This Python cannot make virtual environments. On Debian: apt-get install python3-venv")


def _install_lock() -> None:
    text = LOCK.read_text(encoding="utf-8")
    sources = [block for name in SOURCES if (block := _block(text, name))]
    with tempfile.TemporaryDirectory(prefix="hefu-setup-") as folder:
        ready, built, only_uv = (Path(folder, name) for name in ("ready.txt", "built.txt", "uv.txt"))
        built.write_text("".join(sources), encoding="utf-8")
        for block in sources:
            text = text.replace(block, "")
        ready.write_text(text, encoding="utf-8")
        only_uv.write_text(_block(text, "uv"), encoding="utf-8")
        if not _by_uv(only_uv, ready):
            _run(_pip("install", "--quiet", *_HASHED, "--requirement", str(ready)))
        if sources:
            from_source = ("--require-hashes", "--no-deps", "--no-build-isolation", "--no-binary", ",".join(SOURCES))
            _run(_pip("install", "--quiet", *from_source, "--requirement", str(built)))


def _block(text: str, name: str) -> str:
    """Return what the lock says of a package, its hashes included; nothing when it does not name it."""
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def _by_uv(only_uv: Path, ready: Path) -> bool:
    """Install by uv, itself taken from the lock; return whether that went."""
    if not only_uv.read_text(encoding="utf-8"):
        return False
    _run(_pip("install", "--quiet", *_HASHED, "--requirement", str(only_uv)))
    command = [VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", PYTHON, *_HASHED, "--requirement", ready]
    if subprocess.run(command, check=False, cwd=ROOT, env=os.environ | _as_pip_is_set()).returncode == 0:
        return True
    print("uv could not do it; pip does it now, which takes longer.", flush=True)
    return False


def _as_pip_is_set() -> dict[str, str]:
    """Return the settings that make uv look where pip has been told to look."""
    asked = subprocess.run(_pip("config", "list"), check=False, capture_output=True, text=True).stdout
    found = dict(re.findall(r"^[\w.:]*?[.]([\w-]+)='(.*)'$", asked, re.MULTILINE))
    # Which index a file comes from does not matter: its hash does.
    settings = {
        "UV_NO_CONFIG": "1",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_HTTP_TIMEOUT": found.get("default-timeout", "180"),
    }
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}
    for pip_name, uv_name in names.items():
        if pip_name in found and uv_name not in os.environ:
            settings[uv_name] = found[pip_name].replace("\\n", " ").strip()
    if "find-links" in found:
        settings["UV_FIND_LINKS"] = ",".join(settings.get("UV_FIND_LINKS", "").split())
    if "cert" in found and "SSL_CERT_FILE" not in os.environ:
        settings["SSL_CERT_FILE"] = found["cert"]
    return settings


def _pip(*arguments: str) -> list[str]:
    return [str(PYTHON), "-m", "pip", arguments[0], *_SAFE, *arguments[1:]]


def _run(command: list[str]) -> None:
    if subprocess.run(command, check=False, cwd=ROOT).returncode != 0:
        sys.exit("That did not work; what it said stands above. Run the same command again once it is mended.")


def _digest(files: list[Path]) -> str:
    parts = [
        sys.version,
        *(f"{file.relative_to(ROOT)}:{hashlib.sha256(file.read_bytes()).hexdigest()}" for file in files),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _done(name: str, stamp: str) -> bool:
    note = VENV / f".hefu-{name}"
    return note.is_file() and note.read_text(encoding="ascii") == stamp


def _note(name: str, stamp: str) -> None:
    (VENV / f".hefu-{name}").write_text(stamp, encoding="ascii")


def _forget(name: str) -> None:
    (VENV / f".hefu-{name}").unlink(missing_ok=True)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
