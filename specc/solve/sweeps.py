"""Value iteration, compiled; imported only where a model is large.

The signature is explicit, so that the cached function is loaded and never compiled twice.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["sweep"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# Smaller values count as zero: near the end of their range doubles lose digits and speed.
_NOTHING = 1e-280


@njit(
    "boolean(int64[::1], int64[::1], int64[::1], float64[::1], float64[::1], int64[::1],"
    "int64[::1], float64[::1], int64[::1], float64, float64, int64)",
    cache=True,
)
def sweep(
    choice_starts: IntArray,
    transition_starts: IntArray,
    successors: IntArray,
    weights: FloatArray,
    reward: FloatArray,
    order: IntArray,
    ends: IntArray,
    values: FloatArray,
    policy: IntArray,
    still: float,
    threshold: float,
    limit: int,
) -> bool:
    """Gauss-Seidel sweeps to and fro over one strongly connected component after the other, in
    place, until no value of it moves by more than ``still`` (relative) or for ``limit`` sweeps.
    Between sweeps over all choices come cheaper ones along the policy alone.

    ``order`` lists the states, component by component from the sinks up; component k ends before
    ``ends[k]``. A state changes its policy where that gains more than ``threshold`` (relative).
    Returns whether all components came to rest.
    """
    settled = True
    begin = 0
    for k in range(len(ends)):
        end = ends[k]
        moving = full = True
        since = 0
        for turn in range(limit):
            if full:
                moving = False
            rest = True
            for i in range(begin, end):
                s = order[i] if turn % 2 == 0 else order[begin + end - 1 - i]
                value = 0.0
                if full:
                    best = -np.inf
                    top = -1
                    for c in range(choice_starts[s], choice_starts[s + 1]):
                        q = reward[c]
                        for t in range(transition_starts[c], transition_starts[c + 1]):
                            q += weights[t] * values[successors[t]]
                        if c == policy[s]:
                            value = q
                        if q > best:
                            best = q
                            top = c
                    if best - value > threshold * abs(best) + _NOTHING:
                        policy[s] = top
                        value = best
                        moving = True
                else:
                    c = policy[s]
                    value = reward[c]
                    for t in range(transition_starts[c], transition_starts[c + 1]):
                        value += weights[t] * values[successors[t]]
                if abs(value) < _NOTHING:
                    value = 0.0
                if abs(value - values[s]) > still * abs(value):
                    rest = False
                values[s] = value
            if full:
                moving = moving or not rest
                full = False
                since = 0
            else:
                since += 1
                full = rest or since == 10
                continue
            if not moving or end - begin == 1:
                moving = False
                break
        settled = settled and not moving
        begin = end
    return settled
