"""A large catalogue: how long its index takes, how quickly it answers, how soon a change is seen.

    python benchmarks/catalogue.py [--entries 1000000] [--questions 400] [--json FILE]

Everything stands in a temporary folder with a server of its own and goes when it ends. Entries are
invented: their names are put together from the words of offices, so that common words stand in a tenth of
them and rare ones in a handful. Rows go in by COPY with triggers off; what an import of a file costs is
measured apart, with everything on.

In process: `queries.search` as an officer (the scope is in force or of the own department), twelve facets
counted, 25 entries read from PostgreSQL; no question is asked twice, so nothing is remembered. Bare
tantivy answers the same words on the same index: 25 hits with their number, no scope, no facets. By HTTP:
the whole search page from one server process. A change is seen when a question that only it answers finds
it; the time runs from before the commit to the answer.
"""

import argparse
import base64
import json
import os
import platform
import random
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from hefu.node.postgres import Cluster

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"}
DEPARTMENTS = 600
BATCH = 5000
TABLES = ("catalog_entry", "catalog_item")
WORDS = {
    name: tuple(told.split())
    for name, told in tomllib.loads(
        (Path(__file__).parent / "catalogue_words.toml").read_text(encoding="utf-8")
    ).items()
}
FIELDS, SUBJECTS, THINGS, ITEMS = WORDS["fields"], WORDS["subjects"], WORDS["things"], WORDS["items"]
PLACES, PLACE_NAMES, SHORT = WORDS["places"], WORDS["place_names"], WORDS["short"]
START = datetime(2026, 1, 5, tzinfo=UTC)


# -- a catalogue nobody has --------------------------------------------------------------------------------


def departments() -> list[Any]:
    """Register the departments through the service, as an office would."""
    from hefu.kernel.actor import system
    from hefu.kernel.clock import FixedClock
    from hefu.kernel.identifiers import credit_code
    from hefu.rooms.parties import services
    from hefu.rooms.parties.terms import DepartmentRole

    made = []
    for number in range(DEPARTMENTS):
        at, field = number % len(PLACES), FIELDS[number // len(PLACES) % len(FIELDS)]
        again = number // (len(PLACES) * len(FIELDS))
        body = f"11510000{number:08d}X"
        made.append(
            services.register_department(
                credit_code=body + credit_code.check_digit(body),
                name=f"{PLACE_NAMES[at]}{field}局" + (f"第{again + 1}分局" if again else ""),
                short_name=f"{PLACE_NAMES[at][:2]}{field[:4]}{again or ''}",
                place=PLACES[at],
                roles=frozenset(
                    {DepartmentRole.PROVIDER, DepartmentRole.CONSUMER}
                    | ({DepartmentRole.AUTHORITY} if not number else set())
                ),
                actor=system("benchmark"),
                clock=FixedClock(START),
            )
        )
    return made


def fill(entries: int, offices: Sequence[Any]) -> float:
    """Write invented entries by COPY and return the seconds it took."""
    from django.db import connection

    began = time.monotonic()
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    chance = random.Random(20260302)
    for first in range(0, entries, BATCH):
        _copy(list(_rows(first, min(BATCH, entries - first), chance, offices)))
        print(f"\r{first + BATCH:,} entries written", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")
    return time.monotonic() - began


def _rows(
    first: int, count: int, chance: random.Random, offices: Sequence[Any]
) -> Iterator[tuple[dict[str, Any], list[str]]]:
    themes = [field[:4] for field in FIELDS]
    for number in range(first, first + count):
        office = offices[int(len(offices) * chance.random() ** 2)]
        rare = _rare(number * 7)
        subject = SUBJECTS[int(len(SUBJECTS) * chance.random() ** 1.5)]
        thing = THINGS[int(len(THINGS) * chance.random() ** 1.5)]
        year = 2000 + number % 26
        items = chance.sample(ITEMS, chance.randint(3, 8))
        name = f"{subject}{thing}" + (f"（{year}年{_rare(number)}）" if number % 3 else "")
        yield (
            {
                "id": UUID(int=(number << 64) | 0x7000_8000_0000_0000_0000 | number),
                "code": f"3/{number:07d}",
                "provider_id": office.pk,
                "status": "draft" if number % 50 == 0 else "published",
                "version": 0 if number % 50 == 0 else 1,
                "name": name,
                "abstract": f"{office.name}办理{subject}业务形成的{thing}，包括{'、'.join(items)}，{rare}。",
                "class_code": ("1", "2", "3")[number % 3] + f"{number % 17:02d}",
                "share_type": ("unconditional", "conditional", "none")[int(3 * chance.random() ** 2)],
                "open_type": ("closed", "conditional", "unconditional")[int(3 * chance.random() ** 2)],
                "update_cycle": ("daily", "monthly", "quarterly", "yearly", "realtime", "irregular")[
                    int(6 * chance.random())
                ],
                "grade": "general" if number % 9 else "important",
                "format_class": str(1 + int(7 * chance.random() ** 2)),
                "theme": themes[int(len(themes) * chance.random())],
                "channels": ["table", "file"] if number % 2 else ["interface"],
                "gaps": ["grade"] if number % 4 == 0 else [],
                "published_at": None if number % 50 == 0 else START + timedelta(minutes=number % 400_000),
                "words": name,
            },
            items,
        )


def _rare(number: int) -> str:
    """Return a word that few entries have: a batch of a few thousand names."""
    return f"第{number * 7919 % 5003}批"


def _copy(rows: list[tuple[dict[str, Any], list[str]]]) -> None:
    """Write entries and items with what the models say of the columns not named."""
    from django.db import connection
    from psycopg import sql

    from hefu.rooms.catalog.models import Entry, Item

    usual = Entry(
        id=UUID(int=0), author="benchmark", author_name="基准", drafted_at=START, changed_at=START, carried_over=True
    )
    usual.basis_kind, usual.basis_title, usual.noshare_reason = "law", "某法", "依法不予共享"
    fields = list(Entry._meta.concrete_fields)
    stored = {field.attname: field.get_db_prep_save(getattr(usual, field.attname), connection) for field in fields}
    with connection.cursor() as cursor:
        statement = "COPY {} ({}) FROM STDIN"
        columns = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
        with cursor.copy(sql.SQL(statement).format(sql.Identifier(Entry._meta.db_table), columns)) as copy:
            for told, _items in rows:
                copy.write_row([told.get(field.attname, stored[field.attname]) for field in fields])
        parts = list(Item._meta.concrete_fields)
        empty = Item(id=UUID(int=0), entry_id=UUID(int=0), position=0, name="x", code="x", type="C", length=50)
        plain = {field.attname: field.get_db_prep_save(getattr(empty, field.attname), connection) for field in parts}
        columns = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in parts)
        with cursor.copy(sql.SQL(statement).format(sql.Identifier(Item._meta.db_table), columns)) as copy:
            for told, items in rows:
                for place, name in enumerate(items):
                    own = {
                        "id": UUID(int=told["id"].int + ((place + 1) << 48)),
                        "entry_id": told["id"],
                        "position": place,
                        "name": name,
                        "code": f"c{place}",
                    }
                    copy.write_row([own.get(field.attname, plain[field.attname]) for field in parts])


# -- what is asked -----------------------------------------------------------------------------------------


def questions(count: int, offices: Sequence[Any]) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    """Return different questions as people ask them: words and, in two of three, choices."""
    chance = random.Random(7)
    found: dict[tuple[str, str], tuple[str, dict[str, tuple[str, ...]]]] = {}
    while len(found) < count:
        subject, thing = chance.choice(SUBJECTS), chance.choice(THINGS)
        text = (
            subject,
            f"{subject}{thing}",
            f"{subject} {chance.choice(ITEMS)}",
            f"{chance.choice(SHORT)} {subject}",
            chance.choice(SHORT),
            f"{subject} {_rare(chance.randrange(5000))}",
            _initials(subject + thing),
            thing,
            "",
        )[int(9 * chance.random())]
        choices: dict[str, tuple[str, ...]] = {}
        for facet, values in (
            ("share_type", ("unconditional", "conditional")),
            ("place", ("5117", "511702", "511781")),
            ("level", ("city", "county")),
            ("update_cycle", ("daily", "monthly", "yearly")),
            ("theme", tuple(field[:4] for field in FIELDS)),
            ("provider", tuple(str(office.pk) for office in offices[:40])),
        ):
            if chance.random() < 0.2:
                choices[facet] = (chance.choice(values),)
        found[text, repr(choices)] = (text, choices)
    return list(found.values())


def _initials(name: str) -> str:
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Return median, 95th percentile and the longest, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 2),
        "p95_ms": round(ordered[max(0, int(len(ordered) * 0.95) - 1)] * 1000, 2),
        "max_ms": round(ordered[-1] * 1000, 2),
    }


def timed(act: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that `act` takes, and what it returns."""
    began = time.perf_counter()
    made = act()
    return time.perf_counter() - began, made


def in_process(asked: Sequence[tuple[str, dict[str, tuple[str, ...]]]], viewer: Any) -> dict[str, Any]:
    """Ask every question: through the room, of the index alone, and of bare tantivy."""
    from tantivy import Occur, Query

    from hefu.rooms.catalog import queries
    from hefu.rooms.catalog.access import scope
    from hefu.rooms.catalog.searching.shelf import shelf
    from hefu.search.asking import Asking, ask
    from hefu.search.terms import FACETS, Question

    counted = tuple(facet for facet in FACETS if facet != "status")
    made = [
        Question(text, chosen=(("status", ("published",)), *choices.items()), counted=counted)
        for text, choices in asked
    ]
    standing = shelf().standing()
    if standing is None:
        raise SystemExit("there is no index")
    index, allowed = standing.index, scope(viewer)
    for question in made[:5]:
        queries.search(question, viewer=viewer)  # so that nothing is opened for the first time while it is measured
    standing.answers.clear()
    whole, alone, bare, hits = [], [], [], []
    for question in made:
        seconds, answer = timed(lambda question=question: queries.search(question, viewer=viewer))
        if answer.reason:
            raise SystemExit(answer.reason)
        whole.append(seconds)
        hits.append(answer.total)
        alone.append(timed(lambda question=question: ask(index, allowed, question))[0])
        words = Asking(index, allowed, Question(question.text)).pieces
        terms = [
            (Occur.Must, Query.term_query(index.schema, "body", term, "freq"))
            for piece in words
            for term in piece.ways[0]
        ]
        plain = Query.boolean_query(terms) if terms else Query.all_query()
        bare.append(timed(lambda plain=plain: index.searcher().search(plain, 25))[0])
    return {
        "questions": len(made),
        "hits_median": int(statistics.median(hits)),
        "hits_most": max(hits),
        "room": spread(whole),
        "index_alone": spread(alone),
        "bare_tantivy": spread(bare),
    }


def seen_after(changes: int, viewer: Any) -> dict[str, float]:
    """Change entries one by one and ask for what only the change says."""
    from hefu.rooms.catalog import queries
    from hefu.rooms.catalog.models import Entry
    from hefu.search.terms import Question

    ids = list(Entry.objects.filter(status="published").order_by("pk").values_list("pk", flat=True)[:changes])
    taken = []
    for number, pk in enumerate(ids):
        word = f"only{number:04d}seen"
        began = time.perf_counter()
        Entry.objects.filter(pk=pk).update(theme=word)
        answer = queries.search(Question(word), viewer=viewer)
        taken.append(time.perf_counter() - began)
        if (answer.total, answer.pending) != (1, 0):
            raise SystemExit(f"{word} was not seen: {answer.total} found, {answer.pending} pending")
    return spread(taken)


def imported(rows: int, offices: Sequence[Any], actor: Any) -> dict[str, Any]:
    """Take a sheet in with everything on: mapping, checks, versions, history, evidence, notes for the index."""
    from hefu.kernel.clock import SystemClock
    from hefu.rooms.catalog import queries, services
    from hefu.rooms.catalog.importing.terms import Defaults

    chance = random.Random(3)
    lines = ["信息资源名称,提供单位,摘要,共享类型,更新周期,信息项名称"]
    for number in range(rows):
        office, subject = chance.choice(offices), chance.choice(SUBJECTS)
        lines.append(f"{subject}{chance.choice(THINGS)}导入{number},{office.name},{subject}的情况,无条件共享,每年,姓名")
    data = "\n".join(lines).encode()
    seen = queries.preview_import(data, "sheet.csv", viewer=actor)
    mapping = {column: field.value for column, (field, _sure) in seen.mapping.items()}
    seconds, report = timed(
        lambda: services.import_entries(
            data=data,
            file_name="sheet.csv",
            mapping=mapping,
            defaults=Defaults(),
            publish=True,
            actor=actor,
            clock=SystemClock(),
        )
    )
    return {"rows": rows, "taken": report.taken, "refused": report.refused, "rows_per_s": round(rows / seconds)}


# -- over HTTP ---------------------------------------------------------------------------------------------


def over_http(asked: Sequence[tuple[str, dict[str, tuple[str, ...]]]], session: str, entry: UUID) -> dict[str, Any]:
    """Serve the pages from one process and fetch them one after the other."""
    from urllib.parse import urlencode

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [sys.executable, "-m", "hefu", "web"],
        env=os.environ | {"HEFU_PORT": str(port), "HEFU_WEB_WORKERS": "1"},
        stdout=sys.stderr,
        start_new_session=True,
    )
    origin = f"http://127.0.0.1:{port}"
    keys = {"share_type": "share", "update_cycle": "cycle"}

    def fetch(path: str) -> tuple[float, bytes]:
        request = urllib.request.Request(origin + path, headers={"Cookie": f"sessionid={session}"})  # noqa: S310
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            body = answer.read()
        return time.perf_counter() - began, body

    try:
        _wait_for(lambda: fetch("/signin/"))
        paths = [
            "/catalog/?"
            + urlencode({"q": text, **{keys.get(facet, facet): values[0] for facet, values in choices.items()}})
            for text, choices in asked
        ]
        for path in (*paths[:5], "/", f"/catalog/{entry}/"):
            fetch(path)
        figures: dict[str, Any] = {"search_page": spread([fetch(path)[0] for path in paths[5:]])}
        figures["desk"] = spread([fetch("/")[0] for _ in range(40)])
        figures["list"] = spread([fetch("/catalog/")[0] for _ in range(40)])
        figures["entry"] = spread([fetch(f"/catalog/{entry}/")[0] for _ in range(40)])
        return figures
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def _wait_for(fetch: Callable[[], Any]) -> None:
    for _attempt in range(300):
        try:
            fetch()
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


# -- the run -----------------------------------------------------------------------------------------------


def measure(entries: int, asked: int) -> dict[str, Any]:
    """Fill, index, ask; return every figure."""
    from django.test import Client

    from hefu.kernel.actor import Role, system
    from hefu.kernel.clock import FixedClock
    from hefu.rooms.catalog.models import Entry
    from hefu.rooms.catalog.searching.shelf import shelf
    from hefu.rooms.parties import queries as parties
    from hefu.rooms.parties import services as party_services

    offices = departments()
    figures: dict[str, Any] = {"entries": entries, "filled_s": round(fill(entries, offices), 1)}
    seats = []
    for name, office, roles in (
        ("officer", offices[1], (Role.OFFICER, Role.CHIEF)),
        ("reviewer", offices[0], (Role.REVIEWER,)),
    ):
        person = party_services.register_person(
            username=name, name=name, password="long enough 2026", actor=system("benchmark"), clock=FixedClock(START)
        )
        for role in roles:
            party_services.give_seat(
                person_id=person.pk,
                department_id=office.pk,
                role=role,
                actor=system("benchmark"),
                clock=FixedClock(START),
            )
        seats.append(person)
    viewer, reviewer = parties.actor_for(seats[0], offices[1].pk), parties.actor_for(seats[1], offices[0].pk)
    print("indexing", file=sys.stderr, flush=True)
    seconds, indexed = timed(lambda: shelf().rebuild(lambda done, total: _say(done, total)))
    folder = next(path for path in shelf().folder.iterdir() if path.is_dir())
    figures["index"] = {
        "entries": indexed,
        "seconds": round(seconds, 1),
        "entries_per_s": round(entries / seconds),
        "megabytes": round(sum(file.stat().st_size for file in folder.iterdir()) / 2**20),
        "load": load(),
    }
    chosen = questions(asked, offices)
    figures["in_process"] = in_process(chosen, viewer) | {"load": load()}
    figures["update_to_visible"] = seen_after(40, viewer) | {"load": load()}
    client = Client()
    client.force_login(seats[0], backend="allauth.account.auth_backends.AuthenticationBackend")
    one = Entry.objects.filter(status="published").order_by("-pk").values_list("pk", flat=True)[0]
    figures["http"] = over_http(questions(asked // 2, offices), client.cookies["sessionid"].value, one) | {
        "load": load()
    }
    figures["import"] = imported(min(20_000, max(1000, entries // 10)), offices, reviewer) | {"load": load()}
    figures["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures["machine"] = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return figures


def _say(done: int, total: int) -> None:
    print(f"\r{done:,} of {total:,}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def load() -> str:
    """Return the machine's load, for the figures beside it."""
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def report(figures: dict[str, Any]) -> None:
    """Print the figures as a table."""
    held = {"room": 25.0, "search_page": 60.0, "desk": 60.0, "list": 60.0, "entry": 60.0}
    index, asked = figures["index"], figures["in_process"]
    print(f"\n{figures['entries']:,} entries, {figures['machine']}, {figures['memory_mb']} MB at most")
    print(
        f"index: {index['seconds']} s, {index['entries_per_s']:,} entries/s, {index['megabytes']} MB, "
        f"load {index['load']}"
    )
    print(f"{asked['questions']} questions, median {asked['hits_median']:,} hits, most {asked['hits_most']:,}\n")
    lines = {
        "room": asked["room"],
        "index_alone": asked["index_alone"],
        "bare_tantivy": asked["bare_tantivy"],
        "update_to_visible": figures["update_to_visible"],
    } | {name: figures["http"][name] for name in ("search_page", "desk", "list", "entry")}
    print(f"{'':20}{'p50 ms':>10}{'p95 ms':>10}{'max ms':>10}{'hold':>8}")
    for name, one in lines.items():
        hold = f"{held[name]:.0f}" if name in held else ""
        print(f"{name:20}{one['p50_ms']:>10}{one['p95_ms']:>10}{one['max_ms']:>10}{hold:>8}")
    print(f"\nload: in process {asked['load']}; http {figures['http']['load']}")
    told = figures["import"]
    print(
        f"import: {told['rows_per_s']:,} rows/s ({told['taken']:,} taken, {told['refused']:,} refused), "
        f"load {told['load']}"
    )


def main() -> None:
    """Start the server, measure, report, remove everything."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--questions", type=int, default=400)
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hefu-catalogue-"))
    home.chmod(0o711)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    cluster = Cluster(home / "database", home / "secrets", tcp_port=port, settings=SETTINGS)
    try:
        cluster.start()
        os.environ |= {
            "HEFU_HOME": str(home),
            "HEFU_DATABASE_URL": cluster.url(tcp=True),
            "HEFU_MASTER_KEY": base64.b64encode(b"a master key for the bench alone").decode(),
            "DJANGO_SETTINGS_MODULE": "hefu.site.settings",
        }
        import django
        from django.core.management import call_command
        from django.db import connections

        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        figures = measure(given.entries, given.questions)
        connections.close_all()
        report(figures)
        if given.json:
            given.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
