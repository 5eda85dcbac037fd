"""Grids worked out by hand, and against a slow definition cell by cell."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import LoadMdp, members, rows

from specc.diagnostics import Reporter
from specc.model.grid import grid_mdp
from specc.model.mdp import Mdp
from specc.syntax import tree

_MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
_ORDER = list(_MOVES)


def test_two_by_two(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(
        'grid {\n map """\n  @.\n  .o\n """\n legend { o: office }\n'
        " actions north south east west stay\n slip 1/10\n}"
    )
    assert mdp.states == ("r0c0", "r0c1", "r1c0", "r1c1")
    assert mdp.initial == ((0, Fraction(1)),)
    table = rows(mdp)
    # North bumps; so does the slip to the west; the slip to the east moves.
    assert table["r0c0", "north"] == {"r0c0": Fraction(9, 10), "r0c1": Fraction(1, 10)}
    assert table["r0c0", "south"] == {
        "r1c0": Fraction(8, 10),
        "r0c1": Fraction(1, 10),
        "r0c0": Fraction(1, 10),
    }
    assert table["r0c0", "stay"] == {"r0c0": Fraction(1)}
    assert members(mdp, "office") == {"r1c1"}
    assert members(mdp, "start") == {"r0c0"}
    assert members(mdp, "wall") == set()
    assert mdp.coordinates is not None
    assert mdp.coordinates.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


def test_only_reachable_cells_and_uniform_starts(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(
        'grid { map """\n@#x\n.#.\n@#.\n"""\n legend { x: gold }\n actions north south\n}'
    )
    assert mdp.states == ("r0c0", "r1c0", "r2c0")
    assert mdp.initial == ((0, Fraction(1, 2)), (2, Fraction(1, 2)))
    assert members(mdp, "gold") == set()


def test_the_legend_overrides_the_usual_meanings(load_mdp: LoadMdp) -> None:
    mdp = load_mdp(
        'grid { map """\ns#|@\n"""\n'
        " legend { s: start  #: mud  |: wall  @: shop }\n actions east west\n}"
    )
    assert mdp.states == ("r0c0", "r0c1")
    assert members(mdp, "mud") == {"r0c1"}
    assert members(mdp, "shop") == set()


def test_half_slip_never_goes_straight(load_mdp: LoadMdp) -> None:
    mdp = load_mdp('grid { map """\n@.\n..\n"""\n legend { }\n actions east\n slip 1/2\n}')
    assert mdp.states == ("r0c0", "r1c0")
    assert rows(mdp)["r0c0", "east"] == {"r1c0": Fraction(1, 2), "r0c0": Fraction(1, 2)}


def _slowly(
    cells: list[str], actions: list[str], slip: Fraction
) -> dict[tuple[str, str], dict[str, Fraction]]:
    """The design's words, cell by cell."""

    def free(row: int, column: int) -> bool:
        inside = 0 <= row < len(cells) and 0 <= column < len(cells[0])
        return inside and cells[row][column] != "#"

    pending = [(r, c) for r, line in enumerate(cells) for c, x in enumerate(line) if x == "@"]
    seen = set(pending)
    table: dict[tuple[str, str], dict[str, Fraction]] = {}
    while pending:
        row, column = pending.pop()
        for action in actions:
            if action == "stay":
                moves = [((0, 0), Fraction(1))]
            else:
                turn = _ORDER.index(action)
                moves = [
                    (_MOVES[action], 1 - 2 * slip),
                    (_MOVES[_ORDER[(turn + 1) % 4]], slip),
                    (_MOVES[_ORDER[(turn + 3) % 4]], slip),
                ]
            outcome: dict[str, Fraction] = {}
            for (down, right), probability in moves:
                there = (row + down, column + right)
                there = there if free(*there) else (row, column)
                if probability:
                    name = f"r{there[0]}c{there[1]}"
                    outcome[name] = outcome.get(name, Fraction(0)) + probability
                    if there not in seen:
                        seen.add(there)
                        pending.append(there)
            table[f"r{row}c{column}", action] = outcome
    return table


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.text(alphabet=".#@", min_size=width, max_size=width), min_size=1, max_size=5
        )
    ),
    st.lists(st.sampled_from([*_ORDER, "stay"]), unique=True, min_size=1),
    st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 3), Fraction(1, 2)]),
)
def test_any_grid_is_the_slow_one(cells: list[str], actions: list[str], slip: Fraction) -> None:
    cells[0] = "@" + cells[0][1:]
    written = tree.GridEnvironment(
        tuple(tree.Text(row) for row in cells),
        (),
        tuple(tree.Text(action) for action in actions),
        tree.Number(slip),
    )
    mdp = grid_mdp("g", written, Reporter())
    assert isinstance(mdp, Mdp)
    mdp.validate()
    assert rows(mdp) == _slowly(cells, actions, slip)


@pytest.mark.long
def test_a_million_cells() -> None:
    size = 1000
    lines = ["." * size for _ in range(size - 1)] + ["@" + "." * (size - 1)]
    written = tree.GridEnvironment(
        tuple(tree.Text(row) for row in lines),
        (),
        tuple(tree.Text(action) for action in _ORDER),
        tree.Number(Fraction(1, 10)),
    )
    mdp = grid_mdp("g", written, Reporter())
    assert isinstance(mdp, Mdp)
    assert mdp.state_count == size * size
    # Inner cells have 3 outcomes per action, and a bump joins outcomes only in the corners.
    assert mdp.transition_count == 4 * 3 * size * size - 4 * 2
    assert mdp.initial == (((size - 1) * size, Fraction(1)),)
