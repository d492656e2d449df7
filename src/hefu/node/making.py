"""Makes a cluster's data and writes its settings."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hefu.node.account import Account
from hefu.node.binaries import Binaries

#: Ends the settings of a cluster: ours first, so that a person's win.
_INCLUDES = "include_if_exists = '../hefu.conf'\ninclude_if_exists = '../local.conf'\n"


def make_data(
    data: Path, account: Account, programs: Binaries, *, superuser: str, password_file: Path, sync: bool
) -> str:
    """Make the folder `data` with initdb, beside its place and moved in at the end: half a cluster never counts.

    Args:
        data: Does not exist yet.
        account: The user that the server will run as.
        programs: The version to make it with.
        superuser: Who owns the cluster.
        password_file: Holds that role's password; readable by `account`.
        sync: Whether to wait until everything is on the disk.

    Returns:
        What went wrong, in initdb's last words; empty when nothing did.
    """
    half = data.with_name("data.new")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    account.give(half)
    command = [programs.program("initdb"), f"--pgdata={half}", f"--username={superuser}", f"--pwfile={password_file}"]
    if programs.major >= 17:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    else:
        command.append("--locale-provider=libc")
    # LC_CTYPE=C would make patterns and searches blind to Chinese without any error.
    command += ["--encoding=UTF8", "--lc-collate=C", "--lc-ctype=C.UTF-8", "--lc-messages=C"]
    command += ["--auth=scram-sha-256", "--text-search-config=simple"]
    if not sync:
        command.append("--no-sync")
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env=server_environment(), **account.switch()
    )
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["initdb failed"])[-1]
    half.rename(data)
    return ""


def write_settings(
    place: Path, programs: Binaries, *, socket_folder: Path, port: int, tcp: bool, over: Mapping[str, str]
) -> None:
    """Write `hefu.conf` in the cluster's folder `place`, and have the cluster read it.

    Args:
        place: The folder that holds `data`.
        programs: The version that will read the settings.
        socket_folder: Where the server listens.
        port: Names the socket, and is the TCP port when `tcp`.
        tcp: Whether to listen on 127.0.0.1 as well.
        over: Settings that win over ours.
    """
    quoted = str(socket_folder).replace("'", "''").replace('"', '""')
    values = {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(port),
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": f"{_shared_buffers_mib()}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "4GB",
        "random_page_cost": "1.1",
        "jit": "off",
        "wal_level": "logical",
        "max_wal_senders": "10",
        "max_replication_slots": "10",
        "max_slot_wal_keep_size": "16GB",
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        # A statement or a failed row may hold somebody's personal data: neither goes to the log.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_checkpoints": "off",
    }
    if programs.major >= 16:
        values["createrole_self_grant"] = "set, inherit"
    values |= over
    lines = ["# Written by Hefu at each start. Your own settings belong in local.conf beside this file."]
    lines += [f"{name} = '{value}'" for name, value in values.items()]
    _write(place / "hefu.conf", "\n".join(lines) + "\n")
    if not (place / "local.conf").exists():
        _write(place / "local.conf", "# Settings of PostgreSQL that win over those in hefu.conf.\n")
    main = place / "data" / "postgresql.conf"
    if _INCLUDES not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write("\n" + _INCLUDES)


def server_environment() -> dict[str, str]:
    """Return what the server may know of this process: never the node's own secrets."""
    keep = ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    return {name: os.environ[name] for name in keep if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)  # the server's own user reads it


def _shared_buffers_mib() -> int:
    """Return an eighth of the memory, between 64 and 512 MiB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(64, min(512, total // 8))
