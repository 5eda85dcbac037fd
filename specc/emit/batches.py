"""What kernels read and answer: steps of many runs, and stored runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from specc.diagnostics import SpecError
from specc.emit.numba_dense import outside

__all__ = [
    "Batch",
    "Counterfactual",
    "Relabelled",
    "State",
    "Trajectories",
    "blank",
    "check",
    "int32",
    "refuse_array",
    "truths",
    "writable",
]

Int32 = NDArray[np.int32]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
AnyArray = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """``memory`` and ``clock`` (steps taken), each int32 (n,)."""

    memory: Any
    clock: Any

    def take(self, where: Any) -> State:
        """The runs of these numbers, or where a mask is True."""
        return State(self.memory[where], self.clock[where])

    def put(self, where: Any, other: State) -> State:
        """These runs with those of ``other`` in the places ``where``."""
        memory, clock = self.memory.copy(), self.clock.copy()
        memory[where], clock[where] = other.memory, other.clock
        return State(memory, clock)


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

    letters: Any
    numbers: Any = None
    draws: Any = None
    terminated: Any = None
    loops: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """n rows of T stored steps: the arrays of :class:`Batch`, each with (n, T) in place of (n,).

    Behind a step with ``terminated`` or ``truncated``, bool (n, T), the row goes on with a new
    episode. ``first`` holds the letters (for a kernel over a model: the states) in which steps
    start, (n, T, ...), or of the first step alone, (n, ...), where no row has a second episode;
    needed where the memory reads the start.
    """

    letters: Any
    first: Any = None
    terminated: Any = None
    truncated: Any = None
    numbers: Any = None
    draws: Any = None
    loops: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class Relabelled:
    """Of every stored step, each (n, T): the memory ``after`` it, its ``reward``, and whether the
    episode is ``done`` with it. ``begins``: an episode begins here, with the memory ``starts``."""

    after: Int32
    reward: FloatArray
    done: BoolArray
    begins: BoolArray
    starts: Int32

    @property
    def before(self) -> Int32:
        """The memory before every step."""
        shifted = np.empty_like(self.after)
        shifted[:, 1:] = self.after[:, :-1]
        return np.where(self.begins, self.starts, shifted)

    @property
    def live(self) -> BoolArray:
        """Whether the step belongs to an episode: one behind an end that the reward itself put (a
        horizon, a decided formula) does not, and pays 0."""
        found = self.begins.copy()
        found[:, 1:] |= ~self.done[:, :-1]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Counterfactual:
    """From every memory m, each (n, memories): the memory ``after``, ``reward`` and ``done``.
    ``after`` is -1, with reward 0, where no run holds m before that transition of the model."""

    after: Any
    reward: Any
    done: Any


def refuse_array(seen: str, expected: str) -> NoReturn:
    """Raise SpecError E814."""
    raise SpecError.of("E814", f"{seen}; expected: {expected}")


_KINDS = {"b": "bool", "iu": "integers", "f": "floats", "fiu": "numbers"}


def check(name: str, array: AnyArray, shape: Sequence[int], kinds: str) -> None:
    """Refuse another type or shape."""
    if array.dtype.kind not in kinds:
        refuse_array(f"`{name}` has the type {array.dtype}", _KINDS[kinds])
    if array.shape != tuple(shape):
        refuse_array(f"`{name}` has the shape {array.shape}", f"{tuple(shape)}")


def truths(name: str, given: AnyArray | None, shape: Sequence[int]) -> BoolArray:
    """The array, or False everywhere."""
    if given is None:
        return np.zeros(tuple(shape), dtype=np.bool_)
    array = np.asarray(given)
    check(name, array, shape, "b")
    return np.ascontiguousarray(array)


def int32(name: str, given: AnyArray, count: int) -> Int32:
    """Integers, as int32; refuse one that is not in [0, count)."""
    array = given
    if array.dtype != np.int32 and array.size:
        # What 32 bits cannot hold is none of them, and stays that.
        array = np.clip(array, -1, min(count, 2**31 - 1)).astype(np.int32)
    found = np.ascontiguousarray(array, dtype=np.int32)
    if outside(found.reshape(-1), count):
        refuse_array(f"`{name}` has {given.min()} to {given.max()}", f"0 to {count - 1}")
    return found


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
