"""What collection into a holding costs, beside DuckDB's own COPY of the same file to Parquet.

    python benchmarks/lake.py            a million rows of invented people
    python benchmarks/lake.py 5000000
    python benchmarks/lake.py 1000000 store   the same with the lake in an S3-compatible store as well

The store is moto's server, in a process of its own on this machine, which keeps files in memory and is written in
Python: its lines say what the way there costs, not what a store of an office gives.

Each line is a process of its own: rows a second, seconds of processor, and the most memory it held. The file is read
once before, so that no line pays for a cold disk. DuckDB may use two threads and as much memory as it likes.
"""

import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

COLUMNS = {
    "id_number": "text", "name": "text", "born_on": "date", "division": "text", "street": "text", "phone": "text",
    "income": "numeric(12,2)", "changed_at": "timestamp without time zone",
}  # fmt: skip
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "安邦昌德恩芳国海佳康丽明宁平清荣"


def write(path: Path, rows: int, changed_every: int = 0) -> None:
    """Write people that nobody is; every so manieth has another income."""
    draw = random.Random(7)
    first = date(1940, 1, 1)
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for row in range(rows):
            born = first + timedelta(days=draw.randrange(29_000))
            income = draw.randrange(10_000_00)
            if changed_every and row % changed_every == 0:
                income += 1
            file.write(
                f"{row:018d},{draw.choice(SURNAMES)}{draw.choice(GIVEN)}{draw.choice(GIVEN)},{born},"
                f"23{draw.randrange(10_000):04d},第{draw.randrange(900)}街{draw.randrange(400)}号,"
                f"13{draw.randrange(10**9):09d},{income / 100:.2f},2026-01-{row % 28 + 1:02d} 08:00:00\n"
            )


def copy(folder: Path) -> None:
    """Let DuckDB copy the file to Parquet, typed."""
    import duckdb

    types = {name: "VARCHAR" if of == "text" else of.upper() for name, of in COLUMNS.items()}
    types["changed_at"], types["income"] = "TIMESTAMP", "DECIMAL(12,2)"
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute(
            f"copy (select * from read_csv('{folder / 'people.csv'}', header = true, columns = {types}))"
            f" to '{folder / 'copied.parquet'}' (format parquet, compression zstd)"
        )


def collect(folder: Path, serial: int, taking: str, name: str, place: str = "") -> None:
    """Collect a file into the holding; `place` is the store's connection as JSON, empty for a folder."""
    from hefu.dataplane.checks import NotNull
    from hefu.dataplane.connectors.folder.source import FolderSource
    from hefu.dataplane.connectors.s3.connection import S3Connection
    from hefu.dataplane.lake import collecting
    from hefu.dataplane.lake.table import LakeTable, Taking
    from hefu.dataplane.outcome import ListSink
    from hefu.dataplane.ticket import Item, ResourceKind, ResourceRef
    from hefu.kernel.clock import FixedClock

    items = tuple(Item(column, column, of) for column, of in COLUMNS.items())
    store = S3Connection(**json.loads(place)) if place else None
    read = ResourceRef("benchmark", ResourceKind.FILE_FOLDER, "", name)
    ticket = collecting.everything("C", "entry", read, items, ("id_number",), (NotNull("name"),))
    collecting.collect(
        order=collecting.Order(f"C{serial}", serial, ticket, Taking(taking)),
        source=FolderSource(folder),
        table=LakeTable(folder / ("copies/holding" if store else "holding"), store),
        rejects=ListSink(),
        clock=FixedClock(datetime(2026, 3, serial, tzinfo=UTC)),
    )


def one(folder: Path, what: str) -> None:
    """Do one line in this process and print what it took."""
    started = time.monotonic()
    if what == "copy":
        copy(folder)
    else:
        serial, taking, name = what.split(":")
        collect(folder, int(serial), taking, name, sys.stdin.read())
    seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mib": used.ru_maxrss / 1024}))


def size(folder: Path, pattern: str) -> float:
    """Return MiB of the files."""
    return sum(file.stat().st_size for file in folder.glob(pattern)) / (1 << 20)


@contextlib.contextmanager
def a_store() -> Iterator[str]:
    """Start a store and give what connects to a folder of it, as JSON."""
    from dataclasses import replace

    from hefu.dataplane.connectors.s3.connection import S3Session
    from tests.s3 import running

    with running() as store:
        bucket = replace(store, bucket="lake", folder="/node/holding")
        with contextlib.closing(S3Session(bucket, "target")) as session:
            session.ask("PUT", "")
        names = ("host", "port", "bucket", "user", "password", "folder", "tls")
        yield json.dumps({name: getattr(bucket, name) for name in names})


def main(rows: int, *, in_store: bool = False) -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory(prefix="hefu-benchmark-") as name, contextlib.ExitStack() as closing:
        folder = Path(name)
        write(folder / "people.csv", rows)
        write(folder / "changed.csv", rows, changed_every=100)
        with (folder / "people.csv").open() as file, (folder / "few.csv").open("w") as few:
            few.writelines(line for number, line in enumerate(file) if number <= rows // 100)
        lines = (
            ("DuckDB COPY to Parquet, unchecked", "copy", rows),
            ("first collection", "1:snapshot:people.csv", rows),
            ("again, nothing changed", "2:snapshot:people.csv", rows),
            ("again, 1 % changed", "3:snapshot:changed.csv", rows),
            ("merge of 1 % by key", "4:merge:few.csv", rows // 100),
        )
        print(f"{rows:,} rows, {len(COLUMNS)} columns, {size(folder, 'people.csv'):.0f} MiB of CSV; "
              f"load {os.getloadavg()[0]:.1f}\n")  # fmt: skip
        print(f"{'':36}{'s':>8}{'CPU s':>8}{'rows/s':>12}{'of COPY':>9}{'peak MiB':>10}{'on disk MiB':>13}")
        reference = 0.0
        told = [(*line, "") for line in lines]
        if in_store:  # each beside its like, so that both meet the same load
            store = closing.enter_context(a_store())
            told = [one for line in lines for one in ((*line, ""), (f"{line[0]}, store", *line[1:], store))]
            told.pop(1)
        for said, what, read, place in told:
            command = [sys.executable, __file__, "one", name, what]
            done = subprocess.run(command, check=True, capture_output=True, input=place.encode())
            took = json.loads(done.stdout)
            rate = read / took["seconds"]
            reference = reference or rate
            lies = "copied.parquet" if what == "copy" else "copies/holding/*.parquet" if place else "holding/*.parquet"
            disk = size(folder, lies)
            spent = f"{took['seconds']:8.1f}{took['cpu']:8.1f}{rate:12,.0f}{rate / reference:9.2f}"
            print(f"{said:36}{spent}{took['mib']:10.0f}{disk:13.0f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["one"]:
        one(Path(sys.argv[2]), sys.argv[3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, in_store=sys.argv[2:] == ["store"])
