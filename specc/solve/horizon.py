"""The expected sum of rewards over a fixed number of steps, by backward induction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.graph import choice_sources
from specc.solve.rewards import expected
from specc.solve.solution import Solution

__all__ = ["Plan", "horizon"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The solution and the choice of every state at every step, shape (steps, states)."""

    solution: Solution
    choices: IntArray


def horizon(
    model: Model,
    rewards: ExactArray,
    steps: int,
    maximise: bool = True,
    *,
    discount: Fraction = Fraction(1),
    final: Sequence[Fraction] | None = None,
    exact: bool = False,
) -> Plan:
    """The optimal expected sum of ``discount**k * reward of step k`` for k below ``steps``.

    ``rewards`` is per transition; ``final`` (one worth per state, zero by default) is paid after
    the last step, discounted by ``discount**steps``. Bounds are certified.
    """
    if steps < 0:
        raise ValueError("a number of steps is not negative")
    last = list(final) if final is not None else [Fraction(0)] * model.state_count
    if exact:
        return _exactly(model, rewards, steps, maximise, discount, last)
    sign = 1 if maximise else -1
    gains = expected(model, rewards)
    table = [float(discount * p) for p in model.probabilities.values]
    data = np.array(table, dtype=np.float64)[model.probabilities.index]
    shape = (model.choice_count, model.state_count)
    matrix = csr_array((data, model.successors, model.transition_starts), shape=shape)
    slack = (np.diff(model.transition_starts) + 6) * (1.02 * 2.0**-53)
    sources = choice_sources(model)
    ends = np.array([float(sign * x) for x in last], dtype=np.float64)
    lower, upper = np.nextafter(ends, -np.inf), np.nextafter(ends, np.inf)
    choices = np.empty((steps, model.state_count), dtype=np.int64)
    for step in range(steps - 1, -1, -1):
        best: list[FloatArray] = []
        for side, values in ((-1.0, lower), (1.0, upper)):
            q = sign * gains.floats + matrix @ values
            size = np.abs(gains.floats) + matrix @ np.abs(values)
            q = np.nextafter(q + side * (slack * size + gains.errors + 1e-300), side * np.inf)
            top = np.maximum.reduceat(q, model.choice_starts[:-1])
            best.append(top)
            if side < 0:
                hits = np.flatnonzero(q == top[sources])[::-1]
                choices[step, sources[hits]] = hits
        lower, upper = best
    low = sum((p * Fraction(float(lower[s])) for s, p in model.initial), Fraction(0))
    high = sum((p * Fraction(float(upper[s])) for s, p in model.initial), Fraction(0))
    if not maximise:
        low, high = -high, -low
    values = sign * (lower + upper) / 2
    return _plan(low, high, None, np.asarray(values), choices)


def _plan(
    low: Fraction, high: Fraction, exact: Fraction | None, values: FloatArray, choices: IntArray
) -> Plan:
    promise = "certified interval" if exact is None else "exact"
    # One decision per state is a memoryless policy only where no step differs from another.
    steady = len(choices) > 0 and bool((choices == choices[0]).all())
    choice = choices[0].copy() if steady else None
    return Plan(Solution(low, high, exact, choice, values, "backward induction", promise), choices)


def _exactly(
    model: Model,
    rewards: ExactArray,
    steps: int,
    maximise: bool,
    discount: Fraction,
    last: list[Fraction],
) -> Plan:
    sign = 1 if maximise else -1
    gains = expected(model, rewards)
    reward = [sign * gains.exact(c) for c in range(model.choice_count)]
    weights = [discount * p for p in model.probabilities.values]
    index = model.probabilities.index.tolist()
    starts, rows = model.transition_starts.tolist(), model.choice_starts.tolist()
    targets = model.successors.tolist()
    values = [sign * x for x in last]
    choices = np.empty((steps, model.state_count), dtype=np.int64)
    for step in range(steps - 1, -1, -1):
        q = [
            sum(
                (weights[index[t]] * values[targets[t]] for t in range(starts[c], starts[c + 1])),
                reward[c],
            )
            for c in range(model.choice_count)
        ]
        for state in range(model.state_count):
            choices[step, state] = max(range(rows[state], rows[state + 1]), key=q.__getitem__)
        values = [q[c] for c in choices[step].tolist()]
    value = sign * sum((p * values[s] for s, p in model.initial), Fraction(0))
    return _plan(value, value, value, np.array([float(sign * v) for v in values]), choices)
