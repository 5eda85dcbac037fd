"""Vectors around the solution of v = max over choices of b + W v, checked with outward rounding.

The equation is posed only where every policy stops, so its solution is unique, every u >= T(u)
lies above it and every l <= T(l) below; the least of several such u is one again. The vectors that
are checked come from floating point, which may be as wrong as it likes (Hartmanns and Kaminski,
"Optimistic value iteration", 2020, guess upper bounds too); the rounding errors of the check are
added on the safe side (Higham, "Accuracy and Stability of Numerical Algorithms", section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from specc.solve.iterate import optimise
from specc.solve.rows import Rows, merge, nearly_equal

__all__ = ["lower_bound", "upper_bound"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_WIDENINGS = 14
# A margin is good to a factor of two or so, as long as its own sweeps have all but settled.
_COARSE = 1e-7

# Doubts far below every value of interest only take time to be summed.
_SPECK = 1e-120
# Where every step stops with this chance at least, a constant margin is good enough.
_STOPPING = 1e-3


def lower_bound(rows: Rows, policy: IntArray, values: FloatArray) -> FloatArray:
    """A vector l with l <= b + W l for the policy, so no greater than the policy's values;
    -inf everywhere where none is found."""
    nobody = np.zeros(rows.state_count, dtype=np.bool_)
    chosen = np.zeros(len(rows.reward), dtype=np.bool_)
    chosen[policy] = True
    chain = rows.restricted(chosen, rows.reward, nobody)
    chain.error = rows.error[policy]
    doubt = 4 * chain.rounding(values) + 2 * np.abs(values - chain.step(values)) + _SPECK
    margin = _margin(chain, np.ones_like(nobody), doubt, nobody)
    factor = 1.0
    for _ in range(_WIDENINGS):
        vector = values - factor * np.abs(margin)
        if (vector <= chain.step(vector) - chain.rounding(vector)).all():
            return vector
        factor *= 2
    return np.full(rows.state_count, -np.inf)


def upper_bound(
    rows: Rows,
    policy: IntArray,
    values: FloatArray,
    threshold: float,
    enough: Callable[[FloatArray], bool],
) -> FloatArray:
    """A vector u with u >= b + W u for every choice, so no less than the solution.

    States between which a run may linger at next to no loss are merged first, fewer or more of
    them where the bound is not narrow ``enough``; inf where nothing is found.
    """
    upper = np.full(rows.state_count, rows.ceiling)
    merged_before = -1
    for tolerance in (threshold, threshold / 1000, 100 * threshold):
        block = nearly_equal(rows, values, tolerance)
        count = int(block.max()) + 1
        if count == merged_before:
            continue
        merged_before = count
        if count == rows.state_count:
            vector = _raised(rows, policy, values)
        else:
            smaller = merge(rows, block)
            if smaller is None:
                vector = _raised(rows, policy, values)
            else:
                start = np.full(count, -np.inf)
                np.maximum.at(start, block, values)
                choice, near = optimise(smaller.rows, threshold / 1000, start)
                vector = _raised(smaller.rows, choice, near)[block]
        upper = np.minimum(upper, vector)
        if np.isfinite(upper).all() and enough(upper):
            break
    return upper


def _raised(rows: Rows, policy: IntArray, values: FloatArray) -> FloatArray:
    """The doubts of all rows, summed along the worst policy, added to the values.

    Only choices that are nearly optimal need to be counted, the others have slack to spare; where
    one turns out to have too little, it is counted too.
    """
    step = rows.step(values)
    gap = np.abs(values - rows.best(step))[rows.sources]
    doubt = 4 * rows.rounding(values) + 2 * gap + _SPECK
    counted = values[rows.sources] - step <= 16 * doubt
    counted[policy] = True
    # Just below the ceiling, nearly equal choices can postpone the end almost for ever; there the
    # ceiling itself serves as the bound.
    capped = values >= rows.ceiling - 1e-9 * abs(rows.ceiling)
    doubt[capped[rows.sources]] = 0.0
    doubt += np.maximum(np.where(capped, rows.ceiling - values, 0.0)[rows.sources], 0.0)
    factor = 1.0
    for _ in range(_WIDENINGS):
        margin = _margin(rows, counted, doubt, capped)
        if not np.isfinite(margin).all():
            break
        while factor < 2.0**_WIDENINGS:
            vector = np.minimum(values + factor * np.abs(margin), rows.ceiling)
            vector[capped] = rows.ceiling
            room = vector[rows.sources] - (rows.step(vector) + rows.rounding(vector))
            free = (vector < rows.ceiling)[rows.sources]
            broken = (room < 0) & free
            if not broken.any():
                return vector
            if (broken & ~counted).any():
                break
            factor *= 2
        # Those that are about to break are counted at once, not one after the other.
        counted |= free & (room < factor * np.abs(margin)[rows.sources] / 2)
    return np.full(rows.state_count, np.inf)


def _margin(rows: Rows, counted: BoolArray, doubt: FloatArray, final: BoolArray) -> FloatArray:
    """The doubts of the counted rows, summed along the worst policy until a final state."""
    least = float(rows.deficit.min())
    if least >= _STOPPING:
        return np.full(rows.state_count, float(doubt.max()) / least)
    return optimise(rows.restricted(counted, doubt, final), _COARSE)[1]
