"""What solvers and chains work on: a finite decision graph with exact weights.

Products of an MDP with automata and machines become a :class:`Model`; so does a plain MDP.
Rows are compressed as in :mod:`specc.model.mdp`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.mdp import ExactArray

__all__ = ["Model"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """States 0..n-1, choices in rows, transitions with exact probabilities.

    ``initial`` is a distribution over states.
    """

    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    probabilities: ExactArray
    initial: tuple[tuple[int, Fraction], ...]

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.choice_starts) - 1

    @property
    def choice_count(self) -> int:
        """Number of (state, action) pairs."""
        return len(self.transition_starts) - 1

    @property
    def transition_count(self) -> int:
        """Number of outcomes."""
        return len(self.successors)
