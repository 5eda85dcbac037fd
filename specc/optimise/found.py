"""What the solvers of means are asked for, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.model.policy import Policy
from specc.product import Product
from specc.solve.solution import Solution

__all__ = ["Found", "Unsolved", "Wanted"]

BoolArray = NDArray[np.bool_]


class Unsolved(Exception):
    """There is no solver for this form; the message says which form."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; ``references`` are the policies that `kl(name)` speaks of."""

    maximise: bool
    precision: Fraction
    exact: bool
    references: Mapping[str, Policy] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """An optimum on a product: the solution, and the product choices that attain it (None where
    the policy is not a memoryless one of the product). ``chances`` are those of all choices, where
    an optimal policy has to mix them unevenly."""

    solution: Solution
    product: Product
    chosen: BoolArray | None
    product_seconds: float
    solve_seconds: float
    chances: tuple[Fraction, ...] | None = None
