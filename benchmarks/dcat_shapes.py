"""Every portal's whole catalogue, imported, exported as DCAT-AP and held against the official shapes.

    python benchmarks/dcat_shapes.py [--portal NAME …] [--page 100]

Each portal is imported in full into a database of its own in a temporary folder, exported as one Turtle file,
and validated by pyshacl page by page, each page an export of its own with catalogue and departments: pyshacl
holds a graph in memory and gets slower with its size. Violations must be 0. Files of others are read from
`../shared/data`; nothing of them is kept.
"""

import argparse
import io
import os
import shutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]


def main() -> None:
    """Print a line for each portal."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--portal", action="append", help="name of a file; all when none is named")
    ask.add_argument("--page", type=int, default=100, help="entries validated at once")
    asked = ask.parse_args()
    from hefu.node.postgres import Cluster

    home = Path(tempfile.mkdtemp(prefix="hefu-shapes-"))
    home.chmod(0o711)
    cluster = Cluster(home / "database", home / "secrets", tcp_port=None)
    os.environ |= {"HEFU_HOME": str(home), "DJANGO_SETTINGS_MODULE": "hefu.site.settings"}
    try:
        cluster.start()
        os.environ["HEFU_DATABASE_URL"] = cluster.url()
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        _run(asked.portal, asked.page)
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


def _run(chosen: list[str] | None, page: int) -> None:
    from django.db import transaction

    from hefu.protocols.dcat.export import catalogue, datasets, export
    from hefu.protocols.dcat.wire import Syntax, write
    from hefu.rooms.catalog import queries
    from hefu.rooms.catalog.exporting import exported
    from tests.builders import SYSTEM
    from tests.protocols.portals import PORTALS, imported
    from tests.protocols.shapes import PAIR, violations

    base = "https://share.example.gov.cn"
    print(f"{'portal':28}{'rows':>7}{'entries':>9}{'import s':>10}{'export s':>10}{'MB':>7}{'SHACL s':>9}  violations")
    total = 0
    for name in chosen or PORTALS:
        with transaction.atomic():
            start = time.monotonic()
            report = imported(name)
            took = time.monotonic() - start
            found = queries.published(viewer=SYSTEM, order="code")
            whole = io.BytesIO()
            start = time.monotonic()
            export(found, syntax=Syntax.TURTLE, base=base, title="目录", viewer=SYSTEM, output=whole)
            wrote = time.monotonic() - start
            start = time.monotonic()
            wrong: list[str] = []
            seen = 0
            entries = exported(found)
            while chunk := list(islice(entries, page)):
                seen += len(chunk)
                part = io.BytesIO()
                about = catalogue(base=base, title="目录", viewer=SYSTEM)
                write(about, datasets(chunk, base=base), Syntax.TURTLE, part)
                wrong += violations(part.getvalue(), files=PAIR)
            checked = time.monotonic() - start
            if seen != report.taken:
                raise SystemExit(f"{name}: {report.taken} entries went in and {seen} came out")
            transaction.set_rollback(True)
        total += len(wrong)
        size = len(whole.getvalue()) / 1e6
        line = f"{name:28}{report.rows:7}{seen:9}{took:10.1f}{wrote:10.1f}{size:7.1f}{checked:9.1f}"
        print(f"{line}  {len(wrong)}", flush=True)
        for one in wrong[:5]:
            print(f"    {one}", flush=True)
    print(f"violations in all: {total}; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
