"""The equation v = max over choices of b + W v in floating point, with bounds on its errors.

Merging states turns it into a smaller equation whose solution lies above: a run in a merged block
may jump within the block for nothing. A transition that stays inside its block drops out, and what
leaves is scaled up by the chance to leave, which is a sum of positive numbers and loses no digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

__all__ = ["ROUND", "TINY", "Merged", "Rows", "merge", "nearly_equal"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

ROUND = 2.0**-53
TINY = 1e-300


@dataclass(eq=False)
class Rows:
    """Rows as in a Model; every state has a choice, a choice may have no transitions.

    ``reward[c]`` is off by at most ``error[c]``; sums over row c, those errors apart, by at most
    ``slack[c]`` relative to the sum of absolute values. ``deficit[c]`` is what the weights of row
    c lack to 1, to a relative accuracy of a few roundings.
    """

    choice_starts: IntArray
    transition_starts: IntArray
    successors: IntArray
    weights: FloatArray
    reward: FloatArray
    error: FloatArray
    slack: FloatArray
    deficit: FloatArray
    ceiling: float = np.inf  # a known bound on all values; as a constant vector it is a u >= T(u)

    @property
    def state_count(self) -> int:
        """Number of states."""
        return len(self.choice_starts) - 1

    @property
    def lengths(self) -> IntArray:
        """The number of transitions of every choice."""
        return np.diff(self.transition_starts)

    @cached_property
    def matrix(self) -> csr_array:
        """The weights, shape (choices, states)."""
        shape = (len(self.reward), self.state_count)
        return csr_array((self.weights, self.successors, self.transition_starts), shape=shape)

    @cached_property
    def sources(self) -> IntArray:
        """The state of every choice."""
        return np.repeat(np.arange(self.state_count), np.diff(self.choice_starts))

    def step(self, vector: FloatArray) -> FloatArray:
        """``b + W vector``, one entry per choice."""
        return np.asarray(self.reward + self.matrix @ vector)

    def rounding(self, vector: FloatArray) -> FloatArray:
        """How far :meth:`step` may be off, per choice."""
        size = np.abs(self.reward) + self.matrix @ np.abs(vector)
        return np.asarray(self.slack * size * 1.01 + self.error + TINY)

    def best(self, q: FloatArray) -> FloatArray:
        """The greatest entry of every state."""
        return np.asarray(np.maximum.reduceat(q, self.choice_starts[:-1]))

    def greedy(self, q: FloatArray, best: FloatArray) -> IntArray:
        """The first choice of every state that has its greatest entry."""
        hits = np.flatnonzero(q == best[self.sources])
        choice = np.empty(self.state_count, dtype=np.int64)
        choice[self.sources[hits[::-1]]] = hits[::-1]
        return choice

    def restricted(self, kept: BoolArray, reward: FloatArray, final: BoolArray) -> Rows:
        """The rows of the kept choices only, with other rewards; runs end in final states."""
        going = kept & ~final[self.sources]
        rows = np.repeat(going, self.lengths)
        counts = np.where(going, self.lengths, 0)
        return Rows(
            np.concatenate(([0], np.cumsum(kept)))[self.choice_starts],
            np.concatenate(([0], np.cumsum(counts[kept]))),
            self.successors[rows],
            self.weights[rows],
            reward[kept],
            np.zeros(int(kept.sum())),
            self.slack[kept],
            np.where(going, self.deficit, 1.0)[kept],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """``block[s]`` is the merged state of state s, ``origin[c]`` the choice behind choice c."""

    rows: Rows
    block: IntArray
    origin: IntArray


def merge(rows: Rows, block: IntArray) -> Merged | None:
    """The rows in which states of equal ``block`` (numbered from 0) are one; with a block for
    every state, loops at one state drop out. None where a block could pay for ever."""
    count = int(block.max()) + 1
    owner = block[rows.sources]
    target = block[rows.successors]
    of = np.repeat(np.arange(len(owner)), rows.lengths)
    leaving = target != owner[of]
    out = np.bincount(of[leaving], weights=rows.weights[leaving], minlength=len(owner))
    room = rows.deficit + out
    stuck = room < TINY
    if (stuck & ((rows.reward > 0) | (rows.error > 0) | (room > 0))).any():
        return None
    kept = np.flatnonzero(~stuck)
    order = kept[np.argsort(owner[kept], kind="stable")]
    sizes = np.bincount(owner[order], minlength=count)
    if not sizes.all():
        return None
    left = np.bincount(of[leaving], minlength=len(owner))
    lengths = left[order]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    begin = np.concatenate(([0], np.cumsum(left)))[:-1]
    where = np.repeat(begin[order] - starts[:-1], lengths) + np.arange(starts[-1])
    scale = room[order]
    return Merged(
        Rows(
            np.concatenate(([0], np.cumsum(sizes))),
            starts,
            target[leaving][where],
            rows.weights[leaving][where] / np.repeat(scale, lengths),
            rows.reward[order] / scale,
            rows.error[order] / scale * 1.0001,
            rows.slack[order] + (rows.lengths[order] + 10) * (1.02 * ROUND),
            rows.deficit[order] / scale,
            rows.ceiling,
        ),
        block,
        order,
    )


def nearly_equal(rows: Rows, values: FloatArray, tolerance: float) -> IntArray:
    """Blocks of states that lead to one another at next to no loss and for no pay, and whose
    values differ by next to nothing, relative to ``tolerance``; by the number of each state."""
    size = np.abs(values)
    loss = values[rows.sources] - rows.step(values)
    free = (loss <= tolerance * size[rows.sources]) & (rows.reward == 0) & (rows.error == 0)
    kept = np.flatnonzero(np.repeat(free, rows.lengths))
    of = np.repeat(np.arange(len(free)), rows.lengths)[kept]
    tails, heads = rows.sources[of], rows.successors[kept]
    close = np.abs(values[tails] - values[heads]) <= tolerance * np.maximum(
        size[tails], size[heads]
    )
    tails, heads = tails[close], heads[close]
    n = rows.state_count
    graph = csr_array((np.ones(len(tails), dtype=np.int32), (tails, heads)), shape=(n, n))
    _, block = connected_components(graph, directed=True, connection="strong")
    return np.asarray(block, dtype=np.int64)
