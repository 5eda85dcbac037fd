"""The language's functions on exact numbers, and on arrays of doubles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isqrt

import numpy as np
from numpy.typing import NDArray

__all__ = ["exact_function", "float_function"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# Powers with more binary digits than this are left to floating point.
_MAXIMUM_BITS = 100_000


def exact_function(name: str) -> Callable[..., Fraction | None]:
    """The function on rationals (two operands at a time for ``+ * min max``).

    It returns None where the value is irrational, infinite or too long to write, and raises
    ArithmeticError outside its domain.

    >>> exact_function("sqrt")(Fraction(4, 9)), exact_function("exp")(Fraction(1))
    (Fraction(2, 3), None)
    """
    return _EXACT[name]


def float_function(name: str, parts: Sequence[FloatArray]) -> tuple[FloatArray, BoolArray]:
    """The function on arrays, and where its arguments are outside its domain."""
    one = parts[0]
    nowhere = np.zeros(one.shape, dtype=np.bool_)
    with np.errstate(all="ignore"):
        match name:
            case "+":
                return np.sum(parts, axis=0), nowhere
            case "*":
                return np.prod(parts, axis=0), nowhere
            case "min":
                return np.min(parts, axis=0), nowhere
            case "max":
                return np.max(parts, axis=0), nowhere
            case "/":
                return one / parts[1], parts[1] == 0
            case "**":
                value = np.power(one, parts[1])
                return value, np.isnan(value) | ((one == 0) & (parts[1] < 0))
            case "abs":
                return np.abs(one), nowhere
            case "exp":
                return np.exp(one), nowhere
            case "log":
                return np.log(one), one < 0
            case "sqrt":
                return np.sqrt(one), one < 0
            case _:
                raise ValueError(f"unknown function {name}")


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if base == 0 and exponent < 0:
        raise ZeroDivisionError
    if exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base not in (0, 1, -1) and size * abs(exponent.numerator) > _MAXIMUM_BITS:
            return None
        return Fraction(base**exponent.numerator)
    if base < 0:
        raise ArithmeticError("a root of a negative number")
    if base in (0, 1):
        return base
    if exponent.denominator == 2 and (root := _square_root(base)) is not None:
        return _power(root, Fraction(exponent.numerator))
    return None


def _square_root(value: Fraction) -> Fraction | None:
    if value < 0:
        raise ArithmeticError("a root of a negative number")
    above, below = isqrt(value.numerator), isqrt(value.denominator)
    exact = above * above == value.numerator and below * below == value.denominator
    return Fraction(above, below) if exact else None


def _logarithm(value: Fraction) -> Fraction | None:
    if value < 0:
        raise ArithmeticError("a logarithm of a negative number")
    return Fraction(0) if value == 1 else None


_EXACT: dict[str, Callable[..., Fraction | None]] = {
    "+": lambda x, y: x + y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "**": _power,
    "min": min,
    "max": max,
    "abs": abs,
    "exp": lambda x: Fraction(1) if x == 0 else None,
    "log": _logarithm,
    "sqrt": _square_root,
}
