"""The product of an MDP with finite memories: automata, machines, counters, visited sets."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from specc.deadline import poll
from specc.diagnostics import SpecError
from specc.model.graph import Model
from specc.model.mdp import ExactArray, Mdp

__all__ = ["Component", "LazyComponent", "Product", "product"]

# Below this many MDP transitions plain Python is done before Numba is imported.
_SMALL = 2_000
_KEY_LIMIT = 2**62

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """A deterministic finite memory that reads the transitions of an MDP, as dense tables.

    ``initial[s]`` is the memory after the first letter when the MDP starts in ``s``, shape
    (MDP states,). ``classes[t]`` is the letter class of each MDP transition, shape (MDP
    transitions,). ``next[m, c]`` and ``output[m, c]`` say where memory ``m`` goes on class ``c``
    and what it puts out on the way: acceptance marks (a bit mask), an edge number, a value index.
    """

    initial: IntArray
    classes: IntArray
    next: IntArray
    output: IntArray


class LazyComponent(Protocol):
    """The same with memories made on the way; any hashable value is a memory."""

    def initial(self, state: int) -> Hashable:
        """The memory after the first letter when the MDP starts in ``state``."""

    def step(self, memory: Hashable, transition: int) -> tuple[Hashable, int]:
        """The next memory and the output on an MDP transition."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """The reachable product. ``state[n]`` is the MDP state of product state ``n``,
    ``memory[n, k]`` component k's memory (an index into ``memories[k]`` where it is lazy),
    ``origin[t]`` and ``choice_origin[c]`` the MDP transition and choice behind each product
    transition and choice, ``output[t, k]`` component k's output on it."""

    model: Model
    state: IntArray
    memory: IntArray
    memories: tuple[tuple[Hashable, ...], ...]
    origin: IntArray
    choice_origin: IntArray
    output: IntArray


def product(
    mdp: Mdp,
    components: Sequence[Component | LazyComponent],
    *,
    limit: int = 5_000_000,
    sources: Iterable[int] | None = None,
) -> Product:
    """The part of ``mdp`` x ``components`` that can be reached.

    The first product states are the roots: the MDP's initial states in their order, then the
    other ``sources`` in theirs (MDP states in which the run may start as well); ``model.initial``
    is the MDP's initial distribution. Every product choice and transition stands for one of the
    MDP's, in the MDP's order within its state. Raises SpecError E701 when more than ``limit``
    product states are reachable. Time and memory are linear in the reachable transitions.
    """
    roots = list(dict.fromkeys([s for s, _ in mdp.initial] + [int(s) for s in sources or ()]))
    dense = [c for c in components if isinstance(c, Component)]
    sizes = [len(c.next) for c in dense]
    combined = 1
    for size in sizes:
        combined *= size
    if (
        len(dense) == len(components)
        and mdp.transition_count >= _SMALL
        and combined * mdp.state_count < _KEY_LIMIT
    ):
        found = _explore_compiled(mdp, dense, roots, limit)
    else:
        found = _explore_lazily(mdp, components, roots, limit)
    return _assemble(mdp, components, found)


@dataclass(slots=True)
class _Found:
    """What an exploration leaves: pairs, the product successor of every transition (in the order
    of the product states), and the outputs and memories of lazy components by their position."""

    state: IntArray
    memory: IntArray
    successors: IntArray
    lazy_outputs: dict[int, list[int]]
    lazy_memories: dict[int, list[Hashable]]


def _too_large(limit: int) -> SpecError:
    return SpecError.of(
        "E701",
        f"the product of the environment with the objective's memories has more than "
        f"{limit:,} reachable states, the budget of this solve",
        help="raise the budget, or simplify the formula, the machine or the environment",
    )


def _first_transitions(mdp: Mdp) -> IntArray:
    return mdp.transition_starts[mdp.choice_starts]


def _explore_compiled(
    mdp: Mdp, components: Sequence[Component], roots: list[int], limit: int
) -> _Found:
    from specc.solve.kernels import explore

    count = len(components)
    sizes = np.array([len(c.next) for c in components], dtype=np.int64)
    strides = np.ones(count, dtype=np.int64)
    strides[1:] = np.cumprod(sizes)[:-1]
    widths = np.array([c.next.shape[1] for c in components], dtype=np.int64)
    offsets = np.zeros(count, dtype=np.int64)
    offsets[1:] = np.cumsum(sizes * widths)[:-1]
    flat = [c.next.astype(np.int64).ravel() for c in components]
    classes = np.zeros((count, mdp.transition_count), dtype=np.int64)
    for row, component in enumerate(components):
        classes[row] = component.classes
    start = np.array(roots, dtype=np.int64)
    start_memory = np.zeros(len(roots), dtype=np.int64)
    for component, stride in zip(components, strides.tolist(), strict=True):
        start_memory += stride * component.initial[start]
    found, state, memory, successors = explore(
        np.ascontiguousarray(_first_transitions(mdp), dtype=np.int64),
        np.ascontiguousarray(mdp.successors, dtype=np.int64),
        classes,
        np.concatenate(flat) if flat else np.zeros(0, dtype=np.int64),
        offsets,
        widths,
        sizes,
        strides,
        start,
        start_memory,
        limit,
    )
    if not found:
        raise _too_large(limit)
    parts = np.empty((len(state), count), dtype=np.int64)
    for column, (stride, size) in enumerate(zip(strides.tolist(), sizes.tolist(), strict=True)):
        parts[:, column] = memory // stride % size
    return _Found(state, parts, successors, {}, {})


class _Interned:
    """A lazy component whose memories are numbered as they are met."""

    def __init__(self, component: LazyComponent) -> None:
        self.component = component
        self.numbers: dict[Hashable, int] = {}
        self.memories: list[Hashable] = []
        self.outputs: list[int] = []

    def number(self, memory: Hashable) -> int:
        number = self.numbers.setdefault(memory, len(self.memories))
        if number == len(self.memories):
            self.memories.append(memory)
        return number

    def initial(self, state: int) -> int:
        return self.number(self.component.initial(state))

    def step(self, memory: int, transition: int) -> int:
        after, output = self.component.step(self.memories[memory], transition)
        self.outputs.append(output)
        return self.number(after)


class _Tabled:
    """A dense component as Python lists, which are read faster one by one."""

    def __init__(self, component: Component) -> None:
        self.starts: list[int] = component.initial.tolist()
        self.classes: list[int] = component.classes.tolist()
        self.next: list[list[int]] = component.next.tolist()

    def initial(self, state: int) -> int:
        return self.starts[state]

    def step(self, memory: int, transition: int) -> int:
        return self.next[memory][self.classes[transition]]


def _explore_lazily(
    mdp: Mdp, components: Sequence[Component | LazyComponent], roots: list[int], limit: int
) -> _Found:
    steppers = [_Tabled(c) if isinstance(c, Component) else _Interned(c) for c in components]
    first = _first_transitions(mdp).tolist()
    targets = mdp.successors.tolist()
    numbers: dict[tuple[int, ...], int] = {}
    pairs: list[tuple[int, ...]] = []

    def visit(pair: tuple[int, ...]) -> int:
        number = numbers.setdefault(pair, len(pairs))
        if number == len(pairs):
            if number >= limit:
                raise _too_large(limit)
            pairs.append(pair)
        return number

    for root in roots:
        visit((root, *(stepper.initial(root) for stepper in steppers)))
    successors: list[int] = []
    position = 0
    while position < len(pairs):
        poll()
        state, *memory = pairs[position]
        position += 1
        for t in range(first[state], first[state + 1]):
            after = [stepper.step(m, t) for stepper, m in zip(steppers, memory, strict=True)]
            successors.append(visit((targets[t], *after)))
    table = np.array(pairs, dtype=np.int64).reshape(len(pairs), 1 + len(steppers))
    lazy = {k: s for k, s in enumerate(steppers) if isinstance(s, _Interned)}
    return _Found(
        np.ascontiguousarray(table[:, 0]),
        np.ascontiguousarray(table[:, 1:]),
        np.array(successors, dtype=np.int64),
        {k: s.outputs for k, s in lazy.items()},
        {k: s.memories for k, s in lazy.items()},
    )


def _ranges(starts: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """The concatenated ranges ``starts[r] : starts[r + 1]`` of the rows, and where each begins."""
    lengths = starts[rows + 1] - starts[rows]
    begins = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(lengths, out=begins[1:])
    shift = np.repeat(starts[rows] - begins[:-1], lengths)
    return np.arange(begins[-1], dtype=np.int64) + shift, begins


def _assemble(mdp: Mdp, components: Sequence[Component | LazyComponent], found: _Found) -> Product:
    choice_origin, choice_starts = _ranges(mdp.choice_starts, found.state)
    origin, transition_starts = _ranges(mdp.transition_starts, choice_origin)
    source = np.repeat(np.arange(len(found.state)), np.diff(transition_starts[choice_starts]))
    output = np.empty((len(origin), len(components)), dtype=np.int64)
    memories: list[tuple[Hashable, ...]] = []
    for k, component in enumerate(components):
        if isinstance(component, Component):
            letters = component.classes[origin]
            output[:, k] = component.output[found.memory[source, k], letters]
            memories.append(())
        else:
            output[:, k] = found.lazy_outputs[k]
            memories.append(tuple(found.lazy_memories[k]))
    model = Model(
        choice_starts=choice_starts,
        transition_starts=transition_starts,
        successors=found.successors,
        probabilities=ExactArray(mdp.probabilities.values, mdp.probabilities.index[origin]),
        initial=tuple((n, p) for n, (_, p) in enumerate(mdp.initial)),
    )
    return Product(model, found.state, found.memory, tuple(memories), origin, choice_origin, output)
