"""The batch kernel of rewards whose letters have no classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit import numba_branching, numba_loops
from specc.emit.batches import (
    Batch,
    Counterfactual,
    Relabelled,
    State,
    Trajectories,
    blank,
    refuse_array,
    writable,
)
from specc.emit.dense import rest_paid
from specc.emit.finite_control import Controller
from specc.emit.kernel_tables import KernelTables
from specc.emit.numba_kernels import Kernel
from specc.emit.stored import episodes

__all__ = ["BranchingKernel"]

Int32 = NDArray[np.int32]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]

_MOST_MOVES = 1 << 20
"""Moves that are made together where runs move from every memory."""


class BranchingKernel(Kernel):
    """As :class:`specc.emit.numba_kernels.Kernel`; a letter is the bit mask of its propositions,
    int64: bit i is ``propositions[i]``."""

    def __init__(self, tables: KernelTables, controller: Controller) -> None:
        super().__init__(tables, controller)
        assert tables.diagram is not None
        d = tables.diagram
        self.walk = d.asked, d.behind, d.roots
        self.paid_at_rest = rest_paid(tables)
        self.constant = _constant(tables)

    def __reduce__(self) -> Any:
        return BranchingKernel, (self.tables, self.controller)

    def _class_table(self) -> None:
        return None

    def letters(self, given: Any, shape: tuple[int, ...] | None = None) -> Any:
        """Letters as bit masks, int64, of these or of propositions."""
        return self.classes("letters", given, shape, 0)

    def numbered(self, name: str, array: AnyArray, count: int) -> Any:
        if count:
            return super().numbered(name, array, count)
        most = 1 << len(self.propositions)
        if array.size and not (array.min() >= 0 and array.max() < most):
            refuse_array(f"`{name}` has {array.min()} to {array.max()}", f"0 to {most - 1}")
        return np.ascontiguousarray(array, dtype=np.int64)

    def classified(self, truths: AnyArray) -> Any:
        outer, width = truths.shape[:-1], truths.shape[-1]
        rows = np.ascontiguousarray(truths).reshape(int(np.prod(outer)), width)
        found = np.empty(len(rows), dtype=np.int64)
        numba_branching.pack(rows, found)
        return found.reshape(outer)

    def firsts(self, letters: AnyArray) -> Int32:
        start = np.full(len(letters), self.memories, dtype=np.int32)
        found: Int32 = self.tables.next[0][self._edges(start, letters.astype(np.int64))]
        return found

    def _edges(self, memory: Int32, letters: IntArray) -> Int32:
        found = np.empty(len(letters), dtype=np.int32)
        numba_branching.edges(*self.walk, memory, letters, found)
        return found

    def rests(self, memory: Int32, letters: AnyArray) -> FloatArray:
        """What the same letters for ever would still pay, (n,)."""
        t, best = self.tables, np.empty(len(memory))
        numba_branching.rest(
            *self.walk, t.next, self.paid_at_rest, t.accepting,
            t.jumps, np.ascontiguousarray(memory), np.ascontiguousarray(letters, dtype=np.int64),
            np.full(self.memories, -1, dtype=np.int64), best,
        )  # fmt: skip
        return best

    def accepts(self, memory: Int32, letters: AnyArray) -> BoolArray:
        """Whether the gadget may pay."""
        found: BoolArray = self.tables.accepting[0][self._edges(memory, letters)]
        return found

    def step(
        self, state: State, batch: Batch | AnyArray, out: tuple[State, Any, Any] | None = None
    ) -> tuple[State, FloatArray, BoolArray]:
        """The next states, the rewards and which runs are done, each (n,)."""
        held, clock = self._state(state)
        full = batch if isinstance(batch, Batch) else Batch(batch)
        if out is not None and out[0] is state:
            refuse_array("`out` is the state that was passed", "an earlier answer")
        given = self._given(full, len(held))
        after, time, reward, done = self._room(out, len(held))
        self._move(held, clock, given, after, reward, done)
        np.add(clock, 1, out=time)
        return State(after, time), reward, done

    def _given(self, full: Batch, n: int) -> _Given:
        letters = self.letters(full.letters, (n,))
        loops = letters if full.loops is None else self.letters(full.loops, (n,))
        return _Given(
            letters,
            self.drawn(full.draws, (n,)),
            self.numbers(full.numbers, (n,)),
            self.flags("terminated", full.terminated, (n,)),
            loops,
        )

    def _move(
        self, held: Int32, clock: Int32, given: _Given, after: Int32, reward: FloatArray,
        done: BoolArray,
    ) -> None:  # fmt: skip
        if self.constant is not None:
            numba_branching.step_constant(
                *self.walk, *self.constant, held, clock, given.letters, given.draws, after, reward,
                done,
            )  # fmt: skip
            self._end(given.ended, given.loops, after, reward, done)
            return
        edges = self._edges(held, given.letters)
        n = len(held)
        # The loop reads edges as the letters of one memory, and no absorbing run.
        nothing = np.zeros(n, dtype=np.int32)
        found = numba_loops.step(
            self.loops, nothing, clock, edges, given.draws, np.zeros(n, dtype=np.bool_), nothing,
            given.numbers, after, reward, done,
        )  # fmt: skip
        self.judge(found, edges)
        self._end(given.ended, given.loops, after, reward, done)

    def _end(
        self, ended: BoolArray, loops: IntArray, after: Int32, reward: FloatArray, done: BoolArray
    ) -> None:
        """What the ends of the environment's episodes change."""
        if not ended.any():
            return
        if self.tables.formula:
            late = np.flatnonzero(ended & ~done)
            reward[late] += self.rests(after[late], loops[late])
        done |= ended

    def counterfactual(
        self,
        batch: Batch | AnyArray,
        clock: AnyArray | None = None,
        out: Counterfactual | None = None,
    ) -> Counterfactual:
        """The step from every memory at once; see the other kernel."""
        full = batch if isinstance(batch, Batch) else Batch(batch)
        n, count = len(np.asarray(full.letters)), self.memories
        time = self.clock(clock, n)
        given = self._given(full, n)
        found = blank(n, count) if out is None else out
        writable((n, count), after=found.after, reward=found.reward, done=found.done)
        block = max(_MOST_MOVES // count, 1)
        for begin in range(0, n, block):
            part = slice(begin, begin + block)
            some = np.ascontiguousarray(time[part], dtype=np.int32)
            every = np.tile(np.arange(count, dtype=np.int32), len(some))
            self._move(
                every, np.repeat(some, count), given.repeated(part, count),
                found.after[part].ravel(), found.reward[part].ravel(), found.done[part].ravel(),
            )  # fmt: skip
        return found

    def relabel(self, stored: Trajectories | AnyArray, out: Relabelled | None = None) -> Relabelled:
        """Rewards and memories of stored steps; see the other kernel."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        e, found = episodes(self, full, out)
        after, reward, done = found.after.ravel(), found.reward.ravel(), found.done.ravel()
        letters, draws = e.letters.ravel(), e.draws.ravel()
        if self.constant is not None:
            numba_branching.relabel_constant(
                *self.walk, *self.constant, e.starts, e.places, e.lengths, letters, draws, after,
                reward, done,
            )  # fmt: skip
        else:
            wrong = numba_branching.relabel(
                *self.walk, self.loops, e.starts, e.places, e.lengths, letters, draws, e.numbers,
                after, reward, done,
            )  # fmt: skip
            self.judge(wrong, e.letters)
        if len(e.ended):
            self._end(e.ended, e.loops.ravel(), after, reward, done)
        if len(e.cut):
            done |= e.cut
        return found


def _constant(tables: KernelTables) -> tuple[Any, ...] | None:
    """What edges do, for the loops over constant rewards; None where some read the environment."""
    if not tables.known.all() or not np.isfinite(tables.values).all():
        return None
    after = tables.next[0]
    packed = np.where(tables.final[after], ~after, after)
    rewards = tables.values[tables.reward[0]]
    return packed, rewards, tables.accepting[0], tables.zeta, tables.horizon


class _Given:
    """The checked arrays of a batch."""

    def __init__(
        self, letters: IntArray, draws: FloatArray, numbers: FloatArray, ended: BoolArray,
        loops: IntArray,
    ) -> None:  # fmt: skip
        self.letters, self.draws, self.numbers = letters, draws, numbers
        self.ended, self.loops = ended, loops

    def repeated(self, runs: slice, count: int) -> _Given:
        """Each of these runs ``count`` times."""

        def many(part: AnyArray) -> Any:
            return np.repeat(part[runs], count, axis=0)

        return _Given(
            many(self.letters), many(self.draws), many(self.numbers), many(self.ended),
            many(self.loops),
        )  # fmt: skip
