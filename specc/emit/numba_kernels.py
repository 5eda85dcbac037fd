"""The batch kernel: a reward's finite memory over many runs at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit import numba_loops
from specc.emit.controller import Controller
from specc.emit.kernel_tables import KernelTables

__all__ = ["Batch", "Counterfactual", "Kernel", "Relabelled", "State", "Trajectories"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """``memory`` and ``clock`` (steps taken), each int64 (n,)."""

    memory: IntArray
    clock: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """One step of n runs.

    ``letters``: letter classes, int (n,), or propositions in the order of ``Kernel.propositions``,
    bool (n, propositions); for a kernel over a model its transition numbers, int (n,).
    ``numbers``: float (n, inputs), in the order of ``Kernel.inputs``. ``draws``: float (n,),
    uniform in [0, 1), for the reachability gadget. ``terminated``: bool (n,), where the environment
    ended the episode; formulas then read the absorbing run, the letter ``loops`` for ever (like
    ``letters``; default: ``letters``).
    """

    letters: AnyArray
    numbers: AnyArray | None = None
    draws: AnyArray | None = None
    terminated: AnyArray | None = None
    loops: AnyArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """n rows of T stored steps: the arrays of :class:`Batch`, each with (n, T) in place of (n,).

    Behind a step with ``terminated`` or ``truncated``, bool (n, T), the row goes on with a new
    episode. ``first`` holds the letters (for a kernel over a model: the states) in which steps
    start, (n, T, ...), or of the first step alone, (n, ...), where no row has a second episode;
    needed where the memory reads the start.
    """

    letters: AnyArray
    first: AnyArray | None = None
    terminated: AnyArray | None = None
    truncated: AnyArray | None = None
    numbers: AnyArray | None = None
    draws: AnyArray | None = None
    loops: AnyArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Relabelled:
    """Of every stored step, each (n, T): the memory ``before`` and ``after`` it, its ``reward``,
    whether the episode is ``done`` with it, and whether it is ``live``: a step behind an end that
    the reward itself put (a horizon, a decided formula) is not, and pays 0."""

    before: IntArray
    after: IntArray
    reward: FloatArray
    done: BoolArray
    live: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """From every memory m, each (n, memories): the memory ``after``, ``reward`` and ``done``.
    ``after`` is -1, with reward 0, where no run holds m before that transition of the model."""

    after: IntArray
    reward: FloatArray
    done: BoolArray


class Kernel:
    """The finite memory of a spec over batches; pickles.

    Every method gives the same bits as the Python interpreter of the same tables. A state that is
    passed in is never changed. Arrays that do not fit raise SpecError E814, a reward that is NaN
    or infinite E809.
    """

    def __init__(self, tables: KernelTables, controller: Controller | None = None) -> None:
        self.tables = tables
        self.controller = controller
        rest = np.zeros(tables.next.shape if tables.formula else (0, 0))
        if tables.formula:
            # Formulas pay constants alone.
            paid = tables.values[tables.reward] * (tables.formula != "buchi")
            numba_loops.rest_table(tables.next, paid, tables.accepting, tables.jumps, rest)
        self._rest = rest

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
    def _loops(self) -> numba_loops.Loops:
        t = self.tables
        return numba_loops.Loops(
            t.next, t.reward, t.values, t.known, t.rows, t.row_starts, t.constants,
            t.constant_starts, t.accepting, t.final, t.first, bool(t.formula), self._rest, t.zeta,
            t.horizon,
        )  # fmt: skip

    def letters(self, given: AnyArray, shape: tuple[int, ...] | None = None) -> IntArray:
        """Letter classes (or transitions), int64, of these or of propositions."""
        return self._letters("letters", given, shape, self.tables.next.shape[1])

    def _letters(
        self, name: str, given: AnyArray, shape: tuple[int, ...] | None, count: int
    ) -> IntArray:
        array = np.asarray(given)
        if array.dtype == np.bool_:
            if self.controller is None:
                _refuse(f"`{name}` is an array of propositions", "this kernel reads numbers")
            width = len(self.propositions)
            wanted = (*(array.shape[:-1] if shape is None else shape), width)
            _check(name, array, wanted, "b")
            rows = array.reshape(int(np.prod(wanted[:-1])), width)
            return self.controller.classes.classify_many(rows).reshape(wanted[:-1])
        _check(name, array, array.shape if shape is None else shape, "iu")
        if array.size and not (array.min() >= 0 and array.max() < count):
            _refuse(f"`{name}` has {array.min()} to {array.max()}", f"0 to {count - 1}")
        return np.ascontiguousarray(array, dtype=np.int64)

    def initial(self, n: int, first: AnyArray | None = None) -> State:
        """n runs before their first step; ``first`` holds the letters of the start states (for a
        kernel over a model: the states), needed where the memory reads them."""
        start = self._first(first, (n,))
        memory = self.tables.first[start]
        if (memory < 0).any():
            _refuse(f"`first` has state {start[memory < 0][0]}", "initial states of the model")
        return State(memory, np.zeros(n, dtype=np.int64))

    def _first(self, first: AnyArray | None, shape: tuple[int, ...]) -> IntArray:
        if first is None:
            if self.controller is None or self.controller.reads_start:
                _refuse("no `first` was passed", "this memory reads the start")
            return np.zeros(shape, dtype=np.int64)
        return self._letters("first", first, shape, len(self.tables.first))

    def jump(self, state: State, which: AnyArray) -> State:
        """Take epsilon action ``which``, int (n,); -1, or one that a memory has not: stay."""
        held = self._memory(state)
        number = np.asarray(which)
        _check("which", number, held.shape, "iu")
        width = self.tables.jumps.shape[1]
        target = self.tables.jumps[held, np.clip(number, 0, width - 1)]
        stay = (number < 0) | (number >= width) | (target < 0)
        return State(np.where(stay, held, target), state.clock.copy())

    def _memory(self, state: State) -> IntArray:
        n = len(state.memory)
        for name, array in (("memory", state.memory), ("clock", state.clock)):
            _check(name, np.asarray(array), (n,), "iu")
        if n and not (state.memory.min() >= 0 and state.memory.max() < self.memories):
            _refuse("the state's memory is not one of this kernel's", f"0 to {self.memories - 1}")
        return np.ascontiguousarray(state.memory, dtype=np.int64)

    def step(self, state: State, batch: Batch | AnyArray) -> tuple[State, FloatArray, BoolArray]:
        """The next states, the rewards and which runs are done, each (n,)."""
        held = self._memory(state)
        clock = np.ascontiguousarray(state.clock, dtype=np.int64)
        n = len(held)
        letters, draws, ended, loops, numbers = self._arrays(batch, (n,))
        after, done = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.bool_)
        reward = np.empty(n)
        found = numba_loops.step(
            self._loops, held, clock, letters, draws, ended, loops, numbers, after, reward, done
        )
        self._judge(found, letters)
        return State(after, clock + 1), reward, done

    def counterfactual(
        self, batch: Batch | AnyArray, clock: AnyArray | None = None
    ) -> Counterfactual:
        """The step from every memory at once, as in CRM (Toro Icarte et al. 2022); ``clock``, int
        (n,), says how many steps each run has taken, needed where the reward has a horizon."""
        full = batch if isinstance(batch, Batch) else Batch(batch)
        n = len(np.asarray(full.letters))
        if clock is None and self.tables.horizon >= 0:
            _refuse("no `clock` was passed", "this reward has a horizon")
        time = np.zeros(n, dtype=np.int64) if clock is None else np.asarray(clock)
        _check("clock", time, (n,), "iu")
        time = np.ascontiguousarray(time, dtype=np.int64)
        letters, draws, ended, loops, numbers = self._arrays(full, (n,))
        shape = n, self.memories
        after, done = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.bool_)
        reward = np.empty(shape)
        found = numba_loops.counterfactual(
            self._loops, time, letters, draws, ended, loops, numbers, after, reward, done
        )
        self._judge(found, letters)
        return Counterfactual(after, reward, done)

    def relabel(self, stored: Trajectories | AnyArray) -> Relabelled:
        """Rewards and memories of stored steps, off-policy data say; see :class:`Relabelled`."""
        full = stored if isinstance(stored, Trajectories) else Trajectories(stored)
        given = np.asarray(full.letters)
        depth = 3 if given.dtype == np.bool_ else 2
        if given.ndim != depth:
            _refuse(f"`letters` has the shape {given.shape}", f"{depth} dimensions")
        shape = given.shape[0], given.shape[1]
        letters, draws, ended, loops, numbers = self._arrays(full, shape)
        cut = _truths("truncated", full.truncated, shape)
        first = self._starts(full.first, shape, ended | cut)
        before, after = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        done, live = np.empty(shape, dtype=np.bool_), np.empty(shape, dtype=np.bool_)
        reward = np.empty(shape)
        found = numba_loops.relabel(
            self._loops, first, letters, draws, ended, cut, loops, numbers, before, after, reward,
            done, live,
        )  # fmt: skip
        self._judge(found, letters)
        return Relabelled(before, after, reward, done | cut, live)

    def _starts(self, first: AnyArray | None, shape: tuple[int, int], ends: BoolArray) -> IntArray:
        if first is None:
            return self._first(None, shape)
        array = np.asarray(first)
        if array.ndim > 1 + (array.dtype == np.bool_):
            return self._first(array, shape)
        if ends[:, :-1].any():
            _refuse("`first` holds one start a row, and a row has a second episode", "(n, T)")
        return np.repeat(self._first(array, shape[:1])[:, None], shape[1], axis=1)

    def _arrays(self, batch: Batch | Trajectories | AnyArray, shape: tuple[int, ...]) -> list[Any]:
        """Letters, draws, terminated, loops and numbers, checked."""
        full = batch if isinstance(batch, Batch | Trajectories) else Batch(batch)
        letters = self.letters(full.letters, shape)
        if full.draws is None and self.tables.zeta < 1:
            _refuse("no `draws` were passed", "this scheme draws")
        draws = np.zeros(shape) if full.draws is None else np.asarray(full.draws)
        _check("draws", draws, shape, "f")
        if draws.size and not (draws.min() >= 0 and draws.max() < 1):
            _refuse("`draws` leave [0, 1)", "uniform draws")
        loops = letters if full.loops is None else self.letters(full.loops, shape)
        wanted = (*shape, len(self.inputs))
        if full.numbers is None and self.inputs:
            _refuse("no `numbers` were passed", "this reward reads natives or observations")
        numbers = np.zeros(wanted) if full.numbers is None else np.asarray(full.numbers)
        _check("numbers", numbers, wanted, "fiu")
        if not np.isfinite(numbers).all():
            place = np.argwhere(~np.isfinite(numbers))[0].tolist()
            _refuse(f"`numbers` has {numbers[tuple(place)]} at {place}", "finite numbers")
        ended = _truths("terminated", full.terminated, shape)
        return [
            letters,
            np.ascontiguousarray(draws, dtype=np.float64),
            ended,
            loops,
            np.ascontiguousarray(numbers, dtype=np.float64),
        ]

    def _judge(self, found: tuple[int, int], letters: IntArray) -> None:
        place, wrong = found
        if not wrong:
            return
        where = np.unravel_index(place, letters.shape)
        at = ", ".join(str(int(i)) for i in where)
        if wrong == numba_loops.INFINITE:
            texts = " or ".join(dict.fromkeys(text for text in self.tables.texts if text))
            raise SpecError.of("E809", f"the reward `{texts}` is not finite at [{at}]")
        if wrong == numba_loops.IMPOSSIBLE:
            _refuse(
                f"transition {letters[where]} at [{at}]", "one that leaves the state the run is in"
            )
        _refuse(f"the episode that begins at [{at}]", "an initial state of the model in `first`")


def _truths(name: str, given: AnyArray | None, shape: Sequence[int]) -> BoolArray:
    if given is None:
        return np.zeros(tuple(shape), dtype=np.bool_)
    array = np.asarray(given)
    _check(name, array, shape, "b")
    return np.ascontiguousarray(array)


_KINDS = {"b": "bool", "iu": "integers", "f": "floats", "fiu": "numbers"}


def _check(name: str, array: AnyArray, shape: Sequence[int], kinds: str) -> None:
    if array.dtype.kind not in kinds:
        _refuse(f"`{name}` has the type {array.dtype}", _KINDS[kinds])
    if array.shape != tuple(shape):
        _refuse(f"`{name}` has the shape {array.shape}", f"{tuple(shape)}")


def _refuse(seen: str, expected: str) -> NoReturn:
    raise SpecError.of("E814", f"{seen}; expected: {expected}")
