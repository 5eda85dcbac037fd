"""Floats become rationals: the simplest ones nearby, so that every row sums to one."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

__all__ = ["TOLERANCE", "nearby", "rational_row", "simplest_between"]

TOLERANCE = Fraction(1, 10**9)
"""How far a rational may lie from the probability that it stands for."""

_TINY = Fraction(1, 10**6)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator in ``[low, high]``, ``0 <= low <= high``.

    It is read off the continued fractions of the two ends (the Stern-Brocot tree).

    >>> simplest_between(Fraction(333, 1000), Fraction(334, 1000))
    Fraction(1, 3)
    """
    if low > high or low < 0:
        raise ValueError("the interval is empty or negative")
    before, last = (0, 1), (1, 0)
    while True:
        whole = -(-low.numerator // low.denominator)
        if whole <= high:
            return Fraction(whole * last[0] + before[0], whole * last[1] + before[1])
        whole -= 1
        before, last = last, (whole * last[0] + before[0], whole * last[1] + before[1])
        low, high = 1 / (high - whole), 1 / (low - whole)


@lru_cache(maxsize=65_536)
def nearby(value: Fraction) -> Fraction:
    """The simplest rational within 1e-9 of a value (within 1e-9 of its size below 1e-6).

    >>> nearby(Fraction(0.1))
    Fraction(1, 10)
    """
    size = abs(value)
    if not size:
        return value
    slack = TOLERANCE if size >= _TINY else TOLERANCE * size
    found = simplest_between(size - slack, size + slack)
    return found if value > 0 else -found


def rational_row(row: Sequence[Fraction]) -> list[Fraction] | None:
    """Rationals within 1e-9 of the given positive ones that sum to one, or None.

    Each is the simplest nearby where these sum to one; else the largest takes up the difference.

    >>> rational_row([Fraction(0.1), Fraction(0.9)])
    [Fraction(1, 10), Fraction(9, 10)]
    """
    found = [nearby(p) for p in row]
    missing = 1 - sum(found)
    if missing:
        largest = max(range(len(row)), key=row.__getitem__)
        found[largest] += missing
        if abs(found[largest] - row[largest]) > TOLERANCE or found[largest] <= 0:
            return None
    return found
