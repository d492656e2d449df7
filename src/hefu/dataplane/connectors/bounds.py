"""How long a server may take as a whole: one that sends a byte now and then is never silent, and never done."""

import contextlib
import threading
from collections.abc import Callable, Iterator

from hefu.dataplane.errors import SideLost
from hefu.kernel.words import Sentence, _

#: Seconds that the smallest file may take, and bytes a second below which a larger one is given up.
LEAST_SECONDS, SLOWEST = 300.0, 32 << 10


def seconds_for(size: int) -> float:
    """Return the seconds that a file of `size` bytes may take."""
    return LEAST_SECONDS + size / SLOWEST


@contextlib.contextmanager
def ended_after(seconds: float, cut: Callable[[], None], side: str) -> Iterator[None]:
    """End what the block does after so many seconds.

    Args:
        seconds: Of the whole block.
        cut: Ends what is under way, from another thread.
        side: What messages call the server.

    Raises:
        SideLost: It was ended, whatever the block made of that.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        cut()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise silent(side)


def silent(side: str) -> SideLost:
    """Return the refusal of a server from which nothing comes, or too little."""
    return SideLost(side, Sentence(_("the server is silent"), code="side.silent"))
