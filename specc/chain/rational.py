"""Between Python's fractions and FLINT's, and sums of products."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Rational
from typing import cast

from flint import fmpq

__all__ = ["dot", "from_flint", "to_flint", "total_of"]


def to_flint(value: Fraction | int) -> fmpq:
    """The same number as FLINT's rational."""
    return fmpq(value.numerator, value.denominator)


def from_flint(value: fmpq) -> Fraction:
    """The same number as Python's rational."""
    return Fraction(cast(Rational, _Coprime(int(value.p), int(value.q))))


def total_of(values: Iterable[Fraction]) -> Fraction:
    """The sum. FLINT's gcd makes long sums of long fractions many times faster than Python's."""
    total = fmpq(0)
    for value in values:
        if value:
            total += to_flint(value)
    return from_flint(total)


def dot(weights: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
    """The sum of ``weights[i] * values[i]``; ValueError when the lengths differ.

    >>> dot([Fraction(1, 2), Fraction(1, 3)], [Fraction(4), Fraction(3)])
    Fraction(3, 1)
    """
    total = fmpq(0)
    for weight, value in zip(weights, values, strict=True):
        if weight and value:
            total += to_flint(weight) * to_flint(value)
    return from_flint(total)


class _Coprime:
    """A rational in lowest terms. Fraction copies the terms of another Rational, but would take
    the gcd of two integers, which costs more than the solving where they are thousands of bits."""

    __slots__ = ("denominator", "numerator")

    def __init__(self, numerator: int, denominator: int) -> None:
        self.numerator = numerator
        self.denominator = denominator


Rational.register(_Coprime)
