"""The product of an MDP with finite memories: automata, machines, counters, visited sets."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from specc.solve.model import Model

__all__ = ["Component", "LazyComponent", "Product"]

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
