"""The batch kernel: a reward's finite memory over many runs at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit import numba_dense, numba_loops
from specc.emit.batches import (
    Batch,
    Counterfactual,
    Relabelled,
    State,
    Trajectories,
    check,
    int32,
    refuse_array,
    truths,
)
from specc.emit.bytecode import DEPTH
from specc.emit.controller import Controller
from specc.emit.dense import Dense, dense, rest_of
from specc.emit.kernel_tables import KernelTables

__all__ = ["Batch", "Counterfactual", "Kernel", "Relabelled", "State", "Trajectories"]

IntArray = NDArray[np.int64]
Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]

_NO_TRUTHS = np.zeros(0, dtype=np.bool_)
_TABLED = 14
"""How many propositions may be looked up together; more are asked one by one."""


class Kernel:
    """The finite memory of a spec over batches; pickles.

    Every method gives the same bits as the Python interpreter of the same tables. A state that is
    passed in is never changed. Arrays that do not fit raise SpecError E814, a reward that is NaN
    or infinite E809. ``out``, an earlier answer of the same shapes, is overwritten and returned:
    large batches wait for new memory otherwise.
    """

    def __init__(self, tables: KernelTables, controller: Controller | None = None) -> None:
        self.tables = tables
        self.controller = controller
        self.rest = rest_of(tables)
        self.layout: Dense | None = dense(tables, self.rest)
        self._classes = self._class_table()

    def __reduce__(self) -> Any:
        return Kernel, (self.tables, self.controller)

    def _class_table(self) -> Int32 | None:
        names = len(self.propositions)
        if self.controller is None or names > _TABLED:
            return None
        every = np.arange(1 << names)[:, None] >> np.arange(names) & 1
        return self.controller.classes.classify_many(every.astype(np.bool_)).astype(np.int32)

    @property
    def propositions(self) -> tuple[Any, ...]:
        """The propositions that a letter consists of; none for a kernel over a model."""
        return () if self.controller is None else self.controller.guards

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The native rewards and observations that rewards read."""
        return () if self.controller is None else self.controller.inputs

    @property
    def memories(self) -> int:
        """How many states the memory has."""
        return len(self.tables.next)

    @property
    def loops(self) -> numba_loops.Loops:
        t = self.tables
        return numba_loops.Loops(
            t.next, t.reward, t.values, t.known, t.rows, t.row_starts, t.constants,
            t.constant_starts, t.accepting, t.final, int(bool(t.formula)), self.rest, t.zeta,
            t.horizon, _NO_TRUTHS, np.empty(DEPTH),
        )  # fmt: skip

    def letters(self, given: AnyArray, shape: tuple[int, ...] | None = None) -> Int32:
        """Letter classes (or transitions), int32, of these or of propositions."""
        return self._letters("letters", given, shape, self.tables.next.shape[1])

    def _letters(
        self, name: str, given: AnyArray, shape: tuple[int, ...] | None, count: int
    ) -> Int32:
        array = np.asarray(given)
        if array.dtype == np.bool_:
            if self.controller is None:
                refuse_array(f"`{name}` is an array of propositions", "this kernel reads numbers")
            width = len(self.propositions)
            wanted = (*(array.shape[:-1] if shape is None else shape), width)
            check(name, array, wanted, "b")
            rows = np.ascontiguousarray(array).reshape(int(np.prod(wanted[:-1])), width)
            return self._classify(rows).reshape(wanted[:-1])
        check(name, array, array.shape if shape is None else shape, "iu")
        return int32(name, array, count)

    def _classify(self, rows: BoolArray) -> Int32:
        assert self.controller is not None
        found, by = np.empty(len(rows), dtype=np.int32), self.controller.classes
        if self._classes is not None:
            numba_dense.classify_by_table(
                self._classes, rows.view(np.uint8).ravel(), rows.shape[1], found
            )
        else:
            numba_dense.classify(by.atom, by.low, by.high, by.root, rows, found)
        return found

    def initial(self, n: int, first: AnyArray | None = None) -> State:
        """n runs before their first step; ``first`` holds the letters of the start states (for a
        kernel over a model: the states), needed where the memory reads them."""
        memory = self.first(first, n)
        if (memory < 0).any():
            place = int(np.argmax(memory < 0))
            state = None if first is None else np.asarray(first)[place]
            refuse_array(f"`first` has state {state}", "initial states of the model")
        return State(memory, np.zeros(n, dtype=np.int32))

    def first(self, first: AnyArray | None, n: int) -> Int32:
        """The first memories, -1 where no run starts."""
        if first is None:
            if self.controller is None or self.controller.reads_start:
                refuse_array("no `first` was passed", "this memory reads the start")
            return np.full(n, self.tables.first[0], dtype=np.int32)
        start = self._letters("first", first, (n,), len(self.tables.first))
        return self.tables.first[start].astype(np.int32)

    def jump(self, state: State, which: AnyArray) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held, clock = self._state(state)
        number = np.asarray(which)
        check("which", number, held.shape, "iu")
        width = self.tables.jumps.shape[1]
        target = self.tables.jumps[held, np.clip(number, 0, width - 1)]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(np.where(stay, held, target).astype(np.int32), clock.copy())

    def _state(self, state: State) -> tuple[Int32, Int32]:
        memory, clock = np.asarray(state.memory), np.asarray(state.clock)
        if memory.ndim != 1:
            refuse_array(f"`memory` has the shape {memory.shape}", "(n,)")
        check("memory", memory, memory.shape, "iu")
        check("clock", clock, memory.shape, "iu")
        return (
            int32("memory", memory, self.memories),
            np.ascontiguousarray(clock, dtype=np.int32),
        )

    def step(
        self, state: State, batch: Batch | AnyArray, out: tuple[State, Any, Any] | None = None
    ) -> tuple[State, FloatArray, BoolArray]:
        """The next states, the rewards and which runs are done, each (n,)."""
        held, clock = self._state(state)
        full = batch if isinstance(batch, Batch) else Batch(batch)
        n = len(held)
        letters, draws = self.letters(full.letters, (n,)), self.draws(full.draws, (n,))
        if out is not None and out[0] is state:
            refuse_array("`out` is the state that was passed", "an earlier answer")
        after, time, reward, done = self._room(out, n)
        ended, d = full.terminated is not None, self.layout
        if d is None or ended or self.tables.horizon >= 0:
            stops = truths("terminated", full.terminated, (n,))
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
        if clock is None and self.tables.horizon >= 0:
            refuse_array("no `clock` was passed", "this reward has a horizon")
        time = np.zeros(n, dtype=np.int32) if clock is None else np.asarray(clock)
        check("clock", time, (n,), "iu")
        time = np.ascontiguousarray(time, dtype=np.int32)
        letters, draws = self.letters(full.letters, (n,)), self.draws(full.draws, (n,))
        stops = truths("terminated", full.terminated, (n,))
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
        from specc.emit.stored import relabel

        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        return relabel(self, full, out)

    def draws(self, given: AnyArray | None, shape: tuple[int, ...]) -> FloatArray:
        """The draws; none where nothing reads them."""
        if given is None and self.tables.zeta < 1:
            refuse_array("no `draws` were passed", "this scheme draws")
        if given is None:
            return np.zeros((0,) * len(shape))
        draws = np.asarray(given)
        check("draws", draws, shape, "f")
        if draws.size and not (draws.min() >= 0 and draws.max() < 1):
            refuse_array("`draws` leave [0, 1)", "uniform draws")
        if self.tables.zeta >= 1:
            return np.zeros((0,) * len(shape))
        return np.ascontiguousarray(draws, dtype=np.float64)

    def numbers(self, given: AnyArray | None, shape: tuple[int, ...]) -> FloatArray:
        wanted = (*shape, len(self.inputs))
        if given is None and self.inputs:
            refuse_array("no `numbers` were passed", "this reward reads natives or observations")
        if given is None:
            return np.zeros(wanted)
        numbers = np.asarray(given)
        check("numbers", numbers, wanted, "fiu")
        if not np.isfinite(numbers).all():
            place = np.argwhere(~np.isfinite(numbers))[0].tolist()
            refuse_array(f"`numbers` has {numbers[tuple(place)]} at {place}", "finite numbers")
        return np.ascontiguousarray(numbers, dtype=np.float64)

    def judge(self, found: int, letters: Int32) -> None:
        """Raise what a loop found wrong; see :mod:`specc.emit.numba_loops`."""
        place, wrong = divmod(found, 4)
        if not wrong:
            return
        where = np.unravel_index(place, letters.shape)
        at = ", ".join(str(int(i)) for i in where)
        if wrong == numba_loops.INFINITE:
            texts = " or ".join(dict.fromkeys(text for text in self.tables.texts if text))
            raise SpecError.of("E809", f"the reward `{texts}` is not finite at [{at}]")
        refuse_array(
            f"transition {letters[where]} at [{at}]", "one that leaves the state the run is in"
        )


def blank(*shape: int) -> Counterfactual:
    return Counterfactual(
        np.empty(shape, dtype=np.int32), np.empty(shape), np.empty(shape, dtype=np.bool_)
    )


_TYPES = {"after": np.int32, "memory": np.int32, "clock": np.int32, "starts": np.int32,
          "reward": np.float64, "done": np.bool_, "begins": np.bool_}  # fmt: skip


def writable(shape: tuple[int, ...], **arrays: AnyArray) -> None:
    """Refuse an ``out`` that the answer does not fit into."""
    for name, array in arrays.items():
        check(f"out.{name}", array, shape, np.dtype(_TYPES[name]).kind)
        if array.dtype != _TYPES[name] or not array.flags.carray:
            refuse_array(f"`out.{name}` is no C array of {_TYPES[name].__name__}", "an answer")
