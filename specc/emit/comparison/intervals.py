"""Confidence intervals of differences between functions of two policies' numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specc.emit.functional.estimates import Returns, averages, measured
from specc.emit.functional.outer import slope
from specc.emit.functional.pseudo import worth
from specc.emit.schemes.kinds import FunctionalPart
from specc.objective.stack import Number

__all__ = ["Interval", "difference"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and its confidence interval."""

    estimate: float
    lower: float
    upper: float


def difference(
    number: Number,
    parts: tuple[FunctionalPart, ...],
    one: Returns,
    other: Returns,
    confidence: float,
) -> Interval:
    """The first batch's number less the second's, with Welch's interval.

    A batch's error is that of the mean of its episodes' influences, which are their pseudo-rewards:
    the delta method. One episode has no error that could be estimated: its interval is infinite.
    """
    from scipy.stats import t

    (value, spread, count), (value_too, spread_too, count_too) = (
        _standing(number, parts, batch) for batch in (one, other)
    )
    estimate = value - value_too
    if min(count, count_too) < 2:
        return Interval(estimate, -np.inf, np.inf)
    errors = spread / count, spread_too / count_too
    total = sum(errors)
    if not total:
        return Interval(estimate, estimate, estimate)
    freedom = total**2 / (errors[0] ** 2 / (count - 1) + errors[1] ** 2 / (count_too - 1))
    width = float(t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(total))
    return Interval(estimate, estimate - width, estimate + width)


def _standing(
    number: Number, parts: tuple[FunctionalPart, ...], batch: Returns
) -> tuple[float, float, int]:
    """The number's estimate, the variance of its episodes' influences, and how many there are."""
    places: dict[Number, int] = {part.number: i for i, part in enumerate(parts)}
    columns = batch.numbers.T
    estimates = [
        measured(part, column, batch.lengths) for part, column in zip(parts, columns, strict=True)
    ]
    found = slope(number, places, np.array([e.value for e in estimates]))
    influence = np.zeros(len(batch.numbers))
    for part, column, estimate, weight in zip(
        parts, columns, estimates, found.gradient.tolist(), strict=True
    ):
        if not weight:
            continue
        if averages(part):
            assert batch.lengths is not None
            moved = (column - estimate.mean * batch.lengths) / batch.lengths.mean()
        else:
            moved = worth(part, estimate).many(column)
        influence += weight * moved
    count = len(influence)
    return found.value, float(influence.var(ddof=1)) if count > 1 else 0.0, count
