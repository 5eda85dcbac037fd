"""The batch kernel: one function for tables and one for bytecode, compiled once for all specs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit import bytecode
from specc.emit.controller import Controller

__all__ = ["Batch", "Kernel", "State"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """``memory`` and ``clock`` (steps taken), each int64 (n,)."""

    memory: IntArray
    clock: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One step of n runs. ``letters``: letter classes, int (n,), or propositions in the order of
    ``Kernel.propositions``, bool (n, propositions). ``numbers``: float64 (n, inputs), in the order
    of ``Kernel.inputs``. ``draws``: uniform in [0, 1), float64 (n,), for the reachability gadget.
    ``ended``: bool (n,), the environment's own ends."""

    letters: NDArray[Any]
    numbers: FloatArray | None = None
    draws: FloatArray | None = None
    ended: BoolArray | None = None


class Kernel:
    """The finite control of a spec over batches; pickles.

    ``step`` gives the same bits as the Python interpreter of the same tables.
    """

    def __init__(self, controller: Controller, horizon: int) -> None:
        self.controller = controller
        self.horizon = horizon
        self._next = np.array(controller.next, dtype=np.int64)
        self._reward = np.array(controller.reward, dtype=np.int64)
        self._accepting = np.array(controller.accepting, dtype=np.bool_)
        self._final = np.array(controller.final, dtype=np.bool_)
        self._first = np.array(controller.first, dtype=np.int64)
        known = [v is not None for v in controller.values]
        self._known = np.array(known, dtype=np.bool_)
        self._values = np.array([0.0 if v is None else float(v) for v in controller.values])

    @property
    def propositions(self) -> tuple[Any, ...]:
        """The propositions that a letter consists of."""
        return self.controller.guards

    @property
    def inputs(self) -> tuple[Any, ...]:
        """The native rewards and observations that rewards read."""
        return self.controller.inputs

    def letters(self, propositions: NDArray[Any]) -> IntArray:
        """Letter classes, int64 (n,), of classes (n,) or propositions (n, propositions)."""
        if propositions.ndim == 2:
            return self.controller.classes.classify_many(propositions.astype(np.bool_))
        letters = propositions.astype(np.int64)
        count = self.controller.classes.class_count
        if len(letters) and not (letters.min() >= 0 and letters.max() < count):
            raise ValueError(f"letter classes are 0 to {count - 1}")
        return letters

    def initial(self, n: int, first: NDArray[Any] | None = None) -> State:
        """n runs before their first step; ``first`` holds the letters of the start states, needed
        where the memory reads them (formulas)."""
        if first is None:
            if self.controller.reads_start:
                raise ValueError("this memory reads the first letter: pass `first`")
            letters = np.zeros(n, dtype=np.int64)
        else:
            letters = self.letters(first)
        return State(self._first[letters], np.zeros(n, dtype=np.int64))

    def step(
        self, state: State, batch: Batch | NDArray[Any]
    ) -> tuple[State, FloatArray, BoolArray]:
        """The next states, the rewards and which runs are done, each (n,).

        :raises SpecError: E809 a reward is NaN or infinite.
        """
        full = batch if isinstance(batch, Batch) else Batch(batch)
        letters = self.letters(full.letters)
        n = len(letters)
        gadget = bool(self._accepting.any())
        if gadget and full.draws is None:
            raise ValueError("this scheme draws: pass `draws`")
        draws = np.zeros(n) if full.draws is None else full.draws
        memory = np.empty(n, dtype=np.int64)
        reward = np.empty(n, dtype=np.float64)
        done = np.empty(n, dtype=np.bool_)
        program = np.empty(n, dtype=np.int64)
        _table_step(
            state.memory, state.clock, letters, draws, self._next, self._reward, self._values,
            self._accepting, self._final, self.controller.zeta, self.horizon, memory, reward,
            done, program,
        )  # fmt: skip
        self._expressions(program, state, full, reward)
        if full.ended is not None:
            done |= full.ended
        return State(memory, state.clock + 1), reward, done

    def _expressions(
        self, program: IntArray, state: State, batch: Batch, reward: FloatArray
    ) -> None:
        rows = np.flatnonzero((program >= 0) & ~self._known[program])
        if len(rows) and batch.numbers is None:
            raise ValueError("this reward reads natives or observations: pass `numbers`")
        for number in np.unique(program[rows]).tolist():
            chosen = rows[program[rows] == number]
            found = self.controller.programs[number]
            assert batch.numbers is not None
            _evaluate(
                np.array(found.rows, dtype=np.int64),
                np.array(found.constants, dtype=np.float64),
                np.ascontiguousarray(batch.numbers, dtype=np.float64),
                chosen,
                reward,
            )
            if not np.isfinite(reward[chosen]).all():
                raise SpecError.of("E809", f"the reward `{found.text}` is not finite")


@njit(cache=True)
def _table_step(
    memory: Any, clock: Any, letters: Any, draws: Any, following: Any, reward: Any, values: Any,
    accepting: Any, final: Any, zeta: Any, horizon: Any, after: Any, paid: Any, done: Any,
    program: Any,
) -> None:  # fmt: skip
    for i in range(len(letters)):
        held, letter = memory[i], letters[i]
        target = following[held, letter]
        after[i] = target
        over = horizon >= 0 and clock[i] >= horizon
        program[i] = -1 if over else reward[held, letter]
        paid[i] = 0.0 if over else values[reward[held, letter]]
        done[i] = final[target] or (horizon >= 0 and clock[i] + 1 >= horizon)
        if accepting[held, letter] and draws[i] >= zeta:
            paid[i] = 1.0
            done[i] = True


for _name in ("_power", "_binary", "_unary", "_compare", "run_rows"):
    # The same Python text serves both; this only tells Numba that it may compile it.
    register_jitable(getattr(bytecode, _name))
_run_rows = bytecode.run_rows


@njit(cache=True)
def _evaluate(rows: Any, constants: Any, numbers: Any, chosen: Any, reward: Any) -> None:
    slots = np.zeros(64)
    nothing = np.zeros(0, dtype=np.bool_)
    for k in range(len(chosen)):
        i = chosen[k]
        reward[i] = _run_rows(rows, constants, numbers[i], nothing, slots)
