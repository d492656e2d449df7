"""Whether a port is free, and who has it when it is not."""

import socket
from contextlib import suppress
from pathlib import Path

from hefu.node import processes
from hefu.node.errors import PortInUse

_LISTEN = "0A"


def require_free(host: str, port: int, setting: str) -> None:
    """See that this process could listen at `host`:`port`.

    Args:
        host: Address to listen at.
        port: Port there.
        setting: Name of the setting that chooses another one.

    Raises:
        PortInUse: Somebody else listens there; the message says who, when this user may know.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only waits out its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            pid = listener(port)
            holder = f"process {pid}, {processes.name_of(pid)}" if pid else error.strerror
            raise PortInUse(host=host, port=port, holder=holder, setting=setting) from None


def answers(host: str, port: int) -> bool:
    """Return whether somebody takes connections at `host`:`port`."""
    where = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    try:
        socket.create_connection((where, port), timeout=1).close()
    except OSError:
        return False
    return True


def listener(port: int) -> int | None:
    """Return the process that listens at `port`, or None when there is none that this user may see."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    return processes.holding(inodes) if inodes else None
