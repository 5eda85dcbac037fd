"""The compiled loop that each part of a set reward takes."""

from __future__ import annotations

from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from specc.emit.sets.covered import covered_episodes, covered_gains, covered_step
from specc.emit.sets.nearest import nearest_episodes, nearest_gains, nearest_step
from specc.emit.sets.parts import Covered, Nearest, Part, Spread
from specc.emit.sets.spread import spread_copy, spread_episodes, spread_gains, spread_step
from specc.emit.sets.summed import Summed, summed_episodes, summed_step

__all__ = ["Memory", "copy", "gains", "nothing", "relabel", "step"]

Memory = tuple[Any, ...]
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Int32 = NDArray[np.int32]


def nothing(part: Part, n: int) -> Memory:
    """The memory of n runs that have visited no state."""
    match part:
        case Covered():
            return (np.zeros((n, part.width), dtype=np.uint64),)
        case Nearest():
            return (np.zeros((n, part.count)),)
        case Spread():
            size = part.capacity
            return (
                np.zeros((n, size), dtype=np.int32),
                np.zeros(n, dtype=np.int32),
                np.zeros((n, size * (size + 1) // 2)),
            )
        case Summed():
            return (np.zeros(n, dtype=np.int32), np.ones(n))
        case _:
            assert_never(part)


def copy(part: Part, held: Memory, into: Memory) -> None:
    """Write the memory of n runs."""
    if isinstance(part, Spread):
        spread_copy(*held, *into)
        return
    for array, target in zip(held, into, strict=True):
        np.copyto(target, array)


def step(
    part: Part, targets: Int32, letters: Int32, clock: Int32, held: Memory, sums: FloatArray,
    opening: bool = False,
) -> None:  # fmt: skip
    """n runs enter ``targets[letters]``: changes ``held`` and ``sums``. ``opening``: these are
    start states, which count whatever the horizon."""
    horizon = -1 if opening else part.horizon
    match part:
        case Covered():
            covered_step(
                part.starts, part.words, part.masks, part.weights, horizon, targets, letters,
                clock, held[0], sums,
            )  # fmt: skip
        case Nearest():
            nearest_step(
                part.starts, part.points, part.likeness, horizon, targets, letters, clock, held[0],
                sums,
            )  # fmt: skip
        case Spread():
            order, count, factor = held
            spread_step(
                part.points, part.scale, part.noise, horizon, targets, letters, clock, order,
                count, factor, sums, np.empty(part.capacity),
            )  # fmt: skip
        case Summed() if opening:
            held[0][:] = part.first[letters]
        case Summed():
            memory, weight = held
            summed_step(
                part.following, part.paid, part.discount, horizon, letters, clock, memory, weight,
                sums,
            )  # fmt: skip
        case _:
            assert_never(part)


def relabel(
    part: Part, targets: Int32, letters: Int32, first: Int32, places: IntArray, lengths: IntArray,
    opening: FloatArray, sums: FloatArray,
) -> None:  # fmt: skip
    """Episodes of stored steps, as in :func:`specc.emit.sets.covered.covered_episodes`."""
    room = tuple(array[0] for array in nothing(part, 1))
    match part:
        case Covered():
            covered_episodes(
                part.starts, part.words, part.masks, part.weights, part.horizon, targets, letters,
                first, places, lengths, room[0], opening, sums,
            )  # fmt: skip
        case Nearest():
            nearest_episodes(
                part.starts, part.points, part.likeness, part.horizon, targets, letters, first,
                places, lengths, room[0], opening, sums,
            )  # fmt: skip
        case Spread():
            spread_episodes(
                part.points, part.scale, part.noise, part.horizon, targets, letters, first, places,
                lengths, room[0], room[2], np.empty(part.capacity), opening, sums,
            )  # fmt: skip
        case Summed():
            summed_episodes(
                part.following, part.paid, part.first, part.discount, part.horizon, letters, first,
                places, lengths, opening, sums,
            )  # fmt: skip
        case _:
            assert_never(part)


def gains(part: Part, states: Int32, clock: Int32, held: Memory, found: FloatArray) -> None:
    """What each of ``states`` (n, k) alone would add to the sum of run i: writes ``found``."""
    match part:
        case Covered():
            covered_gains(
                part.starts, part.words, part.masks, part.weights, part.horizon, states, clock,
                held[0], found,
            )  # fmt: skip
        case Nearest():
            nearest_gains(
                part.starts, part.points, part.likeness, part.horizon, states, clock, held[0],
                found,
            )  # fmt: skip
        case Spread():
            order, count, factor = held
            spread_gains(
                part.points, part.scale, part.noise, part.horizon, states, clock, order, count,
                factor, np.empty(part.capacity), found,
            )  # fmt: skip
        case Summed():
            raise ValueError("a sum over transitions gains nothing by states")
        case _:
            assert_never(part)
