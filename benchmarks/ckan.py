"""Our pages beside CKAN's dataset page, on the same machine in the same run.

    python benchmarks/ckan.py [--records 2000] [--seconds 10] [--tools FOLDER] [--json FILE]

CKAN 2.12.0 comes from the package registry into an environment of its own below FOLDER when it is not there yet; Redis
has to be on the PATH (Debian: redis-server). No package brings Solr, so a server of ours answers in its place, from
memory and at once: CKAN at its best. Both sides hold the same number of records (CKAN's with 3 files, 3 tags and 8
extras; ours with the items that `benchmarks/catalogue.py` invents), run two worker processes, and are asked by one
client and by ten at once, each page another record, connections kept. CKAN's reader is not signed in, ours is an
officer with a desk, which is more work. A ratio is ours over CKAN's dataset page.
"""

import argparse
import base64
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as Xml

import catalogue
from catalogue import START, load

from hefu.node.postgres import Cluster

PACKAGES = ("ckan[requirements]==2.12.0", "gunicorn==27.0.1", "setuptools<81")
WORKERS = 2
#: Makes the records through CKAN's own actions, in one process.
RECORDS = """
import sys
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
app = make_app(CKANConfigLoader(sys.argv[1]).get_config())
from ckan.plugins import toolkit
with app._wsgi_app.test_request_context():
    user = toolkit.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
    as_admin = lambda: {"ignore_auth": True, "user": user}
    office = toolkit.get_action("organization_create")(as_admin(), {"name": "office", "title": "数据局"})
    for number in range(int(sys.argv[2])):
        toolkit.get_action("package_create")(as_admin(), {
            "name": f"record-{number}", "title": f"第{number}批登记信息", "notes": "登记、变更和注销的信息。" * 5,
            "owner_org": office["id"],
            "resources": [
                {"url": f"http://localhost/{at}.csv", "name": f"文件{at}", "format": "CSV"} for at in range(3)
            ],
            "tags": [{"name": f"tag-{(number + at) % 50}"} for at in range(3)],
            "extras": [{"key": f"extra-{at}", "value": f"值{at}"} for at in range(8)],
        })
"""
SERVER = """
from ckan.cli import CKANConfigLoader
from ckan.config.middleware import make_app
import os
application = make_app(CKANConfigLoader(os.environ["CKAN_INI"]).get_config())
"""


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# -- what stands in for Solr -------------------------------------------------------------------------------


class Index(BaseHTTPRequestHandler):
    """Keeps the documents that CKAN posts, and finds one by its name or id."""

    documents: dict[str, dict[str, Any]] = {}
    schema = b""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the schema, or what `/select` asks."""
        if "/schema" in self.path:
            self._answer(self.schema, "application/xml")
        else:
            self._select(parse_qs(urlsplit(self.path).query))

    def do_POST(self) -> None:
        """Take documents in, or answer what `/select` asks."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/update" not in self.path:
            self._select(parse_qs(body.decode()))
            return
        for told in _documents(body):
            self.documents[told["name"]] = self.documents[told["id"]] = told
        self._answer(b'{"responseHeader": {"status": 0}}')

    def _select(self, asked: dict[str, list[str]]) -> None:
        words = asked.get("q", [""])[0].split('"')
        found = [self.documents[word] for word in words[1:2] if word in self.documents]
        told = {"responseHeader": {"status": 0}, "response": {"numFound": len(found), "start": 0, "docs": found}}
        self._answer(json.dumps(told).encode())

    def _answer(self, body: bytes, kind: str = "application/json") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _documents(body: bytes) -> Iterator[dict[str, Any]]:
    if body[:1] in b"[{":
        told = json.loads(body)
        yield from (one for one in (told if isinstance(told, list) else [told]) if "name" in one)
        return
    for each in Xml.fromstring(body).iter("doc"):  # noqa: S314 - what CKAN posts, on loopback
        document: dict[str, Any] = {}
        for field in each:
            document[field.get("name", "")] = field.text or ""
        if "name" in document:
            yield document


# -- CKAN --------------------------------------------------------------------------------------------------


@contextmanager
def ckan(tools: Path, home: Path, cluster: Cluster, records: int) -> Iterator[tuple[str, list[str]]]:
    """Set CKAN up with its records and serve it; give its address and the pages."""
    redis = shutil.which("redis-server")
    if not redis:
        raise SystemExit("there is no redis-server on the PATH; on Debian: apt install redis-server")
    env = tools / "ckan"
    if not (env / "ready").exists():
        print("installing CKAN", file=sys.stderr, flush=True)
        venv.create(env, with_pip=True, clear=True)
        subprocess.run([env / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True)
        (env / "ready").touch()
    cluster.create_database("ckan")
    ini, port, store = home / "ckan.ini", free_port(), free_port()
    Index.schema = next(env.rglob("ckan/config/solr/schema.xml")).read_bytes()
    index = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=index.serve_forever, daemon=True).start()
    queue = subprocess.Popen(
        [redis, "--port", str(store), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL, cwd=home
    )
    server = None
    try:
        log = (home / "ckan.log").open("w")
        run: dict[str, Any] = {
            "env": os.environ | {"CKAN_INI": str(ini)}, "cwd": home, "check": True, "stdout": log, "stderr": log,
        }  # fmt: skip
        subprocess.run([env / "bin" / "ckan", "generate", "config", ini], **run)
        keys = (
            f"sqlalchemy.url={cluster.url('ckan', tcp=True)}", f"ckan.site_url=http://127.0.0.1:{port}",
            f"solr_url=http://127.0.0.1:{index.server_port}/solr/ckan", f"ckan.redis.url=redis://127.0.0.1:{store}/0",
            f"ckan.storage_path={home / 'storage'}", "ckan.auth.create_unowned_dataset=true",
        )  # fmt: skip
        subprocess.run([env / "bin" / "ckan", "config-tool", ini, *keys], **run)
        subprocess.run([env / "bin" / "ckan", "-c", ini, "db", "init"], **run)
        print(f"CKAN takes in {records:,} records", file=sys.stderr, flush=True)
        subprocess.run([env / "bin" / "python", "-c", RECORDS, ini, str(records)], **run)
        (home / "ckan_server.py").write_text(SERVER)
        server = subprocess.Popen(
            [env / "bin" / "gunicorn", "-w", str(WORKERS), "-b", f"127.0.0.1:{port}", "ckan_server:application"],
            cwd=home, env=run["env"], stdout=subprocess.DEVNULL, stderr=log,
            start_new_session=True,
        )  # fmt: skip
        yield f"127.0.0.1:{port}", [f"/dataset/record-{number}" for number in range(records)]
    finally:
        if server:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)
        queue.terminate()
        queue.wait(30)
        index.shutdown()


# -- ours --------------------------------------------------------------------------------------------------


@contextmanager
def hefu(home: Path, cluster: Cluster, records: int) -> Iterator[tuple[str, str, list[str]]]:
    """Fill a catalogue and serve it; give its address, an officer's session, and the pages of entries."""
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
    from django.test import Client

    from hefu.kernel.actor import Role, system
    from hefu.kernel.clock import FixedClock
    from hefu.rooms.catalog.models import Entry
    from hefu.rooms.catalog.searching.shelf import shelf
    from hefu.rooms.parties import services as parties

    offices = catalogue.departments()
    catalogue.fill(records, offices)
    shelf().rebuild(lambda done, total: None)
    by: dict[str, Any] = {"actor": system("benchmark"), "clock": FixedClock(START)}
    officer = parties.register_person(username="officer", name="officer", password="long enough 2026", **by)
    for role in (Role.OFFICER, Role.CHIEF):
        parties.give_seat(person_id=officer.pk, department_id=offices[1].pk, role=role, **by)
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    entries = [f"/catalog/{pk}/" for pk in Entry.objects.filter(status="published").values_list("pk", flat=True)]
    connections.close_all()
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "hefu", "web"],
        env=os.environ | {"HEFU_PORT": str(port), "HEFU_WEB_WORKERS": str(WORKERS)},
        stdout=subprocess.DEVNULL,
        stderr=(home / "web.log").open("w"),
        start_new_session=True,
    )
    try:
        yield f"127.0.0.1:{port}", f"sessionid={client.cookies['sessionid'].value}", entries
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


# -- asking ------------------------------------------------------------------------------------------------


def wait_for(host: str, path: str) -> None:
    """Wait until a page is there."""
    for _ in range(300):
        try:
            with urllib.request.urlopen(f"http://{host}{path}", timeout=30) as answer:
                answer.read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{host} did not start")


def asked(host: str, paths: Sequence[str], cookie: str, clients: int, seconds: float) -> dict[str, float]:
    """Ask for pages for so long by so many clients; return p50 and p95 in milliseconds, and pages a second."""
    each: list[list[float]] = [[] for _ in range(clients)]
    until = time.perf_counter() + seconds
    failed: list[str] = []

    def one(mine: list[float], first: int) -> None:
        # Each begins elsewhere, so that no two ask for one record at once.
        kept = http.client.HTTPConnection(host, timeout=60)
        for path in cycle([*paths[first:], *paths[:first]]):
            began = time.perf_counter()
            if began >= until or failed:
                return
            kept.request("GET", path, headers={"Cookie": cookie} if cookie else {})
            answer = kept.getresponse()
            answer.read()
            if answer.status != 200:
                failed.append(f"{path}: {answer.status}")
                return
            mine.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=one, args=(mine, at * len(paths) // clients)) for at, mine in enumerate(each)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(failed[0])
    took = time.perf_counter() - began
    times = sorted(second for mine in each for second in mine)
    return {
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(times[int(len(times) * 0.95)] * 1000, 1),
        "per_s": round(len(times) / took, 1),
    }


def main() -> None:
    """Serve the one, then the other; ask both; print the table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--records", type=int, default=2000)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--tools", type=Path, default=Path.home() / ".cache" / "hefu-peers")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="hefu-ckan-"))
    home.chmod(0o711)
    cluster = Cluster(home / "database", home / "secrets", tcp_port=free_port(), settings=catalogue.SETTINGS)
    lines: dict[str, dict[int, dict[str, float]]] = {}

    def ask(name: str, host: str, paths: Sequence[str], cookie: str = "") -> None:
        asked(host, paths, cookie, WORKERS, 2)  # so that each worker has loaded what it needs
        lines[name] = {clients: asked(host, paths, cookie, clients, given.seconds) for clients in (1, 10)}

    try:
        cluster.start()
        given.tools.mkdir(parents=True, exist_ok=True)
        with ckan(given.tools, home, cluster, given.records) as (host, pages):
            wait_for(host, "/about")
            ask("CKAN, dataset", host, pages)
        with hefu(home, cluster, given.records) as (host, cookie, entries):
            wait_for(host, "/signin/")
            ask("Hefu, entry", host, entries, cookie)
            ask("Hefu, list", host, ["/catalog/"], cookie)
            ask("Hefu, desk", host, ["/"], cookie)
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)
    theirs = lines["CKAN, dataset"]
    print(f"\n{given.records:,} records, {WORKERS} workers each, {os.cpu_count()} cores, load {load()}\n")
    heads = ("1 client: p50", "p95 ms", "a second", "10: p50", "p95 ms", "a second", "ratio")
    widths = (14, 8, 10, 10, 8, 10, 7)
    print(" " * 16 + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    for name, by in lines.items():
        one, ten = by[1], by[10]
        print(
            f"{name:16}{one['p50_ms']:>14}{one['p95_ms']:>8}{one['per_s']:>10}{ten['p50_ms']:>10}{ten['p95_ms']:>8}"
            f"{ten['per_s']:>10}{ten['per_s'] / theirs[10]['per_s']:>7.1f}"
        )
    if given.json:
        given.json.write_text(json.dumps({"records": given.records, "pages": lines, "load": load()}, indent=2) + "\n")


if __name__ == "__main__":
    main()
