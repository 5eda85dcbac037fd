"""The equation v = max over choices of b + W v with its exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.mdp import ExactArray
from specc.solve.rows import ROUND, Rows

__all__ = ["Stopping"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Stopping:
    """Rows as in a Model, with weights for probabilities; every state has a choice, a choice may
    have no transitions, and the weights of one that has some sum to ``discount``. ``reward[c]``
    is off by at most ``reward_error[c]``; ``ceiling`` bounds all values, and is 0 or more where
    the discount is below 1."""

    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    weights: ExactArray
    reward: FloatArray
    reward_error: FloatArray
    exact_reward: Callable[[int], Fraction]
    discount: Fraction = Fraction(1)
    ceiling: float = np.inf

    def rows(self) -> Rows:
        """The same in floating point."""
        lengths = np.diff(self.transition_starts)
        return Rows(
            self.choice_starts,
            self.transition_starts,
            np.ascontiguousarray(self.successors, dtype=np.int64),
            self.weights.floats(),
            self.reward,
            self.reward_error,
            (lengths + 6) * (1.01 * ROUND),
            np.where(lengths > 0, float(1 - self.discount), 1.0),
            self.ceiling,
        )
