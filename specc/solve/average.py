"""The long-run average reward, greatest or least, of models with any number of end components.

Within one end component the best average is the same from everywhere (the component can be
crossed at will), so it is found component by component, by policy iteration on policies with one
recurrent class (Puterman, "Markov Decision Processes", section 9.5.1), and then by choosing
where to stay. Any vector h bounds the average of a component by the extremes of r + P h - h.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model
from specc.model.mdp import ExactArray
from specc.solve.end_components import EndComponents, end_components
from specc.solve.gain import component_gain
from specc.solve.graph import choice_sources
from specc.solve.quotient import Staying, solve_quotient
from specc.solve.rewards import ChoiceRewards, expected
from specc.solve.solution import Solution

__all__ = ["average"]

IntArray = NDArray[np.int64]


def average(
    model: Model,
    rewards: ExactArray,
    maximise: bool = True,
    *,
    precision: Fraction = Fraction(1, 10**6),
    exact: bool = False,
) -> Solution:
    """The optimal expected long-run average of ``rewards`` (per transition) from ``initial``.

    For the optimum, limit superior and limit inferior agree and a memoryless policy attains it.
    Bounds are certified.
    """
    parts = end_components(model)
    gains = expected(model, rewards)
    staying = _staying(model, parts, gains, maximise, precision, exact)
    found = solve_quotient(
        model,
        parts,
        staying,
        None,
        maximise=maximise,
        precision=precision,
        exact=exact,
        method="policy iteration on end components and on their quotient",
    )
    # No average leaves the range of the worths of the components.
    lower = max(found.lower, min(staying.lower))
    upper = min(found.upper, max(staying.upper))
    return replace(found, lower=lower, upper=upper)


def _staying(
    model: Model,
    parts: EndComponents,
    gains: ChoiceRewards,
    maximise: bool,
    precision: Fraction,
    exact: bool,
) -> Staying:
    """The best average of every component and a policy that attains it."""
    sources = choice_sources(model)
    inside = np.flatnonzero(parts.choices)
    owner = parts.component[sources[inside]]
    order = np.argsort(owner, kind="stable")
    inside = inside[order]
    ends = np.searchsorted(owner[order], np.arange(parts.count + 1))
    choice = np.full(model.state_count, -1, dtype=np.int64)
    lower: list[Fraction] = []
    upper: list[Fraction] = []
    for number in range(parts.count):
        choices = inside[ends[number] : ends[number + 1]]
        found = component_gain(model, choices, gains, maximise, precision, exact)
        lower.append(found.lower)
        upper.append(found.upper)
        choice[sources[found.policy]] = found.policy
    return Staying(lower, upper, choice)
