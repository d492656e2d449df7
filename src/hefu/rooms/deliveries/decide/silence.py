"""Whether a source has fallen silent, and whether a whole copy holds far fewer rows than it should. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta

from hefu.rooms.deliveries.terms.silence import A_HABIT, FEW, REMEMBERED, SHORTEST, TIMES, WHOLE_HABIT, Bound, Silence


def remembered(pauses: Mapping[str, int], pause: timedelta, *, on: date) -> dict[str, int]:
    """Return the longest pause before news of each day, in seconds, with one that ended today.

    Bursts count for little that way, and nights and weekends stay in sight.
    """
    today = on.isoformat()
    longest = {**pauses, today: max(pauses.get(today, 0), round(pause.total_seconds()), 0)}
    return {day: longest[day] for day in sorted(longest)[-REMEMBERED:]}


def silence(*, pauses: Mapping[str, int], cycle: timedelta | None, on: date) -> Silence | None:
    """Say how long a source may give nothing new; None where neither habit nor entry says.

    An entry's cycle is what its department promises; a source that has always kept longer pauses than that (nights,
    weekends) is held to those.

    Args:
        pauses: Day → longest pause that ended then, in seconds, as far as they are remembered.
        cycle: What the entry states; None for none that a clock could watch.
        on: Today.
    """
    longest = timedelta(seconds=max(pauses.values(), default=0))
    bounds = []
    if cycle is not None:
        bounds.append(Silence(Bound.CYCLE, max(cycle, longest)))
    if len(pauses) >= A_HABIT and on - date.fromisoformat(min(pauses)) >= WHOLE_HABIT:
        bounds.append(Silence(Bound.HABIT, max(SHORTEST, TIMES * longest)))
    return min(bounds, key=lambda one: one.longest, default=None)


def least_rows(*, before: int | None, percent: int) -> int:
    """Return how many rows a whole copy needs to be published.

    Args:
        before: Rows of the last one under the same grant; None for the first.
        percent: Of them; 0 publishes whatever comes.
    """
    if before is None or not percent or not before:
        return 0
    # Of few rows some may go by chance; all of them do not.
    return 1 if before < FEW else max(1, -(-before * percent // 100))
