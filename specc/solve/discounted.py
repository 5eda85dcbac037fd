"""The expected discounted sum of rewards, greatest or least."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.rewards import expected
from specc.solve.solution import Solution
from specc.solve.stopping import Stopping, promise, solve_stopping, weighted

__all__ = ["discounted"]


def discounted(
    model: Model,
    rewards: ExactArray,
    discount: Fraction,
    maximise: bool = True,
    *,
    precision: Fraction = Fraction(1, 10**6),
    exact: bool = False,
) -> Solution:
    """The optimal expected value of the sum of ``discount**k * reward of step k``, k from 0.

    ``rewards`` is per transition; ``0 <= discount < 1`` (ValueError otherwise). A state that must
    pay nothing any more needs rewards of zero from there on. Bounds are certified.
    """
    if not 0 <= discount < 1:
        raise ValueError("a discount lies in [0, 1)")
    sign = 1 if maximise else -1
    gains = expected(model, rewards)
    table = tuple(discount * p for p in model.probabilities.values)
    problem = Stopping(
        model.choice_starts,
        model.transition_starts,
        model.successors,
        ExactArray(table, model.probabilities.index),
        sign * gains.floats,
        gains.errors,
        lambda choice: sign * gains.exact(choice),
        discount,
    )
    start = dict(model.initial)
    found = solve_stopping(problem, start, precision, exact)
    value: Fraction | None = None
    if found.exact is not None:
        value = sign * sum((p * found.exact[s] for s, p in start.items()), Fraction(0))
        lower = upper = value
    else:
        low, high = weighted(found.lower, start), weighted(found.upper, start)
        lower, upper = (low, high) if maximise else (-high, -low)
    values = np.asarray(sign * (found.lower + found.upper) / 2)
    exactly = value is not None
    words = "exact" if exactly else promise(lower, upper, precision, values)
    return Solution(lower, upper, value, found.policy, values, "policy iteration", words)
