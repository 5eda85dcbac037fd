"""An almost optimal policy and its values in floating point: nothing here is certified.

Sweeps come first: they start below, and a state changes its choice only for a marked gain, so that
the policy they leave goes ahead rather than round in circles of equal value. Policy iteration with
a sparse factorisation follows where the sweeps have not settled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, identity
from scipy.sparse.csgraph import reverse_cuthill_mckee
from scipy.sparse.linalg import splu

from specc.solve.rows import ROUND, Rows

__all__ = ["optimise"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Below, NumPy is done before Numba is imported, and any factorisation is cheap.
_SMALL = 20_000
_SMALL_STATES = 1_500
_SMALL_SWEEPS = 3
_SWEEPS = 400
# How many transitions all sweeps of one call may look at, where there is no factorisation.
_WORK = 3e10
# A factorisation fills a band at worst; wider bands take minutes or do not fit.
_FACTOR_WORK = 4e10
_POLICIES = 60
_LARGE = 20_000
# Gains below this are lost near the end of the range of doubles.
_NOTHING = 1e-280


def optimise(
    rows: Rows,
    threshold: float,
    values: FloatArray | None = None,
    policy: IntArray | None = None,
) -> tuple[IntArray, FloatArray]:
    """A choice per state that no other betters by more than ``threshold`` (relative), and the
    values, as far as floating point and a bounded time carry.

    Every policy must stop. ``values`` and ``policy`` are places to start from, the values best
    below the solution.
    """
    threshold = max(threshold, 64 * ROUND)
    start = np.zeros(rows.state_count) if values is None else values.copy()
    policy = (rows.choice_starts[:-1] if policy is None else policy).copy()
    if len(rows.weights) < _SMALL and rows.state_count <= _SMALL_STATES:
        policy, start, settled = _sweep_plainly(rows, policy, start, threshold)
        return (policy, start) if settled else _improve(rows, policy, start, threshold)
    factorable = _factorable(rows)
    # Factorisations of a grid take time in n**1.5, ten of them as long as these sweeps.
    limit = rows.state_count // 40 if factorable else int(_WORK / max(1, len(rows.weights)))
    limit = max(_SWEEPS, limit)
    policy, start, settled = _sweep(rows, policy, start, threshold, limit)
    if settled or not factorable:
        return policy, start
    return _improve(rows, policy, start, threshold)


def _sweep(
    rows: Rows, policy: IntArray, values: FloatArray, threshold: float, limit: int
) -> tuple[IntArray, FloatArray, bool]:
    from specc.solve.components import strong_components
    from specc.solve.sweeps import sweep

    first = rows.transition_starts[rows.choice_starts]
    everything = np.ones(len(rows.successors), dtype=np.bool_)
    states = np.arange(rows.state_count)
    order, ends = strong_components(first, rows.successors, everything, states, -1 - states)
    settled = sweep(
        rows.choice_starts,
        rows.transition_starts,
        rows.successors,
        rows.weights,
        rows.reward,
        order,
        ends,
        values,
        policy,
        threshold / 16,
        threshold,
        limit,
    )
    return policy, values, settled


def _sweep_plainly(
    rows: Rows, policy: IntArray, values: FloatArray, threshold: float
) -> tuple[IntArray, FloatArray, bool]:
    """Modified policy iteration: after every improvement, some steps with the policy alone."""
    for _ in range(_SMALL_SWEEPS):
        for _ in range(19):
            q = rows.step(values)
            policy, _ = _better(rows, policy, q, threshold)
            best = rows.best(q)
            still = np.abs(best - values) <= threshold / 16 * np.abs(best) + _NOTHING
            values = best
            if still.all():
                return policy, values, True
        chain, gain = rows.matrix[policy], rows.reward[policy]
        for _ in range(40):
            values = gain + chain @ values
    return policy, values, False


def _better(rows: Rows, policy: IntArray, q: FloatArray, threshold: float) -> tuple[IntArray, bool]:
    """The policy with marked gains taken, and whether there were any."""
    best = rows.best(q)
    gain = best - q[policy] > threshold * np.abs(best) + _NOTHING
    if not gain.any():
        return policy, False
    return np.where(gain, rows.greedy(q, best), policy), True


def _improve(
    rows: Rows, policy: IntArray, values: FloatArray, threshold: float
) -> tuple[IntArray, FloatArray]:
    """Policy iteration."""
    for _ in range(_POLICIES if rows.state_count <= _LARGE else _POLICIES // 4):
        found = _evaluate(rows, policy)
        if found is None:  # singular up to rounding: the exact path or wide bounds are left
            break
        values = found
        policy, changed = _better(rows, policy, rows.step(values), threshold)
        if not changed:
            break
    return policy, values


def _evaluate(rows: Rows, policy: IntArray) -> FloatArray | None:
    """The values of a policy, by a sparse factorisation and one step of refinement."""
    chain = rows.matrix[policy]
    system = identity(rows.state_count, format="csc") - chain.tocsc()
    right = rows.reward[policy]
    try:
        factor = splu(system.tocsc())
    except RuntimeError:
        return None
    values = np.asarray(factor.solve(right))
    values = values + factor.solve(right - (values - chain @ values))
    return np.asarray(values, dtype=np.float64) if np.isfinite(values).all() else None


def _factorable(rows: Rows) -> bool:
    """Whether a factorisation is cheap: after reordering the entries lie in a narrow band."""
    n = rows.state_count
    data = np.ones(len(rows.successors), dtype=np.int8)
    starts = rows.transition_starts[rows.choice_starts]
    graph = csr_array((data, rows.successors, starts), shape=(n, n))
    place = np.empty(n, dtype=np.int64)
    place[reverse_cuthill_mckee(graph, symmetric_mode=False)] = np.arange(n)
    tails = np.repeat(np.arange(n), np.diff(starts))
    band = np.abs(place[tails] - place[rows.successors])
    return n * float(np.mean(band.astype(np.float64) ** 2)) <= _FACTOR_WORK
