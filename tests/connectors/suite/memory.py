"""Carries one delivery in a process of its own and prints the rows it wrote and the most memory it took, in MiB."""

import pickle
import sys
from pathlib import Path

from hefu.dataplane.run import deliver


def main() -> None:
    """Deliver what standard input says."""
    given = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the test
    outcome = deliver(**given)
    # Not ru_maxrss: a child begins with its parent's.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    most = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) >> 10
    sys.stdout.write(f"{outcome.rows_written} {most}\n")


if __name__ == "__main__":
    main()
