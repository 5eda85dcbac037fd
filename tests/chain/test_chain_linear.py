"""Exact linear systems against dense elimination."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from chain_elimination import eliminate
from hypothesis import given
from hypothesis import strategies as st

from specc.chain.linear import SingularSystem, SystemTooLarge, solve_exact

_ENTRIES = st.sampled_from([0, 0, 0, 1, -1, 2, Fraction(1, 3), Fraction(-5, 7)]).map(Fraction)


@st.composite
def _systems(draw: st.DrawFn) -> tuple[list[list[Fraction]], list[Fraction]]:
    size = draw(st.integers(1, 7))
    row = st.lists(_ENTRIES, min_size=size, max_size=size)
    return draw(st.lists(row, min_size=size, max_size=size)), draw(row)


@given(_systems())
def test_solves_or_refuses_as_dense_elimination_does(
    system: tuple[list[list[Fraction]], list[Fraction]],
) -> None:
    matrix, right = system
    rows = [dict(enumerate(row)) for row in matrix]
    expected = eliminate(matrix, right)
    if expected is None:
        with pytest.raises(SingularSystem):
            solve_exact(rows, right)
    else:
        assert solve_exact(rows, right) == expected


@given(_systems())
def test_several_right_sides_are_several_systems(
    system: tuple[list[list[Fraction]], list[Fraction]],
) -> None:
    matrix, right = system
    if eliminate(matrix, right) is None:
        return
    rows = [dict(enumerate(row)) for row in matrix]
    other = [value + index for index, value in enumerate(right)]
    both = solve_exact(rows, list(zip(right, other, strict=True)))
    assert [pair[0] for pair in both] == solve_exact(rows, right)
    assert [pair[1] for pair in both] == solve_exact(rows, other)


@pytest.mark.parametrize("shape", ["path", "ring", "grid", "random"])
def test_larger_blocks_satisfy_every_equation(shape: str) -> None:
    rows = _walk(shape, 144)
    right = [Fraction(i % 5 - 2, 1 + i % 3) for i in range(len(rows))]
    solution = solve_exact(rows, right)
    for row, side in zip(rows, right, strict=True):
        assert sum(value * solution[column] for column, value in row.items()) == side


def test_a_long_acyclic_system_is_no_recursion() -> None:
    size = 20_000
    rows = [{i: Fraction(1), i + 1: Fraction(-1)} for i in range(size - 1)]
    rows.append({size - 1: Fraction(1)})
    assert solve_exact(rows, [Fraction(1)] * size)[0] == size


def test_no_equations_have_no_unknowns() -> None:
    assert solve_exact([], []) == []


def test_as_many_sides_as_rows() -> None:
    with pytest.raises(ValueError, match="as many"):
        solve_exact([{0: Fraction(1)}], [])


def _walk(shape: str, size: int) -> list[dict[int, Fraction]]:
    generator = random.Random(7)
    side = 12
    near = {
        "path": lambda i: [max(i - 1, 0), min(i + 1, size - 1)],
        "ring": lambda i: [(i - 1) % size, (i + 1) % size, i],
        "grid": lambda i: [j % size for j in (i - 1, i + 1, i - side, i + side)],
        "random": lambda i: [(i + 1) % size, *generator.choices(range(size), k=3)],
    }[shape]
    rows = []
    for i in range(size):
        row = {i: Fraction(1)}
        targets = near(i)
        for j in targets:
            row[j] = row.get(j, Fraction(0)) - Fraction(19, 20 * len(targets))
        rows.append(row)
    return rows


def test_a_core_beyond_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("specc.chain.linear._LARGEST_CORE", 20)
    with pytest.raises(SystemTooLarge):
        solve_exact(_walk("random", 144), [Fraction(1)] * 144)
    assert len(solve_exact(_walk("path", 144), [Fraction(1)] * 144)) == 144
