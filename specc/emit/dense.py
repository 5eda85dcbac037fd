"""A kernel's tables laid out for speed, where every reward is a constant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from specc.emit.kernel_tables import KernelTables

__all__ = ["Dense", "dense", "rest_of", "rest_paid"]

_MOST_ENTRIES = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """What a step does, by edge: ``rows * width + letter``, plus ``half`` where the gadget pays.

    Rows are the memories, then a copy of each that an ended run stays in, then one that no run
    leaves, for moves that the model has not; so that loops over steps need not branch. ``next`` is
    the row behind an edge times ``width``; ``after`` the memory, its bits inverted where the step
    ends the run, ``count`` for no such move; ``accepting`` is 1 where the gadget may pay.
    ``rest[memory, letter]`` is empty but for formulas. By letter for all memories at once:
    ``every_after`` (-1: no such move), ``every_reward``, ``every_over``, (letters, memories), once
    more below where the gadget may pay.
    """

    width: int
    half: int
    count: int
    next: NDArray[np.uint32]
    after: NDArray[np.int32]
    reward: NDArray[np.float64]
    accepting: NDArray[np.uint8]
    rest: NDArray[np.float64]
    every_after: NDArray[np.int32]
    every_reward: NDArray[np.float64]
    every_over: NDArray[np.bool_]


def rest_paid(tables: KernelTables) -> NDArray[np.float64]:
    """What an edge pays on an absorbing run; formulas pay constants alone. A Buechi condition is
    worth 1 or 0, whatever is paid on the way."""
    paid: NDArray[np.float64] = tables.values[tables.reward]
    return np.zeros_like(paid) if tables.formula == "buchi" else paid


def rest_of(tables: KernelTables) -> NDArray[np.float64]:
    """What the same letter for ever would still pay, by (memory, letter); empty but for
    formulas."""
    tabled = bool(tables.formula) and tables.diagram is None
    rest = np.zeros(tables.next.shape if tabled else (0, 0))
    if tabled:
        from specc.emit import numba_loops

        paid = rest_paid(tables)
        seen = np.zeros(len(rest), dtype=np.int64)
        numba_loops.rest_table(
            tables.next, paid, tables.accepting, tables.jumps, seen, np.zeros_like(rest), rest
        )
    return rest


def dense(tables: KernelTables, rest: NDArray[np.float64]) -> Dense | None:
    """The layout; None where rewards read the environment, where letters have no classes, or it
    would be too large."""
    if tables.diagram is not None:
        return None
    count, width = tables.next.shape
    gadget = tables.zeta < 1
    constant = tables.known.all() and np.isfinite(tables.values).all()
    rows = 2 * count + 1
    if not constant or rows * width * (1 + gadget) > _MOST_ENTRIES:
        return None
    impossible = tables.next < 0
    paid = np.where(impossible, 0.0, tables.values[tables.reward])
    ends = impossible | tables.final[np.maximum(tables.next, 0)]
    layers = [_layer(tables.next, paid, ends)]
    if gadget:
        layers.append(
            _layer(tables.next, np.where(tables.accepting, 1.0, paid), ends | tables.accepting)
        )
    accepting = np.zeros((rows, width), dtype=np.uint8)
    accepting[:count] = tables.accepting
    following, after, reward, over = (np.concatenate(part) for part in zip(*layers, strict=True))
    shown = np.where(after == count, -1, after)
    every = [part.reshape(-1, rows, width)[:, :count] for part in (shown, reward, over)]
    by_letter = [np.ascontiguousarray(part.transpose(0, 2, 1)).reshape(-1, count) for part in every]
    return Dense(
        width,
        rows * width,
        count,
        following.ravel(),
        np.where(over, ~after, after).ravel(),
        reward.ravel(),
        accepting.ravel(),
        rest.ravel(),
        *by_letter,
    )


def _layer(
    following: NDArray[np.int32], paid: NDArray[np.float64], ends: NDArray[np.bool_]
) -> tuple[NDArray[np.uint32], NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
    """The next rows (times the width), memories, rewards and ends of all rows."""
    count, width = following.shape
    broken = 2 * count
    rows = np.repeat(np.arange(broken + 1)[:, None], width, axis=1)
    rows[:count] = np.where(following < 0, broken, following + count * ends)
    after = np.where(rows == broken, count, rows % count)
    reward, over = np.zeros(rows.shape), np.ones(rows.shape, dtype=np.bool_)
    reward[:count], over[:count] = paid, ends
    return (rows * width).astype(np.uint32), after.astype(np.int32), reward, over
