"""The compiled loops of kernels whose letters have no classes: diagrams lead to edges."""

from __future__ import annotations

from typing import Any

import numpy as np

from specc.emit import numba_loops
from specc.emit.native import native

__all__ = ["edges", "pack", "relabel", "rest"]

_one = numba_loops._one


def _edge(nodes: Any, root: Any, letter: Any) -> Any:
    """The edge below a root on a letter, a bit mask."""
    node = root
    while node >= 0:
        node = nodes[node, 1 + (letter >> nodes[node, 0] & 1)]
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


@native("i4[:, :], i4[:], i4[:], i8[:], out i4[:]")
def edges(nodes: Any, roots: Any, memory: Any, letters: Any, found: Any) -> Any:
    """The edges that n runs take."""
    for i in range(len(letters)):
        found[i] = _edge(nodes, roots[memory[i]], letters[i])
    return 0


def _absorbed(
    nodes: Any, roots: Any, following: Any, paid: Any, accepting: Any, begin: Any, letter: Any,
    seen: Any, stamp: Any,
) -> Any:  # fmt: skip
    """What the letter for ever pays until memories repeat, or 1 where an accepting edge recurs."""
    held, total = begin, 0.0
    while seen[held] != stamp:
        seen[held] = stamp
        edge = _edge(nodes, roots[held], letter)
        total += paid[0, edge]
        held = following[0, edge]
    edge = _edge(nodes, roots[held], letter)
    recurs, end = accepting[0, edge], following[0, edge]
    while end != held:
        edge = _edge(nodes, roots[end], letter)
        recurs = recurs or accepting[0, edge]
        end = following[0, edge]
    return 1.0 if recurs else total


@native(
    "i4[:, :], i4[:], i4[:, :], f8[:, :], b1[:, :], i8[:, :], i4[:], i8[:], out i8[:], out f8[:]"
)
def rest(
    nodes: Any, roots: Any, following: Any, paid: Any, accepting: Any, jumps: Any, memory: Any,
    letters: Any, seen: Any, best: Any,
) -> Any:  # fmt: skip
    """What n runs would still be paid if their letters held for ever: the best over a memory and
    its jumps. ``seen`` (memories) is room, and holds -1."""
    stamp = 0
    for i in range(len(letters)):
        held = memory[i]
        best[i] = _absorbed(nodes, roots, following, paid, accepting, held, letters[i], seen, stamp)
        stamp += 1
        for jump in range(jumps.shape[1]):
            target = jumps[held, jump]
            if target >= 0:
                other = _absorbed(
                    nodes, roots, following, paid, accepting, target, letters[i], seen, stamp
                )
                stamp += 1
                if abs(other) > abs(best[i]):
                    best[i] = other
    return 0


@native(
    "i4[:, :], i4[:], tables, i4[:], i8[:], i8[:], i8[:], f8[:], f8[:, :], "
    "out i4[:], out f8[:], out b1[:]",
    tables=numba_loops.TABLES,
)
def relabel(
    nodes: Any, roots: Any, tables: Any, starts: Any, places: Any, lengths: Any, letters: Any,
    draws: Any, numbers: Any, after: Any, reward: Any, done: Any,
) -> Any:  # fmt: skip
    """As :func:`specc.emit.numba_loops.relabel`, less what the ends of episodes change."""
    for k in range(len(lengths)):
        held, over = starts[k], False
        for clock in range(lengths[k]):
            p = places[k] + clock
            if over:
                reward[p] = 0.0
            else:
                edge = _edge(nodes, roots[held], letters[p])
                held, reward[p], over, wrong = _one(
                    tables, 0, clock, edge, draws[p] if len(draws) else 0.0, False, 0, numbers[p]
                )
                if wrong:
                    return 4 * p + wrong
            after[p], done[p] = held, over
    return 0
