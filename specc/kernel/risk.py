"""Numbers of a lottery: finitely many (mass, value), the masses sum to 1."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cmp_to_key

from .arithmetic import minus
from .germ import Number, sign
from .logs import Value, plus, times, value_sign

__all__ = ["cvar", "mean", "quantile", "variance"]

Outcomes = Iterable[tuple[Number, Value]]


def mean(outcomes: Outcomes) -> Value:
    """E[x]."""
    total: Value = Fraction(0)
    for mass, value in outcomes:
        total = plus(total, times(mass, value))
    return total


def variance(outcomes: Outcomes) -> Value:
    """E[x^2] - E[x]^2."""
    kept = list(outcomes)
    centre = mean(kept)
    return minus(mean((mass, times(x, x)) for mass, x in kept), times(centre, centre))


def quantile(level: Fraction, outcomes: Outcomes) -> Value:
    """The least x with P(value <= x) >= level."""
    return _lowest(level, outcomes)[-1][1]


def cvar(level: Fraction, outcomes: Outcomes) -> Value:
    """The mean over the lowest outcomes of this mass: max over c of c - E[(c - x)+] / level."""
    return times(1 / level, mean(_lowest(level, outcomes)))


def _lowest(level: Fraction, outcomes: Outcomes) -> list[tuple[Number, Value]]:
    """The lowest outcomes of this mass in all, the last one perhaps in part."""

    def order(left: tuple[Number, Value], right: tuple[Number, Value]) -> int:
        return value_sign(minus(left[1], right[1]))

    found: list[tuple[Number, Value]] = []
    missing: Number = level
    for mass, value in sorted(outcomes, key=cmp_to_key(order)):
        if missing == 0:
            break
        part = mass if sign(missing - mass) >= 0 else missing
        found.append((part, value))
        missing = missing - part
    return found
