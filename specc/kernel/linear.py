"""The one linear solver: x = b + M x by exact sparse elimination, over Q or Q(e)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .errors import Rejected
from .germ import Number
from .limits import at_most

__all__ = ["solve"]


def solve(matrix: Sequence[dict[int, Number]], side: Sequence[Number]) -> list[Number]:
    """The one x with x[i] = side[i] + sum_j matrix[i][j] x[j]; Rejected if there is not just one.

    Callers pass matrices whose powers go to 0 (what leaves a finite chain for sure, or is
    discounted), so that 1 - M is an M-matrix and no pivot on its diagonal vanishes.
    """
    rows = [dict(row) for row in matrix]
    known = list(side)
    users: list[set[int]] = [set() for _ in rows]
    for i, row in enumerate(rows):
        for j in row:
            users[j].add(i)
    left, order = set(range(len(rows))), []
    while left:
        v = min(left, key=lambda i: (len(rows[i]) * len(users[i]), i))
        left.remove(v)
        order.append(v)
        pivot = Fraction(1) - rows[v].pop(v, Fraction(0))
        if pivot == 0:
            raise Rejected("singular", "a linear system has not exactly one solution")
        if isinstance(pivot, Fraction):
            at_most("bits of a rational", pivot.denominator.bit_length())
        rows[v] = {j: weight / pivot for j, weight in rows[v].items()}
        known[v] = known[v] / pivot
        for i in users[v] & left:
            factor = rows[i].pop(v)
            known[i] = known[i] + factor * known[v]
            for j, weight in rows[v].items():
                rows[i][j] = rows[i].get(j, Fraction(0)) + factor * weight
                users[j].add(i)
    for v in reversed(order):
        for j, weight in rows[v].items():
            known[v] = known[v] + weight * known[j]
    return known
