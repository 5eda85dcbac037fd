"""Trajectory numbers of many runs: running sums of discounted rewards, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from specc.emit.batches import Trajectories, refuse_array
from specc.emit.functional.pseudo import Worth

__all__ = ["Summed", "Sums", "floats"]


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """Of every stored step of one part, each (n, T): what was ``paid``, the ``number`` behind it
    and ``before`` it, whether the part is ``over``, and the episode's ``begins``, ``ends`` and
    ``clock`` (steps before this one)."""

    paid: Any
    before: Any
    number: Any
    over: Any
    begins: Any
    ends: Any
    clock: Any

    def previous(self, flags: Any) -> Any:
        """The flags one step earlier, False where an episode begins."""
        return _shifted(flags) & ~self.begins


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """How a part is added up: its ``discount``, whether it is paid with it (``scaled``), and the
    number before the first step: the same always, or one per start state of the model."""

    discount: float
    scaled: bool
    start: Any

    def starting(self, first: Any) -> Any:
        """The numbers before the first steps."""
        if isinstance(self.start, float):
            return self.start
        if first is None:
            refuse_array("no `first` was passed", "the states in which runs start")
        if hasattr(first, "detach"):
            import torch

            return torch.as_tensor(self.start, device=first.device)[first.long()]
        return self.start[np.asarray(first)]

    def gain(self, worth: Worth, before: Any, number: Any, paid: Any) -> Any:
        """What steps from one number to the next pay, before the part's weight."""
        if not self.scaled:
            return paid
        return worth.many(number) - worth.many(before)

    def along(self, full: Trajectories, paid: Any, done: Any, live: Any) -> Summed:
        """The running numbers of stored runs, from the part's own rewards."""
        ends = _ends(full, done)
        begins = _shifted(ends)
        begins[:, :1] = True
        clock, first = _clock(begins)
        gained = paid * self.discount ** floats(clock)
        total = gained.cumsum(1)
        earlier = total - gained
        rows = _arange(clock, len(clock))[:, None]
        base = earlier[rows, first]
        start = self._starts(full, rows, first)
        before, number = start + earlier - base, start + total - base
        return Summed(paid, before, number, done | ~live, begins, ends, clock)

    def _starts(self, full: Trajectories, rows: Any, first: Any) -> Any:
        if isinstance(self.start, float):
            return self.start
        if full.first is None:
            refuse_array("no `first` was passed", "the states in which runs start")
        states = full.first if hasattr(full.first, "ndim") else np.asarray(full.first)
        states = states[rows, first] if states.ndim == 2 else states[:, None]
        return self.starting(states)


def floats(array: Any) -> Any:
    """In doubles, tensor or not."""
    return array.double() if hasattr(array, "detach") else np.asarray(array, dtype=np.float64)


def _ends(full: Trajectories, like: Any) -> Any:
    """Where the environment ends or cuts an episode, bool (n, T)."""
    found = like & False
    for flags in (full.terminated, full.truncated):
        if flags is not None:
            found = found | (flags if hasattr(flags, "detach") else np.asarray(flags))
    return found


def _shifted(flags: Any) -> Any:
    """One step later; False at first."""
    found = flags & False
    found[:, 1:] = flags[:, :-1]
    return found


def _arange(like: Any, count: int) -> Any:
    if hasattr(like, "detach"):
        import torch

        return torch.arange(count, device=like.device)
    return np.arange(count)


def _clock(begins: Any) -> tuple[Any, Any]:
    """The steps since the episode began, and where it did, (n, T)."""
    times = _arange(begins, begins.shape[1])
    marked = begins * times
    if hasattr(begins, "detach"):
        first = marked.cummax(1).values
    else:
        first = np.maximum.accumulate(marked, axis=1)
    return times - first, first
