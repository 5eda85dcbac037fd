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
    A batch of n episodes that are all alike shows no spread; others may have a chance up to
    ln(2 / (1 - confidence)) / n, and are taken to lie within the range of both batches. Where that
    is one point, nothing is left to chance.
    """
    from scipy.stats import t

    one_, other_ = (_standing(number, parts, batch) for batch in (one, other))
    estimate = one_.value - other_.value
    if min(one_.count, other_.count) < 2:
        return Interval(estimate, -np.inf, np.inf)
    errors = one_.variance / one_.count, other_.variance / other_.count
    width, total = 0.0, sum(errors)
    if total:
        freedom = total**2 / (
            errors[0] ** 2 / (one_.count - 1) + errors[1] ** 2 / (other_.count - 1)
        )
        width = float(t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(total))
    reach = max(one_.most, other_.most) - min(one_.least, other_.least)
    for standing in (one_, other_):
        if not standing.variance:
            width += reach * min(float(np.log(2 / (1 - confidence))) / standing.count, 1.0)
    return Interval(estimate, estimate - width, estimate + width)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A batch's number, and of its episodes' influences on it the variance, the ends of their range
    (around the number), and how many there are."""

    value: float
    variance: float
    least: float
    most: float
    count: int


def _standing(number: Number, parts: tuple[FunctionalPart, ...], batch: Returns) -> _Standing:
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
    if not np.ptp(influence):
        return _Standing(found.value, 0.0, found.value, found.value, count)
    around = influence - influence.mean() + found.value
    variance = float(influence.var(ddof=1))
    return _Standing(found.value, variance, float(around.min()), float(around.max()), count)
