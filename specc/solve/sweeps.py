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

    ``order`` lists the states, component by component from the sinks up; component k ends before
    ``ends[k]``. A state changes its policy where that gains more than ``threshold`` (relative).
    Returns whether all components came to rest.
    """
    settled = True
    begin = 0
    for k in range(len(ends)):
        end = ends[k]
        moving = True
        for turn in range(limit):
            moving = False
            for i in range(begin, end):
                s = order[i] if turn % 2 == 0 else order[begin + end - 1 - i]
                best = -np.inf
                current = -np.inf
                top = -1
                for c in range(choice_starts[s], choice_starts[s + 1]):
                    q = reward[c]
                    for t in range(transition_starts[c], transition_starts[c + 1]):
                        q += weights[t] * values[successors[t]]
                    if c == policy[s]:
                        current = q
                    if q > best:
                        best = q
                        top = c
                if best - current > threshold * abs(best) + 1e-300:
                    policy[s] = top
                if abs(best - values[s]) > still * abs(best) + 1e-300:
                    moving = True
                values[s] = best
            if not moving or end - begin == 1:
                moving = False
                break
        settled = settled and not moving
        begin = end
    return settled
