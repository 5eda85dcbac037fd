"""Polynomials of the discount: common denominators, and forms that are visibly not negative."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb
from typing import Any

from specc.kernel.germ import Germ, Number, polynomial

__all__ = ["Poly", "at", "coprime", "nonnegative_form", "value"]

Poly = tuple[Fraction, ...]
"""Coefficients, the constant one first."""


def at(number: Number, point: Fraction) -> Fraction:
    """A rational function at a point that is no pole."""
    if isinstance(number, Fraction):
        return number
    return value(number.above, point) / value(number.below, point)


def value(poly: Poly, point: Fraction) -> Fraction:
    """A polynomial at a point."""
    total = Fraction(0)
    for c in reversed(poly):
        total = total * point + c
    return total


def coprime(vector: Sequence[Number]) -> list[Poly]:
    """The vector times a rational function: polynomials without a common factor, so without a
    common zero."""
    scaled: list[Number] = list(vector)
    for k in range(len(scaled)):  # clears one denominator after another
        entry = scaled[k]
        if isinstance(entry, Germ):
            below = polynomial(entry.below)
            scaled = [x * below for x in scaled]
    pole: Number = Fraction(0)
    for entry in scaled:
        pole = _common(pole, entry)
    return [_poly(x / pole) for x in scaled]


def _poly(number: Number) -> Poly:
    if isinstance(number, Germ):
        scale = number.below[0]
        return tuple(c / scale for c in number.above)
    return (number,) if number else ()


def _common(left: Number, right: Number) -> Number:
    """A greatest common divisor of two polynomials."""
    if left == 0 or right == 0:
        return right if left == 0 else left
    ratio = left / right  # reduced, so its numerator is left / gcd up to a constant
    above = polynomial(ratio.above) if isinstance(ratio, Germ) else Fraction(1)
    return left / above


def nonnegative_form(poly: Poly, low: Fraction, high: Fraction) -> list[list[Any]] | None:
    """Terms [c, i, j], c > 0, for c (x - low)^i (high - x)^j that sum to the polynomial: its
    Bernstein form on [low, high], of its own degree or a few more; None where one is negative."""
    for more in (0, 2, 6, 14):
        terms = _bernstein(poly, low, high, max(len(poly) - 1, 0) + more)
        if all(c >= 0 for c, _, _ in terms):
            return [[str(c), i, j] for c, i, j in terms if c]
    return None


def _bernstein(
    poly: Poly, low: Fraction, high: Fraction, degree: int
) -> list[tuple[Fraction, int, int]]:
    width = high - low
    # x = low + width t, then c_k t^k = sum_i c_k C(i, k) / C(n, k) * C(n, i) t^i (1 - t)^(n - i).
    shifted = [
        sum((c * comb(m, k) * low ** (m - k) for m, c in enumerate(poly) if m >= k), Fraction(0))
        * width**k
        for k in range(len(poly))
    ]
    found = []
    for i in range(degree + 1):
        value = sum(
            (c * Fraction(comb(i, k), comb(degree, k)) for k, c in enumerate(shifted) if k <= i),
            Fraction(0),
        )
        found.append((value * comb(degree, i) / width**degree, i, degree - i))
    return found
