"""The compiled loops of facility location: per point the likeness of the nearest state visited.

In all loops state s has the likenesses ``likeness[k]`` to the points ``points[k]``, for the k in
``starts[s] : starts[s + 1]``. Nothing is added behind ``horizon`` steps, -1 for none.
"""

from __future__ import annotations

from typing import Any

from specc.emit.native import native

__all__ = ["nearest_episodes", "nearest_gains", "nearest_step"]


def _add(starts: Any, points: Any, likeness: Any, state: Any, row: Any) -> Any:
    """Raise the row of one run; what its sum grows by."""
    gain = 0.0
    for k in range(starts[state], starts[state + 1]):
        more = likeness[k] - row[points[k]]
        if more > 0.0:
            row[points[k]] = likeness[k]
            gain += more
    return gain


@native("i8[:], i4[:], f8[:], i8, i4[:], i4[:], i4[:], out f8[:, :], out f8[:]")
def nearest_step(
    starts: Any, points: Any, likeness: Any, horizon: Any, targets: Any, letters: Any, clock: Any,
    held: Any, sums: Any,
) -> int:  # fmt: skip
    """n runs enter ``targets[letters]``: changes their rows ``held`` (n, points) and ``sums``."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            sums[i] += _add(starts, points, likeness, targets[letters[i]], held[i])
    return 0


@native(
    "i8[:], i4[:], f8[:], i8, i4[:], i4[:], i4[:], i8[:], i8[:], out f8[:], out f8[:], out f8[:]"
)
def nearest_episodes(
    starts: Any, points: Any, likeness: Any, horizon: Any, targets: Any, letters: Any, first: Any,
    places: Any, lengths: Any, row: Any, opening: Any, sums: Any,
) -> int:  # fmt: skip
    """Episodes, as in :func:`specc.emit.sets.covered.covered_episodes`."""
    for e in range(len(places)):
        for p in range(len(row)):
            row[p] = 0.0
        total = _add(starts, points, likeness, first[e], row)
        opening[e] = total
        for t in range(lengths[e]):
            here = places[e] + t
            if horizon < 0 or t < horizon:
                total += _add(starts, points, likeness, targets[letters[here]], row)
            sums[here] = total
    return 0


@native("i8[:], i4[:], f8[:], i8, i4[:, :], i4[:], f8[:, :], out f8[:, :]")
def nearest_gains(
    starts: Any, points: Any, likeness: Any, horizon: Any, states: Any, clock: Any, held: Any,
    found: Any,
) -> int:  # fmt: skip
    """What each of ``states`` (n, k) alone would add to run i, (n, k)."""
    for i in range(len(states)):
        open_still = horizon < 0 or clock[i] < horizon
        for j in range(states.shape[1]):
            gain = 0.0
            if open_still:
                state = states[i, j]
                for k in range(starts[state], starts[state + 1]):
                    gain += max(likeness[k] - held[i, points[k]], 0.0)
            found[i, j] = gain
    return 0
