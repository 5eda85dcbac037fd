"""Elimination of the unknowns that tie few others together, in a sparse rational system."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from flint import fmpq

__all__ = ["Reduced", "reduce"]


@dataclass(frozen=True, slots=True)
class Reduced:
    """What elimination leaves: ``core`` lists the unknowns still tied together, whose equations
    are the same-numbered ``rows`` and ``sides``; ``order`` the eliminated ones, whose rows hold
    only themselves, later ones and the core."""

    rows: list[dict[int, fmpq]]
    sides: list[list[fmpq]]
    order: list[int]
    core: list[int]

    def complete(self, solution: list[list[fmpq]]) -> None:
        """Fill in the eliminated unknowns of a solution that has the core's."""
        for pivot in reversed(self.order):
            row = self.rows[pivot]
            values = self.sides[pivot]
            for column, factor in row.items():
                if column != pivot:
                    known = solution[column]
                    values = [a - factor * b for a, b in zip(values, known, strict=True)]
            lead = row[pivot]
            solution[pivot] = [value / lead for value in values]


def reduce(rows: list[dict[int, fmpq]], sides: list[list[fmpq]], limit: int) -> Reduced:
    """Eliminate, cheapest first, unknowns that bring at most ``limit`` entries into the rest.

    The cost of an unknown is Markowitz's: the other rows it stands in times the other unknowns
    of its row. ``rows`` and ``sides`` are used up. Markowitz, "The elimination form of the
    inverse and its application to linear programming", 1957.
    """
    columns: list[set[int]] = [set() for _ in rows]
    for index, row in enumerate(rows):
        for column in row:
            columns[column].add(index)

    def cost(vertex: int) -> int:
        return (len(rows[vertex]) - 1) * (len(columns[vertex]) - 1)

    heap = [(cost(vertex), vertex) for vertex in range(len(rows))]
    heapify(heap)
    done = bytearray(len(rows))
    order: list[int] = []
    while heap:
        expected, pivot = heappop(heap)
        if expected > limit:
            break
        if done[pivot] or expected != cost(pivot) or pivot not in rows[pivot]:
            continue
        done[pivot] = 1
        order.append(pivot)
        for vertex in _eliminate(rows, sides, columns, pivot):
            heappush(heap, (cost(vertex), vertex))
    return Reduced(rows, sides, order, [v for v in range(len(rows)) if not done[v]])


def _eliminate(
    rows: list[dict[int, fmpq]], sides: list[list[fmpq]], columns: list[set[int]], pivot: int
) -> set[int]:
    """Take ``pivot`` out of all other rows; the vertices whose cost may have changed."""
    row, side = rows[pivot], sides[pivot]
    lead = row[pivot]
    columns[pivot].discard(pivot)
    others = [(column, value) for column, value in row.items() if column != pivot]
    for column, _ in others:
        columns[column].discard(pivot)
    for index in columns[pivot]:
        changed = rows[index]
        factor = changed.pop(pivot) / lead
        for column, value in others:
            old = changed.get(column)
            new = -factor * value if old is None else old - factor * value
            if new:
                changed[column] = new
                columns[column].add(index)
            elif old is not None:
                del changed[column]
                columns[column].discard(index)
        sides[index] = [a - factor * b for a, b in zip(sides[index], side, strict=True)]
    touched = columns[pivot] | {column for column, _ in others}
    columns[pivot] = set()
    return touched
