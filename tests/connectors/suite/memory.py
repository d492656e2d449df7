"""Carries one delivery in a process of its own and prints the rows it wrote and the most memory it took, in MiB."""

import pickle
import resource
import sys

from hefu.dataplane.run import deliver


def main() -> None:
    """Deliver what standard input says."""
    given = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the test
    outcome = deliver(**given)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    sys.stdout.write(f"{outcome.rows_written} {most}\n")


if __name__ == "__main__":
    main()
