"""From where on no policy influences the mean of what is still to come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.chain.linear import SingularSystem, SystemTooLarge, solve_exact
from specc.model.graph import Model
from specc.solve.graph import leading_to

__all__ = ["uninfluenced"]

_LARGEST = 2_500


def uninfluenced(
    model: Model,
    gain: Sequence[Fraction],
    discount: Fraction,
    fixed: Mapping[int, Fraction],
    excluded: NDArray[np.bool_],
) -> list[Fraction | None] | None:
    """Per state, the mean of the discounted gains to come where that is the same under every
    policy, None elsewhere; None in all where the model is too large.

    ``gain`` is per transition; ``fixed`` states are worth what is given. With discount 1, no run
    may stay for ever among states that are neither fixed nor ``excluded``.

    Values of one policy (the first choices) satisfy its equations. A set of states that no choice
    leaves, in which they satisfy the equations of all choices, has these values under all
    policies, because the equations of every policy there have one solution.
    """
    region = ~leading_to(model, excluded)
    inner = [n for n in np.flatnonzero(region).tolist() if n not in fixed]
    if len(inner) > _LARGEST:
        return None
    choices, starts = model.choice_starts.tolist(), model.transition_starts.tolist()
    targets, chances = model.successors.tolist(), model.probabilities.exact()
    place = {n: i for i, n in enumerate(inner)}
    rows: list[dict[int, Fraction]] = []
    right: list[Fraction] = []
    for n in inner:
        row, side = {place[n]: Fraction(1)}, Fraction(0)
        for t in range(starts[choices[n]], starts[choices[n] + 1]):
            side += chances[t] * gain[t]
            if targets[t] in place:
                column = place[targets[t]]
                row[column] = row.get(column, Fraction(0)) - discount * chances[t]
            else:
                side += discount * chances[t] * fixed[targets[t]]
        rows.append(row)
        right.append(side)
    try:
        solution = solve_exact(rows, right)
    except (SingularSystem, SystemTooLarge):
        return None
    worth = dict(fixed) | dict(zip(inner, solution, strict=True))

    def agrees(choice: int, value: Fraction) -> bool:
        ts = range(starts[choice], starts[choice + 1])
        means = (chances[t] * (gain[t] + discount * worth[targets[t]]) for t in ts)
        return sum(means, Fraction(0)) == value

    influenced = excluded.copy()
    for n in inner:
        here = range(choices[n], choices[n + 1])
        influenced[n] = not all(agrees(choice, worth[n]) for choice in here)
    lost = leading_to(model, influenced)
    return [None if lost[n] else worth[n] for n in range(model.state_count)]
