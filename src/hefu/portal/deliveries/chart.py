"""The throughput chart of a follower: drawn on the server as plain SVG, so that it needs no script and prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hefu.rooms.deliveries.terms.following import BEAT_SECONDS, BEATS, Beat

#: The drawing's own measure; the page stretches it.
WIDTH, HEIGHT = 720, 96


@dataclass(frozen=True)
class Bar:
    """One column, in numbers as SVG writes them, whatever the reader's language."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Minute:
    """One line of the table that says what the chart shows."""

    at: datetime
    changes: int
    #: Changes a second, and the furthest that the table was behind.
    rate: float
    behind: timedelta


@dataclass(frozen=True)
class Chart:
    """Changes a second over the last quarter of an hour, the newest at the right."""

    bars: tuple[Bar, ...]
    #: Changes a second at the top.
    most: float
    changes: int
    minutes: tuple[Minute, ...]
    width: int = WIDTH
    height: int = HEIGHT


def draw(beats: Sequence[Beat], *, now: datetime) -> Chart:
    """Return the chart up to `now`; where nothing was noted nothing passed."""
    step = WIDTH / BEATS
    last = int(now.timestamp()) // BEAT_SECONDS
    by_place = {BEATS - 1 - (last - int(beat.at.timestamp()) // BEAT_SECONDS): beat for beat in beats}
    shown = {place: beat for place, beat in by_place.items() if 0 <= place < BEATS}
    most = max((beat.rate for beat in shown.values()), default=0.0)
    bars = tuple(
        Bar(f"{place * step:.2f}", f"{HEIGHT - high:.2f}", f"{step - 1:.2f}", f"{high:.2f}")
        for place, beat in sorted(shown.items())
        if beat.changes and (high := max(2.0, (HEIGHT - 4) * beat.rate / most))
    )
    return Chart(bars, most, sum(beat.changes for beat in shown.values()), _minutes(shown))


def _minutes(shown: dict[int, Beat]) -> tuple[Minute, ...]:
    gathered: dict[datetime, list[Beat]] = {}
    for beat in shown.values():
        gathered.setdefault(beat.at.replace(second=0, microsecond=0), []).append(beat)
    return tuple(
        Minute(
            at,
            sum(beat.changes for beat in beats),
            sum(beat.changes for beat in beats) / 60,
            max(beat.behind for beat in beats),
        )
        for at, beats in sorted(gathered.items(), reverse=True)
    )
