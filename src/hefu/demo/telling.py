"""What the demonstration says while it works: steps with figures, timed."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Telling:
    """Writes each step and keeps how long it took."""

    write: Callable[[str], None]
    #: Step → seconds.
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, key: str, title: str) -> Iterator[None]:
        """Announce a step, and note its seconds when it is done."""
        self.write(f"\n{len(self.seconds) + 1:>2}. {title}")
        start = time.monotonic()
        yield
        self.seconds[key] = round(time.monotonic() - start, 3)
        self.write(f"    {self.seconds[key]:.1f} s")

    def say(self, line: str) -> None:
        """Write one line below the running step."""
        self.write(f"    {line}")
