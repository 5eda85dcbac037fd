"""The batch kernel: a reward's finite memory over many runs at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit import numba_dense, numba_loops
from specc.emit.batches import (
    Batch,
    Counterfactual,
    Relabelled,
    State,
    Trajectories,
    blank,
    refuse_array,
    writable,
)  # fmt: skip
from specc.emit.numba_reader import NumbaReader
from specc.emit.stored import relabel as relabel_stored

__all__ = ["Batch", "Counterfactual", "Kernel", "Relabelled", "State", "Trajectories"]

Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


class Kernel(NumbaReader):
    """The finite memory of a spec over batches; pickles.

    Every method gives the same bits as the Python interpreter of the same tables. A state that is
    passed in is never changed. Arrays that do not fit raise SpecError E814, a reward that is NaN
    or infinite E809. ``out``, an earlier answer of the same shapes, is overwritten and returned:
    large batches wait for new memory otherwise.
    """

    def __reduce__(self) -> Any:
        return Kernel, (self.tables, self.controller)

    def jump(self, state: State, which: AnyArray) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held, clock = self._state(state)
        number = np.asarray(which)
        self.check("which", number, held.shape, "integers")
        width = self.tables.jumps.shape[1]
        target = self.tables.jumps[held, np.clip(number, 0, width - 1)]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(np.where(stay, held, target).astype(np.int32), clock.copy())

    def _state(self, state: State) -> tuple[Int32, Int32]:
        memory, clock = np.asarray(state.memory), np.asarray(state.clock)
        if memory.ndim != 1:
            refuse_array(f"`memory` has the shape {memory.shape}", "(n,)")
        self.check("memory", memory, memory.shape, "integers")
        self.check("clock", clock, memory.shape, "integers")
        return (
            self.numbered("memory", memory, self.memories),
            np.ascontiguousarray(clock, dtype=np.int32),
        )

    def step(
        self, state: State, batch: Batch | AnyArray, out: tuple[State, Any, Any] | None = None
    ) -> tuple[State, FloatArray, BoolArray]:
        """The next states, the rewards and which runs are done, each (n,)."""
        held, clock = self._state(state)
        full = batch if isinstance(batch, Batch) else Batch(batch)
        n = len(held)
        letters, draws = self.letters(full.letters, (n,)), self.drawn(full.draws, (n,))
        if out is not None and out[0] is state:
            refuse_array("`out` is the state that was passed", "an earlier answer")
        after, time, reward, done = self._room(out, n)
        ended, d = full.terminated is not None, self.layout
        if d is None or ended or self.tables.horizon >= 0:
            stops = self.flags("terminated", full.terminated, (n,))
            loops = letters if full.loops is None else self.letters(full.loops, (n,))
        if d is None:
            numbers = self.numbers(full.numbers, (n,))
            found = numba_loops.step(
                self.loops, held, clock, letters, draws, stops, loops, numbers, after, reward, done
            )
            self.judge(found, letters)
            np.add(clock, 1, out=time)
            return State(after, time), reward, done
        wrong = numba_dense.step(
            d.width, d.half, d.count, d.after, d.reward, d.accepting, self.tables.zeta, held,
            clock, letters, draws, after, time, reward, done,
        )  # fmt: skip
        if wrong >= 0:
            self.judge(4 * wrong + numba_loops.IMPOSSIBLE, letters)
        if ended or self.tables.horizon >= 0:
            numba_dense.adjust(
                d.width, d.rest, self.tables.horizon, clock, stops, loops, after[:, None],
                reward[:, None], done[:, None],
            )  # fmt: skip
        return State(after, time), reward, done

    def _room(
        self, out: tuple[State, Any, Any] | None, n: int
    ) -> tuple[Int32, Int32, FloatArray, BoolArray]:
        if out is None:
            return (
                np.empty(n, dtype=np.int32),
                np.empty(n, dtype=np.int32),
                np.empty(n),
                np.empty(n, dtype=np.bool_),
            )
        (state, reward, done) = out
        writable((n,), after=state.memory, clock=state.clock, reward=reward, done=done)
        return state.memory, state.clock, reward, done

    def counterfactual(
        self,
        batch: Batch | AnyArray,
        clock: AnyArray | None = None,
        out: Counterfactual | None = None,
    ) -> Counterfactual:
        """The step from every memory at once, as in CRM (Toro Icarte et al. 2022); ``clock``, int
        (n,), says how many steps each run has taken, needed where the reward has a horizon."""
        full = batch if isinstance(batch, Batch) else Batch(batch)
        n = len(np.asarray(full.letters))
        time = np.ascontiguousarray(self.clock(clock, n), dtype=np.int32)
        letters, draws = self.letters(full.letters, (n,)), self.drawn(full.draws, (n,))
        stops = self.flags("terminated", full.terminated, (n,))
        loops = letters if full.loops is None else self.letters(full.loops, (n,))
        numbers = self.numbers(full.numbers, (n,))
        if out is None:
            out = blank(n, self.memories)
        writable((n, self.memories), after=out.after, reward=out.reward, done=out.done)
        d = self.layout
        if d is None:
            found = numba_loops.counterfactual(
                self.loops, time, letters, draws, stops, loops, numbers, out.after, out.reward,
                out.done,
            )  # fmt: skip
            self.judge(found, letters)
            return out
        rows = letters if not len(draws) else letters + d.width * (draws >= self.tables.zeta)
        for table, into in (
            (d.every_after, out.after), (d.every_reward, out.reward), (d.every_over, out.done),
        ):  # fmt: skip
            # The rows were checked; "clip" writes to `out` itself where "raise" needs a copy.
            np.take(table, rows, axis=0, out=into, mode="clip")
        if full.terminated is not None or self.tables.horizon >= 0:
            numba_dense.adjust(
                d.width, d.rest, self.tables.horizon, time, stops, loops, out.after, out.reward,
                out.done,
            )  # fmt: skip
        return out

    def relabel(self, stored: Trajectories | AnyArray, out: Relabelled | None = None) -> Relabelled:
        """Rewards and memories of stored steps, off-policy data say; see :class:`Relabelled`."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        return relabel_stored(self, full, out)
