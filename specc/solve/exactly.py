"""Policy iteration over the rationals."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.solve.problem import Stopping

__all__ = ["improve_exactly"]

IntArray = NDArray[np.int64]


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
