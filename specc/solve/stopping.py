"""The one equation behind reachability, totals and discounting: v = max over choices of b + W v.

It is posed only where every policy stops (no end component is left, or W is a contraction), so
its solution is unique, every u >= T(u) lies above it and every l <= T(l) below. Numbers are found
in floating point and then certified: the vectors that bound the solution are checked with the
rounding errors of the check itself added on the safe side (Higham, "Accuracy and Stability of
Numerical Algorithms", section 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, identity
from scipy.sparse.linalg import splu

from specc.diagnostics import SpecError
from specc.model.mdp import ExactArray

__all__ = ["Bounds", "Stopping", "improve_exactly", "solve_stopping"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_ROUND = 2.0**-53
_TINY = 1e-300
# Beyond this, sweeps come first: a factorisation of a graph without structure fills up.
_FACTOR_STATES = 10_000
_SWEEPS = 2_000
_POLICIES = 300
_EXACT_STATES = 1_200
_LAST_RESORT = 5_000
_WIDENINGS = 30


@dataclass(eq=False)
class Stopping:
    """Rows as in a Model, with weights for probabilities; every state has a choice, a choice may
    have no transitions. ``reward[c]`` is off by at most ``reward_error[c]``."""

    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    weights: ExactArray
    reward: FloatArray
    reward_error: FloatArray
    exact_reward: Callable[[int], Fraction]
    ceiling: float = np.inf  # a known bound on all values; as a constant vector it is a u >= T(u)

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.choice_starts) - 1

    @cached_property
    def matrix(self) -> csr_array:
        """The weights, shape (choices, states)."""
        shape = (len(self.transition_starts) - 1, self.state_count)
        parts = (self.weights.floats(), self.successors, self.transition_starts)
        return csr_array(parts, shape=shape)

    @cached_property
    def sources(self) -> IntArray:
        """The state of every choice."""
        return np.repeat(np.arange(self.state_count), np.diff(self.choice_starts))

    @cached_property
    def slack(self) -> FloatArray:
        """The relative rounding error of one row of ``reward + matrix @ v``."""
        return (np.diff(self.transition_starts) + 6) * (1.01 * _ROUND)

    def best(self, q: FloatArray) -> FloatArray:
        """The greatest entry of every state."""
        return np.asarray(np.maximum.reduceat(q, self.choice_starts[:-1]))

    def greedy(self, q: FloatArray, best: FloatArray) -> IntArray:
        """The first choice of every state that has its greatest entry."""
        hits = np.flatnonzero(q == best[self.sources])
        choice = np.empty(self.state_count, dtype=np.int64)
        choice[self.sources[hits[::-1]]] = hits[::-1]
        return choice


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Vectors around the solution (certified), a policy, and the solution if it was asked for."""

    lower: FloatArray
    upper: FloatArray
    policy: IntArray
    exact: list[Fraction] | None


def solve_stopping(
    problem: Stopping, weights: dict[int, Fraction], precision: Fraction, exact: bool
) -> Bounds:
    """Maximise. The bounds are narrowed to the relative ``precision`` at the weighted states where
    floating point allows it, and by exact arithmetic where it does not and the problem is small.
    """
    policy, values = _optimise(problem, problem.reward)
    if not exact:
        lower = _lower(problem, policy, values)
        upper = _upper(problem, policy, values)
        finite = bool(np.isfinite(lower).all() and np.isfinite(upper).all())
        small = problem.state_count <= (_EXACT_STATES if finite else _LAST_RESORT)
        if finite and (not small or _narrow(lower, upper, weights, precision)):
            return Bounds(lower, upper, policy, None)
        if not small:
            raise SpecError.of(
                "E702",
                f"no certified bounds were found in floating point on {problem.state_count:,} "
                f"states: runs can go on for very long before they stop",
                help="ask for exact arithmetic, or make very small probabilities larger",
            )
    policy, solution = improve_exactly(problem, policy)
    near = np.array([float(v) for v in solution])
    return Bounds(np.nextafter(near, -np.inf), np.nextafter(near, np.inf), policy, solution)


def _narrow(
    lower: FloatArray, upper: FloatArray, weights: dict[int, Fraction], precision: Fraction
) -> bool:
    """Whether the bounds are as narrow as asked, relative to the value; or to the far greater
    values elsewhere, of which a value near zero may be the difference."""
    width = sum((p * Fraction(float(upper[s] - lower[s])) for s, p in weights.items()), Fraction(0))
    middle = sum((p * Fraction(float(lower[s])) for s, p in weights.items()), Fraction(0))
    largest = Fraction(float(np.abs(upper).max(initial=0.0)))
    return width <= precision * max(abs(middle), largest * precision**2)


def _evaluate(problem: Stopping, policy: IntArray, reward: FloatArray) -> FloatArray:
    """The values of a policy, by a sparse factorisation and one step of refinement."""
    chain = problem.matrix[policy]
    system = identity(problem.state_count, format="csc") - chain.tocsc()
    factor = splu(system.tocsc())
    right = reward[policy]
    values = np.asarray(factor.solve(right))
    correction = factor.solve(right - (values - chain @ values))
    return np.asarray(values + correction, dtype=np.float64)


def _sweep(
    problem: Stopping, reward: FloatArray, values: FloatArray, sweeps: int
) -> tuple[IntArray, FloatArray, bool]:
    """Modified policy iteration: after every improvement, some steps with the policy alone."""
    policy = problem.choice_starts[:-1].copy()
    for _ in range(max(1, sweeps // 20)):
        q = reward + problem.matrix @ values
        best = problem.best(q)
        policy = problem.greedy(q, best)
        change = np.abs(best - values)
        values = best
        if (change <= 4 * _ROUND * (np.abs(values) + _TINY)).all():
            return policy, values, True
        chain, gain = problem.matrix[policy], reward[policy]
        for _ in range(19):
            values = gain + chain @ values
    return policy, values, False


def _optimise(problem: Stopping, reward: FloatArray) -> tuple[IntArray, FloatArray]:
    """An optimal policy and its values, up to rounding."""
    large = problem.state_count > _FACTOR_STATES
    policy, values, done = _sweep(
        problem, reward, np.zeros(problem.state_count), _SWEEPS if large else 40
    )
    if done and large:
        return policy, values
    for _ in range(_POLICIES):
        try:
            values = _evaluate(problem, policy, reward)
        except RuntimeError:  # singular up to rounding: the exact path or wide bounds are left
            return policy, values
        q = reward + problem.matrix @ values
        scale = np.abs(reward) + problem.matrix @ np.abs(values) + np.abs(values[problem.sources])
        better = q - values[problem.sources] > 64 * _ROUND * scale
        best = problem.best(q)
        change = np.zeros(problem.state_count, dtype=np.bool_)
        change[problem.sources[better]] = True
        if not change.any():
            break
        policy = np.where(change, problem.greedy(q, best), policy)
    return policy, values


def _rounding(problem: Stopping, vector: FloatArray) -> FloatArray:
    size = np.abs(problem.reward) + problem.matrix @ np.abs(vector)
    return np.asarray(problem.slack * size * 1.01 + problem.reward_error + _TINY)


def _doubt(problem: Stopping, values: FloatArray) -> FloatArray:
    """How far each row may be wrong at its place: in proportion to the values there, so that a
    tiny value far from everything keeps its digits."""
    step = problem.reward + problem.matrix @ values
    gap = np.abs(values - problem.best(step))[problem.sources]
    return np.asarray(4 * _rounding(problem, values) + 2 * gap)


def _lower(problem: Stopping, policy: IntArray, values: FloatArray) -> FloatArray:
    """A vector l with l <= b + W l for the policy, so no greater than the policy's values."""
    chain = problem.matrix[policy]
    step = problem.reward[policy] + chain @ values
    doubt = 4 * _rounding(problem, values)[policy] + 2 * np.abs(values - step)
    spread = np.zeros(len(problem.reward))
    spread[policy] = doubt
    try:
        margin = np.abs(_evaluate(problem, policy, spread))
    except RuntimeError:
        return np.full(problem.state_count, -np.inf)
    factor = 1.0
    for _ in range(_WIDENINGS):
        vector = values - factor * margin
        step = problem.reward[policy] + chain @ vector
        if (vector <= step - _rounding(problem, vector)[policy]).all():
            return vector
        factor *= 2
    return np.full(problem.state_count, -np.inf)


def _upper(problem: Stopping, policy: IntArray, values: FloatArray) -> FloatArray:
    """A vector u with u >= b + W u for every choice, so no less than the solution.

    The doubts of all rows, summed along the worst policy, make one when added to the values; only
    choices that are nearly optimal need to be counted, the others have slack to spare. Where one
    turns out to have too little, it is counted too.
    """
    doubt = _doubt(problem, values)
    counted = np.zeros(len(doubt), dtype=np.bool_)
    counted[policy] = True
    step = problem.reward + problem.matrix @ values
    counted |= values[problem.sources] - step <= 16 * doubt
    # Just below the ceiling, nearly equal choices can postpone the end almost for ever; there the
    # ceiling itself serves as the bound.
    capped = values >= problem.ceiling - 1e-9 * abs(problem.ceiling)
    doubt[capped[problem.sources]] = 0.0
    rise = np.where(capped, problem.ceiling - values, 0.0)[problem.sources]
    doubt += np.maximum(rise, 0.0)
    factor = 1.0
    for _ in range(_WIDENINGS):
        reduced = _restricted(problem, counted, doubt, capped)
        _, margin = _optimise(reduced, reduced.reward)
        if not np.isfinite(margin).all():
            break
        vector = np.minimum(values + factor * np.abs(margin), problem.ceiling)
        vector[capped] = problem.ceiling
        step = problem.reward + problem.matrix @ vector + _rounding(problem, vector)
        broken = (step > vector[problem.sources]) & (vector < problem.ceiling)[problem.sources]
        if not broken.any():
            return vector
        if not (broken & ~counted).any():
            factor *= 2
        counted |= broken
    return np.full(problem.state_count, np.inf)


def _restricted(
    problem: Stopping, kept: BoolArray, reward: FloatArray, final: BoolArray
) -> Stopping:
    """The problem with the kept choices only and with other rewards; it ends in final states."""
    lengths = np.diff(problem.transition_starts)
    going = kept & ~final[problem.sources]
    rows = np.repeat(going, lengths)
    counts = np.where(going, lengths, 0)
    choice_starts = np.concatenate(([0], np.cumsum(kept)))[problem.choice_starts]
    transition_starts = np.concatenate(([0], np.cumsum(counts[kept])))
    chosen = reward[kept]
    return Stopping(
        choice_starts,
        transition_starts,
        problem.successors[rows],
        ExactArray(problem.weights.values, problem.weights.index[rows]),
        chosen,
        np.zeros_like(chosen),
        lambda choice: Fraction(float(chosen[choice])),
    )


def improve_exactly(problem: Stopping, policy: IntArray) -> tuple[IntArray, list[Fraction]]:
    """Policy iteration over the rationals from a given policy: an optimal one and its values."""
    from flint import fmpq

    from specc.chain.linear import solve_exact
    from specc.chain.rational import to_flint

    policy = policy.copy()
    starts = problem.transition_starts.tolist()
    choices = problem.choice_starts.tolist()
    targets = problem.successors.tolist()
    index = problem.weights.index.tolist()
    table = problem.weights.values
    weights = [to_flint(w) for w in table]
    reward = [problem.exact_reward(c) for c in range(len(starts) - 1)]
    gains = [to_flint(r) for r in reward]
    while True:
        rows: list[dict[int, Fraction]] = []
        for state, choice in enumerate(policy.tolist()):
            row = {state: Fraction(1)}
            for t in range(starts[choice], starts[choice + 1]):
                row[targets[t]] = row.get(targets[t], Fraction(0)) - table[index[t]]
            rows.append(row)
        solution = solve_exact(rows, [reward[c] for c in policy.tolist()])
        values = [to_flint(v) for v in solution]
        changed = False
        for state in range(len(values)):
            best = values[state]
            for choice in range(choices[state], choices[state + 1]):
                q: fmpq = gains[choice]
                for t in range(starts[choice], starts[choice + 1]):
                    q += weights[index[t]] * values[targets[t]]
                if q > best:
                    best, changed = q, True
                    policy[state] = choice
        if not changed:
            return policy, solution
