"""What runs hold and what stored runs were paid, where the memory is a set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["SetRelabelled", "SetState"]


@dataclass(frozen=True, slots=True, eq=False)
class SetState:
    """The sets of n runs. ``memory[p]`` has the arrays of part p, each (n, ...): the words of a
    bit set, similarities, or a factor; ``total`` float (parts, n) its sum. ``value`` float (n,) is
    the function so far, ``clock`` counts the steps taken and ``place`` is the state of the model,
    int32 (n,)."""

    memory: tuple[tuple[Any, ...], ...]
    total: Any
    value: Any
    clock: Any
    place: Any

    def take(self, where: Any) -> SetState:
        """The runs of these numbers, or where a mask is True."""
        memory = tuple(tuple(array[where] for array in part) for part in self.memory)
        rest = (array[where] for array in (self.value, self.clock, self.place))
        return SetState(memory, self.total[:, where], *rest)

    def put(self, where: Any, other: SetState) -> SetState:
        """These runs with those of ``other`` in the places ``where``."""
        memory = tuple(
            tuple(_put(mine, where, yours) for mine, yours in zip(own, theirs, strict=True))
            for own, theirs in zip(self.memory, other.memory, strict=True)
        )
        total = _copy(self.total)
        total[:, where] = other.total
        return SetState(
            memory, total, _put(self.value, where, other.value),
            _put(self.clock, where, other.clock), _put(self.place, where, other.place),
        )  # fmt: skip


def _copy(array: Any) -> Any:
    return array.clone() if hasattr(array, "clone") else array.copy()


def _put(array: Any, where: Any, values: Any) -> Any:
    found = _copy(array)
    found[where] = values
    return found


@dataclass(frozen=True, slots=True, eq=False)
class SetRelabelled:
    """Of every stored step, each (n, T): its ``reward``, the ``value`` of the function behind it,
    whether the episode is ``done`` with it, and whether one ``begins`` here."""

    reward: Any
    value: Any
    done: Any
    begins: Any

    @property
    def after(self) -> Any:
        """Sets have no numbers: 0."""
        return np.zeros(self.done.shape, dtype=np.int32)

    before = after

    @property
    def live(self) -> Any:
        """Whether the step belongs to an episode: one behind a horizon does not, and pays 0."""
        found = _copy(self.begins)
        found[:, 1:] |= ~self.done[:, :-1]
        return found
