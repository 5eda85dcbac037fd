"""Set functions of a finite model as arrays that kernels read."""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.sets.summed import Summed, summed
from specc.model.mdp import Mdp
from specc.objective import stack
from specc.visited import VisitedSet, visited_set

__all__ = ["Covered", "Nearest", "Function", "Part", "Spread", "part_of"]

IntArray = NDArray[np.int64]
Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]

_EXACT = 2**53
_NEGLIGIBLE = 46.0
"""exp(-46) is 1e-20: what is farther away adds nothing to a sum that is at least 1."""
_MOST_ENTRIES = 50_000_000
_MOST_POINTS = 4_000


@dataclass(frozen=True, slots=True, eq=False)
class Covered:
    """``coverage``, ``distinct`` and ``weighted_coverage``: a bit for each state that counts.

    State s adds the bits ``masks[k]`` of the words ``words[k]``, for the k in
    ``starts[s] : starts[s + 1]``. The value is the sum of ``weights`` (whole numbers, one a bit) of
    the bits set, or their count where ``weights`` is empty, over ``denominator``; doubles hold all
    of it exactly. ``width`` words hold a set.
    ``bits[s]`` is the bit that stands for state s, -1 where it never counts. Nothing is added
    behind ``horizon`` steps (-1: no horizon).
    """

    starts: IntArray
    words: Int32
    masks: NDArray[np.uint64]
    weights: FloatArray
    denominator: float
    width: int
    bits: Int32
    horizon: int


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """``facility_location``: the sum over ``count`` points of the similarity of the most similar
    state visited. State s has the similarities ``likeness[k]`` to the points ``points[k]``, k in
    ``starts[s] : starts[s + 1]``; below 1e-20 they are left out."""

    starts: IntArray
    points: Int32
    likeness: FloatArray
    count: int
    horizon: int


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """``logdet``: log det(I + K / noise) of the different states visited, at most ``capacity``;
    K = exp(-scale * |x - y|^2) over ``points`` (states, d)."""

    points: FloatArray
    scale: float
    noise: float
    capacity: int
    horizon: int


Part = Covered | Nearest | Spread | Summed
Function = stack.SetFunction | stack.Discounted | stack.Total


def part_of(mdp: Mdp, function: Function) -> Part | None:
    """The arrays of a set function, or of a sum beside one; None where weights are too fine for
    exact doubles, or :func:`specc.emit.sets.summed.summed` has none.

    :raises SpecError: E804 too many points; else as :func:`specc.visited.visited_set`.
    """
    if not isinstance(function, stack.SetFunction):
        return summed(mdp, function)
    found = visited_set(mdp, function)
    horizon = -1 if function.horizon is None else function.horizon
    match function.kind:
        case "coverage" | "distinct" | "weighted_coverage":
            return _covered(mdp, found, horizon)
        case "facility_location":
            return _nearest(_points(mdp), horizon, function)
        case "logdet":
            return _spread(mdp, function, horizon)


def _covered(mdp: Mdp, found: VisitedSet, horizon: int) -> Covered | None:
    order = _order(mdp)
    place = np.empty(mdp.state_count, dtype=np.int64)
    place[order] = np.arange(mdp.state_count)
    rows = [place[_members(mask)] for mask in found.gained]
    denominator = lcm(*(weight.denominator for weight in found.weights))
    numerators = [int(weight * denominator) for weight in found.weights]
    if max(denominator, sum(abs(n) for n in numerators)) >= _EXACT:
        return None
    width = max(-(-mdp.state_count // 64), 1)
    weights = np.zeros(0)
    if denominator != 1 or any(n != 1 for n in numerators):
        weights = np.zeros(64 * width)
        weights[place] = numerators
    starts, words, masks = _words(rows)
    ever = np.zeros(mdp.state_count, dtype=np.bool_)
    for row in rows:
        ever[row] = True
    bits = np.where(ever[place], place, -1).astype(np.int32)
    return Covered(starts, words, masks, weights, float(denominator), width, bits, horizon)


def _order(mdp: Mdp) -> IntArray:
    """Grids by tiles of 8 x 8 cells, so that what is near is in one word."""
    if mdp.coordinates is None or mdp.coordinates.shape[1] != 2:
        return np.arange(mdp.state_count)
    row, column = mdp.coordinates[:, 0], mdp.coordinates[:, 1]
    return np.lexsort((column % 8, row % 8, column // 8, row // 8))


def _members(mask: int) -> IntArray:
    """The numbers of the bits that are set."""
    raw = np.frombuffer(mask.to_bytes(mask.bit_length() // 8 + 1, "little"), dtype=np.uint8)
    return np.flatnonzero(np.unpackbits(raw, bitorder="little"))


def _words(rows: list[IntArray]) -> tuple[IntArray, Int32, NDArray[np.uint64]]:
    starts, words, masks = [0], [], []
    for row in rows:
        which, inverse = np.unique(row >> 6, return_inverse=True)
        filled = np.zeros(len(which), dtype=np.uint64)
        np.bitwise_or.at(filled, inverse, np.uint64(1) << (row & 63).astype(np.uint64))
        words.append(which)
        masks.append(filled)
        starts.append(starts[-1] + len(which))
    return (
        np.array(starts, dtype=np.int64),
        np.concatenate([*words, np.zeros(0, dtype=np.int64)]).astype(np.int32),
        np.concatenate([*masks, np.zeros(0, dtype=np.uint64)]),
    )


def _points(mdp: Mdp) -> FloatArray:
    table = mdp.coordinates if mdp.coordinates is not None else mdp.observations
    assert table is not None
    return np.ascontiguousarray(table, dtype=np.float64)


def _nearest(points: FloatArray, horizon: int, function: stack.SetFunction) -> Nearest:
    count = len(points)
    starts, near, likeness = [0], [], []
    for point in points:
        half = ((points - point) ** 2).sum(1) / 2
        which = np.flatnonzero(half <= _NEGLIGIBLE)
        near.append(which.astype(np.int32))
        likeness.append(np.exp(-half[which]))
        starts.append(starts[-1] + len(which))
        if starts[-1] > _MOST_ENTRIES:
            raise SpecError.of(
                "E804",
                f"the kernel's table of similar states would have more than {_MOST_ENTRIES:,} "
                "entries",
                span=function.span,
                help="a smaller environment; `wrap` needs no tables",
            )
    return Nearest(
        np.array(starts, dtype=np.int64), np.concatenate(near), np.concatenate(likeness), count,
        horizon,
    )  # fmt: skip


def _spread(mdp: Mdp, function: stack.SetFunction, horizon: int) -> Spread:
    assert function.log_det is not None
    points = _points(mdp)
    capacity = len(points) if horizon < 0 else min(horizon + 1, len(points))
    if capacity > _MOST_POINTS:
        raise SpecError.of(
            "E804",
            f"a run can visit {capacity:,} states, and the factor of `logdet` grows with the "
            f"square; a kernel holds at most {_MOST_POINTS:,}",
            span=function.span,
            help="a smaller horizon",
        )
    scale = float(1 / (2 * function.log_det.length**2))
    return Spread(points, scale, float(function.log_det.noise), capacity, horizon)
