"""The compiled loops of facility location: per point the likeness of the nearest state visited.

In all loops state s has the likenesses ``likeness[k]`` to the points ``points[k]``, k in
``starts[s] : starts[s + 1]``.
"""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["gains", "relabel", "step"]


@njit(cache=True, nogil=True)
def _add(starts: Any, points: Any, likeness: Any, state: Any, row: Any) -> Any:
    """Raise the row of one run; what its sum grows by."""
    gain = 0.0
    for k in range(starts[state], starts[state + 1]):
        more = likeness[k] - row[points[k]]
        if more > 0.0:
            row[points[k]] = likeness[k]
            gain += more
    return gain


@njit(cache=True, nogil=True)
def step(
    starts: Any, points: Any, likeness: Any, horizon: Any, targets: Any, letters: Any, clock: Any,
    held: Any, sums: Any,
) -> None:  # fmt: skip
    """n runs enter ``targets[letters]``: changes their rows ``held`` (n, points) and ``sums``."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            sums[i] += _add(starts, points, likeness, targets[letters[i]], held[i])


@njit(cache=True, nogil=True)
def relabel(
    starts: Any, points: Any, likeness: Any, horizon: Any, targets: Any, letters: Any, first: Any,
    places: Any, lengths: Any, row: Any, opening: Any, sums: Any,
) -> None:  # fmt: skip
    """Episodes, as in :func:`specc.emit.sets.covered.relabel`."""
    for e in range(len(places)):
        row[:] = 0.0
        total = _add(starts, points, likeness, first[e], row)
        opening[e] = total
        for t in range(lengths[e]):
            p = places[e] + t
            if horizon < 0 or t < horizon:
                total += _add(starts, points, likeness, targets[letters[p]], row)
            sums[p] = total


@njit(cache=True, nogil=True)
def gains(
    starts: Any, points: Any, likeness: Any, horizon: Any, states: Any, clock: Any, held: Any,
    found: Any,
) -> None:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        for j in range(states.shape[1]):
            gain = 0.0
            if horizon < 0 or clock[i] < horizon:
                state = states[i, j]
                for k in range(starts[state], starts[state + 1]):
                    more = likeness[k] - held[i, points[k]]
                    if more > 0.0:
                        gain += more
            found[i, j] = gain
