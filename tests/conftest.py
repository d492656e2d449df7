"""Two PostgreSQL servers for the whole run, a home in a temporary folder, and no network in unit tests.

One is the platform's, the other holds the databases of departments: who begins to follow a table waits
for every transaction that is open on its server, and tests of the platform hold theirs open for long.
With HEFU_DATABASE_URL set, all is on that server instead; its user must be allowed to make
databases. Runs of folders that need no database start none.
"""

import atexit
import base64
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from pytest_socket import disable_socket, enable_socket

from hefu.kernel import events
from hefu.node.locks import FileLock
from hefu.node.postgres import Cluster
from tools.messages import compile_all

TESTS = Path(__file__).resolve().parent
#: Folders whose tests need no database, and those that need no Django either way.
WITHOUT_DATABASE = {"unit", "packs", "architecture", "node"}
WITHOUT_DJANGO = WITHOUT_DATABASE | {"connectors"}
#: Marks the processes of one run: the first one has started what the others use.
RUN = "HEFU_TEST_RUN"
#: Address of the server with the databases of departments.
DEPARTMENTS = "HEFU_TEST_DEPARTMENTS"
#: Durability is not what tests are about, and syncing is what they would wait for.
FAST = {
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200",
    "wal_level": "logical", "max_replication_slots": "20", "max_wal_senders": "20",
}  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Prepare the home and the database before Django reads its settings; workers of xdist inherit both."""
    folders = _folders(config)
    if RUN not in os.environ:
        _begin_run(database=not folders <= WITHOUT_DATABASE)
    if not folders <= WITHOUT_DJANGO:
        os.environ["DJANGO_SETTINGS_MODULE"] = "hefu.site.settings"
        import django

        django.setup()
        from django.conf import settings

        # Slow hashes guard real passwords; a test makes many people and signs few of them in.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


def _folders(config: pytest.Config) -> set[str]:
    """Return the folders of `tests` that the command line asks for; "" stands for all."""
    found = set()
    for argument in config.args:
        path = Path(config.invocation_params.dir, argument.split("::", 1)[0]).resolve()
        inside = path.relative_to(TESTS) if path.is_relative_to(TESTS) else Path()
        found.add(inside.parts[0] if inside.parts else "")
    return found


def _begin_run(*, database: bool) -> None:
    compile_all()
    home = Path(tempfile.mkdtemp(prefix="hefu-tests-"))
    home.chmod(0o711)  # the database's own user has to pass when root runs the tests
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ[RUN] = str(home)
    os.environ["HEFU_HOME"] = str(home)
    os.environ["HEFU_MASTER_KEY"] = base64.b64encode(b"a master key for the tests alone").decode()
    if not database or os.environ.get("HEFU_DATABASE_URL"):
        return
    os.environ["HEFU_DATABASE_URL"] = _server(home, "database")
    os.environ[DEPARTMENTS] = _server(home, "departments")


def _server(home: Path, name: str) -> str:
    """Start a server for the run and return its address."""
    cluster = Cluster(home / name, home / "secrets" / name, tcp_port=_free_port(), settings=FAST)
    cluster.start()
    atexit.register(cluster.stop)  # registered last, so it runs before the folder goes
    return cluster.url(tcp=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Take the network away from unit tests: what they test must not need it."""
    if item.path.is_relative_to(TESTS / "unit"):
        disable_socket()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Give the network back to the next test."""
    enable_socket()


@pytest.fixture(autouse=True)
def wired() -> Iterator[None]:
    """Give the next test the listeners that this one found, whatever it wired."""
    before = dict(events._listeners)
    yield
    events.wire(before)


@pytest.fixture(scope="session")
def database_to_copy(django_db_modify_db_settings: None) -> Iterator["ToCopy | None"]:
    """Give the copy of a database that another process of this run has migrated, or the means to let others copy ours.

    Migrating takes most of a minute, copying a second. None where there is one process alone, or somebody's
    server, on which nothing is to be left behind.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ or not Path(os.environ[RUN], "database").is_dir():
        yield None
        return
    from django.db import connection

    lock = FileLock(Path(os.environ[RUN], "migrating"))
    while not lock.take():
        time.sleep(0.1)
    with psycopg.connect(os.environ["HEFU_DATABASE_URL"], autocommit=True) as admin:
        shared = ToCopy(admin, lock, ours=connection.settings_dict["TEST"]["NAME"])
        shared.copied = shared.take()
        if shared.copied:
            lock.give_back()
        yield shared


@dataclass
class ToCopy:
    """The database of one process of a run, and the copy of it that the others begin with."""

    admin: "psycopg.Connection[tuple[Any, ...]]"
    #: Held by the process that migrates.
    lock: FileLock
    ours: str
    copied: bool = False
    name: str = "hefu_migrated"

    def take(self) -> bool:
        """Make our database from the copy; return whether there was one."""
        there = self.admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name]).fetchone()
        if there:
            self._copy(self.name, self.ours)
        return there is not None

    def offer(self) -> None:
        """Copy our database, to which nobody may be connected, and let the others go on."""
        self._copy(self.ours, self.name)
        self.lock.give_back()

    def _copy(self, of: str, to: str) -> None:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.admin.execute(make.format(sql.Identifier(to), sql.Identifier(of)))


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool, database_to_copy: ToCopy | None) -> bool:
    """Take a database that was copied as it is."""
    return django_db_keepdb or (database_to_copy is not None and database_to_copy.copied)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any, database_to_copy: ToCopy | None) -> Iterator[None]:
    """Let the test database go at the end, even when a page that was closed has left a request under way."""
    if database_to_copy and not database_to_copy.copied:
        from django.db import connection

        connection.close()
        database_to_copy.offer()
    from django.core.management.commands import flush
    from django.db import connection

    patch = pytest.MonkeyPatch()
    patch.setattr(connection.ops, "sql_flush", _clearing)
    patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
    yield
    patch.undo()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


#: What `migrate` itself writes; tests leave it as it is.
KEPT = {"django_content_type", "auth_permission", "bases_legaltext"}


def _clearing(_style: object, tables: list[str], **_: bool) -> list[str]:
    """Return what clears away a test that commits: to truncate a hundred empty tables takes a second, this nothing."""
    from django.db import connection

    names = [connection.ops.quote_name(one) for one in tables if one not in KEPT]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT FROM {one})" for one in names))
        filled = [name for (name,) in cursor.fetchall()]
    # Guards of what may not be changed are silent meanwhile; keys between tables are looked at when all is gone.
    return [
        *(f"ALTER TABLE {one} DISABLE TRIGGER USER" for one in filled),
        *(f"DELETE FROM {one}" for one in filled),
        "SET CONSTRAINTS ALL IMMEDIATE",
        "SELECT nextval('catalog_search_epoch')",
        *(f"ALTER TABLE {one} ENABLE TRIGGER USER" for one in filled),
    ]


@dataclass(frozen=True)
class Database:
    """A database of its own for one test, such as a department's."""

    #: `postgresql://user:password@host:port/name`.
    url: str

    @property
    def name(self) -> str:
        return urlsplit(self.url).path.lstrip("/")

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 5432

    @property
    def user(self) -> str:
        return urlsplit(self.url).username or ""

    @property
    def password(self) -> str:
        return urlsplit(self.url).password or ""

    def behind(self, port: int) -> "Database":
        """Return it as it is met through a proxy on this machine that listens at `port`."""
        parts = urlsplit(self.url)
        return Database(urlunsplit(parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}")))

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """Return a connection that commits each statement."""
        return psycopg.connect(self.url, autocommit=True)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement and return its rows."""
        with self.connect() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def make_database() -> Iterator[Callable[[], Database]]:
    """Make as many empty databases as a test asks for; they go when it ends."""
    server = os.environ.get(DEPARTMENTS) or os.environ["HEFU_DATABASE_URL"]
    made: list[str] = []

    def make() -> Database:
        name = f"t_{uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        made.append(name)
        return Database(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))

    yield make
    with psycopg.connect(server, autocommit=True) as connection:
        for name in made:
            _drop(connection, name)


def _drop(connection: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    """Drop a database; one that the server itself is vacuuming at this moment, which nobody may end, a little later."""
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s AND NOT active",
        [name],
    )
    for patience in range(50, -1, -1):
        try:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
            return
        except psycopg.errors.InsufficientPrivilege:
            if not patience:
                raise
            time.sleep(0.2)


@pytest.fixture
def a_database(make_database: Callable[[], Database]) -> Database:
    """An empty database of its own."""
    return make_database()
