"""The compiled loops of kernels whose letters have no classes: diagrams lead to edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from specc.emit import numba_loops
from specc.emit.native import native

__all__ = ["edges", "pack", "relabel", "relabel_constant", "rest", "step_constant"]

_one = numba_loops._one


def _edge(asked: Any, behind: Any, root: Any, letter: Any) -> Any:
    """The edge below a root on a letter, a bit mask; see :class:`specc.automata.blocks.Blocks`."""
    node = np.int64(root)
    while node >= 0:
        places = np.int64(asked[np.uint64(node)])
        taken = letter >> (places & 63) & 1
        taken |= (letter >> (places >> 8 & 63) & 1) << 1
        taken |= (letter >> (places >> 16 & 63) & 1) << 2
        taken |= (letter >> (places >> 24) & 1) << 3
        node = np.int64(behind[np.uint64(node << 4 | taken)])
    return -1 - node


@native("b1[:, :], out i8[:]")
def pack(valuations: Any, letters: Any) -> Any:
    """The letters of rows of propositions, as bit masks."""
    for i in range(len(letters)):
        letter = np.int64(0)
        for atom in range(valuations.shape[1]):
            letter |= np.int64(valuations[i, atom]) << atom
        letters[i] = letter
    return 0


@native("i4[:], i4[:], i4[:], i4[:], i8[:], out i4[:]")
def edges(asked: Any, behind: Any, roots: Any, memory: Any, letters: Any, found: Any) -> Any:
    """The edges that n runs take."""
    for i in range(len(letters)):
        found[i] = _edge(asked, behind, roots[memory[i]], letters[i])
    return 0


def _constant(
    after_of: Any, reward_of: Any, accepting: Any, zeta: Any, horizon: Any, edge: Any, clock: Any,
    draw: Any,
) -> Any:  # fmt: skip
    """(memory after, reward, done) of an edge that pays a constant."""
    packed = after_of[np.uint64(edge)]
    paid, done = reward_of[np.uint64(edge)], packed < 0
    if horizon >= 0:
        done = done or clock + 1 >= horizon
        if clock >= horizon:
            paid = 0.0
    if accepting[np.uint64(edge)] and draw >= zeta:
        paid, done = 1.0, True
    return packed ^ (packed >> 31), paid, done


@native(
    "i4[:], i4[:], i4[:], i4[:], f8[:], b1[:], f8, i8, i4[:], i4[:], i8[:], f8[:], out i4[:], "
    "out f8[:], out b1[:]"
)
def step_constant(
    asked: Any, behind: Any, roots: Any, after_of: Any, reward_of: Any, accepting: Any, zeta: Any,
    horizon: Any, memory: Any, clock: Any, letters: Any, draws: Any, after: Any, reward: Any,
    done: Any,
) -> Any:  # fmt: skip
    """One step of n runs whose rewards are constants, less what the ends of episodes change.
    ``after_of`` has the memory behind an edge, its bits inverted where that is final."""
    for i in range(len(letters)):
        edge = _edge(asked, behind, roots[np.uint64(memory[i])], letters[i])
        after[i], reward[i], done[i] = _constant(
            after_of, reward_of, accepting, zeta, horizon, edge, clock[i],
            draws[i] if len(draws) else 0.0,
        )  # fmt: skip
    return 0


@native(
    "i4[:], i4[:], i4[:], i4[:], f8[:], b1[:], f8, i8, i4[:], i8[:], i8[:], i8[:], f8[:], "
    "out i4[:], out f8[:], out b1[:]"
)
def relabel_constant(
    asked: Any, behind: Any, roots: Any, after_of: Any, reward_of: Any, accepting: Any, zeta: Any,
    horizon: Any, starts: Any, places: Any, lengths: Any, letters: Any, draws: Any, after: Any,
    reward: Any, done: Any,
) -> Any:  # fmt: skip
    """As :func:`relabel`, where rewards are constants."""
    for k in range(len(lengths)):
        held, over = starts[k], False
        for clock in range(lengths[k]):
            p = places[k] + clock
            if over:
                reward[p] = 0.0
            else:
                edge = _edge(asked, behind, roots[np.uint64(held)], letters[p])
                held, reward[p], over = _constant(
                    after_of, reward_of, accepting, zeta, horizon, edge, clock,
                    draws[p] if len(draws) else 0.0,
                )  # fmt: skip
            after[p], done[p] = held, over
    return 0


def _absorbed(
    asked: Any, behind: Any, roots: Any, following: Any, paid: Any, accepting: Any, begin: Any,
    letter: Any, seen: Any, stamp: Any,
) -> Any:  # fmt: skip
    """What the letter for ever pays until memories repeat, or 1 where an accepting edge recurs."""
    held, total = begin, 0.0
    while seen[held] != stamp:
        seen[held] = stamp
        edge = _edge(asked, behind, roots[held], letter)
        total += paid[0, edge]
        held = following[0, edge]
    edge = _edge(asked, behind, roots[held], letter)
    recurs, end = accepting[0, edge], following[0, edge]
    while end != held:
        edge = _edge(asked, behind, roots[end], letter)
        recurs = recurs or accepting[0, edge]
        end = following[0, edge]
    return 1.0 if recurs else total


@native(
    "i4[:], i4[:], i4[:], i4[:, :], f8[:, :], b1[:, :], i8[:, :], i4[:], i8[:], out i8[:], "
    "out f8[:]"
)
def rest(
    asked: Any, behind: Any, roots: Any, following: Any, paid: Any, accepting: Any, jumps: Any,
    memory: Any, letters: Any, seen: Any, best: Any,
) -> Any:  # fmt: skip
    """What n runs would still be paid if their letters held for ever: the best over a memory and
    its jumps. ``seen`` (memories) is room, and holds -1."""
    stamp = 0
    for i in range(len(letters)):
        held = memory[i]
        best[i] = _absorbed(
            asked, behind, roots, following, paid, accepting, held, letters[i], seen, stamp
        )
        stamp += 1
        for jump in range(jumps.shape[1]):
            target = jumps[held, jump]
            if target >= 0:
                other = _absorbed(
                    asked,
                    behind,
                    roots,
                    following,
                    paid,
                    accepting,
                    target,
                    letters[i],
                    seen,
                    stamp,
                )
                stamp += 1
                if abs(other) > abs(best[i]):
                    best[i] = other
    return 0


@native(
    "i4[:], i4[:], i4[:], tables, i4[:], i8[:], i8[:], i8[:], f8[:], f8[:, :], "
    "out i4[:], out f8[:], out b1[:]",
    tables=numba_loops.TABLES,
)
def relabel(
    asked: Any, behind: Any, roots: Any, tables: Any, starts: Any, places: Any, lengths: Any,
    letters: Any, draws: Any, numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """As :func:`specc.emit.numba_loops.relabel`, less what the ends of episodes change."""
    for k in range(len(lengths)):
        held, over = starts[k], False
        for clock in range(lengths[k]):
            p = places[k] + clock
            if over:
                reward[p] = 0.0
            else:
                edge = _edge(asked, behind, roots[held], letters[p])
                held, reward[p], over, wrong = _one(
                    tables, 0, clock, edge, draws[p] if len(draws) else 0.0, False, 0, numbers[p]
                )
                if wrong:
                    return 4 * p + wrong
            after[p], done[p] = held, over
    return 0
