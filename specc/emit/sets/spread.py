"""The compiled loops of the log determinant: one more row of a Cholesky factor a new state.

A run that visited ``count`` different states holds their numbers in ``order`` and the factor of
I + K / noise in ``factor``, its rows behind one another: row r has r + 1 entries from
r * (r + 1) / 2 on. A new state adds twice the logarithm of its diagonal entry. Nothing is added
behind ``horizon`` steps, -1 for none.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import numpy as np

from specc.emit.native import native

__all__ = ["spread_copy", "spread_episodes", "spread_gains", "spread_step"]


def _square(
    points: Any, scale: Any, noise: Any, state: Any, order: Any, count: Any, factor: Any, row: Any
) -> Any:
    """Write the new state's row of the factor; the square of its diagonal entry, or 0 where the
    state was visited."""
    rest = 1.0 + 1.0 / noise
    for r in range(count):
        if order[r] == state:
            return 0.0
    for r in range(count):
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
    # At least 1 but for rounding: no eigenvalue of I + K / noise is smaller.
    return max(rest, 1.0)


def _add(
    points: Any, scale: Any, noise: Any, state: Any, order: Any, count: Any, factor: Any, row: Any
) -> Any:
    """Visit a state; the square of its diagonal entry, or 0 where it was visited."""
    square = _square(points, scale, noise, state, order, count, factor, row)
    if square > 0.0:
        begin = count * (count + 1) // 2
        for c in range(count):
            factor[begin + c] = row[c]
        factor[begin + count] = sqrt(square)
        order[count] = state
    return square


@native("i4[:, :], i4[:], f8[:, :], out i4[:, :], out i4[:], out f8[:, :]")
def spread_copy(
    order: Any, counts: Any, factor: Any, new_order: Any, new_counts: Any, new_factor: Any
) -> int:  # fmt: skip
    """Copy what n runs hold, as far as it is used."""
    for i in range(len(counts)):
        count = np.int64(counts[i])
        new_counts[i] = counts[i]
        for k in range(count):
            new_order[i, k] = order[i, k]
        for k in range(count * (count + 1) // 2):
            new_factor[i, k] = factor[i, k]
    return 0


@native(
    "f8[:, :], f8, f8, i8, i4[:], i4[:], i4[:], out i4[:, :], out i4[:], out f8[:, :], out f8[:], "
    "out f8[:]"
)
def spread_step(
    points: Any, scale: Any, noise: Any, horizon: Any, targets: Any, letters: Any, clock: Any,
    order: Any, counts: Any, factor: Any, sums: Any, row: Any,
) -> int:  # fmt: skip
    """n runs enter ``targets[letters]``: changes what they hold and their ``sums``; ``row`` is
    room for one row of a factor."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            state, count = targets[letters[i]], np.int64(counts[i])
            square = _add(points, scale, noise, state, order[i], count, factor[i], row)
            if square > 0.0:
                counts[i] = count + 1
                sums[i] += log(square)
    return 0


@native(
    "f8[:, :], f8, f8, i8, i4[:], i4[:], i4[:], i8[:], i8[:], out i4[:], out f8[:], out f8[:], "
    "out f8[:], out f8[:]"
)
def spread_episodes(
    points: Any, scale: Any, noise: Any, horizon: Any, targets: Any, letters: Any, first: Any,
    places: Any, lengths: Any, order: Any, factor: Any, row: Any, opening: Any, sums: Any,
) -> int:  # fmt: skip
    """Episodes, as in :func:`specc.emit.sets.covered.covered_episodes`; ``order`` and ``factor``
    are room for what one run holds."""
    for e in range(len(places)):
        total = log(_add(points, scale, noise, first[e], order, 0, factor, row))
        count = 1
        opening[e] = total
        for t in range(lengths[e]):
            p = places[e] + t
            if horizon < 0 or t < horizon:
                state = targets[letters[p]]
                square = _add(points, scale, noise, state, order, count, factor, row)
                if square > 0.0:
                    count += 1
                    total += log(square)
            sums[p] = total
    return 0


@native("f8[:, :], f8, f8, i8, i4[:, :], i4[:], i4[:, :], i4[:], f8[:, :], out f8[:], out f8[:, :]")
def spread_gains(
    points: Any, scale: Any, noise: Any, horizon: Any, states: Any, clock: Any, order: Any,
    counts: Any, factor: Any, row: Any, found: Any,
) -> int:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        open_still, count = horizon < 0 or clock[i] < horizon, np.int64(counts[i])
        for j in range(states.shape[1]):
            square = 1.0
            if open_still:
                square = _square(
                    points, scale, noise, states[i, j], order[i], count, factor[i], row
                )
            found[i, j] = log(max(square, 1.0))
    return 0
