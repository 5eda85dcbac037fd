"""``grid { ... }``: an MDP from a map, built with array operations (a million cells is ordinary).

Row 0 is the top line and `north` goes up. A move slips to each perpendicular direction with
probability q; bumping into a wall or the edge stays; `stay` never slips. States are the cells
that can be reached from the start cells, named ``r<row>c<column>``, in reading order.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import Reporter
from specc.model.mdp import ExactArray, Label, Mdp
from specc.model.nearest import did_you_mean, some_of
from specc.source import Span
from specc.syntax import tree

__all__ = ["MAXIMUM_CELLS", "grid_mdp"]

MAXIMUM_CELLS = 4_000_000
"""Most cells of a map."""

_SMALL = 20_000

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# Clockwise, so that the perpendicular directions of d are d - 1 and d + 1 modulo 4.
_MOVES = {"north": (-1, 0), "east": (0, 1), "south": (1, 0), "west": (0, -1)}
_DIRECTIONS = tuple(_MOVES)
_ACTIONS = (*_MOVES, "stay")


def grid_mdp(name: str, written: tree.GridEnvironment, reporter: Reporter) -> Mdp | None:
    """The MDP of a grid, or None after a reported mistake (E411-E417).

    ``coordinates`` holds (row, column) of every state. ``wall`` and ``start`` are propositions,
    as are all of the legend, also where no reachable cell carries them.
    """
    sound = _check_actions(written, reporter)
    slip = written.slip.value if written.slip is not None else Fraction(0)
    if written.slip is not None and not 0 <= slip <= Fraction(1, 2):
        reporter.report(
            "E414",
            f"slip must lie between 0 and 1/2, this is {slip}",
            written.slip.span,
            help="slip is the probability of each of the two sides: straight on has 1 - 2 slip",
        )
        sound = False
    legend = _meanings(written)
    cells = _cells(written, reporter)
    if cells is None:
        return None
    if not _check_characters(written, cells, legend, reporter):
        return None
    start = np.isin(cells, _codes(legend, "start"))
    if not start.any():
        reporter.report(
            "E412",
            "the map has no start cell",
            written.rows[0].span.to(written.rows[-1].span),
            help="put `@` on a cell, or give a character the meaning `start` in the legend",
        )
        return None
    if not sound:
        return None
    return _build(name, written, slip, cells, legend)


def _check_actions(written: tree.GridEnvironment, reporter: Reporter) -> bool:
    sound = True
    seen: dict[str, tree.Text] = {}
    for action in written.actions:
        if action.value not in _ACTIONS:
            reporter.report(
                "E415",
                f"unknown action `{action.value}`: a grid knows {some_of(_ACTIONS)}",
                action.span,
                help=did_you_mean(action.value, _ACTIONS),
            )
            sound = False
        elif seen.setdefault(action.value, action) is not action:
            reporter.report(
                "E415",
                f"the action `{action.value}` is listed twice",
                action.span,
                help="leave out the second",
                secondary=((seen[action.value].span, "first here"),),
            )
            sound = False
    if not written.actions:
        reporter.report(
            "E415",
            "the grid has no actions",
            written.span,
            help="write `actions north south east west`",
        )
        sound = False
    return sound


def _meanings(written: tree.GridEnvironment) -> dict[str, str]:
    meanings = {"#": "wall", "@": "start"}
    meanings.update({entry.key: entry.proposition.value for entry in written.legend})
    return meanings


def _cells(written: tree.GridEnvironment, reporter: Reporter) -> IntArray | None:
    """The map as code points, shape (rows, columns)."""
    rows = written.rows
    width = len(rows[0].value) if rows else 0
    if not width:
        reporter.report(
            "E417", "the map is empty", written.span, help='write the cells between """ and """'
        )
        return None
    if len(rows) * width > MAXIMUM_CELLS:
        reporter.report(
            "E419",
            f"the map has {len(rows) * width:,} cells, more than {MAXIMUM_CELLS:,}",
            rows[0].span,
        )
        return None
    ragged = [(number, row) for number, row in enumerate(rows) if len(row.value) != width]
    for number, row in ragged:
        reporter.report(
            "E413",
            f"row {number} has {len(row.value)} cells, row 0 has {width}",
            row.span,
            help="all rows of a map are equally long; fill up with `#` or `.`",
            secondary=((rows[0].span, f"{width} cells"),),
        )
    if ragged:
        return None
    text = "".join(row.value for row in rows).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(text, dtype="<u4").reshape(len(rows), width).astype(np.int64)


def _check_characters(
    written: tree.GridEnvironment, cells: IntArray, legend: dict[str, str], reporter: Reporter
) -> bool:
    known = [ord(key) for key in legend] + [ord(".")]
    unknown = ~np.isin(cells, known)
    codes, first, counts = np.unique(cells[unknown], return_index=True, return_counts=True)
    places = np.argwhere(unknown)
    for code, index, count in zip(codes.tolist(), first.tolist(), counts.tolist(), strict=True):
        row, column = places[index].tolist()
        reporter.report(
            "E411",
            f"the map has a `{chr(code)}` that the legend does not explain"
            + (f" ({count} times)" if count > 1 else ""),
            _cell_span(written.rows[row], column),
            help=f"add it to the legend: legend {{ {chr(code)}: name }}",
        )
    return not len(codes)


def _cell_span(row: tree.Text, column: int) -> Span:
    # Dedenting cuts on the left, so places are counted from the right end of the line.
    start = max(row.span.start, row.span.end - len(row.value) + column)
    return Span(start, start + 1)


def _codes(legend: dict[str, str], proposition: str) -> list[int]:
    return [ord(key) for key, meaning in legend.items() if meaning == proposition]


def _build(
    name: str,
    written: tree.GridEnvironment,
    slip: Fraction,
    cells: IntArray,
    legend: dict[str, str],
) -> Mdp:
    actions = tuple(action.value for action in written.actions)
    free = ~np.isin(cells, _codes(legend, "wall"))
    targets = _neighbours(free)
    start = np.isin(cells, _codes(legend, "start"))[free]
    reached = _reachable(targets[_possible(actions, slip)], start)
    renumbered = np.cumsum(reached) - 1
    targets = renumbered[targets[:, reached]]
    letters = cells[free][reached]
    coordinates = np.argwhere(free)[reached]
    transitions = _Transitions.of(actions, slip, targets)
    names = tuple(f"r{row}c{column}" for row, column in coordinates.tolist())
    meanings = dict.fromkeys((*legend.values(), "wall", "start"))
    starts = np.flatnonzero(start[reached]).tolist()
    count = len(names)
    return Mdp(
        name=name,
        states=names,
        actions=actions * count,
        choice_starts=np.arange(count + 1, dtype=np.int64) * len(actions),
        transition_starts=transitions.starts,
        successors=transitions.successors,
        probabilities=transitions.probabilities,
        initial=tuple((state, Fraction(1, len(starts))) for state in starts),
        labels={p: Label("state", np.isin(letters, _codes(legend, p))) for p in meanings},
        coordinates=coordinates,
    )


def _neighbours(free: BoolArray) -> IntArray:
    """Where each direction leads from each free cell, shape (4, free cells); bumping stays."""
    number = np.full((free.shape[0] + 2, free.shape[1] + 2), -1, dtype=np.int64)
    number[1:-1, 1:-1][free] = np.arange(int(free.sum()))
    rows, columns = np.nonzero(free)
    here = np.arange(len(rows))
    found = np.empty((len(_MOVES), len(rows)), dtype=np.int64)
    for direction, (down, right) in enumerate(_MOVES.values()):
        there = number[rows + 1 + down, columns + 1 + right]
        found[direction] = np.where(there < 0, here, there)
    return found


def _possible(actions: Sequence[str], slip: Fraction) -> list[int]:
    """The directions that some action takes with positive probability."""
    found = set()
    for action in actions:
        if action == "stay":
            continue
        direction = _DIRECTIONS.index(action)
        if slip < Fraction(1, 2):
            found.add(direction)
        if slip > 0:
            found.update(((direction - 1) % 4, (direction + 1) % 4))
    return sorted(found)


def _reachable(targets: IntArray, start: BoolArray) -> BoolArray:
    if len(start) <= _SMALL:
        return _searched(targets.T.tolist(), start)
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    # One more node leads to every start cell, so that one search suffices.
    count = len(start)
    first = np.flatnonzero(start)
    sources = np.concatenate([np.tile(np.arange(count), len(targets)), np.full(len(first), count)])
    ends = np.concatenate([targets.ravel(), first])
    graph = csr_matrix(
        (np.ones(len(ends), dtype=np.int8), (sources, ends)), shape=(count + 1, count + 1)
    )
    order = breadth_first_order(graph, count, return_predecessors=False)
    reached = np.zeros(count + 1, dtype=np.bool_)
    reached[order] = True
    return reached[:count]


def _searched(targets: list[list[int]], start: BoolArray) -> BoolArray:
    """The same for a small grid, without the import of a graph library."""
    reached = start.copy()
    pending = np.flatnonzero(start).tolist()
    while pending:
        for cell in targets[pending.pop()]:
            if not reached[cell]:
                reached[cell] = True
                pending.append(cell)
    return reached


class _Transitions:
    """The transitions of all choices, in order: straight, left, right, then staying."""

    def __init__(self, starts: IntArray, successors: IntArray, probabilities: ExactArray) -> None:
        self.starts, self.successors, self.probabilities = starts, successors, probabilities

    @classmethod
    def of(cls, actions: Sequence[str], slip: Fraction, targets: IntArray) -> _Transitions:
        count = targets.shape[1]
        here = np.arange(count)
        values: dict[Fraction, int] = {}
        successors = np.empty((count, len(actions), 4), dtype=np.int64)
        weights = np.empty((count, len(actions), 4), dtype=np.int64)
        for column, action in enumerate(actions):
            moves = [(straight, p) for straight, p in _directed(action, slip) if p]
            # Different directions lead to different cells unless they bump, so only the
            # probability of staying has to be added up; it depends on which moves bump.
            bumps = np.zeros(count, dtype=np.int64)
            successors[:, column, 3] = here
            weights[:, column, :3] = -1
            for place, (direction, probability) in enumerate(moves):
                bumped = targets[direction] == here
                bumps += bumped << place
                successors[:, column, place] = targets[direction]
                index = values.setdefault(probability, len(values))
                weights[:, column, place] = np.where(bumped, -1, index)
            weights[:, column, 3] = _staying(moves, values)[bumps]
        used = weights >= 0
        starts = np.zeros(count * len(actions) + 1, dtype=np.int64)
        np.cumsum(used.sum(axis=2).ravel(), out=starts[1:])
        # Some sets of bumps never happen: keep the probabilities that do.
        table = list(values)
        kept, numbers = np.unique(weights[used], return_inverse=True)
        return cls(
            starts,
            successors[used],
            ExactArray(tuple(table[i] for i in kept.tolist()), np.asarray(numbers, dtype=np.int64)),
        )


def _directed(action: str, slip: Fraction) -> list[tuple[int, Fraction]]:
    if action == "stay":
        return []
    direction = _DIRECTIONS.index(action)
    return [(direction, 1 - 2 * slip), ((direction - 1) % 4, slip), ((direction + 1) % 4, slip)]


def _staying(moves: list[tuple[int, Fraction]], values: dict[Fraction, int]) -> IntArray:
    """The value number of staying, for each set of moves that bump (-1: it does not happen)."""
    table = []
    for mask in range(1 << len(moves)):
        stays = sum((p for place, (_, p) in enumerate(moves) if mask >> place & 1), Fraction(0))
        if not moves:
            stays = Fraction(1)
        table.append(values.setdefault(stays, len(values)) if stays else -1)
    return np.array(table, dtype=np.int64)
