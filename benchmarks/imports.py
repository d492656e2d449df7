"""Taking a large catalogue in: a portal's file, repeated to the wanted size, through the steps of the wizard.

    python benchmarks/imports.py FILE [--entries N] [--json FILE]

Runs an embedded PostgreSQL of its own with fsync on, in a temporary folder, and removes it. What is measured:

compare      reading, mapping and sorting the file, and working out what it would change
take in      the same again, and writing entries, versions, history and search notes, a thousand a transaction
again        comparing the same file once more: everything is unchanged

Rows a second are given by the clock on the wall and by the processor time of this process; the database's
own processor time is not in the latter.
"""

import argparse
import base64
import json
import os
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
    parser.add_argument("file", type=Path)
    parser.add_argument("--entries", type=int, default=35_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hefu-bench-") as folder:
        Path(folder).chmod(0o711)
        figures = _with_database(Path(folder), arguments.file, arguments.entries)
    figures["load"] = round(os.getloadavg()[0], 2)
    for name, value in figures.items():
        print(f"{name:<34}{value:>12,.2f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def _with_database(home: Path, file: Path, entries: int) -> dict[str, float]:
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
        return _measure(file, entries)
    finally:
        cluster.stop()


def _repeated(file: Path, entries: int) -> tuple[bytes, list[str]]:
    """Return the file's rows again and again under other names, and the providers that it names."""
    from hefu.rooms.catalog.importing.mapping import propose_mapping
    from hefu.rooms.catalog.importing.notions import Field
    from hefu.rooms.catalog.importing.reading import read_table

    table = read_table(file.read_bytes(), file.name)
    of = {field: column for column, (field, _sure) in propose_mapping(table.columns, table.samples()).items()}
    rows: list[dict[str, Any]] = []
    while len(rows) < entries:
        turn = len(rows) // len(table.rows)
        for _number, cells in table.rows[: entries - len(rows)]:
            changed = dict(cells)
            changed[of[Field.NAME]] = f"{cells[of[Field.NAME]]} {turn}"
            if Field.DETAIL_URL in of:
                changed[of[Field.DETAIL_URL]] = f"{cells.get(of[Field.DETAIL_URL])}&turn={turn}"
            rows.append(changed)
    providers = sorted({str(row.get(of[Field.PROVIDER]) or "").strip() for row in rows} - {""})
    return json.dumps(rows, ensure_ascii=False).encode(), providers


def _measure(file: Path, entries: int) -> dict[str, float]:
    from hefu.kernel.actor import Role
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults, NewProvider
    from hefu.rooms.catalog.terms import ShareType
    from tests.builders import a_credit_code, a_department, an_actor, the_authority

    clock = SystemClock()
    data, names = _repeated(file, entries)
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
    _timed(figures, "take_in", entries, lambda: services.carry_on(intake_id=first, clock=clock))
    batch = queries.intake(first, viewer=actor).batch
    figures |= {"taken": float(batch.taken), "refused": float(batch.refused)} if batch else {}
    second = brought()
    _timed(figures, "again", entries, lambda: services.carry_on(intake_id=second, clock=clock))
    plan = queries.intake(second, viewer=actor).plan
    figures["again_changes"] = float(plan["taken"] + plan["changed"] + plan["gone"])
    return figures


def _timed(figures: dict[str, float], name: str, rows: int, work: Callable[[], object]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    figures[f"{name}_rows_per_second"] = rows / (time.perf_counter() - wall)
    figures[f"{name}_rows_per_cpu_second"] = rows / (time.process_time() - cpu)


if __name__ == "__main__":
    main()
