"""Taking a large catalogue in: portals' files, repeated to the wanted size, through the steps of the wizard.

    python benchmarks/imports.py FILE... [--entries N] [--kill] [--json FILE]

Runs an embedded PostgreSQL of its own with fsync on, in a temporary folder, and removes it. Several files are
put into one by the names of the fields, their providers told apart by the file's name. What is measured:

compare      reading, mapping and sorting the file, and working out what it would change
take in      the same again, and writing entries, versions, history and search notes, a thousand a transaction
again        comparing the same file once more: everything is unchanged

Rows a second are given by the clock on the wall and by the processor time of this process and of its database
connection. With --kill a `hefu worker` takes the file in, is ended by SIGKILL when half is there, and a second
one goes on; what stands in the catalogue afterwards is counted and held against the evidence.
"""

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]  # the builders of the tests make offices and people


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--entries", type=int, default=35_000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hefu-bench-") as folder:
        Path(folder).chmod(0o711)
        figures = _with_database(Path(folder), arguments.files, arguments.entries, kill=arguments.kill)
    figures["load"] = round(os.getloadavg()[0], 2)
    for name, value in figures.items():
        print(f"{name:<34}{value:>12,.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _with_database(home: Path, files: list[Path], entries: int, *, kill: bool) -> dict[str, float]:
    from hefu.node.postgres import Cluster

    cluster = Cluster(home / "database", home / "secrets")
    cluster.start()
    try:
        os.environ |= {
            "HEFU_HOME": str(home),
            "HEFU_DATABASE_URL": cluster.url(),
            "HEFU_MASTER_KEY": base64.b64encode(bytes(32)).decode(),
            "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return _measure(files, entries, kill=kill)
    finally:
        cluster.stop()


def _repeated(files: list[Path], entries: int) -> tuple[bytes, list[str]]:
    """Return the files' rows again and again under other names, and the providers that they name."""
    from hefu.rooms.catalog.importing.notions import Field, portal_name

    known = [row for file in files for row in _rows(file, apart=len(files) > 1)]
    name, url, provider = (portal_name(one) for one in (Field.NAME, Field.DETAIL_URL, Field.PROVIDER))
    rows: list[dict[str, Any]] = []
    while len(rows) < entries:
        turn = len(rows) // len(known)
        for cells in known[: entries - len(rows)]:
            changed = dict(cells)
            if turn:
                changed[name] = f"{cells[name]} {turn}"
                if cells.get(url):
                    changed[url] = f"{cells[url]}&turn={turn}"
            rows.append(changed)
    return json.dumps(rows, ensure_ascii=False).encode(), sorted({row[provider] for row in rows} - {""})


def _rows(file: Path, *, apart: bool) -> list[dict[str, Any]]:
    """Return a portal's rows by the names of our fields; what is mapped to none keeps its column's name."""
    from hefu.rooms.catalog.importing.mapping import propose_mapping
    from hefu.rooms.catalog.importing.notions import Field, portal_name
    from hefu.rooms.catalog.importing.reading import read_table

    table = read_table(file.read_bytes(), file.name)
    of = {
        column: portal_name(field) for column, (field, _sure) in propose_mapping(table.columns, table.samples()).items()
    }
    rows = [{of.get(column, column): cell for column, cell in cells.items()} for _number, cells in table.rows]
    for row in rows:
        provider = str(row.get(portal_name(Field.PROVIDER)) or "").strip()
        row[portal_name(Field.PROVIDER)] = (
            f"{file.name.partition('.')[0]} {provider}" if apart and provider else provider
        )
    return rows


def _measure(files: list[Path], entries: int, *, kill: bool = False) -> dict[str, float]:
    from hefu.kernel.actor import Role
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults, NewProvider
    from hefu.rooms.catalog.terms import ShareType
    from tests.builders import a_credit_code, a_department, an_actor, the_authority

    clock = SystemClock()
    data, names = _repeated(files, entries)
    told = [NewProvider(name=name, credit_code=a_credit_code(), place="460000") for name in names]
    made = services.register_providers(providers=told, actor=an_actor(a_department(), Role.OPERATOR), clock=clock)
    actor = an_actor(the_authority(), Role.REVIEWER)
    stated = Defaults(share_type=ShareType.CONDITIONAL, share_condition="依申请", share_scope="各部门")

    def brought() -> Any:
        found = services.bring_file(data=data, file_name="repeated.json", actor=actor, clock=clock)
        preview = queries.preview_import(data, "repeated.json", viewer=actor)
        services.map_intake(
            intake_id=found.pk,
            mapping={column: field.value for column, (field, _sure) in preview.mapping.items()},
            defaults=stated,
            providers=made,
            publish=True,
            actor=actor,
            clock=clock,
        )
        return found.pk

    figures = {"entries": float(entries), "file_mib": len(data) / 2**20}
    first = brought()
    _timed(figures, "compare", entries, lambda: services.carry_on(intake_id=first, clock=clock))
    services.apply_intake(intake_id=first, actor=actor, clock=clock)
    if kill:
        figures |= _killed(first, entries)
    else:
        _timed(figures, "take_in", entries, lambda: services.carry_on(intake_id=first, clock=clock))
    batch = queries.intake(first, viewer=actor).batch
    figures |= {"taken": float(batch.taken), "refused": float(batch.refused)} if batch else {}
    second = brought()
    _timed(figures, "again", entries, lambda: services.carry_on(intake_id=second, clock=clock))
    plan = queries.intake(second, viewer=actor).plan
    figures["again_changes"] = float(plan["taken"] + plan["changed"] + plan["gone"])
    return figures


def _killed(intake: Any, entries: int) -> dict[str, float]:
    """Let a worker take half of a file in, end it, let another finish, and count what there is."""
    from hefu.kernel.actor import system
    from hefu.rooms.catalog.models import Entry, EntryVersion, Intake
    from hefu.rooms.evidence.queries import history

    def standing() -> Intake:
        return Intake.objects.defer("data").get(pk=intake)

    begun = time.perf_counter()
    first = _worker()
    while standing().done < entries / 2:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    half, ended = Entry.objects.count(), time.perf_counter()
    second = _worker()
    try:
        while Entry.objects.count() == half and standing().status == "running":
            time.sleep(0.2)
        resumed = time.perf_counter()
        while standing().status == "running":
            time.sleep(0.2)
    finally:
        second.terminate()
        second.wait()
    over = standing()
    if over.batch is None or over.status != "done":
        raise SystemExit(f"it ended as {over.status}: {over.fault}")
    (said,) = history(f"import:{over.batch_id}", viewer=system("benchmark"))
    found, versions = Entry.objects.count(), EntryVersion.objects.count()
    if not found == versions == said.body["taken"] == over.batch.taken:
        raise SystemExit(f"{found} entries, {versions} versions, evidence of {said.body['taken']}")
    return {
        "there_when_killed": float(half),
        "seconds_until_killed": ended - begun,
        "seconds_until_taken_up": resumed - ended,
        "seconds_from_then_to_the_end": time.perf_counter() - resumed,
        "there_at_the_end": float(found),
    }


def _worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "hefu", "worker"])


def _timed(figures: dict[str, float], name: str, rows: int, work: Callable[[], object]) -> None:
    wall, cpu, served = time.perf_counter(), time.process_time(), _database_seconds()
    work()
    spent = time.process_time() - cpu + _database_seconds() - served
    figures[f"{name}_rows_per_second"] = rows / (time.perf_counter() - wall)
    figures[f"{name}_rows_per_cpu_second"] = rows / spent


def _database_seconds() -> float:
    """Return the processor seconds that the server has spent on this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
    told = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
