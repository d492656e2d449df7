"""How long it takes to find near-duplicates among many entries, and whether that grows with their number alone.

    python benchmarks/likeness.py [--entries 100000] [--steps 4] [--json FILE]

Entries are invented as in `catalogue.py`; every thousandth is a copy of an entry of another department with another
name and one item more, which has to be found. They are taken in `steps` equal parts, each sketched and
compared with all before it as the platform's task does it, and each part's time is printed: what grows with the number
of entries shows in the last.
"""

import argparse
import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import catalogue  # noqa: E402 - stands beside this file

from hefu.node.postgres import Cluster  # noqa: E402

#: One entry of so many is a copy with changes.
COPIED = 1000


def main() -> None:
    """Start the server, measure, report, remove everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hefu-likeness-"))
    home.chmod(0o711)
    cluster = Cluster(home / "database", home / "secrets", settings=catalogue.SETTINGS)
    try:
        cluster.start()
        os.environ |= {
            "HEFU_HOME": str(home),
            "HEFU_DATABASE_URL": cluster.url(),
            "HEFU_MASTER_KEY": "YSBtYXN0ZXIga2V5IGZvciB0aGUgYmVuY2ggYWxvbmU=",
            "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
        }
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        figures = measure(given.entries, given.steps)
        connections.close_all()
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)
    for name, value in figures.items():
        print(f"{name:<44}{value:>12,}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def measure(entries: int, steps: int) -> dict[str, Any]:
    """Fill, copy a few, and look for near-duplicates part by part."""
    from hefu.kernel.actor import system
    from hefu.kernel.clock import FixedClock
    from hefu.rooms.upkeep import services
    from hefu.rooms.upkeep.models import Pair

    actor, clock = system("upkeep"), FixedClock(catalogue.START)
    offices = catalogue.departments()
    catalogue.fill(entries, offices)
    copies = _copy(entries, offices)
    figures: dict[str, Any] = {"entries": entries}
    done = 0
    for step in range(steps):
        began = time.monotonic()
        sketched, _pairs = services.find_duplicates(most=-(-entries // steps), actor=actor, clock=clock)
        took = time.monotonic() - began
        done += sketched
        figures[f"part {step + 1}, entries/s"] = round(sketched / took) if took else 0
        print(
            f"{done:,} after {took:.1f} s more, {Pair.objects.count():,} pairs, load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    found = set(Pair.objects.values_list("first_id", "second_id"))
    figures["pairs"] = len(found)
    figures["copies"] = len(copies)
    figures["copies found"] = sum((min(one), max(one)) in found for one in copies)
    figures["peak, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def _copy(entries: int, offices: list[Any]) -> list[tuple[Any, Any]]:
    """Give one entry of `COPIED` the items of the one before it, but for one, and another department."""
    from hefu.rooms.catalog.models import Entry, Item

    chance, made = random.Random(5), []
    ids = list(Entry.objects.filter(status="published").order_by("pk").values_list("pk", flat=True)[:entries])
    for at in range(COPIED, len(ids), COPIED):
        model, copy = Entry.objects.get(pk=ids[at - 1]), Entry.objects.get(pk=ids[at])
        held = list(model.items.order_by("position").values_list("name", flat=True))
        words = [f"{one}{at % 97}" for one in held] if len(held) >= 6 else [f"第{at}号{n}" for n in range(6)]
        for row, names in ((model, words), (copy, [*reversed(words), "另一项"])):
            row.items.all().delete()
            Item.objects.bulk_create(
                Item(id=_id(chance), entry=row, position=n, name=name, code=f"c{n}", type="C", length=50)
                for n, name in enumerate(names)
            )
        others = [office for office in offices if office.pk != model.provider_id]
        Entry.objects.filter(pk=copy.pk).update(provider=chance.choice(others))
        made.append((model.pk, copy.pk))
    return made


def _id(chance: random.Random) -> Any:
    from uuid import UUID

    return UUID(int=chance.getrandbits(128))


if __name__ == "__main__":
    main()
