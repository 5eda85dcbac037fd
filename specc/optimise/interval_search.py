"""The greatest value of a function of one number on an interval, certified."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction

from specc.evaluate.value import Value, exact, hull

__all__ = ["greatest"]

_MOST_PARTS = 4000


def greatest(
    function: Callable[[Value], Value], low: Fraction, high: Fraction, precision: Fraction
) -> tuple[Fraction, Fraction] | None:
    """Bounds on max of ``function`` over [low, high], at most ``precision`` apart where the
    search ends in time; None where the function has no bounded value somewhere.

    Branch and bound: the part with the greatest upper bound is halved next.
    """
    best: Fraction | None = None
    parts: list[tuple[Fraction, int, Fraction, Fraction]] = []
    made = 0

    def add(left: Fraction, right: Fraction) -> bool:
        nonlocal best, made
        _, upper = function(hull(left, right)).bounds()
        point, _ = function(exact(_simple_middle(left, right))).bounds()
        if upper is None or point is None:
            return False
        best = point if best is None else max(best, point)
        made += 1
        heapq.heappush(parts, (-upper, made, left, right))
        return True

    for end in (low, high):
        value, _ = function(exact(end)).bounds()
        if value is None:
            return None
        best = value if best is None else max(best, value)
    if not add(low, high) or best is None:
        return None
    while made < _MOST_PARTS:
        upper, _, left, right = parts[0]
        if -upper - best <= precision or left == right:
            break
        heapq.heappop(parts)
        middle = _simple_middle(left, right)
        if not add(left, middle) or not add(middle, right):
            return None
    return best, max(best, -parts[0][0])


def _simple_middle(left: Fraction, right: Fraction) -> Fraction:
    """A rational near the middle with a small denominator, so that optima such as 1/2 are hit."""
    if left == right:
        return left
    middle, width = (left + right) / 2, right - left
    for bits in range(1, 12):
        near = middle.limit_denominator(1 << bits)
        if abs(near - middle) <= width / 4:
            return near
    return middle
