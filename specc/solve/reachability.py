"""The probability of reaching a set of states, greatest or least."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model
from specc.solve.end_components import EndComponents, end_components
from specc.solve.graph import choice_sources, leading_to
from specc.solve.quotient import Staying, solve_quotient
from specc.solve.solution import Solution

__all__ = ["reach"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]


def reach(
    model: Model,
    target: BoolArray,
    maximise: bool = True,
    *,
    precision: Fraction = Fraction(1, 10**6),
    exact: bool = False,
) -> Solution:
    """The optimal probability of reaching ``target`` (shape (states,)) from ``initial``.

    The bounds are certified; ``choice`` is a memoryless policy that attains the value (up to the
    bounds), in target states simply their first choice.
    """
    first = model.choice_starts[:-1]
    sources = choice_sources(model)
    hopeful = leading_to(model, target)
    # States that cannot reach the target only wait, as one-state components worth nothing.
    settled = target | ~hopeful
    inner = end_components(model, ~settled[sources])
    component = inner.component.copy()
    fixed = np.flatnonzero(settled)
    component[fixed] = inner.count + np.arange(len(fixed))
    parts = EndComponents(inner.count + len(fixed), component, inner.choices | settled[sources])
    worth = [Fraction(0)] * inner.count + [Fraction(int(x)) for x in target[fixed]]
    stay = np.full(model.state_count, -1, dtype=np.int64)
    kept = np.flatnonzero(inner.choices)[::-1]
    stay[sources[kept]] = kept
    stay[fixed] = first[fixed]
    found = solve_quotient(
        model,
        parts,
        Staying(worth, worth, stay),
        None,
        maximise=maximise,
        precision=precision,
        exact=exact,
        method="policy iteration on the quotient of end components",
    )
    if not any(hopeful[state] for state, _ in model.initial):
        zero = Fraction(0)
        return replace(found, lower=zero, upper=zero, exact=zero, promise="exact")
    return clipped(found)


def clipped(solution: Solution) -> Solution:
    """The same with bounds inside [0, 1], where a probability lies."""
    zero, one = Fraction(0), Fraction(1)
    return replace(
        solution,
        lower=min(max(solution.lower, zero), one),
        upper=max(min(solution.upper, one), zero),
        values=np.clip(solution.values, 0.0, 1.0),
    )
