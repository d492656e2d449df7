"""Looks at an installation and says what is wrong with it. Changes nothing.

What needs Django (tables, worker) is added by `hefu.cli.doctor`.
"""

import ctypes
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from hefu.kernel.clock import Clock
from hefu.kernel.refusal import Refusal
from hefu.kernel.words import _
from hefu.node import binaries
from hefu.node.config import Config, settings
from hefu.node.errors import DatabaseBlindToChinese, DatabaseClosed, PortInUse
from hefu.node.locks import FileLock
from hefu.node.ports import answers, require_free
from hefu.node.postgres import see_chinese
from hefu.node.reach import reach, require_open

_GIB = 2**30
#: Below this much room the database may stop in the middle of a delivery.
_ROOM_BAD = 1 * _GIB
_ROOM_LITTLE = 5 * _GIB
#: Further apart, a deadline could fall on different days on two machines.
_CLOCKS_APART = timedelta(seconds=10)
#: This version was made after that day; a clock before it is wrong.
_MADE_ON = datetime(2026, 11, 1, tzinfo=UTC)
_KERNEL_SAYS_UNSYNCHRONISED = 5


class Health(StrEnum):
    """How a check came out."""

    GOOD = "good"
    #: Works, but somebody should look at it.
    WARNING = "warning"
    #: Does not work.
    BAD = "bad"
    #: Could not be looked at now.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    #: Short and stable, for programs.
    check: str
    health: Health
    #: English sentence with `{fact}` fields: what is.
    text: str
    #: What to do now, in the same form; empty when all is well.
    way_on: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def examine(config: Config, clock: Clock, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at everything that needs no Django."""
    yield from _settings(environ)
    yield from _home(config)
    yield from _secrets(config)
    yield from _room(config)
    yield from _clock(clock)
    yield _pages_files()
    yield from _database(config, clock)
    yield _port(config)


def holder(config: Config) -> int | None:
    """Return the process of `hefu up` that runs this home now, or None."""
    return FileLock(config.places.up_lock).holder()


def _settings(environ: Mapping[str, str]) -> Iterator[Finding]:
    known = {facts["name"] for _field, facts, _default in settings()} | {"HEFU_HOME", "HEFU_LANG"}
    strange = sorted(name for name in environ if name.startswith("HEFU_") and name not in known)
    strange = [name for name in strange if name != "HEFU_SUPERVISED_HOME"]
    if strange:
        yield Finding(
            "settings",
            Health.WARNING,
            _("Nothing reads {names} in the environment."),
            _("Check the spelling against docs/reference/settings.md."),
            {"names": ", ".join(strange)},
        )
    else:
        yield Finding("settings", Health.GOOD, _("The settings can be read."))


def _home(config: Config) -> Iterator[Finding]:
    facts = {"home": str(config.home)}
    if not config.home.exists():
        yield Finding("home", Health.UNKNOWN, _("There is no home at {home} yet."), _("'hefu up' makes it."), facts)
    elif not os.access(config.home, os.W_OK | os.X_OK):
        way_on = _("Give it to the user that runs Hefu, or name another folder in HEFU_HOME.")
        yield Finding("home", Health.BAD, _("Nothing can be written to the home {home}."), way_on, facts)
    else:
        yield Finding("home", Health.GOOD, _("The home is {home}."), facts=facts)
    if os.geteuid() == 0:
        way_on = _("Good for a trial; for daily work make a user for Hefu and let that one run it.")
        yield Finding("user", Health.WARNING, _("Hefu runs as root."), way_on)


def _secrets(config: Config) -> Iterator[Finding]:
    if config.master_key_given is not None:
        yield Finding("master_key", Health.GOOD, _("The master key comes from HEFU_MASTER_KEY."))
        return
    file = config.places.master_key
    facts = {"file": str(file)}
    if not file.exists():
        text = _("There is no master key yet.")
        yield Finding("master_key", Health.UNKNOWN, text, _("It is made at the first start, in {file}."), facts)
        return
    open_to_others = [
        str(path) for path in (file.parent, *sorted(file.parent.iterdir())) if path.lstat().st_mode & 0o077
    ]
    if open_to_others:
        yield Finding(
            "master_key",
            Health.BAD,
            _("Others on this machine may read {paths}."),
            _("Type: chmod -R go= {folder}. If somebody may have read them, replace the keys."),
            {"paths": ", ".join(open_to_others), "folder": str(file.parent)},
        )
        return
    try:
        config.master_key()
    except Refusal as refusal:
        yield _refused("master_key", refusal)
        return
    text = _("The master key is in {file}; only its owner can read it. Keep a copy elsewhere.")
    yield Finding("master_key", Health.GOOD, text, facts=facts)


def _room(config: Config) -> Iterator[Finding]:
    folder = _existing(config.places.database.resolve())
    free = shutil.disk_usage(folder).free
    facts = {"gib": f"{free / _GIB:.1f}", "folder": str(folder)}
    text = _("{gib} GiB are free in {folder}.")
    if free < _ROOM_LITTLE:
        health = Health.BAD if free < _ROOM_BAD else Health.WARNING
        yield Finding("room", health, text, _("Make room: a full disk stops the database."), facts)
    else:
        yield Finding("room", Health.GOOD, text, facts=facts)


def _clock(clock: Clock) -> Iterator[Finding]:
    now = clock.now()
    facts = {"now": f"{now.astimezone():%Y-%m-%d %H:%M}"}
    if now < _MADE_ON:
        way_on = _("Set the machine's clock: every deadline is counted from it.")
        yield Finding("clock", Health.BAD, _("The machine says it is {now}, which is past."), way_on, facts)
    elif not _is_synchronised():
        way_on = _("Let a time service such as systemd-timesyncd or chrony keep it: deadlines are counted from it.")
        yield Finding("clock", Health.WARNING, _("It is {now}, but no time service keeps the clock."), way_on, facts)
    else:
        yield Finding("clock", Health.GOOD, _("It is {now}, kept by a time service."), facts=facts)


def _is_synchronised() -> bool:
    """Ask the kernel whether somebody keeps its clock right; a look changes nothing."""
    look_only = ctypes.create_string_buffer(512)
    state: int = ctypes.CDLL(None).adjtimex(look_only)
    return state != _KERNEL_SAYS_UNSYNCHRONISED


def _pages_files() -> Finding:
    missing = [
        name
        for name in ("vendor/tabler.min.css", "vendor/htmx.min.js")
        if not files("hefu").joinpath("portal", "static", name).is_file()
    ]
    if missing:
        way_on = _("Install Hefu again where npm's registry can be reached, or from a released wheel.")
        return Finding(
            "pages", Health.BAD, _("Files of the pages are missing: {names}."), way_on, {"names": ", ".join(missing)}
        )
    return Finding("pages", Health.GOOD, _("The files of the pages are here."))


def _database(config: Config, clock: Clock) -> Iterator[Finding]:
    if config.embedded:
        cluster = config.cluster()
        status = cluster.status()
        if not status.running:
            yield _programs(config, status.version)
            return
    try:
        server = reach(config.address(), way_on=_("Check HEFU_DATABASE_URL and the server it names."))
    except Refusal as refusal:
        yield _refused("database", refusal)
        return
    facts: dict[str, Any] = {"version": server.version, "name": server.database}
    yield Finding("database", Health.GOOD, _("The database {name} answers: PostgreSQL {version}."), facts=facts)
    try:
        require_open(server)
    except DatabaseClosed as refusal:
        yield _refused("database_rights", refusal)
    yield _search(config.address())
    apart = abs(clock.now() - server.now)
    if apart > _CLOCKS_APART:
        yield Finding(
            "database_clock",
            Health.BAD,
            _("The database's clock and this machine's are {seconds} seconds apart."),
            _("Let one time service keep both."),
            {"seconds": f"{apart.total_seconds():.0f}"},
        )


def _programs(config: Config, version: str | None) -> Finding:
    """Say whether the embedded database, which is down, could be started."""
    try:
        found = binaries.find(config.pg_bin, major=int(version) if version else None, data=config.places.database)
    except Refusal as refusal:
        return _refused("database", refusal)
    text = _("The embedded database is not running. PostgreSQL {version} for it is here ({source}).")
    facts = {"version": found.version, "source": found.source}
    return Finding("database", Health.UNKNOWN, text, _("'hefu up' starts it; then ask again."), facts)


def _search(url: str) -> Finding:
    try:
        see_chinese(url)
    except DatabaseBlindToChinese as refusal:
        return _refused("search", refusal)
    return Finding("search", Health.GOOD, _("Chinese text can be searched in it."))


def _port(config: Config) -> Finding:
    facts = {"host": config.host, "port": config.port}
    if (pid := holder(config)) is not None:
        if answers(config.host, config.port):
            text = _("Hefu is up (process {pid}) and answers at {host}:{port}.")
            return Finding("port", Health.GOOD, text, facts={**facts, "pid": pid})
        text = _("Hefu is up (process {pid}), but nothing answers at {host}:{port}.")
        way_on = _("Look at what 'web' says in its window; it may still be starting.")
        return Finding("port", Health.BAD, text, way_on, {**facts, "pid": pid})
    try:
        require_free(config.host, config.port, "HEFU_PORT")
    except PortInUse as refusal:
        if answers(config.host, config.port):
            text = _("Somebody answers at {host}:{port}, and it is not 'hefu up' of this home.")
            way_on = _("Fine if 'hefu web' runs alone; else end that program or set HEFU_PORT.")
            return Finding("port", Health.WARNING, text, way_on, facts)
        return _refused("port", refusal)
    return Finding("port", Health.GOOD, _("{host}:{port} is free for the pages."), facts=facts)


def _refused(check: str, refusal: Refusal) -> Finding:
    """Return a refusal as a finding; its sentence already holds the way on."""
    return Finding(check, Health.BAD, refusal.text, facts=refusal.facts)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
