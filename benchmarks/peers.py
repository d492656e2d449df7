"""The tools that offices use, and ours: one table, PostgreSQL → PostgreSQL, as it is, in one run.

    python benchmarks/peers.py [--rows 5000000] [--rounds 2] [--tools FOLDER] [--json FILE]

Each tool gets an environment of its own below FOLDER, made from the package registry when it is not there
yet; the versions are the last whose packages hold all they need, since a closed network lets nobody fetch
more at first use. All write a logged table, 12 columns, no filter, no mask, from the same server to the
same server, on loopback. Ours also checks the count and the digest of the keys of both sides and keeps its
position in the target's transaction; the tools do not. Each run of ours, of a tool and of the reference
(`psql COPY | psql COPY` in binary) is a process of its own, and seconds are wall time with its start, but
for ours without the imports (as in `benchmarks/exchange.py`). A tool's rows are counted when it has ended.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

from exchange import ALL_COLUMNS, Ground, machine, prepared

PACKAGES = {
    "dlt": ("dlt[postgres]==1.31.0", "sqlalchemy==2.0.58", "connectorx==0.4.6", "pyarrow"),
    "sling": ("sling-linux-amd64==1.4.11",),
    "ingestr": ("ingestr==0.15.9",),
}
#: No tool calls home, and each leaves what it leaves in a folder that goes.
QUIET = {
    "SLING_DISABLE_TELEMETRY": "TRUE",
    "DISABLE_TELEMETRY": "true",
    "TELEMETRY_DISABLED": "true",
    "INGESTR_DISABLE_TELEMETRY": "true",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}
DLT = """
import sys, dlt
from dlt.sources.sql_database import sql_table
backend, source, target, folder = sys.argv[1:]
line = dlt.pipeline("peer", destination=dlt.destinations.postgres(target), dataset_name="peer", pipelines_dir=folder)
line.run(
    sql_table(credentials=source, table="population", backend=backend),
    write_disposition="replace", loader_file_format="csv",
)
"""

Command = Callable[[Ground, Path], list[str]]


def tools(folder: Path) -> dict[str, Command]:
    """Return each tool's command; the environments are made first, where they are not there."""
    for name, packages in PACKAGES.items():
        if not (folder / name / "ready").exists():
            print(f"installing {name}", file=sys.stderr, flush=True)
            venv.create(folder / name, with_pip=True, clear=True)
            subprocess.run([folder / name / "bin" / "pip", "install", "--quiet", *packages], check=True)
            (folder / name / "ready").touch()

    def dlt(backend: str) -> Command:
        program = str(folder / "dlt" / "bin" / "python")
        return lambda ground, home: [
            *(program, "-c", DLT, backend, ground.url("provider"), ground.url("consumer"), str(home))
        ]

    def sling(ground: Ground, home: Path) -> list[str]:
        del home
        program = next((folder / "sling").rglob("bin/sling-linux-amd64"))
        program.chmod(0o755)
        return [
            *(str(program), "run", "--mode", "full-refresh"),
            *("--src-conn", ground.url("provider") + "?sslmode=disable", "--src-stream", "public.population"),
            *("--tgt-conn", ground.url("consumer") + "?sslmode=disable", "--tgt-object", "peer.population"),
        ]

    def ingestr(ground: Ground, home: Path) -> list[str]:
        del home
        return [
            *(str(folder / "ingestr" / "bin" / "ingestr"), "ingest", "--yes", "--full-refresh"),
            *("--source-uri", ground.url("provider"), "--source-table", "public.population"),
            *("--dest-uri", ground.url("consumer"), "--dest-table", "peer.population"),
        ]

    return {
        "dlt 1.31.0, connectorx": dlt("connectorx"),
        "dlt 1.31.0, pyarrow": dlt("pyarrow"),
        "sling 1.4.11": sling,
        "ingestr 0.15.9": ingestr,
    }


def carried(ground: Ground, name: str, command: Command, rows: int) -> float:
    """Run a tool once; return its seconds."""
    ground.settle()
    ground.run("consumer", "drop schema if exists peer cascade", "create schema peer")
    home = Path(tempfile.mkdtemp(prefix="hefu-peer-"))
    try:
        started = time.monotonic()
        done = subprocess.run(
            command(ground, home),
            env=os.environ | QUIET | {"HOME": str(home)},
            cwd=home,
            capture_output=True,
            text=True,
            timeout=1800,
            check=False,
        )
        seconds = time.monotonic() - started
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if done.returncode:
        raise SystemExit(f"{name} failed: {(done.stderr or done.stdout)[-2000:]}")
    ((there,),) = ground.run("consumer", "select count(*) from peer.population")
    if there != rows:
        raise SystemExit(f"{name} brought {there:,} of {rows:,} rows")
    return seconds


def main() -> None:
    """Prepare, run all in turn, print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--tools", type=Path, default=Path.home() / ".cache" / "hefu-peers")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    given.tools.mkdir(parents=True, exist_ok=True)
    known = tools(given.tools)
    seconds: dict[str, list[float]] = {}
    with prepared(given.rows) as ground:
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
            runs: dict[str, Callable[[], float]] = {
                "psql COPY, binary": lambda: ground.reference("psql", "population", ALL_COLUMNS, logged=True),
                "Hefu": lambda: ground.delivery("whole", governed=False, logged=True, whole=True),
            }
            for name, run in runs.items():
                seconds.setdefault(name, []).append(run())
            for name, command in known.items():
                seconds.setdefault(name, []).append(carried(ground, name, command, given.rows))
    ours = statistics.median(seconds["Hefu"])
    print(f"\n{given.rows:,} rows x 12 columns, logged table, {machine()}\n")
    print(f"{'':26} {'seconds':>8} {'rows/s':>10} {'slower than Hefu':>17}   rounds")
    for name, each in seconds.items():
        middle = statistics.median(each)
        told = ", ".join(f"{one:.1f}" for one in each)
        print(f"{name:26} {middle:8.1f} {given.rows / middle:10,.0f} {middle / ours:16.2f}x   {told}")
    if given.json:
        given.json.write_text(json.dumps({"rows": given.rows, "seconds": seconds, "machine": machine()}, indent=2))


if __name__ == "__main__":
    main()
