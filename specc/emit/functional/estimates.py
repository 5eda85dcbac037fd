"""What is known of the numbers of a policy from episodes: samples, and estimates that move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from specc.emit.batches import refuse_array
from specc.emit.schemes.kinds import FunctionalPart, SignalScheme
from specc.objective import stack

__all__ = ["Estimate", "Returns", "averages", "measured", "mixed"]

FloatArray = NDArray[np.float64]

_FAINT = 1e-9
"""Outcomes of less weight than this are forgotten."""


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """Whole episodes: ``numbers`` (n, parts) has the trajectory number of every part, ``lengths``
    (n,) the steps taken, needed for limit averages, whose numbers are sums of rewards."""

    numbers: FloatArray
    lengths: FloatArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Of one part: its ``value``, the ``mean`` of its trajectory number, and for a tail the
    ``threshold`` (the quantile below which it lies) and the weighted ``outcomes`` (2, n)."""

    value: float
    mean: float
    square: float = 0.0
    threshold: float = 0.0
    outcomes: FloatArray | None = None


def averages(part: FunctionalPart) -> bool:
    """Whether the part is a limit average."""
    return isinstance(part.scheme, SignalScheme) and part.scheme.criterion == "average"


def checked(returns: Returns | FloatArray, parts: tuple[FunctionalPart, ...]) -> Returns:
    """The episodes as floats.

    :raises SpecError: E814 no episodes, another shape, NaN or infinite numbers, lengths missing.
    """
    given = returns if isinstance(returns, Returns) else Returns(returns)
    numbers = np.asarray(given.numbers, dtype=np.float64)
    if numbers.ndim != 2 or numbers.shape[1] != len(parts) or not len(numbers):
        refuse_array(f"returns of the shape {numbers.shape}", f"(episodes, {len(parts)}), not none")
    if not np.isfinite(numbers).all():
        refuse_array("a return that is NaN or infinite", "finite numbers")
    lengths = None
    if given.lengths is not None:
        lengths = np.asarray(given.lengths, dtype=np.float64)
        if lengths.shape != (len(numbers),) or not (lengths > 0).all():
            refuse_array(
                f"lengths of the shape {lengths.shape}", f"steps per episode, ({len(numbers)},)"
            )
    elif any(averages(part) for part in parts):
        refuse_array("no `lengths`", "steps per episode: an average is a sum over them")
    return Returns(numbers, lengths)


def measured(part: FunctionalPart, numbers: FloatArray, lengths: FloatArray | None) -> Estimate:
    """The estimate from episodes of one policy; ``numbers`` and ``lengths`` (n,)."""
    if averages(part):
        assert lengths is not None
        mean = float(numbers.sum() / lengths.sum())
        return Estimate(mean, mean)
    weights = np.full(len(numbers), 1.0 / len(numbers))
    return _of_outcomes(part, np.array([numbers, weights]))


def mixed(part: FunctionalPart, old: Estimate, new: Estimate, share: float) -> Estimate:
    """The estimate of the policy that plays ``new``'s with chance ``share``, else ``old``'s, for a
    whole episode."""
    mean = (1 - share) * old.mean + share * new.mean
    match part.number:
        case stack.Expectation():
            return Estimate(mean, mean)
        case stack.Variance():
            square = (1 - share) * old.square + share * new.square
            return Estimate(max(square - mean**2, 0.0), mean, square)
        case stack.ConditionalValueAtRisk():
            assert old.outcomes is not None and new.outcomes is not None
            both = np.hstack([old.outcomes, new.outcomes])
            both[1, : old.outcomes.shape[1]] *= 1 - share
            both[1, old.outcomes.shape[1] :] *= share
            return _of_outcomes(part, both)
        case _:
            assert_never(part.number)


def _of_outcomes(part: FunctionalPart, outcomes: FloatArray) -> Estimate:
    numbers, weights = outcomes
    mean = float(weights @ numbers)
    match part.number:
        case stack.Expectation():
            return Estimate(mean, mean)
        case stack.Variance():
            square = float(weights @ numbers**2)
            return Estimate(float(weights @ (numbers - mean) ** 2), mean, square)
        case stack.ConditionalValueAtRisk(level):
            threshold, value, kept = _tail(outcomes, float(level))
            return Estimate(value, mean, threshold=threshold, outcomes=kept)
        case _:
            assert_never(part.number)


def _tail(outcomes: FloatArray, level: float) -> tuple[float, float, FloatArray]:
    """The quantile c at the level, c - E[(c - X)+] / level, and the outcomes that still count."""
    values, where = np.unique(outcomes[0], return_inverse=True)
    weights = np.bincount(where, weights=outcomes[1])
    kept = weights > _FAINT
    values, weights = values[kept], weights[kept] / weights[kept].sum()
    reached = int(np.searchsorted(np.cumsum(weights), level * (1 - 1e-12)))
    threshold = float(values[min(reached, len(values) - 1)])
    shortfall = float(weights @ np.maximum(threshold - values, 0.0))
    return threshold, threshold - shortfall / level, np.array([values, weights])
