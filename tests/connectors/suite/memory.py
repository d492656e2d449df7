"""Carries one delivery in a process of its own and prints the rows it wrote and the most memory it took, in MiB."""

import pickle
import sys
from pathlib import Path


class _NoPandas:
    """Lets pandas not be found: it stands here for the tests' Spark client alone, and Arrow would load it."""

    def find_spec(self, name: str, *_more: object) -> None:
        """Find everything else elsewhere."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


sys.meta_path.insert(0, _NoPandas())  # type: ignore[arg-type]

from hefu.dataplane.run import deliver  # noqa: E402


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
