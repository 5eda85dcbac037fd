"""The greatest value of a function of one number on an interval, certified.

Branch and bound: where the function is certified monotone a part is settled by its ends, so that
only the surroundings of critical points are halved again and again.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from fractions import Fraction

from specc.deadline import poll
from specc.evaluate.value import Value, exact, hull

__all__ = ["greatest"]

_MOST_PARTS = 4000


def greatest(
    function: Callable[[Value], Value],
    falls_or_rises: Callable[[Fraction, Fraction], bool],
    low: Fraction,
    high: Fraction,
    precision: Fraction,
) -> tuple[Fraction, Fraction] | None:
    """Bounds on max of ``function`` over [low, high], at most ``precision`` apart where the
    search ends in time; None where the function has no bounded value somewhere.

    ``falls_or_rises(left, right)`` says whether the function is certified monotone on a part.
    """
    best: Fraction | None = None
    # Unbounded parts first, then those with the greatest upper bounds.
    parts: list[tuple[bool, Fraction, int, Fraction, Fraction]] = []

    def add(left: Fraction, right: Fraction) -> bool:
        nonlocal best
        if falls_or_rises(left, right):
            ends = [function(exact(end)).bounds() for end in (left, right)]
            lows = [low for low, _ in ends if low is not None]
            highs = [high for _, high in ends if high is not None]
            if len(lows) + len(highs) < 4:
                return False
            best = max(lows) if best is None else max(best, *lows)
            heapq.heappush(parts, (True, -max(highs), len(parts), left, left))
            return True
        _, upper = function(hull(left, right)).bounds()
        point, _ = function(exact(_simple_middle(left, right))).bounds()
        if point is None:
            return False
        best = point if best is None else max(best, point)
        bound = Fraction(0) if upper is None else -upper
        heapq.heappush(parts, (upper is not None, bound, len(parts), left, right))
        return True

    for end in (low, high):
        value, _ = function(exact(end)).bounds()
        if value is None:
            return None
        best = value if best is None else max(best, value)
    if not add(low, high) or best is None:
        return None
    for _ in range(_MOST_PARTS):
        poll()
        bounded, upper, _, left, right = parts[0]
        if (bounded and -upper - best <= precision) or left == right:
            break
        heapq.heappop(parts)
        middle = _simple_middle(left, right)
        if not add(left, middle) or not add(middle, right):
            return None
    bounded, upper, *_ = parts[0]
    return (best, max(best, -upper)) if bounded else None


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
