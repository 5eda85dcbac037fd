"""Rigorous real numbers: enclosures of irrational values, and their rational bounds.

A FLINT ``arb`` is a ball that surely holds the true number. Nothing here rounds it inwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import isqrt

from flint import arb, ctx

from specc.chain.rational import to_flint

__all__ = [
    "PrecisionExhausted",
    "arb_of",
    "bounds",
    "dot",
    "entropy",
    "exact_root",
    "exponential",
    "kullback_leibler",
    "logarithm",
    "refine",
    "square_root",
    "tsallis",
]


class PrecisionExhausted(ArithmeticError):
    """No enclosure narrow enough was found below the limit of precision."""


def arb_of(value: Fraction) -> arb:
    """A ball around a rational, at the present working precision; exact where it can be."""
    return arb(to_flint(value))


def bounds(value: arb) -> tuple[Fraction, Fraction]:
    """Rationals below and above every number of the ball: exactly its two ends.

    Raises ValueError for a ball that is not finite.

    >>> low, high = bounds(arb(2).sqrt())
    >>> low * low < 2 < high * high
    True
    """
    if not value.is_finite():
        raise ValueError("only a finite ball has rational bounds")
    middle, radius = _dyadic(value.mid()), _dyadic(value.rad())
    return middle - radius, middle + radius


def refine(
    compute: Callable[[], arb], width: Fraction, *, start: int = 64, limit: int = 1 << 16
) -> tuple[Fraction, Fraction]:
    """Bounds at most ``width`` apart, by computing again with twice the bits until they are.

    ``compute`` must build all its balls anew in each call. Raises
    :class:`PrecisionExhausted` beyond ``limit`` bits (a ball that stays infinite, too).

    >>> low, high = refine(lambda: arb(2).log(), Fraction(1, 10**30))
    >>> high - low <= Fraction(1, 10**30)
    True
    """
    precision = start
    while precision <= limit:
        with ctx.workprec(precision):
            value = compute()
        if value.is_finite():
            low, high = bounds(value)
            if high - low <= width:
                return low, high
        precision *= 2
    raise PrecisionExhausted(f"no enclosure of width {float(width):.3g} within {limit} bits")


def dot(weights: Sequence[Fraction], values: Sequence[arb | Fraction]) -> arb:
    """A ball around the sum of ``weights[i] * values[i]``; terms of weight zero do not count,
    whatever their value (a reward of minus infinity on a transition never taken)."""
    total = arb(0)
    for weight, value in zip(weights, values, strict=True):
        if weight:
            total += arb_of(weight) * (arb_of(value) if isinstance(value, Fraction) else value)
    return total


def exponential(value: Fraction) -> arb:
    """A ball around e to the power of ``value``."""
    return arb_of(value).exp()


def logarithm(value: Fraction) -> arb:
    """A ball around the natural logarithm; minus infinity at 0, ValueError below."""
    if value < 0:
        raise ValueError("the logarithm of a negative number")
    return arb_of(value).log() if value else arb.neg_inf()


def square_root(value: Fraction) -> arb:
    """A ball around the square root, exact where that is dyadic; ValueError below 0."""
    root = exact_root(value)
    return arb_of(value).sqrt() if root is None else arb_of(root)


def exact_root(value: Fraction) -> Fraction | None:
    """The square root where it is rational, else None; ValueError below 0.

    >>> exact_root(Fraction(9, 4)), exact_root(Fraction(2))
    (Fraction(3, 2), None)
    """
    if value < 0:
        raise ValueError("the square root of a negative number")
    root = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return root if root * root == value else None


def entropy(chances: Sequence[Fraction]) -> arb:
    """A ball around ``-sum p ln p`` in nats, with ``0 ln 0 = 0``; exactly 0 for one sure choice."""
    return sum((-arb_of(p) * logarithm(p) for p in chances if 0 < p != 1), arb(0))


def kullback_leibler(chances: Sequence[Fraction], reference: Sequence[Fraction]) -> arb:
    """A ball around ``sum p ln(p / q)``; plus infinity where q is 0 and p is not."""
    divergence = arb(0)
    for p, q in zip(chances, reference, strict=True):
        if p and not q:
            return arb.pos_inf()
        if p != q and p:
            divergence += arb_of(p) * logarithm(p / q)
    return divergence


def tsallis(chances: Sequence[Fraction], index: Fraction) -> arb:
    """A ball around ``(1 - sum p**q) / (q - 1)`` for q above 0; the entropy at ``q == 1``."""
    if index <= 0:
        raise ValueError("a Tsallis index is above 0")
    if index == 1:
        return entropy(chances)
    if index.denominator == 1:
        powers = sum((p**index.numerator for p in chances), Fraction(0))
        return arb_of((1 - powers) / (index - 1))
    mass = sum(((arb_of(index) * logarithm(p)).exp() for p in chances if p), arb(0))
    return (1 - mass) / arb_of(index - 1)


def _dyadic(value: arb) -> Fraction:
    mantissa, exponent = value.man_exp()
    scale = Fraction(2) ** int(exponent)
    return int(mantissa) * scale
