"""The expected undiscounted sum of rewards, greatest or least."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.end_components import end_components
from specc.solve.graph import choice_sources, transition_choices
from specc.solve.quotient import Staying, solve_quotient
from specc.solve.rewards import expected
from specc.solve.solution import Solution

__all__ = ["total"]


def total(
    model: Model,
    rewards: ExactArray,
    maximise: bool = True,
    *,
    precision: Fraction = Fraction(1, 10**6),
    exact: bool = False,
) -> Solution:
    """The optimal expected total of ``rewards`` (per transition) from ``initial``.

    Every transition inside an end component must pay nothing (ValueError otherwise); then the
    total is finite under every policy. Bounds are certified.
    """
    parts = end_components(model)
    pays = np.array([value != 0 for value in rewards.values], dtype=np.bool_)[rewards.index]
    if (pays & parts.choices[transition_choices(model)]).any():
        raise ValueError("a total needs rewards of zero inside end components")
    stay = np.full(model.state_count, -1, dtype=np.int64)
    kept = np.flatnonzero(parts.choices)[::-1]
    stay[choice_sources(model)[kept]] = kept
    worth = [Fraction(0)] * parts.count
    return solve_quotient(
        model,
        parts,
        Staying(worth, worth, stay),
        expected(model, rewards),
        maximise=maximise,
        precision=precision,
        exact=exact,
        method="policy iteration on the quotient of end components",
    )
