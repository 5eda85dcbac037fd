"""The ordered field Q(e): rational functions of a positive infinitesimal e.

f is positive iff f(e) > 0 for all small enough e > 0, so a comparison over Q(e) holds for all
small e. A constant function is always a plain ``Fraction``, so equality is structural.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import zip_longest

from .errors import Rejected
from .limits import at_most

__all__ = ["Germ", "Number", "at_zero", "derivative", "polynomial", "sign"]

Poly = tuple[Fraction, ...]  # coefficients from the constant one upwards, the last not zero

_ZERO = Fraction(0)
_ONE: Poly = (Fraction(1),)


@dataclass(frozen=True, slots=True)
class Germ:
    """above(e) / below(e): coprime, not constant, the lowest coefficient of ``below`` is 1."""

    above: Poly
    below: Poly

    def __add__(self, other: Number) -> Number:
        above, below = _parts(other)
        return _reduced(
            _sum(_product(self.above, below), _product(above, self.below)),
            _product(self.below, below),
        )

    def __mul__(self, other: Number) -> Number:
        above, below = _parts(other)
        return _reduced(_product(self.above, above), _product(self.below, below))

    def __sub__(self, other: Number) -> Number:
        return self + other * Fraction(-1)

    def __rsub__(self, other: Number) -> Number:
        return self * Fraction(-1) + other

    def __truediv__(self, other: Number) -> Number:
        return self * _inverse(other)

    def __rtruediv__(self, other: Number) -> Number:
        return _inverse(self) * other

    __radd__ = __add__
    __rmul__ = __mul__


Number = Fraction | Germ


def polynomial(coefficients: Sequence[Fraction]) -> Number:
    """The polynomial in e with these coefficients, the constant one first."""
    return _reduced(_trimmed(coefficients), _ONE)


def sign(number: Number) -> int:
    """-1, 0 or 1: the sign for all small e > 0."""
    if isinstance(number, Germ):
        # The lowest coefficient decides, and that of `below` is 1.
        number = next(c for c in number.above if c)
    return (number > 0) - (number < 0)


def at_zero(number: Number) -> Fraction:
    """The value at e = 0; Rejected at a pole."""
    if isinstance(number, Fraction):
        return number
    if not number.below[0]:
        raise Rejected("pole", "a value has no limit as e goes to 0")
    return number.above[0]  # number.below[0] is 1


def derivative(number: Number) -> Number:
    """d/de."""
    if isinstance(number, Fraction):
        return _ZERO
    above, below = number.above, number.below
    slope = _sum(_product(_slope(above), below), _product(_negative(above), _slope(below)))
    return _reduced(slope, _product(below, below))


def _parts(number: Number) -> tuple[Poly, Poly]:
    if isinstance(number, Germ):
        return number.above, number.below
    return _trimmed((number,)), _ONE


def _inverse(number: Number) -> Number:
    if isinstance(number, Germ):
        return _reduced(number.below, number.above)
    return 1 / number


def _reduced(above: Poly, below: Poly) -> Number:
    if not above:
        return _ZERO
    common, rest = above, below
    while rest:
        common, rest = rest, _divided(common, rest)[1]
    above, below = _divided(above, common)[0], _divided(below, common)[0]
    at_most("degree in the infinitesimal", max(len(above), len(below)))
    scale = next(c for c in below if c)
    above, below = tuple(c / scale for c in above), tuple(c / scale for c in below)
    return above[0] if len(above) == len(below) == 1 else Germ(above, below)


def _trimmed(coefficients: Sequence[Fraction]) -> Poly:
    size = len(coefficients)
    while size and not coefficients[size - 1]:
        size -= 1
    return tuple(coefficients[:size])


def _sum(left: Poly, right: Poly) -> Poly:
    return _trimmed([a + b for a, b in zip_longest(left, right, fillvalue=_ZERO)])


def _negative(poly: Poly) -> Poly:
    return tuple(-c for c in poly)


def _product(left: Poly, right: Poly) -> Poly:
    found = [_ZERO] * (len(left) + len(right))
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            found[i + j] += a * b
    return _trimmed(found)


def _slope(poly: Poly) -> Poly:
    return _trimmed([k * c for k, c in enumerate(poly)][1:])


def _divided(above: Poly, below: Poly) -> tuple[Poly, Poly]:
    """Quotient and remainder; the remainder made monic, which keeps coefficients small."""
    rest, quotient = list(above), [_ZERO] * len(above)
    for shift in range(len(above) - len(below), -1, -1):
        factor = rest[shift + len(below) - 1] / below[-1]
        quotient[shift] = factor
        for k, c in enumerate(below):
            rest[shift + k] -= factor * c
    remainder = _trimmed(rest)
    return _trimmed(quotient), tuple(c / remainder[-1] for c in remainder)
