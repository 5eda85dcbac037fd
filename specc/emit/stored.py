"""Stored runs through a kernel: split into episodes, four of which are read at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit import numba_dense, numba_loops
from specc.emit.batches import Relabelled, Trajectories, refuse_array, writable
from specc.emit.dense import Dense
from specc.emit.numba_reader import NumbaReader

__all__ = ["Episodes", "episodes", "relabel"]

Int32 = NDArray[np.int32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_NONE = np.zeros(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Stored steps, checked: episode k has ``lengths[k]`` steps from ``places[k]`` on, and begins
    with memory ``starts[k]``. Flags stand in a row, and are empty where none were passed."""

    starts: Int32
    places: IntArray
    lengths: IntArray
    letters: Any
    draws: Any
    numbers: Any
    ended: BoolArray
    cut: BoolArray
    loops: Any


def relabel(kernel: NumbaReader, stored: Trajectories, out: Relabelled | None) -> Relabelled:
    """See :meth:`specc.emit.numba_kernels.Kernel.relabel`."""
    e, found = episodes(kernel, stored, out)
    if kernel.layout is None:
        wrong = numba_loops.relabel(
            kernel.loops, e.starts, e.places, e.lengths, e.letters.ravel(), e.draws.ravel(),
            e.ended, e.cut, e.loops.ravel(), e.numbers, found.after.ravel(), found.reward.ravel(),
            found.done.ravel(),
        )  # fmt: skip
        kernel.judge(wrong, e.letters)
        return found
    _dense(kernel, kernel.layout, e, found)
    return found


def episodes(
    kernel: NumbaReader, stored: Trajectories, out: Relabelled | None
) -> tuple[Episodes, Relabelled]:
    """The episodes, and room for what they pay, where their starts are filled in."""
    shape = _shape(stored)
    letters = kernel.letters(stored.letters, shape)
    draws = kernel.drawn(stored.draws, shape)
    numbers = kernel.numbers(stored.numbers, shape)
    ended = _given(kernel, "terminated", stored.terminated, shape)
    cut = _given(kernel, "truncated", stored.truncated, shape)
    loops = letters if stored.loops is None else kernel.letters(stored.loops, shape)
    ends = _ends(shape, ended, cut)
    last = np.flatnonzero(ends)
    places = np.concatenate([np.zeros(min(len(last), 1), dtype=np.int64), last[:-1] + 1])
    starts = _starts(kernel, stored.first, shape, ends, places)
    found = _room(out, shape)
    found.begins[...] = False
    found.begins.ravel()[places] = True
    found.starts.ravel()[places] = starts
    rows = numbers.reshape(letters.size, len(kernel.inputs))
    lengths = last + 1 - places
    return Episodes(starts, places, lengths, letters, draws, rows, ended, cut, loops), found


def _dense(kernel: NumbaReader, d: Dense, e: Episodes, found: Relabelled) -> None:
    begin, length = e.places.astype(np.uint64), e.lengths.astype(np.uint64)
    after, reward, done = found.after.ravel(), found.reward.ravel(), found.done.ravel()
    numba_dense.trace(
        d.half, d.next, d.accepting, kernel.tables.zeta, begin, length,
        e.starts.astype(np.uint32) * np.uint32(d.width), e.letters.ravel(), e.draws.ravel(),
        np.empty(12, dtype=np.uint64), after,
    )  # fmt: skip
    wrong = numba_dense.look_up(d.count, d.after, d.reward, after, reward, done)
    if wrong >= 0:
        kernel.judge(4 * wrong + numba_loops.IMPOSSIBLE, e.letters)
    numba_dense.finish(
        d.width, d.rest, kernel.tables.horizon, begin, length, e.ended, e.cut, e.loops.ravel(),
        after, reward, done,
    )  # fmt: skip


def _shape(stored: Trajectories) -> tuple[int, int]:
    given = np.asarray(stored.letters)
    depth = 3 if given.dtype == np.bool_ else 2
    if given.ndim != depth:
        refuse_array(f"`letters` has the shape {given.shape}", f"{depth} dimensions")
    return given.shape[0], given.shape[1]


def _given(kernel: NumbaReader, name: str, array: Any, shape: tuple[int, int]) -> BoolArray:
    """The flags in a row; empty where none were passed."""
    return _NONE if array is None else kernel.flags(name, array, shape).ravel()


def _ends(shape: tuple[int, int], ended: BoolArray, cut: BoolArray) -> BoolArray:
    ends = np.zeros(shape, dtype=np.bool_)
    for flags in (ended, cut):
        if len(flags):
            ends |= flags.reshape(shape)
    ends[:, -1:] = True
    return ends


def _starts(
    kernel: NumbaReader, first: Any, shape: tuple[int, int], ends: BoolArray, places: IntArray
) -> Int32:
    """The memory in which every episode begins."""
    if first is None:
        return kernel.starting(None, len(places))
    array = np.asarray(first)
    features = int(array.dtype == np.bool_)
    if array.ndim > 1 + features:
        if array.shape[:2] != shape:
            refuse_array(f"`first` has the shape {array.shape}", f"{shape}")
        array = array.reshape(shape[0] * shape[1], *array.shape[2:])[places]
    elif ends[:, :-1].any():
        refuse_array("`first` holds one start a row, and a row has a second episode", "(n, T)")
    found = kernel.starting(array, len(places))
    if (found < 0).any():
        i, t = np.unravel_index(places[np.argmax(found < 0)], shape)
        refuse_array(
            f"the episode that begins at [{i}, {t}]", "an initial state of the model in `first`"
        )
    return found


def _room(out: Relabelled | None, shape: tuple[int, int]) -> Relabelled:
    if out is None:
        return Relabelled(
            np.empty(shape, dtype=np.int32),
            np.empty(shape),
            np.empty(shape, dtype=np.bool_),
            np.empty(shape, dtype=np.bool_),
            np.zeros(shape, dtype=np.int32),
        )
    writable(
        shape, after=out.after, reward=out.reward, done=out.done, begins=out.begins,
        starts=out.starts,
    )  # fmt: skip
    return out
