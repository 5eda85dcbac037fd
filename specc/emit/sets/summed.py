"""Sums of signals beside sets, as costs are: their arrays, and the compiled loops.

In all loops letters are transitions: from memory m letter t pays ``paid[m, t]`` and leads to
``following[m, t]``. A sum grows by what is paid times a weight, which begins with 1 and shrinks by
``discount`` a step. Nothing is added behind ``horizon`` steps, -1 for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from specc.emit.controller import signal_controller
from specc.emit.native import native
from specc.emit.plan import SignalScheme
from specc.model.mdp import Mdp
from specc.objective import stack

__all__ = ["Summed", "summed", "summed_episodes", "summed_step"]

_MOST_ENTRIES = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Summed:
    """``total`` or ``discounted``: ``following`` (int32) and ``paid`` (float), (memories,
    transitions); ``first`` (int32) is the memory behind each start state."""

    following: NDArray[np.int32]
    paid: NDArray[np.float64]
    first: NDArray[np.int32]
    discount: float
    horizon: int


def summed(mdp: Mdp, node: stack.Discounted | stack.Total) -> Summed | None:
    """The arrays of a sum; None where they are large, or hold what is no number.

    :raises SpecError: as :func:`specc.emit.controller.signal_controller`.
    """
    # They bring the exact arithmetic of evaluation, which sets alone do without.
    from specc.emit.tables import edge_rewards, letters_of

    horizon = node.horizon if isinstance(node, stack.Total) else None
    control = signal_controller(SignalScheme(node.signal, "total", Fraction(1), horizon))
    if len(control.states) * mdp.transition_count > _MOST_ENTRIES:
        return None
    letters, starts = letters_of(mdp, control)
    paid = edge_rewards(mdp, control, letters)
    if not np.isfinite(paid).all():
        return None
    return Summed(
        np.ascontiguousarray(np.array(control.next, dtype=np.int32)[:, letters]),
        paid,
        np.array(control.first, dtype=np.int32)[starts],
        float(node.discount) if isinstance(node, stack.Discounted) else 1.0,
        -1 if horizon is None else horizon,
    )


@native("i4[:, :], f8[:, :], f8, i8, i4[:], i4[:], out i4[:], out f8[:], out f8[:]")
def summed_step(
    following: Any, paid: Any, discount: Any, horizon: Any, letters: Any, clock: Any, memory: Any,
    weight: Any, sums: Any,
) -> int:  # fmt: skip
    """n runs take ``letters``: changes ``memory``, ``weight`` and ``sums``."""
    for i in range(len(letters)):
        if horizon < 0 or clock[i] < horizon:
            sums[i] += weight[i] * paid[memory[i], letters[i]]
        weight[i] *= discount
        memory[i] = following[memory[i], letters[i]]
    return 0


@native("i4[:, :], f8[:, :], i4[:], f8, i8, i4[:], i4[:], i8[:], i8[:], out f8[:], out f8[:]")
def summed_episodes(
    following: Any, paid: Any, begin: Any, discount: Any, horizon: Any, letters: Any, first: Any,
    places: Any, lengths: Any, opening: Any, sums: Any,
) -> int:  # fmt: skip
    """Episodes, as in :func:`specc.emit.sets.covered.covered_episodes`; ``begin`` is the memory
    behind each start state."""
    for e in range(len(places)):
        memory, weight, total = begin[first[e]], 1.0, 0.0
        opening[e] = total
        for t in range(lengths[e]):
            p = places[e] + t
            if horizon < 0 or t < horizon:
                total += weight * paid[memory, letters[p]]
            weight *= discount
            memory = following[memory, letters[p]]
            sums[p] = total
    return 0
