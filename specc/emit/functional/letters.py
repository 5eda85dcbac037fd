"""One stream of letters for all parts of an outer function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from specc.emit.batches import Batch, Trajectories, refuse_array
from specc.model.mdp import Mdp

__all__ = ["ByProposition", "ByTransition"]

IntArray = NDArray[np.int64]
T = TypeVar("T", Batch, Trajectories)


class ByProposition:
    """Letters are the propositions of all parts, each once: bool (.., propositions)."""

    def __init__(self, kernels: Sequence[Any]) -> None:
        self.propositions = _each_once(kernel.propositions for kernel in kernels)
        self.inputs = _each_once(kernel.inputs for kernel in kernels)
        self._columns = [[self.propositions.index(p) for p in k.propositions] for k in kernels]
        self._numbers = [[self.inputs.index(x) for x in k.inputs] for k in kernels]
        self._starts = [bool(k.controller.reads_start) for k in kernels]

    def of(self, given: T, part: int) -> T:
        """What the part's kernel reads of it."""
        chosen = self._columns[part]
        numbers = given.numbers
        if numbers is not None:
            numbers = _array(numbers)[..., self._numbers[part]]
        loops = None if given.loops is None else self._letters("loops", given.loops)[..., chosen]
        letters = self._letters("letters", given.letters)[..., chosen]
        found = replace(given, letters=letters, numbers=numbers, loops=loops)
        if isinstance(found, Trajectories) and found.first is not None:
            first = self.first(found.first, part)
            return replace(found, first=first)
        return found

    def first(self, first: Any, part: int) -> Any:
        """The first letters of the part, or None where it does not read them."""
        if first is None or not self._starts[part]:
            return None
        return self._letters("first", first)[..., self._columns[part]]

    def _letters(self, name: str, given: Any) -> Any:
        array, width = _array(given), len(self.propositions)
        if "bool" not in str(array.dtype) or array.shape[-1:] != (width,):
            refuse_array(
                f"`{name}` has the type {array.dtype} and the shape {tuple(array.shape)}",
                f"truth values of {width} propositions along the last axis",
            )
        return array


class ByTransition:
    """Letters are the transitions of the model: int (..); starts are its states."""

    def __init__(self, kernels: Sequence[Any], mdp: Mdp) -> None:
        from specc.emit.tables import letters_of
        from specc.words import signal_floats

        self.propositions: tuple[Any, ...] = ()
        self.inputs: tuple[Any, ...] = ()
        self._counts = mdp.transition_count, mdp.state_count
        self._tables: list[tuple[IntArray, IntArray, Any] | None] = []
        for kernel in kernels:
            if kernel.controller is None:
                self._tables.append(None)
                continue
            letters, starts = letters_of(mdp, kernel.controller)
            columns = [signal_floats(mdp, number) for number in kernel.inputs]
            self._tables.append((letters, starts, np.array(columns).T if columns else None))

    def of(self, given: T, part: int) -> T:
        """What the part's kernel reads of it."""
        tables = self._tables[part]
        moves = self._numbered("letters", given.letters, self._counts[0])
        if tables is None:
            return given
        letters, _, numbers = tables
        loops = given.loops
        if loops is not None:
            loops = _looked_up(letters, self._numbered("loops", loops, self._counts[0]))
        read = None if numbers is None else _looked_up(numbers, moves)
        found = replace(given, letters=_looked_up(letters, moves), numbers=read, loops=loops)
        if isinstance(found, Trajectories) and found.first is not None:
            return replace(found, first=self.first(found.first, part))
        return found

    def first(self, first: Any, part: int) -> Any:
        """The first letters of the part, from states."""
        tables = self._tables[part]
        if tables is None or first is None:
            return first
        return _looked_up(tables[1], self._numbered("first", first, self._counts[1]))

    def _numbered(self, name: str, given: Any, count: int) -> Any:
        array = _array(given)
        if "int" not in str(array.dtype):
            refuse_array(f"`{name}` has the type {array.dtype}", "integers: numbers in the model")
        if bool((array < 0).any()) or bool((array >= count).any()):
            refuse_array(f"`{name}` has {int(array.min())} to {int(array.max())}",
                         f"0 to {count - 1}")  # fmt: skip
        return array


def _each_once(groups: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _array(given: Any) -> Any:
    """Tensors stay what they are."""
    return given if hasattr(given, "dtype") else np.asarray(given)


def _looked_up(table: Any, places: Any) -> Any:
    if isinstance(places, np.ndarray | np.generic):
        return table[places]
    import torch

    return torch.as_tensor(table, device=places.device)[places.long()]
