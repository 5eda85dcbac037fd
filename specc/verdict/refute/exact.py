"""Exact linear algebra for searches: row reduction over a field, and a small simplex method."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from specc.deadline import poll
from specc.kernel.germ import Number

__all__ = ["kernel_vector", "nonnegative", "reduced"]

Row = list[Number]
_ZERO: Number = Fraction(0)


def reduced(rows: Sequence[Sequence[Number]], width: int) -> tuple[list[Row], list[int]]:
    """The reduced row echelon form by the first ``width`` columns, and the pivots' columns; the
    rows without a pivot come last."""
    left = [list(row) for row in rows if any(x != 0 for x in row)]
    done: list[Row] = []
    pivots: list[int] = []
    for column in range(width):
        found = next((k for k, row in enumerate(left) if row[column] != 0), None)
        if found is None:
            continue
        pivot_row = left.pop(found)
        pivot = pivot_row[column]
        pivot_row = [x / pivot if x != 0 else x for x in pivot_row]
        for group in (left, done):
            for k, row in enumerate(group):
                poll()
                if (factor := row[column]) != 0:
                    group[k] = [
                        x - factor * y if y != 0 else x for x, y in zip(row, pivot_row, strict=True)
                    ]
        left = [row for row in left if any(x != 0 for x in row)]
        done.append(pivot_row)
        pivots.append(column)
    return done + left, pivots


def kernel_vector(rows: Sequence[Sequence[Number]], width: int) -> Row | None:
    """The one solution (up to a factor) of rows x = 0; None where there is not just one."""
    echelon, pivots = reduced(rows, width)
    if len(pivots) != width - 1:
        return None
    free = next(c for c in range(width) if c not in pivots)
    found: Row = [_ZERO] * width
    found[free] = Fraction(1)
    for row, column in zip(echelon, pivots, strict=False):
        found[column] = _ZERO - row[free]
    return found


def nonnegative(rows: Sequence[Sequence[Fraction]], width: int) -> list[Fraction] | None:
    """Some x >= 0 with rows x = 0 and sum x = 1, a vertex; None where there is none.

    The simplex method, first phase, with Bland's rule, which does not cycle.
    """
    table = [[*row, Fraction(0)] for row in rows] + [[Fraction(1)] * (width + 1)]
    basis = [width + k for k in range(len(table))]  # artificial ones, without columns
    while True:
        poll()
        # What the artificial ones that are left add up to, by the variables.
        cost = [
            sum((row[c] for row, b in zip(table, basis, strict=True) if b >= width), Fraction(0))
            for c in range(width + 1)
        ]
        entering = next((c for c in range(width) if cost[c] > 0 and c not in basis), None)
        if entering is None:
            break
        leaving = min(
            (k for k, row in enumerate(table) if row[entering] > 0),
            key=lambda k: (table[k][-1] / table[k][entering], basis[k]),
        )
        pivot = table[leaving][entering]
        table[leaving] = [x / pivot for x in table[leaving]]
        for k, row in enumerate(table):
            if k != leaving and (factor := row[entering]):
                table[k] = [x - factor * y for x, y in zip(row, table[leaving], strict=True)]
        basis[leaving] = entering
    if cost[-1] != 0:
        return None
    found = [Fraction(0)] * width
    for row, column in zip(table, basis, strict=True):
        if column < width:
            found[column] = row[-1]
    return found
