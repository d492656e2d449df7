"""One-to-one matching of two lists for the greatest total."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def assigned(gains: Sequence[Sequence[float]]) -> list[int | None]:
    """Return for each row the column that it gets, so that the sum of gains is greatest.

    A row may stay without a column: only positive gains count. Shortest augmenting paths (Kuhn, Munkres;
    in the form of Jonker and Volgenant), cubic in the number of rows.

    >>> assigned([[0.9, 0.8], [0.8, 0.1], [0.0, 0.0]])
    [1, 0, None]
    """
    rows = len(gains)
    if not rows or not gains[0]:
        return [None] * rows
    # A spare column for each row, worth nothing, lets it stay alone.
    costs = np.hstack([-np.asarray(gains, dtype=float).clip(min=0.0), np.zeros((rows, rows))])
    holder = _matched(costs)
    made: list[int | None] = [None] * rows
    for column, row in enumerate(holder[: len(gains[0])]):
        if row >= 0 and gains[row][column] > 0:
            made[row] = column
    return made


def _matched(costs: NDArray[np.float64]) -> list[int]:
    """Return for each column the row that holds it, or -1."""
    rows, columns = costs.shape
    by_row, by_column = np.zeros(rows), np.zeros(columns)
    holder = [-1] * columns
    for start in range(rows):
        distance = np.full(columns, np.inf)
        came_from = np.full(columns, -1)
        done = np.zeros(columns, dtype=bool)
        row, reached, end = start, -1, 0.0
        while True:
            slack = costs[row] - by_row[row] - by_column + end
            nearer = ~done & (slack < distance)
            distance[nearer], came_from[nearer] = slack[nearer], reached
            open_ones = np.where(done, np.inf, distance)
            reached = int(open_ones.argmin())
            end = float(open_ones[reached])
            done[reached] = True
            if holder[reached] < 0:
                break
            row = holder[reached]
        by_row[start] += end
        for column in np.flatnonzero(done):
            change = end - distance[column]
            by_column[column] -= change
            if holder[column] >= 0:
                by_row[holder[column]] += change
        while reached >= 0:
            before = int(came_from[reached])
            holder[reached] = start if before < 0 else holder[before]
            reached = before
    return holder
