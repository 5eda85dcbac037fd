"""An independent judge: Gaussian elimination with Python fractions on dense matrices."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def eliminate(
    matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]
) -> list[Fraction] | None:
    """The solution, or None for a singular matrix."""
    size = len(matrix)
    table = [[*row, side] for row, side in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = next((r for r in range(column, size) if table[r][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        lead = table[column][column]
        table[column] = [value / lead for value in table[column]]
        for r in range(size):
            if r != column and table[r][column]:
                factor = table[r][column]
                table[r] = [a - factor * b for a, b in zip(table[r], table[column], strict=True)]
    return [row[size] for row in table]
