"""Stored rows as episodes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit.batches import refuse_array, truths

__all__ = ["Episodes", "episodes"]

IntArray = NDArray[np.int64]
Int32 = NDArray[np.int32]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Of n rows of T steps in one line: episode e has ``lengths[e]`` steps from ``places[e]`` on
    and starts in state ``first[e]``; ``ends`` bool (n, T) where the environment ends or cuts it."""

    places: IntArray
    lengths: IntArray
    first: Int32
    ends: BoolArray


def episodes(
    shape: tuple[int, ...],
    first: Any,
    terminated: Any,
    truncated: Any,
    starts: Callable[[Any, int], Int32],
) -> Episodes:
    """The episodes; ``starts`` checks their first states. See
    :class:`specc.emit.batches.Trajectories` for the arrays.

    :raises SpecError: E814 they do not fit.
    """
    given = np.zeros(shape, dtype=np.bool_)
    for name, flags in (("terminated", terminated), ("truncated", truncated)):
        if flags is not None:
            given |= truths(name, flags, shape)
    ends = given.copy()
    ends[:, -1:] = True
    last = np.flatnonzero(ends)
    places = np.concatenate([np.zeros(min(len(last), 1), dtype=np.int64), last[:-1] + 1])
    opened = None if first is None else _of_episodes(np.asarray(first), shape, ends, places)
    return Episodes(places, last + 1 - places, starts(opened, len(places)), given)


def _of_episodes(first: Any, shape: tuple[int, ...], ends: BoolArray, places: IntArray) -> Any:
    if first.ndim > 1:
        if first.shape != shape:
            refuse_array(f"`first` has the shape {first.shape}", f"{shape}")
        return first.ravel()[places]
    if ends[:, :-1].any():
        refuse_array("`first` holds one start a row, and a row has a second episode", "(n, T)")
    return first
