"""How fast one caller may ask: so many requests in a minute, counted by each process for itself."""

import threading
import time
from collections import OrderedDict

#: Requests of one caller in a minute, in one process.
PER_MINUTE = 600
#: Callers that are remembered; the one that was quiet longest is forgotten first.
_MOST = 10_000


class Tempo:
    """A bucket for each caller, filled evenly and emptied by one for each request."""

    def __init__(self, per_minute: int = PER_MINUTE) -> None:
        """Give every caller `per_minute` requests to begin with."""
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, who: str, now: float | None = None) -> int:
        """Take one request from the caller's bucket; return 0, or the seconds until there is one again."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            left, at = self._buckets.pop(who, (float(self.per_minute), moment))
            left = min(float(self.per_minute), left + (moment - at) * self.per_minute / 60)
            enough = left >= 1
            self._buckets[who] = (left - 1 if enough else left, moment)
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        return 0 if enough else int((1 - left) * 60 / self.per_minute) + 1


TEMPO = Tempo()
