"""The one equation behind reachability, totals and discounting: v = max over choices of b + W v.

It is posed only where every policy stops (no end component is left, or W is a contraction).
Numbers are found in floating point (:mod:`specc.solve.iterate`) and then certified
(:mod:`specc.solve.certify`), or found by policy iteration over the rationals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.solve.certify import lower_bound, upper_bound
from specc.solve.exactly import improve_exactly
from specc.solve.iterate import optimise
from specc.solve.problem import Stopping
from specc.solve.rows import Rows, merge

__all__ = ["Bounds", "Stopping", "promise", "solve_stopping", "weighted"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_EXACT_STATES = 1_200
_LAST_RESORT = 5_000
# What a choice must gain to be taken, relative: the second is tried where the first left a gap.
_COARSE = 1e-9
_FINE = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Vectors around the solution (certified), a policy, and the solution if it was asked for."""

    lower: FloatArray
    upper: FloatArray
    policy: IntArray
    exact: list[Fraction] | None


def solve_stopping(
    problem: Stopping, weights: Mapping[int, Fraction], precision: Fraction, exact: bool
) -> Bounds:
    """Maximise. The bounds are narrowed to the relative ``precision`` at the weighted states where
    floating point allows it, and by exact arithmetic where it does not and the problem is small.
    Raises SpecError E702 where no bounds were found and the problem is large.
    """
    rows = problem.rows()
    # Without loops at one state, long waits in it cost neither time nor digits.
    single = merge(rows, np.arange(rows.state_count))
    origin = np.arange(len(rows.reward)) if single is None else single.origin
    plain = rows if single is None else single.rows
    if exact:
        policy, _ = optimise(plain, _FINE)
        return _exactly(problem, origin[policy])
    found = _in_floats(plain, weights, precision)
    finite = bool(np.isfinite(found.lower).all() and np.isfinite(found.upper).all())
    small = rows.state_count <= (_EXACT_STATES if finite else _LAST_RESORT)
    if small and not _narrow(found.lower, found.upper, weights, precision):
        return _exactly(problem, origin[found.policy])
    if finite:
        return Bounds(found.lower, found.upper, origin[found.policy], None)
    raise SpecError.of(
        "E702",
        f"no certified bounds were found in floating point on {rows.state_count:,} "
        f"states: runs can go on for very long before they stop",
        help="ask for exact arithmetic, or make very small probabilities larger",
    )


def weighted(values: FloatArray, weights: Mapping[int, Fraction]) -> Fraction:
    """The sum of the values (finite) at the weighted states, exact."""
    return sum((p * Fraction(float(values[s])) for s, p in weights.items()), Fraction(0))


def promise(lower: Fraction, upper: Fraction, precision: Fraction, values: FloatArray) -> str:
    """What bounds that are not exact promise, in words; ``values`` give the scale."""
    if _close(lower, upper, precision, values):
        return "certified interval"
    return "certified interval, wider than asked"


def _exactly(problem: Stopping, policy: IntArray) -> Bounds:
    policy, solution = improve_exactly(problem, policy)
    near = np.array([float(v) for v in solution])
    return Bounds(np.nextafter(near, -np.inf), np.nextafter(near, np.inf), policy, solution)


def _in_floats(rows: Rows, weights: Mapping[int, Fraction], precision: Fraction) -> Bounds:
    n = rows.state_count
    lower, upper = np.full(n, -np.inf), np.full(n, rows.ceiling)
    values: FloatArray | None = None
    policy: IntArray | None = None
    for threshold in (max(_FINE, min(_COARSE, float(precision) * 1e-3)), _FINE):
        policy, values = optimise(rows, threshold, values, policy)
        lower = np.maximum(lower, lower_bound(rows, policy, values))

        def enough(above: FloatArray, below: FloatArray = lower) -> bool:
            return _narrow(below, above, weights, precision)

        upper = np.minimum(upper, upper_bound(rows, policy, values, threshold, enough))
        if enough(upper):
            break
    assert policy is not None
    return Bounds(lower, upper, policy, None)


def _narrow(
    lower: FloatArray, upper: FloatArray, weights: Mapping[int, Fraction], precision: Fraction
) -> bool:
    """Whether the bounds are as narrow as asked, relative to the value; or to the far greater
    values elsewhere, of which a value near zero may be the difference."""
    if not (np.isfinite(lower).all() and np.isfinite(upper).all()):
        return False
    return _close(weighted(lower, weights), weighted(upper, weights), precision, upper)


def _close(lower: Fraction, upper: Fraction, precision: Fraction, values: FloatArray) -> bool:
    largest = Fraction(float(np.abs(values).max(initial=0.0)))
    return upper - lower <= precision * max(abs(lower), largest * precision**2)
