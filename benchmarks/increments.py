"""New rows alone: what a run costs that brings one in a hundred, beside `COPY` of just these rows and a full delivery.

    python benchmarks/increments.py [--rows 5000000] [--rounds 3] [--json FILE]

PostgreSQL to PostgreSQL on one server, a logged table of five columns whose key grows and is its watermark. First a
delivery of everything, then each round adds one row in a hundred at the source and brings what is new, with an overlap
as large as a tenth of it that is read again and changes nothing. The reference, just before, copies the same new rows
out of the source by `psql COPY | COPY` in binary into a table that holds the others and has the same key. Seconds of a
delivery are those of `deliver` in a fresh process; both sides are reconciled each time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from exchange import Ground, machine, prepared
from shapes import NARROW, fill, in_child


def added(ground: Ground, first: int, last: int) -> None:
    """Add rows at the source, by number."""
    filled = ", ".join(made for _name, _kind, made in NARROW.columns)
    ground.run("provider", f"insert into narrow select {filled} from generate_series({first}::bigint, {last}) as n")


def copied(ground: Ground, first: int) -> float:
    """Copy the rows from a number on; return the seconds."""
    started = time.monotonic()
    out = subprocess.Popen(
        [ground.psql, "-X", "-q", "-d", ground.url("provider"), "-c",
         f"copy (select * from narrow where id >= {first}) to stdout (format binary)"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    into = subprocess.Popen(
        [ground.psql, "-X", "-q", "-d", ground.url("consumer"), "-c", "copy copied from stdin (format binary)"],
        stdin=out.stdout,
    )
    if out.stdout:
        out.stdout.close()
    if into.wait() or out.wait():
        raise SystemExit("psql failed")
    return time.monotonic() - started


def delivered(ground: Ground, overlap: int) -> dict[str, Any]:
    """Bring what is new; return the figures."""
    return in_child({
        "shape": "narrow", "governed": False, "overlap": overlap,
        "source": ground._connection("provider"), "target": ground._connection("consumer"),
    })  # fmt: skip


def main() -> None:
    """Start the server, measure, print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=5_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    rows, new = given.rows, given.rows // 100
    rounds: list[tuple[float, float]] = []
    with prepared(0) as ground:
        fill(ground, NARROW, rows)
        ground.run("provider", "alter table narrow add primary key (id)", "analyze narrow")
        ground.settle()
        ground.run("consumer", f"create table copied ({NARROW.told})")
        copied(ground, 1)
        ground.run("consumer", "alter table copied add primary key (id)")
        whole = delivered(ground, new // 10)["seconds"]
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}", file=sys.stderr, flush=True)
            added(ground, rows + 1, rows + new)
            reference = copied(ground, rows + 1)
            told = delivered(ground, new // 10)
            rows += new
            ((there, highest),) = ground.run("consumer", "select count(*), max(id) from delivered")
            if (there, highest) != (rows, rows):
                raise SystemExit(f"{there:,} of {rows:,} rows, up to {highest:,}")
            rounds.append((reference, told["seconds"]))
    reference, ours = (statistics.median(each) for each in zip(*rounds, strict=True))
    print(f"\n{given.rows:,} rows x 5, {new:,} new in a round, {machine()}\n")
    print(f"{'':38} {'seconds':>8} {'new rows/s':>11}")
    print(f"{'everything, the first time':38} {whole:8.2f}")
    print(f"{'COPY of the new rows':38} {reference:8.2f} {new / reference:11,.0f}")
    print(f"{'what is new, with its overlap':38} {ours:8.2f} {new / ours:11,.0f}")
    print(f"ratio to COPY {reference / ours:.2f}, to everything anew {whole / ours:.1f}")
    if given.json:
        given.json.write_text(json.dumps({"rows": given.rows, "whole": whole, "rounds": rounds}, indent=2) + "\n")


if __name__ == "__main__":
    main()
