"""The compiled loops of the log determinant: one more row of a Cholesky factor a new state.

A run that visited ``count`` different states holds their numbers in ``order`` and the factor of
I + K / noise in ``factor``, its rows behind one another: row r has r + 1 entries from
r * (r + 1) / 2 on. A new state adds twice the logarithm of its diagonal entry.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

from numba import njit

__all__ = ["gains", "relabel", "step"]


@njit(cache=True, nogil=True)
def _row(
    points: Any, scale: Any, noise: Any, state: Any, order: Any, count: Any, factor: Any, row: Any
) -> Any:
    """Write the new state's row of the factor; the square of its diagonal entry, or 0 where the
    state was visited."""
    rest = 1.0 + 1.0 / noise
    for r in range(count):
        if order[r] == state:
            return 0.0
        gap = 0.0
        for d in range(points.shape[1]):
            apart = points[state, d] - points[order[r], d]
            gap += apart * apart
        value = exp(-scale * gap) / noise
        begin = r * (r + 1) // 2
        for c in range(r):
            value -= factor[begin + c] * row[c]
        row[r] = value / factor[begin + r]
        rest -= row[r] * row[r]
    # At least 1 but for rounding: the smallest eigenvalue of I + K / noise.
    return max(rest, 1.0)


@njit(cache=True, nogil=True)
def _add(
    points: Any, scale: Any, noise: Any, state: Any, order: Any, count: Any, factor: Any, row: Any
) -> Any:
    """Visit a state; what the log determinant grows by, 0 where it was visited."""
    square = _row(points, scale, noise, state, order, count, factor, row)
    if square == 0.0:
        return 0.0, count
    begin = count * (count + 1) // 2
    for c in range(count):
        factor[begin + c] = row[c]
    factor[begin + count] = sqrt(square)
    order[count] = state
    return log(square), count + 1


@njit(cache=True, nogil=True)
def step(
    points: Any, scale: Any, noise: Any, horizon: Any, targets: Any, letters: Any, clock: Any,
    order: Any, count: Any, factor: Any, sums: Any, row: Any,
) -> None:  # fmt: skip
    """n runs enter ``targets[letters]``: changes what they hold and their ``sums``; ``row`` is
    room for one row of a factor."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            gain, count[i] = _add(
                points, scale, noise, targets[letters[i]], order[i], count[i], factor[i], row
            )
            sums[i] += gain


@njit(cache=True, nogil=True)
def relabel(
    points: Any, scale: Any, noise: Any, horizon: Any, targets: Any, letters: Any, first: Any,
    places: Any, lengths: Any, order: Any, factor: Any, row: Any, opening: Any, sums: Any,
) -> None:  # fmt: skip
    """Episodes, as in :func:`specc.emit.sets.covered.relabel`; room for one run's memory."""
    for e in range(len(places)):
        total, count = _add(points, scale, noise, first[e], order, 0, factor, row)
        opening[e] = total
        for t in range(lengths[e]):
            p = places[e] + t
            if horizon < 0 or t < horizon:
                state = targets[letters[p]]
                gain, count = _add(points, scale, noise, state, order, count, factor, row)
                total += gain
            sums[p] = total


@njit(cache=True, nogil=True)
def gains(
    points: Any, scale: Any, noise: Any, horizon: Any, states: Any, clock: Any, order: Any,
    count: Any, factor: Any, row: Any, found: Any,
) -> None:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        for j in range(states.shape[1]):
            square = 1.0
            if horizon < 0 or clock[i] < horizon:
                square = max(
                    _row(points, scale, noise, states[i, j], order[i], count[i], factor[i], row),
                    1.0,
                )
            found[i, j] = log(square)
