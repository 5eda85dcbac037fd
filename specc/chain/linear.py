"""Sparse linear systems over the rationals, solved exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import cast, overload

from flint import fmpq, fmpz, fmpz_mat

from specc.chain.elimination import reduce
from specc.chain.rational import from_flint, to_flint
from specc.chain.structure import components

__all__ = ["SingularSystem", "SystemTooLarge", "solve_exact"]

Row = Mapping[int, Fraction]

# Measured on walks over random graphs and grids of 400 to 2,500 states: below, the dense core
# is too large, above, the entries of the eliminated rows grow too long.
_FILL = 64
# A dense core of this many unknowns takes a hundred megabytes and minutes.
_LARGEST_CORE = 4_000


class SystemTooLarge(ArithmeticError):
    """More unknowns are tied together than can be solved exactly in bounded memory."""


class SingularSystem(ArithmeticError):
    """The system has no solution or more than one."""


@overload
def solve_exact(rows: Sequence[Row], right: Sequence[Fraction]) -> list[Fraction]: ...


@overload
def solve_exact(
    rows: Sequence[Row], right: Sequence[Sequence[Fraction]]
) -> list[list[Fraction]]: ...


def solve_exact(
    rows: Sequence[Row], right: Sequence[Fraction] | Sequence[Sequence[Fraction]]
) -> list[Fraction] | list[list[Fraction]]:
    """The x with ``sum(rows[i][j] * x[j] for j in rows[i]) == right[i]`` for every i.

    ``rows`` is a square matrix by its nonzero entries. ``right[i]`` is a number, or the i-th
    numbers of several right-hand sides at once; the answer has the same shape. The matrix is
    split into its strongly connected blocks, so acyclic parts cost one substitution each; in a
    block, unknowns tied to few others are eliminated, and the rest is solved by p-adic lifting
    (Dixon, "Exact solution of linear equations using p-adic expansions", 1982) as FLINT does
    it. Raises :class:`SingularSystem` when there is no single solution and
    :class:`SystemTooLarge` when too many unknowns remain for the lifting.

    >>> half = Fraction(1, 2)
    >>> solve_exact([{0: Fraction(1), 1: -half}, {0: -half, 1: Fraction(1)}], [half, Fraction(0)])
    [Fraction(2, 3), Fraction(1, 3)]
    """
    if len(rows) != len(right):
        raise ValueError("a system needs as many right-hand sides as rows")
    many = bool(right) and not isinstance(right[0], (Fraction, int))
    sides = [
        [to_flint(value) for value in cast(Sequence[Fraction], side if many else (side,))]
        for side in right
    ]
    matrix = [{j: to_flint(value) for j, value in row.items() if value} for row in rows]
    solution: list[list[fmpq]] = [[] for _ in rows]
    for block in components([list(row) for row in matrix]):
        _solve_block(matrix, sides, block, solution)
    if many:
        return [[from_flint(value) for value in values] for values in solution]
    return [from_flint(values[0]) for values in solution]


def _solve_block(
    matrix: list[dict[int, fmpq]],
    sides: list[list[fmpq]],
    block: list[int],
    solution: list[list[fmpq]],
) -> None:
    place = {vertex: index for index, vertex in enumerate(block)}
    inner: list[dict[int, fmpq]] = []
    outer: list[list[fmpq]] = []
    for vertex in block:
        kept: dict[int, fmpq] = {}
        side = sides[vertex]
        for column, value in matrix[vertex].items():
            if column in place:
                kept[place[column]] = value
            else:
                known = solution[column]
                side = [left - value * number for left, number in zip(side, known, strict=True)]
        inner.append(kept)
        outer.append(side)
    for vertex, values in zip(block, _solve_connected(inner, outer), strict=True):
        solution[vertex] = values


def _solve_connected(inner: list[dict[int, fmpq]], outer: list[list[fmpq]]) -> list[list[fmpq]]:
    reduced = reduce(inner, outer, _FILL)
    answer: list[list[fmpq]] = [[] for _ in inner]
    place = {vertex: index for index, vertex in enumerate(reduced.core)}
    rows = [
        {place[column]: value for column, value in reduced.rows[vertex].items()}
        for vertex in reduced.core
    ]
    core = _solve_dense(rows, [reduced.sides[vertex] for vertex in reduced.core])
    for vertex, values in zip(reduced.core, core, strict=True):
        answer[vertex] = values
    reduced.complete(answer)
    return answer


def _solve_dense(inner: list[dict[int, fmpq]], outer: list[list[fmpq]]) -> list[list[fmpq]]:
    size = len(inner)
    if not size:
        return []
    if size == 1:
        pivot = inner[0].get(0)
        if pivot is None:
            raise SingularSystem("the system has no single solution")
        return [[value / pivot for value in outer[0]]]
    width = len(outer[0])
    if not width:
        return [[] for _ in inner]
    if size > _LARGEST_CORE:
        raise SystemTooLarge(f"{size} unknowns are tied together")
    matrix = fmpz_mat(size, size)
    scaled: list[list[fmpq]] = []
    for index, (row, side) in enumerate(zip(inner, outer, strict=True)):
        scale = fmpz(1)
        for value in row.values():
            scale = scale.lcm(value.q)
        for column, value in row.items():
            matrix[index, column] = value.p * (scale // value.q)
        scaled.append([value * scale for value in side])
    # One denominator for the whole right side: scaling each row by its own would make the
    # determinant, and with it every intermediate number, as long as all of them together.
    common = fmpz(1)
    for side in scaled:
        for value in side:
            common = common.lcm(value.q)
    integers = [value.p * (common // value.q) for side in scaled for value in side]
    try:
        answer = matrix.solve(fmpz_mat(size, width, integers))
    except ZeroDivisionError:
        raise SingularSystem("the system has no single solution") from None
    flat = [value / common for value in answer.entries()]
    return [flat[index * width : (index + 1) * width] for index in range(size)]
