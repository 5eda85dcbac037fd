"""Expected rewards of choices: floats with bounds on their errors, exact on request."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.graph import Model
from specc.model.mdp import ExactArray

__all__ = ["ChoiceRewards", "expected"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceRewards:
    """The expected reward of every choice; ``floats`` are off by at most ``errors``."""

    model: Model
    rewards: ExactArray
    floats: FloatArray
    errors: FloatArray

    def exact(self, choice: int) -> Fraction:
        """The expected reward of one choice, exact."""
        begin, end = self.model.transition_starts[choice : choice + 2].tolist()
        terms = (self.model.probabilities[t] * self.rewards[t] for t in range(begin, end))
        return sum(terms, Fraction(0))


def expected(model: Model, rewards: ExactArray) -> ChoiceRewards:
    """The expected rewards of choices from rewards of transitions."""
    if len(rewards) != model.transition_count:
        raise ValueError("a reward is needed for every transition")
    products = model.probabilities.floats() * rewards.floats()
    starts = model.transition_starts[:-1]
    floats = np.add.reduceat(products, starts)
    sizes = np.add.reduceat(np.abs(products), starts)
    errors = (np.diff(model.transition_starts) + 4) * (1.01 * 2.0**-53) * sizes + 1e-300
    pays = np.array([r != 0 for r in rewards.values], dtype=np.bool_)[rewards.index]
    errors[~np.logical_or.reduceat(pays, starts)] = 0.0
    return ChoiceRewards(model, rewards, floats, errors)
