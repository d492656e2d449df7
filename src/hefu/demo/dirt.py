"""The usual faults of department data, put in on purpose and counted, so that the checks can be counted too."""

from dataclasses import dataclass, field
from random import Random

#: Digits as people type them with the Chinese input method left on.
_WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


@dataclass
class Dirt:
    """How many faults of each sort were put into a table."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, fault: str) -> None:
        """Count one more fault."""
        self.counts[fault] = self.counts.get(fault, 0) + 1


def wrong_check(number: str) -> str:
    """Return `number` with its check character replaced by a wrong one."""
    return number[:-1] + ("1" if number[-1] != "1" else "2")


def wide(number: str) -> str:
    """Return `number` in full-width signs."""
    return number.translate(_WIDE)


def impossible_date(rng: Random) -> str:
    """Return a date that no calendar has."""
    return rng.choice(("1990-02-30", "1985-13-01", "2001-00-15", "1979-06-31", "0000-00-00"))
