"""What every solver answers."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = ["Solution"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A certified optimum: the true value from ``initial`` lies in [lower, upper].

    ``exact`` is the value itself where it was asked for and found. ``choice[s]`` is an optimal
    (or within the bounds) choice per state, or None where a memoryless deterministic policy on
    the model does not attain the value; ``values`` are per-state floats (not certified).
    ``method`` and ``promise`` are for people.
    """

    lower: Fraction
    upper: Fraction
    exact: Fraction | None
    choice: IntArray | None
    values: NDArray[np.float64]
    method: str
    promise: str
