"""Runs every linter and house rule, two at a time, and shows what those say that fail.

python tools/lint.py            all of them
python tools/lint.py ruff mypy  only these
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CODE = ("src", "tests", "tools", "benchmarks", "hatch_build.py")

#: Checks load the settings; they must neither look for a database nor make a key.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
    "HEFU_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "HEFU_HOME": str(ROOT / ".work" / "home"),
    "HEFU_MASTER_KEY": "A" * 43 + "=",
    # As in production: what `check --deploy` asks for.
    "HEFU_HTTPS": "yes",
}


@dataclass(frozen=True)
class Check:
    """One linter."""

    name: str
    command: tuple[str, ...]


def _python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def _tool(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / name), *arguments)


#: The slow ones first, so that the others run beside them.
CHECKS = (
    Check("mypy", _tool("mypy", "--no-error-summary")),
    Check("migrations", _python("-m", "django", "makemigrations", "--check", "--dry-run", "--verbosity", "1")),
    Check("settings", _python("-m", "django", "check", "--deploy", "--fail-level", "WARNING")),
    Check("imports", _tool("lint-imports", "--no-cache")),
    Check(
        "codespell",
        _tool("codespell", "src", "tests", "tools", "docs", "changelog.d", *sorted(map(str, ROOT.glob("*.md")))),
    ),
    Check("dependencies", _tool("deptry", "src")),
    Check("reference", _python("tools/reference.py", "--check")),
    Check("messages", _python("tools/messages.py")),
    Check("house", _python("tools/house.py")),
    Check("format", _tool("ruff", "format", "--check", "--quiet", *CODE)),
    Check("ruff", _tool("ruff", "check", "--quiet", "--output-format", "concise", *CODE)),
)


@dataclass(frozen=True)
class Outcome:
    """How a check ended."""

    name: str
    status: int
    said: str
    seconds: float


def run(check: Check) -> Outcome:
    """Run one check to its end."""
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=os.environ | ENVIRONMENT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return Outcome(check.name, done.returncode, done.stdout.strip(), time.monotonic() - began)


def outcomes(names: set[str]) -> Iterator[Outcome]:
    """Run the checks of these names, all of them when there is none, and yield each as it was listed."""
    chosen = [check for check in CHECKS if not names or check.name in names]
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield from pool.map(run, chosen)


def main() -> int:
    """Show every outcome; 1 when one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = [check.name for check in CHECKS]
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(known)}; all of them without one")
    asked = parser.parse_args().names
    if strange := sorted(set(asked) - set(known)):
        parser.error(f"there is no check {', '.join(strange)}; choose from {', '.join(known)}")
    failed = []
    for outcome in outcomes(set(asked)):
        print(f"{'ok' if outcome.status == 0 else 'FAILED':6}  {outcome.name} ({outcome.seconds:.1f} s)", flush=True)
        if outcome.status != 0:
            failed.append(outcome.name)
            print("\n".join(f"        {line}" for line in outcome.said.splitlines()[-60:]), flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}. Again, these alone: python tools/lint.py {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
